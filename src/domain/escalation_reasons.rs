//! For which reasons a complaint is eligible for escalation. It is flagged for those that its events name.

use std::collections::BTreeSet;

use super::complaint::{Complaint, State};
use crate::policy::{EligibleRule, EscalationReason, Policy};

/// Every reason that holds, in the policy's words.
pub(super) fn reasons(complaint: &Complaint, policy: &Policy) -> BTreeSet<EscalationReason> {
    if complaint.is_enquiry() || complaint.level >= policy.top_level() {
        return BTreeSet::new();
    }
    // Once the matter is settled, promises that were missed on the way are no longer a reason; what the customer says
    // afterwards is.
    let settled = complaint.state == State::Implemented;
    let counts = |rule: &&EligibleRule| !settled || rule.clock.is_none();
    let listed = policy.escalation.eligible.iter().filter(counts);
    listed
        .filter(|rule| complaint.is_aggrieved(rule))
        .map(|rule| rule.reason)
        .collect()
}
