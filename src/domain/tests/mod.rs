//! What the domain promises, told as stories of complaints under `ca-jive`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod acts;
mod by_start;
mod by_zones;
mod clocks;
mod commands;
mod concluding;
mod correcting;
mod deliveries;
mod delivering;
mod delivering_late;
mod disclosing;
mod dissatisfied;
mod enquiries;
mod erasing;
mod escalating;
mod escalating_anew;
mod every_code;
mod explaining;
mod explaining_days;
mod facts;
mod findings;
mod firing;
mod handlers;
mod invariants;
mod letters;
mod lifecycle;
mod linking;
mod log;
mod migrating;
mod missed;
mod page;
mod paused_terms;
mod pauses;
mod promising;
mod random_walk;
mod recourse;
mod referring;
mod repeating;
mod standard_updates;
pub(super) mod story;
mod submitting;
mod worklists;
