//! The stream of events as they are committed.

use std::{collections::VecDeque, fmt, future::Future, pin::Pin, time::Duration};

use futures_util::{Stream, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::{check::Check, convert, status};
use crate::{
    domain::EventKind,
    proto::v1,
    store::{Reader, StoreError, StoredEvent},
};

/// How many events are read at once.
const PAGE: i64 = 200;
/// Other replicas commit too, and none of them tells us: we look by ourselves this often.
const LOOK: Duration = Duration::from_secs(1);

/// What a watcher reads: the log of all complaints.
pub(super) trait Log: Send + Sync + 'static {
    /// Events in commit order after a position, at most so many.
    fn after(
        &self,
        position: i64,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, StoreError>> + Send;

    /// The last position.
    fn end(&self) -> impl Future<Output = Result<i64, StoreError>> + Send;
}

impl Log for Reader {
    async fn after(&self, position: i64, limit: i64) -> Result<Vec<StoredEvent>, StoreError> {
        self.log(position, limit).await
    }

    async fn end(&self) -> Result<i64, StoreError> {
        self.log_end().await
    }
}

/// What a call of `WatchEvents` returns.
pub type EventStream =
    Pin<Box<dyn Stream<Item = Result<v1::WatchEventsResponse, Status>> + Send + 'static>>;

/// What a watcher waits for.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// Changes whenever this process has committed something.
    pub(super) news: watch::Receiver<u64>,
    /// Ends every stream.
    pub(super) shutdown: CancellationToken,
}

/// Begins to watch. The position is fixed before the call returns: whatever is committed after that is seen.
///
/// # Errors
/// INVALID_ARGUMENT, or UNAVAILABLE when the database is away.
pub(super) async fn watch<L: Log>(
    mut check: Check,
    request: v1::WatchEventsRequest,
    log: L,
    signals: Signals,
) -> Result<EventStream, Status> {
    if request.after_position.is_some_and(|position| position < 0) {
        check.violation("after_position", "must not be negative");
    }
    for (place, kind) in request.kinds.iter().enumerate() {
        if kind.parse::<EventKind>().is_err() {
            let field = format!("kinds[{place}]");
            check.violation(
                field,
                "must be the kind of an event, such as filed or breached",
            );
        }
    }
    check.finish(Some(()))?;
    let position = match request.after_position {
        Some(position) => position,
        None => log.end().await.map_err(|error| status::of_store(&error))?,
    };
    let watcher = Watcher {
        log,
        signals,
        kinds: request.kinds,
        position,
        read: VecDeque::new(),
    };
    // Driven by whoever reads the stream: a slow reader slows its own reads of the log, and one who leaves ends them.
    let events = stream::unfold(Some(watcher), |watcher| async {
        let mut watcher = watcher?;
        match watcher.next().await {
            Ok(event) => Some((Ok(event), Some(watcher))),
            Err(status) => Some((Err(status), None)),
        }
    });
    Ok(Box::pin(events))
}

/// One caller's place in the log.
struct Watcher<L> {
    log: L,
    signals: Signals,
    kinds: Vec<String>,
    /// The last position that was read.
    position: i64,
    /// What was read and not handed out yet.
    read: VecDeque<StoredEvent>,
}

impl<L> fmt::Debug for Watcher<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<L: Log> Watcher<L> {
    /// The next event that is wanted, as soon as there is one.
    async fn next(&mut self) -> Result<v1::WatchEventsResponse, Status> {
        loop {
            if self.signals.shutdown.is_cancelled() {
                return Err(status::shutting_down());
            }
            if let Some(event) = self.read.pop_front() {
                return Ok(v1::WatchEventsResponse {
                    position: event.position,
                    event: Some(convert::event(event)),
                });
            }
            // Seen before reading: a commit during the read makes the wait below return at once.
            self.signals.news.mark_unchanged();
            if !self.read_on().await? {
                self.wait().await;
            }
        }
    }

    /// Reads a page; whether there was any.
    async fn read_on(&mut self) -> Result<bool, Status> {
        let shutdown = self.signals.shutdown.clone();
        let page = tokio::select! {
            page = self.log.after(self.position, PAGE) => page,
            () = shutdown.cancelled() => return Err(status::shutting_down()),
        };
        let page = page.map_err(|error| status::of_store(&error))?;
        let Some(last) = page.last() else {
            return Ok(false);
        };
        self.position = last.position;
        let kinds = &self.kinds;
        let wanted = |event: &StoredEvent| kinds.is_empty() || kinds.contains(&event.kind);
        self.read.extend(page.into_iter().filter(wanted));
        Ok(true)
    }

    /// Until there may be news, or this process goes down.
    async fn wait(&mut self) {
        let news = &mut self.signals.news;
        let changed = async {
            if news.changed().await.is_err() {
                // Nobody signals any more; looking goes on.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = changed => {}
            () = tokio::time::sleep(LOOK) => {}
            () = self.signals.shutdown.cancelled() => {}
        }
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
