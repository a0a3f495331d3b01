//! The stream of a migration. The migration itself runs whether or not anybody reads it.

use std::pin::Pin;

use futures_util::{Stream, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::convert;
use crate::{
    access::Caller,
    api::{ComplaintApi, page, problems},
    intake::{Problem, SHORT, page_token::FilterDigest},
    proto::v1,
    store::{Migration, MigrationState},
};

/// What a call of `MigrateComplaints` returns.
pub(in crate::api) type MigrationStream =
    Pin<Box<dyn Stream<Item = Result<v1::Migration, Problem>> + Send + 'static>>;

impl ComplaintApi {
    pub(in crate::api) async fn begin_migration(
        &self,
        caller: &Caller,
        request: v1::MigrateComplaintsRequest,
    ) -> Result<MigrationStream, Problem> {
        let acting = self.acting(caller, "MigrateComplaints", &request.actor)?;
        let mut check = self.check();
        let name = check.required("policy", &request.policy, SHORT);
        let actor = check.actor(&acting.name);
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

/// How many migrations a page holds by default.
const PAGE: u16 = 50;

impl ComplaintApi {
    pub(in crate::api) async fn read_migration(
        &self,
        request: v1::GetMigrationRequest,
    ) -> Result<v1::Migration, Problem> {
        let mut check = self.check();
        let name = check.migration_name(&request.name);
        let (policy, id) = check.finish(name)?;
        let found = self.reader.migration(id).await;
        let found = found.map_err(|error| problems::of_store(&error))?;
        let of_policy = found.filter(|migration| migration.policy.name == policy);
        let migration = of_policy.ok_or_else(problems::migration_not_found)?;
        Ok(convert::migration(&migration))
    }

    pub(in crate::api) async fn read_migrations(
        &self,
        request: v1::ListMigrationsRequest,
    ) -> Result<v1::ListMigrationsResponse, Problem> {
        let mut check = self.check();
        let size = check.page_size(request.page_size, PAGE);
        let digest = FilterDigest::of("ListMigrations", request.parent.as_bytes());
        let before: Option<Uuid> = check.page_token(&request.page_token, digest);
        let policies = self.policies();
        let policy = check.parent_policy(&request.parent, policies.names());
        let policy = check.finish(policy)?;
        let limit = page::extent(size).limit();
        let found = self.reader.migrations(policy, before, limit).await;
        let mut found = found.map_err(|error| problems::of_store(&error))?;
        let more = found.len() > size;
        found.truncate(size);
        let rows = found.iter().map(|row| (row.id, convert::migration(row)));
        let (migrations, next_page_token) = page::fill(rows, more, digest, page::weight);
        Ok(v1::ListMigrationsResponse {
            migrations,
            next_page_token,
        })
    }
}

struct Follower {
    progress: watch::Receiver<Migration>,
    /// Whether the caller knows how far it had come at the beginning.
    told: bool,
    shutdown: CancellationToken,
}

impl Follower {
    async fn next(mut self) -> (Result<v1::Migration, Problem>, Option<Self>) {
        if self.told {
            let shutdown = self.shutdown.clone();
            let changed = shutdown.run_until_cancelled(self.progress.changed()).await;
            match changed {
                None => return (Err(problems::shutting_down()), None),
                // Its thread has ended without a word.
                Some(Err(_)) => {
                    return (Err(Problem::internal(&"a migration panicked")), None);
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
