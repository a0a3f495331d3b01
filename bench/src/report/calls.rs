//! The calls of the service, and what plain Postgres does for the same end.

use std::time::Duration;

use super::{
    pictures,
    ratio::{self, Many, PAIRS},
    section::Section,
    spread::Spread,
    table::{Table, failures, millis, rate, ratio as told_ratio, told},
};
use crate::{
    error::BenchError,
    load::{Tally, Work},
    pgbench::Statement,
    plan::{Plan, pool},
    rounds::{Arrival, Results},
};

/// One kind of call in all rounds.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) work: Work,
    pub(super) arrival: Arrival,
    pub(super) all: Tally,
    pub(super) rates: Vec<f64>,
}

/// One statement in all rounds.
#[derive(Debug)]
pub(super) struct Executed {
    pub(super) statement: Statement,
    pub(super) clients: usize,
    pub(super) rates: Vec<f64>,
    averages: Vec<f64>,
    medians: Vec<f64>,
}

/// What the service did, call by call in the order of a round.
pub(super) fn called(results: &Results) -> Vec<Called> {
    let mut calls: Vec<Called> = Vec::new();
    for (work, arrival, tally) in results.rounds.iter().flat_map(|round| &round.service) {
        let same = |call: &&mut Called| call.work == *work && call.arrival == *arrival;
        if let Some(call) = calls.iter_mut().find(same) {
            call.all.append(tally);
            call.rates.push(tally.per_second());
        } else {
            calls.push(Called {
                work: *work,
                arrival: *arrival,
                all: tally.clone(),
                rates: vec![tally.per_second()],
            });
        }
    }
    calls
}

/// What Postgres did, statement by statement.
pub(super) fn executed(results: &Results) -> Vec<Executed> {
    let mut all: Vec<Executed> = Vec::new();
    for (statement, clients, ran) in results.rounds.iter().flat_map(|round| &round.postgres) {
        let same = |one: &Executed| one.statement == *statement && one.clients == *clients;
        let place = all.iter().position(same).unwrap_or_else(|| {
            all.push(Executed {
                statement: *statement,
                clients: *clients,
                rates: Vec::new(),
                averages: Vec::new(),
                medians: Vec::new(),
            });
            all.len() - 1
        });
        if let Some(one) = all.get_mut(place) {
            one.rates.push(ran.per_second);
            one.averages.push(ran.average.as_secs_f64());
            one.medians
                .extend(ran.median.map(|median| median.as_secs_f64()));
        }
    }
    all
}

/// Rates and latencies of the service, and its ratios to Postgres.
pub(super) fn service(results: &Results, section: &mut Section) -> Result<(), BenchError> {
    let mut ratios = Table::new(&["service", "Postgres", "at best", "one caller"]);
    for (work, statement) in PAIRS {
        let with = |many| ratio::rates(results, (work, many), (statement, many));
        ratios.row(&[
            work.title().to_owned(),
            statement.title().to_owned(),
            told_ratio(with(Many::AtBest)),
            told_ratio(with(Many::Exactly(1))),
        ]);
    }
    section.say(
        "The service's rate through that of Postgres: the middle of the rounds, and the least and the greatest.",
    );
    section.say(&ratios.text());
    let calls = called(results);
    let statements = executed(results);
    section.show(pictures::writing(&calls, &statements)?);
    section.show(pictures::reading(&calls, &statements)?);
    section.show(pictures::latency(&calls)?);
    let mut table = Table::new(&[
        "call",
        "arrivals",
        "a second (least–greatest)",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "failures",
    ]);
    for call in calls {
        table.row(&[
            call.work.title().to_owned(),
            arrived(call.arrival),
            rate(call.rates),
            millis(call.all.quantile(0.5)),
            millis(call.all.quantile(0.99)),
            millis(call.all.quantile(0.999)),
            failures(&call.all),
        ]);
    }
    section.say(&table.text());
    Ok(())
}

/// Rates and latencies of plain Postgres.
pub(super) fn postgres(results: &Results, section: &mut Section) {
    let mut table = Table::new(&[
        "statement",
        "clients",
        "a second (least–greatest)",
        "average ms",
        "p50 ms",
    ]);
    let time = |figures: Vec<f64>| {
        told(Spread::of(figures), |time| {
            millis(Duration::from_secs_f64(time.middle))
        })
    };
    for one in executed(results) {
        table.row(&[
            one.statement.title().to_owned(),
            one.clients.to_string(),
            rate(one.rates),
            time(one.averages),
            time(one.medians),
        ]);
    }
    section.say(&table.text());
    let pool = pool().unwrap_or_default();
    section.say(&format!(
        "The service has {pool} connections to Postgres by itself: compare its reads with {pool} clients. Of a single \
         client pgbench is asked for each transaction, so that its middle can be compared with that of one caller."
    ));
}

/// What is wrong with the figures; empty: nothing.
pub(super) fn faults(results: &Results, plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    for (work, arrival, tally) in results.rounds.iter().flat_map(|round| &round.service) {
        let name = format!("{}, {}", work.title(), arrived(*arrival));
        if tally.per_second() == 0.0 {
            faults.push(format!("{name}: no call succeeded"));
        }
        if !tally.failures().is_empty() {
            faults.push(format!("{name}: failed: {}", failures(tally)));
        }
    }
    for (statement, clients, ran) in results.rounds.iter().flat_map(|round| &round.postgres) {
        if ran.per_second == 0.0 {
            let title = statement.title();
            faults.push(format!("{title}, {clients} clients: nothing ran"));
        }
    }
    let rounds = results.rounds.iter();
    let measured: usize = rounds
        .map(|round| round.service.len() + round.postgres.len())
        .sum();
    if u64::try_from(measured) != Ok(plan.measurements()) {
        faults.push("not everything that was planned was measured".to_owned());
    }
    for (work, statement) in PAIRS {
        for many in [Many::AtBest, Many::Exactly(1)] {
            let ratio = ratio::rates(results, (work, many), (statement, many));
            if ratio.is_none_or(|ratio| ratio.least <= 0.0) {
                let (service, postgres) = (work.title(), statement.title());
                faults.push(format!("{service} / {postgres}: no ratio"));
            }
        }
    }
    if ratio::alone(results).is_none() {
        faults.push("one caller beside one client: no latencies to compare".to_owned());
    }
    faults
}

pub(super) fn arrived(arrival: Arrival) -> String {
    match arrival {
        Arrival::Callers(1) => "1 caller".to_owned(),
        Arrival::Callers(callers) => format!("{callers} callers"),
        Arrival::Rate(rate) => format!("{rate} a second, on schedule"),
    }
}
