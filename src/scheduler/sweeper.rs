//! Sweeps whenever something is due.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{Engine, EngineError},
    store::{Store, StoreError, SweepCursor},
    time_source::{SharedTime, Stopwatch},
};

/// How many sweeps of this process run at once while much is due.
pub const LANES: usize = 2;
/// A drain that goes on for longer starts from the beginning again: what was locked when it came by lies behind it.
const FROM_THE_BEGINNING: Duration = Duration::from_secs(5);

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
                    tracing::warn!(%error, "failed to sweep for due steps; will retry");
                    None
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.beat.notified() => {}
                () = self.time.past(next.unwrap_or(Timestamp::MAX)) => {}
                () = nearer(&mut planned, next) => {}
            }
        }
    }

    /// Sweeps until nothing is due. Returns when something will be.
    async fn drain(&self) -> Result<Option<Timestamp>, EngineError> {
        if self.time.check().is_err() {
            // The other replicas fire what is due. A beat comes each second, and looks again.
            return Ok(None);
        }
        let began = self.time.now();
        let drain = Drain::default();
        if self.sweep(&drain).await? {
            // Much is due. While one lane decides, the database has the other's work to do; what one has claimed, the other
            // skips.
            let lanes: [_; LANES] = std::array::from_fn(|_| self.lane(&drain));
            futures_util::future::try_join_all(lanes).await?;
        }
        // What was due before and is due still, another process holds, or it was put aside; the next beat looks again. What
        // has fallen due since is swept at once.
        let store = self.store.clone();
        let next = tokio::task::spawn_blocking(move || store.next_fire(began)).await;
        let next = next
            .map_err(|_| EngineError::ShuttingDown)?
            .map_err(|error: StoreError| EngineError::Store(Arc::new(error)))?;
        Ok(next)
    }

    async fn lane(&self, drain: &Drain) -> Result<(), EngineError> {
        while !self.shutdown.is_cancelled() && self.sweep(drain).await? {}
        Ok(())
    }

    /// Sweeps once; whether there is more.
    async fn sweep(&self, drain: &Drain) -> Result<bool, EngineError> {
        let (engine, after) = (self.engine.clone(), drain.reached());
        let swept = tokio::task::spawn_blocking(move || engine.sweep(after)).await;
        let report = swept.map_err(|_| EngineError::ShuttingDown)??;
        if report.fired > 0 {
            tracing::info!(
                claimed = report.claimed,
                fired = report.fired,
                "fired due steps"
            );
        }
        drain.came_to(report.up_to);
        Ok(report.more)
    }
}

/// How far the lanes of one drain have come. Where one is ahead the others go on from there: between them lies what it has
/// claimed.
#[derive(Debug)]
struct Drain(Mutex<(Option<SweepCursor>, Stopwatch)>);

impl Default for Drain {
    fn default() -> Self {
        Drain(Mutex::new((None, Stopwatch::start())))
    }
}

impl Drain {
    fn reached(&self) -> Option<SweepCursor> {
        self.state().0
    }

    fn came_to(&self, mark: Option<SweepCursor>) {
        let mut state = self.state();
        let (reached, since) = &mut *state;
        if since.elapsed() > FROM_THE_BEGINNING {
            (*reached, *since) = (None, Stopwatch::start());
        } else {
            *reached = mark.max(*reached);
        }
    }

    fn state(&self) -> MutexGuard<'_, (Option<SweepCursor>, Stopwatch)> {
        // Whole whatever panicked: it is only read and replaced.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
