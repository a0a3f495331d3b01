//! The stream of a migration. The migration itself runs whether or not anybody reads it.

use std::pin::Pin;

use futures_util::{Stream, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::convert;
use crate::{
    api::{ComplaintApi, problems},
    engine::{Migration, MigrationState},
    intake::{Problem, SHORT},
    proto::v1,
};

/// What a call of `MigrateComplaints` returns.
pub(in crate::api) type MigrationStream =
    Pin<Box<dyn Stream<Item = Result<v1::MigrateComplaintsResponse, Problem>> + Send + 'static>>;

impl ComplaintApi {
    pub(in crate::api) async fn begin_migration(
        &self,
        request: v1::MigrateComplaintsRequest,
    ) -> Result<MigrationStream, Problem> {
        let mut check = self.check();
        let name = check.required("policy", &request.policy, SHORT);
        let actor = check.actor(&request.actor);
        let (name, actor) = check.finish(name.zip(actor))?;
        let engine = self.engine.clone();
        let begun = tokio::task::spawn_blocking(move || engine.migrate(&name, &actor));
        let progress = begun
            .await
            .map_err(|error| problems::broken_off(&error))?
            .map_err(|error| problems::of_migration(&error))?;
        let follower = Follower {
            progress,
            told: false,
            shutdown: self.tail.shutdown().clone(),
        };
        Ok(Box::pin(stream::unfold(Some(follower), |follower| async {
            Some(follower?.next().await)
        })))
    }
}

struct Follower {
    progress: watch::Receiver<Migration>,
    /// Whether the caller knows how far it had come at the beginning.
    told: bool,
    shutdown: CancellationToken,
}

impl Follower {
    async fn next(mut self) -> (Result<v1::MigrateComplaintsResponse, Problem>, Option<Self>) {
        if self.told {
            let shutdown = self.shutdown.clone();
            let changed = shutdown.run_until_cancelled(self.progress.changed()).await;
            match changed {
                None => return (Err(problems::shutting_down()), None),
                // Its thread has ended without a word.
                Some(Err(_)) => {
                    return (
                        Err(Problem::internal(&"a migration ended by a panic")),
                        None,
                    );
                }
                Some(Ok(())) => {}
            }
        }
        self.told = true;
        let migration = self.progress.borrow_and_update().clone();
        let goes_on = migration.state == MigrationState::Running;
        let message = convert::migration(&migration);
        (Ok(message), goes_on.then_some(self))
    }
}
