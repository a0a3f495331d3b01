//! The stream of events as they are committed.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use futures_util::Stream;
use tokio::sync::{
    OwnedSemaphorePermit,
    broadcast::{Receiver, error::RecvError},
};

use super::{
    ComplaintApi, convert, event,
    live_log::{Tail, TailMessage},
    log::{self, Log, OWN_PAGE, Page},
    problems,
    unread::{PATIENCE, while_read},
    unreadable::Unreadable,
};
use crate::{
    domain::EventKind,
    intake::{Problem, Start, Watch, position},
    proto::v1,
    store::{Position, StoredEvent},
};

/// What a call of `WatchEvents` returns.
type EventStream =
    Pin<Box<dyn Stream<Item = Result<v1::WatchEventsResponse, Problem>> + Send + 'static>>;

impl ComplaintApi {
    pub(super) async fn begin_to_watch(
        &self,
        request: v1::WatchEventsRequest,
    ) -> Result<EventStream, Problem> {
        let wanted = Watch::of(self.check(), request)?;
        let (tail, unreadable) = (self.tail.clone(), self.unreadable.clone());
        watch(wanted, tail, unreadable, PATIENCE).await
    }
}

/// Begins to watch. The position is fixed before the call returns: whatever is committed after that is seen.
///
/// # Errors
/// UNAVAILABLE when the database is away, that the log does not go on from the position, or RESOURCE_EXHAUSTED when too many
/// watch.
async fn watch<L: Log>(
    wanted: Watch,
    tail: Tail<L>,
    unreadable: Unreadable,
    patience: Duration,
) -> Result<EventStream, Problem> {
    let leave = tail.admit()?;
    let position = match wanted.start {
        Start::Now => log::end(tail.log()).await?,
        Start::After(position) => position,
    };
    let watcher = Watcher {
        tail,
        unreadable,
        brand: wanted.brand,
        kinds: wanted.kinds,
        texts: wanted.texts,
        position,
        told: position,
        page: Arc::new(Page::empty(position)),
        room: None,
        next: 0,
        live: None,
        behind: true,
        _leave: leave,
    };
    // Driven by whoever reads the stream: a slow reader slows itself alone, and one who leaves is gone. One who stays and
    // does not read holds nothing any more after a while.
    let unread = |watcher: &Watcher<L>| problems::not_read(&position::token(watcher.told));
    Ok(while_read(
        watcher,
        patience,
        unread,
        async |mut watcher| match watcher.next().await {
            Ok(event) => (Ok(event), Some(watcher)),
            Err(status) => (Err(status), None),
        },
    ))
}

/// One caller's place in the log: at first it reads by itself, and from the end of the log on it listens to the tail.
struct Watcher<L> {
    tail: Tail<L>,
    unreadable: Unreadable,
    /// `None`: any.
    brand: Option<String>,
    /// Empty: all of them.
    kinds: Vec<EventKind>,
    /// Whether what was said or written is told.
    texts: bool,
    /// The end of the last page.
    position: Position,
    /// The position that was told last.
    told: Position,
    page: Arc<Page>,
    /// What the page takes of the room that there is for all of them.
    room: Option<OwnedSemaphorePermit>,
    /// The index in the page of the first event that was not looked at yet.
    next: usize,
    /// What the tail tells, once it was joined.
    live: Option<Receiver<TailMessage>>,
    /// There may be events after `position` that the tail does not tell: the log has to be read to its end.
    behind: bool,
    _leave: OwnedSemaphorePermit,
}

impl Unreadable {
    /// The event; its name alone where it cannot be read, so that the stream goes on.
    fn response(
        &self,
        event: &StoredEvent,
        texts: bool,
        position: String,
    ) -> v1::WatchEventsResponse {
        let (complaint, sequence) = (event.complaint, event.sequence);
        let name = || convert::event_name(complaint, sequence);
        let (event_read, unreachable) = match self.told(event.content.clone(), name) {
            Ok(mut content) => {
                // A page that is read for all who watch has the texts.
                content.text = content.text.filter(|_| texts);
                let read = event::event(complaint, sequence, content);
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
    fn wants(&self, event: &StoredEvent) -> bool {
        let of_kind = |kind| self.kinds.contains(&kind);
        let of_brand = |brand: &String| match &event.content {
            Ok(content) => (content.after.as_ref()).is_some_and(|(_, about)| about.brand == *brand),
            // Whose it is cannot be read either.
            Err(_) => true,
        };
        (self.kinds.is_empty() || event.kind.is_some_and(of_kind))
            && self.brand.as_ref().is_none_or(of_brand)
    }

    /// The next event that is wanted, as soon as there is one.
    async fn next(&mut self) -> Result<v1::WatchEventsResponse, Problem> {
        let shutdown = self.tail.shutdown().clone();
        while !shutdown.is_cancelled() {
            while let Some(event) = self.page.events.get(self.next) {
                self.next += 1;
                if self.wants(event) {
                    self.told = self.page.behind(event);
                    let position = position::token(self.told);
                    return Ok(self.unreadable.response(event, self.texts, position));
                }
            }
            // Nothing is held while there is nothing to tell.
            self.page = Arc::new(Page::empty(self.position));
            (self.room, self.next) = (None, 0);
            let turned = shutdown.run_until_cancelled(self.turn());
            turned.await.transpose()?;
        }
        Err(problems::shutting_down())
    }

    /// One step towards the next page.
    async fn turn(&mut self) -> Result<(), Problem> {
        let Some(live) = &mut self.live else {
            self.live = Some(self.tail.join());
            self.behind = true;
            return Ok(());
        };
        if self.behind {
            let page = Page::read(self.tail.log(), self.position, OWN_PAGE, self.texts).await;
            let page = page.map_err(|error| problems::of_position(&error))?;
            match self.tail.room_for(&page) {
                Some(room) => {
                    self.behind = !page.is_last();
                    self.turn_to(Arc::new(page), room);
                }
                None => self.tail.wait_for_room(page).await,
            }
            return Ok(());
        }
        match live.recv().await {
            // On another branch: whether the log goes on from here, it says itself.
            Ok(TailMessage::Page(page)) if page.end().branch != self.position.branch => {
                self.behind = true;
            }
            Ok(TailMessage::Page(page)) => match self.tail.room_for(&page) {
                Some(room) => self.turn_to(page, room),
                None => self.behind = true,
            },
            Ok(TailMessage::Begun) | Err(RecvError::Lagged(_)) => self.behind = true,
            Ok(TailMessage::Away(status)) => return Err(status),
            Err(RecvError::Closed) => self.live = None,
        }
        Ok(())
    }

    /// What of the page was read before is passed over.
    fn turn_to(&mut self, page: Arc<Page>, room: OwnedSemaphorePermit) {
        self.room = Some(room);
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
