//! Dependencies shared by the parts of the service.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{AppError, config::AppConfig, foundation::Foundation};
use crate::{
    engine::{Committers, Engine, Rules},
    scheduler::LANES,
    store::{Reader, Store},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// The number of committer threads. Two keep a small machine's database busy; more would share the same batches.
const COMMITTERS: usize = 2;
/// The number of writers: the committers, the lanes of the sweeper, and a migration of complaints, with one connection each.
const WRITERS: usize = COMMITTERS + LANES + 1;

/// Dependencies shared by the parts of the service. Parts clone what they need: the engine stops only once all handles are
/// dropped.
pub(super) struct Base {
    pub(super) store: Store,
    pub(super) reader: Reader,
    pub(super) engine: Engine,
    pub(super) rules: Arc<Rules>,
    pub(super) time: SharedTime,
    pub(super) metrics: Metrics,
    /// Stops the streams, the server, and tasks without an owner.
    pub(super) shutdown: CancellationToken,
    /// The tasks that use the database and have no owner.
    pub(super) tasks: TaskTracker,
}

impl Base {
    /// Starts the engine.
    ///
    /// # Errors
    /// When threads cannot be started.
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
            tasks: TaskTracker::new(),
        };
        Ok((base, committers))
    }

    /// Changes whenever this process commits.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.engine.committed()
    }
}
