//! The end of the log, read once for all who watch it live.
//!
//! The tail reads only while somebody listens. A listener misses nothing who, after [`Tail::join`] and again whenever it is
//! told [`TailMessage::Begun`] or has lagged, reads the log by itself to its end: what is not told was committed before that.

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::{
    log::{self, Log, PAGE, Page},
    problems,
};
use crate::{intake::Problem, store::PositionError};

/// Other replicas commit too, and none of them tells us: we look by ourselves this often.
const LOOK: Duration = Duration::from_secs(1);
/// The pause between two reads that reached the end of the log: under load each finds what many commits left.
const PAUSE: Duration = Duration::from_millis(20);
/// How many pages are kept for listeners that are slower than the rest; it bounds the memory that they take.
const KEPT: usize = 16;
/// A page of more bytes is not told: listeners read it by themselves, as far as there is room.
const TOLD: usize = 1 << 20;
/// How many kibibytes the pages have that watchers hold, those of all of them together.
const ROOM: usize = 64 << 10;

/// What wakes and ends those who watch.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// Changes whenever this process has committed something.
    pub(super) news: watch::Receiver<u64>,
    /// Ends every stream.
    pub(super) shutdown: CancellationToken,
}

/// What the tail tells its listeners.
#[derive(Debug, Clone)]
pub(super) enum TailMessage {
    /// The tail has found the end of the log; what comes after is told.
    Begun,
    /// The next page.
    Page(Arc<Page>),
    /// The log could not be read; the tail has ended.
    Away(Problem),
}

/// The one tail of this process. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tail<L> {
    log: L,
    signals: Signals,
    /// The running reader's sender, which the reader alone keeps: however it ends, its listeners hear of it.
    running: Arc<Mutex<broadcast::WeakSender<TailMessage>>>,
    /// A permit for each that may watch, and for each kibibyte that they may hold.
    watchers: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

impl<L> fmt::Debug for Tail<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").finish_non_exhaustive()
    }
}

impl<L: Log> Tail<L> {
    pub(super) fn new(log: L, signals: Signals, watchers: usize) -> Self {
        let (nobody, _) = broadcast::channel(1);
        Tail {
            log,
            signals,
            running: Arc::new(Mutex::new(nobody.downgrade())),
            watchers: Arc::new(Semaphore::new(watchers)),
            room: Arc::new(Semaphore::new(ROOM)),
        }
    }

    /// Leave to watch, for as long as the permit lives.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED when there are as many as there may be.
    pub(super) fn admit(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let permit = Arc::clone(&self.watchers).try_acquire_owned();
        permit.map_err(|_| problems::too_many_watchers())
    }

    /// Room for a page, if there is any now. One alone that is larger than all the room takes all of it.
    pub(super) fn room_for(&self, page: &Page) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room)
            .try_acquire_many_owned(kibibytes(page))
            .ok()
    }

    /// Waits until there is room for a page like this one, which is let go of meanwhile.
    pub(super) async fn wait_for_room(&self, page: Page) {
        let wanted = kibibytes(&page);
        drop(page);
        // Never closed. Given back at once: the page has to be read again.
        drop(self.room.acquire_many(wanted).await);
    }

    pub(super) fn log(&self) -> &L {
        &self.log
    }

    pub(super) fn shutdown(&self) -> &CancellationToken {
        &self.signals.shutdown
    }

    /// Listens from now on; starts the reader where none runs. When the channel closes, join again.
    pub(super) fn join(&self) -> broadcast::Receiver<TailMessage> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = running.upgrade() {
            return sender.subscribe();
        }
        let (sender, receiver) = broadcast::channel(KEPT);
        *running = sender.downgrade();
        let (log, signals) = (self.log.clone(), self.signals.clone());
        tokio::spawn(async move {
            let shutdown = signals.shutdown.clone();
            let reader = follow(log, signals.news, &sender);
            tokio::select! {
                ended = reader => {
                    // Nobody listening any more is the other way to end. And where the log has gone another way, each
                    // listener learns by its own position whether that concerns it.
                    if let Err(Ended::Away(status)) = ended {
                        let _ = sender.send(TailMessage::Away(status));
                    }
                }
                () = sender.closed() => {}
                () = shutdown.cancelled() => {}
            }
        });
        receiver
    }
}

/// Why the tail reads no further.
enum Ended {
    Away(Problem),
    Parted,
}

/// Reads on and on, until a read fails.
async fn follow<L: Log>(
    log: L,
    mut news: watch::Receiver<u64>,
    listeners: &broadcast::Sender<TailMessage>,
) -> Result<Infallible, Ended> {
    let mut position = log::end(&log).await.map_err(Ended::Away)?;
    // A send fails only when the last listener has just left, which ends all this.
    let _ = listeners.send(TailMessage::Begun);
    loop {
        // Seen before reading: a commit during the read or the pause makes the wait below return at once.
        news.mark_unchanged();
        let page = Page::read(&log, position, PAGE, true).await;
        let page = page.map_err(|error| match error {
            PositionError::Store(error) => Ended::Away(problems::of_store(&error)),
            _ => Ended::Parted,
        })?;
        let is_last = page.is_last();
        position = page.end();
        if page.bytes() > TOLD {
            let _ = listeners.send(TailMessage::Begun);
        } else if !page.events.is_empty() {
            let _ = listeners.send(TailMessage::Page(Arc::new(page)));
        }
        if is_last {
            tokio::time::sleep(PAUSE).await;
            changed(&mut news).await;
        }
    }
}

/// At least one, and never more than there are.
fn kibibytes(page: &Page) -> u32 {
    let wanted = page.bytes().div_ceil(1 << 10).clamp(1, ROOM);
    u32::try_from(wanted).unwrap_or(u32::MAX)
}

/// Until there may be news.
async fn changed(news: &mut watch::Receiver<u64>) {
    if let Ok(Err(_)) = tokio::time::timeout(LOOK, news.changed()).await {
        // Nobody signals any more; looking goes on.
        tokio::time::sleep(LOOK).await;
    }
}
