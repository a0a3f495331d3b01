//! What the parts of the outbox share.

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

/// How the outbox works.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// How often it looks for what another replica has committed, or what has fallen due.
    pub look_every: Duration,
    /// What the spread of waits is drawn from.
    pub seed: u64,
    /// How long a receiver may take to answer.
    pub patience: Duration,
    /// How many requests to one receiver are under way at this replica, at most.
    pub at_once: usize,
    /// How long to wait after each failure of a delivery; after one failure more, it is given up.
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

/// What the parts share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) egress: Egress,
    pub(super) vault: Vault,
    pub(super) teller: Arc<dyn Teller>,
    pub(super) time: SharedTime,
    pub(super) metrics: Metrics,
    pub(super) settings: OutboxSettings,
    /// The subscriptions as they were read last.
    known: RwLock<Arc<Vec<Subscription>>>,
    /// There may be something to send.
    pub(super) due: Notify,
    /// A subscription was changed.
    pub(super) changed: Notify,
}

/// What [`Shared`] is made of.
#[derive(Debug)]
pub struct OutboxParts {
    /// Where subscriptions and deliveries are kept.
    pub store: Store,
    /// Where they may be sent.
    pub egress: Egress,
    /// What keeps the secrets.
    pub vault: Vault,
    /// What tells events.
    pub teller: Arc<dyn Teller>,
    /// Where `now` comes from.
    pub time: SharedTime,
    /// What measures.
    pub metrics: Metrics,
    /// How it works.
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
        // Replaced in one step, so it is whole whatever panicked.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }

    /// Reads the subscriptions anew. Blocks.
    pub(super) fn learn(&self) -> Result<Arc<Vec<Subscription>>, StoreError> {
        let read = Arc::new(self.store.subscriptions()?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Arc::clone(&read);
        Ok(read)
    }
}
