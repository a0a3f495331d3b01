//! Why the service does not run.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::{
    api::grpc, brand::BrandError, calendar::CalendarError, policy::PolicyError,
    scheduler::StartError, store::StoreError,
};

/// Why the service did not start, or did not run on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The port.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database's schema is older than this program.
    #[error(
        "the database lacks {pending} migrations; run `redress migrate` first, or serve with --migrate"
    )]
    NotMigrated {
        /// How many.
        pending: usize,
    },
    /// A built-in calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A built-in policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The built-in brand.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// Nobody could file anything.
    #[error("no brand can be used: the log says what is wrong with each file")]
    NoBrand,
    /// A folder of policies, calendars or brands.
    #[error("the folder {folder} cannot be read: {source}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A thread.
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
    /// The schedule.
    #[error("the scheduler could not be started: {0}")]
    Schedule(#[from] StartError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] grpc::ServeError),
    /// A part of the service ended by a panic.
    #[error("a part of the service ended unexpectedly")]
    Lost,
}
