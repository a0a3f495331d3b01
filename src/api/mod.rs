//! The edge of Redress: what its methods do, in the words of the API, whatever protocol carries them.
//!
//! A handler has its caller's request read by `intake`, hands it on, and tells the answer in the API's words. It decides nothing:
//! `problems` knows what an error is called. What is gRPC's own is in [`grpc`].

pub mod auth;
mod brands;
mod bulk;
mod convert;
mod counting;
mod dispatch;
mod event;
mod explain;
mod figures;
pub mod grpc;
mod json;
mod list;
mod live_log;
mod log;
mod mutate;
mod page;
mod personal;
mod policy;
mod preview;
mod privacy;
mod problems;
mod read;
pub mod read_record;
pub mod rules;
mod search;
mod subscriptions;
mod teller;
mod timeline;
mod unread;
mod unreadable;
mod watch;
mod worklist;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, watch as signal};
use tokio_util::sync::CancellationToken;

#[cfg(test)]
pub(crate) use self::event::fact as fact_message;
pub use self::teller::{EventTeller, NoTeller};
pub(crate) use self::{json::MessageJson, policy::report as simulation_report};
use self::{
    live_log::{Signals, Tail},
    read_record::ReadRecord,
    rules::Rules,
    unreadable::Unreadable,
};
use crate::{
    access::Caller, brand::BrandBook, engine::Engine, intake::Check, outbox::Subscriptions,
    policy::PolicyBook, store::Reader, telemetry::Metrics, time_source::SharedTime,
};

/// The handlers of the API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ComplaintApi {
    rules: Arc<Rules>,
    engine: Engine,
    reader: Reader,
    time: SharedTime,
    tail: Tail<Reader>,
    heartbeat: Duration,
    unreadable: Unreadable,
    read_record: ReadRecord,
    subscriptions: Subscriptions,
    /// Explanations and simulations at once: they read whole logs.
    explanations: Arc<Semaphore>,
    simulations: Arc<Semaphore>,
    /// Searches for persons, and exports of what is known of one, at once.
    searches: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    /// Figures, and lists of the complaints behind them, at once.
    figures: Arc<Semaphore>,
}

/// How many explanations are worked out at once; each may hold a whole log.
const EXPLANATIONS: usize = 2;
/// How many simulations run at once; each holds a page of whole logs.
const SIMULATIONS: usize = 2;
/// How many searches for a person run at once; each reads the customers of all complaints.
const SEARCHES: usize = 1;
/// How many exports run at once; each holds a page of a log as JSON.
const EXPORTS: usize = 4;

/// How many figures are computed at once; each reads all complaints, and keeps a core busy.
const FIGURES: usize = 2;

/// What the handlers are built from.
#[derive(Debug)]
pub struct ApiParts {
    /// Who may call which method.
    pub rules: Arc<Rules>,
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
    /// Where it is noted who is shown personal data.
    pub read_record: ReadRecord,
    /// What is sent to whom.
    pub subscriptions: Subscriptions,
    /// What measures.
    pub metrics: Metrics,
    /// How many streams of events there are at the most.
    pub watchers: usize,
    /// How long a stream of events may be quiet before it tells how far it has come.
    pub heartbeat: Duration,
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
            rules: parts.rules,
            engine: parts.engine,
            tail: Tail::new(parts.reader.clone(), signals, parts.watchers),
            heartbeat: parts.heartbeat,
            reader: parts.reader,
            time: parts.time,
            unreadable: Unreadable::new(parts.metrics),
            read_record: parts.read_record,
            subscriptions: parts.subscriptions,
            explanations: Arc::new(Semaphore::new(EXPLANATIONS)),
            simulations: Arc::new(Semaphore::new(SIMULATIONS)),
            searches: Arc::new(Semaphore::new(SEARCHES)),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            figures: Arc::new(Semaphore::new(FIGURES)),
        }
    }

    fn policies(&self) -> Arc<PolicyBook> {
        self.engine.rules().policies()
    }

    /// The check of what is about no complaint.
    fn check(&self) -> Check {
        self.check_of(&Caller::Anyone)
    }

    /// The check of a caller's request.
    fn check_of(&self, caller: &Caller) -> Check {
        Check::at(self.time.now(), &self.engine.rules().brands(), caller)
    }

    /// The brands that exist to a caller.
    fn brands_of(&self, caller: &Caller) -> Arc<BrandBook> {
        let brands = self.engine.rules().brands();
        brands.of(caller.scope().brands.as_ref())
    }
}
