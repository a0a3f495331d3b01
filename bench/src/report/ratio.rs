//! The service's calls through what Postgres does for the same end.

use std::time::Duration;

use super::spread::Spread;
use crate::{
    load::{Tally, Work},
    pgbench::{Ran, Statement},
    rounds::{Arrival, Results, Round},
};

/// What is done for the same end.
pub(super) const PAIRS: [(Work, Statement); 4] = [
    (Work::File, Statement::Transaction),
    (Work::File, Statement::AtOnce),
    (Work::Read, Statement::ReadOne),
    (Work::ReadClocks, Statement::ReadClocks),
];

/// With how many callers or clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    /// As many as serve this side best, in each round.
    AtBest,
    Exactly(usize),
}

impl Many {
    fn counts(self, many: usize) -> bool {
        match self {
            Many::AtBest => true,
            Many::Exactly(exactly) => many == exactly,
        }
    }
}

/// The rate of the service through that of Postgres. None where a round lacks either.
pub(super) fn rates(
    results: &Results,
    (work, callers): (Work, Many),
    (statement, clients): (Statement, Many),
) -> Option<Spread> {
    let ratio = |round: &Round| {
        let service = tallies(round, work, callers).map(Tally::per_second);
        let postgres = ran(round, statement, clients).map(|ran| ran.per_second);
        Some(service.reduce(f64::max)? / postgres.reduce(f64::max)?)
    };
    let ratios: Option<Vec<f64>> = results.rounds.iter().map(ratio).collect();
    Spread::of(ratios?)
}

/// How long the middle filing of a caller who is alone takes, through what the middle transaction of a client that is alone
/// does. None where a round lacks either.
pub(super) fn alone(results: &Results) -> Option<Spread> {
    let alone = Many::Exactly(1);
    let ratio = |round: &Round| {
        let service = tallies(round, Work::File, alone).next()?.quantile(0.5);
        let postgres = ran(round, Statement::Transaction, alone).next()?.median?;
        Some(seconds(service) / seconds(postgres))
    };
    let ratios: Option<Vec<f64>> = results.rounds.iter().map(ratio).collect();
    Spread::of(ratios?)
}

/// The rate of pages through that of single complaints. None where a round lacks either.
pub(super) fn listing(results: &Results) -> Option<Spread> {
    let best = |round: &Round, work| {
        let rates = tallies(round, work, Many::AtBest).map(Tally::per_second);
        rates.reduce(f64::max)
    };
    let ratio = |round: &Round| Some(best(round, Work::List)? / best(round, Work::ReadClocks)?);
    let ratios: Option<Vec<f64>> = results.rounds.iter().map(ratio).collect();
    Spread::of(ratios?)
}

fn tallies(round: &Round, work: Work, many: Many) -> impl Iterator<Item = &Tally> {
    let service = round.service.iter();
    service.filter_map(move |(done, arrival, tally)| {
        let closed = matches!(arrival, Arrival::Callers(callers) if many.counts(*callers));
        (*done == work && closed).then_some(tally)
    })
}

fn ran(round: &Round, statement: Statement, many: Many) -> impl Iterator<Item = &Ran> {
    let postgres = round.postgres.iter();
    postgres.filter_map(move |(run, clients, ran)| {
        (*run == statement && many.counts(*clients)).then_some(ran)
    })
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(calls: u32) -> Tally {
        let mut tally = Tally::new();
        for _ in 0..calls {
            tally.record(Duration::from_millis(2), &Ok(()));
        }
        tally.elapsed = Duration::from_secs(1);
        tally
    }

    fn ran(per_second: f64) -> Ran {
        Ran {
            per_second,
            average: Duration::from_millis(9),
            median: Some(Duration::from_millis(1)),
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

    fn results() -> Results {
        Results {
            rounds: vec![
                round(50, 300, 100.0, 200.0),
                round(60, 800, 100.0, 400.0),
                round(40, 500, 100.0, 200.0),
            ],
        }
    }

    fn told(spread: Option<Spread>) -> String {
        spread.map_or_else(|| "none".to_owned(), |spread| spread.to_string())
    }

    #[test]
    fn a_ratio_is_of_one_round_and_of_what_belongs_together() {
        let ratio = |many| {
            let postgres = (Statement::Transaction, many);
            told(rates(&results(), (Work::File, many), postgres))
        };
        assert_eq!(ratio(Many::AtBest), "2.00 (1.50–2.50)");
        assert_eq!(ratio(Many::Exactly(1)), "0.50 (0.40–0.60)");
        assert_eq!(ratio(Many::Exactly(3)), "none");
    }

    #[test]
    fn one_caller_alone_is_compared_by_the_middle_of_both() {
        assert_eq!(told(alone(&results())), "2.00 (2.00–2.00)");
    }

    #[test]
    fn a_round_without_a_figure_leaves_no_ratio() {
        let mut results = results();
        results.rounds.push(Round::default());
        assert_eq!(told(alone(&results)), "none");
        let postgres = (Statement::Transaction, Many::AtBest);
        let rates = rates(&results, (Work::File, Many::AtBest), postgres);
        assert_eq!(told(rates), "none");
    }
}
