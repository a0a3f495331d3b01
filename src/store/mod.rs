//! The only SQL. Postgres is the system of record; no statement here asks it what time it is.

mod batch;
mod catalog;
mod columns;
mod error;
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
    pool::{Store, migrate},
    read::{Filter, Reader, StoredComplaint, StoredEvent},
    transaction::{Claimed, SWEEP_LIMIT, StoredRequest, Transaction},
};
