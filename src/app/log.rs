//! Noting how far the log is settled: it says where the log has parted if a standby takes over that lacks its end.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::base::Base;
use crate::store::Store;

/// The pause between two notes. What was committed since the last one has to be read again after a promotion.
const PAUSE: Duration = Duration::from_secs(1);

/// Begins to note it.
pub(super) fn start(base: &Base) {
    let (store, news) = (base.store.clone(), base.news());
    tokio::spawn(settle(store, news, base.shutdown.clone()));
}

/// Notes it after each commit, a second apart at least, until shutdown.
async fn settle(store: Store, mut news: watch::Receiver<u64>, shutdown: CancellationToken) {
    let next = async |news: &mut watch::Receiver<u64>| {
        news.changed().await.ok()?;
        tokio::time::sleep(PAUSE).await;
        Some(())
    };
    while let Some(Some(())) = shutdown.run_until_cancelled(next(&mut news)).await {
        // What is committed from here on is noted the next time.
        news.mark_unchanged();
        let store = store.clone();
        let settled = tokio::task::spawn_blocking(move || store.settle_log()).await;
        if let Ok(Err(error)) = settled {
            tracing::warn!(%error, "failed to record up to where the log is settled; will retry after the next commit");
        }
    }
}
