//! Why a call failed, as a person needs to read it.

use std::{error::Error, fmt, io, path::PathBuf};

use tokio_rustls::rustls;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Why a call of the service failed.
#[derive(Debug)]
pub enum CallError {
    /// The service refused it, or could not carry it out.
    Refused(Box<Status>),
    /// The address holds an `@`.
    Credentials,
    /// The connection ended before there was an answer.
    Broken {
        /// Why, as far as that is known.
        reason: String,
    },
    /// A file for TLS cannot be read.
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Who answers at the address cannot be shown to be the service.
    Untrusted {
        /// The address.
        server: String,
        /// Why.
        reason: String,
    },
    /// A token would go over the network for everybody to read.
    TokenInTheOpen,
    /// Nobody answers at the address.
    Unreachable {
        /// The address.
        server: String,
        /// Why.
        reason: String,
    },
}

/// Reasons of UNAVAILABLE with which a change is refused before anything is done.
const NOTHING_DONE: [&str; 5] = [
    "BRAND_NOT_LOADED",
    "POLICY_NOT_LOADED",
    "READS_NOT_RECORDED",
    "KEYS_UNAVAILABLE",
    "WRONG_TIME",
];

impl CallError {
    pub(super) fn unreachable(server: &str, error: &(dyn Error + 'static)) -> Self {
        let (server, reason) = (server.to_owned(), innermost(error));
        if is_of_certificate(error) {
            CallError::Untrusted { server, reason }
        } else {
            CallError::Unreachable { server, reason }
        }
    }

    /// The reason with which the service refused it, such as `ETAG_MISMATCH`.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            CallError::Refused(status) => {
                let info = status.get_details_error_info()?;
                Some(info.reason)
            }
            _ => None,
        }
    }

    /// What the service adds to its reason, by its name, such as `latest`.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<String> {
        match self {
            CallError::Refused(status) => {
                let info = status.get_details_error_info()?;
                info.metadata.get(name).cloned()
            }
            _ => None,
        }
    }

    /// Whether nobody knows if a change was carried out, so that it has to be repeated under the same request id.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        match self {
            CallError::Broken { .. } => true,
            CallError::Refused(status) => match status.code() {
                Code::Unavailable => {
                    let reason = self.reason();
                    !reason.is_some_and(|reason| NOTHING_DONE.contains(&reason.as_str()))
                }
                Code::DeadlineExceeded | Code::Cancelled | Code::Internal | Code::Unknown => true,
                _ => false,
            },
            // There was no connection to send it on.
            CallError::Unreachable { .. }
            | CallError::Credentials
            | CallError::TokenInTheOpen
            | CallError::Unreadable { .. }
            | CallError::Untrusted { .. } => false,
        }
    }

    /// Whether the service or its database is away, so that the same again may succeed later.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        match self {
            CallError::Unreachable { .. } | CallError::Broken { .. } => true,
            CallError::Refused(status) => status.code() == Code::Unavailable,
            CallError::Credentials
            | CallError::TokenInTheOpen
            | CallError::Unreadable { .. }
            | CallError::Untrusted { .. } => false,
        }
    }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        // What comes from the service has no source. The code depends on who noticed first that the connection had ended.
        match (status.code(), status.source()) {
            (Code::Unknown | Code::Cancelled | Code::Internal, Some(error)) => CallError::Broken {
                reason: innermost(error),
            },
            _ => CallError::Refused(Box::new(status)),
        }
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
            CallError::Broken { reason } => write!(
                f,
                "the connection ended before there was an answer: {reason}\n  if the service speaks TLS, its address begins with https://; if it asks for certificates, show it one with --client-cert-file"
            ),
            CallError::Unreadable { file, source } => write!(f, "{}: {source}", file.display()),
            CallError::Untrusted { server, reason } => write!(
                f,
                "what answers at {server} is not known to be the service: {reason}\n  name the authority of its certificate with --ca-file"
            ),
            CallError::TokenInTheOpen => f.write_str(
                "a token is only sent over TLS, or to this machine: name the service by an address that begins with https://",
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
    if status.code() == Code::Unauthenticated {
        f.write_str("\n  name a file that holds a token with --token-file, or show a certificate with --client-cert-file and --client-key-file")?;
    }
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

/// Whether the certificate of the other end was the reason. An I/O error holds its own within, and passes over it as a source.
fn is_of_certificate(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    let within = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match within {
        Some(within) => is_of_certificate(within),
        None => error.source().is_some_and(is_of_certificate),
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
    fn a_change_is_unclear_unless_it_was_refused_before_anything_was_done() {
        let failed = |code, reason: &str| {
            let details = ErrorDetails::with_error_info(reason, "redress", HashMap::new());
            CallError::from(Status::with_error_details(code, "no", details)).is_unclear()
        };
        for (code, reason) in [
            (Code::Unavailable, "DATABASE_TIMEOUT"),
            (Code::Unavailable, "SHUTTING_DOWN"),
            (Code::DeadlineExceeded, "TIMED_OUT"),
            (Code::Internal, "INTERNAL"),
        ] {
            assert!(failed(code, reason), "{reason}");
        }
        for (code, reason) in [
            (Code::Unavailable, "POLICY_NOT_LOADED"),
            (Code::Aborted, "TRY_AGAIN"),
            (Code::ResourceExhausted, "OVERLOADED"),
            (Code::FailedPrecondition, "NOT_POSSIBLE_NOW"),
        ] {
            assert!(!failed(code, reason), "{reason}");
        }
        // A proxy's word about a service that went away.
        assert!(CallError::from(Status::new(Code::Unavailable, "")).is_unclear());
    }

    #[test]
    fn a_status_without_words_or_details_is_still_told() {
        let text = CallError::from(Status::new(Code::NotFound, "")).to_string();
        assert_eq!(text, Code::NotFound.description());
    }
}
