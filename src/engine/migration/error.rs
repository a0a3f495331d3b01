//! Why a migration was not begun, or ended early.

use crate::{policy::UnknownPolicy, store::StoreError, time_source::WrongTime};

/// Why a migration that runs is broken off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// No policy of its name rules any more.
    #[error("the policy no longer has a version in force")]
    NoneInForce,
    /// What is in force does not stay.
    #[error("the version in force kept changing; start the migration again when that has settled")]
    Restless,
    /// Its connection broke, and another replica was faster.
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

/// Why a migration was not begun.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No policy in use has this name.
    #[error(transparent)]
    UnknownPolicy(UnknownPolicy),
    /// No version of it is in force now.
    #[error("policy {0:?} has no version in force now")]
    NoneInForce(String),
    /// Another replica is moving them.
    #[error("another replica is moving the complaints of {0:?}")]
    Elsewhere(String),
    /// This process moves the complaints of another policy.
    #[error(
        "this replica is moving the complaints of {0:?}, and moves those of one policy at a time; wait until it is done"
    )]
    Busy(String),
    /// The service is going down.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// This machine's time is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database is away, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
