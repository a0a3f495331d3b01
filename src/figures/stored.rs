//! A complaint as it is stored, as far as figures need it.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    domain::{Answer, ClosureReason, Complaint, Issue, State, notice::Language},
    policy::{Channel, PolicyRef},
};

/// What is stored of a complaint, as far as figures need it. Nothing of it is personal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StoredComplaint {
    /// What the customer quotes.
    pub tracking_number: String,
    /// The name of its brand.
    #[serde(default = "crate::domain::first_brand")]
    pub brand: String,
    /// Who has it.
    #[serde(default)]
    pub assignee: Option<String>,
    /// The version of the provider's own code.
    pub policy: PolicyRef,
    /// Those of the other codes that bind it.
    #[serde(default)]
    pub additional_policies: Vec<PolicyRef>,
    /// When it was closed or withdrawn.
    #[serde(default)]
    pub closed_at: Option<Timestamp>,
    /// Why.
    #[serde(default)]
    pub closure_reason: Option<ClosureReason>,
    state: State,
    pub(super) channel: Channel,
    #[serde(default)]
    pub(super) level: usize,
    pub(super) language: Language,
    #[serde(default)]
    pub(super) region: Option<String>,
    pub(super) issues: Vec<Issue>,
    pub(super) received_at: Timestamp,
    #[serde(default)]
    withdrawn_as_enquiry: bool,
    #[serde(default)]
    outcome: Option<StoredOutcome>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct StoredOutcome {
    answer: Option<(Answer, Timestamp)>,
}

impl StoredComplaint {
    /// When the customer accepted the outcome that stands.
    pub(super) fn accepted_at(&self) -> Option<Timestamp> {
        let answer = self.outcome.as_ref().and_then(|outcome| outcome.answer);
        answer.and_then(|(answer, at)| (answer == Answer::Accepted).then_some(at))
    }

    /// As [`Complaint::is_enquiry`].
    pub(super) fn is_enquiry(&self) -> bool {
        let answered = self.closure_reason == Some(ClosureReason::EnquiryAnswered);
        self.state == State::Enquiry
            || (self.state.is_terminal() && (answered || self.withdrawn_as_enquiry))
    }
}

impl From<&Complaint> for StoredComplaint {
    fn from(complaint: &Complaint) -> Self {
        StoredComplaint {
            tracking_number: complaint.tracking_number.to_string(),
            brand: complaint.brand.clone(),
            assignee: complaint.assignee.clone(),
            policy: complaint.policy.clone(),
            additional_policies: complaint.additional_policies.clone(),
            closed_at: complaint.closed_at,
            closure_reason: complaint.closure_reason,
            state: complaint.state,
            channel: complaint.channel,
            level: complaint.level,
            language: complaint.language,
            region: complaint.region.clone(),
            issues: complaint.issues.clone(),
            received_at: complaint.received_at,
            withdrawn_as_enquiry: complaint.withdrawn_as_enquiry,
            outcome: complaint.outcome.as_ref().map(|outcome| StoredOutcome {
                answer: outcome.answer,
            }),
        }
    }
}
