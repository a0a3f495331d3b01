#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    calendar::{CalendarBook, Zones},
    domain::{Answer, ClosureReason, Delivery, Fact, State},
    policy::PolicyBook,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    Zones::bundled().named(name).unwrap()
}

fn toronto(month: &str) -> Period {
    Period::month(month, zone("America/Toronto")).unwrap()
}

fn rules() -> PromiseRules {
    let calendars = CalendarBook::builtin().unwrap();
    PromiseRules::of(Arc::new(PolicyBook::builtin(&calendars).unwrap()))
}

/// A complaint that was received then.
fn complaint(received: &str) -> StoredComplaint {
    serde_json::from_value(json!({
        "tracking_number": "RD-DCNNM-Y6G1W",
        "brand": "jive",
        "state": "in_review",
        "channel": "form",
        "language": "en",
        "issues": [{ "number": 1, "service": "internet", "category": "billing" }],
        "received_at": received,
        "policy": { "name": "ca-jive", "version": "0" },
    }))
    .unwrap()
}

fn facts(received: &str) -> Facts {
    Facts {
        id: Uuid::from_u128(7),
        complaint: complaint(received),
        promises: Vec::new(),
        history: History::default(),
    }
}

fn asked(period: Period, by: &[Dimension]) -> Question {
    Question {
        period,
        by: by.to_vec(),
        measures: Question::measures_by(by.iter().copied()),
        only: Vec::new(),
    }
}

fn total(tally: &Tally, measure: Measure) -> Option<f64> {
    let (_, total) = tally.figures();
    let mut figures = total.figures.into_iter();
    figures.find(|(of, _)| *of == measure).unwrap().1
}

#[test]
fn a_percentile_is_the_nearest_rank() {
    // The values 1, 2, 3 … n, each once.
    let of = |n: i32, percent| {
        let values: BTreeMap<i32, u64> = (1..=n).map(|value| (value, 1)).collect();
        percentile(&values, percent)
    };
    for (n, median, eighty, ninety_five) in [
        (1, 1, 1, 1),
        (2, 1, 2, 2),
        (19, 10, 16, 19),
        (20, 10, 16, 19),
        (21, 11, 17, 20),
        (100, 50, 80, 95),
    ] {
        assert_eq!(of(n, 50), Some(median), "{n}");
        assert_eq!(of(n, 80), Some(eighty), "{n}");
        assert_eq!(of(n, 95), Some(ninety_five), "{n}");
    }
    assert_eq!(of(0, 50), None);
    let same = BTreeMap::from([(0, 19), (7, 1)]);
    assert_eq!(percentile(&same, 95), Some(0));
    assert_eq!(percentile(&same, 96), Some(7));
}

#[test]
fn a_month_begins_and_ends_by_the_clock_of_its_zone() {
    let month = |text, name| Period::month(text, zone(name)).unwrap();
    let november = month("2026-11", "America/Toronto");
    assert_eq!(november.from, at("2026-11-01T04:00:00Z"));
    // Clocks were put back on the first.
    assert_eq!(november.to, at("2026-12-01T05:00:00Z"));
    assert!(november.contains(november.from) && !november.contains(november.to));
    assert_eq!(
        month("2026-12", "Pacific/Auckland").to,
        at("2026-12-31T11:00:00Z")
    );
    assert_eq!(
        month("2026-04", "Europe/Berlin").from,
        at("2026-03-31T22:00:00Z")
    );
    for wrong in [
        "2026-13",
        "2026-00",
        "26-11",
        "2026-1",
        "2026",
        "",
        "2026-11-01",
        "-026-11",
        "9999-12",
    ] {
        assert_eq!(Period::month(wrong, TimeZone::UTC), None, "{wrong}");
    }
}

#[test]
fn days_are_those_of_the_zones_clock_however_long_they_are() {
    let period = toronto("2026-03");
    let days = |from, to| period.days_between(at(from), at(to));
    // A day of 23 hours.
    assert_eq!(days("2026-03-08T04:59:00Z", "2026-03-08T05:00:00Z"), 1);
    assert_eq!(days("2026-03-08T05:00:00Z", "2026-03-09T03:59:00Z"), 0);
    assert_eq!(days("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"), 1);
    // One of 25.
    assert_eq!(days("2026-11-01T04:00:00Z", "2026-11-02T04:59:00Z"), 0);
    assert_eq!(days("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"), 1);
    // What cannot be is not counted backwards.
    assert_eq!(days("2026-11-05T04:00:00Z", "2026-11-01T04:00:00Z"), 0);
}

#[test]
fn means_and_percentiles_of_nothing_are_nothing_and_counts_are_zero() {
    let tally = Tally::new(asked(toronto("2026-11"), &[]), rules());
    for measure in Measure::ALL {
        let computed = matches!(
            measure,
            Measure::PromisesKeptPercent
                | Measure::MeanDaysToResolve
                | Measure::MedianDaysToResolve
                | Measure::DaysToResolve80Percent
                | Measure::DaysToResolve95Percent
        );
        let expected = (!computed).then_some(0.0);
        assert_eq!(total(&tally, measure), expected, "{measure}");
    }
}

#[test]
fn a_complaint_counts_when_each_thing_was_done() {
    let mut facts = facts("2026-10-30T15:00:00Z");
    facts.history = History {
        closed: vec![at("2026-11-02T15:00:00Z"), at("2026-12-03T15:00:00Z")],
        resolved: vec![at("2026-11-02T15:00:00Z"), at("2026-12-03T15:00:00Z")],
        reopened: vec![at("2026-12-01T04:59:59Z")],
        ..History::default()
    };
    facts.promises = [
        ("acknowledgement", "2026-11-01T03:59:59Z", Kept::InTime),
        ("acknowledgement", "2026-11-01T04:00:00Z", Kept::Missed),
        ("customer_update", "2026-11-30T12:00:00Z", Kept::Missed),
        ("resolution", "2026-11-30T12:00:00Z", Kept::Open),
        ("ccts_report", "2026-11-30T12:00:00Z", Kept::InTime),
    ]
    .map(|(clock, due, kept)| Promise {
        clock: clock.to_owned(),
        cycle: 1,
        due: at(due),
        kept,
    })
    .into();
    let mut tally = Tally::new(asked(toronto("2026-11"), &[]), rules());
    tally.add(&facts).unwrap();
    for (measure, expected) in [
        (Measure::Received, 0.0),
        (Measure::Closed, 1.0),
        (Measure::Resolved, 1.0),
        (Measure::MeanDaysToResolve, 3.0),
        (Measure::Reopened, 1.0),
        (Measure::PromisesKept, 1.0),
        (Measure::PromisesMissed, 2.0),
        (Measure::PromisesOpen, 1.0),
        (Measure::PromisesKeptPercent, 100.0 / 3.0),
        (Measure::AcknowledgedInTime, 0.0),
        (Measure::AcknowledgedLate, 1.0),
        (Measure::UpdatesOverdue, 1.0),
    ] {
        assert_eq!(total(&tally, measure), Some(expected), "{measure}");
    }
}

#[test]
fn an_enquiry_counts_with_its_promises_alone() {
    let mut facts = facts("2026-11-02T15:00:00Z");
    facts.complaint = serde_json::from_value(json!({
        "tracking_number": "RD-DCNNM-Y6G1W",
        "state": "enquiry",
        "channel": "phone",
        "language": "fr",
        "issues": [],
        "received_at": "2026-11-02T15:00:00Z",
        "policy": { "name": "ca-jive", "version": "0" },
    }))
    .unwrap();
    facts.promises = vec![Promise {
        clock: "enquiry_answer".to_owned(),
        cycle: 1,
        due: at("2026-11-03T15:00:00Z"),
        kept: Kept::InTime,
    }];
    let by = [Dimension::Brand, Dimension::Category, Dimension::Assignee];
    let mut tally = Tally::new(asked(toronto("2026-11"), &by), rules());
    tally.add(&facts).unwrap();
    assert_eq!(total(&tally, Measure::Received), Some(0.0));
    assert_eq!(total(&tally, Measure::PromisesKept), Some(1.0));
    let (cells, _) = tally.figures();
    // The brand of what was filed before there were several.
    assert_eq!(cells[0].cell, ["jive", NONE, NONE]);
}

#[test]
fn each_round_of_a_complaint_is_resolved_once_and_a_withdrawal_is_no_resolution() {
    let recorded = at("2026-11-20T12:00:00Z");
    let answered = |answer, answered_at: &str| Fact::CustomerAnswered {
        answer,
        answered_at: at(answered_at),
    };
    let closed = |reason, closed_at: &str| Fact::Closed {
        reason,
        closed_at: Some(at(closed_at)),
        awaited: false,
    };
    let proposed = Fact::OutcomeProposed {
        decided_at: recorded,
        told_at: None,
        has_remedy: false,
        root_cause: None,
    };
    let reopened = Fact::Reopened {
        state: State::InReview,
        reopened_at: None,
    };
    let history = |facts: &[Fact]| History::of(facts.iter().map(|fact| (recorded, fact)));

    let rounds = history(&[
        proposed.clone(),
        answered(Answer::Accepted, "2026-11-01T12:00:00Z"),
        closed(ClosureReason::Accepted, "2026-11-02T12:00:00Z"),
        reopened,
        closed(ClosureReason::ProviderDecision, "2026-11-05T12:00:00Z"),
    ]);
    assert_eq!(
        rounds.resolved,
        [at("2026-11-01T12:00:00Z"), at("2026-11-05T12:00:00Z")]
    );
    assert_eq!(
        rounds.closed,
        [at("2026-11-02T12:00:00Z"), at("2026-11-05T12:00:00Z")]
    );
    assert_eq!(rounds.reopened, [recorded]);

    // What was accepted does not stand once another outcome is told, or this one is refused.
    let other = history(&[
        proposed.clone(),
        answered(Answer::Accepted, "2026-11-01T12:00:00Z"),
        proposed,
        answered(Answer::Refused, "2026-11-02T12:00:00Z"),
    ]);
    assert_eq!(other, History::default());
    let withdrawn = Fact::Withdrawn {
        channel: None,
        withdrawn_at: None,
    };
    let withdrawn = history(&[
        answered(Answer::Accepted, "2026-11-01T12:00:00Z"),
        withdrawn,
    ]);
    assert_eq!((withdrawn.resolved.len(), withdrawn.closed.len()), (0, 1));
    let enquiry = history(&[closed(
        ClosureReason::EnquiryAnswered,
        "2026-11-05T12:00:00Z",
    )]);
    assert_eq!(enquiry, History::default());
}

#[test]
fn a_history_consists_of_the_kinds_that_are_read_for_it() {
    let told = Fact::NoticeTold(Delivery {
        notice: 1,
        means: crate::domain::ContactMeans::Phone,
        took_place_at: None,
        reference: None,
    });
    assert_eq!(
        History::of([(at("2026-11-01T12:00:00Z"), &told)]),
        History::default()
    );
    let rare = RARE_KINDS.iter();
    assert!(rare.into_iter().all(|kind| KINDS_OF_HISTORY.contains(kind)));
}

#[test]
fn there_are_only_so_many_cells() {
    let first = at("2015-01-01T12:00:00Z");
    let period = Period {
        from: first,
        to: at("2030-01-01T12:00:00Z"),
        zone: TimeZone::UTC,
    };
    let mut tally = Tally::new(asked(period, &[Dimension::Day]), rules());
    let add = |tally: &mut Tally, number: usize| {
        let days = SignedDuration::from_hours(24 * i64::try_from(number).unwrap());
        tally.add(&facts(&(first + days).to_string()))
    };
    for number in 0..MOST_CELLS {
        add(&mut tally, number).unwrap();
    }
    assert_eq!(add(&mut tally, 0), Ok(()));
    assert_eq!(add(&mut tally, MOST_CELLS), Err(TooManyCells));
}

#[test]
fn every_measure_is_defined_with_its_source() {
    for measure in Measure::ALL {
        let meaning = definition(measure);
        for text in [
            meaning.title,
            meaning.unit,
            meaning.definition,
            meaning.source,
        ] {
            assert!(!text.is_empty() && !text.contains("  "), "{text}");
        }
    }
    assert_eq!(definitions_version().len(), 12);
}
