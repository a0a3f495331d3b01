//! The only SQL. Postgres is the system of record; no statement asks it what time it is, but the one in `time.rs`.

mod activation;
mod among;
mod batch;
mod beside;
mod branches;
mod catalog;
mod clocks;
mod columns;
mod conninfo;
mod due;
mod error;
mod evidence;
mod first_open;
mod history;
mod kept;
mod limits;
mod list;
mod log;
mod lookout;
mod lookup;
mod migrations;
mod moving;
mod named;
mod personal;
mod pool;
mod position;
mod read;
mod rows;
mod schema;
mod session;
#[cfg_attr(not(target_os = "linux"), path = "socket_unknown.rs")]
mod socket;
mod space;
mod time;
mod timeline;
mod transaction;
mod twice;
mod url;
mod watchdog;
mod write;

pub(crate) use self::moving::filed_at;
pub use self::{
    activation::Activation,
    batch::Batch,
    catalog::StoredText,
    clocks::{Binding, ClockPlace, ListedClock, StoredClocks},
    due::{Claimed, Due, Mark, SWEEP_LIMIT},
    error::StoreError,
    history::{Found, History, Place, PutAside, Scope},
    kept::{KeptPolicyError, StoredPolicy},
    limits::Limits,
    list::{DueClock, Entry, Extent, Filter, Listed, ListedComplaint},
    lookout::{Lookout, Storage},
    migrations::{migrate, pending_migrations},
    moving::{Held, OpenComplaint},
    named::StoredComplaint,
    pool::Store,
    position::{LogPage, Position, PositionError},
    read::{EventContent, Reader, StoredEvent},
    space::{Room, Space, Volume},
    transaction::{Locked, StoredRequest, Transaction},
    twice::{Mismatch, Orphans},
    url::{DatabaseUrl, UrlError},
};
