//! What the report is made of, part by part.

use std::time::Duration;

use crate::{
    access::Access, deliveries::Deliveries, figures::Figures, overload::Overload, rounds::Results,
    search::Searches,
};

/// A part of the run; else why it was not measured, to be read after "not measured: ".
pub(crate) type Found<T> = Result<T, String>;

/// Everything that a run came to.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) calls: Found<Results>,
    pub(crate) firing: Found<Firing>,
    pub(crate) runners: Found<Vec<Runner>>,
    pub(crate) growth: Found<Growth>,
    pub(crate) overload: Found<Overload>,
    pub(crate) access: Found<Access>,
    pub(crate) deliveries: Found<Deliveries>,
    pub(crate) search: Found<Searches>,
    pub(crate) figures: Found<Figures>,
}

impl Findings {
    /// Nothing yet, for this reason.
    pub(crate) fn none(why: &str) -> Findings {
        Findings {
            calls: Err(why.to_owned()),
            firing: Err(why.to_owned()),
            runners: Err(why.to_owned()),
            growth: Err(why.to_owned()),
            overload: Err(why.to_owned()),
            access: Err(why.to_owned()),
            deliveries: Err(why.to_owned()),
            search: Err(why.to_owned()),
            figures: Err(why.to_owned()),
        }
    }
}

/// How late steps fired: from when they were due until they were committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lag {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) greatest: Duration,
}

/// Steps that fall due at one instant, fired by the service and by set-based SQL. Rates are steps a second, one a round.
#[derive(Debug, Default)]
pub(crate) struct Firing {
    /// How many complaints were open.
    pub(crate) open: u64,
    /// How many steps fell due at one instant.
    pub(crate) due: u64,
    pub(crate) service: Vec<f64>,
    /// How late the service fired, one a round.
    pub(crate) lags: Vec<Lag>,
    /// Set-based SQL with the same rows, in the same rounds.
    pub(crate) postgres: Vec<f64>,
    /// What serves that best, such as `2 clients, 1,000 a transaction`.
    pub(crate) setting: String,
    pub(crate) held: Option<Held>,
    pub(crate) grown: Option<Grown>,
    pub(crate) steady: Option<Steady>,
}

/// The same while another session holds an old snapshot.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) service: Vec<f64>,
    pub(crate) postgres: Vec<f64>,
}

/// The service alone, in a small book and in a large one, in turns.
#[derive(Debug)]
pub(crate) struct Grown {
    /// How many steps fell due at one instant, in either.
    pub(crate) due: u64,
    /// How many complaints were open in the small book, and the rates.
    pub(crate) small: (u64, Vec<f64>),
    pub(crate) large: (u64, Vec<f64>),
}

/// Steps that fall due one after the other.
#[derive(Debug)]
pub(crate) struct Steady {
    pub(crate) open: u64,
    /// How many fell due a second.
    pub(crate) per_second: f64,
    /// One for each time that it was measured.
    pub(crate) lags: Vec<Lag>,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    Nothing,
    /// It writes an audit row and an outbox row.
    Writing,
    /// Writes the row that the service's log has of a step, and one to be sent.
    Logging,
}

/// One job runner with one kind of job.
#[derive(Debug)]
pub(crate) struct Runner {
    /// With its version.
    pub(crate) name: String,
    pub(crate) job: Job,
    /// How many jobs were due when it began.
    pub(crate) jobs: u64,
    /// Jobs a second, one a round.
    pub(crate) rates: Vec<f64>,
}

/// What becomes of the service as the book of open complaints grows.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    /// From the smallest book to the largest.
    pub(crate) sizes: Vec<Size>,
    pub(crate) replicas: Vec<Replicas>,
    /// From its start until it serves.
    pub(crate) starting: Option<Duration>,
}

/// A book of one size.
#[derive(Debug)]
pub(crate) struct Size {
    pub(crate) open: u64,
    /// How many steps fell due at one instant.
    pub(crate) due: u64,
    /// Steps a second, one a round.
    pub(crate) rates: Vec<f64>,
    /// How much of one processor the service takes while nothing is due, from 0 to 1, and how much the server.
    pub(crate) idle: Option<(f64, f64)>,
    /// What looking for due steps costs where there are none.
    pub(crate) look: Option<Duration>,
    /// The service's memory in bytes, at rest and at its most.
    pub(crate) memory: Option<(u64, u64)>,
}

/// Several services that fire one wave of one database.
#[derive(Debug)]
pub(crate) struct Replicas {
    pub(crate) count: u32,
    /// Steps a second of all together, one a round.
    pub(crate) rates: Vec<f64>,
}
