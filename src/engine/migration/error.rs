//! Why a migration did not start, or ended early.

use crate::{policy::UnknownPolicy, store::StoreError, time_source::WrongTime};

/// Why a running migration is aborted.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// No version of the policy is in force any more.
    #[error("the policy no longer has a version in force")]
    NoneInForce,
    /// The version in force keeps changing.
    #[error("the version in force kept changing; start the migration again when that has settled")]
    Restless,
    /// The connection broke, and another replica took over.
    #[error(
        "the connection to the database broke, and another replica has taken over the migration"
    )]
    Elsewhere,
    #[error("the service shut down")]
    ShutDown,
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a migration did not start.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No active policy has this name.
    #[error(transparent)]
    UnknownPolicy(UnknownPolicy),
    /// No version of it is in force now.
    #[error("policy {0:?} has no version in force now")]
    NoneInForce(String),
    /// Another replica is running the migration.
    #[error("another replica is moving the complaints of {0:?}")]
    Elsewhere(String),
    /// This process is migrating another policy.
    #[error(
        "this replica is moving the complaints of {0:?}, and moves those of one policy at a time; wait until it is done"
    )]
    Busy(String),
    /// The service is shutting down.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// This machine's clock is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database is unavailable, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
