//! What is held against the provider.

use serde::{Deserialize, Serialize};

use crate::policy::EscalationReason;

/// Something that is held against the provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grievance {
    /// A promise that was missed. It stays one when it is kept late; what was kept in time and entered late was never one.
    Missed {
        /// The clock.
        clock: String,
        /// Its cycle: each is a promise of its own.
        cycle: i32,
    },
    /// What the customer said or did.
    Stated(EscalationReason),
}
