//! What was promised of the service, and whether it holds.

use std::{cmp::Ordering, time::Duration};

use super::{
    access, deliveries, figures,
    input::{Findings, Firing, Found, Job, Runner},
    ratio::{self, Many},
    search,
    spread::Spread,
    table::Table,
};
use crate::{
    access::Access, deliveries::Deliveries, figures::Figures, load::Work, pgbench::Statement,
    plan::pool, rounds::Results,
};

/// What must hold of a figure.
#[derive(Debug, Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
    /// The figure is a time in seconds.
    Within(Duration),
    /// The figure is a time in microseconds.
    Micros(f64),
}

/// A promise and what was measured of it.
#[derive(Debug)]
struct Target {
    what: &'static str,
    bound: Bound,
    measured: Found<Spread>,
}

impl Bound {
    fn holds(self, middle: f64) -> bool {
        match self {
            Bound::AtLeast(bound) => middle >= bound,
            Bound::AtMost(bound) | Bound::Micros(bound) => middle <= bound,
            Bound::Within(time) => middle <= time.as_secs_f64(),
        }
    }

    fn told(self) -> String {
        match self {
            Bound::AtLeast(bound) => format!("at least {bound}"),
            Bound::AtMost(bound) => format!("at most {bound}"),
            Bound::Within(time) => format!("at most {} s", time.as_secs_f64()),
            Bound::Micros(bound) => format!("at most {bound} µs"),
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Bound::AtLeast(_) | Bound::AtMost(_) => "",
            Bound::Within(_) => " s",
            Bound::Micros(_) => " µs",
        }
    }
}

impl Target {
    fn row(&self) -> [String; 4] {
        let (measured, verdict) = match &self.measured {
            Ok(spread) => {
                let unit = self.bound.unit();
                let met = self.bound.holds(spread.middle);
                let verdict = if met { "met" } else { "**not met**" };
                (format!("{spread}{unit}"), verdict.to_owned())
            }
            Err(why) => ("–".to_owned(), format!("not measured: {why}")),
        };
        [self.what.to_owned(), self.bound.told(), measured, verdict]
    }
}

/// The table of all targets.
pub(super) fn table(findings: &Findings) -> String {
    let mut table = Table::new(&[
        "what",
        "wanted",
        "measured: middle of the rounds (least–greatest)",
        "met",
    ]);
    for target in targets(findings) {
        table.row(&target.row());
    }
    table.text()
}

fn targets(findings: &Findings) -> Vec<Target> {
    let target = |what, bound, measured| Target {
        what,
        bound,
        measured,
    };
    let calls = |figure: fn(&Results) -> Option<Spread>| {
        figured(
            &findings.calls,
            "this run has no such callers or clients",
            figure,
        )
    };
    let firing = |figure: fn(&Firing) -> Option<Spread>| {
        figured(&findings.firing, "this run has no such figures", figure)
    };
    let accessed = |figure: fn(&Access) -> Option<Spread>| {
        figured(&findings.access, "this run has no such figures", figure)
    };
    let delivered = |figure: fn(&Deliveries) -> Option<Spread>| {
        figured(&findings.deliveries, "this run has no such figures", figure)
    };
    let computed = |figure: fn(&Figures) -> Option<Spread>| {
        figured(&findings.figures, "this run has no such figures", figure)
    };
    vec![
        target(
            "filing with 64 callers, beside pgbench's ordinary transaction with the same rows, at its best client count",
            Bound::AtLeast(2.0),
            calls(|calls| filing(calls, Statement::Transaction)),
        ),
        target(
            "the same, beside pgbench's single statement with the same rows, at its best client count",
            Bound::AtLeast(1.0),
            calls(|calls| filing(calls, Statement::AtOnce)),
        ),
        target(
            "firing steps that fall due at one instant, beside set-based SQL with the same rows",
            Bound::AtLeast(0.6),
            firing(|firing| Spread::through(&firing.service, &firing.postgres)),
        ),
        target(
            "firing, beside the fastest job runner that also writes an audit row and an outbox row",
            Bound::AtLeast(1.0),
            beside_runners(findings, Job::Writing),
        ),
        target(
            "firing, beside the fastest job runner's no-ops",
            Bound::AtLeast(0.5),
            beside_runners(findings, Job::Nothing),
        ),
        target(
            "reading one complaint with its clocks, beside pgbench's select of the same with as many clients as the service has connections",
            Bound::AtLeast(0.5),
            calls(reading),
        ),
        target(
            "listing a page of open complaints, beside reading one with its clocks",
            Bound::AtLeast(0.08),
            calls(ratio::listing),
        ),
        target(
            "firing with the largest book of open complaints, beside firing as many with the smallest",
            Bound::AtLeast(0.9),
            firing(|firing| {
                let grown = firing.grown.as_ref()?;
                Spread::through(&grown.large.1, &grown.small.1)
            }),
        ),
        target(
            "firing while another session holds an old snapshot, beside without",
            Bound::AtLeast(0.7),
            firing(|firing| Spread::through(&firing.held.as_ref()?.service, &firing.service)),
        ),
        target(
            "99 of 100 steps that fall due steadily fire this soon, with the largest book",
            Bound::Within(Duration::from_secs(1)),
            firing(|firing| {
                let lags = firing.steady.as_ref()?.lags.iter();
                Spread::of(lags.map(|lag| lag.p99.as_secs_f64()))
            }),
        ),
        target(
            "one caller alone who files: the middle latency, beside that of pgbench's ordinary transaction with one client",
            Bound::AtMost(1.3),
            calls(ratio::alone),
        ),
        target(
            "filing with 64 callers over mutual TLS with tokens, beside filing in the clear where nobody is known",
            Bound::AtLeast(0.85),
            accessed(access::filing),
        ),
        target(
            "knowing a caller by a token that was verified before",
            Bound::Micros(5.0),
            accessed(access::verified),
        ),
        target(
            "knowing a caller by a new token, signed with RS256",
            Bound::Micros(60.0),
            accessed(access::new),
        ),
        target(
            "one caller's 99th percentile while the limits of another refuse its flood, beside alone",
            Bound::AtMost(2.0),
            accessed(access::beside),
        ),
        target(
            "deliveries a second to one receiver that answers in 5 ms, those of each complaint in order",
            Bound::AtLeast(2_000.0),
            delivered(deliveries::burst),
        ),
        target(
            "99 of 100 events that come steadily reach their receivers this soon after they were committed",
            Bound::Within(Duration::from_secs(2)),
            delivered(deliveries::events),
        ),
        target(
            "99 of 100 notices that come steadily reach the relay this soon after they were committed",
            Bound::Within(Duration::from_secs(2)),
            delivered(deliveries::notices),
        ),
        target(
            "what a receiver that never answers adds to the 99th percentile of the others",
            Bound::Within(Duration::from_secs(2)),
            delivered(deliveries::added_by_dead),
        ),
        target(
            "99 of 100 filings on schedule are answered this soon while a backlog of deliveries drains",
            Bound::Within(Duration::from_millis(100)),
            delivered(deliveries::beside_backlog),
        ),
        target(
            "99 of 100 searches in the largest book are answered this soon, whichever question takes longest",
            Bound::Within(Duration::from_millis(20)),
            figured(
                &findings.search,
                "this run has no such figures",
                search::slowest,
            ),
        ),
        target(
            "figures over two million complaints, in proportion to what a book takes",
            Bound::Within(Duration::from_secs(60)),
            computed(figures::two_million),
        ),
        target(
            "the oldest snapshot that is held meanwhile",
            Bound::Within(Duration::from_secs(5)),
            computed(figures::snapshot),
        ),
    ]
}

/// A figure of a part, where the part was measured and has it.
fn figured<T>(
    part: &Found<T>,
    lacking: &str,
    figure: impl Fn(&T) -> Option<Spread>,
) -> Found<Spread> {
    let part = part.as_ref().map_err(Clone::clone)?;
    figure(part).ok_or_else(|| lacking.to_owned())
}

fn filing(calls: &Results, statement: Statement) -> Option<Spread> {
    let service = (Work::File, Many::Exactly(64));
    ratio::rates(calls, service, (statement, Many::AtBest))
}

fn reading(calls: &Results) -> Option<Spread> {
    let postgres = (Statement::ReadClocks, Many::Exactly(pool()?));
    ratio::rates(calls, (Work::ReadClocks, Many::AtBest), postgres)
}

/// Firing through the runner that is fastest with such jobs.
fn beside_runners(findings: &Findings, job: Job) -> Found<Spread> {
    let firing = findings.firing.as_ref().map_err(Clone::clone)?;
    let runners = findings.runners.as_ref().map_err(Clone::clone)?;
    let middle =
        |runner: &&Runner| Spread::of(runner.rates.iter().copied()).map(|rate| rate.middle);
    let alike = runners.iter().filter(|runner| runner.job == job);
    let fastest = alike.max_by(|one, other| {
        let (one, other) = (middle(one), middle(other));
        one.partial_cmp(&other).unwrap_or(Ordering::Equal)
    });
    fastest
        .and_then(|runner| Spread::through(&firing.service, &runner.rates))
        .ok_or_else(|| "no job runner has run such jobs".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::input::{Held, Lag, Steady};

    fn runner(job: Job, rate: f64) -> Runner {
        Runner {
            name: "a runner".to_owned(),
            job,
            jobs: 100,
            rates: vec![rate],
        }
    }

    fn findings() -> Findings {
        let second = Duration::from_secs(1);
        Findings {
            calls: Err("nobody asked for it".to_owned()),
            firing: Ok(Firing {
                service: vec![100.0, 120.0, 110.0],
                postgres: vec![200.0, 200.0, 200.0],
                held: Some(Held {
                    service: vec![90.0, 108.0, 99.0],
                    postgres: Vec::new(),
                }),
                steady: Some(Steady {
                    open: 10,
                    per_second: 500.0,
                    lags: vec![Lag {
                        p50: second / 4,
                        p99: second / 2,
                        greatest: second,
                    }],
                }),
                ..Firing::default()
            }),
            runners: Ok(vec![
                runner(Job::Writing, 55.0),
                runner(Job::Writing, 110.0),
                runner(Job::Nothing, 500.0),
            ]),
            growth: Err("nobody asked for it".to_owned()),
            overload: Err("nobody asked for it".to_owned()),
            access: Err("nobody asked for it".to_owned()),
            deliveries: Err("nobody asked for it".to_owned()),
            search: Err("nobody asked for it".to_owned()),
            figures: Err("nobody asked for it".to_owned()),
        }
    }

    #[test]
    fn each_promise_is_met_or_not_by_its_middle_round_and_said_to_be_missing_where_it_is() {
        let table = table(&findings());
        let ends: Vec<&str> = table
            .lines()
            .skip(2)
            .filter_map(|line| line.split_once(" | "))
            .map(|(_, end)| end)
            .collect();
        assert_eq!(
            ends,
            [
                "at least 2 | – | not measured: nobody asked for it |",
                "at least 1 | – | not measured: nobody asked for it |",
                "at least 0.6 | 0.55 (0.50–0.60) | **not met** |",
                "at least 1 | 1.00 (0.91–1.09) | met |",
                "at least 0.5 | 0.22 (0.20–0.24) | **not met** |",
                "at least 0.5 | – | not measured: nobody asked for it |",
                "at least 0.08 | – | not measured: nobody asked for it |",
                "at least 0.9 | – | not measured: this run has no such figures |",
                "at least 0.7 | 0.90 (0.90–0.90) | met |",
                "at most 1 s | 0.50 (0.50–0.50) s | met |",
                "at most 1.3 | – | not measured: nobody asked for it |",
                "at least 0.85 | – | not measured: nobody asked for it |",
                "at most 5 µs | – | not measured: nobody asked for it |",
                "at most 60 µs | – | not measured: nobody asked for it |",
                "at most 2 | – | not measured: nobody asked for it |",
                "at least 2000 | – | not measured: nobody asked for it |",
                "at most 2 s | – | not measured: nobody asked for it |",
                "at most 2 s | – | not measured: nobody asked for it |",
                "at most 2 s | – | not measured: nobody asked for it |",
                "at most 0.1 s | – | not measured: nobody asked for it |",
                "at most 0.02 s | – | not measured: nobody asked for it |",
                "at most 60 s | – | not measured: nobody asked for it |",
                "at most 5 s | – | not measured: nobody asked for it |",
            ]
        );
    }

    #[test]
    fn a_latency_is_promised_to_be_short_and_a_rate_to_be_high() {
        assert!(Bound::AtMost(1.3).holds(1.2) && !Bound::AtMost(1.3).holds(1.4));
        assert!(Bound::AtLeast(2.0).holds(2.0) && !Bound::AtLeast(2.0).holds(1.9));
    }
}
