//! A client of the service: calls it, reads whole lists, and puts what it says into words for people.

mod describe;
mod error;
mod migration;
mod pages;
mod service;
mod time;
mod words;

pub use self::{
    describe::{Told, describe},
    error::CallError,
    migration::MigrationProgress,
    pages::{Whole, all_brands, all_clocks, all_events, all_policies},
    service::{Client, connect, connect_brands, connect_policies, resource_name},
    time::{UnreadableTime, Zone, api_time, instant, span},
    words::{Worded, as_known, spoken, word, words},
};
