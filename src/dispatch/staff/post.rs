//! Messages to staff, and the interface for sending them.

use std::{fmt, future::Future, pin::Pin};

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::store::StaffMeans;

/// A message ready to send.
#[derive(Debug, Clone)]
pub struct StaffLetter {
    /// The same for every attempt, so that recipients can detect duplicates.
    pub id: Uuid,
    /// The means.
    pub means: StaffMeans,
    /// The address.
    pub address: String,
    /// The addressee's name.
    pub name: String,
    /// The subject, on one line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The machine-readable kind, such as `redress.staff.reminder`.
    pub kind: String,
    /// The machine-readable content.
    pub data: Value,
    /// The time of sending.
    pub at: Timestamp,
}

/// Why a message was not sent. Contains nothing that a receiver returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Transient: it may be accepted later.
    #[error("{0}")]
    NotNow(String),
    /// Permanent for this means.
    #[error("{0}")]
    Never(String),
}

/// The eventual outcome of an attempt.
pub type Posted<'a> = Pin<Box<dyn Future<Output = Result<(), PostError>> + Send + 'a>>;

/// Sends messages to staff. The caller limits how long an attempt may take.
pub trait StaffPost: fmt::Debug + Send + Sync + 'static {
    /// Sends one message. `Ok`: it was accepted for delivery.
    fn send<'a>(&'a self, letter: &'a StaffLetter) -> Posted<'a>;
}
