//! How a complaint ends, and how it is taken up again.

use super::{
    command::CommandKind,
    complaint::{ClosureReason, Grievance, Personal, State},
    decision::Refusal,
    draft::Draft,
    event::Fact,
    notice::{Facts, NoticeKind},
    pausing,
};
use crate::policy::{EscalationReason, Trigger};

pub(super) fn withdraw(draft: &mut Draft<'_>, statement: Option<&str>) -> Result<(), Refusal> {
    let now = draft.now();
    pausing::resume_to_end(draft, now)?;
    draft.record_with(
        Fact::Withdrawn,
        statement.map(Personal::text).unwrap_or_default(),
    );
    let was_complaint = draft.complaint.state != State::Enquiry;
    draft.trigger(Trigger::Withdrawn, now)?;
    finish(draft, State::Withdrawn, ClosureReason::Withdrawn);
    if was_complaint {
        let facts = draft.facts_with_recourse();
        draft.tell(NoticeKind::Withdrawn, &facts)?;
    }
    Ok(())
}

pub(super) fn close(draft: &mut Draft<'_>, reason: ClosureReason) -> Result<(), Refusal> {
    let now = draft.now();
    let fits = match reason {
        ClosureReason::Accepted => draft.complaint.state == State::Implemented,
        ClosureReason::NoAnswer => draft.complaint.state == State::Proposed,
        ClosureReason::ProviderDecision => {
            draft.complaint.state == State::InReview && draft.complaint.refused_at_this_level()
        }
        ClosureReason::EnquiryAnswered => draft.complaint.state == State::Enquiry,
        ClosureReason::FirstContact | ClosureReason::Withdrawn => false,
    };
    if !fits {
        let why = "it cannot be closed for this reason: ACCEPTED follows the remedy, NO_ANSWER the customer's silence, \
                   PROVIDER_DECISION an outcome that was proposed at this level and refused, ENQUIRY_ANSWERED an enquiry";
        return Err(draft.not_possible(CommandKind::Close, Some(why)));
    }
    if reason == ClosureReason::NoAnswer {
        let (policy, told_at) = (
            draft.context.policy,
            draft.complaint.outcome.as_ref().map(|o| o.told_at),
        );
        let until = policy
            .calendar()
            .due_after(told_at.unwrap_or(now), &policy.silence)?;
        if now <= until {
            return Err(Refusal::StillWaitingForAnswer { until });
        }
    }
    pausing::resume_to_end(draft, now)?;
    draft.trigger(Trigger::Closed, now)?;
    match reason {
        ClosureReason::NoAnswer | ClosureReason::ProviderDecision => {
            let facts = Facts {
                reason: draft.in_words(reason.as_str())?,
                ..draft.facts_with_recourse()
            };
            draft.tell(NoticeKind::ClosedWithRecourse, &facts)?;
        }
        ClosureReason::Accepted => {
            let facts = draft.facts();
            draft.tell(NoticeKind::ClosedAccepted, &facts)?;
        }
        _ => {}
    }
    end(draft, reason);
    Ok(())
}

/// Closes it.
pub(super) fn end(draft: &mut Draft<'_>, reason: ClosureReason) {
    draft.record(Fact::Closed { reason });
    finish(draft, State::Closed, reason);
}

/// Ends it, with every clock that is not owed to somebody else.
fn finish(draft: &mut Draft<'_>, state: State, reason: ClosureReason) {
    let now = draft.now();
    draft.set_state(state);
    let complaint = &mut draft.complaint;
    complaint.closed_at = Some(now);
    complaint.closure_reason = Some(reason);
    complaint.escalation_unacknowledged = false;
    complaint.grievances.clear();
    draft.end_clocks(now);
}

/// Takes it up where it would stand: cycles that have ended stay as they are, new ones begin.
pub(super) fn reopen(draft: &mut Draft<'_>, reason: &str) -> Result<(), Refusal> {
    let now = draft.now();
    let complaint = &mut draft.complaint;
    let was_enquiry = complaint.closure_reason == Some(ClosureReason::EnquiryAnswered)
        || complaint.cycles.is_empty();
    let state = match (was_enquiry, complaint.acknowledged_at) {
        (true, _) => State::Enquiry,
        (false, None) => State::Received,
        (false, Some(_)) => State::InReview,
    };
    complaint.state = state;
    complaint.closed_at = None;
    complaint.closure_reason = None;
    complaint.reopen_count += 1;
    complaint.outcome = None;
    // The date of the earlier round is history; the first promise stays on record.
    let earlier = complaint.promised_at.take();
    if state != State::Enquiry {
        let reopened = Grievance::Stated(EscalationReason::Reopened);
        complaint.grievances.insert(reopened);
    }
    draft.record_with(Fact::Reopened { state }, Personal::text(reason));
    match state {
        State::Enquiry => return Ok(()),
        // Never acknowledged: the promises of a new complaint hold.
        State::Received => draft.trigger(Trigger::Filed, now)?,
        _ => draft.trigger(Trigger::Reopened, now)?,
    }
    let expected_by = draft.promise_clock().and_then(|(clock, _)| clock.due);
    if state == State::InReview {
        draft.complaint.promised_at = expected_by;
        if let (Some(from), Some(to)) = (earlier, expected_by) {
            let first_promised_at = draft.complaint.first_promised_at.unwrap_or(from);
            draft.record(Fact::PromiseChanged {
                first_promised_at,
                from,
                to,
            });
        }
    }
    let facts = Facts {
        expected_by,
        ..draft.facts()
    };
    draft.tell(NoticeKind::Reopened, &facts)
}
