//! The most recent attempts of a delivery, stored with it as JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many attempts are kept.
const KEPT: usize = 10;

/// One attempt to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was made.
    pub at: Timestamp,
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// Why it failed. `None`: it succeeded.
    pub error: Option<String>,
}

/// The stored attempts of a delivery. Unreadable entries are left out.
#[must_use]
pub fn attempts_of(json: &str) -> Vec<Attempt> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Adds an attempt to the stored ones.
pub(super) fn with(json: &str, attempt: &Attempt) -> String {
    let mut attempts = attempts_of(json);
    attempts.push(attempt.clone());
    let surplus = attempts.len().saturating_sub(KEPT);
    attempts.drain(..surplus);
    // Timestamps, numbers and strings always serialize to JSON.
    serde_json::to_string(&attempts).unwrap_or_else(|_| "[]".to_owned())
}
