//! How much is measured.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::{load::Work, pgbench::Statement};

/// Measures Redress side by side with plain Postgres, and writes bench/RESULTS.md.
///
/// Brings its own Postgres, with fsync and synchronous_commit on. Build it with --release: figures of an unoptimised
/// service mean nothing. The machine should do nothing else meanwhile.
#[derive(Debug, Parser)]
#[command(name = "redress-bench", max_term_width = 110)]
pub(crate) struct Options {
    /// Only see that everything runs, in under a minute; RESULTS.md stays as it is.
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    pub(crate) short: bool,

    /// How often service and Postgres take turns.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9))]
    rounds: u32,

    /// How long one measurement takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,

    /// How many filings a second arrive on schedule, whether or not the former ones are answered
    /// [default: 500; with --short 50].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,

    /// Where the data of the run lie, on a disk that every user can reach; removed at the end.
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    pub(crate) folder: PathBuf,
}

/// What one run does.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) rounds: u32,
    /// Of one measurement; whole seconds, as pgbench takes them.
    pub(crate) duration: Duration,
    /// How many callers a closed loop has, one loop after the other.
    pub(crate) callers: &'static [usize],
    /// How many clients pgbench has, likewise.
    pub(crate) clients: &'static [usize],
    /// Arrivals a second in the open loop.
    pub(crate) rate: u32,
    /// How many complaints either side holds before anything is measured, and reads from.
    pub(crate) stock: usize,
}

impl Options {
    pub(crate) fn plan(&self) -> Plan {
        if self.short {
            Plan {
                rounds: 1,
                duration: Duration::from_secs(1),
                callers: &[1, 8],
                clients: &[1, 8],
                rate: self.rate.unwrap_or(50),
                stock: 200,
            }
        } else {
            Plan {
                rounds: self.rounds,
                duration: Duration::from_secs(self.seconds.into()),
                callers: &[1, 8, 64],
                clients: &[1, 8, 32],
                rate: self.rate.unwrap_or(500),
                stock: 20_000,
            }
        }
    }
}

impl Plan {
    /// How many measurements there are in all.
    pub(crate) fn measurements(&self) -> u64 {
        let closed = Work::ALL.len() * self.callers.len();
        let postgres = Statement::ALL.len() * self.clients.len();
        u64::try_from(closed + 1 + postgres).unwrap_or(0) * u64::from(self.rounds)
    }
}
