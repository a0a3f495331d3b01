//! What the story is played on: a Postgres of its own in a temporary directory, and the service on a free port.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use uuid::Uuid;

use super::{error::DemoError, time::StoryTime};
use crate::{
    api::grpc::CallerLimits,
    app::{App, AppConfig},
    embedded::{Durability, EmbeddedError, PrivatePostgres, Settings},
    store::{DatabaseUrl, Limits, Storage},
    telemetry::Metrics,
};

const DATABASE: &str = "redress";
/// Nobody but the demo itself is connected when it ends.
const DRAIN: Duration = Duration::from_secs(5);

/// A Postgres whose directory goes away with it, however the demo ends.
#[derive(Debug)]
pub(super) struct TemporaryPostgres {
    postgres: Option<PrivatePostgres>,
    directory: PathBuf,
}

impl TemporaryPostgres {
    /// Blocks for a second or two.
    pub(super) fn start() -> Result<Self, EmbeddedError> {
        let directory = env::temp_dir().join(format!("redress-demo-{}", Uuid::new_v4().simple()));
        let settings = Settings {
            data_dir: directory.clone(),
            durability: Durability::None,
            extra: Vec::new(),
        };
        // Made first, so that a start that fails half-way is cleared away as well.
        let mut temporary = TemporaryPostgres {
            postgres: None,
            directory,
        };
        let postgres = temporary
            .postgres
            .insert(PrivatePostgres::start(&settings)?);
        postgres.create_database_if_missing(DATABASE)?;
        Ok(temporary)
    }

    pub(super) fn url(&self) -> String {
        self.postgres
            .as_ref()
            .map(|postgres| postgres.url(DATABASE))
            .unwrap_or_default()
    }

    pub(super) fn version(&self) -> &str {
        self.postgres.as_ref().map_or("", PrivatePostgres::version)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Stops it and removes its directory.
    pub(super) fn clear_away(mut self) -> Result<(), EmbeddedError> {
        let stopped = self.postgres.take().map_or(Ok(()), PrivatePostgres::stop);
        stopped.and(PrivatePostgres::remove(&self.directory))
    }
}

impl Drop for TemporaryPostgres {
    fn drop(&mut self) {
        // The server stops when it is dropped; what cannot be removed now is left to the cleaning of temporary files.
        self.postgres = None;
        let _ = PrivatePostgres::remove(&self.directory);
    }
}

/// Starts the service on the story's time.
pub(super) async fn start_service(
    database_url: String,
    time: Arc<StoryTime>,
) -> Result<App, DemoError> {
    let config = AppConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        database_url: DatabaseUrl::parse(&database_url)?,
        migrate: true,
        pool_size: 8,
        watchers: 100,
        limits: Limits::default(),
        storage: Storage::default(),
        policy_dir: None,
        calendar_dir: None,
        brand_dir: None,
        drain: DRAIN,
        callers: CallerLimits::default(),
        time,
        metrics: Metrics::off(),
    };
    Ok(App::start(config).await?)
}
