//! What would have become of the promises of the past, had the proposal bound their complaints from the filing on. What was
//! done, and when, is taken from the log as it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    plan::Plan,
    report::{PromiseCounts, Report},
};
use crate::{
    domain::{Case, ClockState, Identity, suppose},
    policy::Policy,
    store::{ListedHistory, StoreError},
};

pub(super) fn look_at(plan: &Plan, bound: &Arc<Policy>, found: ListedHistory, report: &mut Report) {
    report.past += 1;
    let Ok((was, supposed)) = cases(bound, found) else {
        report.unreadable += 1;
        return;
    };
    let past = &mut report.past_promises;
    for (clock, kept) in kept(&was, plan.now) {
        add(&mut past.entry(clock).or_default().as_it_was, kept);
    }
    for (clock, kept) in kept(&supposed, plan.now) {
        add(&mut past.entry(clock).or_default().as_proposed, kept);
    }
}

fn cases(bound: &Arc<Policy>, found: ListedHistory) -> Result<(Case, Case), StoreError> {
    let history = found.history?;
    let complaint = &history.case.complaint;
    let identity = Identity {
        id: complaint.id,
        tracking_number: complaint.tracking_number.clone(),
    };
    let supposed = suppose(identity, &history.log, Arc::clone(bound));
    let supposed = supposed.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok((history.case, supposed))
}

/// By clock, the promises that did not fall away.
fn kept(case: &Case, now: Timestamp) -> BTreeMap<String, PromiseCounts> {
    let mut kept: BTreeMap<String, PromiseCounts> = BTreeMap::new();
    // A breach that a migration carried over to a new cycle is one breach.
    let mut breaches: BTreeSet<(&str, Timestamp)> = BTreeSet::new();
    for clock in &case.clocks {
        if clock.state == ClockState::Cancelled {
            continue;
        }
        let missed = clock.state == ClockState::Missed || clock.is_late(now);
        let breach = clock.breached_at.filter(|_| missed);
        if breach.is_some_and(|at| !breaches.insert((&clock.name, at))) {
            continue;
        }
        let kept = kept.entry(clock.name.clone()).or_default();
        kept.promised += 1;
        kept.missed += u64::from(missed);
        kept.running += u64::from(clock.state.is_live() && !missed);
    }
    kept
}

fn add(sum: &mut PromiseCounts, more: PromiseCounts) {
    sum.promised += more.promised;
    sum.missed += more.missed;
    sum.running += more.running;
}
