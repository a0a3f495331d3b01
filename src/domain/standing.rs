//! Where a complaint stands after a change, as its events say: what a reader of the log needs to act on one.

use serde::{Deserialize, Serialize};

use super::complaint::{Complaint, State};

/// Where a complaint stands after a change. Holds what changes; what never does is read off the complaint, and case references
/// are only ever added, so that their number tells which there were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The number of the last event of the change. Every event of the change has the same.
    pub version: i64,
    /// Where the complaint stands.
    pub state: State,
    /// The level of escalation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub level: usize,
    /// Who handles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The version of the code of practice that it keeps.
    pub policy_version: String,
    /// How many references to cases elsewhere it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub case_references: usize,
    /// How many notices did not reach the customer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undelivered: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes every field by reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Standing {
    /// Where this complaint stands.
    #[must_use]
    pub fn of(complaint: &Complaint) -> Standing {
        Standing {
            version: complaint.version(),
            state: complaint.state,
            level: complaint.level,
            assignee: complaint.assignee.clone(),
            policy_version: complaint.policy.version.clone(),
            case_references: complaint.case_references.len(),
            undelivered: complaint.undelivered().count(),
        }
    }
}
