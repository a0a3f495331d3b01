//! The stream of events as they are committed.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, Stream};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{Receiver, error::RecvError},
    },
    time::{Interval, MissedTickBehavior},
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
    access::{Caller, Scope},
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
        caller: &Caller,
        request: v1::WatchEventsRequest,
    ) -> Result<EventStream, Problem> {
        let wanted = Watch::of(self.check_of(caller), request)?;
        let (tail, unreadable) = (self.tail.clone(), self.unreadable.clone());
        let pace = Pace {
            patience: PATIENCE,
            heartbeat: self.heartbeat,
        };
        watch(wanted, tail, unreadable, pace).await
    }
}

/// How many events may be passed over before the stream tells how far it has come.
const PASSED_OVER: usize = 1_000;

/// How a stream goes by the clock.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// How long a message waits to be read.
    patience: Duration,
    /// How long the stream is quiet before it tells how far it has come.
    heartbeat: Duration,
}

/// Begins to watch. The position is fixed before the call returns: whatever is committed after that is seen.
///
/// # Errors
/// UNAVAILABLE when the database is away, OUT_OF_RANGE when the log does not go on from the position, or RESOURCE_EXHAUSTED when
/// too many watch.
async fn watch<L: Log>(
    wanted: Watch,
    tail: Tail<L>,
    unreadable: Unreadable,
    pace: Pace,
) -> Result<EventStream, Problem> {
    let leave = tail.admit()?;
    let position = match wanted.start {
        Start::Now => log::end(tail.log()).await?,
        Start::After(position) => {
            let position = tail.log().position(position).await;
            position.map_err(|error| problems::of_position(&error))?
        }
    };
    let mut heartbeat = tokio::time::interval(pace.heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // It would come up at once.
    heartbeat.reset();
    let watcher = Watcher {
        tail,
        unreadable,
        scope: wanted.scope,
        brand: wanted.brand,
        kinds: wanted.kinds,
        texts: wanted.texts,
        position,
        told: None,
        heartbeat,
        is_quiet: false,
        passed_over: 0,
        page: Arc::new(Page::empty(position)),
        room: None,
        next: 0,
        live: None,
        behind: true,
        _leave: leave,
    };
    // Driven by whoever reads the stream: a slow reader slows itself alone, and one who leaves is gone. One who stays and
    // does not read holds nothing any more after a while.
    let unread = |watcher: &Watcher<L>| {
        let told = watcher.told.unwrap_or(watcher.position);
        problems::not_read(&position::token(told))
    };
    Ok(while_read(
        watcher,
        pace.patience,
        unread,
        async |mut watcher| match watcher.next().await {
            Ok(message) => (Ok(message), Some(watcher)),
            Err(problem) => (Err(problem), None),
        },
    ))
}

/// One caller's place in the log: at first it reads by itself, and from the end of the log on it listens to the tail.
struct Watcher<L> {
    tail: Tail<L>,
    unreadable: Unreadable,
    /// What lies outside is passed over.
    scope: Scope,
    /// `None`: any.
    brand: Option<String>,
    /// Empty: all of them.
    kinds: Vec<EventKind>,
    /// Whether what was said or written is told.
    texts: bool,
    /// The end of the last page.
    position: Position,
    /// The position that was told last; none before the first message.
    told: Option<Position>,
    heartbeat: Interval,
    /// Whether nothing was told for as long as the stream may be quiet.
    is_quiet: bool,
    /// How many events were passed over since something was told.
    passed_over: usize,
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
            && event.is_within(&self.scope)
    }

    /// The next message: where the stream begins, the next event that is wanted as soon as there is one, or how far the stream
    /// has come without any.
    async fn next(&mut self) -> Result<v1::WatchEventsResponse, Problem> {
        let shutdown = self.tail.shutdown().clone();
        while !shutdown.is_cancelled() {
            while let Some(event) = self.page.events.get(self.next) {
                self.next += 1;
                if self.wants(event) {
                    let position = self.page.behind(event);
                    let token = position::token(position);
                    let message = self.unreadable.response(event, self.texts, token);
                    self.tells(position);
                    return Ok(message);
                }
                self.passed_over += 1;
            }
            // Nothing is held while there is nothing to tell.
            self.page = Arc::new(Page::empty(self.position));
            (self.room, self.next) = (None, 0);
            self.is_quiet |= self.heartbeat.tick().now_or_never().is_some();
            if self.told.is_none() || self.is_quiet || self.passed_over >= PASSED_OVER {
                self.tells(self.position);
                return Ok(v1::WatchEventsResponse {
                    position: position::token(self.position),
                    ..Default::default()
                });
            }
            let turned = shutdown.run_until_cancelled(self.turn());
            turned.await.transpose()?;
        }
        Err(problems::shutting_down())
    }

    fn tells(&mut self, position: Position) {
        self.told = Some(position);
        (self.is_quiet, self.passed_over) = (false, 0);
        self.heartbeat.reset();
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
        let told = tokio::select! {
            told = live.recv() => told,
            _ = self.heartbeat.tick() => {
                self.is_quiet = true;
                return Ok(());
            }
        };
        match told {
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
            place: here.place.max(end.place),
            ..end
        };
        self.page = page;
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
