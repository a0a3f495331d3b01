//! The edge of Redress: gRPC.
//!
//! A handler reads a request into the domain's words, hands it on, and tells the answer in the API's words. It decides
//! nothing: `check` knows what form a request has, and [`status`] what an error is called.

mod change;
mod check;
mod convert;
mod explain;
mod filing;
mod health;
mod list;
mod live_log;
mod log;
mod mask;
mod mutation;
mod page;
mod policy;
mod position;
mod read;
mod server;
mod service;
pub mod status;
mod timeline;
mod unread;
mod unreadable;
mod watch;
mod wire;

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::{Semaphore, watch as signal};
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};

pub(crate) use self::policy::report as simulation_report;
use self::{
    check::Check,
    live_log::{Signals, Tail},
    unreadable::Unreadable,
};
pub use self::{
    health::{LIVENESS, Readiness},
    server::{ServeError, serve},
    watch::EventStream,
    wire::{CallerLimits, MethodsError},
};
use crate::{
    engine::Engine, policy::PolicyBook, store::Reader, telemetry::Metrics, time_source::SharedTime,
};

/// No call is answered later than this; a stream may go on.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// The handlers of the API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ComplaintApi {
    engine: Engine,
    reader: Reader,
    time: SharedTime,
    tail: Tail<Reader>,
    unreadable: Unreadable,
    /// Explanations and simulations at once: they read whole logs.
    explanations: Arc<Semaphore>,
    simulations: Arc<Semaphore>,
}

/// How many explanations are worked out at once; each may hold a whole log.
const EXPLANATIONS: usize = 2;
/// How many simulations run at once; each holds a page of whole logs.
const SIMULATIONS: usize = 2;

/// What the handlers are built from.
#[derive(Debug)]
pub struct ApiParts {
    /// Carries out what changes something.
    pub engine: Engine,
    /// Reads the rest.
    pub reader: Reader,
    /// Where `now` comes from.
    pub time: SharedTime,
    /// Changes whenever this process has committed something: wakes the watchers.
    pub news: signal::Receiver<u64>,
    /// Ends the streams, and with them the server.
    pub shutdown: CancellationToken,
    /// What measures.
    pub metrics: Metrics,
    /// How many streams of events there are at the most.
    pub watchers: usize,
}

impl ComplaintApi {
    /// Puts the handlers together.
    #[must_use]
    pub fn new(parts: ApiParts) -> Self {
        let signals = Signals {
            news: parts.news,
            shutdown: parts.shutdown,
        };
        ComplaintApi {
            engine: parts.engine,
            tail: Tail::new(parts.reader.clone(), signals, parts.watchers),
            reader: parts.reader,
            time: parts.time,
            unreadable: Unreadable::new(parts.metrics),
            explanations: Arc::new(Semaphore::new(EXPLANATIONS)),
            simulations: Arc::new(Semaphore::new(SIMULATIONS)),
        }
    }

    fn policies(&self) -> Arc<PolicyBook> {
        self.engine.rules().policies()
    }

    fn check(&self) -> Check {
        Check::at(self.time.now())
    }
}

/// The answer to a read, unless it takes longer than any call may.
async fn answer_read<T>(
    call: impl Future<Output = Result<T, Status>> + Send,
) -> Result<Response<T>, Status> {
    within_time(call, status::read_timed_out).await
}

/// The answer to a change, unless it takes longer than any call may.
async fn answer_change<T>(
    call: impl Future<Output = Result<T, Status>> + Send,
) -> Result<Response<T>, Status> {
    within_time(call, status::change_timed_out).await
}

async fn within_time<T>(
    call: impl Future<Output = Result<T, Status>> + Send,
    timed_out: fn() -> Status,
) -> Result<Response<T>, Status> {
    match tokio::time::timeout(LONGEST_CALL, call).await {
        Ok(answer) => answer.map(Response::new),
        Err(_) => Err(timed_out()),
    }
}
