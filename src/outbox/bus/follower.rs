//! Follows the log and publishes it while it holds the lease.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use rand::RngExt as _;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument as _;

use super::{
    lag::Lag,
    sink::{BusMessage, Sink, SinkError},
};
use crate::{
    outbox::{CloudEvents, event_id},
    store::{BusLease, Position, PositionError, Published, Reader, Store, StoreError, StoredEvent},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// How many events are published at once.
const PAGE: i64 = 200;
/// How long a lease lasts. The holder always renews it in time: the last renewal is within `KEEP`, reading a page takes at most
/// five seconds, and publishing it at most `PATIENCE`.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
const KEEP: SignedDuration = SignedDuration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(9);
/// How often to look for commits of other replicas, which do not signal this process.
const LOOK: Duration = Duration::from_secs(1);
/// How often to check whether another replica's lease has expired.
const LOOK_FOR_LEASE: Duration = Duration::from_secs(5);
/// The pause after a failure. Doubles with each consecutive failure.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The dependencies of a follower.
#[derive(Debug)]
pub struct BusParts<S> {
    /// Where it publishes.
    pub sink: S,
    /// The name of the topic, under which the bus position is stored.
    pub topic: String,
    /// Where the bus position is stored.
    pub store: Store,
    /// Reads the log.
    pub reader: Reader,
    /// Converts events to messages.
    pub events: CloudEvents,
    /// Changes whenever this process commits.
    pub news: watch::Receiver<u64>,
    /// Where `now` comes from.
    pub time: SharedTime,
    /// Where metrics are recorded.
    pub metrics: Metrics,
}

/// A running follower. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Bus {
    shutdown: DropGuard,
    task: JoinHandle<()>,
}

/// Why publishing stopped for now.
#[derive(Debug, thiserror::Error)]
enum BusError {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("the bus did not acknowledge within {} s", PATIENCE.as_secs())]
    TooSlow,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Bus {
    /// Starts publishing.
    pub fn start<S: Sink + Sync>(parts: BusParts<S>) -> Bus {
        let shutdown = CancellationToken::new();
        let lag = Arc::new(Lag::new(Arc::clone(&parts.time)));
        let (events, seconds) = (Arc::clone(&lag), Arc::clone(&lag));
        let metrics = parts.metrics.clone();
        metrics.observe_bus(move || events.events(), move || seconds.seconds());
        let watched = (parts.store.clone(), parts.topic.clone());
        let mut follower = Follower {
            parts,
            lease: None,
            failures: 0,
        };
        let down = shutdown.clone();
        let task = tokio::spawn(async move {
            let (store, topic) = watched;
            let works = async { tokio::join!(follower.follow(), lag.watch(store, topic)) };
            down.run_until_cancelled(works).await;
            // Lets another replica take over without waiting for the lease to expire.
            follower.give_up_lease().await;
        });
        Bus {
            shutdown: shutdown.drop_guard(),
            task,
        }
    }

    /// Stops publishing and releases the lease.
    pub async fn stop(self) {
        drop(self.shutdown);
        if self.task.await.is_err() {
            tracing::error!("the follower of the log panicked");
        }
    }
}

struct Follower<S> {
    parts: BusParts<S>,
    /// The lease and when it expires.
    lease: Option<BusLease>,
    /// Consecutive failures.
    failures: u32,
}

impl<S: Sink> Follower<S> {
    async fn follow(&mut self) {
        loop {
            let pause = match self.publish().await {
                Ok(()) => LOOK_FOR_LEASE,
                Err(error) => {
                    let pause = pause(self.failures);
                    self.failures = self.failures.saturating_add(1);
                    self.parts.metrics.bus_failed();
                    tracing::warn!(
                        %error,
                        topic = self.parts.topic,
                        "failed to publish events; none are lost, and publishing will be retried in {:.1} s",
                        pause.as_secs_f64()
                    );
                    pause
                }
            };
            // Another replica may succeed meanwhile.
            self.give_up_lease().await;
            tokio::time::sleep(pause).await;
        }
    }

    /// Publishes while it holds the lease. Returns when another replica holds it.
    async fn publish(&mut self) -> Result<(), BusError> {
        if !self.take_lease().await? {
            return Ok(());
        }
        let published = self.lease.as_ref().and_then(|lease| lease.published);
        let mut position = published.map_or(Position::BEGINNING, |it| it.position);
        let mut kept = self.parts.time.now();
        loop {
            // Marked before reading, so that a commit during the read makes the wait below return at once.
            self.parts.news.mark_unchanged();
            let page = match self.parts.reader.log(position, PAGE, false).await {
                Ok(page) => page,
                Err(error) => {
                    position = self.go_round(error).await?;
                    continue;
                }
            };
            if let Some(last) = page.events.last() {
                let messages = page.events.iter().map(|event| self.message(event));
                let sent = self.parts.sink.publish(messages.collect());
                let sent = sent.instrument(span_of(&self.parts.topic, &page.events));
                let sent = tokio::time::timeout(PATIENCE, sent).await;
                sent.map_err(|_| BusError::TooSlow)??;
                let published = Published::up_to(last, page.after.branch);
                position = published.position;
                if let Some(lease) = &mut self.lease {
                    lease.published = Some(published);
                }
                self.failures = 0;
            }
            let now = self.parts.time.now();
            if !page.events.is_empty() || now.duration_since(kept) >= KEEP {
                if !self.keep_lease().await? {
                    return Ok(());
                }
                kept = now;
            }
            if page.events.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                self.wait_for_news().await;
            }
        }
    }

    /// Where to resume when the log does not continue from the bus position.
    async fn go_round(&self, error: PositionError) -> Result<Position, BusError> {
        let position = match error {
            PositionError::Store(error) => return Err(error.into()),
            PositionError::Parted { at } => at,
            PositionError::OtherLog | PositionError::Ahead { .. } => {
                let published = self.lease.as_ref().and_then(|lease| lease.published);
                self.blocking(move |store| store.around(published.as_ref()))
                    .await?
            }
        };
        tracing::warn!(
            topic = self.parts.topic,
            "the log has diverged from what was published; events that the bus may lack are published again"
        );
        Ok(position)
    }

    fn message(&self, event: &StoredEvent) -> BusMessage {
        let content = event.content.as_ref();
        BusMessage {
            key: event.complaint.to_string(),
            body: self.parts.events.of(event).to_string().into_bytes(),
            at: content.map_or_else(|_| self.parts.time.now(), |content| content.at),
        }
    }

    async fn wait_for_news(&mut self) {
        if let Ok(Err(_)) = tokio::time::timeout(LOOK, self.parts.news.changed()).await {
            // No sender is left; keep polling.
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn take_lease(&mut self) -> Result<bool, StoreError> {
        let (topic, now) = (self.parts.topic.clone(), self.parts.time.now());
        let lease = self.blocking(move |store| store.lease_bus(&topic, now, now + LEASE));
        self.lease = lease.await?;
        Ok(self.lease.is_some())
    }

    async fn keep_lease(&mut self) -> Result<bool, StoreError> {
        let Some(lease) = self.lease.clone() else {
            return Ok(false);
        };
        let until = self.parts.time.now() + LEASE;
        let kept = self.blocking(move |store| store.keep_bus(&lease, until));
        let kept = kept.await?;
        if !kept {
            self.lease = None;
        }
        Ok(kept)
    }

    async fn give_up_lease(&mut self) {
        if let Some(lease) = self.lease.take() {
            let now = self.parts.time.now();
            // If that fails, the lease expires by itself.
            let _ = self
                .blocking(move |store| store.keep_bus(&lease, now))
                .await;
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.parts.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.map_err(|_| StoreError::Unavailable("shutting down".to_owned()))?
    }
}

/// The tracing span for publishing a page, with its first and last event.
fn span_of(topic: &str, events: &[StoredEvent]) -> tracing::Span {
    let id = |event: &StoredEvent| event_id(event.complaint, event.sequence);
    tracing::info_span!(
        "bus.publish",
        topic,
        events = events.len(),
        first_event = events.first().map(id),
        last_event = events.last().map(id),
    )
}

/// The pause after so many consecutive failures, with up to a fifth of jitter either way.
fn pause(failures: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures));
    let share = rand::rng().random_range(0.8..=1.2);
    doubled.min(LONGEST_PAUSE).mul_f64(share)
}
