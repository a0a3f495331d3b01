//! How a complaint begins.

use jiff::Timestamp;

use super::{
    act_time,
    actor::Acting,
    case::Case,
    casework,
    command::{CommandKind, Filing, Identity},
    complaint::Complaint,
    context::Context,
    decision::{Decision, Refusal},
    decision_builder::Draft,
    due_steps,
    event::{Fact, Filed},
    fate::Reach,
    field::Field,
    issue::{Issue, IssueText},
    notice::NoticeKind,
    personal::Personal,
};
use crate::policy::Told;

/// Decides a filing. It never waits for an identity check, and is never refused for want of anything about the customer
/// that can be asked later.
///
/// # Errors
/// When a time in it lies where it cannot, or an enquiry is to be acknowledged.
pub fn open<'a>(
    filing: &Filing,
    identity: Identity,
    actor: impl Into<Acting<'a>>,
    context: &Context<'a>,
) -> Result<Decision, Refusal> {
    let now = context.now;
    let received_at = act_time::past(Field::ReceivedAt, filing.received_at, now)?;
    let first_contact_at = match filing.first_contact_at {
        Some(at) => act_time::past(Field::FirstContactAt, Some(at), now)?,
        None => received_at,
    };
    if first_contact_at > received_at {
        return Err(Refusal::BadTime {
            field: Field::FirstContactAt,
            why: format!("must not be after the receipt ({received_at})"),
        });
    }
    let filed = Filed {
        brand: filing.brand.clone(),
        channel: filing.channel,
        received_at,
        first_contact_at,
        counts_from: context
            .policy
            .code
            .counts_from(received_at, filing.channel)?,
        enquiry: filing.enquiry,
        customer_type: filing.customer_type,
        language: filing.language,
        urgent: filing.urgent,
        region: filing.region.clone(),
        labels: filing.labels.clone(),
        reach: (context.policy.told == Told::Sent).then(|| Reach::of(&filing.customer)),
        issues: number_issues(filing),
        case_references: filing.case_references.clone(),
        policy: context.policy.reference(),
        additional_policies: context.policy.bound_additional.clone(),
    };
    let case = Case {
        complaint: Complaint::filed(identity, now, &filed),
        clocks: Vec::new(),
    };
    let mut draft = Draft::new(case, actor.into(), context);
    draft.record_with(Fact::Filed(filed), personal_data(filing))?;
    if let Some(assignee) = &filing.assignee {
        casework::assign(&mut draft, assignee)?;
    }
    // What is entered late may bring promises that are broken already: they are on record before anything that came after.
    if let Some(acknowledgement) = &filing.acknowledgement {
        let told = acknowledgement.acknowledged_at;
        due_steps::settle_filing(&mut draft, told.map_or(now, |at| at.min(now)))?;
        draft.require(CommandKind::Acknowledge)?;
        casework::acknowledge(&mut draft, acknowledgement)?;
    }
    due_steps::settle_filing(&mut draft, now)?;
    draft.complete()
}

fn number_issues(filing: &Filing) -> Vec<Issue> {
    (1..)
        .zip(&filing.issues)
        .map(|(number, new)| Issue {
            number,
            service: new.service,
            category: new.category,
        })
        .collect()
}

fn personal_data(filing: &Filing) -> Personal {
    let words = (1..).zip(&filing.issues).map(|(number, new)| IssueText {
        number,
        description: new.description.clone(),
        desired_outcome: new.desired_outcome.clone(),
    });
    Personal {
        customer: Some(filing.customer.clone()),
        issues: words.collect(),
        ..Personal::default()
    }
}

/// An enquiry becomes a complaint: it is received as one then, and keeps its time of first contact.
pub(super) fn convert(
    draft: &mut Draft<'_>,
    converted_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let earliest = draft.case.complaint.taken_up();
    let counts_from = draft.took_place(Field::ConvertedAt, converted_at, earliest)?;
    draft.record(Fact::EnquiryConverted { counts_from })?;
    let facts = draft.facts();
    draft.tell(NoticeKind::EnquiryConverted, &facts)
}
