//! State shared by the parts of the outbox.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jiff::SignedDuration;
use tokio::sync::Notify;

use super::{cloud_event::Teller, egress::Egress, schedule, vault::Vault};
use crate::{
    store::{Store, StoreError, Subscription},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// Settings of the outbox.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// How often to look for other replicas' commits and for due deliveries.
    pub look_every: Duration,
    /// Seeds the jitter of waits.
    pub seed: u64,
    /// How long a receiver may take to respond.
    pub patience: Duration,
    /// The most concurrent requests from this replica to one receiver.
    pub at_once: usize,
    /// The waits after each failure of a delivery. One more failure makes it a dead letter.
    pub retry_pauses: Vec<SignedDuration>,
}

impl Default for OutboxSettings {
    fn default() -> Self {
        OutboxSettings {
            look_every: Duration::from_secs(1),
            seed: rand::random(),
            patience: super::egress::WHOLE_REQUEST,
            at_once: 32,
            retry_pauses: schedule::PAUSES.to_vec(),
        }
    }
}

/// State shared by the parts.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) egress: Egress,
    pub(super) vault: Vault,
    pub(super) teller: Arc<dyn Teller>,
    pub(super) time: SharedTime,
    pub(super) metrics: Metrics,
    pub(super) settings: OutboxSettings,
    /// The subscriptions as last read.
    known: RwLock<Arc<Vec<Subscription>>>,
    /// There may be something to send.
    pub(super) due: Notify,
    /// A subscription was changed.
    pub(super) changed: Notify,
}

/// The dependencies of [`Shared`].
#[derive(Debug)]
pub struct OutboxParts {
    /// Stores subscriptions and deliveries.
    pub store: Store,
    /// Where deliveries may go.
    pub egress: Egress,
    /// Encrypts the secrets.
    pub vault: Vault,
    /// Converts events to JSON.
    pub teller: Arc<dyn Teller>,
    /// Where `now` comes from.
    pub time: SharedTime,
    /// Where metrics are recorded.
    pub metrics: Metrics,
    /// The settings.
    pub settings: OutboxSettings,
}

impl Shared {
    pub(super) fn new(parts: OutboxParts) -> Self {
        Shared {
            store: parts.store,
            egress: parts.egress,
            vault: parts.vault,
            teller: parts.teller,
            time: parts.time,
            metrics: parts.metrics,
            settings: parts.settings,
            known: RwLock::default(),
            due: Notify::new(),
            changed: Notify::new(),
        }
    }

    pub(super) fn known(&self) -> Arc<Vec<Subscription>> {
        // Replaced in one step, so consistent even after a panic.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }

    /// Reloads the subscriptions. Blocks.
    pub(super) fn learn(&self) -> Result<Arc<Vec<Subscription>>, StoreError> {
        let read = Arc::new(self.store.subscriptions()?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Arc::clone(&read);
        Ok(read)
    }
}
