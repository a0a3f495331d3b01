//! The log of all complaints as watchers read it: page by page.

use std::future::Future;

use super::problems;
use crate::{
    intake::Problem,
    store::{LogPage, Position, PositionError, Reader, StoreError, StoredEvent},
};

/// How many events are read at once for all who watch live.
pub(super) const PAGE: usize = 200;
/// The same for one who is behind, and holds them alone.
pub(super) const OWN_PAGE: usize = 50;

/// What is watched.
pub(super) trait Log: Clone + Send + Sync + 'static {
    /// Events in commit order after a position: this many; fewer only where the log ends. `texts`: with what was said or
    /// written.
    fn after(
        &self,
        position: Position,
        limit: usize,
        texts: bool,
    ) -> impl Future<Output = Result<LogPage, PositionError>> + Send;

    /// A position as it is called now, on the branch that is being written.
    fn position(
        &self,
        position: Position,
    ) -> impl Future<Output = Result<Position, PositionError>> + Send;

    /// The last position.
    fn end(&self) -> impl Future<Output = Result<Position, StoreError>> + Send;
}

impl Log for Reader {
    async fn after(
        &self,
        position: Position,
        limit: usize,
        texts: bool,
    ) -> Result<LogPage, PositionError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.log(position, limit, texts).await
    }

    async fn position(&self, position: Position) -> Result<Position, PositionError> {
        self.log_position(position).await
    }

    async fn end(&self) -> Result<Position, StoreError> {
        self.log_end().await
    }
}

/// Where the log ends now.
///
/// # Errors
/// UNAVAILABLE when the database is away.
pub(super) async fn end(log: &impl Log) -> Result<Position, Problem> {
    log.end().await.map_err(|error| problems::of_store(&error))
}

/// A piece of the log.
#[derive(Debug)]
pub(super) struct Page {
    /// The position that it was read after.
    after: Position,
    /// Whether the log ended there when it was read.
    is_last: bool,
    pub(super) events: Vec<StoredEvent>,
}

impl Page {
    /// Reads the page after a position.
    ///
    /// # Errors
    /// When the log does not go on from there, or the database is away.
    pub(super) async fn read(
        log: &impl Log,
        after: Position,
        limit: usize,
        texts: bool,
    ) -> Result<Page, PositionError> {
        let LogPage { after, events } = log.after(after, limit, texts).await?;
        Ok(Page {
            after,
            is_last: events.len() < limit,
            events,
        })
    }

    /// How many bytes its events take.
    pub(super) fn bytes(&self) -> usize {
        self.events.iter().map(StoredEvent::bytes).sum()
    }

    /// A page without events.
    pub(super) fn empty(after: Position) -> Page {
        Page {
            after,
            is_last: true,
            events: Vec::new(),
        }
    }

    /// Where to go on behind one of its events.
    pub(super) fn behind(&self, event: &StoredEvent) -> Position {
        Position {
            place: event.place,
            ..self.after
        }
    }

    /// Where to go on behind it.
    pub(super) fn end(&self) -> Position {
        let last = self.events.last();
        last.map_or(self.after, |last| self.behind(last))
    }

    /// Whether the log ended there when it was read.
    pub(super) fn is_last(&self) -> bool {
        self.is_last
    }

    /// The index of the first event after a position of the same branch.
    pub(super) fn first_after(&self, position: Position) -> usize {
        let events = &self.events;
        events.partition_point(|event| event.place <= position.place)
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
pub(super) mod tests;
