//! Escalation: on the customer's word, to somebody else at a higher level. And the flag that says where it is ripe.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    case_clocks, casework, closing,
    complaint::{Complaint, Personal, State},
    decision::Refusal,
    decision_builder::Draft,
    due_steps,
    event::Fact,
    notice::{Facts, NoticeKind},
    outcome, pausing,
};
use crate::policy::{Channel, EligibleRule, EscalationReason, Policy};

/// What the customer asks for when escalating.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// The channel by which the customer asks.
    pub(super) channel: Channel,
    /// The customer's words.
    pub(super) statement: Option<&'a str>,
    /// Who handles it at the new level.
    pub(super) assignee: Option<&'a str>,
    /// Which level; `None`: the next one.
    pub(super) level: Option<usize>,
    /// When the customer asked; `None`: now.
    pub(super) requested_at: Option<Timestamp>,
}

/// Moves the complaint to a higher level. This reopens a complaint that is settled or over.
pub(super) fn escalate(draft: &mut Draft<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    let policy = draft.context.policy;
    let complaint = &draft.case.complaint;
    let (state, present, top) = (complaint.state, complaint.level, policy.top_level());
    let level = request.level.unwrap_or(present + 1);
    if level <= present || level > top {
        return Err(Refusal::BadLevel { present, top });
    }
    let taken_up = state == State::Implemented || state.is_terminal();
    let earliest = match taken_up {
        true => complaint.last_step(),
        false => complaint.review_began(),
    };
    let at = draft.took_place("requested_time", request.requested_at, earliest)?;
    let told_at = complaint.outcome.as_ref().map(|outcome| outcome.told_at);
    if taken_up {
        closing::take_up(draft, at, Personal::default())?;
    }
    pausing::resume(draft, at)?;
    // Who escalates while an outcome lies on the table does not accept it.
    if state == State::Proposed {
        outcome::refuse(draft, told_at.map_or(at, |told| told.max(at)))?;
    }
    due_steps::tell_pending_recourse(draft)?;
    let statement = request.statement.map(Personal::text).unwrap_or_default();
    let channel = request.channel;
    let escalated = Fact::Escalated {
        level,
        channel,
        requested_at: draft.unless_now(at),
    };
    draft.record_with(escalated, statement)?;
    if let Some(assignee) = request.assignee {
        casework::assign(draft, assignee)?;
    }
    let language = draft.language().code();
    let title = policy.level_title(level, language).to_owned();
    let facts = Facts {
        level_title: Some(title),
        reopened: taken_up,
        expected_by: match taken_up {
            true => case_clocks::ahead(draft.case.answer_due(policy), draft.now()),
            false => None,
        },
        ..draft.facts()
    };
    draft.tell(NoticeKind::EscalationReceived, &facts)
}

/// Flags the complaint with every reason that holds, and records each new one, and each that is taken back. Runs at the end of
/// every decision, so the flag never lags behind what it rests on.
pub(super) fn flag(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let holding = reasons(&draft.case.complaint, draft.context.policy);
    let complaint = &mut draft.case.complaint;
    let held = &complaint.escalation_reasons;
    let news = !holding.is_subset(held);
    let withdrawn: BTreeSet<EscalationReason> = held.difference(&holding).copied().collect();
    if holding.is_empty() {
        complaint.escalation_eligible_at = None;
    } else if complaint.escalation_eligible_at.is_none() {
        complaint.escalation_eligible_at = Some(draft.context.now);
    }
    complaint.escalation_reasons.clone_from(&holding);
    if news {
        return draft.record_by_system(Fact::EscalationEligible { reasons: holding }, None);
    }
    let answered = draft.events().iter().any(|e| e.fact.answers_reasons());
    if withdrawn.is_empty() || answered {
        return Ok(());
    }
    let fact = Fact::EscalationEligibilityWithdrawn {
        withdrawn,
        remaining: holding,
    };
    draft.record_by_system(fact, None)
}

/// Every reason that holds, in the policy's words.
pub(super) fn reasons(complaint: &Complaint, policy: &Policy) -> BTreeSet<EscalationReason> {
    if complaint.is_enquiry() || complaint.level >= policy.top_level() {
        return BTreeSet::new();
    }
    // Once the matter is settled, promises that were missed on the way are no longer a reason; what the customer says
    // afterwards is.
    let settled = complaint.state == State::Implemented;
    let counts = |rule: &&EligibleRule| !settled || rule.clock.is_none();
    let listed = policy.escalation.eligible.iter().filter(counts);
    listed
        .filter(|rule| complaint.is_aggrieved(rule))
        .map(|rule| rule.reason)
        .collect()
}
