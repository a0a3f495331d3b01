//! Events reach systems: subscriptions follow the log, and each event that one wants becomes a delivery.
//!
//! A follower turns pages of the log into deliveries (`follower`), a sender claims what is due, posts it and records what came of
//! it (`sender`, `attempt`, `fates`), and callers say what goes where (`service`). Any number of replicas do so side by side.

mod attempt;
mod attempts;
pub mod bus;
mod cloud_event;
pub mod egress;
mod fates;
mod filter;
mod follower;
mod payload;
mod receiver;
mod running;
mod schedule;
mod sender;
mod service;
mod shared;
mod vault;

pub use self::{
    attempts::{Attempt, attempts_of},
    cloud_event::{CloudEvents, Teller, Untold, event_id, event_identity},
    running::Outbox,
    service::{SubscriptionError, Subscriptions, Tested},
    shared::{OutboxParts, OutboxSettings},
    vault::{Vault, VaultError},
};
