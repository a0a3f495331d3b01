//! Sends whatever mail is due. Any number of replicas may be at it: a claim keeps them apart.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::courier::{Courier, MailParts};
use crate::{
    access::Scope,
    domain::ContactMeans,
    store::{Senders, StoreError},
    time_source::Stopwatch,
};

/// How many dispatches this process holds at once: while some are sent, what came of others is recorded.
const AT_ONCE: usize = 8;
/// The least time between two looks for what was committed: under load one look finds what many commits brought.
const REST: Duration = Duration::from_millis(50);
/// After so long it looks without having been told: another replica may have committed what is due and ended.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// As whom this program claims.
const CLAIMED_BY: &str = "redress";

/// What sends mail in this process. Dropping it ends it without waiting for what is under way.
#[derive(Debug)]
pub struct MailWorker {
    shutdown: DropGuard,
    tasks: TaskTracker,
}

impl MailWorker {
    /// Starts to send.
    #[must_use]
    pub fn start(parts: MailParts) -> Self {
        let shutdown = CancellationToken::new();
        let tasks = TaskTracker::new();
        let worker = Worker {
            courier: Arc::new(Courier::new(parts.clone())),
            parts,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            done: Arc::new(Notify::new()),
            tasks: tasks.clone(),
            shutdown: shutdown.clone(),
        };
        tasks.spawn(worker.run());
        MailWorker {
            shutdown: shutdown.drop_guard(),
            tasks,
        }
    }

    /// Takes up nothing new, and waits until what is under way is recorded, but no longer than `grace`: what is not done by
    /// then is sent again, by another replica or after the next start.
    pub async fn stop(self, grace: Duration) {
        drop(self.shutdown);
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                "the mail relay did not answer before the shutdown; the mail in flight will be sent again"
            );
        }
    }
}

#[derive(Debug)]
struct Worker {
    parts: MailParts,
    courier: Arc<Courier>,
    places: Arc<Semaphore>,
    /// Somebody is done: there is a place, and the next notice of a complaint may have its turn.
    done: Arc<Notify>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Worker {
    async fn run(self) {
        let mut commits = self.parts.engine.committed();
        while !self.shutdown.is_cancelled() {
            commits.mark_unchanged();
            let since = Stopwatch::start();
            let looked = self.look().await;
            let next = looked.unwrap_or_else(|error| {
                tracing::warn!(%error, "failed to claim mail that is due; will retry");
                None
            });
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.done.notified() => {}
                () = committed(&mut commits, since) => {}
                () = self.parts.time.past(next.unwrap_or(Timestamp::MAX)) => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Takes up what is due, as far as there are places for it. Returns when something will be.
    async fn look(&self) -> Result<Option<Timestamp>, StoreError> {
        // Whoever works by a wrong time would take what is not due. The other replicas send it.
        if self.parts.time.check().is_err() {
            return Ok(None);
        }
        let senders = self.senders();
        let mut places = Vec::new();
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            places.push(place);
        }
        let most = places.len();
        if most == 0 {
            return Ok(None);
        }
        let now = self.parts.time.now();
        let lease_until = now.saturating_add(self.lease()).unwrap_or(now);
        let store = self.parts.store.clone();
        let look = move || {
            let by = ContactMeans::Email;
            let due = (now, lease_until);
            let claimed = store.claim_dispatches(&senders, by, due, most, CLAIMED_BY)?;
            // What is due already is somebody else's, or behind another notice of its complaint, or waits for a place: in each
            // case the end of one that is under way says when to look again.
            let next = store.next_dispatch(&senders, by, now)?;
            Ok::<_, StoreError>((claimed, next))
        };
        let looked = tokio::task::spawn_blocking(look).await;
        let (claimed, next) =
            looked.map_err(|_| StoreError::Unavailable("shutting down".to_owned()))??;
        for (claimed, place) in claimed.into_iter().zip(places) {
            let (courier, done) = (Arc::clone(&self.courier), Arc::clone(&self.done));
            self.tasks.spawn(async move {
                courier.deliver(claimed).await;
                drop(place);
                done.notify_one();
            });
        }
        Ok(next)
    }

    /// Every brand that sends mail, in use or not.
    fn senders(&self) -> Senders {
        let brands = self.parts.engine.rules().brands();
        let names = brands.names();
        let with_sender = names.filter(|name| {
            let brand = brands.get(name);
            brand.is_some_and(|brand| brand.mail_sender.is_some())
        });
        Senders::within(with_sender, &Scope::default())
    }

    /// Long enough to wait for a turn behind the others, and to be sent.
    fn lease(&self) -> SignedDuration {
        let longest = self.parts.mailer.longest();
        let whole = longest * 3 + Duration::from_secs(60);
        SignedDuration::try_from(whole).unwrap_or(SignedDuration::MAX)
    }
}

/// Comes back after a commit, at once unless the last look was only a moment ago.
async fn committed(commits: &mut watch::Receiver<u64>, looked: Stopwatch) {
    if commits.changed().await.is_err() {
        // The engine is gone; shutdown comes next.
        return std::future::pending().await;
    }
    tokio::time::sleep(REST.saturating_sub(looked.elapsed())).await;
}
