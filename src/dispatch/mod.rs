//! Delivers notices to customers, and messages to staff and to the contacts of subscriptions.

pub mod alerts;
pub mod mail;
pub mod staff;
