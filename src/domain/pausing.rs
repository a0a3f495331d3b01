//! Pauses. They stop what the policy lets stop, have a reason and an end, and are told to the customer.

use jiff::Timestamp;

use super::{
    case_clocks,
    complaint::PauseReason,
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    field::Field,
    notice::{Facts, NoticeKind},
    personal::Personal,
};

pub(super) fn pause(
    draft: &mut Draft<'_>,
    reason: PauseReason,
    until: Option<Timestamp>,
    question: Option<&str>,
) -> Result<(), Refusal> {
    let (now, policy) = (draft.now(), draft.context.policy);
    let longest = policy.calendar().due_after(now, &policy.pause.longest)?;
    let end = match until {
        None => longest,
        Some(until) => draft.lies_ahead(Field::PauseEnd, until, now)?,
    };
    if end > longest {
        let why = format!(
            "a pause lasts at most {}, until {longest}",
            policy.pause.longest
        );
        return Err(Refusal::BadTime {
            field: Field::PauseEnd,
            why,
        });
    }
    let asked = question.map(Personal::text).unwrap_or_default();
    draft.record_with(Fact::Paused { reason, until: end }, asked)?;
    let waits_for_answer = reason == PauseReason::WaitingForCustomer;
    let facts = Facts {
        reason: draft.in_words(reason.as_str())?,
        message: question.map(str::to_owned),
        answer_by: Some(end).filter(|_| waits_for_answer),
        ..draft.facts()
    };
    draft.tell(NoticeKind::Paused, &facts)
}

/// What ended a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// Its own end.
    Itself,
    /// Whoever acts, or the customer whose answer is recorded.
    Actor,
}

/// Ends the pause in force as somebody asks for it.
pub(super) fn resume_on_demand(
    draft: &mut Draft<'_>,
    resumed_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let pause = draft.case.complaint.pause.as_ref();
    let began = pause.map_or(draft.now(), |pause| pause.start);
    let at = draft.took_place(Field::ResumedAt, resumed_at, (began, "the pause began"))?;
    resume(draft, at)
}

/// Ends a pause, if there is one, at `at`: now, or when the customer answered. The customer is told the date that holds
/// now.
pub(super) fn resume(draft: &mut Draft<'_>, at: Timestamp) -> Result<(), Refusal> {
    match ended(draft, at) {
        Some(at) => record_end(draft, at, EndedBy::Actor),
        None => Ok(()),
    }
}

/// Ends a pause, if there is one, together with what it held up: the customer is told of that, and of no further date.
pub(super) fn resume_to_end(draft: &mut Draft<'_>, at: Timestamp) -> Result<(), Refusal> {
    match ended(draft, at) {
        Some(at) => draft.record(Fact::Resumed { at }),
        None => Ok(()),
    }
}

/// When the pause in force ends that something at `at` ends: not before it began, if that is entered late and came before
/// it.
fn ended(draft: &Draft<'_>, at: Timestamp) -> Option<Timestamp> {
    let pause = draft.case.complaint.pause.as_ref()?;
    Some(at.max(pause.start))
}

/// Records that a pause ended at `at`, and tells the customer that work goes on, and which date holds now.
pub(super) fn record_end(draft: &mut Draft<'_>, at: Timestamp, by: EndedBy) -> Result<(), Refusal> {
    let record = |draft: &mut Draft<'_>, fact| match by {
        EndedBy::Itself => draft.record_by_system(fact, None),
        EndedBy::Actor => draft.record(fact),
    };
    record(draft, Fact::Resumed { at })?;
    let promised = draft.case.promise_due(draft.context.policy);
    if let (Some(from), Some(to)) = (draft.case.complaint.promised_at, promised)
        && from != to
    {
        let first_promised_at = draft.case.complaint.first_promised_at.unwrap_or(from);
        let fact = Fact::PromiseChanged {
            first_promised_at,
            from,
            to,
            told_at: None,
        };
        record(draft, fact)?;
    }
    // Where the date has passed meanwhile there is none to tell: its breach is on record, and the handler has to give
    // another one. That work goes on is told all the same: the customer was told so when it was paused.
    let expected_by = promised.or_else(|| draft.remedy_due());
    let facts = Facts {
        expected_by: case_clocks::ahead(expected_by, draft.now()),
        ..draft.facts()
    };
    match by {
        EndedBy::Itself => draft.tell_by_system(NoticeKind::Resumed, &facts, None),
        EndedBy::Actor => draft.tell(NoticeKind::Resumed, &facts),
    }
}
