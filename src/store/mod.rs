//! The only SQL. Postgres is the system of record; no statement asks it what time it is, but the one in `time.rs`.

mod activation;
mod any_array;
mod batch;
mod beside;
mod branches;
mod catalog;
mod clock_reads;
mod clocks;
mod complaint_lookup;
mod complaint_reads;
mod conninfo;
mod denormalized;
mod due;
mod error;
mod events;
mod evidence;
mod first_clocks;
mod first_of;
mod history;
mod judgement;
mod limits;
mod links;
mod list;
mod list_filter;
mod list_order;
mod log;
mod lookout;
mod lookup;
mod lookup_turns;
mod migration_queries;
mod migration_records;
mod migrations;
mod personal;
mod policy_versions;
mod pool;
mod position;
mod read;
mod rows;
mod rule_texts;
mod schema;
mod session;
#[cfg_attr(not(target_os = "linux"), path = "socket_unknown.rs")]
mod socket;
mod space;
mod time;
mod timeline;
mod transaction;
mod unnest;
mod url;
mod watchdog;
mod write;

pub(crate) use self::migration_queries::filed_at;
pub use self::{
    activation::{ActivatedText, Activation, VersionRef},
    batch::Batch,
    clocks::{Binding, ClockPlace, ListedClock, StoredClocks},
    complaint_lookup::StoredComplaint,
    denormalized::{Mismatch, Orphans},
    due::{Claimed, Due, SWEEP_LIMIT, SweepCursor},
    error::StoreError,
    events::{About, EventContent, StoredEvent},
    history::{History, HistoryPlace, ListedHistory, PutAside, Scope},
    limits::Limits,
    list::{DueClock, Entry, Extent, Listed, ListedComplaint},
    list_filter::{Filter, Order},
    list_order::ListPlace,
    lookout::{Lookout, Storage},
    migration_queries::{Held, OpenComplaint},
    migration_records::{Migration, MigrationFailure, MigrationState},
    migrations::{migrate, pending_migrations},
    policy_versions::{KeptPolicyError, StoredPolicy},
    pool::Store,
    position::{LogPage, Position, PositionError},
    read::Reader,
    rule_texts::StoredText,
    space::{Room, Space, Volume},
    transaction::{Locked, StoredRequest, Transaction},
    url::{DatabaseUrl, UrlError},
};
