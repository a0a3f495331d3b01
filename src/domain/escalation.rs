//! Escalation: on the customer's word, to somebody else at a higher level. And the flag that says where it is ripe.

use std::collections::BTreeSet;

use super::{
    complaint::{Personal, State},
    decision::Refusal,
    draft::Draft,
    event::Fact,
    firing, handling,
    notice::{Facts, NoticeKind},
    outcome, pausing,
};
use crate::policy::{Channel, EscalationReason, Trigger};

pub(super) fn escalate(
    draft: &mut Draft<'_>,
    channel: Channel,
    statement: Option<&str>,
    assignee: Option<&str>,
) -> Result<(), Refusal> {
    let (now, policy) = (draft.now(), draft.context.policy);
    pausing::resume(draft, now)?;
    // Who escalates while an outcome lies on the table does not accept it.
    if draft.complaint.state == State::Proposed {
        outcome::refuse(draft, now)?;
    }
    let complaint = &mut draft.complaint;
    complaint.level += 1;
    complaint.assignee = None;
    complaint.escalated_at = Some(now);
    complaint.escalation_unacknowledged = true;
    complaint.grievances.clear();
    let (level, language) = (complaint.level, complaint.language);
    let personal = statement.map(Personal::text).unwrap_or_default();
    draft.record_with(Fact::Escalated { level, channel }, personal);
    // Each level is a promise of its own: what the level below left unanswered ends here, as late as it is.
    for rule in policy
        .clocks
        .iter()
        .filter(|rule| rule.starts_on.contains(&Trigger::Escalated))
    {
        if let Some(clock) = draft.live_clock(&rule.name) {
            clock.abandon(now);
        }
    }
    draft.trigger(Trigger::Escalated, now)?;
    if level >= policy.recourse.from_level {
        firing::tell_pending_recourse(draft)?;
        draft.trigger(Trigger::RecourseLevelReached, now)?;
    }
    if let Some(assignee) = assignee {
        handling::assign(draft, assignee)?;
    }
    let title = policy.level_title(level, language.code()).to_owned();
    let facts = Facts {
        level_title: Some(title),
        ..draft.facts()
    };
    draft.tell(NoticeKind::EscalationReceived, &facts)
}

/// Flags the complaint with every reason that holds, and records each new one. Runs at the end of every decision, so
/// the flag never lags behind what it rests on.
pub(super) fn flag(draft: &mut Draft<'_>) {
    let holding = reasons(draft);
    let news = holding
        .iter()
        .any(|reason| !draft.complaint.escalation_reasons.contains(reason));
    let complaint = &mut draft.complaint;
    if holding.is_empty() {
        complaint.escalation_eligible_at = None;
    } else if complaint.escalation_eligible_at.is_none() {
        complaint.escalation_eligible_at = Some(draft.context.now);
    }
    complaint.escalation_reasons.clone_from(&holding);
    if news {
        draft.record_by_system(Fact::EscalationEligible { reasons: holding }, None);
    }
}

fn reasons(draft: &Draft<'_>) -> BTreeSet<EscalationReason> {
    let (complaint, policy) = (&draft.complaint, draft.context.policy);
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
