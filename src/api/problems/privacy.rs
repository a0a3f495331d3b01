//! Problems of what a person may ask for.

use super::waits::LATER;
use crate::intake::{Code, Problem, reason};

/// Nobody knows yet to whom the data would go.
pub(in crate::api) fn identity_not_verified(field: &str) -> Problem {
    let message = "the data are handed out only once the identity was checked; record that with VerifyIdentity first";
    Problem::new(
        Code::FailedPrecondition,
        reason::IDENTITY_NOT_VERIFIED,
        message,
    )
    .with("field", field)
    .precondition("complaint")
}

/// It cannot be recorded who reads.
pub(in crate::api) fn reads_not_recorded() -> Problem {
    let message = "personal data are shown only while it can be recorded who reads them, and the database does not take the records; \
                   try again in a moment. For operators: the service's log says why, and `serve --read-record best-effort` shows \
                   them all the same";
    Problem::new(Code::Unavailable, reason::READS_NOT_RECORDED, message).retry(LATER)
}
