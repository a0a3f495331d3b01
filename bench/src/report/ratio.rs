//! The service's rate through that of Postgres.

use std::fmt;

use crate::{
    load::Work,
    pgbench::Statement,
    rounds::{Arrival, Results, Round},
};

/// What is done for the same end.
pub(super) const PAIRS: [(Work, Statement); 4] = [
    (Work::File, Statement::Transaction),
    (Work::File, Statement::AtOnce),
    (Work::Read, Statement::ReadOne),
    (Work::ReadClocks, Statement::ReadClocks),
];

/// One figure of every round, summed up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    /// The median; of an even number of rounds the lower one.
    pub(super) middle: f64,
    pub(super) greatest: f64,
}

impl Spread {
    /// Of nothing it is all zeros.
    pub(super) fn of(mut figures: Vec<f64>) -> Spread {
        figures.sort_by(f64::total_cmp);
        let at = |place: usize| figures.get(place).copied().unwrap_or_default();
        let last = figures.len().saturating_sub(1);
        Spread {
            least: at(0),
            middle: at(last / 2),
            greatest: at(last),
        }
    }

    /// With as many callers as serve the service best, and clients as serve Postgres best, in each round.
    pub(super) fn at_best(results: &Results, work: Work, statement: Statement) -> Spread {
        Self::of_rounds(results, work, statement, |_| true)
    }

    /// With one caller and one client.
    pub(super) fn alone(results: &Results, work: Work, statement: Statement) -> Spread {
        Self::of_rounds(results, work, statement, |callers| callers == 1)
    }

    fn of_rounds(
        results: &Results,
        work: Work,
        statement: Statement,
        counts: impl Fn(usize) -> bool,
    ) -> Spread {
        let ratio = |round: &Round| {
            let service = round.service.iter().filter_map(|(done, arrival, tally)| {
                let closed = matches!(arrival, Arrival::Callers(callers) if counts(*callers));
                (*done == work && closed).then(|| tally.per_second())
            });
            let postgres = round.postgres.iter().filter_map(|(ran, clients, rate)| {
                (*ran == statement && counts(*clients)).then_some(rate.per_second)
            });
            let postgres = postgres.reduce(f64::max).filter(|rate| *rate > 0.0)?;
            Some(service.reduce(f64::max)? / postgres)
        };
        Spread::of(results.rounds.iter().filter_map(ratio).collect())
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread {
            least,
            middle,
            greatest,
        } = self;
        // Two digits that tell, of a small ratio too.
        let places = if *middle < 0.1 { 3 } else { 2 };
        write!(
            f,
            "{middle:.places$} ({least:.places$}–{greatest:.places$})"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{load::Tally, pgbench::Ran};

    fn tally(calls: u32) -> Tally {
        let mut tally = Tally::new();
        for _ in 0..calls {
            tally.record(Duration::from_millis(1), &Ok(()));
        }
        tally.elapsed = Duration::from_secs(1);
        tally
    }

    fn ran(per_second: f64) -> Ran {
        Ran {
            per_second,
            average: Duration::from_millis(1),
        }
    }

    fn round(alone: u32, many: u32, client: f64, clients: f64) -> Round {
        Round {
            service: vec![
                (Work::File, Arrival::Callers(1), tally(alone)),
                (Work::File, Arrival::Callers(64), tally(many)),
                // On schedule, far beyond what callers reach: no part of a ratio.
                (Work::File, Arrival::Rate(9_000), tally(9_000)),
            ],
            postgres: vec![
                (Statement::Transaction, 1, ran(client)),
                (Statement::Transaction, 8, ran(clients)),
                (Statement::AtOnce, 8, ran(1.0)),
            ],
        }
    }

    #[test]
    fn a_ratio_is_of_one_round_and_of_what_belongs_together() {
        let results = Results {
            rounds: vec![
                round(50, 300, 100.0, 200.0),
                round(60, 800, 100.0, 400.0),
                round(40, 500, 100.0, 200.0),
            ],
        };
        let spread = Spread::at_best(&results, Work::File, Statement::Transaction);
        assert_eq!(
            (spread.least, spread.middle, spread.greatest),
            (1.5, 2.0, 2.5)
        );
        let spread = Spread::alone(&results, Work::File, Statement::Transaction);
        assert_eq!(
            (spread.least, spread.middle, spread.greatest),
            (0.4, 0.5, 0.6)
        );
    }

    #[test]
    fn without_figures_there_is_no_ratio() {
        let spread = Spread::at_best(&Results::default(), Work::File, Statement::Transaction);
        assert_eq!(spread.to_string(), "0.000 (0.000–0.000)");
    }
}
