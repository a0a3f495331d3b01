//! For which reasons a complaint is eligible for escalation.
//!
//! A complaint is flagged by the event that names the reasons. A reason that no longer holds falls away with the event after
//! which it does not: no event says so.

use std::collections::BTreeSet;

use super::complaint::{Complaint, State};
use crate::policy::{EligibleRule, EscalationReason, Policy};

impl Complaint {
    /// Drops the reasons that no longer hold.
    pub(super) fn drop_lapsed_reasons(&mut self, policy: &Policy) {
        if self.escalation_reasons.is_empty() {
            return;
        }
        let holding = reasons(self, policy);
        self.escalation_reasons
            .retain(|reason| holding.contains(reason));
        if self.escalation_reasons.is_empty() {
            self.escalation_eligible_at = None;
        }
    }
}

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
