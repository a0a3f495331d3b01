//! Outcomes: told, answered, carried out. Resolved is not implemented is not closed.

use jiff::Timestamp;

use super::{
    case_clocks, casework,
    command::CommandKind,
    complaint::{Answer, ClosureReason, Conclusion},
    customer::ContactMeans,
    decision::Refusal,
    decision_builder::Draft,
    due_steps,
    event::Fact,
    field::Field,
    notice::{Facts, NoticeKind},
    pausing,
    personal::Personal,
};

/// Concludes the review without telling its outcome yet.
///
/// Nobody changes a conclusion before it is told: a second one would restart the time for telling it. It falls away when
/// another review begins, by an escalation, or when there is none any more.
pub(super) fn conclude(
    draft: &mut Draft<'_>,
    conclusion: &str,
    decided_at: Option<Timestamp>,
    root_cause: Option<&str>,
) -> Result<(), Refusal> {
    let Conclusion {
        decided_at,
        root_cause,
    } = review(draft, decided_at, root_cause)?;
    let now = draft.now();
    pausing::resume(draft, now)?;
    draft.record_with(
        Fact::ReviewConcluded {
            decided_at,
            root_cause,
        },
        Personal::text(conclusion),
    )
}

/// The conclusion of the review that is under way, if it is concluded now.
fn review(
    draft: &Draft<'_>,
    decided_at: Option<Timestamp>,
    root_cause: Option<&str>,
) -> Result<Conclusion, Refusal> {
    casework::looks_afresh(draft, Field::Actor, draft.actor())?;
    let began = draft.case.complaint.review_began();
    Ok(Conclusion {
        decided_at: draft.took_place(Field::DecidedAt, decided_at, began)?,
        root_cause: root_cause.map(str::to_owned),
    })
}

/// The conclusion of the review, if it was concluded before.
fn concluded_before(
    conclusion: &Conclusion,
    decided_at: Option<Timestamp>,
    root_cause: Option<&str>,
) -> Result<Conclusion, Refusal> {
    let given = [
        (Field::DecidedAt, decided_at.is_some()),
        (Field::RootCause, root_cause.is_some()),
    ];
    let given = given.into_iter().filter(|(_, given)| *given);
    let fields: Vec<_> = given.map(|(field, _)| field).collect();
    if fields.is_empty() {
        return Ok(conclusion.clone());
    }
    Err(Refusal::GivenAlready {
        fields,
        earlier: CommandKind::ConcludeReview,
    })
}

/// An outcome as the customer is told it.
#[derive(Debug)]
pub(super) struct ProposedOutcome<'a> {
    pub(super) message: &'a str,
    pub(super) remedy: Option<&'a str>,
    pub(super) root_cause: Option<&'a str>,
    /// By which means somebody told it.
    pub(super) told_by: Option<ContactMeans>,
}

/// Tells the outcome. If the review was not concluded before, it is now; anybody may tell the outcome of a review that was
/// concluded before.
pub(super) fn propose(
    draft: &mut Draft<'_>,
    proposal: &ProposedOutcome<'_>,
    decided_at: Option<Timestamp>,
    told_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let field = Field::CommunicatedAt;
    let last_step = draft.case.complaint.last_step();
    let told = draft.took_place(field, told_at, last_step)?;
    let concluded = match &draft.case.complaint.conclusion {
        Some(conclusion) => concluded_before(conclusion, decided_at, proposal.root_cause)?,
        // What is not told by itself was decided as it was told.
        None => review(draft, decided_at.or(told_at), proposal.root_cause)?,
    };
    let decided = (concluded.decided_at, "the review was concluded");
    let told = draft.took_place(field, Some(told), decided)?;
    pausing::resume(draft, told)?;
    draft.record_with(
        Fact::OutcomeProposed {
            decided_at: concluded.decided_at,
            told_at: draft.unless_now(told),
            has_remedy: proposal.remedy.is_some(),
            root_cause: concluded.root_cause,
        },
        Personal {
            remedy: proposal.remedy.map(str::to_owned),
            ..Personal::text(proposal.message)
        },
    )?;
    // Between a conclusion that is entered late and its telling, promises may have been missed.
    due_steps::settle_until(draft, told)?;
    let answer_by = draft.case.silence_ends(draft.context.policy)?;
    let facts = Facts {
        message: Some(proposal.message.to_owned()),
        remedy: proposal.remedy.map(str::to_owned),
        answer_by: case_clocks::ahead(answer_by, draft.now()),
        ..draft.facts()
    };
    let in_person = proposal.told_by.map(|means| (means, told));
    draft.tell_in_person(NoticeKind::OutcomeProposed, &facts, in_person)
}

pub(super) fn record_answer(
    draft: &mut Draft<'_>,
    answer: Answer,
    comment: Option<&str>,
    answered_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let told_at = draft
        .case
        .complaint
        .outcome
        .as_ref()
        .map_or(draft.case.complaint.received_at, |outcome| outcome.told_at);
    let answered_at = draft.took_place(
        Field::AnsweredAt,
        answered_at,
        (told_at, "the outcome was told"),
    )?;
    let personal = comment.map(Personal::text).unwrap_or_default();
    let fact = Fact::CustomerAnswered {
        answer,
        answered_at,
    };
    match answer {
        Answer::Refused => {
            pausing::resume(draft, answered_at)?;
            draft.record_with(fact, personal)
        }
        Answer::Accepted => {
            pausing::resume_to_end(draft, answered_at)?;
            draft.record_with(fact, personal)?;
            let facts = Facts {
                expected_by: draft.remedy_due(),
                remedy: draft.remedy(),
                ..draft.facts()
            };
            draft.tell(NoticeKind::OutcomeAccepted, &facts)
        }
    }
}

/// Records a refusal that the customer gave by going further.
pub(super) fn refuse(draft: &mut Draft<'_>, answered_at: Timestamp) -> Result<(), Refusal> {
    draft.record(Fact::CustomerAnswered {
        answer: Answer::Refused,
        answered_at,
    })
}

pub(super) fn confirm_implementation(
    draft: &mut Draft<'_>,
    implemented_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let agreed_at = match draft
        .case
        .complaint
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.answer)
    {
        Some((_, at)) => at,
        None => draft.case.complaint.received_at,
    };
    let at = draft.took_place(
        Field::ImplementedAt,
        implemented_at,
        (agreed_at, "the customer's agreement"),
    )?;
    pausing::resume_to_end(draft, at)?;
    draft.record(Fact::RemedyCarriedOut { implemented_at: at })?;
    let facts = Facts {
        remedy: draft.remedy(),
        ..draft.facts()
    };
    draft.tell(NoticeKind::RemedyCarriedOut, &facts)
}

/// What could be put right on the line is resolved, carried out and closed in one act.
pub(super) fn resolve_at_first_contact(
    draft: &mut Draft<'_>,
    message: &str,
    resolved_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let began = draft.case.complaint.review_began();
    let at = draft.took_place(Field::ResolvedAt, resolved_at, began)?;
    let resolved_at = draft.unless_now(at);
    pausing::resume_to_end(draft, at)?;
    draft.record_with(
        Fact::ResolvedAtFirstContact { resolved_at },
        Personal::text(message),
    )?;
    let facts = Facts {
        message: Some(message.to_owned()),
        ..draft.facts()
    };
    let means = draft.on_the_line();
    let told = means.map(|means| (means, at));
    draft.tell_in_person(NoticeKind::ResolvedAtFirstContact, &facts, told)?;
    draft.record(Fact::Closed {
        reason: ClosureReason::FirstContact,
        closed_at: resolved_at,
        awaited: false,
    })
}
