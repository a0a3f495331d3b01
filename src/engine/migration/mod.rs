//! Moving the open complaints of a policy to what is in force now: in the background, through the one write path, a bounded
//! number of complaints in each transaction and a rest after each, so that filings keep their pace.
//!
//! What is moved is a row, so nothing is lost when it is interrupted: when it is started again, it skips what has been
//! moved. Only one process moves the complaints of a policy at a time, and a process moves those of one policy at a time:
//! it needs one connection for as long as it takes.
//!
//! What is in force is looked at with each page. Where it changes meanwhile, all are moved to that.

mod batch;
mod policy_lock;
mod task;

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::watch;

use self::{
    batch::{Moved, Target},
    policy_lock::Hold,
    task::Task,
};
use super::{Engine, Shared, activation};
use crate::{
    policy::{Policy, PolicyRef, UnknownPolicy},
    store::{Held, StoreError},
    time_source::WrongTime,
};

/// How many of those that could not be moved are told of with their reasons; all are in the log.
const TOLD: usize = 20;

/// How far a migration has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// To which version the complaints are moved. Another one as soon as that is in force; then the counts start over.
    pub policy: PolicyRef,
    /// To which versions of the codes beside it.
    pub additional_policies: Vec<PolicyRef>,
    /// How many were open when it began, and those filed since that were looked at as well: never fewer than `seen`.
    pub total: u64,
    /// How many were looked at.
    pub seen: u64,
    /// How many of them were moved.
    pub moved: u64,
    /// How many were there already, or were closed meanwhile.
    pub unchanged: u64,
    /// How many could not be moved. They keep their version.
    pub failed: u64,
    /// The first of those.
    pub failures: Vec<MigrationFailure>,
    /// Whether it goes on.
    pub state: MigrationState,
}

/// Whether a migration goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationState {
    /// It does.
    Running,
    /// Every complaint was looked at.
    Done,
    /// It was broken off; started again, it continues where it stopped.
    Interrupted(String),
}

/// A complaint that could not be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFailure {
    /// What the customer quotes.
    pub tracking_number: String,
    /// Why not.
    pub reason: String,
}

impl Migration {
    fn to(policy: &Policy, total: i64) -> Self {
        Migration {
            policy: policy.reference(),
            additional_policies: policy.bound_additional.clone(),
            total: u64::try_from(total).unwrap_or(0),
            seen: 0,
            moved: 0,
            unchanged: 0,
            failed: 0,
            failures: Vec::new(),
            state: MigrationState::Running,
        }
    }

    fn count(&mut self, moved: Moved) {
        let failed = u64::try_from(moved.failed.len()).unwrap_or(0);
        self.seen += moved.moved + moved.unchanged + failed;
        self.moved += moved.moved;
        self.unchanged += moved.unchanged;
        self.failed += failed;
        // What was filed between the count and the walk over the newest is seen as well.
        self.total = self.total.max(self.seen);
        let room = TOLD.saturating_sub(self.failures.len());
        self.failures.extend(moved.failed.into_iter().take(room));
    }
}

/// Why a migration that runs is broken off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// No policy of its name rules any more.
    #[error("no version of the policy is in force any more")]
    NoneInForce,
    /// What is in force does not stay.
    #[error("the version in force kept changing; start the migration again when that has settled")]
    Restless,
    /// Its connection broke, and another replica was faster.
    #[error("the connection broke, and another replica is moving these complaints now")]
    Elsewhere,
    #[error("the service shut down")]
    ShutDown,
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a migration was not begun.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No policy in use has this name.
    #[error(transparent)]
    UnknownPolicy(UnknownPolicy),
    /// No version of it is in force now.
    #[error("policy {0:?} has no version in force now")]
    NoneInForce(String),
    /// Another replica is moving them.
    #[error("another replica is moving the complaints of {0:?}")]
    Elsewhere(String),
    /// This process moves the complaints of another policy.
    #[error(
        "this replica is moving the complaints of {0:?}, and moves those of one policy at a time; wait until it is done"
    )]
    Busy(String),
    /// The service is going down.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// This machine's time is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database is away, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The migration of this process: at most one, so that of the pool's connections one is its own and no more.
#[derive(Debug, Default)]
pub(super) struct Migrations {
    /// The last one, which may have ended.
    last: Mutex<Option<Running>>,
    closing: Closing,
}

/// Whether the engine is closing; also wakes a migration while it rests.
#[derive(Debug, Default)]
struct Closing {
    closed: Mutex<bool>,
    told: Condvar,
}

impl Closing {
    fn close(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits for this long, or until it closes. Returns whether it has closed.
    fn within(&self, how_long: Duration) -> bool {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .told
            .wait_timeout_while(closed, how_long, |closed| !*closed);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[derive(Debug)]
struct Running {
    policy: String,
    progress: watch::Receiver<Migration>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Whoever heard that it has ended can begin another, even if the thread has a word left to say.
    fn has_ended(&self) -> bool {
        self.thread.is_finished() || self.progress.borrow().state != MigrationState::Running
    }
}

impl Migrations {
    /// Begins no more, and lets none begin another transaction.
    pub(super) fn close(&self) {
        self.closing.close();
    }

    fn is_closed(&self) -> bool {
        self.closing.within(Duration::ZERO)
    }

    /// Waits until the one that runs has ended. Blocks.
    pub(super) fn join(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { policy, thread, .. }) = last.take()
            && thread.join().is_err()
        {
            tracing::error!(policy, "a migration ended by a panic");
        }
    }
}

impl Engine {
    /// Moves the open complaints of a policy to what is in force now, in the background; where this process is at it
    /// already, that is what is followed. The work goes on whether or not anybody follows it. Blocks until it has begun.
    ///
    /// # Errors
    /// Why it was not begun.
    pub fn migrate(
        &self,
        name: &str,
        actor: &str,
    ) -> Result<watch::Receiver<Migration>, MigrationError> {
        let migrations = &self.shared.migrations;
        let mut last = migrations
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if migrations.is_closed() {
            return Err(MigrationError::ShuttingDown);
        }
        match last.as_ref().filter(|last| !last.has_ended()) {
            Some(running) if running.policy == name => return Ok(running.progress.clone()),
            Some(running) => return Err(MigrationError::Busy(running.policy.clone())),
            None => {}
        }
        let (policy, held) = begin(&self.shared, name)?;
        let total = self.shared.store.count_open_under(name)?;
        let (told, progress) = watch::channel(Migration::to(&policy, total));
        let target = Target {
            policy,
            actor: actor.to_owned(),
        };
        let hold = Hold::new(self.shared.store.clone(), name.to_owned(), held);
        let task = Task::new(Arc::clone(&self.shared), target, hold, told);
        let thread = std::thread::Builder::new()
            .name(format!("migration-{name}"))
            .spawn(move || task.run())
            .map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
        *last = Some(Running {
            policy: name.to_owned(),
            progress: progress.clone(),
            thread,
        });
        Ok(progress)
    }
}

/// What is in force now, and that nobody else is at it.
fn begin(shared: &Shared, name: &str) -> Result<(Arc<Policy>, Held), MigrationError> {
    shared.time.check()?;
    // What another replica has put into use counts.
    activation::learn(shared)?;
    let book = shared.rules.policies();
    if !book.knows(name) {
        return Err(MigrationError::UnknownPolicy(book.unknown(name)));
    }
    let policy = book.binding(name, shared.time.now());
    let policy = policy.ok_or_else(|| MigrationError::NoneInForce(name.to_owned()))?;
    let held = shared.store.hold_policy(name)?;
    let held = held.ok_or_else(|| MigrationError::Elsewhere(name.to_owned()))?;
    Ok((policy, held))
}
