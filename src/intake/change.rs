//! Requests that change a complaint, read as commands.

use super::{
    acknowledgement::{acknowledgement, overrides},
    check::{Check, Direction, LINE, SENTENCES, SHORT, STORY, TextRule},
    issue::new_issue,
    mutation::{Header, Mutation},
};
use crate::{
    domain::{ClosureReason, Command, CommandKind, NewAttachment, NewPromise, PauseReason},
    engine::Work,
    proto::v1,
};

/// Where a document is kept.
const LOCATION: TextRule = TextRule::one_line(2_000);

/// A request that changes a complaint.
pub(super) trait Change {
    /// Reads the command; what cannot be read is noted.
    fn command(self, check: &mut Check) -> Option<Command>;

    /// Whether it has a reason to override what bounds a promise.
    fn overrides(&self) -> bool {
        false
    }
}

/// Each request with the command that it gives. The method's name is the command's.
macro_rules! changes {
    ($($request:ident = $kind:ident),+ $(,)?) => {$(
        impl Mutation for v1::$request {
            const METHOD: &'static str = CommandKind::$kind.as_str();

            fn header(&self) -> Header<'_> {
                Header {
                    request_id: &self.request_id,
                    actor: &self.actor,
                    overrides: self.overrides(),
                }
            }

            fn work(self, check: &mut Check) -> Option<Work> {
                let complaint = check.complaint(&self.name);
                let version = check.etag(&self.etag);
                let command = self.command(check);
                Some(Work::Change { complaint: complaint?, version, command: Box::new(command?) })
            }
        }
    )+};
}

changes! {
    ConvertEnquiryRequest = ConvertEnquiry,
    AcknowledgeComplaintRequest = Acknowledge,
    VerifyIdentityRequest = VerifyIdentity,
    RecordContactRequest = RecordContact,
    SendUpdateRequest = SendUpdate,
    PauseComplaintRequest = Pause,
    ResumeComplaintRequest = Resume,
    AssignComplaintRequest = Assign,
    UnassignComplaintRequest = Unassign,
    AddIssueRequest = AddIssue,
    AddCaseReferenceRequest = AddCaseReference,
    AddAttachmentRequest = AddAttachment,
    AddNoteRequest = AddNote,
    LinkComplaintRequest = Link,
    UnlinkComplaintRequest = Unlink,
    ConcludeReviewRequest = ConcludeReview,
    ProposeOutcomeRequest = ProposeOutcome,
    RecordCustomerAnswerRequest = RecordAnswer,
    ConfirmImplementationRequest = ConfirmImplementation,
    ResolveAtFirstContactRequest = ResolveAtFirstContact,
    EscalateComplaintRequest = Escalate,
    ReferComplaintRequest = Refer,
    RecordReferralStageRequest = RecordReferralStage,
    SubmitReferralReportRequest = SubmitReferralReport,
    RecordDocumentRequestRequest = RecordDocumentRequest,
    SubmitDocumentsRequest = SubmitDocuments,
    RecordFindingsRequest = RecordFindings,
    ConfirmFindingsCarriedOutRequest = ConfirmFindingsCarriedOut,
    WithdrawComplaintRequest = Withdraw,
    CloseComplaintRequest = Close,
    ReopenComplaintRequest = Reopen,
    PlaceLegalHoldRequest = PlaceLegalHold,
    ReleaseLegalHoldRequest = ReleaseLegalHold,
    ErasePersonRequest = ErasePerson,
    RecordDispatchRequest = RecordDispatch,
    ResendNoticeRequest = ResendNotice,
}

impl Change for v1::ConvertEnquiryRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let converted_at = check.time("converted_time", self.converted_time);
        Some(Command::ConvertEnquiry { converted_at })
    }
}

impl Change for v1::AcknowledgeComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let acknowledgement = acknowledgement(check, self.acknowledgement);
        Some(Command::Acknowledge(acknowledgement))
    }

    fn overrides(&self) -> bool {
        let mut given = self.acknowledgement.iter();
        given.any(|given| overrides(&given.override_reason))
    }
}

impl Change for v1::VerifyIdentityRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let method = check.required("method", &self.method, LINE);
        let verified_at = check.time("verified_time", self.verified_time);
        Some(Command::VerifyIdentity {
            method: method?,
            verified_at,
        })
    }
}

impl Change for v1::RecordContactRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let channel = check.choice("channel", self.channel);
        let direction = check.choice::<Direction>("direction", self.direction);
        let summary = check.required("summary", &self.summary, STORY);
        let contact_at = check.time("contact_time", self.contact_time);
        if self.not_reached {
            if direction == Some(Direction::FromCustomer) {
                check.violation("not_reached", "needs DIRECTION_TO_CUSTOMER");
            }
            if self.dissatisfied {
                check.violation(
                    "dissatisfied",
                    "must not be set where the customer was not reached",
                );
            }
        }
        Some(Command::RecordContact {
            channel: channel?,
            from_customer: direction? == Direction::FromCustomer,
            summary: summary?,
            contact_at,
            dissatisfied: self.dissatisfied,
            not_reached: self.not_reached,
        })
    }
}

impl Change for v1::SendUpdateRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let message = check.required("message", &self.message, STORY);
        let sent_at = check.time("sent_time", self.sent_time);
        let new_promise = match self.new_promised_time {
            Some(_) => {
                let at = check.time("new_promised_time", self.new_promised_time);
                let reason = check.required("reason", &self.reason, SENTENCES);
                let override_reason =
                    check.optional("override_reason", &self.override_reason, LINE);
                at.zip(reason).map(|(at, reason)| NewPromise {
                    at,
                    reason,
                    override_reason,
                })
            }
            None => {
                if !self.reason.is_empty() {
                    check.violation("reason", "needs a new_promised_time");
                }
                if !self.override_reason.is_empty() {
                    check.violation("override_reason", "needs a new_promised_time");
                }
                None
            }
        };
        Some(Command::SendUpdate {
            message: message?,
            sent_at,
            new_promise,
            told_by: check.choice_if_any("told_by", self.told_by),
        })
    }

    fn overrides(&self) -> bool {
        overrides(&self.override_reason)
    }
}

impl Change for v1::PauseComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let reason = check.choice::<PauseReason>("reason", self.reason);
        let until = check.time("end_time", self.end_time);
        let question = check.optional("question", &self.question, SENTENCES);
        if question.is_some() && reason.is_some_and(|it| it != PauseReason::WaitingForCustomer) {
            check.violation("question", "needs PAUSE_REASON_WAITING_FOR_CUSTOMER");
        }
        Some(Command::Pause {
            reason: reason?,
            until,
            question,
        })
    }
}

impl Change for v1::ResumeComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let resumed_at = check.time("resumed_time", self.resumed_time);
        Some(Command::Resume { resumed_at })
    }
}

impl Change for v1::AssignComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        check.required("assignee", &self.assignee, SHORT)?;
        let assignee = check.assignee(&self.assignee)?;
        Some(Command::Assign { assignee })
    }
}

impl Change for v1::UnassignComplaintRequest {
    fn command(self, _: &mut Check) -> Option<Command> {
        Some(Command::Unassign)
    }
}

impl Change for v1::AddIssueRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let issue = new_issue(check, "issue", self.issue)?;
        Some(Command::AddIssue(issue))
    }
}

impl Change for v1::AddCaseReferenceRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let case_reference = check.required("case_reference", &self.case_reference, SHORT)?;
        Some(Command::AddCaseReference { case_reference })
    }
}

impl Change for v1::AddAttachmentRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let Some(given) = self.attachment else {
            check.violation("attachment", "is required");
            return None;
        };
        let location = check.required("attachment.location", &given.location, LOCATION);
        let size = u64::try_from(given.size_bytes).ok();
        if size.is_none() {
            check.violation("attachment.size_bytes", "must not be negative");
        }
        if given.sha256.len() != 32 {
            check.violation("attachment.sha256", "must have 32 bytes");
        }
        let media_type = check.required("attachment.media_type", &given.media_type, SHORT);
        let media_type = media_type.filter(|text| {
            let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b);
            let part = |part: &str| !part.is_empty() && part.bytes().all(sign);
            let fits = text
                .split_once('/')
                .is_some_and(|(of, kind)| part(of) && part(kind));
            if !fits {
                let wanted = "must be a media type such as application/pdf, without parameters";
                check.violation("attachment.media_type", wanted);
            }
            fits
        });
        Some(Command::AddAttachment(NewAttachment {
            location: location?,
            sha256: given.sha256,
            size: size?,
            media_type: media_type?.to_ascii_lowercase(),
        }))
    }
}

impl Change for v1::AddNoteRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let note = check.required("note", &self.note, STORY)?;
        Some(Command::AddNote { note })
    }
}

impl Change for v1::LinkComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let other = check.complaint_in("other_complaint", &self.other_complaint);
        let kind = check.choice("kind", self.kind);
        Some(Command::Link {
            other: other?,
            kind: kind?,
        })
    }
}

impl Change for v1::UnlinkComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let other = check.complaint_in("other_complaint", &self.other_complaint)?;
        Some(Command::Unlink { other })
    }
}

impl Change for v1::ConcludeReviewRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let conclusion = check.required("conclusion", &self.conclusion, STORY);
        let decided_at = check.time("decided_time", self.decided_time);
        let root_cause = check.optional("root_cause", &self.root_cause, LINE);
        Some(Command::ConcludeReview {
            conclusion: conclusion?,
            decided_at,
            root_cause,
        })
    }
}

impl Change for v1::ProposeOutcomeRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let message = check.required("message", &self.message, STORY);
        let remedy = check.optional("remedy", &self.remedy, SENTENCES);
        let decided_at = check.time("decided_time", self.decided_time);
        let root_cause = check.optional("root_cause", &self.root_cause, LINE);
        Some(Command::ProposeOutcome {
            message: message?,
            remedy,
            decided_at,
            told_at: check.time("communicated_time", self.communicated_time),
            root_cause,
            told_by: check.choice_if_any("told_by", self.told_by),
        })
    }
}

impl Change for v1::RecordCustomerAnswerRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let answer = check.choice("answer", self.answer);
        let comment = check.optional("comment", &self.comment, STORY);
        let answered_at = check.time("answered_time", self.answered_time);
        Some(Command::RecordAnswer {
            answer: answer?,
            comment,
            answered_at,
        })
    }
}

impl Change for v1::ConfirmImplementationRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let implemented_at = check.time("implemented_time", self.implemented_time);
        Some(Command::ConfirmImplementation { implemented_at })
    }
}

impl Change for v1::ResolveAtFirstContactRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let message = check.required("message", &self.message, STORY);
        let resolved_at = check.time("resolved_time", self.resolved_time);
        Some(Command::ResolveAtFirstContact {
            message: message?,
            resolved_at,
        })
    }
}

impl Change for v1::EscalateComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let channel = check.choice("channel", self.channel);
        let statement = check.optional("statement", &self.statement, STORY);
        let assignee = check.assignee(&self.assignee);
        let level = match usize::try_from(self.level) {
            Ok(0) => None,
            Ok(level) => Some(level),
            Err(_) => {
                check.violation("level", "must not be negative");
                None
            }
        };
        let requested_at = check.time("requested_time", self.requested_time);
        Some(Command::Escalate {
            channel: channel?,
            statement,
            assignee,
            level,
            requested_at,
        })
    }
}

impl Change for v1::ReferComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let body_reference = check.optional("body_reference", &self.body_reference, SHORT);
        let referred_at = check.time("referred_time", self.referred_time);
        Some(Command::Refer {
            body_reference,
            referred_at,
        })
    }
}

impl Change for v1::RecordReferralStageRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let stage = check.choice("stage", self.stage);
        let stage_at = check.time("stage_time", self.stage_time);
        Some(Command::RecordReferralStage {
            stage: stage?,
            stage_at,
        })
    }
}

impl Change for v1::SubmitReferralReportRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let report = check.required("report", &self.report, STORY);
        let answer = check.choice("answer", self.answer);
        let submitted_at = check.time("submitted_time", self.submitted_time);
        Some(Command::SubmitReferralReport {
            report: report?,
            answer: answer?,
            submitted_at,
        })
    }
}

impl Change for v1::RecordDocumentRequestRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let request = check.required("request", &self.request, STORY);
        let requested_at = check.time("requested_time", self.requested_time);
        let due = check.time("due_time", self.due_time);
        Some(Command::RecordDocumentRequest {
            request: request?,
            requested_at,
            due,
        })
    }
}

impl Change for v1::SubmitDocumentsRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let documents = check.required("documents", &self.documents, STORY);
        let submitted_at = check.time("submitted_time", self.submitted_time);
        Some(Command::SubmitDocuments {
            documents: documents?,
            submitted_at,
        })
    }
}

impl Change for v1::RecordFindingsRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let findings = check.required("findings", &self.findings, STORY);
        let made_at = check.time("findings_time", self.findings_time);
        let due = check.time("due_time", self.due_time);
        if self.due_time.is_some() && !self.provider_must_act {
            check.violation("due_time", "needs provider_must_act");
        }
        Some(Command::RecordFindings {
            findings: findings?,
            made_at,
            must_act: self.provider_must_act,
            due,
        })
    }
}

impl Change for v1::ConfirmFindingsCarriedOutRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let carried_out_at = check.time("carried_out_time", self.carried_out_time);
        Some(Command::ConfirmFindingsCarriedOut { carried_out_at })
    }
}

impl Change for v1::WithdrawComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let channel = check.choice("channel", self.channel);
        let statement = check.required("statement", &self.statement, STORY);
        let withdrawn_at = check.time("withdrawn_time", self.withdrawn_time);
        Some(Command::Withdraw {
            channel: channel?,
            statement: statement?,
            withdrawn_at,
        })
    }
}

impl Change for v1::CloseComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        // The other reasons belong to methods of their own.
        let reason = check.choice_of("reason", self.reason, |reason| {
            use ClosureReason as R;
            matches!(
                reason,
                R::Accepted | R::NoAnswer | R::ProviderDecision | R::EnquiryAnswered
            )
        });
        let message = match reason {
            Some(ClosureReason::EnquiryAnswered) => check.required("message", &self.message, STORY),
            Some(_) if !self.message.is_empty() => {
                let needs = "must be empty unless the reason is CLOSURE_REASON_ENQUIRY_ANSWERED";
                check.violation("message", needs);
                None
            }
            _ => None,
        };
        let closed_at = check.time("closed_time", self.closed_time);
        let told_by = check.choice_if_any("told_by", self.told_by);
        if told_by.is_some() && reason.is_some_and(|it| it != ClosureReason::EnquiryAnswered) {
            check.violation("told_by", "needs CLOSURE_REASON_ENQUIRY_ANSWERED");
        }
        Some(Command::Close {
            reason: reason?,
            closed_at,
            message,
            told_by,
        })
    }
}

impl Change for v1::ReopenComplaintRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let reason = check.required("reason", &self.reason, SENTENCES);
        let reopened_at = check.time("reopened_time", self.reopened_time);
        Some(Command::Reopen {
            reason: reason?,
            reopened_at,
        })
    }
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
