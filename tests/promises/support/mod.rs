//! What the promises are tested with.

pub(crate) mod callers;
pub(crate) mod certificates;
pub(crate) mod command;
pub(crate) mod database;
pub(crate) mod entry;
pub(crate) mod frames;
pub(crate) mod ledger;
pub(crate) mod line;
pub(crate) mod office;
pub(crate) mod policies;
pub(crate) mod privacy;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod receiver;
pub(crate) mod relay;
pub(crate) mod requests;
pub(crate) mod rows;
pub(crate) mod service;
pub(crate) mod watchdog;
