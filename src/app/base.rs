//! What the parts of the service work with.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{AppError, config::AppConfig, foundation::Foundation};
use crate::{
    engine::{Committers, Engine, Rules},
    scheduler::LANES,
    store::{Reader, Store},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// How many threads commit. Two keep a small machine's database busy; more share out the same batches.
const COMMITTERS: usize = 2;
/// Who writes: the committers, the lanes of the sweeper, and a migration of complaints, each on one connection at a time.
const WRITERS: usize = COMMITTERS + LANES + 1;

/// What the parts of the service work with. A part clones what it needs: the engine goes down only once nobody holds it.
pub(super) struct Base {
    pub(super) store: Store,
    pub(super) reader: Reader,
    pub(super) engine: Engine,
    pub(super) rules: Arc<Rules>,
    pub(super) time: SharedTime,
    pub(super) metrics: Metrics,
    /// Ends the streams, the server, and whatever has no owner of its own.
    pub(super) shutdown: CancellationToken,
}

impl Base {
    /// Starts the engine.
    ///
    /// # Errors
    /// When it gets no threads.
    pub(super) fn start(
        config: &AppConfig,
        foundation: &Foundation,
    ) -> Result<(Self, Committers), AppError> {
        let Foundation {
            store, rules, time, ..
        } = foundation;
        let (time, metrics) = (Arc::clone(time), config.metrics.clone());
        let observed = Arc::clone(&time);
        metrics.observe_time_offset(move || observed.offset().as_secs_f64());
        let (free, low) = (Arc::clone(store.space()), Arc::clone(store.space()));
        metrics.observe_disk(move || free.free(), move || low.is_low());
        let (engine, committers) = Engine::start(
            store.clone(),
            Arc::clone(rules),
            Arc::clone(&time),
            metrics.clone(),
            COMMITTERS,
        )
        .map_err(AppError::Thread)?;
        let senders = usize::try_from(config.senders()).unwrap_or(0);
        let base = Base {
            reader: Reader::new(store.clone(), WRITERS + senders),
            store: store.clone(),
            engine,
            rules: Arc::clone(rules),
            time,
            metrics,
            shutdown: CancellationToken::new(),
        };
        Ok((base, committers))
    }

    /// Changes whenever this process has committed something.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.engine.committed()
    }
}
