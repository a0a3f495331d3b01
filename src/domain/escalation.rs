//! Escalation: on the customer's word, to somebody else at a higher level. And the flag that says where it is ripe.

use std::collections::BTreeSet;

use super::{
    complaint::{Complaint, Personal, State},
    decision::Refusal,
    draft::Draft,
    event::Fact,
    firing, handling,
    notice::{Facts, NoticeKind},
    outcome, pausing,
};
use crate::policy::{Channel, EscalationReason, Policy};

pub(super) fn escalate(
    draft: &mut Draft<'_>,
    channel: Channel,
    statement: Option<&str>,
    assignee: Option<&str>,
) -> Result<(), Refusal> {
    let (now, policy) = (draft.now(), draft.context.policy);
    pausing::resume(draft, now)?;
    // Who escalates while an outcome lies on the table does not accept it.
    if draft.case.complaint.state == State::Proposed {
        outcome::refuse(draft, now)?;
    }
    let level = draft.case.complaint.level + 1;
    if level >= policy.recourse.from_level {
        firing::tell_pending_recourse(draft)?;
    }
    let statement = statement.map(Personal::text).unwrap_or_default();
    draft.record_with(Fact::Escalated { level, channel }, statement)?;
    if let Some(assignee) = assignee {
        handling::assign(draft, assignee)?;
    }
    let language = draft.case.complaint.language.code();
    let title = policy.level_title(level, language).to_owned();
    let facts = Facts {
        level_title: Some(title),
        ..draft.facts()
    };
    draft.tell(NoticeKind::EscalationReceived, &facts)
}

/// Flags the complaint with every reason that holds, and records each new one. Runs at the end of every decision, so
/// the flag never lags behind what it rests on.
pub(super) fn flag(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let holding = reasons(&draft.case.complaint, draft.context.policy);
    let news = holding
        .iter()
        .any(|reason| !draft.case.complaint.escalation_reasons.contains(reason));
    let complaint = &mut draft.case.complaint;
    if holding.is_empty() {
        complaint.escalation_eligible_at = None;
    } else if complaint.escalation_eligible_at.is_none() {
        complaint.escalation_eligible_at = Some(draft.context.now);
    }
    complaint.escalation_reasons.clone_from(&holding);
    if news {
        draft.record_by_system(Fact::EscalationEligible { reasons: holding }, None)?;
    }
    Ok(())
}

/// Every reason that holds, in the policy's words.
pub(super) fn reasons(complaint: &Complaint, policy: &Policy) -> BTreeSet<EscalationReason> {
    let under_way = matches!(
        complaint.state,
        State::Received | State::InReview | State::Proposed | State::Resolved
    );
    if !under_way || complaint.level >= policy.top_level() {
        return BTreeSet::new();
    }
    let listed = policy.escalation.eligible.iter();
    listed
        .filter(|rule| complaint.is_aggrieved(rule))
        .map(|rule| rule.reason)
        .collect()
}
