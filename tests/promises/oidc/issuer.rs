//! An issuer that others wrote, as a process of its own: the package in `tests/oidc`.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio, id},
    sync::atomic::{AtomicU8, Ordering},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use prost::bytes::Bytes;
use redress::api::auth::{KeySource, TrustedIssuer};
use serde_json::{Value, json};

/// What tokens are for: this service, and another.
pub(super) const AUDIENCE: &str = "https://redress.example";
pub(super) const ELSEWHERE: &str = "https://billing.example";
const SECRET: &str = "s3cret";

/// Where an issuer is, whether it is there or not.
#[derive(Debug, Clone)]
pub(super) struct Place {
    host: String,
    port: u16,
}

impl Place {
    /// An address of loopback that nobody else uses, so that the issuer finds its port free again whenever it comes back.
    fn free() -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let [.., high, low] = id().to_be_bytes();
        let host = format!("127.{}.{high}.{}", 64 + number % 64, low.clamp(1, 254));
        Place { host, port: 0 }
    }

    pub(super) fn name(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// It is trusted as in production: what it publishes of itself says where its keys are.
    pub(super) fn trusted(&self) -> TrustedIssuer {
        TrustedIssuer {
            issuer: self.name(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::Discovered,
        }
    }

    /// A new token for a client. Each differs from all others.
    pub(super) async fn token(&self, client: &str, audience: &str) -> String {
        let body = format!("grant_type=client_credentials&resource={audience}");
        let secret = BASE64_STANDARD.encode(format!("{client}:{SECRET}"));
        let request = http::Request::post(format!("{}/token", self.name()))
            .header("authorization", format!("Basic {secret}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)));
        let http = Client::builder(TokioExecutor::new()).build_http();
        let answer = http.request(request.unwrap()).await.unwrap();
        let answer = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let token = answer["access_token"].as_str();
        token.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

/// An issuer that runs. It ends with the pipe to it, and so with this process however that ends.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) place: Place,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Issuer {
    pub(super) fn start() -> Self {
        Self::at(Place::free())
    }

    /// With keys that it did not have before.
    pub(super) fn at(mut place: Place) -> Self {
        let folder = env::var_os("REDRESS_OIDC_ISSUER");
        let folder = folder.expect("the folder of the issuer, which `.ci/run oidc` installs");
        let settings = json!({
            "host": place.host,
            "port": place.port,
            "algorithm": "RS256",
            "resources": [AUDIENCE, ELSEWHERE],
            "clients": [
                {"id": "ada", "secret": SECRET, "roles": ["adviser"], "brands": ["jive"]},
                {"id": "ben", "secret": SECRET, "roles": ["adviser"], "brands": ["harbour"]},
                {"id": "eve", "secret": SECRET, "roles": ["adviser", "cook"], "brands": ["*"], "queues": ["eve"]},
                {"id": "mallory", "secret": SECRET},
            ],
        });
        let mut child = Command::new("node")
            .arg(PathBuf::from(folder).join("issuer.mjs"))
            .arg(settings.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let input = child.stdin.take().expect("its input");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let mut issuer = Issuer {
            place: place.clone(),
            child,
            input,
            output,
        };
        let port = issuer.said()["port"].as_u64().expect("a port");
        place.port = port.try_into().expect("a port");
        issuer.place = place;
        issuer
    }

    /// Has it sign with a new key for this algorithm. The one before stays published.
    pub(super) fn rotate(&mut self, algorithm: &str) {
        let told = json!({"rotate": algorithm});
        writeln!(self.input, "{told}").expect("it listens");
        let said = self.said();
        let key = said["kid"].as_str().expect("a key");
        assert!(key.starts_with(algorithm), "{said}");
    }

    fn said(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("its output");
        serde_json::from_str(&line).expect("it goes on; what it complained of stands above")
    }

    /// Ends it without a warning, and waits until it has.
    pub(super) fn end(self) -> Place {
        self.place.clone()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
