//! A migration of open complaints, followed to its end.

use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use super::{error::CallError, service::PolicyClient};
use crate::proto::v1;

/// Why the service ends a stream that may go on: its connection has become old. The migration goes on.
const CONNECTION_ENDS: &str = "CONNECTION_ENDS";

/// How often a call is made again that the end of a connection has cancelled.
const RETRIES: usize = 3;

/// Follows a migration, on as many connections as it takes.
#[derive(Debug)]
pub struct MigrationProgress {
    client: PolicyClient,
    request: v1::MigrateComplaintsRequest,
    /// `None` once it has ended.
    stream: Option<Streaming<v1::Migration>>,
    /// The migration's name.
    name: Option<String>,
}

impl MigrationProgress {
    /// Begins the migration, or follows the one that is running.
    ///
    /// # Errors
    /// When the service refuses it or does not answer.
    pub async fn begin(
        mut client: PolicyClient,
        request: v1::MigrateComplaintsRequest,
    ) -> Result<Self, CallError> {
        let stream = client.migrate_complaints(request.clone()).await?;
        Ok(MigrationProgress {
            client,
            request,
            stream: Some(stream.into_inner()),
            name: None,
        })
    }

    /// How far it has come, as soon as it has come further; `None`: it has ended.
    ///
    /// # Errors
    /// When the service goes away.
    pub async fn next(&mut self) -> Result<Option<v1::Migration>, CallError> {
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        let ended = match stream.message().await {
            Ok(progress) => {
                self.name = progress.as_ref().map(|progress| progress.name.clone());
                return Ok(progress);
            }
            Err(ended) => ended,
        };
        let name = self.name.clone().filter(|_| is_of_connection(&ended));
        let name = name.ok_or(ended)?;
        let mut followed = self.follow_again(&name).await;
        for _ in 0..RETRIES {
            match followed {
                // It was given to the old connection, and not carried out.
                Err(status) if status.code() == Code::Cancelled => {
                    followed = self.follow_again(&name).await;
                }
                _ => break,
            }
        }
        Ok(Some(followed?))
    }

    /// How far it has come meanwhile. It is followed again unless it has ended.
    async fn follow_again(&mut self, name: &str) -> Result<v1::Migration, Status> {
        let request = v1::GetMigrationRequest {
            name: name.to_owned(),
        };
        let progress = self.client.get_migration(request).await?.into_inner();
        self.stream = match progress.state() {
            v1::MigrationState::Running => {
                let stream = self.client.migrate_complaints(self.request.clone()).await?;
                Some(stream.into_inner())
            }
            _ => None,
        };
        Ok(progress)
    }
}

fn is_of_connection(ended: &Status) -> bool {
    let details = ended.get_details_error_info();
    details.is_some_and(|info| info.reason == CONNECTION_ENDS)
}
