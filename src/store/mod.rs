//! The only SQL. Postgres is the system of record; no statement here asks it what time it is.

mod activation;
mod among;
mod batch;
mod catalog;
mod columns;
mod due;
mod error;
mod history;
mod kept;
mod list;
mod log;
mod lookup;
mod moving;
mod named;
mod pool;
mod read;
mod rows;
mod schema;
mod timeline;
mod transaction;
mod twice;
mod write;

pub(crate) use self::moving::filed_at;
pub use self::{
    activation::Activation,
    batch::Batch,
    catalog::StoredText,
    due::{Claimed, Due, Mark, SWEEP_LIMIT},
    error::StoreError,
    history::{Found, History, Place, PutAside, Scope},
    kept::{KeptPolicyError, StoredPolicy},
    list::{DueClock, Extent, Filter, Listed, ListedComplaint},
    moving::{Held, OpenComplaint},
    named::{Binding, StoredClocks, StoredComplaint},
    pool::{Store, migrate, pending_migrations},
    read::{Reader, StoredEvent},
    transaction::{StoredRequest, Transaction},
    twice::{Mismatch, Orphans},
};
