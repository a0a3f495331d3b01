//! Sends due mail. Any number of replicas can run it: claims keep them apart.

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

/// How many dispatches this process holds at once: some are sent while the outcomes of others are recorded.
const AT_ONCE: usize = 8;
/// The least time between two looks for due mail: under load, one look then covers many commits.
const REST: Duration = Duration::from_millis(50);
/// Looks again after this long without a signal: another replica may have committed a dispatch and stopped.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The holder name of this program's claims.
const CLAIMED_BY: &str = "redress";

/// The running mail worker. Dropping it stops it without waiting for mails in flight.
#[derive(Debug)]
pub struct MailWorker {
    shutdown: DropGuard,
    tasks: TaskTracker,
}

impl MailWorker {
    /// Starts sending.
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

    /// Claims nothing more and waits up to `grace` for outcomes to be recorded. The rest is sent again by another replica or
    /// after the next start.
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
    /// Signals that an attempt has finished: there is a free slot, and the complaint's next notice may be sent.
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

    /// Claims due dispatches while there are free slots. Returns when the next one will be due.
    async fn look(&self) -> Result<Option<Timestamp>, StoreError> {
        // With a wrong clock it would claim what is not due. The other replicas send it.
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
            // A dispatch that is due already is held by another replica, waits behind another notice of its complaint, or waits
            // for a slot: each time, a finished attempt triggers the next look.
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

    /// All brands that send mail, in use or not.
    fn senders(&self) -> Senders {
        let brands = self.parts.engine.rules().brands();
        let names = brands.names();
        let with_sender = names.filter(|name| {
            let brand = brands.get(name);
            brand.is_some_and(|brand| brand.mail_sender.is_some())
        });
        Senders::within(with_sender, &Scope::default())
    }

    /// Long enough to wait for a permit behind the others, and to send.
    fn lease(&self) -> SignedDuration {
        let longest = self.parts.mailer.longest();
        let whole = longest * 3 + Duration::from_secs(60);
        SignedDuration::try_from(whole).unwrap_or(SignedDuration::MAX)
    }
}

/// Returns after a commit; at once unless the last look was only a moment ago.
async fn committed(commits: &mut watch::Receiver<u64>, looked: Stopwatch) {
    if commits.changed().await.is_err() {
        // The engine has stopped, so shutdown follows.
        return std::future::pending().await;
    }
    tokio::time::sleep(REST.saturating_sub(looked.elapsed())).await;
}
