#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::{
    domain::{ComplaintRef, PauseReason},
    intake::{check::tests::check, mutation::tests::envelope},
};

const NAME: &str = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";

/// A request with its header filled in, and whatever else is given.
macro_rules! request {
    ($request:ident { $($field:ident: $value:expr),* $(,)? }) => {
        v1::$request {
            name: NAME.to_owned(),
            actor: "agent 7".to_owned(),
            $($field: $value.into(),)*
            ..v1::$request::default()
        }
    };
}

/// The command of a request that is in order.
fn command<M: Mutation>(request: M) -> Command {
    match envelope(request, check()).unwrap().work {
        Work::Change { command, .. } => *command,
        work => panic!("{work:?}"),
    }
}

/// The fields that were refused, in order.
fn refused<M: Mutation>(request: M) -> Vec<String> {
    let violations = envelope(request, check()).unwrap_err().violations;
    violations.into_iter().map(|found| found.field).collect()
}

fn is_read_as<M: Mutation>(request: M, kind: CommandKind) {
    assert_eq!(command(request).kind(), kind);
    assert_eq!(M::METHOD, kind.as_str());
}

fn issue() -> v1::Issue {
    v1::Issue {
        service: v1::ServiceKind::Tv.into(),
        category: v1::IssueCategory::Other.into(),
        description: "No picture".to_owned(),
        ..v1::Issue::default()
    }
}

#[test]
fn each_request_is_read_as_the_command_of_its_method() {
    use CommandKind as K;
    let phone = v1::Channel::Phone;
    is_read_as(request!(ConvertEnquiryRequest {}), K::ConvertEnquiry);
    is_read_as(request!(AcknowledgeComplaintRequest {}), K::Acknowledge);
    is_read_as(
        request!(VerifyIdentityRequest { method: "PIN" }),
        K::VerifyIdentity,
    );
    let contact = request!(RecordContactRequest {
        channel: phone,
        direction: v1::Direction::FromCustomer,
        summary: "Called"
    });
    is_read_as(contact, K::RecordContact);
    is_read_as(
        request!(SendUpdateRequest { message: "Soon" }),
        K::SendUpdate,
    );
    let pause = request!(PauseComplaintRequest {
        reason: v1::PauseReason::Appointment
    });
    is_read_as(pause, K::Pause);
    is_read_as(request!(ResumeComplaintRequest {}), K::Resume);
    is_read_as(request!(UnassignComplaintRequest {}), K::Unassign);
    is_read_as(request!(AddNoteRequest { note: "Call" }), K::AddNote);
    let hold = v1::LegalHoldReason::Litigation;
    is_read_as(
        request!(PlaceLegalHoldRequest { reason: hold }),
        K::PlaceLegalHold,
    );
    is_read_as(
        request!(ReleaseLegalHoldRequest { reason: hold }),
        K::ReleaseLegalHold,
    );
    let erase = request!(ErasePersonRequest {
        reason: v1::ErasureReason::Request
    });
    is_read_as(erase, K::ErasePerson);
    assert_eq!(
        refused(request!(ErasePersonRequest {
            reason: v1::ErasureReason::RetentionEnded
        })),
        ["reason"],
        "whether a retention has ended is not for a caller to say"
    );
    let link = request!(LinkComplaintRequest {
        other_complaint: NAME,
        kind: v1::LinkKind::FollowUpOf
    });
    is_read_as(link, K::Link);
    let unlink = request!(UnlinkComplaintRequest {
        other_complaint: NAME
    });
    is_read_as(unlink, K::Unlink);
    let attachment = v1::Attachment {
        location: "dms:4711".to_owned(),
        sha256: vec![7; 32],
        media_type: "application/pdf".to_owned(),
        ..v1::Attachment::default()
    };
    is_read_as(
        request!(AddAttachmentRequest {
            attachment: attachment
        }),
        K::AddAttachment,
    );
    is_read_as(
        request!(AssignComplaintRequest { assignee: "maria" }),
        K::Assign,
    );
    is_read_as(request!(AddIssueRequest { issue: issue() }), K::AddIssue);
    let reference = request!(AddCaseReferenceRequest {
        case_reference: "CRM-1"
    });
    is_read_as(reference, K::AddCaseReference);
    is_read_as(
        request!(ConcludeReviewRequest {
            conclusion: "Our fault"
        }),
        K::ConcludeReview,
    );
    is_read_as(
        request!(ProposeOutcomeRequest {
            message: "A credit"
        }),
        K::ProposeOutcome,
    );
    let answer = request!(RecordCustomerAnswerRequest {
        answer: v1::CustomerAnswer::Accepted
    });
    is_read_as(answer, K::RecordAnswer);
    is_read_as(
        request!(ConfirmImplementationRequest {}),
        K::ConfirmImplementation,
    );
    let resolved = request!(ResolveAtFirstContactRequest { message: "Done" });
    is_read_as(resolved, K::ResolveAtFirstContact);
    is_read_as(
        request!(EscalateComplaintRequest { channel: phone }),
        K::Escalate,
    );
    is_read_as(request!(ReferComplaintRequest {}), K::Refer);
    let stage = request!(RecordReferralStageRequest {
        stage: v1::ReferralStage::Conciliation
    });
    is_read_as(stage, K::RecordReferralStage);
    let report = request!(SubmitReferralReportRequest {
        report: "What we did",
        answer: v1::ReferralAnswer::Resolved
    });
    is_read_as(report, K::SubmitReferralReport);
    let withdraw = request!(WithdrawComplaintRequest {
        channel: phone,
        statement: "Never mind"
    });
    is_read_as(withdraw, K::Withdraw);
    let asked = request!(RecordDocumentRequestRequest {
        request: "The recording"
    });
    is_read_as(asked, K::RecordDocumentRequest);
    let documents = request!(SubmitDocumentsRequest {
        documents: "The recording"
    });
    is_read_as(documents, K::SubmitDocuments);
    let found = request!(RecordFindingsRequest {
        findings: "A refund"
    });
    is_read_as(found, K::RecordFindings);
    is_read_as(
        request!(ConfirmFindingsCarriedOutRequest {}),
        K::ConfirmFindingsCarriedOut,
    );
    let close = request!(CloseComplaintRequest {
        reason: v1::ClosureReason::NoAnswer
    });
    is_read_as(close, K::Close);
    is_read_as(
        request!(ReopenComplaintRequest {
            reason: "It came back"
        }),
        K::Reopen,
    );
}

#[test]
fn what_is_required_is_asked_for_all_at_once() {
    macro_rules! lacks {
        ($($request:ident: [$($field:literal),*],)+) => {$(
            assert_eq!(refused(v1::$request::default()), ["actor", "name", $($field),*]);
        )+};
    }
    lacks! {
        ConvertEnquiryRequest: [],
        AcknowledgeComplaintRequest: [],
        VerifyIdentityRequest: ["method"],
        RecordContactRequest: ["channel", "direction", "summary"],
        SendUpdateRequest: ["message"],
        PauseComplaintRequest: ["reason"],
        ResumeComplaintRequest: [],
        AssignComplaintRequest: ["assignee"],
        UnassignComplaintRequest: [],
        AddIssueRequest: ["issue"],
        AddCaseReferenceRequest: ["case_reference"],
        AddAttachmentRequest: ["attachment"],
        AddNoteRequest: ["note"],
        LinkComplaintRequest: ["other_complaint", "kind"],
        UnlinkComplaintRequest: ["other_complaint"],
        ConcludeReviewRequest: ["conclusion"],
        ProposeOutcomeRequest: ["message"],
        RecordCustomerAnswerRequest: ["answer"],
        ConfirmImplementationRequest: [],
        ResolveAtFirstContactRequest: ["message"],
        EscalateComplaintRequest: ["channel"],
        ReferComplaintRequest: [],
        RecordReferralStageRequest: ["stage"],
        SubmitReferralReportRequest: ["report", "answer"],
        RecordDocumentRequestRequest: ["request"],
        SubmitDocumentsRequest: ["documents"],
        RecordFindingsRequest: ["findings"],
        ConfirmFindingsCarriedOutRequest: [],
        WithdrawComplaintRequest: ["channel", "statement"],
        CloseComplaintRequest: ["reason"],
        ReopenComplaintRequest: ["reason"],
    }
}

#[test]
fn the_name_and_the_etag_say_which_complaint_and_which_version() {
    let mut request = request!(ResumeComplaintRequest {});
    request.etag = "\"7\"".to_owned();
    let Work::Change {
        complaint, version, ..
    } = envelope(request, check()).unwrap().work
    else {
        panic!("a change");
    };
    assert!(matches!(complaint, ComplaintRef::Id(_)));
    assert_eq!(version, Some(7));
    let mut garbled = request!(ResumeComplaintRequest {});
    garbled.etag = "7".to_owned();
    garbled.request_id = "x".to_owned();
    assert_eq!(refused(garbled), ["request_id", "etag"]);
}

#[test]
fn the_same_id_with_another_method_has_another_fingerprint() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let resume = request!(ResumeComplaintRequest { request_id: id });
    let convert = request!(ConvertEnquiryRequest { request_id: id });
    let resume = envelope(resume, check()).unwrap().request.unwrap();
    let convert = envelope(convert, check()).unwrap().request.unwrap();
    assert_eq!(resume.id, convert.id);
    assert_ne!(resume.fingerprint, convert.fingerprint);
}

#[test]
fn a_new_date_and_its_reason_go_together() {
    let soon = Some(prost_types::Timestamp {
        seconds: check().now().as_second() + 60,
        nanos: 0,
    });
    let without_reason = request!(SendUpdateRequest {
        message: "Later",
        new_promised_time: soon
    });
    assert_eq!(refused(without_reason), ["reason"]);
    let without_date = request!(SendUpdateRequest {
        message: "Later",
        reason: "Snow"
    });
    assert_eq!(refused(without_date), ["reason"]);
    let override_alone = request!(SendUpdateRequest {
        message: "Later",
        override_reason: "Snow"
    });
    assert_eq!(refused(override_alone), ["override_reason"]);
    let both = request!(SendUpdateRequest {
        message: "Later",
        reason: "Snow",
        new_promised_time: soon
    });
    let Command::SendUpdate {
        new_promise: Some(promise),
        ..
    } = command(both)
    else {
        panic!("a new date");
    };
    assert_eq!(promise.reason, "Snow");
}

#[test]
fn a_reason_for_closing_that_has_a_method_of_its_own_is_refused() {
    use v1::ClosureReason as R;
    for reason in [R::FirstContact, R::Withdrawn, R::Unspecified] {
        assert_eq!(
            refused(request!(CloseComplaintRequest { reason: reason })),
            ["reason"]
        );
    }
    for reason in [R::Accepted, R::NoAnswer, R::ProviderDecision] {
        is_read_as(
            request!(CloseComplaintRequest { reason: reason }),
            CommandKind::Close,
        );
    }
}

#[test]
fn an_enquiry_is_closed_with_its_answer_and_nothing_else_is() {
    use v1::ClosureReason as R;
    let close = |reason: R, message: &str| {
        request!(CloseComplaintRequest {
            reason: reason,
            message: message
        })
    };
    let Command::Close { message, .. } = command(close(R::EnquiryAnswered, " Dial 9. ")) else {
        panic!("a closure");
    };
    assert_eq!(message.as_deref(), Some("Dial 9."));
    assert_eq!(refused(close(R::EnquiryAnswered, " ")), ["message"]);
    for reason in [R::Accepted, R::NoAnswer, R::ProviderDecision] {
        assert_eq!(refused(close(reason, "Dial 9.")), ["message"]);
    }
}

#[test]
fn only_a_contact_to_the_customer_can_have_failed_and_then_says_nothing_about_the_customer() {
    use v1::Direction as D;
    for (direction, dissatisfied, refusals) in [
        (D::ToCustomer, false, &[] as &[&str]),
        (D::ToCustomer, true, &["dissatisfied"]),
        (D::FromCustomer, false, &["not_reached"]),
        (D::FromCustomer, true, &["not_reached", "dissatisfied"]),
    ] {
        let request = request!(RecordContactRequest {
            channel: v1::Channel::Phone,
            direction: direction,
            summary: "Nobody answered",
            dissatisfied: dissatisfied,
            not_reached: true
        });
        if refusals.is_empty() {
            let read = command(request);
            assert!(
                matches!(
                    read,
                    Command::RecordContact {
                        not_reached: true,
                        ..
                    }
                ),
                "{read:?}"
            );
        } else {
            assert_eq!(refused(request), refusals);
        }
    }
}

#[test]
fn an_acknowledgement_that_says_nothing_says_what_the_approved_text_does() {
    let Command::Acknowledge(said) = command(request!(AcknowledgeComplaintRequest {})) else {
        panic!("an acknowledgement");
    };
    assert!(said.review.is_none() && said.promised_at.is_none());
}

#[test]
fn a_pause_without_an_end_leaves_it_to_the_policy() {
    let request = request!(PauseComplaintRequest {
        reason: v1::PauseReason::ThirdParty
    });
    let Command::Pause { reason, until, .. } = command(request) else {
        panic!("a pause");
    };
    assert_eq!((reason, until), (PauseReason::ThirdParty, None));
}

#[test]
fn only_a_pause_that_waits_for_the_customer_asks_the_customer_something() {
    use v1::PauseReason as R;
    let asking = |reason: R| {
        request!(PauseComplaintRequest {
            reason: reason,
            question: " Which evening was it? "
        })
    };
    let Command::Pause { question, .. } = command(asking(R::WaitingForCustomer)) else {
        panic!("a pause");
    };
    assert_eq!(question.as_deref(), Some("Which evening was it?"));
    for reason in [R::Appointment, R::ThirdParty] {
        assert_eq!(refused(asking(reason)), ["question"]);
    }
}

#[test]
fn a_level_that_is_not_named_is_the_next_and_none_lies_below_the_first_line() {
    for (named, expected) in [
        (0, None),
        (1, Some(1)),
        (i32::MAX, usize::try_from(i32::MAX).ok()),
    ] {
        let request = request!(EscalateComplaintRequest {
            channel: v1::Channel::Phone,
            level: named
        });
        let Command::Escalate { level, .. } = command(request) else {
            panic!("an escalation");
        };
        assert_eq!(level, expected);
    }
    let below = request!(EscalateComplaintRequest {
        channel: v1::Channel::Phone,
        level: -1
    });
    assert_eq!(refused(below), ["level"]);
}

#[test]
fn a_date_for_findings_is_one_for_carrying_them_out() {
    let date = prost_types::Timestamp {
        seconds: check().now().as_second() + 60,
        nanos: 0,
    };
    let nothing_to_do = request!(RecordFindingsRequest {
        findings: "Nothing to do",
        due_time: date
    });
    assert_eq!(refused(nothing_to_do), ["due_time"]);
    let refund = request!(RecordFindingsRequest {
        findings: "A refund",
        provider_must_act: true,
        due_time: date
    });
    let Command::RecordFindings { must_act, due, .. } = command(refund) else {
        panic!("findings");
    };
    assert!(must_act && due.is_some());
}

#[test]
fn the_direction_of_a_contact_is_told() {
    for (direction, expected) in [
        (v1::Direction::FromCustomer, true),
        (v1::Direction::ToCustomer, false),
    ] {
        let request = request!(RecordContactRequest {
            channel: v1::Channel::Chat,
            direction: direction,
            summary: "Said"
        });
        let Command::RecordContact { from_customer, .. } = command(request) else {
            panic!("a contact");
        };
        assert_eq!(from_customer, expected);
    }
}

#[test]
fn each_text_is_taken_at_its_limit_and_refused_one_beyond() {
    macro_rules! limits {
        ($($request:expr => $field:ident: $limit:literal,)+) => {$(
            let mut request = $request;
            request.$field = "é".repeat($limit);
            assert!(envelope(request.clone(), check()).is_ok(), stringify!($field));
            request.$field.push('é');
            assert_eq!(refused(request), [stringify!($field)]);
        )+};
    }
    let propose = || {
        request!(ProposeOutcomeRequest {
            message: "A credit"
        })
    };
    let answer = || {
        request!(RecordCustomerAnswerRequest {
            answer: v1::CustomerAnswer::Refused
        })
    };
    let escalate = || {
        request!(EscalateComplaintRequest {
            channel: v1::Channel::Chat
        })
    };
    let contact = request!(RecordContactRequest {
        channel: v1::Channel::Chat,
        direction: v1::Direction::ToCustomer,
    });
    let conclude = || {
        request!(ConcludeReviewRequest {
            conclusion: "Our fault"
        })
    };
    let report = request!(SubmitReferralReportRequest {
        answer: v1::ReferralAnswer::Unresolved
    });
    limits! {
        request!(ResumeComplaintRequest {}) => actor: 100,
        request!(VerifyIdentityRequest {}) => method: 200,
        contact => summary: 10_000,
        request!(SendUpdateRequest {}) => message: 10_000,
        request!(AssignComplaintRequest {}) => assignee: 100,
        request!(AddCaseReferenceRequest {}) => case_reference: 100,
        request!(AddNoteRequest {}) => note: 10_000,
        propose() => message: 10_000,
        propose() => remedy: 2_000,
        propose() => root_cause: 200,
        answer() => comment: 10_000,
        request!(ResolveAtFirstContactRequest {}) => message: 10_000,
        escalate() => statement: 10_000,
        escalate() => assignee: 100,
        request!(ReferComplaintRequest {}) => body_reference: 100,
        request!(WithdrawComplaintRequest { channel: v1::Channel::Chat }) => statement: 10_000,
        request!(CloseComplaintRequest { reason: v1::ClosureReason::EnquiryAnswered }) => message: 10_000,
        report => report: 10_000,
        request!(ConcludeReviewRequest {}) => conclusion: 10_000,
        conclude() => root_cause: 200,
        request!(RecordDocumentRequestRequest {}) => request: 10_000,
        request!(SubmitDocumentsRequest {}) => documents: 10_000,
        request!(RecordFindingsRequest {}) => findings: 10_000,
        request!(ReopenComplaintRequest {}) => reason: 2_000,
    }
}
