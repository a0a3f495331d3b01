//! A queued command.

use tokio::sync::oneshot;
use tracing::Span;

use super::envelope::{EngineError, Envelope};
use crate::{domain::Complaint, time_source::Stopwatch};

/// A queued command, with the channel for its answer.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) envelope: Envelope,
    pub(super) answer: oneshot::Sender<Result<Complaint, EngineError>>,
    /// The caller's span, which the batch is linked to.
    pub(super) span: Span,
    /// Since when it has been waiting for a complaint locked by another transaction, if it has.
    pub(super) contended: Option<Stopwatch>,
}

impl Queued {
    pub(super) fn answer(self, answer: Result<Complaint, EngineError>) {
        // The caller may be gone; the decision stands.
        let _ = self.answer.send(answer);
    }
}
