//! The edge of Redress: what its methods do, in the words of the API, whatever protocol carries them.
//!
//! A handler has its request read by `intake`, hands it on, and tells the answer in the API's words. It decides nothing:
//! `problems` knows what an error is called. What is gRPC's own is in [`grpc`].

mod brands;
mod convert;
mod event;
mod explain;
pub mod grpc;
mod list;
mod live_log;
mod log;
mod mutate;
mod page;
mod policy;
mod problems;
mod read;
mod timeline;
mod unread;
mod unreadable;
mod watch;

use std::sync::Arc;

use tokio::sync::{Semaphore, watch as signal};
use tokio_util::sync::CancellationToken;

#[cfg(test)]
pub(crate) use self::event::fact as fact_message;
pub(crate) use self::policy::report as simulation_report;
use self::{
    live_log::{Signals, Tail},
    unreadable::Unreadable,
};
use crate::{
    engine::Engine, intake::Check, policy::PolicyBook, store::Reader, telemetry::Metrics,
    time_source::SharedTime,
};

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
        Check::at(self.time.now(), self.engine.rules().brands())
    }
}
