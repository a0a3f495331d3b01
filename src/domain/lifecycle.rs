//! Which command a complaint accepts: by its state, and by what else stands.

use super::{
    clock::{Clock, ClockState},
    command::CommandKind as K,
    complaint::{Complaint, ReferralStage, State},
};
use crate::policy::Policy;

/// Whether the state alone lets the command through. The full table; `State::ALL` × `CommandKind::ALL`.
#[must_use]
pub const fn state_allows(state: State, command: K) -> bool {
    use State as S;
    match command {
        K::ConvertEnquiry => matches!(state, S::Enquiry),
        // After the first, it acknowledges an escalation.
        K::Acknowledge => matches!(state, S::Received | S::InReview | S::Proposed | S::Resolved),
        // What is recorded about a complaint can be recorded at any time.
        K::VerifyIdentity | K::RecordContact | K::AddCaseReference | K::Migrate | K::Fire => true,
        K::SendUpdate => matches!(state, S::Received | S::InReview | S::Proposed | S::Resolved),
        K::Pause | K::Resume => matches!(state, S::InReview | S::Proposed | S::Resolved),
        K::Assign => !state.is_terminal(),
        K::AddIssue => matches!(state, S::Enquiry | S::Received | S::InReview),
        K::ProposeOutcome => matches!(state, S::InReview | S::Proposed),
        K::RecordAnswer => matches!(state, S::Proposed),
        K::ConfirmImplementation => matches!(state, S::Resolved),
        K::ResolveAtFirstContact => matches!(state, S::Received | S::InReview),
        K::Escalate => matches!(state, S::Received | S::InReview | S::Proposed | S::Resolved),
        // A customer is never kept from the independent body, whatever the provider thinks of the matter.
        K::Refer | K::RecordReferralStage | K::SubmitReferralReport => !matches!(state, S::Enquiry),
        K::Withdraw => !state.is_terminal(),
        K::Close => matches!(
            state,
            S::Enquiry | S::InReview | S::Proposed | S::Implemented
        ),
        K::Reopen => state.is_terminal(),
    }
}

/// What else than the state is in the way of a command. `None`: nothing.
pub(super) fn obstacle(
    complaint: &Complaint,
    clocks: &[Clock],
    command: K,
    policy: &Policy,
) -> Option<&'static str> {
    let pausable = |clock: &Clock| {
        let in_time = clock.state == ClockState::Running && clock.breached_at.is_none();
        in_time && policy.clock(&clock.name).is_some_and(|rule| rule.pausable)
    };
    let referral_open = complaint
        .referral
        .as_ref()
        .is_some_and(|r| r.stage != ReferralStage::Concluded);
    match command {
        K::Acknowledge
            if complaint.state != State::Received && !complaint.escalation_unacknowledged =>
        {
            Some("everything is acknowledged already")
        }
        K::Pause if complaint.pause.is_some() => Some("it is paused already"),
        K::Pause if !clocks.iter().any(pausable) => {
            Some("no clock runs that the policy lets pause, and that is still in time")
        }
        K::Resume if complaint.pause.is_none() => Some("it is not paused"),
        K::ResolveAtFirstContact if !complaint.channel.is_live() => {
            Some("it did not come by call or chat")
        }
        K::ResolveAtFirstContact if complaint.level > 0 => Some("it was escalated"),
        K::ResolveAtFirstContact if complaint.outcome.is_some() => {
            Some("an outcome was proposed already")
        }
        K::Escalate if complaint.level >= policy.top_level() => {
            Some("it is at the highest level; the independent body is open to the customer")
        }
        K::Refer if referral_open => Some("it is with the independent body already"),
        K::RecordReferralStage | K::SubmitReferralReport if !referral_open => {
            Some("it is not with the independent body")
        }
        K::SubmitReferralReport
            if complaint
                .referral
                .as_ref()
                .is_some_and(|r| r.reported_at.is_some()) =>
        {
            Some("the report has gone to the independent body")
        }
        K::Close if complaint.state == State::InReview && !complaint.refused_at_this_level() => {
            Some("no outcome was proposed at this level and refused")
        }
        _ => None,
    }
}

/// Every command that somebody can give for this complaint, its details aside.
pub(super) fn possible(complaint: &Complaint, clocks: &[Clock], policy: &Policy) -> Vec<K> {
    let of_the_service = |command: &K| !matches!(command, K::Migrate | K::Fire);
    let methods = K::ALL.into_iter().filter(of_the_service);
    methods
        .filter(|command| state_allows(complaint.state, *command))
        .filter(|command| obstacle(complaint, clocks, *command, policy).is_none())
        .collect()
}
