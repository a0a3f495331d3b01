//! Records how far the log is settled, which shows where the log diverged after failover to a standby that lacks its end.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::base::Base;
use crate::store::Store;

/// The pause between records. After a promotion, what was committed since the last one must be read again.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts recording.
pub(super) fn start(base: &Base) {
    let (store, news) = (base.store.clone(), base.news());
    tokio::spawn(settle(store, news, base.shutdown.clone()));
}

/// Records it after commits, at least a second apart, until shutdown.
async fn settle(store: Store, mut news: watch::Receiver<u64>, shutdown: CancellationToken) {
    let next = async |news: &mut watch::Receiver<u64>| {
        news.changed().await.ok()?;
        tokio::time::sleep(PAUSE).await;
        Some(())
    };
    while let Some(Some(())) = shutdown.run_until_cancelled(next(&mut news)).await {
        // Later commits are covered by the next record.
        news.mark_unchanged();
        let store = store.clone();
        let settled = tokio::task::spawn_blocking(move || store.settle_log()).await;
        if let Ok(Err(error)) = settled {
            tracing::warn!(%error, "failed to record up to where the log is settled; will retry after the next commit");
        }
    }
}
