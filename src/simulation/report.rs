//! What a simulation found.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// What a proposed version would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Open complaints that were looked at.
    pub open: u64,
    /// How many of them have a promise that would be timed otherwise.
    pub touched: u64,
    /// How many, open or past, could not be worked out: their logs do not hold, or name a version that is not known.
    pub unreadable: u64,
    /// What would happen to the running promises, by clock. Clocks that do not change are left out.
    pub clocks: BTreeMap<String, ClockChange>,
    /// The first of them, one by one, in the order of the complaints' filing.
    pub details: Vec<Detail>,
    /// Complaints of the past that were looked at.
    pub past: u64,
    /// What became of the promises of the past, by clock.
    pub past_promises: BTreeMap<String, PastPromises>,
}

/// What would happen to the running promises of one clock, as numbers of complaints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockChange {
    /// Due earlier.
    pub earlier: u64,
    /// The most by which one is.
    pub most_earlier: SignedDuration,
    /// Due later.
    pub later: u64,
    /// The most by which one is.
    pub most_later: SignedDuration,
    /// Promised for the first time.
    pub added: u64,
    /// No longer promised.
    pub removed: u64,
    /// Paused where it ran, or running where it was paused.
    pub paused_otherwise: u64,
    /// In time as it is, late as it would be.
    pub become_late: u64,
    /// Late as it is, in time or not promised as it would be.
    pub no_longer_late: u64,
}

/// What would happen to one running promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What the customer quotes.
    pub tracking_number: String,
    /// The clock.
    pub clock: String,
    /// When it is due; `None`: it is paused, or not promised.
    pub from: Option<Timestamp>,
    /// When it would be; `None`: it would be paused, or not promised.
    pub to: Option<Timestamp>,
    /// Whether it would become late.
    pub becomes_late: bool,
    /// Whether it would no longer be.
    pub no_longer_late: bool,
}

/// What became of the promises of one clock, as numbers of cycles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PastPromises {
    /// As it was.
    pub as_it_was: PromiseCounts,
    /// Under the proposal.
    pub as_proposed: PromiseCounts,
}

/// How often a promise was made that did not fall away, and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PromiseCounts {
    /// Made: kept, missed, or still running.
    pub promised: u64,
    /// Not kept in time.
    pub missed: u64,
    /// Not due yet, or paused.
    pub running: u64,
}
