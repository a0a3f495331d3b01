//! Redress: the complaint-handling service of a telecom provider.

pub mod access;
pub mod api;
pub mod app;
pub mod brand;
pub mod calendar;
pub mod cli;
pub mod client;
pub mod demo;
pub mod dispatch;
pub mod domain;
pub mod embedded;
pub mod engine;
pub mod figures;
pub mod ical;
pub mod intake;
pub mod looks;
pub mod outbox;
pub mod policy;
pub mod proto;
pub mod retry;
pub mod scheduler;
pub mod signals;
pub mod simulation;
pub mod standard_webhooks;
pub mod store;
pub mod tallying;
pub mod telemetry;
pub mod terminal;
pub mod time_source;
pub mod writing;

#[cfg(test)]
#[path = "../tests/promises/support/watchdog.rs"]
mod watchdog;

/// Of every program that links this: the service, and what measures it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
