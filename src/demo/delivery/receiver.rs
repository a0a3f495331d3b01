//! An external system that receives events: a small web server on loopback.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::signature::{self, Unproved};
use crate::{
    demo::time::{ATTENTION, StoryTime},
    time_source::TimeSource as _,
};

/// More than any event has.
const LARGEST: usize = 1 << 20;
/// The message that verifies an endpoint, before there is a secret.
const VERIFICATION: &str = "redress.subscription.verification";

/// What arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arrived {
    /// An event with a valid signature.
    Event(Told),
    /// An event that was rejected, because the receiver is down.
    TurnedAway,
    /// Something that is not authentic, or not an event.
    Unproved(Unproved),
    Unreadable,
}

/// The content of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) complaint: String,
    pub(super) tracking_number: String,
    pub(super) sequence: i64,
    /// Such as `breached`.
    pub(super) kind: String,
    /// When it happened.
    pub(super) at: String,
}

/// A running receiver. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    arrived: mpsc::UnboundedReceiver<Arrived>,
    _serving: DropGuard,
}

/// Switches a receiver off and on. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Switch(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    time: Arc<StoryTime>,
    secret: OnceLock<String>,
    down: AtomicBool,
    arrives: mpsc::UnboundedSender<Arrived>,
}

impl Switch {
    pub(super) fn set_down(&self, down: bool) {
        self.0.down.store(down, Ordering::SeqCst);
    }
}

impl Receiver {
    pub(super) async fn start(time: Arc<StoryTime>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (arrives, arrived) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            time,
            secret: OnceLock::new(),
            down: AtomicBool::new(false),
            arrives,
        });
        let shutdown = CancellationToken::new();
        let (end, serving) = (shutdown.clone(), Arc::clone(&shared));
        tokio::spawn(async move { end.run_until_cancelled(serve(listener, serving)).await });
        Ok(Receiver {
            address,
            shared,
            arrived,
            _serving: shutdown.drop_guard(),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that accepts events.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}/events", self.address)
    }

    /// Sets the signing secret. Nothing is accepted before.
    pub(super) fn learn(&self, secret: String) {
        // Set only once.
        let _ = self.shared.secret.set(secret);
    }

    pub(super) fn switch(&self) -> Switch {
        Switch(Arc::clone(&self.shared))
    }

    /// Whether everything that arrived was taken.
    pub(super) fn is_idle(&self) -> bool {
        self.arrived.is_empty()
    }

    /// Waits for the next arrival.
    pub(super) async fn next(&mut self) -> Arrived {
        match self.arrived.recv().await {
            Some(arrived) => arrived,
            // Unreachable: `shared` has a sender.
            None => std::future::pending().await,
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(answer(stream, Arc::clone(&shared)));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move {
            let status = shared.take(request).await;
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        }
    });
    // On failure, the client has hung up.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Shared {
    async fn take(&self, request: Request<Incoming>) -> StatusCode {
        self.time.attend(ATTENTION);
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, LARGEST).collect().await else {
            return StatusCode::BAD_REQUEST;
        };
        if self.down.load(Ordering::SeqCst) {
            self.tell(Arrived::TurnedAway);
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let body = body.to_bytes();
        let event: Value = serde_json::from_slice(&body).unwrap_or_default();
        if event["type"] == VERIFICATION {
            return StatusCode::NO_CONTENT;
        }
        let secret = self.secret.get().map_or("", String::as_str);
        if let Err(why) = signature::verify(secret, &head.headers, &body, self.time.now()) {
            self.tell(Arrived::Unproved(why));
            return StatusCode::UNAUTHORIZED;
        }
        match read(&event) {
            Some(told) => {
                self.tell(Arrived::Event(told));
                StatusCode::NO_CONTENT
            }
            None => {
                self.tell(Arrived::Unreadable);
                StatusCode::BAD_REQUEST
            }
        }
    }

    fn tell(&self, arrived: Arrived) {
        // Without a listener, the demo is ending.
        let _ = self.arrives.send(arrived);
    }
}

fn read(event: &Value) -> Option<Told> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(Told {
        complaint: text(&event["source"])?.trim_start_matches('/').to_owned(),
        tracking_number: text(&event["data"]["complaint_after"]["tracking_number"])?,
        sequence: event["sequence"].as_str()?.parse().ok()?,
        kind: event["type"].as_str()?.strip_prefix("redress.")?.to_owned(),
        at: text(&event["time"])?,
    })
}
