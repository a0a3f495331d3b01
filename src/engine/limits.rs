//! Limits on batches and callers.

use std::time::Duration;

/// The most commands in a batch: locks are held for as long as the batch takes.
pub(super) const BATCH: usize = 256;
/// How long a caller waits for an answer before it is told that the database did not respond.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
