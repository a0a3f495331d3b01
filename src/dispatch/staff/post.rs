//! What is sent to staff, and what sends it.

use std::{fmt, future::Future, pin::Pin};

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::store::StaffMeans;

/// One message, ready to be sent.
#[derive(Debug, Clone)]
pub struct StaffLetter {
    /// The same at each attempt, so that whoever gets it twice can tell.
    pub id: Uuid,
    /// By what.
    pub means: StaffMeans,
    /// Where to.
    pub address: String,
    /// Whom, by name.
    pub name: String,
    /// What it is about, on one line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// What kind it is, for machines, such as `redress.staff.reminder`.
    pub kind: String,
    /// What it says, for machines.
    pub data: Value,
    /// When it is sent.
    pub at: Timestamp,
}

/// Why a message was not sent. Holds nothing that a receiver said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// It may be taken later.
    #[error("{0}")]
    NotNow(String),
    /// It will not be taken by this means, however often it is tried.
    #[error("{0}")]
    Never(String),
}

/// What became of an attempt, once it is known.
pub type Posted<'a> = Pin<Box<dyn Future<Output = Result<(), PostError>> + Send + 'a>>;

/// Sends messages to staff. Whoever makes an attempt bounds how long it may take.
pub trait StaffPost: fmt::Debug + Send + Sync + 'static {
    /// Sends one. `Ok`: somebody has taken it who passes it on.
    fn send<'a>(&'a self, letter: &'a StaffLetter) -> Posted<'a>;
}
