//! What the promises are tested with.

pub(crate) mod command;
pub(crate) mod database;
pub(crate) mod frames;
pub(crate) mod ledger;
pub(crate) mod line;
pub(crate) mod office;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod requests;
pub(crate) mod service;
pub(crate) mod watchdog;
