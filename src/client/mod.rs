//! A client of the service: calls it, reads whole lists, and puts what it says into words for people.

mod bounce;
mod describe;
mod error;
mod migration;
mod pages;
mod purpose;
mod service;
mod time;
mod tls;
mod token;
mod words;

pub use self::{
    bounce::BounceReport,
    describe::{Description, describe},
    error::CallError,
    migration::MigrationProgress,
    pages::{Whole, all_brands, all_clocks, all_events, all_facts, all_policies},
    purpose::Purpose,
    service::{
        BrandClient, CallMetadata, Client, Connected, DispatchClient, FigureClient, HealthClient,
        PolicyClient, PrivacyClient, SubscriptionClient, Target, connect, connect_brands,
        connect_dispatches, connect_figures, connect_health, connect_policies, connect_privacy,
        connect_subscriptions, resource_name,
    },
    time::{UnreadableTime, Zone, api_time, instant, span},
    tls::TlsFiles,
    token::{NoToken, Token},
    words::{Worded, as_known, spoken, word, words},
};
