//! Problems, in the form of gRPC: a status with google.rpc details.
//!
//! Every status carries `google.rpc.ErrorInfo` with a stable reason and the domain `redress`.

use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, QuotaViolation, StatusExt};

use super::{call_error::CallError, over_quota::OverQuota};
use crate::{
    api::problems::{self, LATER, SOON},
    intake::{self, Problem, reason},
    telemetry::Quota,
};

/// The domain of every reason.
const DOMAIN: &str = "redress";
/// Most clients accept 8 KiB of headers. Violations of this many bytes, encoded, stay within it; the message says how many
/// there are.
const VIOLATIONS: usize = 4 << 10;

impl From<Problem> for Status {
    fn from(problem: Problem) -> Self {
        with(ErrorDetails::new(), problem)
    }
}

/// A problem as a message, for a call that has another one for each of several things.
pub(super) fn status_message(problem: Problem) -> tonic_types::pb::Status {
    let status = Status::from(problem);
    // The details are such a message, encoded; without any there are none.
    tonic_types::pb::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::pb::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}

/// A problem, with details that are of gRPC alone.
fn with(mut details: ErrorDetails, problem: Problem) -> Status {
    let Problem {
        code,
        reason,
        message,
        metadata,
        retry,
        violations,
        precondition,
    } = problem;
    if retry.is_some() {
        details.set_retry_info(retry);
    }
    if let Some(subject) = precondition {
        details.add_precondition_failure_violation(reason, subject, message.as_str());
    }
    if !violations.is_empty() {
        let fit = as_fit(&violations).iter();
        let fit = fit.map(|found| FieldViolation::new(&found.field, &found.description));
        details.set_bad_request(fit.collect::<Vec<_>>());
    }
    let metadata = metadata.into_iter();
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value));
    details.set_error_info(
        reason,
        DOMAIN,
        metadata.collect::<std::collections::HashMap<_, _>>(),
    );
    Status::with_error_details(code_of(code), message, details)
}

fn code_of(code: intake::Code) -> Code {
    use intake::Code as Of;
    match code {
        Of::InvalidArgument => Code::InvalidArgument,
        Of::NotFound => Code::NotFound,
        Of::AlreadyExists => Code::AlreadyExists,
        Of::FailedPrecondition => Code::FailedPrecondition,
        Of::OutOfRange => Code::OutOfRange,
        Of::Aborted => Code::Aborted,
        Of::Unauthenticated => Code::Unauthenticated,
        Of::PermissionDenied => Code::PermissionDenied,
        Of::ResourceExhausted => Code::ResourceExhausted,
        Of::Cancelled => Code::Cancelled,
        Of::Unimplemented => Code::Unimplemented,
        Of::Unavailable => Code::Unavailable,
        Of::DeadlineExceeded => Code::DeadlineExceeded,
        Of::DataLoss => Code::DataLoss,
        Of::Internal => Code::Internal,
    }
}

/// The first of the violations, as many as the headers have room for.
fn as_fit(violations: &[intake::Violation]) -> &[intake::Violation] {
    let mut room = VIOLATIONS;
    let fit = violations.iter().take_while(|violation| {
        let weight = violation.field.len() + violation.description.len() + 8;
        let left = room.checked_sub(weight);
        room = left.unwrap_or_default();
        left.is_some()
    });
    // One of ours alone always fits.
    let fit = fit.count().max(1);
    &violations[..fit.min(violations.len())]
}

/// What a call tells its caller that does not reach its handler.
pub(super) fn of_call(error: &CallError) -> Status {
    let answer = |code, reason| Problem::new(code, reason, error.to_string());
    let answer = match error {
        CallError::NotPosted | CallError::NotGrpc => {
            answer(intake::Code::InvalidArgument, reason::NOT_GRPC)
        }
        CallError::NoSuchMethod => answer(intake::Code::Unimplemented, reason::METHOD_NOT_FOUND),
        CallError::Unauthenticated(why) => problems::of_authentication(why),
        CallError::OverQuota(over) => return over_quota(over, error.to_string()),
        CallError::NotPermitted(rule) => problems::role_required(rule),
        CallError::BadHeader { name, .. } => {
            answer(intake::Code::InvalidArgument, reason::INVALID_HEADER).with("header", name)
        }
        CallError::UnknownEncoding => answer(intake::Code::Unimplemented, reason::UNKNOWN_ENCODING),
        CallError::BadMessage(_) => {
            answer(intake::Code::InvalidArgument, reason::MALFORMED_MESSAGE)
        }
        CallError::TooLarge { limit, .. } => {
            answer(intake::Code::OutOfRange, reason::REQUEST_TOO_LARGE).with("limit", limit)
        }
        CallError::InflatesTooFar { limit } => {
            answer(intake::Code::ResourceExhausted, reason::REQUEST_TOO_LARGE).with("limit", limit)
        }
        CallError::TooSlow(_) => answer(intake::Code::Aborted, reason::REQUEST_TOO_SLOW),
        CallError::Interrupted => answer(intake::Code::Cancelled, reason::REQUEST_INTERRUPTED),
        CallError::NoRoom(_) => {
            answer(intake::Code::ResourceExhausted, reason::OVERLOADED).retry(LATER)
        }
        CallError::DeadlinePassed => answer(intake::Code::DeadlineExceeded, reason::TIMED_OUT),
    };
    answer.into()
}

/// A caller has reached one of its limits.
fn over_quota(over: &OverQuota, message: String) -> Status {
    let reason = match over.quota {
        Quota::FailedTokens => reason::TOO_MANY_FAILED_TOKENS,
        Quota::CallsPerSecond | Quota::CallsInFlight | Quota::OpenStreams => reason::QUOTA_EXCEEDED,
    };
    let (id, value) = (over.quota.as_str(), i64::from(over.value));
    let mut details = ErrorDetails::new();
    details.set_quota_failure([QuotaViolation {
        quota_id: id.to_owned(),
        quota_value: value,
        ..QuotaViolation::new(over.subject(), over.limit())
    }]);
    let problem = Problem::new(intake::Code::ResourceExhausted, reason, message)
        .with("quota", id)
        .with("value", value)
        .retry(over.retry.unwrap_or(LATER));
    with(details, problem)
}

/// What a status becomes that says nothing but a code and a few words: one that tonic has made and not a handler, whose
/// statuses all have details. The frame of the message was checked before, so INTERNAL means that its bytes are not a message
/// of the method, which is the caller's fault.
pub(super) fn of_unexplained(status: &Status) -> Status {
    let (code, reason) = match status.code() {
        Code::Internal => (intake::Code::InvalidArgument, reason::MALFORMED_MESSAGE),
        Code::Unimplemented => (intake::Code::Unimplemented, reason::METHOD_NOT_FOUND),
        Code::NotFound => (intake::Code::NotFound, reason::SERVICE_NOT_FOUND),
        Code::OutOfRange => (intake::Code::OutOfRange, reason::REQUEST_TOO_LARGE),
        Code::ResourceExhausted => (intake::Code::ResourceExhausted, reason::REQUEST_TOO_LARGE),
        Code::InvalidArgument => (intake::Code::InvalidArgument, reason::INVALID_REQUEST),
        _ => return Problem::internal(status).into(),
    };
    Problem::new(code, reason, status.message()).into()
}

/// The connection of a stream has to end.
pub(super) fn connection_ends() -> Status {
    let message = "the connection is old and ends; go on over another one";
    Problem::new(intake::Code::Unavailable, reason::CONNECTION_ENDS, message)
        .retry(SOON)
        .into()
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "over_quota_tests.rs"]
mod quota_tests;
