//! The stream of events as they are committed.

use std::{fmt, pin::Pin, sync::Arc};

use futures_util::{Stream, stream};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tonic::Status;

use super::{
    check::Check,
    convert,
    log::{self, Log, Page},
    position, status,
    tail::{Tail, Told},
    unreadable::Unreadable,
};
use crate::{
    domain::EventKind,
    policy::known,
    proto::v1,
    store::{Position, StoredEvent},
};

/// What a call of `WatchEvents` returns.
pub type EventStream =
    Pin<Box<dyn Stream<Item = Result<v1::WatchEventsResponse, Status>> + Send + 'static>>;

/// Begins to watch. The position is fixed before the call returns: whatever is committed after that is seen.
///
/// # Errors
/// INVALID_ARGUMENT, UNAVAILABLE when the database is away, or that the log does not go on from the position.
pub(super) async fn watch<L: Log>(
    mut check: Check,
    request: v1::WatchEventsRequest,
    tail: Tail<L>,
    unreadable: Unreadable,
) -> Result<EventStream, Status> {
    let from = check.start(&request);
    for (place, kind) in request.kinds.iter().enumerate() {
        if kind.parse::<EventKind>().is_err() {
            let known = EventKind::ALL.iter().map(|kind| kind.as_str());
            check.violation(format!("kinds[{place}]"), known::expected(kind, known));
        }
    }
    let position = match check.finish(from)? {
        position::Start::Now => log::end(tail.log()).await?,
        position::Start::After(position) => position,
    };
    let watcher = Watcher {
        tail,
        unreadable,
        kinds: request.kinds,
        position,
        page: Arc::new(Page::empty(position)),
        next: 0,
        live: None,
        behind: true,
    };
    // Driven by whoever reads the stream: a slow reader slows itself alone, and one who leaves is gone.
    let events = stream::unfold(Some(watcher), |watcher| async {
        let mut watcher = watcher?;
        match watcher.next().await {
            Ok(event) => Some((Ok(event), Some(watcher))),
            Err(status) => Some((Err(status), None)),
        }
    });
    Ok(Box::pin(events))
}

/// One caller's place in the log: at first it reads by itself, and from the end of the log on it listens to the tail.
struct Watcher<L> {
    tail: Tail<L>,
    unreadable: Unreadable,
    kinds: Vec<String>,
    /// The end of the last page.
    position: Position,
    page: Arc<Page>,
    /// The index in the page of the first event that was not looked at yet.
    next: usize,
    /// What the tail tells, once it was joined.
    live: Option<Receiver<Told>>,
    /// There may be events after `position` that the tail does not tell: the log has to be read to its end.
    behind: bool,
}

impl Unreadable {
    /// The event; its name alone where it cannot be read, so that the stream goes on.
    fn response(&self, event: &StoredEvent, position: String) -> v1::WatchEventsResponse {
        let (complaint, sequence) = (event.complaint, event.sequence);
        let name = || convert::event_name(complaint, sequence);
        let (event_read, unreachable) = match self.told(event.content.clone(), name) {
            Ok(content) => {
                let kind = event.kind.clone();
                let read = convert::event(complaint, (sequence, kind), content);
                (Some(read), String::new())
            }
            Err(name) => (None, name),
        };
        v1::WatchEventsResponse {
            position,
            event: event_read,
            unreachable,
        }
    }
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
        let shutdown = self.tail.shutdown().clone();
        while !shutdown.is_cancelled() {
            while let Some(event) = self.page.events.get(self.next) {
                self.next += 1;
                if self.kinds.is_empty() || self.kinds.contains(&event.kind) {
                    let position = position::token(self.page.behind(event));
                    return Ok(self.unreadable.response(event, position));
                }
            }
            let turned = shutdown.run_until_cancelled(self.turn());
            turned.await.transpose()?;
        }
        Err(status::shutting_down())
    }

    /// One step towards the next page.
    async fn turn(&mut self) -> Result<(), Status> {
        let Some(live) = &mut self.live else {
            self.live = Some(self.tail.join());
            self.behind = true;
            return Ok(());
        };
        if self.behind {
            let page = Page::read(self.tail.log(), self.position).await;
            let page = page.map_err(|error| status::of_position(&error))?;
            self.behind = !page.is_last();
            self.turn_to(Arc::new(page));
            return Ok(());
        }
        match live.recv().await {
            // On another branch: whether the log goes on from here, it says itself.
            Ok(Told::Page(page)) if page.end().branch != self.position.branch => {
                self.behind = true;
            }
            Ok(Told::Page(page)) => self.turn_to(page),
            Ok(Told::Begun) | Err(RecvError::Lagged(_)) => self.behind = true,
            Ok(Told::Away(status)) => return Err(status),
            Err(RecvError::Closed) => self.live = None,
        }
        Ok(())
    }

    /// What of the page was read before is passed over.
    fn turn_to(&mut self, page: Arc<Page>) {
        let (here, end) = (self.position, page.end());
        self.next = page.first_after(here);
        self.position = Position {
            xid: here.xid.max(end.xid),
            ..end
        };
        self.page = page;
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
