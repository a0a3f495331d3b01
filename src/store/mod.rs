//! The only SQL. Postgres is the system of record; no statement asks it what time it is, but the one in `time.rs`.

mod activation;
mod any_array;
mod batch;
mod beside;
mod branches;
mod bus;
mod catalog;
mod checkup;
mod clock_reads;
mod clocks;
mod complaint_lookup;
mod complaint_reads;
mod conninfo;
mod counting;
mod deliveries;
mod delivery_claims;
mod delivery_reads;
mod denormalized;
mod dispatch_attempts;
mod dispatch_letters;
mod dispatches;
mod due;
mod due_promises;
mod error;
mod events;
mod evidence;
mod fan_out;
mod figure_facts;
mod figures;
mod first_clocks;
mod first_of;
mod history;
mod judgement;
mod last_attempts;
mod libpq;
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
mod moment;
mod notices;
mod parts;
mod passes;
mod person_search;
mod personal;
mod personal_reads;
mod placement;
mod policy_versions;
mod pool;
mod position;
mod read;
mod read_log;
mod replaying;
mod retained;
mod rows;
mod rule_texts;
mod schema;
mod search;
mod search_keys;
mod session;
#[cfg_attr(not(target_os = "linux"), path = "socket_unknown.rs")]
mod socket;
mod space;
mod staff_messages;
mod staff_sending;
mod subscription;
mod subscription_alerts;
mod subscription_health;
mod subscriptions;
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
    beside::Beside,
    bus::{BusLag, BusLease, Published},
    checkup::{Checkup, Snapshot, check_up},
    clocks::{Binding, ClockPlace, ListedClock, StoredClocks},
    complaint_lookup::StoredComplaint,
    counting::{Board, Cell, CountGroup, Counted, Counting},
    deliveries::{DeliveryFate, FinishedDelivery, TurnedOver},
    delivery_claims::{ClaimedDelivery, DeliveryLine, DeliveryRoom},
    delivery_reads::{DeliveriesOnly, Delivery, DeliveryFilter, DeliveryState},
    denormalized::{Mismatch, Orphans},
    dispatch_letters::{DispatchKey, Letter},
    dispatches::{
        ClaimedDispatch, DispatchPlace, DispatchStates, LONGEST_LEASE, Senders, WaitingDispatch,
    },
    due::{Claimed, Due, SWEEP_LIMIT, SweepCursor},
    due_promises::{DUE_PROMISES, DuePromise},
    error::StoreError,
    events::{About, EventContent, StoredEvent},
    fan_out::FannedOut,
    figure_facts::CountedComplaint,
    figures::{FigureExtent, FigurePage},
    history::{Coverage, History, HistoryPlace, ListedHistory, PutAside},
    limits::Limits,
    list::{ComplaintPage, DEFAULT_PAGE, DueClock, Extent, Listed, ListedComplaint, ListedRow},
    list_filter::{Filter, NOBODY, Order, Period},
    list_order::ListPlace,
    log::LogPage,
    lookout::{Lookout, Storage},
    migration_queries::{Held, OpenComplaint},
    migration_records::{Migration, MigrationFailure, MigrationState},
    migrations::{migrate, pending_migrations},
    person_search::{PersonKey, PersonPage},
    personal_reads::{PersonalRead, ReadFilter, ReadPage, ReadPlace},
    placement::Placement,
    policy_versions::{KeptPolicyError, StoredPolicy},
    pool::Store,
    position::{LogPlace, Position, PositionError},
    read::Reader,
    read_log::{NewRead, ReadLog},
    replaying::{ReplayFilter, Replayed},
    retained::RetainedPlace,
    rule_texts::StoredText,
    search::{FoundComplaint, FoundPage, FoundRow, SEARCHED, Search},
    search_keys::WrongKeys,
    space::{Room, Space, Volume},
    staff_messages::{NewDigest, NewStaffMessage, StaffMeans, StaffMessageKind},
    staff_sending::{
        ClaimedStaffMessage, LastResort, NextTry, StaffMatter, StaffPromise, StaffSubscription,
    },
    subscription::{
        AfterGivingUp, Definition, EventFilter, Subscription, SubscriptionChange,
        SubscriptionChangeKind, SubscriptionState,
    },
    subscription_alerts::ClaimedAlert,
    subscription_health::SubscriptionAt,
    subscriptions::MOST_SUBSCRIPTIONS,
    transaction::{Locked, StoredRequest, Transaction},
    url::{DatabaseUrl, UrlError},
};
