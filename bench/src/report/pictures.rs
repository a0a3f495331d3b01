//! The pictures of the calls.

use super::{
    calls::{Called, Executed, arrived},
    plots::{Axis, Line, Lines, Plot},
    spread::Spread,
    table::figure,
};
use crate::{
    error::BenchError,
    load::{Tally, Work},
    pgbench::Statement,
    rounds::Arrival,
};

/// What stands in one picture, each with its colour.
struct Family {
    works: [(Work, usize); 3],
    statements: [(Statement, usize); 2],
}

const WRITING: Family = Family {
    works: [(Work::File, 0), (Work::Acknowledge, 2), (Work::Update, 3)],
    statements: [(Statement::Transaction, 1), (Statement::AtOnce, 6)],
};
/// A call has the colour of the statement for the same end.
const READING: Family = Family {
    works: [(Work::Read, 0), (Work::ReadClocks, 1), (Work::List, 2)],
    statements: [(Statement::ReadOne, 0), (Statement::ReadClocks, 1)],
};
/// Shares of calls, with what they are called.
const SHARES: [(f64, &str); 6] = [
    (0.5, "p50"),
    (0.9, "p90"),
    (0.99, "p99"),
    (0.999, "p99.9"),
    (0.75, ""),
    (0.95, ""),
];

/// Calls that change something, by callers, beside Postgres by clients.
pub(super) fn writing(
    calls: &[Called],
    statements: &[Executed],
) -> Result<Option<Plot>, BenchError> {
    let title = "Writing: calls a second by callers, beside Postgres by clients";
    rates("calls-writing", title, calls, statements, WRITING)
}

/// Calls that only read, likewise.
pub(super) fn reading(
    calls: &[Called],
    statements: &[Executed],
) -> Result<Option<Plot>, BenchError> {
    let title = "Reading: calls a second by callers, beside Postgres by clients";
    rates("calls-reading", title, calls, statements, READING)
}

fn rates(
    name: &'static str,
    title: &str,
    calls: &[Called],
    statements: &[Executed],
    family: Family,
) -> Result<Option<Plot>, BenchError> {
    let mut lines = Vec::new();
    for (work, colour) in family.works {
        let points = calls.iter().filter_map(|call| match call.arrival {
            Arrival::Callers(callers) if call.work == work => point(callers, &call.rates),
            Arrival::Callers(_) | Arrival::Rate(_) => None,
        });
        lines.push(Line {
            name: work.title().to_owned(),
            colour,
            dashed: false,
            points: points.collect(),
        });
    }
    for (statement, colour) in family.statements {
        let same = statements.iter().filter(|one| one.statement == statement);
        lines.push(Line {
            name: format!("Postgres: {}", short(statement)),
            colour,
            dashed: true,
            points: same
                .filter_map(|one| point(one.clients, &one.rates))
                .collect(),
        });
    }
    let points = || lines.iter().flat_map(|line| &line.points);
    let greatest = points().map(|(_, rate)| rate.greatest);
    let greatest = greatest.reduce(f64::max).unwrap_or(1.0);
    let mut many: Vec<f64> = points().map(|(many, _)| *many).collect();
    many.sort_by(f64::total_cmp);
    many.dedup();
    let ticks = many.into_iter().map(|many| (many, figure(many)));
    let picture = Lines {
        name,
        title: title.to_owned(),
        x: Axis::marked("callers, or clients of Postgres", ticks.collect()),
        y: Axis::linear("calls a second", greatest),
        lines,
    };
    picture.draw()
}

/// How long filings take, from the middle one to the slowest.
pub(super) fn latency(calls: &[Called]) -> Result<Option<Plot>, BenchError> {
    let filings = calls.iter().filter(|call| call.work == Work::File);
    let timed = filings.map(|call| Timed {
        name: arrived(call.arrival),
        dashed: matches!(call.arrival, Arrival::Rate(_)),
        took: &call.all,
    });
    let share = "share of the calls that were answered by then";
    shares("latency", "How long a filing takes", share, timed)
}

/// Many of a kind, and how long each took.
pub(super) struct Timed<'t> {
    pub(super) name: String,
    pub(super) dashed: bool,
    pub(super) took: &'t Tally,
}

/// How long something takes, from the middle one to the slowest.
pub(super) fn shares<'t>(
    name: &'static str,
    title: &str,
    share: &str,
    timed: impl Iterator<Item = Timed<'t>>,
) -> Result<Option<Plot>, BenchError> {
    let mut shares = SHARES;
    shares.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    // The last tenth, hundredth and thousandth are equally far apart.
    let place = |share: f64| 1.0 / (1.0 - share);
    let mut lines = Vec::new();
    for (colour, of) in timed.enumerate() {
        let points = shares.iter().filter_map(|(share, _)| {
            let latency = of.took.quantile(*share).as_secs_f64() * 1_000.0;
            Some((place(*share), Spread::of([latency])?))
        });
        lines.push(Line {
            points: points.collect(),
            name: of.name,
            colour,
            dashed: of.dashed,
        });
    }
    let latencies = || {
        let points = lines.iter().flat_map(|line| &line.points);
        points.map(|(_, latency)| latency.middle)
    };
    let (least, greatest) = (
        latencies().reduce(f64::min).unwrap_or(1.0),
        latencies().reduce(f64::max).unwrap_or(1.0),
    );
    let named = shares.iter().filter(|(_, name)| !name.is_empty());
    let ticks = named.map(|(share, name)| (place(*share), (*name).to_owned()));
    let picture = Lines {
        name,
        title: title.to_owned(),
        x: Axis::marked(share, ticks.collect()),
        y: Axis::powers("milliseconds", least, greatest),
        lines,
    };
    picture.draw()
}

fn point(many: usize, rates: &[f64]) -> Option<(f64, Spread)> {
    let many = u32::try_from(many).ok()?;
    Some((many.into(), Spread::of(rates.iter().copied())?))
}

/// As a legend has room for.
const fn short(statement: Statement) -> &'static str {
    match statement {
        Statement::Transaction => "BEGIN … COMMIT",
        Statement::AtOnce => "one statement",
        Statement::ReadOne => "select one",
        Statement::ReadClocks => "select one's clocks",
    }
}
