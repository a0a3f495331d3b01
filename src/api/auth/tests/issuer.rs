//! An issuer of the test's own: it signs whatever it is asked to, and publishes its keys on a port of this machine.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header::AUTHORIZATION};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::{rt::TokioExecutor, rt::TokioIo, server::conn::auto};
use parking_lot::Mutex;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::{Authentication, KeySource, TrustedIssuer, Unauthenticated};
use crate::{
    access::{Caller, Principal},
    time_source::{ManualTime, SharedTime},
};

pub(super) const NAME: &str = "https://login.example/realms/provider";
pub(super) const AUDIENCE: &str = "redress";
pub(super) const START: i64 = 1_790_000_000;

/// A key pair of a curve.
pub(super) enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    pub(super) fn p256() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Pair::P256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    pub(super) fn ed25519(seed: u8) -> Self {
        Pair::Ed25519(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Pair::P256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    pub(super) fn public(&self, id: &str) -> Value {
        match self {
            Pair::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": id,
                       "x": BASE64.encode(x), "y": BASE64.encode(y)})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": id,
                       "x": BASE64.encode(pair.public_key())})
            }
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Pair::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                signature.unwrap().as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims, whatever they are.
    pub(super) fn token(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let signature = BASE64.encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |part: &Value| BASE64.encode(part.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// The claims of an honest token that holds for an hour.
pub(super) fn claims() -> Value {
    json!({
        "iss": NAME, "aud": AUDIENCE, "sub": "ada", "iat": START, "exp": START + 3_600,
        "roles": ["adviser"], "brands": ["jive"],
    })
}

/// The claims, with one of them changed, or left out where it is null.
pub(super) fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let all = claims.as_object_mut().unwrap();
    match value {
        Value::Null => all.remove(name),
        value => all.insert(name.to_owned(), value),
    };
    claims
}

pub(super) fn time() -> Arc<ManualTime> {
    crate::watchdog::watch();
    let start = jiff::Timestamp::from_second(START).unwrap();
    Arc::new(ManualTime::at(start))
}

pub(super) fn later(time: &ManualTime, seconds: i64) {
    let start = jiff::Timestamp::from_second(START + seconds).unwrap();
    time.set(start);
}

pub(super) async fn trusting(keys: KeySource, time: &Arc<ManualTime>) -> Authentication {
    let trusted = TrustedIssuer {
        issuer: NAME.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys,
    };
    let time: SharedTime = time.clone();
    Authentication::by_tokens(vec![trusted], time)
        .await
        .unwrap()
}

pub(super) fn fixed(keys: &[Value]) -> KeySource {
    KeySource::Fixed(json!({ "keys": keys }).to_string().into())
}

/// Every token is looked at.
pub(super) fn always() -> Result<(), Unauthenticated> {
    Ok(())
}

/// Whom a token proves.
pub(super) async fn caller(
    authentication: &Authentication,
    token: &str,
) -> Result<Arc<Principal>, Unauthenticated> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    headers.insert(AUTHORIZATION, value);
    match authentication.caller(&headers, None, always).await? {
        Caller::Known(principal) => Ok(principal),
        Caller::Anyone => panic!("a token proves somebody"),
    }
}

/// What an issuer publishes, and how often it was asked.
pub(super) struct Published {
    pub(super) address: String,
    pub(super) asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<Answer>>,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    body: Bytes,
    cache_control: String,
}

impl Published {
    pub(super) async fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let answer = Arc::new(Mutex::new(Answer {
            status: 200,
            body: Bytes::new(),
            cache_control: "max-age=600".to_owned(),
        }));
        let published = Published {
            address: format!("http://{address}/keys"),
            asked: Arc::clone(&asked),
            answer: Arc::clone(&answer),
        };
        published.publish(keys);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                tokio::spawn(async move {
                    let service = service_fn(|_| {
                        asked.fetch_add(1, Ordering::SeqCst);
                        let answer = answer.lock().clone();
                        async move {
                            let response = Response::builder()
                                .status(answer.status)
                                .header("cache-control", answer.cache_control);
                            Ok::<_, Infallible>(response.body(Full::new(answer.body)).unwrap())
                        }
                    });
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        published
    }

    pub(super) fn publish(&self, keys: &[Value]) {
        self.answer(200, json!({ "keys": keys }).to_string());
    }

    pub(super) fn answer(&self, status: u16, body: String) {
        let mut answer = self.answer.lock();
        (answer.status, answer.body) = (status, body.into());
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn source(&self) -> KeySource {
        KeySource::parse(&self.address).unwrap()
    }
}
