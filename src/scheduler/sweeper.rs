//! Sweeps whenever something is due.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    engine::Engine, engine::EngineError, store::Store, store::StoreError, time_source::SharedTime,
};

/// One sweeper of this process.
#[derive(Debug)]
pub(super) struct Sweeper {
    engine: Engine,
    store: Store,
    time: SharedTime,
    beat: Arc<Notify>,
    shutdown: CancellationToken,
}

impl Sweeper {
    pub(super) fn new(
        engine: Engine,
        store: Store,
        time: SharedTime,
        beat: Arc<Notify>,
        shutdown: CancellationToken,
    ) -> Self {
        Sweeper {
            engine,
            store,
            time,
            beat,
            shutdown,
        }
    }

    /// Drains what is due, sleeps until something may be, and so on until shutdown.
    pub(super) async fn run(self) {
        let mut planned = self.engine.planned();
        while !self.shutdown.is_cancelled() {
            // What this process plans from here on may be nearer than what the drain reads; the sleep is then cut short.
            planned.mark_unchanged();
            let drained = self.drain().await;
            let next = match drained {
                Ok(next) => next,
                Err(error) => {
                    // The next beat tries again: nothing is lost, what is due stays due.
                    tracing::warn!(%error, "a sweep failed");
                    None
                }
            };
            let sleep = async {
                match next {
                    Some(at) => self.time.past(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.beat.notified() => {}
                () = sleep => {}
                () = nearer(&mut planned, next) => {}
            }
        }
    }

    /// Sweeps until nothing is due. Returns when something will be.
    async fn drain(&self) -> Result<Option<Timestamp>, EngineError> {
        let (mut from, began) = (None, self.time.now());
        loop {
            let engine = self.engine.clone();
            let swept = tokio::task::spawn_blocking(move || engine.sweep(from)).await;
            let report = swept.map_err(|_| EngineError::ShuttingDown)??;
            if report.fired > 0 {
                tracing::info!(
                    claimed = report.claimed,
                    fired = report.fired,
                    "due steps fired"
                );
            }
            if !report.more || self.shutdown.is_cancelled() {
                break;
            }
            from = report.up_to;
        }
        let store = self.store.clone();
        let next = tokio::task::spawn_blocking(move || store.next_fire()).await;
        let next = next
            .map_err(|_| EngineError::ShuttingDown)?
            .map_err(|error: StoreError| EngineError::Store(Arc::new(error)))?;
        // What was due then and is due still, another process holds; the next beat looks again. What has fallen due
        // since is swept at once.
        Ok(next.filter(|at| *at >= began))
    }
}

/// Comes back when this process plans something nearer than `next`.
async fn nearer(
    planned: &mut tokio::sync::watch::Receiver<Option<Timestamp>>,
    next: Option<Timestamp>,
) {
    let is_nearer = |at: &Option<Timestamp>| at.is_some_and(|at| next.is_none_or(|next| at < next));
    loop {
        if planned.changed().await.is_err() {
            // The engine is gone; shutdown comes next.
            return std::future::pending().await;
        }
        if is_nearer(&planned.borrow_and_update()) {
            return;
        }
    }
}
