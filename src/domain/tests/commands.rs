//! Commands with the details that a story need not spell out.

use std::sync::Arc;

use super::story::{Story, issue, other_codes, t};
use crate::{
    domain::{
        Acknowledgement, Answer, ClosureReason, Command, CommandKind, Complaint, ComplaintRef,
        ContactMeans, Correction, DeliveryReport, ErasureReason, LegalHoldReason, LinkKind,
        NewAttachment, NewPromise, NoticeFailure, NoticeFate, NoticeState, PauseReason,
        ReferralAnswer, ReferralStage, State, notice::Language,
    },
    policy::{Channel, Policy, ServiceKind},
};

pub(super) fn migrate(story: &Story, policy: &Arc<Policy>) -> Command {
    Command::Migrate {
        policy: Arc::clone(policy),
        log: story.events.clone(),
    }
}

pub(super) fn acknowledge() -> Command {
    Command::Acknowledge(Acknowledgement::default())
}

pub(super) fn acknowledge_by(promised: &str) -> Command {
    Command::Acknowledge(Acknowledgement {
        promised_at: Some(t(promised)),
        ..Acknowledgement::default()
    })
}

pub(super) fn update() -> Command {
    Command::SendUpdate {
        sent_at: None,
        message: "We are reading the router's log.".to_owned(),
        new_promise: None,
        told_by: None,
    }
}

pub(super) fn promise(wall: &str) -> Command {
    Command::SendUpdate {
        sent_at: None,
        message: "It takes longer.".to_owned(),
        new_promise: Some(NewPromise {
            at: t(wall),
            reason: "The warehouse has not answered.".to_owned(),
            override_reason: None,
        }),
        told_by: None,
    }
}

/// As [`promise`], however late that is.
pub(super) fn promise_beyond(wall: &str, override_reason: &str) -> Command {
    Command::SendUpdate {
        sent_at: None,
        message: "It takes longer.".to_owned(),
        new_promise: Some(NewPromise {
            at: t(wall),
            reason: "The warehouse has not answered.".to_owned(),
            override_reason: Some(override_reason.to_owned()),
        }),
        told_by: None,
    }
}

pub(super) fn pause(reason: PauseReason) -> Command {
    Command::Pause {
        reason,
        until: None,
        question: None,
    }
}

pub(super) fn conclude() -> Command {
    Command::ConcludeReview {
        conclusion: "The return was never booked; we credit the router.".to_owned(),
        decided_at: None,
        root_cause: Some("return not booked".to_owned()),
    }
}

/// Tells what was concluded before.
pub(super) fn tell_conclusion() -> Command {
    Command::ProposeOutcome {
        told_at: None,
        message: "The router came back to us.".to_owned(),
        remedy: Some("We credit 90 dollars.".to_owned()),
        decided_at: None,
        root_cause: None,
        told_by: None,
    }
}

pub(super) fn propose() -> Command {
    Command::ProposeOutcome {
        told_at: None,
        message: "The router came back to us.".to_owned(),
        remedy: Some("We credit 90 dollars.".to_owned()),
        decided_at: None,
        root_cause: Some("return not booked".to_owned()),
        told_by: None,
    }
}

pub(super) fn answer(answer: Answer) -> Command {
    Command::RecordAnswer {
        answer,
        comment: Some("As I said.".to_owned()),
        answered_at: None,
    }
}

pub(super) fn escalate() -> Command {
    escalate_to(None)
}

pub(super) fn escalate_to(assignee: Option<&str>) -> Command {
    Command::Escalate {
        requested_at: None,
        channel: Channel::Phone,
        statement: None,
        assignee: assignee.map(str::to_owned),
        level: None,
    }
}

pub(super) fn escalate_to_level(level: usize) -> Command {
    Command::Escalate {
        requested_at: None,
        channel: Channel::Phone,
        statement: None,
        assignee: None,
        level: Some(level),
    }
}

pub(super) fn contact_at(wall: Option<&str>, dissatisfied: bool) -> Command {
    Command::RecordContact {
        channel: Channel::Phone,
        from_customer: true,
        summary: "The customer called.".to_owned(),
        contact_at: wall.map(t),
        dissatisfied,
        not_reached: false,
    }
}

/// A call to the customer.
pub(super) fn call_at(wall: Option<&str>) -> Command {
    Command::RecordContact {
        channel: Channel::Phone,
        from_customer: false,
        summary: "Told the customer how it stands.".to_owned(),
        contact_at: wall.map(t),
        dissatisfied: false,
        not_reached: false,
    }
}

pub(super) fn refer() -> Command {
    Command::Refer {
        body_reference: Some("CCTS-1".to_owned()),
        referred_at: None,
    }
}

pub(super) fn stage(stage: ReferralStage) -> Command {
    Command::RecordReferralStage {
        stage,
        stage_at: None,
    }
}

pub(super) fn confirm() -> Command {
    Command::ConfirmImplementation {
        implemented_at: None,
    }
}

pub(super) fn close(reason: ClosureReason) -> Command {
    let answer = "The router is yours to keep.".to_owned();
    let answers = reason == ClosureReason::EnquiryAnswered;
    Command::Close {
        closed_at: None,
        reason,
        message: answers.then_some(answer),
        told_by: None,
    }
}

pub(super) fn withdraw() -> Command {
    Command::Withdraw {
        withdrawn_at: None,
        channel: Channel::Phone,
        statement: "I have found the router.".to_owned(),
    }
}

pub(super) fn reopen() -> Command {
    Command::Reopen {
        reopened_at: None,
        reason: "The credit is not on the invoice.".to_owned(),
    }
}

pub(super) fn assign(assignee: &str) -> Command {
    Command::Assign {
        assignee: assignee.to_owned(),
    }
}

pub(super) fn attach() -> Command {
    Command::AddAttachment(NewAttachment {
        location: "dms:4711".to_owned(),
        sha256: vec![7; 32],
        size: 12_345,
        media_type: "application/pdf".to_owned(),
    })
}

pub(super) fn link(story: &Story, kind: LinkKind) -> Command {
    let other = ComplaintRef::Id(story.other.id);
    Command::Link { other, kind }
}

pub(super) fn unlink(story: &Story) -> Command {
    let other = ComplaintRef::Id(story.other.id);
    Command::Unlink { other }
}

pub(super) fn report() -> Command {
    Command::SubmitReferralReport {
        submitted_at: None,
        report: "What we did, step by step.".to_owned(),
        answer: ReferralAnswer::Unresolved,
    }
}

pub(super) fn ask_for_documents(due: Option<&str>) -> Command {
    Command::RecordDocumentRequest {
        request: "The recording of the call of 3 March.".to_owned(),
        requested_at: None,
        due: due.map(t),
    }
}

pub(super) fn submit_documents() -> Command {
    Command::SubmitDocuments {
        documents: "The recording, and its transcript.".to_owned(),
        submitted_at: None,
    }
}

pub(super) fn findings(must_act: bool, due: Option<&str>) -> Command {
    Command::RecordFindings {
        findings: "The provider refunds the router.".to_owned(),
        made_at: None,
        must_act,
        due: due.map(t),
    }
}

pub(super) fn confirm_findings() -> Command {
    Command::ConfirmFindingsCarriedOut {
        carried_out_at: None,
    }
}

pub(super) const fn hold(reason: LegalHoldReason) -> Command {
    Command::PlaceLegalHold { reason }
}

pub(super) const fn release(reason: LegalHoldReason) -> Command {
    Command::ReleaseLegalHold { reason }
}

pub(super) const fn erase(reason: ErasureReason) -> Command {
    Command::ErasePerson { reason }
}

pub(super) fn resolve_now() -> Command {
    Command::ResolveAtFirstContact {
        resolved_at: None,
        message: "The line was reset while you were with us.".to_owned(),
    }
}

/// That a notice came to this state by these means; where it failed, that it came back.
pub(super) fn delivery(notice: i64, state: NoticeState, means: ContactMeans) -> Command {
    Command::RecordDispatch(DeliveryReport {
        notice,
        means,
        state,
        failure: (state == NoticeState::Failed).then_some(NoticeFailure::Bounced),
        code: None,
        took_place_at: None,
        reference: None,
        attempt: None,
        sent_attempt: None,
    })
}

/// The notice that is delivered next: the first that waits, else the last.
fn next_report(complaint: &Complaint) -> Command {
    let waits = |(_, fate): &(&i64, &NoticeFate)| fate.state == NoticeState::Waiting;
    let waiting = complaint.notices.iter().find(waits);
    match waiting.or(complaint.notices.last_key_value()) {
        None => delivery(0, NoticeState::Sent, ContactMeans::Email),
        Some((notice, fate)) => {
            let means = fate.means.unwrap_or(ContactMeans::Email);
            let state = match fate.state {
                NoticeState::Waiting => NoticeState::Sent,
                reached => reached,
            };
            delivery(*notice, state, means)
        }
    }
}

fn next_to_resend(complaint: &Complaint) -> i64 {
    let again = |fate: &NoticeFate| fate.state.allows(NoticeState::Waiting);
    let mut fates = complaint.notices.iter();
    let found = fates.find(|(_, fate)| again(fate));
    found.map_or(0, |(notice, _)| *notice)
}

/// A command of each kind, with details that suit such a complaint.
pub(super) fn command(kind: CommandKind, story: &Story) -> Command {
    let complaint = &story.case.complaint;
    match kind {
        CommandKind::ConvertEnquiry => Command::ConvertEnquiry { converted_at: None },
        CommandKind::Acknowledge => Command::Acknowledge(Acknowledgement::default()),
        CommandKind::VerifyIdentity => Command::VerifyIdentity {
            verified_at: None,
            method: "security questions".to_owned(),
        },
        CommandKind::RecordContact => contact_at(None, false),
        CommandKind::SendUpdate => update(),
        CommandKind::Pause => pause(PauseReason::ThirdParty),
        CommandKind::Resume => Command::Resume { resumed_at: None },
        CommandKind::Assign => assign(&format!("handler at level {}", complaint.level)),
        CommandKind::Unassign => Command::Unassign,
        CommandKind::AddIssue => Command::AddIssue(issue(ServiceKind::Tv)),
        CommandKind::AddCaseReference => Command::AddCaseReference {
            case_reference: "CRM-1".to_owned(),
        },
        CommandKind::AddAttachment => attach(),
        CommandKind::AddNote => Command::AddNote {
            note: "Speak to the warehouse.".to_owned(),
        },
        CommandKind::Link => link(story, LinkKind::DuplicateOf),
        CommandKind::Unlink => unlink(story),
        CommandKind::Update => Command::Update(Box::new(Correction {
            language: Some(match complaint.language {
                Language::English => Language::French,
                _ => Language::English,
            }),
            ..Correction::default()
        })),
        CommandKind::ConcludeReview => conclude(),
        CommandKind::ProposeOutcome if complaint.conclusion.is_some() => tell_conclusion(),
        CommandKind::ProposeOutcome => propose(),
        CommandKind::RecordAnswer => answer(Answer::Accepted),
        CommandKind::ConfirmImplementation => confirm(),
        CommandKind::ResolveAtFirstContact => resolve_now(),
        CommandKind::Escalate => escalate(),
        CommandKind::Refer => refer(),
        CommandKind::RecordReferralStage => {
            let reached = complaint.referral.as_ref().map(|referral| referral.stage);
            let ahead = |candidate: &ReferralStage| Some(*candidate) > reached;
            let later = ReferralStage::ALL.into_iter().skip(1).find(ahead);
            stage(later.unwrap_or(ReferralStage::Concluded))
        }
        CommandKind::SubmitReferralReport => report(),
        CommandKind::RecordDocumentRequest => ask_for_documents(None),
        CommandKind::SubmitDocuments => submit_documents(),
        CommandKind::RecordFindings => findings(true, None),
        CommandKind::ConfirmFindingsCarriedOut => confirm_findings(),
        CommandKind::Withdraw => withdraw(),
        CommandKind::Close => close(match complaint.state {
            State::Enquiry => ClosureReason::EnquiryAnswered,
            State::Proposed => ClosureReason::NoAnswer,
            State::InReview => ClosureReason::ProviderDecision,
            _ => ClosureReason::Accepted,
        }),
        CommandKind::Reopen => reopen(),
        CommandKind::PlaceLegalHold => hold(LegalHoldReason::Litigation),
        CommandKind::ReleaseLegalHold => release(LegalHoldReason::Litigation),
        CommandKind::ErasePerson => erase(ErasureReason::Order),
        CommandKind::RecordDispatch => next_report(complaint),
        CommandKind::ResendNotice => Command::ResendNotice {
            notice: next_to_resend(complaint),
            means: None,
        },
        CommandKind::Migrate => migrate(story, &other_codes()[0]),
        CommandKind::Fire => Command::Fire,
    }
}
