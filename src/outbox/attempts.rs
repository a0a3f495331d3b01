//! The attempts of a delivery, as they are kept with it: the last ones, as JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many are kept.
const KEPT: usize = 10;

/// One time that something was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it did not arrive. `None`: it did.
    pub error: Option<String>,
}

/// The attempts that are kept of a delivery. What cannot be read is not among them.
#[must_use]
pub fn attempts_of(json: &str) -> Vec<Attempt> {
    serde_json::from_str(json).unwrap_or_default()
}

/// These attempts with another one.
pub(super) fn with(json: &str, attempt: &Attempt) -> String {
    let mut attempts = attempts_of(json);
    attempts.push(attempt.clone());
    let surplus = attempts.len().saturating_sub(KEPT);
    attempts.drain(..surplus);
    // Times, numbers and words are always JSON.
    serde_json::to_string(&attempts).unwrap_or_else(|_| "[]".to_owned())
}
