//! Readiness: the database answers and accepts writes, this machine's clock is right, and the background threads make progress.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{base::Base, time::Standing};
use crate::{
    api::grpc::Readiness,
    engine::{Ailment, Pulse},
    store::{Lookout, Storage},
    time_source::SharedTime,
};

/// The interval between checks of the database.
const LOOKS: Duration = Duration::from_secs(1);
/// How often readiness is updated.
const TOLD: Duration = Duration::from_millis(500);

/// Starts checking the database and updating readiness.
pub(super) async fn start(base: &Base, storage: Storage) -> Readiness {
    let readiness = Readiness::new().await;
    // Ready from the start: the database has just answered.
    readiness.set(base.time.check().is_ok()).await;
    let pulse = base.engine.pulse();
    tokio::spawn(look_out(
        base.store.lookout(storage),
        Arc::clone(pulse),
        base.shutdown.clone(),
    ));
    tokio::spawn(tell(
        Arc::clone(pulse),
        Arc::clone(&base.time),
        readiness.clone(),
        base.shutdown.clone(),
    ));
    readiness
}

/// Checks the database until shutdown. Each check has a timeout, set by the lookout.
async fn look_out(mut lookout: Lookout, pulse: Arc<Pulse>, shutdown: CancellationToken) {
    let mut looks = interval(LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(looks.tick()).await.is_some() {
        let look = tokio::task::spawn_blocking(move || {
            let seen = lookout.look();
            if seen.is_ok()
                && let Err(error) = lookout.measure()
            {
                tracing::warn!(%error, "failed to measure the free space on the database's disk; will retry");
            }
            (lookout, seen)
        });
        // It panicked, or the runtime is shutting down. After a panic readiness ends, as it should.
        let Ok((back, seen)) = look.await else { return };
        lookout = back;
        match seen {
            Ok(()) => pulse.database_is_well(),
            Err(error) => tracing::warn!(%error, "failed to check the database; will retry"),
        }
    }
}

/// Updates readiness until shutdown.
async fn tell(
    pulse: Arc<Pulse>,
    time: SharedTime,
    readiness: Readiness,
    shutdown: CancellationToken,
) {
    let mut moments = interval(TOLD);
    let (mut ready, mut standing) = (true, Standing::default());
    while shutdown.run_until_cancelled(moments.tick()).await.is_some() {
        standing.look(&*time);
        let check = time.check().map_err(Ailment::from);
        let check = check.and_then(|()| pulse.check());
        match (check, ready) {
            (Err(ailment), true) => {
                tracing::error!(%ailment, "not ready; health checks report NOT_SERVING");
            }
            (Ok(()), false) => tracing::info!("ready again"),
            _ => {}
        }
        ready = check.is_ok();
        readiness.set(ready).await;
    }
}
