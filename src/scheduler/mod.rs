//! What happens by itself: the due sweep, the housekeeping, and the look at what other replicas have taken into use.
//!
//! The deadlines are rows; none lives in memory. tokio-cron-scheduler gives the heartbeat, each second, and the
//! housekeeping; between beats the sweeper sleeps until the earliest planned fire time. A beat may come late, twice, or
//! on every replica at once: a sweep that finds nothing due costs one look at an index.

mod housekeeping;
mod sweeper;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::sweeper::LANES;
use self::{housekeeping::Housekeeping, sweeper::Sweeper};
use crate::{engine::Engine, store::Store, telemetry::Metrics, time_source::SharedTime};

/// Each second.
const HEARTBEAT: &str = "* * * * * *";
/// Each night, off the hour.
const NIGHTLY: &str = "0 17 3 * * *";
/// Every two seconds: a policy that another replica took into use is known here so soon.
const ACTIVATIONS: &str = "*/2 * * * * *";
/// Each minute.
const MINUTELY: &str = "30 * * * * *";

/// The running schedule.
#[derive(Debug)]
pub struct Scheduler {
    shutdown: CancellationToken,
    tasks: TaskTracker,
    cron: Cron,
}

/// A cron scheduler that is not printed.
struct Cron(JobScheduler);

impl std::fmt::Debug for Cron {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cron")
    }
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
    /// Starts the schedule.
    ///
    /// # Errors
    /// When the cron jobs or the sweeper cannot be set up.
    pub async fn start(
        engine: Engine,
        store: Store,
        time: SharedTime,
        metrics: Metrics,
    ) -> Result<Scheduler, StartError> {
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        let beat = Arc::new(Notify::new());
        let housekeeping = Arc::new(Housekeeping::new(housekeeping::Parts {
            store: store.clone(),
            rules: Arc::clone(engine.rules()),
            time: Arc::clone(&time),
            metrics,
            shutdown: shutdown.clone(),
        }));

        let cron = JobScheduler::new().await?;
        let heartbeat = Arc::clone(&beat);
        // A beat that comes while the sweeper is at work is kept, and only one of them.
        cron.add(Job::new(HEARTBEAT, move |_, _| heartbeat.notify_one())?)
            .await?;
        cron.add(job(NIGHTLY, &housekeeping, &tasks, Housekeeping::nightly)?)
            .await?;
        cron.add(job(
            MINUTELY,
            &housekeeping,
            &tasks,
            Housekeeping::minutely,
        )?)
        .await?;
        cron.add(job(
            ACTIVATIONS,
            &Arc::new(engine.clone()),
            &tasks,
            learn_activations,
        )?)
        .await?;
        cron.start().await?;

        let sweeper = Sweeper::new(engine, store, time, beat, shutdown.clone());
        // On a runtime of its own: where callers flood the other, a sweep must not wait for its turn among them.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(StartError::Runtime)?;
        tasks.spawn_blocking(move || runtime.block_on(sweeper.run()));
        Ok(Scheduler {
            shutdown,
            tasks,
            cron: Cron(cron),
        })
    }

    /// Takes up nothing new, and waits for what is under way.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        if let Err(error) = self.cron.0.shutdown().await {
            tracing::warn!(%error, "the cron scheduler did not stop cleanly");
        }
        // The cron scheduler does not wait for its running jobs; the tracker does.
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A cron job that runs blocking work, and is skipped while its last run is still at it.
fn job<T: Send + Sync + 'static>(
    schedule: &str,
    worker: &Arc<T>,
    tasks: &TaskTracker,
    work: fn(&T),
) -> Result<Job, JobSchedulerError> {
    let (worker, tasks) = (Arc::clone(worker), tasks.clone());
    let running = Arc::new(tokio::sync::Mutex::new(()));
    Job::new_async(schedule, move |_, _| {
        let (worker, tasks, running) = (Arc::clone(&worker), tasks.clone(), Arc::clone(&running));
        Box::pin(async move {
            let Ok(guard) = running.try_lock_owned() else {
                return;
            };
            tasks.spawn_blocking(move || {
                work(&worker);
                drop(guard);
            });
        })
    })
}

fn learn_activations(engine: &Engine) {
    if let Err(error) = engine.learn_activations() {
        tracing::warn!(%error, "whether a policy was activated is not known; the next look tells");
    }
}
