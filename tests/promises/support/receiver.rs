//! An HTTP receiver that does what it is told, and keeps what it received.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What was received, once.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Its type, without what all have.
    pub(crate) fn word(&self) -> String {
        let event = self.event();
        let word = event["type"].as_str().expect("a type");
        word.trim_start_matches("redress.").to_owned()
    }

    /// The complaint and the number of its event.
    pub(crate) fn place(&self) -> (String, String) {
        let event = self.event();
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        (text("source"), text("sequence"))
    }
}

/// Whether what was received is signed with a secret, as Standard Webhooks has it.
pub(crate) fn is_signed(received: &Received, secret: &str) -> bool {
    let secret = STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .expect("a secret");
    let headers = &received.headers;
    let mut signed = format!("{}.{}.", received.id(), headers["webhook-timestamp"]).into_bytes();
    signed.extend(&received.body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let own = format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed)));
    headers["webhook-signature"].split(' ').any(|it| it == own)
}

/// What a receiver does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reaction {
    /// Answers with this status.
    Answer(u16),
    /// The same, with a header.
    With(u16, &'static str),
    /// Never answers.
    Hang,
    /// Resets the connection.
    Reset,
}

type Script = Arc<Mutex<dyn FnMut(&Received) -> Reaction + Send>>;

/// A receiver on loopback. It ends with the test.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    received: watch::Receiver<Vec<Received>>,
}

impl Receiver {
    /// One that answers everything well.
    pub(crate) async fn well() -> Receiver {
        Self::start(|_| Reaction::Answer(204)).await
    }

    pub(crate) async fn start(
        script: impl FnMut(&Received) -> Reaction + Send + 'static,
    ) -> Receiver {
        Self::begin(script, true).await
    }

    /// One that keeps nothing, for a script that notes by itself what it needs of very many requests.
    pub(crate) async fn forgetful(
        script: impl FnMut(&Received) -> Reaction + Send + 'static,
    ) -> Receiver {
        Self::begin(script, false).await
    }

    async fn begin(
        script: impl FnMut(&Received) -> Reaction + Send + 'static,
        keeps: bool,
    ) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let script: Script = Arc::new(Mutex::new(script));
        let (keep, received) = watch::channel(Vec::new());
        let keep = keeps.then(|| Arc::new(keep));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, keep) = (Arc::clone(&script), keep.clone());
                tokio::spawn(serve(stream, script, keep));
            }
        });
        Receiver { address, received }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// The events that were received so far: what is no event is left out.
    pub(crate) fn events(&self) -> Vec<Received> {
        let all = self.received.borrow().clone().into_iter();
        all.filter(|it| !it.word().starts_with("subscription."))
            .collect()
    }

    /// What was received of everything, as soon as this is so of the events among it.
    pub(crate) async fn until(&mut self, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let waiting = async {
            loop {
                let events = self.events();
                if enough(&events) {
                    return events;
                }
                self.received.changed().await.expect("the receiver runs");
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
        waited.unwrap_or_else(|_| {
            let words: Vec<String> = self.events().iter().map(Received::word).collect();
            panic!("not received in time, but {words:?}")
        })
    }

    /// As many events.
    pub(crate) async fn count(&mut self, wanted: usize) -> Vec<Received> {
        self.until(|events| events.len() >= wanted).await
    }

    pub(crate) fn everything(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }
}

type Kept = Arc<watch::Sender<Vec<Received>>>;

async fn serve(mut stream: TcpStream, script: Script, keep: Option<Kept>) {
    let mut buffer = Vec::new();
    while let Some(received) = request(&mut stream, &mut buffer).await {
        let reaction = script.lock().expect("a script")(&received);
        if let Some(keep) = &keep {
            keep.send_modify(|all| all.push(received));
        }
        let answer = match reaction {
            Reaction::Answer(status) => format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"),
            Reaction::With(status, header) => {
                format!("HTTP/1.1 {status} x\r\n{header}\r\ncontent-length: 0\r\n\r\n")
            }
            Reaction::Hang => std::future::pending().await,
            Reaction::Reset => {
                let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                return;
            }
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request of a connection.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, buffer).await?;
    };
    let text = String::from_utf8(buffer[..head].to_vec()).expect("headers are text");
    let headers: BTreeMap<String, String> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().expect("a length");
    while buffer.len() < head + 4 + length {
        more(stream, buffer).await?;
    }
    let rest = buffer.split_off(head + 4 + length);
    let body = buffer.split_off(head + 4);
    *buffer = rest;
    Some(Received { headers, body })
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut bytes = [0; 4096];
    let read = stream
        .read(&mut bytes)
        .await
        .ok()
        .filter(|read| *read > 0)?;
    buffer.extend_from_slice(&bytes[..read]);
    Some(())
}
