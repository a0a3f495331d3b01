//! The one table from what went wrong to what the caller is told.
//!
//! Every problem has a stable reason. What only the operators can mend stands in the log alone.

mod access;
mod activation;
mod brand;
mod calls;
mod engine;
mod figures;
mod log;
mod policy;
mod privacy;
mod refusal;
mod store;
mod subscription;
mod waits;

pub(super) use self::{
    access::{
        actor_not_caller, of_authentication, override_not_permitted, personal_search, role_required,
    },
    activation::of_activation,
    brand::brand_not_found,
    calls::{
        broken_off, busy, change_timed_out, not_read, not_read_on, read_timed_out,
        too_many_watchers,
    },
    engine::{not_found, not_found_in, of_engine, shutting_down},
    figures::of_tally,
    log::{clock_not_found, event_not_found, log_broken, no_such_clock, notice_not_found, of_log},
    policy::{migration_not_found, of_migration, of_proposal, policy_not_found},
    privacy::{identity_not_verified, reads_not_recorded},
    store::{of_position, of_store},
    subscription::{of_subscription, text_not_permitted},
    waits::{LATER, SOON},
};
