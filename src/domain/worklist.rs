//! What has to be known of a complaint in order to decide what to do next.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    case::Case,
    clock::{Clock, ClockState},
    command::CommandKind,
    event::{Event, Fact},
    lifecycle,
};
use crate::policy::{EscalationReason, Policy};

/// Why a complaint needs attention, whatever is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flag {
    /// It may be escalated for these reasons.
    EscalationEligible {
        /// Since when without interruption.
        since: Option<Timestamp>,
        /// Every reason.
        reasons: BTreeSet<EscalationReason>,
    },
    /// A notice did not reach the customer.
    Undelivered {
        /// When the first of them failed.
        since: Option<Timestamp>,
    },
    /// The independent body has it, or its findings have not been carried out.
    Referred {
        /// When it was brought to the body.
        since: Option<Timestamp>,
    },
}

impl Case {
    /// The promise that falls due first, or has been overdue for longest. `None`: no clock is running.
    #[must_use]
    pub fn next_promise(&self) -> Option<&Clock> {
        let running = self.clocks.iter();
        let running = running.filter(|clock| clock.state == ClockState::Running);
        running.min_by(|one, other| (one.due, &one.name).cmp(&(other.due, &other.name)))
    }

    /// What somebody can do with it now, the details aside. `policy`: all codes that bind it.
    #[must_use]
    pub fn possible(&self, policy: &Policy) -> Vec<CommandKind> {
        lifecycle::possible(&self.complaint, &self.clocks, policy)
    }

    /// Why it needs attention, whatever is due; each kind at most once.
    #[must_use]
    pub fn flags(&self) -> Vec<Flag> {
        let complaint = &self.complaint;
        let eligible =
            (!complaint.escalation_reasons.is_empty()).then(|| Flag::EscalationEligible {
                since: complaint.escalation_eligible_at,
                reasons: complaint.escalation_reasons.clone(),
            });
        let mut failed = complaint.undelivered().peekable();
        let undelivered = failed.peek().is_some().then(|| Flag::Undelivered {
            since: failed.filter_map(|(_, fate)| fate.since).min(),
        });
        let referred = complaint.concerns_the_body().then(|| Flag::Referred {
            since: complaint.referral.as_ref().map(|it| it.referred_at),
        });
        [eligible, undelivered, referred]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Event {
    /// When customer and provider were in touch, if that is what it records. The filing is not among these: whoever has never been
    /// in touch since was so when the complaint was received.
    #[must_use]
    pub fn contact(&self) -> Option<Timestamp> {
        let given = match &self.fact {
            Fact::ContactRecorded {
                not_reached: false,
                contact_at,
                ..
            } => Some(*contact_at),
            Fact::CustomerAnswered { answered_at, .. } => Some(*answered_at),
            Fact::Acknowledged {
                acknowledged_at, ..
            }
            | Fact::EscalationAcknowledged {
                acknowledged_at, ..
            } => *acknowledged_at,
            Fact::UpdateSent { sent_at, .. } => *sent_at,
            Fact::OutcomeProposed { told_at, .. } => *told_at,
            Fact::ResolvedAtFirstContact { resolved_at } => *resolved_at,
            Fact::Escalated { requested_at, .. } => *requested_at,
            _ => return None,
        };
        Some(given.unwrap_or(self.at))
    }
}
