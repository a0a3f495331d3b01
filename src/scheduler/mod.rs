//! What happens by itself: the due sweep, the housekeeping, and the look at what other replicas have put into use.
//!
//! The deadlines are rows; none lives in memory. tokio-cron-scheduler gives the heartbeat, each second, and the
//! housekeeping; between beats the sweeper sleeps until the earliest planned fire time. A beat may come late, twice, or
//! on every replica at once: a sweep that finds nothing due costs one look at an index.

mod housekeeping;
mod sweeper;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

pub use self::sweeper::LANES;
use self::{housekeeping::Housekeeping, sweeper::Sweeper};
use crate::{engine::Engine, store::Store, telemetry::Metrics, time_source::SharedTime};

/// Each second.
const HEARTBEAT: &str = "* * * * * *";
/// Each night, off the hour.
const NIGHTLY: &str = "0 17 3 * * *";
/// Every two seconds: a policy that another replica put into use is known here that soon.
const ACTIVATIONS: &str = "*/2 * * * * *";
/// Each minute.
const MINUTELY: &str = "30 * * * * *";

/// The running schedule. Dropping it ends the schedule without waiting for work in progress.
#[derive(Debug)]
pub struct Scheduler {
    shutdown: DropGuard,
    tasks: TaskTracker,
}

/// Why the schedule did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The cron jobs could not be set up.
    #[error(transparent)]
    Cron(#[from] JobSchedulerError),
    /// The machine gives no runtime for the sweeper.
    #[error(transparent)]
    Runtime(std::io::Error),
}

impl Scheduler {
    /// Starts the schedule. Records of reads are deleted once they are this old.
    ///
    /// # Errors
    /// When the cron jobs or the sweeper cannot be set up. Nothing is left running then.
    pub async fn start(
        engine: Engine,
        store: Store,
        time: SharedTime,
        metrics: Metrics,
        reads_kept: SignedDuration,
    ) -> Result<Scheduler, StartError> {
        let shutdown = CancellationToken::new();
        // From here on: whatever fails below, what was started before it ends.
        let scheduler = Scheduler {
            shutdown: shutdown.clone().drop_guard(),
            tasks: TaskTracker::new(),
        };
        let housekeeping = Arc::new(Housekeeping::new(housekeeping::Parts {
            engine: engine.clone(),
            store: store.clone(),
            time: Arc::clone(&time),
            reads_kept,
            metrics,
            shutdown: shutdown.clone(),
        }));

        let mut cron = JobScheduler::new().await?;
        let heartbeat = beat(&cron, HEARTBEAT).await?;
        let nightly = beat(&cron, NIGHTLY).await?;
        let minutely = beat(&cron, MINUTELY).await?;
        let activations = beat(&cron, ACTIVATIONS).await?;
        cron.start().await?;
        let down = shutdown.clone();
        scheduler.tasks.spawn(async move {
            down.cancelled().await;
            if let Err(error) = cron.shutdown().await {
                tracing::warn!(%error, "the cron scheduler did not stop cleanly");
            }
        });

        scheduler.at_each(nightly, &housekeeping, Housekeeping::nightly);
        scheduler.at_each(minutely, &housekeeping, Housekeeping::minutely);
        scheduler.at_each(activations, &Arc::new(engine.clone()), learn_activations);
        let sweeper = Sweeper::new(engine, store, time, heartbeat, shutdown);
        // On a runtime of its own: where callers flood the other, a sweep must not wait for its turn among them.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(StartError::Runtime)?;
        scheduler
            .tasks
            .spawn_blocking(move || runtime.block_on(sweeper.run()));
        Ok(scheduler)
    }

    /// Takes up nothing new, and waits for what is under way.
    pub async fn stop(self) {
        drop(self.shutdown);
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs blocking work at each beat until shutdown.
    fn at_each<T: Send + Sync + 'static>(&self, beat: Arc<Notify>, worker: &Arc<T>, work: fn(&T)) {
        // Not the guard itself, which would keep alive the task that it is meant to end.
        let (shutdown, worker) = (self.shutdown.token().clone(), Arc::clone(worker));
        self.tasks.spawn(async move {
            while shutdown
                .run_until_cancelled(beat.notified())
                .await
                .is_some()
            {
                let worker = Arc::clone(&worker);
                // A panic is in the log already; the next beat tries again.
                let _ = tokio::task::spawn_blocking(move || work(&worker)).await;
            }
        });
    }
}

/// A beat of this schedule. If beats come while its work is in progress, one of them is kept. The cron scheduler holds only
/// the beat and nothing of the service, because it releases its jobs only with the runtime.
async fn beat(cron: &JobScheduler, schedule: &str) -> Result<Arc<Notify>, JobSchedulerError> {
    let beat = Arc::new(Notify::new());
    let theirs = Arc::clone(&beat);
    cron.add(Job::new(schedule, move |_, _| theirs.notify_one())?)
        .await?;
    Ok(beat)
}

fn learn_activations(engine: &Engine) {
    if let Err(error) = engine.learn_activations() {
        tracing::warn!(%error, "failed to check for activations by other replicas; keeping the current versions and checking again at the next beat");
    }
}
