//! What the independent body has of a complaint, and what it wants.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::words;

words! {
    /// A stage of the independent body's process; the CCTS's since 23 May 2023. They follow one another in this order.
    ReferralStage {
        Assessment = "assessment",
        InitialReferral = "initial_referral",
        Conciliation = "conciliation",
        Investigation = "investigation",
        CaseReview = "case_review",
        Concluded = "concluded",
    }
}

words! {
    /// The provider's answer to the independent body, in its report.
    ReferralAnswer {
        /// The matter has been settled with the customer.
        Resolved = "resolved",
        /// It has not.
        Unresolved = "unresolved",
        /// In the provider's view, the matter is outside the body's mandate.
        MandateObjection = "mandate_objection",
    }
}

/// What the independent body has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// The stage it has reached.
    pub stage: ReferralStage,
    /// When it was brought to the body.
    pub referred_at: Timestamp,
    /// The body's reference.
    pub body_reference: Option<String>,
    /// When the provider last reported.
    pub reported_at: Option<Timestamp>,
    /// The answer in that report. `None` if it was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ReferralAnswer>,
    /// What the body has asked for and not yet received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<DocumentRequest>,
    /// When the provider last handed in documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents_submitted_at: Option<Timestamp>,
    /// What the body last found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Findings>,
}

/// Documents that the independent body is waiting for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRequest {
    /// When it last asked for them.
    pub requested_at: Timestamp,
    /// By when it wants them, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// What the independent body found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// When it made them.
    pub made_at: Timestamp,
    /// Whether the provider has something to do.
    pub must_act: bool,
    /// By when, if the body said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_out_at: Option<Timestamp>,
}

impl Findings {
    /// Whether something in them is still to be carried out.
    #[must_use]
    pub const fn is_owed(&self) -> bool {
        self.must_act && self.carried_out_at.is_none()
    }
}
