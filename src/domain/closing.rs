//! How a complaint ends, and how it is taken up again.

use jiff::Timestamp;

use super::{
    case_clocks,
    command::CommandKind,
    complaint::{ClosureReason, State},
    customer::ContactMeans,
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    fate::on_the_line,
    field::Field,
    notice::{Facts, NoticeKind},
    pausing,
    personal::Personal,
};
use crate::policy::Channel;

/// Records that the customer withdraws it, in the customer's words, and by which channel.
pub(super) fn withdraw(
    draft: &mut Draft<'_>,
    channel: Channel,
    statement: &str,
    withdrawn_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let earliest = draft.case.complaint.review_began();
    let at = draft.took_place(Field::WithdrawnAt, withdrawn_at, earliest)?;
    pausing::resume_to_end(draft, at)?;
    let was_complaint = draft.case.complaint.state != State::Enquiry;
    let fact = Fact::Withdrawn {
        channel: Some(channel),
        withdrawn_at: draft.unless_now(at),
    };
    draft.record_with(fact, Personal::text(statement))?;
    if was_complaint {
        let facts = draft.facts();
        let told = on_the_line(channel).map(|means| (means, at));
        draft.tell_in_person(NoticeKind::Withdrawn, &facts, told)?;
    }
    Ok(())
}

/// The answer to an enquiry; no other closure has one.
#[derive(Debug)]
pub(super) struct EnquiryAnswer<'a> {
    pub(super) message: Option<&'a str>,
    /// By which means somebody told it.
    pub(super) told_by: Option<ContactMeans>,
}

pub(super) fn close(
    draft: &mut Draft<'_>,
    reason: ClosureReason,
    answer: &EnquiryAnswer<'_>,
    closed_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let &EnquiryAnswer { message, told_by } = answer;
    let fits = match reason {
        ClosureReason::Accepted => draft.case.complaint.state == State::Implemented,
        ClosureReason::NoAnswer => draft.case.complaint.state == State::Proposed,
        // Closing a complaint that is in review takes an outcome that was refused at this level.
        ClosureReason::ProviderDecision => draft.case.complaint.state == State::InReview,
        ClosureReason::EnquiryAnswered => {
            draft.case.complaint.state == State::Enquiry && message.is_some()
        }
        ClosureReason::FirstContact | ClosureReason::Withdrawn => false,
    };
    if !fits {
        let why = "ACCEPTED is for a remedy that was carried out, NO_ANSWER for an outcome that the customer left unanswered, \
                   PROVIDER_DECISION for one that was told at this level and refused, ENQUIRY_ANSWERED for an enquiry";
        return Err(draft.not_possible(CommandKind::Close, why));
    }
    let earliest = draft.case.complaint.last_step();
    let at = draft.took_place(Field::ClosedAt, closed_at, earliest)?;
    if reason == ClosureReason::NoAnswer {
        if draft.awaits_telling() && draft.case.complaint.awaits_outcome() {
            return Err(Refusal::OutcomeNotTold);
        }
        let until = draft.case.silence_ends(draft.context.policy)?;
        if let Some(until) = until.filter(|until| at <= *until) {
            return Err(Refusal::StillWaitingForAnswer { until });
        }
    }
    pausing::resume_to_end(draft, at)?;
    let answer = message.map(Personal::text).unwrap_or_default();
    let closed_at = draft.unless_now(at);
    let closed = Fact::Closed {
        reason,
        closed_at,
        awaited: reason == ClosureReason::EnquiryAnswered && draft.awaits_telling(),
    };
    draft.record_with(closed, answer)?;
    match reason {
        ClosureReason::NoAnswer | ClosureReason::ProviderDecision => {
            let facts = Facts {
                reason: draft.in_words(reason.as_str())?,
                remedy: draft.remedy(),
                ..draft.facts()
            };
            draft.tell(NoticeKind::ClosedWithRecourse, &facts)?;
        }
        ClosureReason::Accepted => {
            let facts = Facts {
                remedy: draft.remedy(),
                ..draft.facts()
            };
            draft.tell(NoticeKind::ClosedAccepted, &facts)?;
        }
        ClosureReason::EnquiryAnswered => {
            let facts = Facts {
                message: message.map(str::to_owned),
                ..draft.facts()
            };
            let means = told_by.or(draft.on_the_line());
            let told = means.map(|means| (means, at));
            draft.tell_in_person(NoticeKind::EnquiryAnswered, &facts, told)?;
        }
        _ => {}
    }
    Ok(())
}

/// Reopens it in the state in which it would be, and tells the customer.
pub(super) fn reopen(
    draft: &mut Draft<'_>,
    reason: &str,
    reopened_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let earliest = draft.case.complaint.last_step();
    let at = draft.took_place(Field::ReopenedAt, reopened_at, earliest)?;
    take_up(draft, at, Personal::text(reason))?;
    if draft.case.complaint.state == State::Enquiry {
        return Ok(());
    }
    let due = draft.case.answer_due(draft.context.policy);
    let facts = Facts {
        expected_by: case_clocks::ahead(due, draft.now()),
        ..draft.facts()
    };
    draft.tell(NoticeKind::Reopened, &facts)
}

/// Reopens it in the state in which it would be. Telling the customer is up to the caller.
pub(super) fn take_up(draft: &mut Draft<'_>, at: Timestamp, why: Personal) -> Result<(), Refusal> {
    let complaint = &draft.case.complaint;
    let state = match (complaint.is_enquiry(), complaint.acknowledged_at) {
        (true, _) => State::Enquiry,
        (false, None) => State::Received,
        (false, Some(_)) => State::InReview,
    };
    let (earlier, first) = (complaint.promised_at, complaint.first_promised_at);
    let reopened_at = draft.unless_now(at);
    draft.record_with(Fact::Reopened { state, reopened_at }, why)?;
    if let (Some(from), Some(to)) = (earlier, draft.case.complaint.promised_at) {
        draft.record(Fact::PromiseChanged {
            first_promised_at: first.unwrap_or(from),
            from,
            to,
            told_at: None,
        })?;
    }
    Ok(())
}
