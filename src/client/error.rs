//! Why a call failed, as a person needs to read it.

use std::{error::Error, fmt};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Why a call of the service failed.
#[derive(Debug)]
pub enum CallError {
    /// The service refused it, or could not carry it out.
    Refused(Box<Status>),
    /// The address holds an `@`.
    Credentials,
    /// Nobody answers at the address.
    Unreachable {
        /// The address.
        server: String,
        /// Why.
        reason: String,
    },
}

impl CallError {
    pub(super) fn unreachable(server: &str, error: &(dyn Error + 'static)) -> Self {
        CallError::Unreachable {
            server: server.to_owned(),
            reason: innermost(error),
        }
    }

    /// Whether the service or its database is away, so that the same again may succeed later.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        match self {
            CallError::Unreachable { .. } => true,
            CallError::Refused(status) => status.code() == Code::Unavailable,
            CallError::Credentials => false,
        }
    }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        CallError::Refused(Box::new(status))
    }
}

impl Error for CallError {}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Refused(status) => refused(f, status),
            CallError::Credentials => f.write_str(
                "the address of the service must have no user and no password: nothing is sent but the call itself",
            ),
            CallError::Unreachable { server, reason } => write!(
                f,
                "no service answers at {server}: {reason}\n  start one with `redress serve`, or name another with --server"
            ),
        }
    }
}

/// The message; then, each on a line of its own, what the details add to it.
fn refused(f: &mut fmt::Formatter<'_>, status: &Status) -> fmt::Result {
    let message = match status.message() {
        "" => status.code().description(),
        message => message,
    };
    f.write_str(message)?;
    let details = status.get_error_details();
    for violation in details
        .bad_request()
        .iter()
        .flat_map(|bad| &bad.field_violations)
    {
        write!(f, "\n  {}: {}", violation.field, violation.description)?;
    }
    if let Some(info) = details.error_info() {
        write!(f, "\n  reason: {}", info.reason)?;
        // In the order of their names, so that the same error always reads the same.
        let mut facts: Vec<_> = info.metadata.iter().collect();
        facts.sort();
        for (name, value) in facts {
            write!(f, "\n  {name}: {value}")?;
        }
    }
    again(f, &details)
}

fn again(f: &mut fmt::Formatter<'_>, details: &ErrorDetails) -> fmt::Result {
    match details.retry_info().and_then(|retry| retry.retry_delay) {
        Some(delay) => write!(f, "\n  try again in {} s", delay.as_secs().max(1)),
        None => Ok(()),
    }
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut reason = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use super::*;

    #[test]
    fn every_violation_is_told_with_its_field() {
        let mut details = ErrorDetails::new();
        details
            .add_bad_request_violation("customer.full_name", "is required")
            .add_bad_request_violation("issues", "at least one is required")
            .set_error_info("INVALID_REQUEST", "redress", HashMap::new());
        let status = Status::with_error_details(
            Code::InvalidArgument,
            "the request is not complete",
            details,
        );
        assert_eq!(
            CallError::from(status).to_string(),
            "the request is not complete\n  customer.full_name: is required\n  issues: at least one is required\n  \
             reason: INVALID_REQUEST"
        );
    }

    #[test]
    fn what_is_possible_instead_is_told() {
        let facts = [
            ("state", "closed"),
            ("possible", "ReopenComplaint, RecordContact"),
        ];
        let facts: HashMap<_, _> = facts
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let details = ErrorDetails::with_error_info("NOT_POSSIBLE_NOW", "redress", facts);
        let status = Status::with_error_details(
            Code::FailedPrecondition,
            "SendUpdate is not possible",
            details,
        );
        let text = CallError::from(status).to_string();
        assert!(text.ends_with("reason: NOT_POSSIBLE_NOW\n  possible: ReopenComplaint, RecordContact\n  state: closed"), "{text}");
    }

    #[test]
    fn a_service_that_is_away_says_when_to_try_again() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(2)));
        let error = CallError::from(Status::with_error_details(
            Code::Unavailable,
            "the database is away",
            details,
        ));
        assert!(error.is_unreachable());
        assert_eq!(
            error.to_string(),
            "the database is away\n  try again in 2 s"
        );
    }

    #[test]
    fn a_status_without_words_or_details_is_still_told() {
        let text = CallError::from(Status::new(Code::NotFound, "")).to_string();
        assert_eq!(text, Code::NotFound.description());
    }
}
