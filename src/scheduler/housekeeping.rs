//! What keeps the database in order.

use jiff::SignedDuration;

use crate::{store::Store, time_source::SharedTime};

/// How long a request may be repeated and gets its first answer.
const REQUESTS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// From how many transactions on an old snapshot is worth a warning: behind it dead index entries pile up, and firing
/// slows down.
const OLD_SNAPSHOT: i64 = 100_000;

#[derive(Debug)]
pub(super) struct Housekeeping {
    store: Store,
    time: SharedTime,
}

impl Housekeeping {
    pub(super) fn new(store: Store, time: SharedTime) -> Self {
        Housekeeping { store, time }
    }

    /// Forgets the answers that nobody may ask for any more.
    pub(super) fn nightly(&self) {
        let before = self
            .time
            .now()
            .saturating_sub(REQUESTS_KEPT)
            .unwrap_or(jiff::Timestamp::MIN);
        let mut forgotten = 0;
        loop {
            match self.store.forget_requests(before) {
                Ok(0) => break,
                Ok(more) => forgotten += more,
                Err(error) => {
                    tracing::warn!(%error, "old requests could not be forgotten");
                    break;
                }
            }
        }
        tracing::info!(forgotten, "old requests forgotten");
    }

    /// Warns of a snapshot that somebody holds for too long.
    pub(super) fn minutely(&self) {
        match self.store.oldest_snapshot_age() {
            Ok(age) if age > OLD_SNAPSHOT => {
                tracing::warn!(
                    age,
                    "a session holds an old snapshot of the database; firing slows down behind it"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the age of the oldest snapshot is not known"),
        }
    }
}
