//! The thread that works off one migration.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Migration, MigrationState,
    batch::{BATCH, Moved, Target},
};
use crate::{
    engine::Shared,
    policy::Policy,
    store::{Held, OpenComplaint, StoreError},
    time_source::Stopwatch,
};

/// How often a transaction is tried again that met something that passes.
const RETRIES: u32 = 5;
/// The rest before the first of these tries; before each later one it is as much longer.
const REST_BEFORE_RETRY: Duration = Duration::from_millis(200);
/// The longest rest after a transaction.
const LONGEST_REST: Duration = Duration::from_millis(250);

pub(super) struct Task {
    shared: Arc<Shared>,
    target: Target,
    held: Held,
    progress: watch::Sender<Migration>,
}

impl Task {
    pub(super) fn new(
        shared: Arc<Shared>,
        policy: Arc<Policy>,
        actor: String,
        held: Held,
        progress: watch::Sender<Migration>,
    ) -> Self {
        Task {
            shared,
            target: Target { policy, actor },
            held,
            progress,
        }
    }

    /// Works until every complaint was looked at, the service goes down, or the database is away for too long.
    pub(super) fn run(mut self) {
        let policy = self.target.policy.reference();
        tracing::info!(%policy, "open complaints are moved");
        let state = match self.work() {
            Ok(state) => state,
            Err(error) => MigrationState::BrokenOff(error.to_string()),
        };
        // Free for whoever hears that it has ended.
        drop(self.held);
        self.progress
            .send_modify(|migration| migration.state = state);
        let Migration {
            moved,
            unchanged,
            failed,
            state,
            ..
        } = &*self.progress.borrow();
        tracing::info!(%policy, moved, unchanged, failed, ?state, "the moving of open complaints has ended");
    }

    fn work(&mut self) -> Result<MigrationState, StoreError> {
        let mut after = None;
        loop {
            if self.shared.migrations.is_closed() {
                return Ok(MigrationState::BrokenOff(
                    "the service shut down".to_owned(),
                ));
            }
            let stopwatch = Stopwatch::start();
            let span = tracing::info_span!("engine.migration", seen = tracing::field::Empty);
            let entered = span.enter();
            self.held.go_on()?;
            let page = self.patiently(|task| task.page(after))?;
            after = page.last().map(|open| open.id);
            let seen = page.len();
            span.record("seen", seen);
            let moved = self.turn(page)?;
            self.tell(seen, moved);
            // What is filed from here on comes under what is in force: to wait for a page without any could take for ever.
            if seen < BATCH {
                return Ok(MigrationState::Done);
            }
            drop(entered);
            // About half of the time: the rest is for those who file.
            std::thread::sleep(stopwatch.elapsed().min(LONGEST_REST));
        }
    }

    fn page(&self, after: Option<Uuid>) -> Result<Vec<OpenComplaint>, StoreError> {
        let name = self.target.policy.name();
        let store = &self.shared.store;
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        store.transaction(|transaction| transaction.open_under(name, after, limit))
    }

    fn turn(&self, page: Vec<OpenComplaint>) -> Result<Moved, StoreError> {
        let (to_move, others) = self.target.part(page);
        let together = self.patiently(|task| task.target.move_together(&task.shared, &to_move));
        let moved = match together {
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "complaints cannot be moved together; they are moved one by one");
                self.target.move_each(&self.shared, to_move)?
            }
            Ok(moved) => moved,
        };
        Ok(moved.and(others))
    }

    /// Tries again what passes by itself.
    fn patiently<T>(&self, work: impl Fn(&Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut tries = 0;
        loop {
            match work(self) {
                Err(error)
                    if error.passes() && tries < RETRIES && !self.shared.migrations.is_closed() =>
                {
                    tries += 1;
                    tracing::debug!(%error, tries, "a step of a migration is tried again");
                    std::thread::sleep(REST_BEFORE_RETRY * tries);
                }
                other => return other,
            }
        }
    }

    fn tell(&self, seen: usize, moved: Moved) {
        self.progress.send_modify(|migration| {
            migration.seen += u64::try_from(seen).unwrap_or(0);
            migration.moved += moved.moved;
            migration.unchanged += moved.unchanged;
            for complaint in moved.failed {
                migration.fail(complaint);
            }
        });
    }
}
