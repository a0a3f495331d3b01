//! The migration that this process runs.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::watch;

use crate::store::{Migration, MigrationState};

/// The migration of this process: at most one, so that of the pool's connections one is its own and no more.
#[derive(Debug, Default)]
pub(super) struct Migrations {
    /// The last one, which may have ended.
    pub(super) last: Mutex<Option<Running>>,
    pub(super) closing: Closing,
}

/// Whether the engine is closing; also wakes a migration while it rests.
#[derive(Debug, Default)]
pub(super) struct Closing {
    closed: Mutex<bool>,
    told: Condvar,
}

impl Closing {
    fn close(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits for this long, or until it closes. Returns whether it has closed.
    pub(super) fn within(&self, how_long: Duration) -> bool {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .told
            .wait_timeout_while(closed, how_long, |closed| !*closed);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) policy: String,
    pub(super) progress: watch::Receiver<Migration>,
    pub(super) thread: JoinHandle<()>,
}

impl Running {
    /// Whoever heard that it has ended can begin another, even if the thread has a word left to say.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.is_finished() || self.progress.borrow().state != MigrationState::Running
    }
}

impl Migrations {
    /// Begins no more, and lets none begin another transaction.
    pub(super) fn close(&self) {
        self.closing.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closing.within(Duration::ZERO)
    }

    /// Waits until the one that runs has ended. Blocks.
    pub(super) fn join(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { policy, thread, .. }) = last.take()
            && thread.join().is_err()
        {
            tracing::error!(policy, "a migration panicked");
        }
    }
}
