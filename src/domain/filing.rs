//! How a complaint begins.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Context,
    command::{CommandKind, Filing, Identity},
    complaint::{Complaint, Issue, IssueText, Personal, State},
    decision::{Case, Decision, Refusal},
    draft::Draft,
    event::Fact,
    firing, handling,
    notice::NoticeKind,
};
use crate::policy::Trigger;

/// Decides a filing. It never waits for an identity check, and is never refused for want of anything about the customer
/// that can be asked later.
///
/// # Errors
/// When a time in it lies where it cannot, or an enquiry is to be acknowledged.
pub fn open(
    filing: &Filing,
    identity: Identity,
    actor: &str,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let now = context.now;
    let received_at = filing.received_at.unwrap_or(now);
    if received_at > now {
        return Err(Refusal::BadTime {
            field: "received_time",
            why: "must not be in the future".to_owned(),
        });
    }
    let issues = number_issues(filing);
    let complaint = new_complaint(filing, identity, context, issues.clone());
    let mut draft = Draft::new(
        Case {
            complaint,
            clocks: Vec::new(),
        },
        actor,
        context,
    );

    let counts_from = context
        .policy
        .code
        .counts_from(received_at, filing.channel)?;
    let fact = Fact::Filed {
        channel: filing.channel,
        received_at,
        first_contact_at: received_at,
        counts_from,
        enquiry: filing.enquiry,
        customer_type: filing.customer_type,
        language: filing.language,
        urgent: filing.urgent,
        issues,
        case_references: filing.case_references.clone(),
        policy: context.policy.reference(),
        beside: context.policy.bound_beside.clone(),
    };
    draft.record_with(fact, personal_data(filing));
    if !filing.enquiry {
        draft.trigger(Trigger::Filed, counts_from)?;
    }
    if let Some(assignee) = &filing.assignee {
        handling::assign(&mut draft, assignee)?;
    }
    // A letter that is entered late may bring promises that are broken already: they are on record before anything else.
    firing::settle(&mut draft)?;
    if let Some(acknowledgement) = &filing.acknowledgement {
        draft.require(CommandKind::Acknowledge)?;
        handling::acknowledge(&mut draft, acknowledgement)?;
    }
    Ok(draft.complete())
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
        text: None,
    }
}

fn new_complaint(
    filing: &Filing,
    identity: Identity,
    context: &Context<'_>,
    issues: Vec<Issue>,
) -> Complaint {
    let received_at = filing.received_at.unwrap_or(context.now);
    Complaint {
        id: identity.id,
        tracking_number: identity.tracking_number,
        version: 0,
        state: if filing.enquiry {
            State::Enquiry
        } else {
            State::Received
        },
        channel: filing.channel,
        level: 0,
        customer_type: filing.customer_type,
        language: filing.language,
        urgent: filing.urgent,
        received_at,
        filed_at: context.now,
        first_contact_at: received_at,
        assignee: None,
        handlers: BTreeMap::new(),
        acknowledged_at: None,
        first_promised_at: None,
        promised_at: None,
        identity: None,
        issues,
        case_references: filing.case_references.clone(),
        outcome: None,
        pause: None,
        escalated_at: None,
        escalation_unacknowledged: false,
        grievances: BTreeSet::new(),
        escalation_reasons: BTreeSet::new(),
        escalation_eligible_at: None,
        referral: None,
        closed_at: None,
        closure_reason: None,
        reopen_count: 0,
        policy: context.policy.reference(),
        beside: context.policy.bound_beside.clone(),
        cycles: BTreeMap::new(),
        last_sequence: 0,
        last_event_at: context.now,
        last_hash: Vec::new(),
    }
}

/// An enquiry becomes a complaint: it is received as one now, and keeps its time of first contact.
pub(super) fn convert(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.now();
    draft.complaint.received_at = now;
    draft.set_state(State::Received);
    draft.record(Fact::EnquiryConverted { counts_from: now });
    let facts = draft.facts();
    draft.tell(NoticeKind::EnquiryConverted, &facts)?;
    draft.trigger(Trigger::EnquiryConverted, now)
}
