//! A complaint as it begins.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::domain::{
    command::Identity,
    complaint::{Complaint, State},
    event::Filed,
};

impl Complaint {
    /// A complaint as its first fact makes it. Its promises start when the fact is followed.
    pub(in crate::domain) fn filed(identity: Identity, at: Timestamp, filed: &Filed) -> Complaint {
        Complaint {
            id: identity.id,
            tracking_number: identity.tracking_number,
            brand: filed.brand.clone(),
            state: if filed.enquiry {
                State::Enquiry
            } else {
                State::Received
            },
            channel: filed.channel,
            level: 0,
            customer_type: filed.customer_type,
            language: filed.language,
            urgent: filed.urgent,
            region: filed.region.clone(),
            labels: filed.labels.clone(),
            received_at: filed.received_at,
            filed_at: at,
            first_contact_at: filed.first_contact_at,
            assignee: None,
            handlers: BTreeMap::new(),
            acknowledged_at: None,
            first_promised_at: None,
            promised_at: None,
            promise_told_at: None,
            identity: None,
            issues: filed.issues.clone(),
            case_references: filed.case_references.clone(),
            attachments: Vec::new(),
            links: Vec::new(),
            conclusion: None,
            outcome: None,
            pause: None,
            escalated_at: None,
            escalation_unacknowledged: false,
            escalation_answer_by: None,
            grievances: BTreeSet::new(),
            escalation_reasons: BTreeSet::new(),
            escalation_eligible_at: None,
            referral: None,
            closed_at: None,
            closure_reason: None,
            withdrawn_as_enquiry: false,
            reopened_at: None,
            reopen_count: 0,
            reach: filed.reach.clone(),
            notices: BTreeMap::new(),
            legal_holds: BTreeMap::new(),
            erasure: None,
            policy: filed.policy.clone(),
            additional_policies: filed.additional_policies.clone(),
            cycles: BTreeMap::new(),
            usual_starts: BTreeMap::new(),
            last_sequence: 0,
            last_event_at: at,
            last_hash: Vec::new(),
        }
    }
}
