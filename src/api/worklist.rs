//! What has to be known of a complaint in a list in order to decide what to do next.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::convert::{name_of, time};
use crate::{
    domain::{Case, Clock, Flag},
    intake::Choice as _,
    policy::{Policy, PolicyBook, Role},
    proto::v1,
};

/// What is to be done about a complaint, as of `now`.
pub(super) fn entry(
    id: Uuid,
    case: &Case,
    policies: &PolicyBook,
    now: Timestamp,
) -> v1::WorklistEntry {
    let complaint = &case.complaint;
    let policy = policies.bound(&complaint.policy, &complaint.additional_policies);
    let policy = policy.as_deref();
    let possible = policy.map(|policy| case.possible(policy));
    let possible = possible.into_iter().flatten();
    v1::WorklistEntry {
        complaint: name_of(id),
        next_promise: case
            .next_promise()
            .map(|clock| next_promise(case, clock, policy, now)),
        possible_methods: possible.map(|it| it.as_str().to_owned()).collect(),
        flags: case.flags().into_iter().map(flag).collect(),
    }
}

fn next_promise(
    case: &Case,
    clock: &Clock,
    policy: Option<&Policy>,
    now: Timestamp,
) -> v1::NextPromise {
    let owner = policy.and_then(|policy| policy.clock(&clock.name));
    let owner = owner.map(|rule| rule.owner);
    let assignee = case.complaint.assignee.as_ref();
    let assignee = assignee.filter(|_| owner == Some(Role::Handler));
    let late = clock.due.map(|due| now.duration_since(due));
    v1::NextPromise {
        clock: clock.name.clone(),
        cycle: clock.cycle,
        due_time: clock.due.and_then(time),
        owner: owner.map_or(0, |owner| owner.number()),
        assignee: assignee.cloned().unwrap_or_default(),
        overdue_by: late.filter(SignedDuration::is_positive).map(duration),
    }
}

fn duration(length: SignedDuration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: length.as_secs(),
        nanos: length.subsec_nanos(),
    }
}

fn flag(flag: Flag) -> v1::WorklistFlag {
    use v1::WorklistFlagKind as K;
    let (kind, since, reasons) = match flag {
        Flag::EscalationEligible { since, reasons } => (K::EscalationEligible, since, reasons),
        Flag::Undelivered { since } => (K::Undelivered, since, Default::default()),
        Flag::Referred { since } => (K::Referred, since, Default::default()),
    };
    v1::WorklistFlag {
        kind: kind.into(),
        since_time: since.and_then(time),
        escalation_reasons: reasons.into_iter().map(|reason| reason.number()).collect(),
    }
}
