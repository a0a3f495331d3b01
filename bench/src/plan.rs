//! How much is measured.

use std::{path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

use redress::cli::{Cli, Command};

use crate::{
    book::{MILLION, Scale},
    load::Work,
    pgbench::Statement,
    search::Question,
};

/// Measures Redress side by side with plain Postgres, and writes bench/RESULTS.md.
///
/// Brings its own Postgres, with fsync and synchronous_commit on. Build it with --release: figures of an unoptimised
/// service mean nothing. The machine should do nothing else meanwhile.
#[derive(Debug, Parser)]
#[command(name = "redress-bench", max_term_width = 110)]
pub(crate) struct Options {
    /// Only see that everything runs, in about a minute; RESULTS.md stays as it is.
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    pub(crate) short: bool,

    /// Measure these parts alone; RESULTS.md stays as it is.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub(crate) only: Vec<Part>,

    /// Write the page and its pictures into this folder, whatever was measured [default: of a run in full, bench itself].
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,

    /// How often service and Postgres take turns.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9))]
    rounds: u32,

    /// How long one measurement takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,

    /// How many filings a second arrive on schedule, whether or not the former ones are answered
    /// [default: 500; with --short 50].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,

    /// How many complaints the largest book holds, a million by default. With more, there is a book of so many on top of the
    /// others; with fewer, all that is measured on books is smaller in proportion, and RESULTS.md stays as it is.
    #[arg(long, value_name = "N", conflicts_with = "short", value_parser = at_least(100_000))]
    open: Option<usize>,

    /// Where the data of the run lie, on a disk that every user can reach; removed at the end.
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    pub(crate) folder: PathBuf,
}

fn at_least(least: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(format!("must be a number of {least} or more")),
    }
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Each kind of call, beside Postgres.
    Calls,
    /// Due steps in books of open complaints, beside Postgres and job runners.
    Books,
    /// More calls than can be served.
    Overload,
    /// What it costs to know callers, and what one can take from another.
    Access,
    /// How fast events reach the systems that subscribed to them, and notices the relay.
    Deliveries,
    /// How long searches take in the largest book.
    Search,
    /// How long figures over a whole book of complaints take.
    Figures,
}

/// How it is measured what it costs to know callers.
#[derive(Debug, Clone)]
pub(crate) struct AccessPlan {
    pub(crate) rounds: u32,
    /// Of one measurement.
    pub(crate) duration: Duration,
    /// How many tokens are verified.
    pub(crate) tokens: usize,
    /// Filings a second of the caller that does not flood.
    pub(crate) rate: u32,
    /// Filings a second of the one that floods.
    pub(crate) flood: u32,
}

/// How deliveries are measured.
#[derive(Debug, Clone)]
pub(crate) struct DeliveriesPlan {
    pub(crate) rounds: u32,
    /// Of one measurement.
    pub(crate) duration: Duration,
    /// How many events wait to be sent at once, and how many make a backlog.
    pub(crate) burst: usize,
    pub(crate) backlog: usize,
    /// Events and notices a second where they come steadily.
    pub(crate) rate: u32,
    /// Filings a second while a backlog drains.
    pub(crate) filings: u32,
}

/// How searches are measured.
#[derive(Debug, Clone)]
pub(crate) struct SearchPlan {
    pub(crate) rounds: u32,
    /// How many complaints are searched.
    pub(crate) complaints: usize,
    /// How often each question is asked in a round.
    pub(crate) times: usize,
}

/// How figures are measured.
#[derive(Debug, Clone)]
pub(crate) struct FiguresPlan {
    pub(crate) rounds: u32,
    /// How many complaints the book holds.
    pub(crate) complaints: usize,
}

/// How the service is flooded.
#[derive(Debug, Clone)]
pub(crate) struct OverloadPlan {
    pub(crate) rounds: u32,
    /// How many times what the service can do arrives, one flood after the other.
    pub(crate) factors: &'static [f64],
    pub(crate) flooding: Duration,
    /// How long it is looked whether all is as before.
    pub(crate) recovering: Duration,
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
    pub(crate) overload: OverloadPlan,
    pub(crate) access: AccessPlan,
    pub(crate) deliveries: DeliveriesPlan,
    pub(crate) search: SearchPlan,
    pub(crate) figures: FiguresPlan,
    pub(crate) books: Scale,
}

impl Options {
    /// Whether the run measures everything, and so may be kept.
    pub(crate) fn in_full(&self) -> bool {
        let smaller = self.open.is_some_and(|open| open < MILLION);
        !self.short && !smaller && self.only.is_empty()
    }

    /// Whether this part is measured.
    pub(crate) fn asks_for(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// How many measurements of a plan are asked for.
    pub(crate) fn measurements(&self, plan: &Plan) -> u64 {
        let of = |part, count: u64| if self.asks_for(part) { count } else { 0 };
        of(Part::Calls, plan.measurements())
            + of(Part::Overload, plan.overload.measurements())
            + of(Part::Books, plan.books.measurements())
            + of(Part::Access, plan.access.measurements())
            + of(Part::Deliveries, plan.deliveries.measurements())
            + of(Part::Search, plan.search.measurements())
            + of(Part::Figures, u64::from(plan.figures.rounds))
    }

    pub(crate) fn plan(&self) -> Plan {
        if self.short {
            Plan {
                rounds: 1,
                duration: Duration::from_secs(1),
                callers: &[1, 8, 64],
                clients: &[1, 8],
                rate: self.rate.unwrap_or(50),
                stock: 200,
                overload: OverloadPlan {
                    rounds: 1,
                    // What arrives in a second is served within two, so that a build machine that stands still for a
                    // moment makes no answer late.
                    factors: &[1.0, 2.0],
                    flooding: Duration::from_secs(1),
                    recovering: Duration::from_secs(1),
                },
                access: AccessPlan {
                    rounds: 1,
                    duration: Duration::from_secs(1),
                    tokens: 50,
                    rate: self.rate.unwrap_or(50),
                    flood: 500,
                },
                deliveries: DeliveriesPlan {
                    rounds: 1,
                    duration: Duration::from_secs(1),
                    burst: 300,
                    backlog: 500,
                    rate: 20,
                    filings: 20,
                },
                search: SearchPlan {
                    rounds: 1,
                    complaints: 5_000,
                    times: 50,
                },
                figures: FiguresPlan {
                    rounds: 1,
                    complaints: 3_000,
                },
                books: Scale::short(),
            }
        } else {
            Plan {
                rounds: self.rounds,
                duration: Duration::from_secs(self.seconds.into()),
                callers: &[1, 8, 64, 512],
                clients: &[1, 8, 32],
                rate: self.rate.unwrap_or(500),
                stock: 20_000,
                overload: OverloadPlan {
                    rounds: self.rounds,
                    factors: &[0.5, 1.0, 2.0, 4.0],
                    flooding: Duration::from_secs(3),
                    recovering: Duration::from_secs(1),
                },
                access: AccessPlan {
                    rounds: self.rounds,
                    duration: Duration::from_secs(u64::from(self.seconds) * 2),
                    tokens: 2_000,
                    rate: self.rate.unwrap_or(500),
                    flood: 2_000,
                },
                deliveries: DeliveriesPlan {
                    rounds: self.rounds,
                    duration: Duration::from_secs(u64::from(self.seconds) * 5),
                    burst: 20_000,
                    backlog: 100_000,
                    rate: 50,
                    filings: 100,
                },
                search: SearchPlan {
                    rounds: self.rounds,
                    complaints: self.open.unwrap_or(MILLION),
                    times: 1_000,
                },
                figures: FiguresPlan {
                    rounds: self.rounds,
                    complaints: self.open.unwrap_or(MILLION),
                },
                books: Scale::full(self.open),
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

impl OverloadPlan {
    /// How many measurements there are in all.
    pub(crate) fn measurements(&self) -> u64 {
        u64::try_from(1 + self.factors.len()).unwrap_or(0) * u64::from(self.rounds)
    }
}

impl AccessPlan {
    /// How many measurements there are in all.
    pub(crate) fn measurements(&self) -> u64 {
        3 * u64::from(self.rounds)
    }
}

impl DeliveriesPlan {
    /// How many measurements there are in all.
    pub(crate) fn measurements(&self) -> u64 {
        4 * u64::from(self.rounds)
    }
}

impl SearchPlan {
    /// How many measurements there are in all.
    pub(crate) fn measurements(&self) -> u64 {
        u64::try_from(Question::ALL.len()).unwrap_or(0) * u64::from(self.rounds)
    }
}

/// How many connections the service has by itself.
pub(crate) fn pool() -> Option<usize> {
    let cli = Cli::try_parse_from(["redress", "serve"]).ok()?;
    match cli.command {
        Command::Serve(args) => args.pool_size.try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_is_measured_with_as_many_clients_as_the_service_has_connections() {
        let pool = pool().unwrap();
        for short in ["", "--short"] {
            let options = ["bench", short];
            let options = options.iter().filter(|word| !word.is_empty());
            let plan = Options::parse_from(options).plan();
            assert!(plan.clients.contains(&pool), "{pool}");
        }
    }

    #[test]
    fn only_what_measures_everything_in_full_is_kept() {
        let options = |words: &[&str]| {
            let words = ["bench"].into_iter().chain(words.iter().copied());
            Options::try_parse_from(words).unwrap()
        };
        assert!(options(&["--rounds", "5"]).in_full());
        assert!(options(&["--open", "2000000"]).in_full());
        assert!(!options(&["--open", "100000"]).in_full());
        assert!(!options(&["--short"]).in_full());
        let part = options(&["--only", "overload"]);
        assert!(!part.in_full());
        assert_eq!(
            (part.asks_for(Part::Calls), part.asks_for(Part::Overload)),
            (false, true)
        );
    }
}
