//! What is complained about.

use serde::{Deserialize, Serialize};

use crate::policy::{ServiceKind, words};

words! {
    /// What an issue is about, after the CCTS's taxonomy.
    IssueCategory {
        Billing = "billing",
        ContractDispute = "contract_dispute",
        ServiceDelivery = "service_delivery",
        CreditManagement = "credit_management",
        Other = "other",
    }
}

/// One thing complained about. The customer's words stand with the personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// From 1.
    pub number: u32,
    /// The service.
    pub service: ServiceKind,
    /// The category.
    pub category: IssueCategory,
}

/// An issue in the customer's words. Personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueText {
    /// The issue's number.
    pub number: u32,
    /// What happened.
    pub description: String,
    /// What the customer wants.
    pub desired_outcome: Option<String>,
}
