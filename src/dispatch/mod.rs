//! Notices on their way to people.

pub mod mail;
pub mod staff;
