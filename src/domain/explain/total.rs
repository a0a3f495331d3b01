//! The sum of what was counted, and whether it makes up what was to be counted.

use jiff::SignedDuration;

use super::{
    Span, Total,
    spans::Days,
    trace::{Leg, Toward, Trace},
    words,
};
use crate::{
    calendar::Unit,
    domain::clock::{Clock, ClockState},
    policy::ClockRule,
};

impl Total {
    pub(super) fn of(trace: &Trace, legs: &[Vec<Span>], rule: &ClockRule) -> Self {
        let (clock, calendar) = (&trace.clock, &rule.code.calendar);
        let sum = |spans: &mut dyn Iterator<Item = &Span>| {
            spans.fold(SignedDuration::ZERO, |sum, span| sum + span.time)
        };
        let counted = sum(&mut legs.iter().flatten().filter(|span| span.counted));
        let time = sum(&mut legs.iter().flatten());
        let last = legs.last().map_or(&[] as &[Span], Vec::as_slice);
        let last_counted = sum(&mut last.iter().filter(|span| span.counted));
        let (holds, text) = match trace.legs.last() {
            None => (false, String::new()),
            Some(leg) => sums_up(leg, last, last_counted, rule, clock),
        };
        let counts = clock.due.map_or(SignedDuration::ZERO, |due| {
            calendar.counted(clock.segment_start, due, clock.base())
        });
        let by_clock = SignedDuration::from_micros(clock.counted_before) + counts;
        Total {
            counted,
            time,
            adds_up: holds && time == by_clock && is_whole(clock, legs),
            text,
        }
    }
}

/// Whether what was counted last makes up what was to be counted, and both in words.
fn sums_up(
    leg: &Leg,
    spans: &[Span],
    counted: SignedDuration,
    rule: &ClockRule,
    clock: &Clock,
) -> (bool, String) {
    let (calendar, roll) = (&rule.code.calendar, rule.roll);
    let base = clock.base();
    match leg.toward {
        Toward::Target(term) => {
            let due = calendar.due_after_rolling(leg.from, &term, roll).ok();
            let days = |of| words::days(spans, term.unit, of);
            let last_day = spans.iter().filter_map(|span| span.day).max().unwrap_or(0);
            let (sum, text) = match term.unit {
                Unit::Instant => (counted.is_zero(), "due at once".to_owned()),
                Unit::WorkingDays => (last_day == term.count, days(term.count)),
                Unit::CalendarDays | Unit::Weeks | Unit::Months | Unit::Years => {
                    let term = Days::of(calendar, leg.from, &term, roll);
                    let of = term.number(term.last);
                    (last_day == term.number(term.rolled), days(of))
                }
                Unit::Seconds | Unit::Minutes | Unit::Hours | Unit::WorkingHours => {
                    let wanted = length_of(term.unit, term.count);
                    let text = format!("{} counted, of {term}", words::time(counted, base));
                    (counted == wanted, text)
                }
            };
            (sum && due == clock.due, text)
        }
        Toward::Date(date) => {
            let text = format!(
                "the date that was promised; {} lie before it",
                words::time(counted, base)
            );
            (clock.due == Some(date), text)
        }
        Toward::Remaining(micros) => {
            let remaining = SignedDuration::from_micros(micros);
            let text = format!(
                "{} counted since the last pause, of the {} that remained",
                words::length(counted),
                words::time(remaining, base)
            );
            (counted == remaining, text)
        }
        Toward::Pause { .. } => {
            let remaining = clock.remaining.map(SignedDuration::from_micros);
            let before = SignedDuration::from_micros(clock.counted_before);
            let text = match remaining {
                Some(remaining) => format!(
                    "{} counted before the pause, {} remain",
                    words::time(before, base),
                    words::length(remaining)
                ),
                None => format!(
                    "{} counted before the pause in which it ended",
                    words::time(before, base)
                ),
            };
            (true, text)
        }
    }
}

fn length_of(unit: Unit, count: u32) -> SignedDuration {
    let count = i64::from(count);
    match unit {
        Unit::Seconds => SignedDuration::from_secs(count),
        Unit::Minutes => SignedDuration::from_mins(count),
        _ => SignedDuration::from_hours(count),
    }
}

/// Whether the spans follow one another without a gap, from the start to the due time if there is one.
fn is_whole(clock: &Clock, legs: &[Vec<Span>]) -> bool {
    let mut reached = Some(clock.start);
    for span in legs.iter().flatten() {
        if reached != Some(span.start) {
            return false;
        }
        reached = span.end;
    }
    match (clock.state, clock.due) {
        (ClockState::Paused, _) | (_, None) => true,
        (_, Some(due)) => reached == Some(due.max(clock.start)),
    }
}
