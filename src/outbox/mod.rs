//! Delivers events to other systems: subscriptions follow the log, and each event that one wants becomes a delivery.
//!
//! A follower turns pages of the log into deliveries (`follower`). A sender claims due deliveries, posts them and records the
//! outcome (`sender`, `attempt`, `fates`). Callers manage subscriptions (`service`). Any number of replicas can do so side by
//! side.

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
