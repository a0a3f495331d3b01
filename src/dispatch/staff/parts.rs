//! The dependencies of the staff dispatcher.

use std::sync::Arc;

use super::{directory::StaffDirectory, link::ComplaintUrl, post::StaffPost};
use crate::{
    engine::Rules,
    store::{Reader, Store, StoreError},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// The dependencies of the staff dispatcher.
#[derive(Debug)]
pub struct StaffParts {
    /// The database.
    pub store: Store,
    /// Reads the log.
    pub reader: Reader,
    /// The policies, which say who owns a promise.
    pub rules: Arc<Rules>,
    /// The addressees.
    pub directory: StaffDirectory,
    /// Sends the messages.
    pub post: Arc<dyn StaffPost>,
    /// Makes links to complaints.
    pub url: Option<ComplaintUrl>,
    /// Where `now` comes from.
    pub time: SharedTime,
    /// Where metrics are recorded.
    pub metrics: Metrics,
    /// Seeds the jitter of pauses between attempts.
    pub seed: u64,
}

/// Queries the database off the runtime's threads.
pub(super) async fn asking<T: Send + 'static>(
    parts: &Arc<StaffParts>,
    ask: impl FnOnce(&StaffParts) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let parts = Arc::clone(parts);
    let asked = tokio::task::spawn_blocking(move || ask(&parts)).await;
    asked.map_err(|_| StoreError::abandoned())?
}
