//! A sum that does not come out is said not to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use jiff::SignedDuration;

use super::{
    parts::{Span, SpanKind, Total},
    spans,
    trace::{Trace, traces},
};
use crate::domain::{replay::Under, tests::story::Story};

const MOMENT: SignedDuration = SignedDuration::from_micros(1);

/// A clock of a complaint in review, with its spans as they are.
fn counted(name: &str) -> (Trace, Vec<Span>) {
    let story = Story::in_review();
    let under = Under::Kept(story.policies());
    let (mut traces, _) = traces(&story.identity(), &story.events, under, name).unwrap();
    let trace = traces.pop().expect("a cycle");
    let rule = trace.policy.clock(name).unwrap();
    let mut legs = spans::of(&trace, &rule.code.calendar, rule.roll);
    let spans = legs.pop().expect("a leg");
    assert!(legs.is_empty());
    (trace, spans)
}

fn balances(trace: &Trace, spans: Vec<Span>) -> bool {
    let rule = trace.policy.clock(&trace.clock.name).unwrap();
    Total::of(trace, &[spans], rule).balanced
}

fn place_of(kind: SpanKind, spans: &[Span]) -> usize {
    spans.iter().position(|span| span.kind == kind).unwrap()
}

#[test]
fn spans_with_a_gap_do_not_balance_though_all_is_counted() {
    let (trace, mut spans) = counted("customer_update");
    assert!(balances(&trace, spans.clone()));
    spans.remove(place_of(SpanKind::OutsideHours, &spans));
    assert!(!balances(&trace, spans));
}

#[test]
fn spans_that_end_before_the_due_time_do_not_balance() {
    let (trace, mut spans) = counted("ceiling");
    assert!(balances(&trace, spans.clone()));
    let last = spans.last_mut().unwrap();
    last.end = last.end.map(|end| end - MOMENT);
    assert!(!balances(&trace, spans));
}

#[test]
fn a_target_that_was_not_counted_to_its_last_day_does_not_balance() {
    for name in ["customer_update", "ceiling"] {
        let (trace, mut spans) = counted(name);
        let last = spans.last_mut().unwrap();
        last.day = last.day.map(|day| day - 1);
        assert!(!balances(&trace, spans), "{name}");
    }
}

#[test]
fn time_that_the_clock_does_not_count_does_not_balance() {
    let (trace, mut spans) = counted("customer_update");
    let counted = place_of(SpanKind::Working, &spans);
    spans[counted].time += MOMENT;
    assert!(!balances(&trace, spans));
}

#[test]
fn a_due_time_that_the_target_does_not_give_does_not_balance() {
    let (mut trace, mut spans) = counted("ceiling");
    let due = trace.clock.due.unwrap() - MOMENT;
    let last = spans.last_mut().unwrap();
    last.end = Some(due);
    last.time -= MOMENT;
    trace.clock.due = Some(due);
    assert!(!balances(&trace, spans));
}
