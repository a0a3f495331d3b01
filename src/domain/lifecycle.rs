//! Which command a complaint accepts: by its state, and by what else stands.

use super::{
    apply::waits_for_text,
    clock::{Clock, ClockState},
    command::CommandKind as K,
    complaint::{Complaint, State},
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
        K::VerifyIdentity
        | K::RecordContact
        | K::AddCaseReference
        | K::AddAttachment
        | K::AddNote
        | K::Link
        | K::Unlink
        | K::Update
        | K::PlaceLegalHold
        | K::ReleaseLegalHold
        | K::RecordDispatch
        | K::ResendNotice
        | K::Migrate
        | K::Fire => true,
        K::SendUpdate => matches!(state, S::Received | S::InReview | S::Proposed | S::Resolved),
        K::Pause | K::Resume => matches!(state, S::InReview | S::Proposed | S::Resolved),
        K::Assign | K::Unassign => !state.is_terminal(),
        K::AddIssue => matches!(state, S::Enquiry | S::Received | S::InReview),
        K::ConcludeReview => matches!(state, S::InReview),
        K::ProposeOutcome => matches!(state, S::InReview | S::Proposed),
        K::RecordAnswer => matches!(state, S::Proposed),
        K::ConfirmImplementation => matches!(state, S::Resolved),
        K::ResolveAtFirstContact => matches!(state, S::Received | S::InReview),
        // The customer may escalate at any time: what is settled or over is reopened.
        K::Escalate => !matches!(state, S::Enquiry),
        // A customer is never kept from the independent body, whatever the provider thinks of the matter.
        K::Refer
        | K::RecordReferralStage
        | K::SubmitReferralReport
        | K::RecordDocumentRequest
        | K::SubmitDocuments
        | K::RecordFindings
        | K::ConfirmFindingsCarriedOut => !matches!(state, S::Enquiry),
        K::Withdraw => !state.is_terminal(),
        K::Close => matches!(
            state,
            S::Enquiry | S::InReview | S::Proposed | S::Implemented
        ),
        // Whose complaint is open is still owed words that only the data lead to.
        K::Reopen | K::ErasePerson => state.is_terminal(),
    }
}

/// What is in the way of a command where the state does not let it through, and what has to come first.
pub(super) fn comes_first(complaint: &Complaint, command: K) -> &'static str {
    use State as S;
    match (complaint.state, command) {
        (_, K::ConvertEnquiry) if !complaint.is_enquiry() => "it is a complaint already",
        (S::Closed | S::Withdrawn, _) => "it is over; reopen it first",
        (_, K::Reopen) => "it is still open",
        (_, K::ErasePerson) => STILL_OPEN,
        (S::Enquiry, _) => "it is an enquiry; convert it into a complaint first",
        (S::Received, _) => "it is not acknowledged yet; acknowledge it first",
        (S::InReview, _) => "no outcome has been told yet; propose one first",
        (S::Proposed, _) => {
            "the customer has not answered the outcome yet; record the answer first"
        }
        (S::Resolved, _) => {
            "the customer accepted the outcome; confirm that it was carried out, or escalate if the customer asks for more"
        }
        (S::Implemented, _) => {
            "the outcome was carried out; close it, or escalate if the customer asks for more"
        }
    }
}

/// What is in the way of escalating further; it is told with the independent body, which is open to the customer.
pub(super) const AT_THE_TOP: &str = "it is at the highest level";

/// What is in the way of unlinking where nothing is linked.
pub(super) const UNLINKED: &str = "it is linked to no other complaint";

/// What is in the way of an erasure while the complaint is open.
pub(super) const STILL_OPEN: &str =
    "it is still open, and what is promised has to reach the customer; close it first";

/// What is in the way of an erasure where something holds the data back.
pub(super) const HELD: &str = "its personal data are held back";

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
    // Nobody is kept on record because no text ever reached them.
    let owed = |clock: &Clock| {
        let rule = policy.clock(&clock.name);
        clock.state.is_live() && !rule.is_some_and(|rule| waits_for_text(complaint, rule, policy))
    };
    let with_the_body = complaint.is_with_the_body();
    let referral = complaint.referral.as_ref();
    match command {
        K::Acknowledge
            if complaint.state != State::Received && !complaint.escalation_unacknowledged =>
        {
            Some("everything is acknowledged already")
        }
        K::Pause if complaint.conclusion.is_some() => {
            Some("the review is concluded; only its outcome is still to be told")
        }
        K::Pause if complaint.pause.is_some() => Some("it is paused already"),
        K::Pause if !clocks.iter().any(pausable) => {
            Some("no running clock that the policy allows to be paused is still in time")
        }
        K::Resume if complaint.pause.is_none() => Some("it is not paused"),
        K::Unassign if complaint.assignee.is_none() => Some("nobody has it"),
        K::Unlink if complaint.links.is_empty() => Some(UNLINKED),
        K::ResolveAtFirstContact if !complaint.channel.is_live() => {
            Some("it did not come by phone or chat")
        }
        K::ResolveAtFirstContact if complaint.level > 0 => Some("it was escalated"),
        K::ResolveAtFirstContact if complaint.outcome.is_some() => {
            Some("an outcome was proposed already")
        }
        K::ResolveAtFirstContact | K::Close if complaint.conclusion.is_some() => {
            Some("the review is concluded; tell the customer its outcome first")
        }
        K::ConcludeReview if complaint.conclusion.is_some() => {
            Some("the review is concluded already; tell the customer its outcome")
        }
        K::Escalate if complaint.is_enquiry() => Some("it was an enquiry, not a complaint"),
        K::Escalate if complaint.level >= policy.top_level() => Some(AT_THE_TOP),
        // It is converted first, so that everything that follows a referral can be recorded.
        K::Refer if complaint.is_enquiry() => Some("it was an enquiry, not a complaint"),
        K::Refer if with_the_body => Some("it is with the independent body already"),
        K::RecordReferralStage
        | K::SubmitReferralReport
        | K::RecordDocumentRequest
        | K::SubmitDocuments
            if !with_the_body =>
        {
            Some("it is not with the independent body")
        }
        K::SubmitReferralReport
            if referral.is_some_and(|r| r.reported_at.is_some() && r.request.is_none()) =>
        {
            Some(
                "the report has gone to the independent body, which has asked for nothing since then",
            )
        }
        K::RecordFindings if referral.is_none() => Some("it never went to the independent body"),
        K::ConfirmFindingsCarriedOut if !complaint.owes_findings() => {
            Some("there are no findings of the independent body to carry out")
        }
        K::RecordDispatch | K::ResendNotice if complaint.notices.is_empty() => {
            Some("it has no notice whose delivery is followed")
        }
        K::ReleaseLegalHold if complaint.legal_holds.is_empty() => Some("no legal hold is on it"),
        K::ErasePerson if !complaint.holds().is_empty() => Some(HELD),
        K::ErasePerson if complaint.is_erased() => {
            Some("its personal data are erased already, and nothing has been recorded since")
        }
        K::ErasePerson if clocks.iter().any(owed) => {
            Some("a promise is still timed although it is over; wait until that has ended")
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
