//! The one table from what went wrong to what the caller is told.
//!
//! Every problem has a stable reason. What only the operators can mend stands in the log alone.

mod activation;
mod brand;
mod calls;
mod engine;
mod log;
mod policy;
mod refusal;
mod store;
mod waits;

pub(super) use self::{
    activation::of_activation,
    brand::brand_not_found,
    calls::{
        broken_off, busy, change_timed_out, not_read, not_read_on, read_timed_out,
        too_many_watchers,
    },
    engine::{not_found, of_engine, shutting_down},
    log::{clock_not_found, event_not_found, log_broken, no_such_clock, notice_not_found, of_log},
    policy::{migration_not_found, of_migration, of_proposal, policy_not_found},
    store::{of_position, of_store},
    waits::{LATER, SOON},
};
