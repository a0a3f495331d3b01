//! A command that waits.

use tokio::sync::oneshot;
use tracing::Span;

use super::envelope::{EngineError, Envelope};
use crate::{domain::Complaint, time_source::Stopwatch};

/// A command that waits, with where its answer goes.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) envelope: Envelope,
    pub(super) answer: oneshot::Sender<Result<Complaint, EngineError>>,
    /// The caller's span: the batch is linked to it.
    pub(super) span: Span,
    /// Since when it waits for a complaint that another transaction holds, if it does.
    pub(super) contended: Option<Stopwatch>,
}

impl Queued {
    pub(super) fn answer(self, answer: Result<Complaint, EngineError>) {
        // The caller may have gone; what was decided stands.
        let _ = self.answer.send(answer);
    }
}
