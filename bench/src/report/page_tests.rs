use std::time::Duration;

use super::*;
use crate::{
    access::{self, Access},
    deliveries::{self, Deliveries},
    figures::{self, Figures},
    load::{Flow, Tally, Work},
    overload::{Answers, Beside, Flood, Load, Overload, Round},
    pgbench::{Ran, Statement},
    plan::Options,
    rounds::{self, Arrival, Results},
    search::{Asked, Question, Searches},
};

fn tally(per_second: u32, millis: u64) -> Tally {
    let mut tally = Tally::new();
    for call in 0..u64::from(per_second) {
        // Some take longer, a few much longer.
        let slow = if call % 100 == 99 {
            8
        } else {
            1 + u64::from(call % 10 == 9)
        };
        tally.record(Duration::from_millis(millis * slow), &Ok(()));
    }
    tally.elapsed = Duration::from_secs(1);
    tally
}

fn results() -> Results {
    let round = |number: u32| rounds::Round {
        service: Work::ALL
            .into_iter()
            .flat_map(|work| {
                [(1, 60, 1), (8, 300, 3), (64, 600, 9), (512, 650, 70)].map(
                    |(callers, rate, millis)| {
                        (
                            work,
                            Arrival::Callers(callers),
                            tally(rate + 20 * number, millis),
                        )
                    },
                )
            })
            .chain([(Work::File, Arrival::Rate(50), tally(50, 2))])
            .collect(),
        postgres: Statement::ALL
            .into_iter()
            .flat_map(|statement| {
                [(1, 80.0), (8, 240.0), (32, 280.0)].map(|(clients, rate)| {
                    let ran = Ran {
                        per_second: rate + 10.0 * f64::from(number),
                        average: Duration::from_millis(2),
                        median: (clients == 1).then_some(Duration::from_millis(1)),
                    };
                    (statement, clients, ran)
                })
            })
            .collect(),
    };
    Results {
        rounds: (0..3).map(round).collect(),
    }
}

fn flood(factor: f64, sent: u32, served: u32) -> Flood {
    let mut answers = Answers::new();
    answers.served = tally(served, 40);
    for _ in served..sent {
        let full = Err(tonic::Status::resource_exhausted("full"));
        answers.record(Duration::from_millis(2), &full);
    }
    Flood {
        factor,
        flow: Flow {
            sent: sent.into(),
            held_back: 0,
            sending: Duration::from_secs(1),
            elapsed: Duration::from_secs(1),
        },
        answers,
        generator: 0.7,
        after: tally(300, 3),
    }
}

fn lag(millis: u64) -> Lag {
    Lag {
        p50: Duration::from_millis(millis),
        p99: Duration::from_millis(2 * millis),
        greatest: Duration::from_millis(3 * millis),
    }
}

/// Every part, with figures made up.
fn findings() -> Findings {
    let size = |open: u64, rate: f64| Size {
        open,
        due: 10_000,
        rates: vec![rate, rate * 1.1, rate * 0.95],
        idle: Some((0.001, 0.002)),
        look: Some(Duration::from_micros(300)),
        memory: Some((40 << 20, 90 << 20)),
    };
    let runner = |name: &str, job, rate: f64| Runner {
        name: name.to_owned(),
        job,
        jobs: 100_000,
        rates: vec![rate, rate * 1.1, rate * 0.9],
    };
    Findings {
        calls: Ok(results()),
        firing: Ok(Firing {
            open: 1_000_000,
            due: 100_000,
            service: vec![26_000.0, 27_000.0, 24_000.0],
            lags: vec![lag(1_900)],
            postgres: vec![38_000.0, 36_000.0, 41_000.0],
            setting: "2 clients, 1,000 a transaction".to_owned(),
            held: Some(Held {
                service: vec![22_000.0, 23_000.0, 21_000.0],
                postgres: vec![900.0, 1_000.0, 800.0],
            }),
            grown: Some(Grown {
                due: 10_000,
                small: (10_000, vec![25_000.0]),
                large: (1_000_000, vec![24_000.0]),
            }),
            steady: Some(Steady {
                open: 1_000_000,
                per_second: 500.0,
                lags: vec![lag(3)],
            }),
        }),
        runners: Ok(vec![
            runner("pg-boss 12.0.0", Job::Writing, 25_000.0),
            runner("pg-boss 12.0.0", Job::Nothing, 40_000.0),
            runner("graphile-worker 0.16.6", Job::Writing, 5_200.0),
            runner("graphile-worker 0.16.6", Job::Nothing, 44_000.0),
        ]),
        growth: Ok(Growth {
            sizes: vec![
                size(10_000, 26_000.0),
                size(100_000, 25_000.0),
                size(1_000_000, 24_500.0),
            ],
            replicas: vec![Replicas {
                count: 2,
                rates: vec![28_000.0],
            }],
            starting: Some(Duration::from_millis(80)),
        }),
        overload: Ok(Overload {
            rounds: vec![Round {
                capacity: tally(600, 9),
                before: tally(300, 3),
                floods: vec![
                    flood(0.5, 300, 300),
                    flood(1.0, 600, 590),
                    flood(2.0, 1_200, 520),
                    flood(4.0, 2_400, 410),
                ],
            }],
            beside: vec![Beside {
                load: Load::Callers(64),
                steps: 100_000,
                spread: Duration::ZERO,
                before: Answers::new(),
                meanwhile: Answers::new(),
                lag: lag(50),
            }],
        }),
        access: Ok(Access {
            server: "17.5".to_owned(),
            rate: 500,
            rounds: (0..3).map(accessed).collect(),
        }),
        deliveries: Ok(Deliveries {
            server: "17.5".to_owned(),
            rate: 50,
            filings: 100,
            rounds: (0..3).map(delivered).collect(),
        }),
        search: Ok(Searches {
            server: "17.5".to_owned(),
            complaints: 1_000_000,
            rounds: (0..3).map(|_| searched()).collect(),
        }),
        figures: Ok(Figures {
            server: "17.5".to_owned(),
            complaints: 1_000_000,
            rounds: vec![figures::Round {
                took: Duration::from_secs(20),
                snapshot: Duration::from_millis(90),
                received: 1_000_000,
            }],
        }),
    }
}

fn searched() -> Vec<Asked> {
    let asked = |question| Asked {
        question,
        tally: tally(100, 6),
        wrong: 0,
    };
    Question::ALL.map(asked).into()
}

fn delivered(number: u32) -> deliveries::Round {
    deliveries::Round {
        burst: 2_500.0 + f64::from(number),
        burst_of: (20_000, 10_000),
        events: tally(50, 30),
        notices: tally(50, 60),
        beside_dead: tally(50, 31),
        alone: tally(100, 3),
        beside_backlog: tally(100, 9),
        backlog: (100_000, Duration::from_secs(40)),
        faults: Vec::new(),
    }
}

fn accessed(number: u32) -> access::Round {
    let flood = flood(1.0, 2_000, 20);
    access::Round {
        open: tally(600 + number, 9),
        known: tally(560 + number, 10),
        verified: Duration::from_nanos(2_300),
        new: Duration::from_micros(45),
        alone: tally(500, 2),
        beside: tally(500, 3),
        flood: flood.answers,
        flow: flood.flow,
    }
}

fn page(findings: &Findings) -> Page {
    let machine = Machine::look().unwrap();
    let report = Report {
        plan: &<Options as clap::Parser>::parse_from(["bench"]).plan(),
        machine: &machine,
        server: "17.5",
        findings,
        load_at_end: "0.1",
        short: false,
    };
    report.page().unwrap()
}

#[test]
fn the_page_begins_with_the_targets_and_shows_every_picture_that_it_has() {
    let page = page(&findings());
    let sections = page
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("## "));
    let sections: Vec<&str> = sections.collect();
    assert_eq!(
        sections,
        [
            "Targets",
            "Calls",
            "Plain Postgres",
            "Firing",
            "Job runners",
            "Growth",
            "Overload",
            "Access",
            "Deliveries",
            "Searches",
            "Figures",
            "How far rounds lie apart",
            "How to read this"
        ]
    );
    assert!(!page.text.contains("not measured"), "{}", page.text);
    let names: Vec<&str> = page.plots.iter().map(|plot| plot.name).collect();
    assert_eq!(
        names,
        [
            "calls-writing",
            "calls-reading",
            "latency",
            "firing-beside",
            "firing-book",
            "overload",
            "deliveries"
        ]
    );
    for plot in &page.plots {
        assert!(
            page.text.contains(&format!("(plots/{}.svg)", plot.name)),
            "{}",
            plot.name
        );
    }
}

#[test]
fn a_part_that_was_not_measured_says_why() {
    let nothing = Findings {
        calls: Err("a".to_owned()),
        firing: Err("b".to_owned()),
        runners: Err("there is no Node".to_owned()),
        growth: Err("c".to_owned()),
        overload: Err("d".to_owned()),
        access: Err("e".to_owned()),
        deliveries: Err("f".to_owned()),
        search: Err("g".to_owned()),
        figures: Err("h".to_owned()),
    };
    let nothing = page(&nothing);
    assert!(nothing.plots.is_empty());
    assert_eq!(nothing.text.matches("not measured: ").count(), 23);
    let said = "## Job runners\n\nNot measured: there is no Node.\n";
    assert!(nothing.text.contains(said), "{}", nothing.text);
}
