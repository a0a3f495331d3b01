//! The composition root: builds everything, and takes it down in order.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::time_source::SharedTime;

/// What the service is built from.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The database's URL.
    pub database_url: String,
    /// Connections in the pool.
    pub pool_size: u32,
    /// A folder of further policies.
    pub policy_dir: Option<PathBuf>,
    /// The policy of a filing that names none.
    pub default_policy: String,
    /// How long running calls and streams get to end.
    pub drain: Duration,
    /// Where `now` comes from.
    pub time: SharedTime,
}

/// A service that is up.
#[derive(Debug)]
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    /// The policies in use, as `name@version`.
    pub policies: Vec<String>,
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
#[error("not started")]
pub struct AppError;

impl App {
    /// Migrates, loads the policies, and serves.
    ///
    /// # Errors
    /// What was in the way.
    pub async fn start(_config: AppConfig) -> Result<App, AppError> {
        todo!()
    }

    /// Takes no new calls, lets the running ones end, commits what was taken, and stops.
    pub async fn stop(self) {
        todo!()
    }
}
