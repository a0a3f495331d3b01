//! Moves the open complaints of a policy to the version in force now: in the background, through the one write path, a bounded
//! number of complaints per transaction with a pause after each, so that filings are not slowed down.
//!
//! The target is stored as a row, so an interruption loses nothing: a restarted migration skips what has been moved. Only one
//! process migrates a policy at a time, and each process migrates one policy at a time, because a migration needs a connection of
//! its own throughout.
//!
//! The version in force is checked with each page. If it changes, all complaints are moved to the new one.

mod batch;
mod error;
mod policy_lock;
mod task;

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

pub use self::error::MigrationError;
use self::{
    batch::{BatchOutcome, Target},
    policy_lock::Hold,
    task::Task,
};
use super::{Engine, activation, ids::time_ordered_id, running_migration::Running, shared::Shared};
use crate::{
    policy::Policy,
    store::{Held, Migration, MigrationState, StoreError},
};

/// How many failed complaints are reported with reasons; all are logged.
const TOLD: usize = 20;

impl Migration {
    /// A migration that starts now.
    fn begin(actor: &str, now: Timestamp, policy: &Policy, total: i64) -> Self {
        Migration {
            id: time_ordered_id(now),
            policy: policy.reference(),
            additional_policies: policy.bound_additional.clone(),
            actor: actor.to_owned(),
            started_at: now,
            updated_at: now,
            ended_at: None,
            total: u64::try_from(total).unwrap_or(0),
            seen: 0,
            moved: 0,
            unchanged: 0,
            failed: 0,
            failures: Vec::new(),
            state: MigrationState::Running,
        }
    }

    /// The same migration from its start, with another target.
    fn retarget(&mut self, policy: &Policy, total: i64) {
        *self = Migration {
            id: self.id,
            started_at: self.started_at,
            ..Migration::begin(&self.actor, self.updated_at, policy, total)
        };
    }

    fn count(&mut self, moved: BatchOutcome) {
        let failed = u64::try_from(moved.failed.len()).unwrap_or(0);
        self.seen += moved.moved + moved.unchanged + failed;
        self.moved += moved.moved;
        self.unchanged += moved.unchanged;
        self.failed += failed;
        // Complaints filed between the count and the second walk are seen as well.
        self.total = self.total.max(self.seen);
        let room = TOLD.saturating_sub(self.failures.len());
        self.failures.extend(moved.failed.into_iter().take(room));
    }
}

impl Engine {
    /// Moves the open complaints of a policy to the version in force now, in the background. If this process is doing so already,
    /// follows that migration. The work continues whether or not anybody follows it. Blocks until it has started.
    ///
    /// # Errors
    /// Why it did not start.
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
        let (policy, mut held) = begin(&self.shared, name)?;
        let total = self.shared.store.count_open_under(name)?;
        let migration = Migration::begin(actor, self.shared.time.now(), &policy, total);
        held.transaction(|transaction| transaction.record_migration(&migration))?;
        let (told, progress) = watch::channel(migration);
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

/// The version in force now, and the exclusive hold on the policy.
fn begin(shared: &Shared, name: &str) -> Result<(Arc<Policy>, Held), MigrationError> {
    shared.time.check()?;
    // Includes what other replicas have activated.
    activation::learn(shared)?;
    let book = shared.rules.policies();
    if !book.knows(name) || !book.names().contains(name) {
        return Err(MigrationError::UnknownPolicy(book.unknown(name)));
    }
    let policy = book.binding(name, shared.time.now());
    let policy = policy.ok_or_else(|| MigrationError::NoneInForce(name.to_owned()))?;
    let held = shared.store.hold_policy(name)?;
    let held = held.ok_or_else(|| MigrationError::Elsewhere(name.to_owned()))?;
    Ok((policy, held))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::Arc;

    use super::*;
    use crate::{calendar::CalendarBook, policy::PolicyBook, store::MigrationFailure};

    fn policy(name: &str, now: Timestamp) -> Arc<Policy> {
        let book = PolicyBook::builtin(&CalendarBook::builtin().unwrap()).unwrap();
        book.binding(name, now).unwrap()
    }

    fn failed(count: usize) -> Vec<MigrationFailure> {
        let failure = |number| MigrationFailure {
            tracking_number: format!("RD-{number}"),
            reason: "damaged".to_owned(),
        };
        (0..count).map(failure).collect()
    }

    #[test]
    fn what_was_looked_at_adds_up_and_is_never_more_than_there_are() {
        let now: Timestamp = "2026-06-02T14:00:00Z".parse().unwrap();
        let jive = policy("ca-jive", now);
        let mut migration = Migration::begin("ada", now, &jive, 30);
        for count in [TOLD - 1, 2] {
            migration.count(BatchOutcome {
                moved: 3,
                unchanged: 2,
                failed: failed(count),
            });
        }
        assert_eq!(
            (migration.moved, migration.unchanged, migration.failed),
            (6, 4, 21)
        );
        assert_eq!((migration.seen, migration.total), (31, 31));
        assert_eq!(migration.failures.len(), TOLD);
        let mut few = Migration::begin("ada", now, &jive, 30);
        few.count(BatchOutcome::default());
        assert_eq!((few.seen, few.total), (0, 30));
    }

    #[test]
    fn another_target_begins_the_same_migration_anew() {
        let began: Timestamp = "2026-06-02T14:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-06-02T14:05:00Z".parse().unwrap();
        let mut migration = Migration::begin("ada", began, &policy("ca-jive", began), 30);
        migration.count(BatchOutcome {
            moved: 3,
            unchanged: 2,
            failed: failed(1),
        });
        migration.updated_at = later;
        let (id, target) = (migration.id, policy("uk-fca", began));
        migration.retarget(&target, 7);
        let expected = Migration {
            id,
            started_at: began,
            ..Migration::begin("ada", later, &target, 7)
        };
        assert_eq!(migration, expected);
        assert_eq!((migration.policy, migration.total), (target.reference(), 7));
    }
}
