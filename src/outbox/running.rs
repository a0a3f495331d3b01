//! The running outbox.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::{
    follower, sender,
    service::Subscriptions,
    shared::{OutboxParts, Shared},
};
use crate::{store::Store, time_source::SharedTime};

/// How often the age of the oldest deliveries is measured.
const OLDEST_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// The tasks that follow the log and send. Dropping it starts shutdown; [`Outbox::stop`] waits for it.
#[derive(Debug)]
pub struct Outbox {
    subscriptions: Subscriptions,
    shutdown: DropGuard,
    tasks: Vec<JoinHandle<()>>,
}

impl Outbox {
    /// Starts following and sending.
    #[must_use]
    pub fn start(parts: OutboxParts, news: watch::Receiver<u64>) -> Self {
        let shared = Arc::new(Shared::new(parts));
        let shutdown = CancellationToken::new();
        let tasks = vec![
            tokio::spawn(follower::follow(
                Arc::clone(&shared),
                news,
                shutdown.clone(),
            )),
            tokio::spawn(sender::send(Arc::clone(&shared), shutdown.clone())),
            tokio::spawn(measure(Arc::clone(&shared), shutdown.clone())),
        ];
        let (store, time) = (shared.store.clone(), Arc::clone(&shared.time));
        Outbox {
            subscriptions: Subscriptions::new(store, time, Some(shared)),
            shutdown: shutdown.drop_guard(),
            tasks,
        }
    }

    /// An outbox that sends nothing, because there is no key to encrypt secrets with: subscriptions can be read but not created.
    #[must_use]
    pub fn without_key(store: Store, time: SharedTime) -> Self {
        Outbox {
            subscriptions: Subscriptions::new(store, time, None),
            shutdown: CancellationToken::new().drop_guard(),
            tasks: Vec::new(),
        }
    }

    /// The service through which callers manage subscriptions.
    #[must_use]
    pub fn subscriptions(&self) -> Subscriptions {
        self.subscriptions.clone()
    }

    /// Claims nothing more, waits for requests in flight, and records their outcomes.
    pub async fn stop(self) {
        drop(self.shutdown);
        for task in self.tasks {
            // A panic is logged.
            let _ = task.await;
        }
    }
}

/// Keeps the subscription metrics current until shutdown.
async fn measure(shared: Arc<Shared>, shutdown: CancellationToken) {
    if !shared.metrics.is_on() {
        return;
    }
    let oldest: Arc<Mutex<Vec<(Uuid, Timestamp)>>> = Arc::default();
    let (known, told, time) = (
        Arc::clone(&shared),
        Arc::clone(&oldest),
        Arc::clone(&shared.time),
    );
    let open = Arc::clone(&shared);
    shared.metrics.observe_subscriptions(
        move || {
            let now = time.now();
            let told = told.lock().unwrap_or_else(PoisonError::into_inner);
            let known = known.known();
            let ages = known.iter().map(|subscription| {
                let oldest = told.iter().find(|(id, _)| *id == subscription.id);
                let since = oldest.map(|(_, at)| *at).into_iter();
                let since = since.chain(subscription.failing_since).min();
                let age = since.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
                (subscription.id.to_string(), age)
            });
            ages.collect()
        },
        move || {
            let known = open.known();
            let open = known.iter().filter(|it| it.open_until.is_some()).count();
            u64::try_from(open).unwrap_or(u64::MAX)
        },
    );
    let look = async || {
        let store = shared.store.clone();
        let found = tokio::task::spawn_blocking(move || store.oldest_due_deliveries()).await;
        if let Ok(Ok(found)) = found {
            *oldest.lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
        tokio::time::sleep(OLDEST_EVERY).await;
    };
    while shutdown.run_until_cancelled(look()).await.is_some() {}
}
