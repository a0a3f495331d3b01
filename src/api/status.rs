//! The one table from what went wrong to what the caller is told.
//!
//! Every status carries `google.rpc.ErrorInfo` with a stable reason and the domain `redress`. A message says what to do
//! next and never holds personal data; what only the operators can mend stands in the log alone.

use std::{collections::HashMap, time::Duration};

use tokio::task::JoinError;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::{check::etag_of, position, wire::CallError};
use crate::{
    domain::{Refusal, ReplayError},
    engine::{ActivationError, EngineError, MigrationError},
    policy::ProposalError,
    store::{PositionError, StoreError},
    time_source::WrongTime,
};

/// The domain of every reason.
pub const DOMAIN: &str = "redress";

/// The reasons, as callers may compare them. None is ever renamed.
pub mod reason {
    /// INVALID_ARGUMENT: BadRequest names every violation.
    pub const INVALID_REQUEST: &str = "INVALID_REQUEST";
    /// NOT_FOUND: no complaint has this name.
    pub const COMPLAINT_NOT_FOUND: &str = "COMPLAINT_NOT_FOUND";
    /// FAILED_PRECONDITION: the complaint's state does not allow it; metadata `state` and `possible`.
    pub const NOT_POSSIBLE_NOW: &str = "NOT_POSSIBLE_NOW";
    /// FAILED_PRECONDITION: an escalated complaint goes to somebody new.
    pub const SAME_HANDLER: &str = "SAME_HANDLER";
    /// FAILED_PRECONDITION: the customer has time to answer until the metadata `until`.
    pub const STILL_WAITING_FOR_ANSWER: &str = "STILL_WAITING_FOR_ANSWER";
    /// FAILED_PRECONDITION: the date lies after the due time of the clock that bounds what may be promised, and no reason was
    /// given; metadata `clock` and `latest`.
    pub const PROMISE_BEYOND_CEILING: &str = "PROMISE_BEYOND_CEILING";
    /// FAILED_PRECONDITION: the referral is past that stage; metadata `reached`.
    pub const STAGE_NOT_AHEAD: &str = "STAGE_NOT_AHEAD";
    /// FAILED_PRECONDITION: the complaint already has as many of something as it may have; metadata `field` and `limit`.
    pub const LIMIT_REACHED: &str = "LIMIT_REACHED";
    /// FAILED_PRECONDITION: the complaint keeps a version of its policy that this process does not have.
    pub const POLICY_NOT_LOADED: &str = "POLICY_NOT_LOADED";
    /// FAILED_PRECONDITION: the policy does not go with those that are in use.
    pub const POLICY_CANNOT_RULE: &str = "POLICY_CANNOT_RULE";
    /// FAILED_PRECONDITION: no version of the policy is in force now.
    pub const NO_POLICY_IN_FORCE: &str = "NO_POLICY_IN_FORCE";
    /// ABORTED: another replica moves the complaints of the policy.
    pub const MIGRATION_ELSEWHERE: &str = "MIGRATION_ELSEWHERE";
    /// ABORTED, with RetryInfo: this replica is moving the complaints of another policy.
    pub const MIGRATION_BUSY: &str = "MIGRATION_BUSY";
    /// ABORTED: the complaint has changed since.
    pub const ETAG_MISMATCH: &str = "ETAG_MISMATCH";
    /// ABORTED: another transaction was in the way.
    pub const TRY_AGAIN: &str = "TRY_AGAIN";
    /// ALREADY_EXISTS: the request id was used for another request.
    pub const REQUEST_ID_REUSED: &str = "REQUEST_ID_REUSED";
    /// RESOURCE_EXHAUSTED: too much is waiting.
    pub const OVERLOADED: &str = "OVERLOADED";
    /// RESOURCE_EXHAUSTED, with RetryInfo: the database's disk is nearly full, so no complaints are filed for now.
    pub const STORAGE_LOW: &str = "STORAGE_LOW";
    /// RESOURCE_EXHAUSTED: as many streams of events are watched here as may be.
    pub const TOO_MANY_WATCHERS: &str = "TOO_MANY_WATCHERS";
    /// RESOURCE_EXHAUSTED: the stream was not read for too long; metadata `position`.
    pub const NOT_READ: &str = "NOT_READ";
    /// UNAVAILABLE: the database is away; whether a change was carried out is not known.
    pub const DATABASE_UNAVAILABLE: &str = "DATABASE_UNAVAILABLE";
    /// UNAVAILABLE: the database did not answer; whether the change was carried out is not known.
    pub const DATABASE_TIMEOUT: &str = "DATABASE_TIMEOUT";
    /// FAILED_PRECONDITION: the log has gone another way before the position; metadata `position`, up to which it has not.
    pub const LOG_PARTED: &str = "LOG_PARTED";
    /// FAILED_PRECONDITION: the position is of another log.
    pub const OTHER_LOG: &str = "OTHER_LOG";
    /// OUT_OF_RANGE: the log ends before the position; metadata `position`, where it ends.
    pub const POSITION_AHEAD: &str = "POSITION_AHEAD";
    /// UNAVAILABLE: this replica's clock is wrong, so it changes nothing; metadata `seconds`, by which it is ahead.
    pub const WRONG_TIME: &str = "WRONG_TIME";
    /// UNAVAILABLE: this process is going down.
    pub const SHUTTING_DOWN: &str = "SHUTTING_DOWN";
    /// UNAVAILABLE, with RetryInfo: the connection of a stream has reached its age; another one is as good.
    pub const CONNECTION_ENDS: &str = "CONNECTION_ENDS";
    /// DEADLINE_EXCEEDED: the call took too long; whether a change was carried out is not known.
    pub const TIMED_OUT: &str = "TIMED_OUT";
    /// NOT_FOUND: the complaint has no such clock; metadata `clocks`.
    pub const CLOCK_NOT_FOUND: &str = "CLOCK_NOT_FOUND";
    /// DATA_LOSS: the complaint's log was changed past the service.
    pub const LOG_BROKEN: &str = "LOG_BROKEN";
    /// INVALID_ARGUMENT: the bytes are not a message of the method, or not one message; or they are not gzip although they are
    /// said to be.
    pub const MALFORMED_MESSAGE: &str = "MALFORMED_MESSAGE";
    /// INVALID_ARGUMENT: a header does not have the form that gRPC gives it; metadata `header`.
    pub const INVALID_HEADER: &str = "INVALID_HEADER";
    /// INVALID_ARGUMENT: the call is not one of gRPC.
    pub const NOT_GRPC: &str = "NOT_GRPC";
    /// UNIMPLEMENTED: the request is compressed by a method other than gzip.
    pub const UNKNOWN_ENCODING: &str = "UNKNOWN_ENCODING";
    /// UNIMPLEMENTED: the service has no such method.
    pub const METHOD_NOT_FOUND: &str = "METHOD_NOT_FOUND";
    /// NOT_FOUND: the health of a service that there is not.
    pub const SERVICE_NOT_FOUND: &str = "SERVICE_NOT_FOUND";
    /// OUT_OF_RANGE, or RESOURCE_EXHAUSTED if it only shows on decompressing: the request is too large; metadata `limit`.
    pub const REQUEST_TOO_LARGE: &str = "REQUEST_TOO_LARGE";
    /// ABORTED: the request did not arrive completely in time. Nothing was done.
    pub const REQUEST_TOO_SLOW: &str = "REQUEST_TOO_SLOW";
    /// CANCELLED: the request broke off. Nothing was done.
    pub const REQUEST_INTERRUPTED: &str = "REQUEST_INTERRUPTED";
    /// DATA_LOSS: what is stored of the complaint cannot be read.
    pub const DATA_UNREADABLE: &str = "DATA_UNREADABLE";
    /// INTERNAL: a fault of the service.
    pub const INTERNAL: &str = "INTERNAL";
}

/// How long a caller waits before the same again, where the cause passes within moments.
const SOON: Duration = Duration::from_millis(200);
/// The same, where somebody or something has to come back.
const LATER: Duration = Duration::from_secs(1);
/// The same, where people have to do something first.
const MUCH_LATER: Duration = Duration::from_secs(30);
/// Most clients accept 8 KiB of headers. Violations of this many bytes, encoded, stay within it; the message says how many
/// there are.
const VIOLATIONS: usize = 4 << 10;

/// What a command that was not carried out tells the caller.
pub(super) fn of_engine(error: &EngineError) -> Status {
    let said = error.to_string();
    match error {
        EngineError::Refused(refusal) => of_refusal(refusal),
        EngineError::Store(error) => match &**error {
            // The connection may have broken between the commit and the word of it.
            StoreError::Unavailable(why) => database_away(
                why,
                "the database is not available; whether the change was carried out is not known: \
                 repeat it with the same request_id",
            ),
            error => of_store(error),
        },
        EngineError::NotFound => not_found(),
        EngineError::VersionMismatch { expected, present } => Answer::new(
            Code::Aborted,
            reason::ETAG_MISMATCH,
            "the complaint has changed since; read it again",
        )
        .with("expected", etag_of(*expected))
        .with("present", etag_of(*present))
        .status(),
        EngineError::RequestReused => Answer::new(
            Code::AlreadyExists,
            reason::REQUEST_ID_REUSED,
            "this request_id was used for another request; make up a new one",
        )
        .status(),
        EngineError::UnknownPolicy(_) => invalid(vec![FieldViolation::new("policy", said)]),
        EngineError::PolicyNotLoaded { name, version } => {
            tracing::error!(policy = name, version, "a policy version is not loaded");
            // Another replica may know it already, and this one learns it within seconds.
            Answer::new(Code::Unavailable, reason::POLICY_NOT_LOADED, said)
                .with("policy", name)
                .with("version", version)
                .retry(LATER)
                .status()
        }
        EngineError::Overloaded => Answer::new(Code::ResourceExhausted, reason::OVERLOADED, said)
            .retry(SOON)
            .status(),
        EngineError::Contended => locked(),
        EngineError::WrongTime(wrong) => wrong_time(wrong),
        EngineError::NoRoom => Answer::new(
            Code::ResourceExhausted,
            reason::STORAGE_LOW,
            "the service is short of disk space, so it files nothing new for now; try again later with the same \
             request_id",
        )
        .retry(MUCH_LATER)
        .status(),
        EngineError::ShuttingDown => shutting_down(),
        EngineError::TimedOut => Answer::new(
            Code::Unavailable,
            reason::DATABASE_TIMEOUT,
            "the database did not answer in time; whether the change was carried out is not known: \
             repeat it with the same request_id",
        )
        .retry(LATER)
        .status(),
    }
}

fn locked() -> Status {
    Answer::new(
        Code::Unavailable,
        reason::TRY_AGAIN,
        "the complaint is locked by another session; try again in a moment",
    )
    .retry(LATER)
    .status()
}

/// What a read that failed tells the caller.
pub(super) fn of_store(error: &StoreError) -> Status {
    match error {
        StoreError::Unavailable(why) => {
            database_away(why, "the database is not available; try again in a moment")
        }
        StoreError::Locked(why) => {
            tracing::warn!(why, "a lock was held for too long");
            locked()
        }
        // A unique key of our own making that exists already is new at the next try.
        StoreError::Retry(_) | StoreError::Duplicate { .. } => Answer::new(
            Code::Aborted,
            reason::TRY_AGAIN,
            "another change was in the way; try again",
        )
        .retry(SOON)
        .status(),
        // Where nobody has judged it, it may well pass.
        StoreError::Unclear(why) => {
            database_away(why, "the database failed; try again in a moment")
        }
        StoreError::Corrupt(why) => unreadable(why),
        StoreError::Refused(_) => internal(error),
    }
}

/// What a reader is told that cannot go on from its position.
pub(super) fn of_position(error: &PositionError) -> Status {
    match error {
        PositionError::Parted { at } => Answer::new(
            Code::FailedPrecondition,
            reason::LOG_PARTED,
            "a standby of the database took over that had not received the last events: drop what you received after the \
             first event that had the position in the metadata, and go on from there",
        )
        .with("position", position::token(*at))
        .precondition("after_position")
        .status(),
        PositionError::OtherLog => Answer::new(
            Code::FailedPrecondition,
            reason::OTHER_LOG,
            "this position is of another log, such as that of the database which this one was restored from: drop what you \
             have, and go on from the beginning",
        )
        .precondition("after_position")
        .status(),
        PositionError::Ahead { end } => Answer::new(
            Code::OutOfRange,
            reason::POSITION_AHEAD,
            "the log ends before this position: the database has lost its last events; drop what you have, and go on from \
             the beginning",
        )
        .with("position", position::token(*end))
        .status(),
        PositionError::Store(error) => of_store(error),
    }
}

/// What an activation that was refused tells the caller.
pub(super) fn of_activation(error: &ActivationError) -> Status {
    match error {
        ActivationError::Proposal(error) => of_proposal(error),
        ActivationError::CannotRule { policy, .. } => Answer::new(
            Code::FailedPrecondition,
            reason::POLICY_CANNOT_RULE,
            error.to_string(),
        )
        .with("policy", &policy.name)
        .with("version", &policy.version)
        .precondition("policy_file")
        .status(),
        ActivationError::WrongTime(wrong) => wrong_time(wrong),
        ActivationError::Store(error) => of_store(error),
    }
}

/// INVALID_ARGUMENT for a proposal that cannot be read: the place in the text stands in the violation.
pub(super) fn of_proposal(error: &ProposalError) -> Status {
    let field = match error {
        ProposalError::Nothing | ProposalError::OtherPolicy { .. } | ProposalError::Policy(_) => {
            "policy_file".to_owned()
        }
        ProposalError::NoName | ProposalError::UnknownPolicy(_) => "policy".to_owned(),
        ProposalError::Calendar { place, .. } | ProposalError::UnusedCalendar { place, .. } => {
            format!("calendars[{place}]")
        }
    };
    invalid(vec![FieldViolation::new(field, error.to_string())])
}

/// What a migration that was not begun tells the caller.
pub(super) fn of_migration(error: &MigrationError) -> Status {
    let said = error.to_string();
    match error {
        MigrationError::UnknownPolicy(_) => invalid(vec![FieldViolation::new("policy", said)]),
        MigrationError::NoneInForce(_) => {
            Answer::new(Code::FailedPrecondition, reason::NO_POLICY_IN_FORCE, said)
                .precondition("policy")
                .status()
        }
        MigrationError::Elsewhere(_) => {
            Answer::new(Code::Aborted, reason::MIGRATION_ELSEWHERE, said)
                .retry(LATER)
                .status()
        }
        MigrationError::Busy(_) => Answer::new(Code::Aborted, reason::MIGRATION_BUSY, said)
            .retry(LATER)
            .status(),
        MigrationError::ShuttingDown => shutting_down(),
        MigrationError::WrongTime(wrong) => wrong_time(wrong),
        MigrationError::Store(error) => of_store(error),
    }
}

fn wrong_time(wrong: &WrongTime) -> Status {
    let message = format!("{wrong}, so nothing is changed here; go on at another replica");
    Answer::new(Code::Unavailable, reason::WRONG_TIME, message)
        .with("seconds", format!("{:.3}", wrong.offset.as_secs_f64()))
        .retry(LATER)
        .status()
}

fn database_away(why: &str, said: &str) -> Status {
    tracing::warn!(why, "the database is not available");
    Answer::new(Code::Unavailable, reason::DATABASE_UNAVAILABLE, said)
        .retry(LATER)
        .status()
}

fn of_refusal(refusal: &Refusal) -> Status {
    let refused = |reason| Answer::new(Code::FailedPrecondition, reason, refusal.to_string());
    match refusal {
        Refusal::NotPossibleNow {
            state, possible, ..
        } => {
            let possible: Vec<_> = possible.iter().map(|command| command.as_str()).collect();
            refused(reason::NOT_POSSIBLE_NOW)
                .with("state", state)
                .with("possible", possible.join(","))
                .precondition("complaint")
                .status()
        }
        Refusal::SameHandler { assignee } => refused(reason::SAME_HANDLER)
            .with("assignee", assignee)
            .precondition("assignee")
            .status(),
        Refusal::StillWaitingForAnswer { until } => refused(reason::STILL_WAITING_FOR_ANSWER)
            .with("until", until)
            .precondition("complaint")
            .status(),
        Refusal::PromiseBeyondCeiling {
            field,
            clock,
            latest,
        } => refused(reason::PROMISE_BEYOND_CEILING)
            .with("clock", clock)
            .with("latest", latest)
            .precondition(field)
            .status(),
        Refusal::StageNotAhead { reached, .. } => refused(reason::STAGE_NOT_AHEAD)
            .with("reached", reached)
            .precondition("stage")
            .status(),
        Refusal::LimitReached { field, limit } => refused(reason::LIMIT_REACHED)
            .with("field", field)
            .with("limit", limit)
            .precondition(field)
            .status(),
        Refusal::BadTime { field, why } => invalid(vec![FieldViolation::new(*field, why.as_str())]),
        Refusal::BadLevel { .. } => {
            invalid(vec![FieldViolation::new("level", refusal.to_string())])
        }
        Refusal::GivenAlready { fields, earlier } => {
            let why = format!("{earlier} gave it already");
            let violation = |field: &&str| FieldViolation::new(*field, why.as_str());
            invalid(fields.iter().map(violation).collect())
        }
        Refusal::NoPolicyInForce { .. } => {
            invalid(vec![FieldViolation::new("policy", refusal.to_string())])
        }
        Refusal::OutOfRange(_) | Refusal::Log(_) | Refusal::Notice(_) => internal(refusal),
    }
}

/// What a call tells its caller that does not reach its handler.
pub(super) fn of_call(error: &CallError) -> Status {
    let answer = |code, reason| Answer::new(code, reason, error.to_string());
    let answer = match error {
        CallError::NotPosted | CallError::NotGrpc => {
            answer(Code::InvalidArgument, reason::NOT_GRPC)
        }
        CallError::NoSuchMethod => answer(Code::Unimplemented, reason::METHOD_NOT_FOUND),
        CallError::BadHeader { name, .. } => {
            answer(Code::InvalidArgument, reason::INVALID_HEADER).with("header", name)
        }
        CallError::UnknownEncoding => answer(Code::Unimplemented, reason::UNKNOWN_ENCODING),
        CallError::BadMessage(_) => answer(Code::InvalidArgument, reason::MALFORMED_MESSAGE),
        CallError::TooLarge { limit, .. } => {
            answer(Code::OutOfRange, reason::REQUEST_TOO_LARGE).with("limit", limit)
        }
        CallError::InflatesTooFar { limit } => {
            answer(Code::ResourceExhausted, reason::REQUEST_TOO_LARGE).with("limit", limit)
        }
        CallError::TooSlow(_) => answer(Code::Aborted, reason::REQUEST_TOO_SLOW),
        CallError::Interrupted => answer(Code::Cancelled, reason::REQUEST_INTERRUPTED),
        CallError::NoRoom(_) => answer(Code::ResourceExhausted, reason::OVERLOADED).retry(LATER),
        CallError::DeadlinePassed => answer(Code::DeadlineExceeded, reason::TIMED_OUT),
    };
    answer.status()
}

/// What a status becomes that says nothing but a code and a few words: one that tonic has made and not a handler, whose
/// statuses all have details. The frame of the message was checked before, so INTERNAL means that its bytes are not a message
/// of the method, which is the caller's fault.
pub(super) fn of_unexplained(status: &Status) -> Status {
    let (code, reason) = match status.code() {
        Code::Internal => (Code::InvalidArgument, reason::MALFORMED_MESSAGE),
        Code::Unimplemented => (Code::Unimplemented, reason::METHOD_NOT_FOUND),
        Code::NotFound => (Code::NotFound, reason::SERVICE_NOT_FOUND),
        Code::OutOfRange | Code::ResourceExhausted => (status.code(), reason::REQUEST_TOO_LARGE),
        Code::InvalidArgument => (Code::InvalidArgument, reason::INVALID_REQUEST),
        _ => return internal(status),
    };
    Answer::new(code, reason, status.message()).status()
}

/// INVALID_ARGUMENT with every violation.
pub(super) fn invalid(mut violations: Vec<FieldViolation>) -> Status {
    let message = match violations.as_slice() {
        [] => "the request is not valid".to_owned(),
        [only] => format!("{}: {}", only.field, only.description),
        [first, rest @ ..] => {
            let more = rest.len();
            format!("{}: {}; and {more} more", first.field, first.description)
        }
    };
    let mut room = VIOLATIONS;
    let fit = violations.iter().take_while(|violation| {
        let weight = violation.field.len() + violation.description.len() + 8;
        let left = room.checked_sub(weight);
        room = left.unwrap_or_default();
        left.is_some()
    });
    // One of ours alone always fits.
    let fit = fit.count().max(1);
    violations.truncate(fit);
    let mut answer = Answer::new(Code::InvalidArgument, reason::INVALID_REQUEST, message);
    answer.details.set_bad_request(violations);
    answer.status()
}

/// No complaint has the name.
pub(super) fn not_found() -> Status {
    let message = "no complaint has this name";
    Answer::new(Code::NotFound, reason::COMPLAINT_NOT_FOUND, message).status()
}

/// The complaint has no such clock, but these.
pub(super) fn clock_not_found(there_are: &[(String, i32)]) -> Status {
    let clocks: Vec<String> = there_are
        .iter()
        .map(|(name, cycle)| format!("{name}/{cycle}"))
        .collect();
    let message = "the complaint has no such clock; the metadata name those that it has";
    Answer::new(Code::NotFound, reason::CLOCK_NOT_FOUND, message)
        .with("clocks", clocks.join(","))
        .status()
}

/// The log of a complaint does not hold, so nothing can be proved from it.
pub(super) fn of_log(complaint: &uuid::Uuid, error: &ReplayError) -> Status {
    match error {
        ReplayError::UnknownPolicy(policy) => of_engine(&EngineError::PolicyNotLoaded {
            name: policy.name.clone(),
            version: policy.version.clone(),
        }),
        ReplayError::OutOfRange(error) => internal(error),
        ReplayError::Cut { .. }
        | ReplayError::Gap { .. }
        | ReplayError::Broken { .. }
        | ReplayError::NotFiled => log_broken(complaint, error),
    }
}

/// An event is missing, was changed, or cannot be read.
pub(super) fn log_broken(complaint: &uuid::Uuid, why: &dyn std::fmt::Display) -> Status {
    tracing::error!(%complaint, %why, "the log of a complaint does not hold");
    let message =
        format!("the complaint's log does not hold, so nothing can be proved from it: {why}");
    Answer::new(Code::DataLoss, reason::LOG_BROKEN, message).status()
}

/// What is stored of a complaint cannot be read: it was changed past the service, or the storage lost it.
fn unreadable(why: &str) -> Status {
    tracing::error!(why, "what is stored cannot be read");
    let message = "what is stored of the complaint cannot be read, and nothing was changed; `redress verify` with its name \
                   says what it is, for an operator to restore";
    Answer::new(Code::DataLoss, reason::DATA_UNREADABLE, message).status()
}

/// As many watch as may.
pub(super) fn too_many_watchers() -> Status {
    let message =
        "as many streams of events are watched here as may be; end one, or go to another replica";
    Answer::new(Code::ResourceExhausted, reason::TOO_MANY_WATCHERS, message)
        .retry(LATER)
        .status()
}

/// A stream of events was given up.
pub(super) fn not_read(position: &str) -> Status {
    let message = "the stream was not read for half a minute and has ended; watch again from the position in the metadata";
    Answer::new(Code::ResourceExhausted, reason::NOT_READ, message)
        .with("position", position)
        .status()
}

/// A stream that cannot be taken up again was given up.
pub(super) fn not_read_on() -> Status {
    let message = "the stream was not read for half a minute and has ended; call again";
    Answer::new(Code::ResourceExhausted, reason::NOT_READ, message).status()
}

/// Something that takes much of this process is being done as often as it may be.
pub(super) fn busy() -> Status {
    let message = "as many of these calls run here as may at once; try again in a moment";
    Answer::new(Code::ResourceExhausted, reason::OVERLOADED, message)
        .retry(LATER)
        .status()
}

/// This process is going down.
pub(super) fn shutting_down() -> Status {
    let message = "the service is shutting down here; go on at another replica";
    Answer::new(Code::Unavailable, reason::SHUTTING_DOWN, message)
        .retry(LATER)
        .status()
}

/// The connection of a stream has to end.
pub(super) fn connection_ends() -> Status {
    let message = "the connection is old and ends; go on over another one";
    Answer::new(Code::Unavailable, reason::CONNECTION_ENDS, message)
        .retry(SOON)
        .status()
}

/// A change took longer than any call may.
pub(super) fn change_timed_out() -> Status {
    let message = "the call took too long; whether the change was carried out is not known: \
                   repeat it with the same request_id";
    Answer::new(Code::DeadlineExceeded, reason::TIMED_OUT, message).status()
}

/// A read took longer than any call may.
pub(super) fn read_timed_out() -> Status {
    let message = "the call took too long; try again";
    Answer::new(Code::DeadlineExceeded, reason::TIMED_OUT, message).status()
}

/// A fault of the service. The caller learns only that it is one.
pub(super) fn internal(fault: &dyn std::fmt::Display) -> Status {
    tracing::error!(%fault, "a call failed");
    let message = "the service failed; what happened stands in its log";
    Answer::new(Code::Internal, reason::INTERNAL, message).status()
}

/// Work that ended without an answer. Its own words stay out of the log: those of a panic may be a customer's.
pub(super) fn broken_off(error: &JoinError) -> Status {
    internal(if error.is_panic() {
        &"the work for a call panicked"
    } else {
        &"the work for a call was cancelled"
    })
}

/// A status in the making.
struct Answer {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: HashMap<String, String>,
    details: ErrorDetails,
}

impl Answer {
    fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Answer {
            code,
            reason,
            message: message.into(),
            metadata: HashMap::new(),
            details: ErrorDetails::new(),
        }
    }

    fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    fn retry(mut self, after: Duration) -> Self {
        self.details.set_retry_info(Some(after));
        self
    }

    fn precondition(mut self, subject: &str) -> Self {
        let description = self.message.clone();
        self.details
            .add_precondition_failure_violation(self.reason, subject, description);
        self
    }

    fn status(mut self) -> Status {
        self.details
            .set_error_info(self.reason, DOMAIN, self.metadata);
        Status::with_error_details(self.code, self.message, self.details)
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
