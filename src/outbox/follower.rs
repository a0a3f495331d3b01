//! Follows the log: after each commit, turns events that subscriptions want into deliveries.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{filter, shared::Shared};
use crate::store::StoreError;

/// The pause between passes that reached the end of the log: under load, each pass then handles many commits.
const PAUSE: Duration = Duration::from_millis(20);

/// Follows until shutdown.
pub(super) async fn follow(
    shared: Arc<Shared>,
    mut news: watch::Receiver<u64>,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        // Marked before reading, so that a commit during the read makes the wait below return at once.
        news.mark_unchanged();
        let working = Arc::clone(&shared);
        match tokio::task::spawn_blocking(move || catch_up(&working)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "failed to match events with subscriptions; will retry");
            }
            // The task panicked, which is logged; the next pass tries again.
            Err(_) => {}
        }
        shared.due.notify_one();
        let looked = shutdown.run_until_cancelled(async {
            tokio::time::sleep(PAUSE).await;
            let changes = async {
                tokio::select! {
                    changed = news.changed() => {
                        if changed.is_err() {
                            // No sender is left; keep polling.
                            std::future::pending::<()>().await;
                        }
                    }
                    () = shared.changed.notified() => {}
                }
            };
            let _ = tokio::time::timeout(shared.settings.look_every, changes).await;
        });
        if looked.await.is_none() {
            return;
        }
    }
}

/// Reads to the end of the log.
fn catch_up(shared: &Shared) -> Result<(), StoreError> {
    shared
        .time
        .check()
        .map_err(|wrong| StoreError::Unavailable(wrong.to_string()))?;
    loop {
        let subscriptions = shared.learn()?;
        let now = shared.time.now();
        let fanned_out = shared.store.fan_out(&subscriptions, now, filter::wants)?;
        if fanned_out.added > 0 {
            shared.due.notify_one();
        }
        if !fanned_out.more {
            return Ok(());
        }
    }
}
