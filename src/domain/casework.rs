//! What staff do while a complaint is under way: acknowledge, keep the contact, assign, complete.

use jiff::Timestamp;

use super::{
    act_time::{self, Before},
    case_clocks,
    command::{Acknowledgement, NewAttachment, NewIssue, NewPromise},
    complaint::{Attachment, Complaint, PauseReason, State},
    customer::ContactMeans,
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    field::Field,
    issue::{Issue, IssueText},
    notice::{Facts, NoticeKind},
    pausing,
    personal::Personal,
};
use crate::{policy::Channel, writing};

/// Acknowledges in one act: the notice tells the tracking number, how the matter will be reviewed, and the date. What is
/// escalated is acknowledged at its level too: a date that is given is then the one of the answer to the escalation. The
/// date of the outcome is changed by an update alone, which gives the reason.
///
/// The acknowledgement of an escalation says that somebody else looks at the matter, so whoever handled it at a lower level
/// cannot give it.
pub(super) fn acknowledge(
    draft: &mut Draft<'_>,
    acknowledgement: &Acknowledgement,
) -> Result<(), Refusal> {
    let complaint = &draft.case.complaint;
    let received = complaint.state == State::Received;
    let earliest = match received {
        true => complaint.taken_up(),
        false => complaint.review_began(),
    };
    let told = acknowledgement.acknowledged_at;
    let told = draft.took_place(Field::AcknowledgedAt, told, earliest)?;
    // What the customer was told before the escalation is no answer to it.
    let escalated_by_then = complaint.escalated_at.is_none_or(|at| at <= told);
    let of_escalation = complaint.escalation_unacknowledged && escalated_by_then;
    if of_escalation {
        looks_afresh(draft, Field::Actor, draft.actor())?;
    }
    let promised_at = match acknowledgement.promised_at {
        Some(at) => Some(draft.lies_ahead(ACKNOWLEDGED_DATE, at, told)?),
        None => None,
    };
    let acknowledged = Acknowledged {
        told,
        promised_at,
        acknowledgement,
    };
    if received {
        acknowledge_complaint(draft, &acknowledged)?;
    }
    if of_escalation {
        acknowledge_escalation(draft, &acknowledged)?;
    }
    Ok(())
}

/// An acknowledgement whose times were checked.
struct Acknowledged<'a> {
    told: Timestamp,
    promised_at: Option<Timestamp>,
    acknowledgement: &'a Acknowledgement,
}

const ACKNOWLEDGED_DATE: Field = Field::PromisedDate;

/// The date that an acknowledgement gives: the one in the request, else the due time of the clock that times what is promised.
///
/// If that clock was overdue when the customer was told, or is paused, or the code has none, the request has to give the date: a date in the past is never
/// promised, nor one that was set for something else. `what` names what is promised by that date.
fn date_given(
    acknowledged: &Acknowledged<'_>,
    timed: Option<Timestamp>,
    what: &str,
) -> Result<Timestamp, Refusal> {
    let timed = case_clocks::ahead(timed, acknowledged.told);
    acknowledged
        .promised_at
        .or(timed)
        .ok_or_else(|| Refusal::BadTime {
            field: ACKNOWLEDGED_DATE,
            why: format!(
                "required: no running clock gives a future date by which {what}; give that date"
            ),
        })
}

fn acknowledge_complaint(
    draft: &mut Draft<'_>,
    acknowledged: &Acknowledged<'_>,
) -> Result<(), Refusal> {
    let timed = draft.case.answer_due(draft.context.policy);
    let promised_at = date_given(acknowledged, timed, "the customer is told an outcome")?;
    let promise = Promise {
        field: ACKNOWLEDGED_DATE,
        at: promised_at,
        told: acknowledged.told,
        of_escalation: false,
    };
    let Acknowledged {
        acknowledgement, ..
    } = acknowledged;
    bound(draft, &promise, acknowledgement.override_reason.as_deref())?;
    draft.record(Fact::Acknowledged {
        promised_at,
        acknowledged_at: draft.unless_now(acknowledged.told),
        awaited: draft.awaits_telling(),
    })?;
    let kind = NoticeKind::Acknowledgement;
    let facts = Facts {
        review: acknowledgement.review.clone(),
        expected_by: Some(promised_at),
        ..draft.facts_once_told(kind)?
    };
    let means = acknowledgement.told_by.or(draft.on_the_line());
    draft.tell_in_person(kind, &facts, means.map(|means| (means, acknowledged.told)))
}

fn acknowledge_escalation(
    draft: &mut Draft<'_>,
    acknowledged: &Acknowledged<'_>,
) -> Result<(), Refusal> {
    let level = draft.case.complaint.level;
    let timed = draft.case.escalation_answer_due(draft.context.policy);
    let answer_by = date_given(acknowledged, timed, "the escalation is answered")?;
    let promise = Promise {
        field: ACKNOWLEDGED_DATE,
        at: answer_by,
        told: acknowledged.told,
        of_escalation: true,
    };
    let override_reason = acknowledged.acknowledgement.override_reason.as_deref();
    bound(draft, &promise, override_reason)?;
    draft.record(Fact::EscalationAcknowledged {
        level,
        answer_by,
        acknowledged_at: draft.unless_now(acknowledged.told),
        awaited: draft.awaits_telling(),
    })?;
    let title = draft
        .context
        .policy
        .level_title(level, draft.language().code())
        .to_owned();
    let facts = Facts {
        expected_by: Some(answer_by),
        level_title: Some(title),
        new_handler: draft.case.complaint.has_new_handler(),
        ..draft.facts()
    };
    let means = acknowledged.acknowledgement.told_by;
    let told = means.map(|means| (means, acknowledged.told));
    draft.tell_in_person(NoticeKind::EscalationAcknowledged, &facts, told)
}

/// A date that the customer is promised.
struct Promise {
    /// The request's field that gives it.
    field: Field,
    at: Timestamp,
    /// When the customer is told it.
    told: Timestamp,
    of_escalation: bool,
}

/// Refuses a date after the latest that the policy allows to be promised, unless there is a reason, which is recorded.
fn bound(
    draft: &mut Draft<'_>,
    promise: &Promise,
    override_reason: Option<&str>,
) -> Result<(), Refusal> {
    let bound = draft
        .case
        .promise_bound(promise.told, draft.context.policy)?;
    let Some((clock, latest)) = bound.filter(|(_, latest)| *latest < promise.at) else {
        return Ok(());
    };
    let Some(reason) = override_reason else {
        return Err(Refusal::PromiseBeyondCeiling {
            field: promise.field,
            clock,
            latest,
        });
    };
    draft.record(Fact::PromiseBoundOverridden {
        clock,
        latest,
        promised_at: promise.at,
        of_escalation: promise.of_escalation,
        reason: reason.to_owned(),
    })
}

/// Changes the promised date; the first one is never overwritten. Nothing changes where it is the date in force.
fn promise(draft: &mut Draft<'_>, to: Timestamp, told: Timestamp) -> Result<(), Refusal> {
    let complaint = &draft.case.complaint;
    if complaint.promised_at == Some(to) {
        return Ok(());
    }
    let first_promised_at = complaint.first_promised_at.unwrap_or(to);
    let from = complaint.promised_at.unwrap_or(first_promised_at);
    draft.record(Fact::PromiseChanged {
        first_promised_at,
        from,
        to,
        told_at: draft.unless_now(told),
    })
}

pub(super) fn verify_identity(
    draft: &mut Draft<'_>,
    method: &str,
    verified_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let at = draft.took_place(Field::VerifiedAt, verified_at, first_contact(draft))?;
    let verified_at = draft.unless_now(at);
    draft.record_with(
        Fact::IdentityVerified { verified_at },
        Personal::text(method),
    )
}

/// Before anything else that the complaint tells of.
fn first_contact(draft: &Draft<'_>) -> Before {
    let at = draft.case.complaint.first_contact_at;
    (at, "the customer's first contact")
}

/// How a contact took place.
#[derive(Debug)]
pub(super) struct Contact {
    pub(super) channel: Channel,
    pub(super) from_customer: bool,
    pub(super) dissatisfied: bool,
    /// An attempt to contact the customer that failed.
    pub(super) not_reached: bool,
}

pub(super) fn record_contact(
    draft: &mut Draft<'_>,
    contact: &Contact,
    summary: &str,
    contact_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    // It may have been the first: the filing need not have told of it.
    let contact_at = act_time::past(Field::ContactAt, contact_at, draft.now())?;
    let &Contact {
        channel,
        from_customer,
        dissatisfied,
        not_reached,
    } = contact;
    draft.record_with(
        Fact::ContactRecorded {
            channel,
            from_customer,
            contact_at,
            dissatisfied,
            not_reached,
        },
        Personal::text(summary),
    )?;
    let answered = |pause: &super::Pause| {
        pause.reason == PauseReason::WaitingForCustomer && contact_at >= pause.start
    };
    if from_customer && draft.case.complaint.pause.as_ref().is_some_and(answered) {
        pausing::resume(draft, contact_at)?;
    }
    Ok(())
}

/// What the customer is told about its status.
#[derive(Debug)]
pub(super) struct Update<'a> {
    pub(super) message: &'a str,
    pub(super) new_promise: Option<&'a NewPromise>,
    /// By which means somebody told it.
    pub(super) told_by: Option<ContactMeans>,
}

/// Tells the customer how it stands; with a new date, and why.
pub(super) fn send_update(
    draft: &mut Draft<'_>,
    update: &Update<'_>,
    sent_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let &Update {
        message,
        new_promise,
        told_by,
    } = update;
    let complaint = &draft.case.complaint;
    let promised = complaint.promise_told_at.or(complaint.acknowledged_at);
    let earliest = match promised.filter(|_| new_promise.is_some()) {
        Some(told) => (told, "the customer was told the date in force"),
        None => (complaint.received_at, "its receipt"),
    };
    let sent = draft.took_place(Field::UpdateSentAt, sent_at, earliest)?;
    let sent_at = draft.unless_now(sent);
    // First the next update is timed, so that the customer can be told when it comes.
    let awaited = draft.awaits_telling();
    let sent_then = Fact::UpdateSent { sent_at, awaited };
    draft.record_with(sent_then, Personal::text(message))?;
    let facts = Facts {
        message: Some(message.to_owned()),
        ..draft.facts_once_told(NoticeKind::Update)?
    };
    match new_promise {
        None => {
            let told = told_by.map(|means| (means, sent));
            draft.tell_in_person(NoticeKind::Update, &facts, told)
        }
        Some(new) => change_promise(draft, new, (sent, told_by), facts),
    }
}

fn change_promise(
    draft: &mut Draft<'_>,
    new: &NewPromise,
    (told, told_by): (Timestamp, Option<ContactMeans>),
    facts: Facts,
) -> Result<(), Refusal> {
    let in_person = told_by.map(|means| (means, told));
    let field = Field::NewPromisedDate;
    let to = draft.lies_ahead(field, new.at, told)?;
    let refused = |why: &str| {
        let why = why.to_owned();
        Err(Refusal::BadTime { field, why })
    };
    match draft.case.complaint.promised_at {
        _ if draft.case.complaint.state == State::Resolved => {
            refused("the outcome was told and accepted; no date for it can be promised any more")
        }
        None => refused("no date was promised yet; the acknowledgement gives the first one"),
        // The date that the customer has already is confirmed, not changed.
        Some(from) if from == to => {
            let expected_by = Some(to);
            let facts = Facts {
                expected_by,
                ..facts
            };
            draft.tell_in_person(NoticeKind::Update, &facts, in_person)
        }
        Some(_) => {
            let new_date = Promise {
                field,
                at: to,
                told,
                of_escalation: false,
            };
            bound(draft, &new_date, new.override_reason.as_deref())?;
            promise(draft, to, told)?;
            let facts = Facts {
                reason: Some(new.reason.clone()),
                first_expected_by: draft.case.complaint.first_promised_at,
                expected_by: Some(to),
                ..facts
            };
            draft.tell_in_person(NoticeKind::PromiseChanged, &facts, in_person)
        }
    }
}

/// An escalated complaint is reviewed afresh, by somebody who has not handled it at a lower level.
pub(super) fn looks_afresh(draft: &Draft<'_>, field: Field, person: &str) -> Result<(), Refusal> {
    if draft.case.complaint.handled_below(person) {
        return Err(Refusal::SameHandler {
            field,
            person: person.to_owned(),
        });
    }
    Ok(())
}

/// Gives the complaint to a handler. Whoever handled it at a lower level cannot be assigned it again.
pub(super) fn assign(draft: &mut Draft<'_>, assignee: &str) -> Result<(), Refusal> {
    looks_afresh(draft, Field::Assignee, assignee)?;
    draft
        .case
        .complaint
        .room_for_handler(Field::Assignee, assignee)?;
    let level = draft.case.complaint.level;
    draft.record(Fact::Assigned {
        assignee: assignee.to_owned(),
        level,
    })
}

/// Gives the complaint back, so that somebody else can take it.
pub(super) fn unassign(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    draft.record(Fact::Unassigned)
}

impl Complaint {
    /// Refuses somebody who would be one more than may have handled it.
    pub(super) fn room_for_handler(&self, field: Field, person: &str) -> Result<(), Refusal> {
        if self.handlers.contains_key(&writing::identity(person)) {
            return Ok(());
        }
        room_for_another(field, self.handlers.len(), MOST_HANDLERS)
    }
}

/// The most issues that a complaint may have: even if all their texts are as long as allowed, it can still be sent as a
/// whole.
const MOST_ISSUES: usize = 50;
/// The most people who may have handled a complaint: all of them are remembered with it, and written with each change.
const MOST_HANDLERS: usize = 200;
/// The most case references that a complaint may have.
const MOST_CASE_REFERENCES: usize = 200;
/// The most attachments that a complaint may have.
const MOST_ATTACHMENTS: usize = 50;

/// Refuses one more if there are already as many as there may be. A complaint that has more, from before there was a limit,
/// keeps them.
pub(super) fn room_for_another(field: Field, present: usize, limit: usize) -> Result<(), Refusal> {
    if present < limit {
        return Ok(());
    }
    Err(Refusal::LimitReached { field, limit })
}

pub(super) fn add_issue(draft: &mut Draft<'_>, new: &NewIssue) -> Result<(), Refusal> {
    let present = draft.case.complaint.issues.len();
    room_for_another(Field::Issues, present, MOST_ISSUES)?;
    let number = draft
        .case
        .complaint
        .issues
        .iter()
        .map(|issue| issue.number)
        .max()
        .unwrap_or(0)
        + 1;
    let issue = Issue {
        number,
        service: new.service,
        category: new.category,
    };
    let words = IssueText {
        number,
        description: new.description.clone(),
        desired_outcome: new.desired_outcome.clone(),
    };
    draft.record_with(
        Fact::IssueAdded { issue },
        Personal {
            issues: vec![words],
            ..Personal::default()
        },
    )
}

/// Notes where a document is kept, and what it holds by its digest.
pub(super) fn add_attachment(draft: &mut Draft<'_>, new: &NewAttachment) -> Result<(), Refusal> {
    let present = draft.case.complaint.attachments.len();
    room_for_another(Field::Attachments, present, MOST_ATTACHMENTS)?;
    let last = draft.case.complaint.attachments.last();
    let attachment = Attachment {
        number: last.map_or(0, |last| last.number) + 1,
        sha256: new.sha256.clone(),
        size: new.size,
        media_type: new.media_type.clone(),
    };
    draft.record_with(
        Fact::AttachmentAdded { attachment },
        Personal::text(&new.location),
    )
}

/// Notes something for the provider's own use.
pub(super) fn add_note(draft: &mut Draft<'_>, note: &str) -> Result<(), Refusal> {
    draft.record_with(Fact::NoteAdded, Personal::text(note))
}

pub(super) fn add_case_reference(
    draft: &mut Draft<'_>,
    case_reference: &str,
) -> Result<(), Refusal> {
    let present = draft.case.complaint.case_references.len();
    room_for_another(Field::CaseReferences, present, MOST_CASE_REFERENCES)?;
    draft.record(Fact::CaseReferenceAdded {
        case_reference: case_reference.to_owned(),
    })
}
