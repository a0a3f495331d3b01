//! Erases personal data past its longest retention, a page of complaints at a time, with the same command as any other erasure.
//! Any number of replicas can run it: complaints locked by another one are skipped, and found again later.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Engine, EngineError, Envelope, Work,
    batch::{Effects, Workspace},
    shared::Shared,
};
use crate::{
    access::Scope,
    domain::{Command, ComplaintRef, ErasureReason, SYSTEM_ACTOR},
    policy::{Policy, PolicyBook},
    store::{RetainedPlace, StoreError, Transaction},
    time_source::Stopwatch,
};

/// The longest pause between transactions, which leaves half of the time for filings.
const LONGEST_REST: Duration = Duration::from_millis(250);

/// The result of a pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionReport {
    /// Complaints whose personal data was erased.
    pub erased: usize,
    /// Complaints that were checked and kept: they are on hold, or not quite past retention.
    pub kept: usize,
    /// Complaints that could not be decided; the reasons are logged.
    pub failed: usize,
}

impl Engine {
    /// Erases everything past its longest retention, until done or interrupted. Blocks.
    ///
    /// # Errors
    /// When the database fails, or this machine's clock is wrong. What was committed before stays.
    pub fn erase_retained(
        &self,
        interrupted: &CancellationToken,
    ) -> Result<RetentionReport, EngineError> {
        let shared = &self.shared;
        shared.time.check()?;
        let policies = shared.rules.policies();
        let names: BTreeSet<String> = policies
            .versions()
            .map(|policy| policy.name().to_owned())
            .collect();
        let mut report = RetentionReport::default();
        for name in names {
            let Some(closed_until) = closed_until(&policies, &name, shared.time.now()) else {
                continue;
            };
            let mut after: Option<RetainedPlace> = None;
            while !interrupted.is_cancelled() {
                let stopwatch = Stopwatch::start();
                let page = shared.store.retained(&name, closed_until, after);
                let page = page.map_err(failed)?;
                let Some(last) = page.last() else {
                    break;
                };
                after = Some(*last);
                let ids: Vec<Uuid> = page.iter().map(|(_, id)| *id).collect();
                let (done, effects) = shared
                    .store
                    .insist(|| shared.store.transaction(|t| erase_page(shared, t, &ids)))
                    .map_err(failed)?;
                shared.announce(effects);
                report.erased += done.erased;
                report.kept += done.kept;
                report.failed += done.failed;
                std::thread::sleep(stopwatch.elapsed().min(LONGEST_REST));
            }
        }
        Ok(report)
    }
}

/// Complaints closed later than this are not past their longest retention. `None`: retention is unlimited.
fn closed_until(policies: &PolicyBook, name: &str, now: Timestamp) -> Option<Timestamp> {
    match policies.binding(name, now) {
        Some(present) => present.closed_before_retention(now),
        // No version is in force any more, so each complaint's own version decides.
        None => {
            let versions = policies.versions().filter(|policy| policy.name() == name);
            versions
                .filter_map(|policy: &Arc<Policy>| policy.closed_before_retention(now))
                .max()
        }
    }
}

fn erase_page(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
    ids: &[Uuid],
) -> Result<(RetentionReport, Effects), StoreError> {
    let named = ids.iter().copied().map(ComplaintRef::Id).collect();
    let cases = transaction.lock(&named)?.cases;
    let ids: Vec<Uuid> = cases.iter().map(|case| case.complaint.id).collect();
    let policies = shared.rules.policies_for(&cases, transaction)?;
    // Read once the locks are held.
    let mut workspace = Workspace::new(&shared.rules, &policies, shared.time.now(), cases);
    let mut report = RetentionReport::default();
    for complaint in ids {
        match workspace.carry_out(&envelope(complaint)) {
            Ok(_) => report.erased += 1,
            Err(EngineError::Refused(_)) => report.kept += 1,
            Err(error) => {
                tracing::error!(%complaint, %error, "failed to erase expired personal data; the next night will retry");
                report.failed += 1;
            }
        }
    }
    let (rows, effects) = workspace.into_rows()?;
    transaction.write(&rows)?;
    Ok((report, effects))
}

fn envelope(complaint: Uuid) -> Envelope {
    Envelope {
        request: None,
        actor: SYSTEM_ACTOR.to_owned().into(),
        scope: Scope::default(),
        work: Work::Change {
            complaint: ComplaintRef::Id(complaint),
            version: None,
            command: Box::new(Command::ErasePerson {
                reason: ErasureReason::RetentionEnded,
            }),
        },
    }
}

fn failed(error: StoreError) -> EngineError {
    EngineError::Store(Arc::new(error))
}
