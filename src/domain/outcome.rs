//! Outcomes: told, answered, carried out. Resolved is not implemented is not closed.

use jiff::Timestamp;

use super::{
    closing,
    complaint::{Answer, ClosureReason, Grievance, Outcome, Personal, State},
    decision::Refusal,
    draft::Draft,
    event::Fact,
    firing,
    notice::{Facts, NoticeKind},
    pausing,
};
use crate::policy::{EscalationReason, Trigger};

/// An outcome as the customer is told it.
#[derive(Debug)]
pub(super) struct Proposal<'a> {
    pub(super) message: &'a str,
    pub(super) remedy: Option<&'a str>,
    pub(super) root_cause: Option<&'a str>,
}

pub(super) fn propose(
    draft: &mut Draft<'_>,
    proposal: &Proposal<'_>,
    decided_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let now = draft.now();
    let decided_at = draft.took_place(
        "decided_time",
        decided_at,
        (draft.complaint.received_at, "its receipt"),
    )?;
    pausing::resume(draft, now)?;
    let (has_remedy, root_cause) = (
        proposal.remedy.is_some(),
        proposal.root_cause.map(str::to_owned),
    );
    draft.complaint.outcome = Some(Outcome {
        decided_at,
        told_at: now,
        level: draft.complaint.level,
        has_remedy,
        root_cause: root_cause.clone(),
        answer: None,
    });
    draft.complaint.escalation_unacknowledged = false;
    draft.set_state(State::Proposed);
    let text = match proposal.remedy {
        Some(remedy) => format!("{}\n\n{remedy}", proposal.message),
        None => proposal.message.to_owned(),
    };
    draft.record_with(
        Fact::OutcomeProposed {
            decided_at,
            has_remedy,
            root_cause,
        },
        Personal::text(text),
    );
    let facts = Facts {
        message: Some(proposal.message.to_owned()),
        remedy: proposal.remedy.map(str::to_owned),
        ..draft.facts_with_recourse()
    };
    draft.tell(NoticeKind::OutcomeProposed, &facts)?;
    draft.trigger(Trigger::OutcomeDecided, decided_at)?;
    // Between a conclusion that is entered late and its telling, promises may have been missed.
    firing::settle(draft)?;
    draft.trigger(Trigger::OutcomeTold, now)
}

pub(super) fn record_answer(
    draft: &mut Draft<'_>,
    answer: Answer,
    comment: Option<&str>,
    answered_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let told_at = draft
        .complaint
        .outcome
        .as_ref()
        .map_or(draft.complaint.received_at, |outcome| outcome.told_at);
    let answered_at = draft.took_place(
        "answered_time",
        answered_at,
        (told_at, "the outcome was told"),
    )?;
    let personal = comment.map(Personal::text).unwrap_or_default();
    match answer {
        Answer::Refused => {
            pausing::resume(draft, answered_at)?;
            set_answer(draft, answer, answered_at, personal);
            refused(draft, answered_at)
        }
        Answer::Accepted => {
            pausing::resume_to_end(draft, answered_at)?;
            set_answer(draft, answer, answered_at, personal);
            accepted(draft, answered_at)
        }
    }
}

/// Records a refusal that the customer gave by going further.
pub(super) fn refuse(draft: &mut Draft<'_>, at: Timestamp) -> Result<(), Refusal> {
    set_answer(draft, Answer::Refused, at, Personal::default());
    refused(draft, at)
}

fn set_answer(draft: &mut Draft<'_>, answer: Answer, answered_at: Timestamp, words: Personal) {
    if let Some(outcome) = &mut draft.complaint.outcome {
        outcome.answer = Some((answer, answered_at));
    }
    let fact = Fact::CustomerAnswered {
        answer,
        answered_at,
    };
    draft.record_with(fact, words);
}

fn refused(draft: &mut Draft<'_>, at: Timestamp) -> Result<(), Refusal> {
    draft.set_state(State::InReview);
    let grievances = &mut draft.complaint.grievances;
    grievances.insert(Grievance::Stated(EscalationReason::OutcomeRefused));
    draft.trigger(Trigger::OutcomeRefused, at)
}

fn accepted(draft: &mut Draft<'_>, at: Timestamp) -> Result<(), Refusal> {
    let outcome = draft.complaint.outcome.as_ref();
    let has_remedy = outcome.is_some_and(|outcome| outcome.has_remedy);
    draft.set_state(if has_remedy {
        State::Resolved
    } else {
        State::Implemented
    });
    draft.trigger(Trigger::OutcomeAccepted, at)?;
    if has_remedy {
        draft.trigger(Trigger::RemedyAgreed, at)?;
    }
    let facts = Facts {
        expected_by: remedy_due(draft),
        ..draft.facts()
    };
    draft.tell(NoticeKind::OutcomeAccepted, &facts)
}

/// By when the remedy is carried out, where the policy times it. Not a date that was missed: nobody is promised the past.
pub(super) fn remedy_due(draft: &Draft<'_>) -> Option<Timestamp> {
    let policy = draft.context.policy;
    let rule = policy
        .clocks
        .iter()
        .find(|rule| rule.starts_on.contains(&Trigger::RemedyAgreed))?;
    draft
        .clocks
        .iter()
        .find(|clock| clock.name == rule.name && clock.state.is_live())?
        .due
        .filter(|due| *due > draft.now())
}

pub(super) fn confirm_implementation(
    draft: &mut Draft<'_>,
    implemented_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let agreed_at = match draft
        .complaint
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.answer)
    {
        Some((_, at)) => at,
        None => draft.complaint.received_at,
    };
    let at = draft.took_place(
        "implemented_time",
        implemented_at,
        (agreed_at, "the customer's agreement"),
    )?;
    pausing::resume_to_end(draft, at)?;
    draft.set_state(State::Implemented);
    // What was agreed is done: that is the answer to whoever escalated because it was not.
    draft.complaint.escalation_unacknowledged = false;
    draft.record(Fact::RemedyCarriedOut { implemented_at: at });
    draft.trigger(Trigger::RemedyCarriedOut, at)?;
    let facts = draft.facts();
    draft.tell(NoticeKind::RemedyCarriedOut, &facts)
}

/// What could be put right on the line is resolved, carried out and closed in one act.
pub(super) fn resolve_at_first_contact(
    draft: &mut Draft<'_>,
    message: &str,
) -> Result<(), Refusal> {
    let now = draft.now();
    pausing::resume_to_end(draft, now)?;
    draft.record_with(Fact::ResolvedAtFirstContact, Personal::text(message));
    draft.trigger(Trigger::ResolvedAtFirstContact, now)?;
    let facts = Facts {
        message: Some(message.to_owned()),
        ..draft.facts()
    };
    draft.tell(NoticeKind::ResolvedAtFirstContact, &facts)?;
    closing::end(draft, ClosureReason::FirstContact);
    Ok(())
}
