//! One transaction of a migration: some complaints, locked in the order of their ids, each with its whole log.

use std::{collections::BTreeMap, sync::Arc};

use uuid::Uuid;

use crate::{
    access::Scope,
    domain::{Case, Command, Complaint, ComplaintRef, Event},
    engine::{
        Envelope, Work,
        batch::{Effects, Workspace},
        shared::Shared,
    },
    policy::Policy,
    store::{Held, Locked, MigrationFailure, OpenComplaint, StoreError, Transaction},
};

/// The most complaints moved in one transaction: their locks are held throughout.
pub(super) const BATCH: usize = 50;

/// The target of a migration, and who ordered it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) policy: Arc<Policy>,
    pub(super) actor: String,
}

/// The connection and the target of a migration.
pub(super) struct Means<'a> {
    pub(super) shared: &'a Shared,
    pub(super) target: &'a Target,
    pub(super) held: &'a mut Held,
}

/// The outcome for some complaints.
#[derive(Debug, Default)]
pub(super) struct BatchOutcome {
    pub(super) moved: u64,
    pub(super) unchanged: u64,
    pub(super) failed: Vec<MigrationFailure>,
}

impl BatchOutcome {
    pub(super) fn and(mut self, other: BatchOutcome) -> BatchOutcome {
        self.moved += other.moved;
        self.unchanged += other.unchanged;
        self.failed.extend(other.failed);
        self
    }
}

impl Target {
    /// Whether this is the target.
    pub(super) fn is(&self, policy: &Policy) -> bool {
        self.policy.reference() == policy.reference()
            && self.policy.bound_additional == policy.bound_additional
    }

    fn binds(&self, complaint: &Complaint) -> bool {
        complaint.policy == self.policy.code.policy
            && complaint.additional_policies == self.policy.bound_additional
    }

    /// Separates the complaints of a page that must be moved from those that can be settled without a lock.
    pub(super) fn part(&self, page: Vec<OpenComplaint>) -> (Vec<OpenComplaint>, BatchOutcome) {
        let mut others = BatchOutcome::default();
        let mut to_move = Vec::new();
        for open in page {
            match &open.complaint {
                Ok(complaint) if self.binds(complaint) => others.unchanged += 1,
                Ok(_) => to_move.push(open),
                Err(error) => {
                    let failed = failure(open.id, open.tracking_number, error);
                    others.failed.push(failed);
                }
            }
        }
        (to_move, others)
    }

    fn move_locked(
        &self,
        shared: &Shared,
        transaction: &mut Transaction<'_>,
        locked: Vec<Case>,
    ) -> Result<(BatchOutcome, Effects), StoreError> {
        // Between the page and the lock it may have been closed, or moved by somebody else.
        let (cases, others): (Vec<Case>, Vec<Case>) = locked.into_iter().partition(|case| {
            let complaint = &case.complaint;
            !complaint.state.is_terminal() && !self.binds(complaint)
        });
        let mut moved = BatchOutcome {
            unchanged: others.len().try_into().unwrap_or(0),
            ..BatchOutcome::default()
        };
        let names: BTreeMap<Uuid, String> = cases
            .iter()
            .map(|case| {
                let number = case.complaint.tracking_number.to_string();
                (case.complaint.id, number)
            })
            .collect();
        let ids: Vec<Uuid> = names.keys().copied().collect();
        let mut logs = transaction.logs(&ids)?;
        let policies = shared.rules.policies_for(&cases, transaction)?;
        let mut workspace = Workspace::new(&shared.rules, &policies, shared.time.now(), cases);
        for (id, number) in names {
            let log = logs.remove(&id).unwrap_or_else(|| Ok(Vec::new()));
            let done = match log {
                Ok(log) => workspace
                    .carry_out(&self.envelope(id, log))
                    .map(|_| ())
                    .map_err(|error| failure(id, number, &error)),
                Err(error) => Err(failure(id, number, &error)),
            };
            match done {
                Ok(()) => moved.moved += 1,
                Err(failed) => moved.failed.push(failed),
            }
        }
        let (rows, effects) = workspace.into_rows()?;
        transaction.write(&rows)?;
        Ok((moved, effects))
    }

    fn envelope(&self, complaint: Uuid, log: Vec<Event>) -> Envelope {
        let policy = Arc::clone(&self.policy);
        Envelope {
            request: None,
            actor: self.actor.clone().into(),
            scope: Scope::default(),
            work: Work::Change {
                complaint: ComplaintRef::Id(complaint),
                version: None,
                command: Box::new(Command::Migrate { policy, log }),
            },
        }
    }
}

impl Means<'_> {
    /// Moves complaints in one transaction. Also returns those locked by others, which are then waited for one by one, so that
    /// the rest is not held up.
    pub(super) fn move_together(
        &mut self,
        complaints: &[OpenComplaint],
    ) -> Result<(BatchOutcome, Vec<OpenComplaint>), StoreError> {
        if complaints.is_empty() {
            return Ok(Default::default());
        }
        let (shared, target) = (self.shared, self.target);
        let (moved, effects, contended) = self.held.transaction(|transaction| {
            let named = complaints.iter().map(|open| ComplaintRef::Id(open.id));
            let Locked { cases, contended } = transaction.lock(&named.collect())?;
            let (moved, effects) = target.move_locked(shared, transaction, cases)?;
            Ok::<_, StoreError>((moved, effects, contended))
        })?;
        shared.announce(effects);
        let is_contended =
            |open: &&OpenComplaint| contended.contains_key(&ComplaintRef::Id(open.id));
        Ok((
            moved,
            complaints.iter().filter(is_contended).cloned().collect(),
        ))
    }

    /// Moves one complaint, waiting for its lock.
    pub(super) fn move_one(&mut self, open: &OpenComplaint) -> Result<BatchOutcome, StoreError> {
        let (shared, target) = (self.shared, self.target);
        let (moved, effects) = self.held.transaction(|transaction| {
            let case = transaction.lock_patiently(&ComplaintRef::Id(open.id))?;
            target.move_locked(shared, transaction, case.into_iter().collect())
        })?;
        shared.announce(effects);
        Ok(moved)
    }
}

pub(super) fn failure(
    complaint: Uuid,
    tracking_number: String,
    reason: &dyn std::fmt::Display,
) -> MigrationFailure {
    tracing::error!(%complaint, %reason, "failed to move a complaint to another version of its policy; it keeps its version");
    MigrationFailure {
        tracking_number,
        reason: reason.to_string(),
    }
}
