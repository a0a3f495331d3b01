//! The migration that this process runs.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::watch;

use crate::store::{Migration, MigrationState};

/// The migration of this process: at most one, so that migrations use at most one connection of the pool.
#[derive(Debug, Default)]
pub(super) struct Migrations {
    /// The last one, which may have ended.
    pub(super) last: Mutex<Option<Running>>,
    pub(super) closing: Closing,
}

/// Whether the engine is closing; also wakes a migration from its pause.
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

    /// Waits this long, or until the engine closes. Returns whether it has closed.
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
    /// Once the end is announced, another migration can start, even if the thread has not quite exited.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.is_finished() || self.progress.borrow().state != MigrationState::Running
    }
}

impl Migrations {
    /// Prevents further migrations, and further transactions of the running one.
    pub(super) fn close(&self) {
        self.closing.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closing.within(Duration::ZERO)
    }

    /// Waits until the running migration has ended. Blocks.
    pub(super) fn join(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { policy, thread, .. }) = last.take()
            && thread.join().is_err()
        {
            tracing::error!(policy, "a migration panicked");
        }
    }
}
