//! What a batch and a caller are limited to.

use std::time::Duration;

/// How many commands a batch takes at most: a lock is held for as long as its batch takes.
pub(super) const BATCH: usize = 256;
/// How long a caller waits for an answer before it is told that the database did not give one.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
