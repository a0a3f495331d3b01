//! How a complaint climbs.

use std::collections::BTreeMap;

use super::words::EscalationReason;

/// The ladder that a complaint climbs, on the customer's word.
#[derive(Debug, Clone, PartialEq)]
pub struct EscalationRules {
    /// The titles of the levels by language code, from the first line upwards; at least two levels.
    pub levels: Vec<BTreeMap<String, String>>,
    /// What flags a complaint as eligible.
    pub eligible: Vec<EligibleRule>,
}

/// One reason that flags a complaint.
#[derive(Debug, Clone, PartialEq)]
pub struct EligibleRule {
    /// The reason.
    pub reason: EscalationReason,
    /// The clock that must be overdue, for the reasons that come from a clock.
    pub clock: Option<String>,
}
