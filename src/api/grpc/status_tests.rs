//! Every error, decoded again as a caller decodes it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{collections::HashMap, sync::Arc, time::Duration};

use uuid::Uuid;

use super::*;
use crate::{
    api::auth::{BadToken, Unauthenticated, Wanted},
    api::problems::{change_timed_out, of_engine, of_store, read_timed_out},
    domain::{CommandKind, ComplaintRef, Field, ReferralStage, Refusal, State},
    engine::EngineError,
    intake::Violation,
    policy::PolicyBook,
    store::StoreError,
    time_source::WrongTime,
};

/// What a caller sees of a status.
struct Seen {
    code: Code,
    reason: String,
    metadata: HashMap<String, String>,
    details: ErrorDetails,
    message: String,
}

fn seen(status: impl Into<Status>) -> Seen {
    let status = status.into();
    let details = status.check_error_details().unwrap();
    let info = details.error_info().unwrap().clone();
    assert_eq!(info.domain, DOMAIN);
    Seen {
        code: status.code(),
        reason: info.reason,
        metadata: info.metadata,
        message: status.message().to_owned(),
        details,
    }
}

fn of(error: EngineError) -> Seen {
    seen(of_engine(&error))
}

fn of_stored(error: StoreError) -> Seen {
    let engine = of(EngineError::Store(Arc::new(error)));
    assert!(!engine.reason.is_empty());
    engine
}

fn refused(refusal: Refusal) -> Seen {
    of(EngineError::Refused(Arc::new(refusal)))
}

fn retries(seen: &Seen) -> bool {
    seen.details
        .retry_info()
        .is_some_and(|info| info.retry_delay.is_some())
}

#[test]
fn what_a_caller_may_repeat_says_when() {
    for (error, code, reason) in [
        (
            EngineError::Overloaded,
            Code::ResourceExhausted,
            "OVERLOADED",
        ),
        (EngineError::NoRoom, Code::ResourceExhausted, "STORAGE_LOW"),
        (
            EngineError::ShuttingDown,
            Code::Unavailable,
            "SHUTTING_DOWN",
        ),
        (EngineError::TimedOut, Code::Unavailable, "DATABASE_TIMEOUT"),
        (
            EngineError::Contended(ComplaintRef::Id(Uuid::nil())),
            Code::Aborted,
            "TRY_AGAIN",
        ),
        (
            EngineError::WrongTime(WrongTime {
                offset: jiff::SignedDuration::from_secs(-90),
            }),
            Code::Unavailable,
            "WRONG_TIME",
        ),
    ] {
        let seen = of(error);
        assert_eq!((seen.code, seen.reason.as_str()), (code, reason));
        assert!(retries(&seen), "{reason}");
    }
    let away = of_stored(StoreError::Unavailable("connection refused".to_owned()));
    assert_eq!(
        (away.code, away.reason.as_str()),
        (Code::Unavailable, "DATABASE_UNAVAILABLE")
    );
    assert!(retries(&away));
    for crossed in [
        StoreError::Retry("deadlock".to_owned()),
        StoreError::Duplicate {
            constraint: "complaint_tracking_number_key".to_owned(),
        },
    ] {
        let seen = of_stored(crossed);
        assert_eq!(
            (seen.code, seen.reason.as_str()),
            (Code::Aborted, "TRY_AGAIN")
        );
        assert!(retries(&seen));
    }
}

#[test]
fn what_is_not_mended_by_repeating_does_not_ask_for_it() {
    let missing = of(EngineError::NotFound);
    assert_eq!(
        (missing.code, missing.reason.as_str()),
        (Code::NotFound, "COMPLAINT_NOT_FOUND")
    );
    let other = of(EngineError::OtherNotFound);
    assert_eq!(
        (other.code, other.reason.as_str()),
        (Code::NotFound, "COMPLAINT_NOT_FOUND")
    );
    assert_eq!(other.metadata["field"], "other_complaint");
    let reused = of(EngineError::RequestReused);
    assert_eq!(
        (reused.code, reused.reason.as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
    let changed = of(EngineError::VersionMismatch {
        expected: 3,
        present: 5,
    });
    assert_eq!(
        (changed.code, changed.reason.as_str()),
        (Code::Aborted, "ETAG_MISMATCH")
    );
    assert_eq!(changed.metadata["expected"], "\"3\"");
    assert_eq!(changed.metadata["present"], "\"5\"");
    let unloaded = of(EngineError::PolicyNotLoaded {
        name: "ca-jive".to_owned(),
        version: "abc".to_owned(),
    });
    assert_eq!(
        (unloaded.code, unloaded.reason.as_str()),
        (Code::Unavailable, "POLICY_NOT_LOADED")
    );
    assert_eq!(unloaded.metadata["version"], "abc");
    assert!(retries(&unloaded), "another replica may know it");
    for seen in [missing, reused, changed] {
        assert!(!retries(&seen), "{}", seen.reason);
    }
}

#[test]
fn where_it_is_not_known_whether_a_change_was_carried_out_the_same_request_id_is_asked_for() {
    let away = || StoreError::Unavailable("connection refused".to_owned());
    for (code, reason, change, read) in [
        (
            Code::Unavailable,
            "DATABASE_UNAVAILABLE",
            of_stored(away()),
            Some(seen(of_store(&away()))),
        ),
        (
            Code::Unavailable,
            "DATABASE_TIMEOUT",
            of(EngineError::TimedOut),
            None,
        ),
        (
            Code::DeadlineExceeded,
            "TIMED_OUT",
            seen(change_timed_out()),
            Some(seen(read_timed_out())),
        ),
    ] {
        assert_eq!((change.code, change.reason.as_str()), (code, reason));
        for words in ["is not known", "repeat it with the same request_id"] {
            assert!(change.message.contains(words), "{}", change.message);
        }
        // A read changes nothing: there is nothing to be unsure of.
        let Some(read) = read else { continue };
        assert_eq!((read.code, read.reason.as_str()), (code, reason));
        assert!(read.message.contains("try again"), "{}", read.message);
        assert!(!read.message.contains("request_id"), "{}", read.message);
    }
}

#[test]
fn what_the_state_does_not_allow_says_what_it_does() {
    let seen = refused(Refusal::NotPossibleNow {
        command: CommandKind::Reopen,
        state: State::InReview,
        why: "it is still open",
        possible: vec![CommandKind::Escalate, CommandKind::Close],
    });
    assert_eq!(
        (seen.code, seen.reason.as_str()),
        (Code::FailedPrecondition, "NOT_POSSIBLE_NOW")
    );
    assert_eq!(seen.metadata["state"], "in_review");
    assert_eq!(
        seen.metadata["possible"],
        "EscalateComplaint,CloseComplaint"
    );
    let failure = seen.details.precondition_failure().unwrap();
    assert_eq!(failure.violations[0].r#type, "NOT_POSSIBLE_NOW");
    assert_eq!(failure.violations[0].description, seen.message);
}

#[test]
fn each_refusal_has_a_reason_of_its_own() {
    let until: jiff::Timestamp = "2026-10-01T21:00:00Z".parse().unwrap();
    for (refusal, reason, key, value) in [
        (
            Refusal::SameHandler {
                field: Field::Assignee,
                person: "maria".to_owned(),
            },
            "SAME_HANDLER",
            "person",
            "maria",
        ),
        (
            Refusal::StillWaitingForAnswer { until },
            "STILL_WAITING_FOR_ANSWER",
            "until",
            "2026-10-01T21:00:00Z",
        ),
        (
            Refusal::PromiseBeyondCeiling {
                field: Field::NewPromisedDate,
                clock: "ceiling".to_owned(),
                latest: until,
            },
            "PROMISE_BEYOND_CEILING",
            "latest",
            "2026-10-01T21:00:00Z",
        ),
        (
            Refusal::StageNotAhead {
                reached: ReferralStage::Investigation,
                wanted: ReferralStage::Assessment,
            },
            "STAGE_NOT_AHEAD",
            "reached",
            "investigation",
        ),
        (
            Refusal::LimitReached {
                field: Field::LinksOfOther,
                limit: 50,
            },
            "LIMIT_REACHED",
            "field",
            "other_complaint",
        ),
        (
            Refusal::OnLegalHold {
                holds: vec!["litigation", "referral"],
            },
            "LEGAL_HOLD",
            "holds",
            "litigation,referral",
        ),
        (
            Refusal::Retained { until },
            "RETAINED",
            "until",
            "2026-10-01T21:00:00Z",
        ),
    ] {
        let seen = refused(refusal);
        assert_eq!(seen.code, Code::FailedPrecondition);
        assert_eq!(seen.reason, reason);
        assert_eq!(seen.metadata[key], value);
        assert!(seen.details.precondition_failure().is_some());
    }
}

#[test]
fn what_the_domain_finds_wrong_with_a_field_names_the_field() {
    let received = jiff::Timestamp::UNIX_EPOCH;
    for (seen, field) in [
        (
            refused(Refusal::BadTime {
                field: Field::PromisedDate,
                why: "must be in the future".to_owned(),
            }),
            "acknowledgement.promised_time",
        ),
        (
            refused(Refusal::NoPolicyInForce {
                name: "ca-jive".to_owned(),
                received,
            }),
            "policy",
        ),
        (
            of(EngineError::UnknownPolicy(
                PolicyBook::default().unknown("x"),
            )),
            "policy",
        ),
    ] {
        assert_eq!(
            (seen.code, seen.reason.as_str()),
            (Code::InvalidArgument, "INVALID_REQUEST")
        );
        let violations = &seen.details.bad_request().unwrap().field_violations;
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].field, field);
        assert!(!violations[0].description.is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_data_loss_and_none_of_it_is_told() {
    let secret = "row of Jane Doe";
    let seen = of_stored(StoreError::Corrupt(secret.to_owned()));
    assert_eq!(
        (seen.code, seen.reason.as_str()),
        (Code::DataLoss, "DATA_UNREADABLE")
    );
    assert!(!seen.message.contains(secret));
    assert!(seen.message.contains("redress verify"));
}

#[test]
fn a_fault_of_ours_tells_the_caller_nothing_about_it() {
    let secret = "row of Jane Doe";
    for seen in [
        of_stored(StoreError::Refused(secret.to_owned())),
        refused(Refusal::Notice(
            crate::domain::notice::NoticeTextError::NoSuchText {
                text: secret.to_owned(),
            },
        )),
        refused(Refusal::OutOfRange(crate::calendar::OutOfRange {
            calendar: secret.to_owned(),
            from: jiff::Timestamp::UNIX_EPOCH,
        })),
    ] {
        assert_eq!(
            (seen.code, seen.reason.as_str()),
            (Code::Internal, "INTERNAL")
        );
        assert!(!seen.message.contains(secret));
        assert!(seen.metadata.is_empty());
    }
}

#[test]
fn very_many_violations_still_fit_into_the_headers_that_clients_accept() {
    let field = "case_references[99999]";
    let violation = |field: &str, description: String| Violation {
        field: field.to_owned(),
        description,
    };
    let violations = vec![violation(field, "x".repeat(60)); 1_000];
    let status = Status::from(Problem::invalid(violations));
    assert!(status.details().len() * 4 / 3 < 8 * 1024);
    assert!(status.message().ends_with("and 999 more"));
    let listed = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(listed.len(), VIOLATIONS / (field.len() + 60 + 8));
    // Each of these says what is known.
    let violations = vec![violation("kinds[0]", "y".repeat(900)); 1_000];
    let status = Status::from(Problem::invalid(violations));
    assert!(status.details().len() * 4 / 3 < 8 * 1024);
    let listed = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(listed.len(), 4);
}

#[test]
fn no_mistake_of_a_caller_is_called_a_fault_of_the_service() {
    let header = || "grpc-timeout".to_owned();
    for (error, code, reason) in [
        (CallError::NotPosted, Code::InvalidArgument, "NOT_GRPC"),
        (CallError::NotGrpc, Code::InvalidArgument, "NOT_GRPC"),
        (
            CallError::NoSuchMethod,
            Code::Unimplemented,
            "METHOD_NOT_FOUND",
        ),
        (
            CallError::BadHeader {
                name: header(),
                why: "no digits",
            },
            Code::InvalidArgument,
            "INVALID_HEADER",
        ),
        (
            CallError::UnknownEncoding,
            Code::Unimplemented,
            "UNKNOWN_ENCODING",
        ),
        (
            Unauthenticated::Nothing(Wanted::Token).into(),
            Code::Unauthenticated,
            "TOKEN_REQUIRED",
        ),
        (
            Unauthenticated::Nothing(Wanted::Either).into(),
            Code::Unauthenticated,
            "TOKEN_REQUIRED",
        ),
        (
            Unauthenticated::Nothing(Wanted::Certificate).into(),
            Code::Unauthenticated,
            "CERTIFICATE_REQUIRED",
        ),
        (
            Unauthenticated::Token(BadToken::Signature).into(),
            Code::Unauthenticated,
            "TOKEN_INVALID",
        ),
        (
            Unauthenticated::Token(BadToken::Expired).into(),
            Code::Unauthenticated,
            "TOKEN_EXPIRED",
        ),
        (
            Unauthenticated::NoKeys.into(),
            Code::Unavailable,
            "KEYS_UNAVAILABLE",
        ),
        (
            CallError::NotPermitted(Arc::default()),
            Code::PermissionDenied,
            "ROLE_REQUIRED",
        ),
        (
            CallError::BadMessage("it is cut off".to_owned()),
            Code::InvalidArgument,
            "MALFORMED_MESSAGE",
        ),
        (
            CallError::TooLarge { found: 2, limit: 1 },
            Code::OutOfRange,
            "REQUEST_TOO_LARGE",
        ),
        (
            CallError::InflatesTooFar { limit: 1 },
            Code::ResourceExhausted,
            "REQUEST_TOO_LARGE",
        ),
        (
            CallError::TooSlow(Duration::from_secs(9)),
            Code::Aborted,
            "REQUEST_TOO_SLOW",
        ),
        (
            CallError::Interrupted,
            Code::Cancelled,
            "REQUEST_INTERRUPTED",
        ),
        (
            CallError::NoRoom("much"),
            Code::ResourceExhausted,
            "OVERLOADED",
        ),
        (
            CallError::DeadlinePassed,
            Code::DeadlineExceeded,
            "TIMED_OUT",
        ),
    ] {
        let seen = seen(of_call(&error));
        assert_eq!((seen.code, seen.reason.as_str()), (code, reason), "{error}");
        assert_eq!(
            retries(&seen),
            matches!(
                error,
                CallError::NoRoom(_) | CallError::Unauthenticated(Unauthenticated::NoKeys)
            ),
            "{error}"
        );
    }
    let undecodable = seen(of_unexplained(&Status::internal("invalid wire type")));
    assert_eq!(undecodable.code, Code::InvalidArgument);
    assert_eq!(undecodable.reason, "MALFORMED_MESSAGE");
    assert_eq!(undecodable.message, "invalid wire type");
}
