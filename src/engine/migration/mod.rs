//! Moving the open complaints of a policy to what is in force now: in the background, through the one write path, a bounded
//! number of complaints in each transaction and a rest after each, so that filings keep their pace.
//!
//! What is moved is a row, so nothing is lost when it is broken off: who starts it again passes over what has been moved. Of
//! one policy's complaints one process moves at a time.

mod batch;
mod task;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use tokio::sync::watch;

use self::task::Task;
use super::{Engine, Shared, activation};
use crate::{
    policy::{Policy, PolicyRef},
    store::{Held, StoreError},
};

/// How many of those that could not be moved are told of with their reasons; all are in the log.
const TOLD: usize = 20;

/// How far a migration has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// To which version the complaints are moved.
    pub policy: PolicyRef,
    /// To which versions of the codes beside it.
    pub beside: Vec<PolicyRef>,
    /// How many were open when it began.
    pub total: u64,
    /// How many were looked at.
    pub seen: u64,
    /// How many of them were moved.
    pub moved: u64,
    /// How many were there already, or were closed meanwhile.
    pub unchanged: u64,
    /// How many could not be moved. They keep what they have.
    pub failed: u64,
    /// The first of those.
    pub failures: Vec<CannotMove>,
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
    /// It was broken off; started again, it goes on where it was.
    BrokenOff(String),
}

/// A complaint that could not be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotMove {
    /// What the customer quotes.
    pub tracking_number: String,
    /// Why not.
    pub reason: String,
}

impl Migration {
    fn to(policy: &Policy, total: i64) -> Self {
        Migration {
            policy: policy.reference(),
            beside: policy.bound_beside.clone(),
            total: u64::try_from(total).unwrap_or(0),
            seen: 0,
            moved: 0,
            unchanged: 0,
            failed: 0,
            failures: Vec::new(),
            state: MigrationState::Running,
        }
    }

    fn fail(&mut self, complaint: CannotMove) {
        self.failed += 1;
        if self.failures.len() < TOLD {
            self.failures.push(complaint);
        }
    }
}

/// Why a migration was not begun.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No policy has this name.
    #[error("no policy is named {0:?}")]
    UnknownPolicy(String),
    /// No version of it rules now.
    #[error("policy {0:?} has no version in force now")]
    NoneInForce(String),
    /// Another replica is at it.
    #[error("another replica moves the complaints of {0:?} just now")]
    Elsewhere(String),
    /// The service is going down.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// The database is away, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The migrations of this process, by the policy's name.
#[derive(Debug, Default)]
pub(super) struct Migrations {
    running: Mutex<BTreeMap<String, Running>>,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Running {
    progress: watch::Receiver<Migration>,
    thread: JoinHandle<()>,
}

impl Migrations {
    /// Begins no more, and lets none begin another transaction.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Waits until those that run have ended. Blocks.
    pub(super) fn join(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for (policy, Running { thread, .. }) in std::mem::take(&mut *running) {
            if thread.join().is_err() {
                tracing::error!(policy, "a migration ended by a panic");
            }
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
        let mut running = migrations
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if migrations.is_closed() {
            return Err(MigrationError::ShuttingDown);
        }
        if let Some(known) = running
            .get(name)
            .filter(|known| !known.thread.is_finished())
        {
            return Ok(known.progress.clone());
        }
        let (policy, held) = begin(&self.shared, name)?;
        let total = self.shared.store.count_open_under(name)?;
        let (told, progress) = watch::channel(Migration::to(&policy, total));
        let task = Task::new(
            Arc::clone(&self.shared),
            policy,
            actor.to_owned(),
            held,
            told,
        );
        let thread = std::thread::Builder::new()
            .name(format!("migration-{name}"))
            .spawn(move || task.run())
            .map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
        let known = Running {
            progress: progress.clone(),
            thread,
        };
        running.insert(name.to_owned(), known);
        Ok(progress)
    }
}

/// What is in force now, and that nobody else is at it.
fn begin(shared: &Shared, name: &str) -> Result<(Arc<Policy>, Held), MigrationError> {
    // What another replica has taken into use counts.
    activation::learn(shared)?;
    let book = shared.rules.policies();
    if !book.knows(name) {
        return Err(MigrationError::UnknownPolicy(name.to_owned()));
    }
    let policy = book.binding(name, shared.time.now());
    let policy = policy.ok_or_else(|| MigrationError::NoneInForce(name.to_owned()))?;
    let held = shared.store.hold_policy(name)?;
    let held = held.ok_or_else(|| MigrationError::Elsewhere(name.to_owned()))?;
    Ok((policy, held))
}
