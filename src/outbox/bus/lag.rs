//! How far the bus is behind the log. Every replica measures it, so it is known even when none of them can publish.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    store::{BusLag, Store},
    time_source::SharedTime,
};

/// The interval between measurements.
const LOOK: Duration = Duration::from_secs(15);

/// The last measured lag.
#[derive(Debug)]
pub(super) struct Lag {
    seen: Mutex<Option<BusLag>>,
    time: SharedTime,
}

impl Lag {
    pub(super) fn new(time: SharedTime) -> Lag {
        Lag {
            seen: Mutex::new(None),
            time,
        }
    }

    fn seen(&self) -> Option<BusLag> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many events are waiting.
    pub(super) fn events(&self) -> Option<i64> {
        self.seen().map(|lag| lag.events)
    }

    /// How long the oldest of them has been waiting by now, in seconds.
    pub(super) fn seconds(&self) -> Option<f64> {
        let waited = |oldest| self.time.now().duration_since(oldest).as_secs_f64();
        self.seen()
            .map(|lag| lag.oldest.map_or(0.0, waited).max(0.0))
    }

    /// Measures at intervals.
    pub(super) async fn watch(&self, store: Store, topic: String) {
        loop {
            let (store, topic) = (store.clone(), topic.clone());
            let seen = tokio::task::spawn_blocking(move || store.bus_lag(&topic)).await;
            match seen {
                Ok(Ok(lag)) => {
                    *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(lag);
                }
                // The previous measurement keeps ageing, so the lag still grows.
                Ok(Err(error)) => {
                    tracing::debug!(%error, "failed to measure how far the bus is behind");
                }
                // Shutting down.
                Err(_) => {}
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
