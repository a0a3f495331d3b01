//! What telling staff needs.

use std::sync::Arc;

use super::{directory::StaffDirectory, link::ComplaintUrl, post::StaffPost};
use crate::{
    engine::Rules,
    store::{Reader, Store, StoreError},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// What it is built from.
#[derive(Debug)]
pub struct StaffParts {
    /// The database.
    pub store: Store,
    /// Reads of the log.
    pub reader: Reader,
    /// Where the policies are that say who owns a promise.
    pub rules: Arc<Rules>,
    /// Who is told.
    pub directory: StaffDirectory,
    /// What sends.
    pub post: Arc<dyn StaffPost>,
    /// Where a complaint can be opened.
    pub url: Option<ComplaintUrl>,
    /// Where `now` comes from.
    pub time: SharedTime,
    /// What measures.
    pub metrics: Metrics,
    /// What the pauses between attempts are spread by.
    pub seed: u64,
}

/// Has the database asked, off the runtime's threads.
pub(super) async fn asking<T: Send + 'static>(
    parts: &Arc<StaffParts>,
    ask: impl FnOnce(&StaffParts) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let parts = Arc::clone(parts);
    let asked = tokio::task::spawn_blocking(move || ask(&parts)).await;
    asked.map_err(|_| StoreError::abandoned())?
}
