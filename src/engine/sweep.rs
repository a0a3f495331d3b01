//! Fires due steps. Any number of processes may sweep at once: row locks on complaints keep them apart, complaints locked by
//! another sweep are skipped, and clocks are read again under the lock. No leader and no lease are needed: the effects are rows.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::SignedDuration;
use uuid::Uuid;

use super::{
    EngineError,
    batch::{Effects, Workspace},
    shared::Shared,
};
use crate::{
    domain::{Case, ComplaintRef},
    store::{StoreError, SweepCursor, Transaction},
    time_source::Stopwatch,
};

/// How long a complaint is put aside if it cannot be fired while others can.
const PUT_ASIDE: SignedDuration = SignedDuration::from_mins(15);

/// The same, if there was no other to fire: the cause may lie elsewhere.
const ON_SUSPICION: SignedDuration = SignedDuration::from_mins(1);

/// The same, if this process lacks the complaint's policy version: another process with a newer program may have it, and will
/// find the complaint again.
const LEFT_TO_OTHERS: SignedDuration = SignedDuration::from_secs(10);

/// The result of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepReport {
    /// How many complaints were claimed.
    pub claimed: usize,
    /// How many steps fired.
    pub fired: usize,
    /// Whether more may be due.
    pub more: bool,
    /// Where the next sweep of this drain continues.
    pub up_to: Option<SweepCursor>,
}

/// The result of one or more transactions.
#[derive(Debug)]
struct Swept {
    claimed: usize,
    more: bool,
    up_to: Option<SweepCursor>,
    effects: Effects,
    /// Whether something fired that was put aside before.
    mended: bool,
}

pub(super) fn sweep(
    shared: &Shared,
    after: Option<SweepCursor>,
) -> Result<SweepReport, EngineError> {
    shared.time.check()?;
    let stopwatch = Stopwatch::start();
    let span = tracing::info_span!(
        "engine.sweep",
        claimed = tracing::field::Empty,
        fired = tracing::field::Empty
    );
    let _entered = span.enter();
    let swept = match shared.store.insist(|| together(shared, after)) {
        Err(error) if !error.passes() => {
            tracing::error!(%error, "failed to fire the due complaints in one transaction; will fire them one by one");
            one_by_one(shared, after)
        }
        other => other,
    };
    let Swept {
        claimed,
        more,
        up_to,
        effects,
        mended,
    } = swept.inspect(|_| shared.pulse.swept()).map_err(|error| {
        if !matches!(error, StoreError::Unavailable(_)) {
            shared.pulse.swept();
        }
        shared.metrics.sweep_failed(stopwatch.elapsed());
        EngineError::Store(Arc::new(error))
    })?;
    let fired = effects.fired();
    span.record("claimed", claimed);
    span.record("fired", fired);
    shared
        .metrics
        .swept(u64::try_from(fired).unwrap_or(0), stopwatch.elapsed());
    // The lateness of the sweep itself. Events of commands recorded late are not included.
    for (_, event) in &effects.events {
        if let Some(firing) = &event.firing {
            let lag = event.at.duration_since(firing.due);
            shared
                .metrics
                .fired(&firing.clock, Duration::try_from(lag).unwrap_or_default());
        }
    }
    shared.announce(effects);
    if mended {
        bring_back(shared);
    }
    Ok(SweepReport {
        claimed,
        fired,
        more,
        up_to,
    })
}

/// The normal path: fires everything claimed in one transaction.
fn together(shared: &Shared, after: Option<SweepCursor>) -> Result<Swept, StoreError> {
    shared.store.transaction(|transaction| {
        let claimed = transaction.claim_due(shared.time.now(), after)?;
        let count = claimed.cases.len();
        let (effects, failed) = fire(shared, transaction, claimed.cases)?;
        Ok(Swept {
            claimed: count,
            more: claimed.full,
            up_to: claimed.up_to,
            effects,
            mended: !claimed.put_aside.is_subset(&failed),
        })
    })
}

/// The fallback when something due cannot even be read or written: one transaction per complaint, so that the culprit is
/// isolated, put aside, and does not block the others.
fn one_by_one(shared: &Shared, after: Option<SweepCursor>) -> Result<Swept, StoreError> {
    let store = &shared.store;
    let due = store.insist(|| store.transaction(|t| t.due(shared.time.now(), after)))?;
    let mut effects = Effects::default();
    let (mut some_fired, mut mended) = (false, false);
    let mut suspects = Vec::new();
    for complaint in &due.complaints {
        let fired = store.retrying(|| {
            store.transaction(|transaction| {
                // Whoever holds its lock fires it.
                let named = BTreeSet::from([ComplaintRef::Id(*complaint)]);
                let cases = transaction.lock(&named)?.cases;
                let there = !cases.is_empty();
                let (effects, failed) = fire(shared, transaction, cases)?;
                Ok((effects, there && failed.is_empty()))
            })
        });
        // This many may take long.
        shared.pulse.swept();
        match fired {
            Ok((more, fired)) => {
                effects = effects.and(more);
                some_fired |= fired;
                mended |= fired && due.put_aside.contains(complaint);
            }
            Err((error, took)) => suspects.push((*complaint, error, took)),
        }
    }
    let aside = if some_fired { PUT_ASIDE } else { ON_SUSPICION };
    // Judged last, so that one probe after all of them is evidence for each.
    for (complaint, error, took) in suspects {
        let error = store.judge(error, took);
        if error.passes() {
            tracing::warn!(%complaint, %error, "failed to fire a due complaint; the next sweep will retry");
        } else {
            store
                .insist(|| store.transaction(|t| put_aside(shared, t, complaint, &error, aside)))?;
        }
    }
    Ok(Swept {
        claimed: due.complaints.len(),
        more: due.full,
        up_to: due.up_to,
        effects,
        mended,
    })
}

/// If the cause is gone for one complaint, it may be for others: the next sweep tries them again.
fn bring_back(shared: &Shared) {
    let store = &shared.store;
    loop {
        let brought_back = store.insist(|| store.transaction(|t| t.bring_back(shared.time.now())));
        match brought_back {
            Ok(0) => return,
            Ok(clocks) => {
                tracing::info!(clocks, "complaints that were put aside will be retried");
            }
            Err(error) => {
                tracing::warn!(%error, "failed to retry the complaints that were put aside; will retry later");
                return;
            }
        }
    }
}

/// Fires these complaints. Those that could not be fired are returned too, to be put aside.
fn fire(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
    cases: Vec<Case>,
) -> Result<(Effects, BTreeSet<Uuid>), StoreError> {
    let policies = shared.rules.policies_for(&cases, transaction)?;
    // Read once the locks are held.
    let mut workspace = Workspace::new(&shared.rules, &policies, shared.time.now(), cases);
    let mut failed = BTreeSet::new();
    for (complaint, error) in workspace.fire_all() {
        let aside = match error {
            EngineError::PolicyNotLoaded { .. } => LEFT_TO_OTHERS,
            _ => PUT_ASIDE,
        };
        put_aside(shared, transaction, complaint, &error, aside)?;
        failed.insert(complaint);
    }
    let (rows, effects) = workspace.into_rows()?;
    transaction.write(&rows)?;
    Ok((effects, failed))
}

fn put_aside(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
    complaint: Uuid,
    error: &dyn std::fmt::Display,
    aside: SignedDuration,
) -> Result<(), StoreError> {
    tracing::error!(%complaint, %error, "failed to fire a due complaint; it is put aside and will be retried later");
    let now = shared.time.now();
    transaction.put_aside(complaint, now, now.saturating_add(aside).unwrap_or(now))
}
