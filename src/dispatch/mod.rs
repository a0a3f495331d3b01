//! Notices on their way to people, and what those who run and connect systems have to know.

pub mod alerts;
pub mod mail;
pub mod staff;
