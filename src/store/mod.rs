//! The only SQL. Postgres is the system of record; no statement here asks it what time it is.

mod batch;
mod catalog;
mod columns;
mod error;
mod history;
mod log;
mod pool;
mod read;
mod rows;
mod schema;
mod transaction;

pub use self::{
    batch::Batch,
    catalog::StoredText,
    error::StoreError,
    history::{Found, History, Scope},
    pool::{Store, migrate, pending_migrations},
    read::{Filter, Reader, StoredComplaint, StoredEvent},
    transaction::{Claimed, Due, SWEEP_LIMIT, StoredRequest, Transaction},
};
