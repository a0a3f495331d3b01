//! Outcomes: told, answered, carried out. Resolved is not implemented is not closed.

use jiff::Timestamp;

use super::{
    closing,
    complaint::{Answer, ClosureReason, Outcome, Personal, State},
    decision::Refusal,
    draft::Draft,
    event::Fact,
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
    pausing::resume(draft, answered_at)?;
    let mut has_remedy = false;
    if let Some(outcome) = &mut draft.complaint.outcome {
        outcome.answer = Some((answer, answered_at));
        has_remedy = outcome.has_remedy;
    }
    let personal = comment.map(Personal::text).unwrap_or_default();
    draft.record_with(
        Fact::CustomerAnswered {
            answer,
            answered_at,
        },
        personal,
    );
    match answer {
        Answer::Refused => {
            draft.set_state(State::InReview);
            draft
                .complaint
                .grievances
                .insert(EscalationReason::OutcomeRefused);
            draft.trigger(Trigger::OutcomeRefused, answered_at)
        }
        Answer::Accepted => {
            draft.set_state(if has_remedy {
                State::Resolved
            } else {
                State::Implemented
            });
            draft.trigger(Trigger::OutcomeAccepted, answered_at)?;
            if has_remedy {
                draft.trigger(Trigger::RemedyAgreed, answered_at)?;
            }
            let expected_by = remedy_due(draft);
            let facts = Facts {
                expected_by,
                ..draft.facts()
            };
            draft.tell(NoticeKind::OutcomeAccepted, &facts)
        }
    }
}

/// By when the remedy is carried out, where the policy times it.
fn remedy_due(draft: &Draft<'_>) -> Option<Timestamp> {
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
    pausing::resume(
        draft,
        at.max(
            draft
                .complaint
                .pause
                .as_ref()
                .map_or(at, |pause| pause.start),
        ),
    )?;
    draft.set_state(State::Implemented);
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
    pausing::resume(draft, now)?;
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
