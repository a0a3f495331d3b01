//! What would become of an open complaint: exactly what moving it now would do, and nothing of it is written.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    plan::Plan,
    report::{Detail, Report},
};
use crate::{
    domain::{Case, Clock, Command, Context, Fact, Moved, SYSTEM_ACTOR, decide},
    policy::Policy,
    store::{History, ListedHistory},
};

pub(super) fn look_at(plan: &Plan, bound: &Arc<Policy>, found: ListedHistory, report: &mut Report) {
    report.open += 1;
    let Some((before, after, moved)) = found
        .history
        .ok()
        .and_then(|history| moved(plan, bound, history))
    else {
        report.unreadable += 1;
        return;
    };
    let limits = (plan.now, plan.details);
    note(
        &found.tracking_number,
        (&before, &after),
        moved,
        limits,
        report,
    );
}

/// Adds what moves for one complaint, of which so many are told of one by one.
pub(super) fn note(
    tracking_number: &str,
    (before, after): (&Case, &Case),
    moved: Vec<Moved>,
    (now, details): (Timestamp, usize),
    report: &mut Report,
) {
    if !moved.is_empty() {
        report.touched += 1;
    }
    for moved in moved {
        let was_late = is_late(before.live_clock(&moved.clock), now);
        let is_late = is_late(after.live_clock(&moved.clock), now);
        let detail = Detail {
            tracking_number: tracking_number.to_owned(),
            becomes_late: is_late && !was_late,
            no_longer_late: was_late && !is_late,
            from: moved.from,
            to: moved.to,
            clock: moved.clock,
        };
        count(before, after, &detail, report);
        if report.details.len() < details {
            report.details.push(detail);
        }
    }
}

/// As it stands, as it would stand, and what moves; `None`: it cannot be moved.
fn moved(plan: &Plan, bound: &Arc<Policy>, history: History) -> Option<(Case, Case, Vec<Moved>)> {
    let History { mut case, log, .. } = history;
    // Cycles that have ended are never looked at again.
    case.clocks.retain(|clock| clock.state.is_live());
    let kept = plan
        .book
        .bound(&case.complaint.policy, &case.complaint.additional_policies)?;
    let brand = plan.brands.get(&case.complaint.brand)?;
    let context = Context::new(plan.now, &kept, &brand.texts);
    let command = Command::Migrate {
        policy: Arc::clone(bound),
        log,
    };
    let decision = decide(case.clone(), &command, SYSTEM_ACTOR, &context).ok()?;
    let Some(decision) = decision else {
        return Some((case.clone(), case, Vec::new()));
    };
    let migrated = decision
        .events
        .into_iter()
        .find_map(|event| match event.fact {
            Fact::Migrated(migrated) => Some(migrated.moved),
            _ => None,
        });
    Some((case, decision.case, migrated.unwrap_or_default()))
}

fn is_late(clock: Option<&Clock>, now: Timestamp) -> bool {
    clock.is_some_and(|clock| clock.is_late(now))
}

fn count(before: &Case, after: &Case, detail: &Detail, report: &mut Report) {
    let change = report.clocks.entry(detail.clock.clone()).or_default();
    match (detail.from, detail.to) {
        (Some(from), Some(to)) if to < from => {
            change.earlier += 1;
            change.most_earlier = change.most_earlier.max(from.duration_since(to));
        }
        (Some(from), Some(to)) => {
            change.later += 1;
            change.most_later = change.most_later.max(to.duration_since(from));
        }
        (None, _) if before.live_clock(&detail.clock).is_none() => change.added += 1,
        (_, None) if after.live_clock(&detail.clock).is_none() => change.removed += 1,
        _ => change.paused_otherwise += 1,
    }
    change.become_late += u64::from(detail.becomes_late);
    change.no_longer_late += u64::from(detail.no_longer_late);
}
