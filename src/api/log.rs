//! The log of all complaints as watchers read it: page by page, in whole transactions.

use std::future::Future;

use tonic::Status;

use super::status;
use crate::store::{Reader, StoreError, StoredEvent};

/// How many events are read at once.
pub(super) const PAGE: usize = 200;

/// What is watched.
pub(super) trait Log: Clone + Send + Sync + 'static {
    /// Events in commit order after a position: about this many, in whole transactions; fewer only where the log ends.
    fn after(
        &self,
        position: i64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, StoreError>> + Send;

    /// The last position.
    fn end(&self) -> impl Future<Output = Result<i64, StoreError>> + Send;
}

impl Log for Reader {
    async fn after(&self, position: i64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.log(position, limit).await
    }

    async fn end(&self) -> Result<i64, StoreError> {
        self.log_end().await
    }
}

/// Where the log ends now.
///
/// # Errors
/// UNAVAILABLE when the database is away.
pub(super) async fn end(log: &impl Log) -> Result<i64, Status> {
    log.end().await.map_err(|error| status::of_store(&error))
}

/// A piece of the log.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The position that it was read after.
    after: i64,
    /// Whole transactions. The last event of each is the first one with the transaction's own position.
    pub(super) events: Vec<StoredEvent>,
}

impl Page {
    /// Reads the page after a position.
    ///
    /// # Errors
    /// UNAVAILABLE when the database is away.
    pub(super) async fn read(log: &impl Log, after: i64) -> Result<Page, Status> {
        let events = log.after(after, PAGE).await;
        let events = events.map_err(|error| status::of_store(&error))?;
        Ok(Page { after, events })
    }

    /// Where to go on behind it.
    pub(super) fn end(&self) -> i64 {
        self.events.last().map_or(self.after, |last| last.position)
    }

    /// Whether the log ended there when it was read.
    pub(super) fn is_last(&self) -> bool {
        self.events.len() < PAGE
    }

    /// The index of the first event that was committed after a position.
    pub(super) fn first_after(&self, position: i64) -> usize {
        let until = |position: i64| {
            let events = &self.events;
            events.partition_point(|event| event.position <= position)
        };
        // The last transaction up to the position, if there is one here.
        let reached = until(position).checked_sub(1);
        let reached = reached.and_then(|last| self.events.get(last));
        match reached.map(|event| event.position) {
            // Behind its last event; others of its position are the beginning of the transaction after it.
            Some(reached) if reached > self.after => until(reached - 1) + 1,
            _ => 0,
        }
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
pub(super) mod tests;
