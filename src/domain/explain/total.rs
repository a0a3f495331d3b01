//! The sum of what was counted, and whether it makes up what was to be counted.

use jiff::{SignedDuration, Timestamp};

use super::{
    parts::{Span, Total},
    spans::Days,
    trace::{Leg, Toward, Trace},
    whole, words,
};
use crate::{
    calendar::{Term, TimeBase},
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
        let (holds, text) = match trace.legs.last() {
            None => (false, String::new()),
            Some(Leg {
                from,
                toward: Toward::Target(term),
            }) => {
                let last = legs.last().map_or(&[] as &[Span], Vec::as_slice);
                target(*from, term, last, rule, clock)
            }
            Some(Leg {
                toward: Toward::Date(date),
                ..
            }) => {
                let last = legs.last().into_iter().flatten();
                let counted = sum(&mut last.filter(|span| span.counted));
                let text = format!(
                    "the date that was promised; {} lie before it",
                    words::time(counted, clock.base())
                );
                (clock.due == Some(*date), text)
            }
            Some(leg) => whole::around_pauses(leg, trace, legs, rule),
        };
        let counts = clock.due.map_or(SignedDuration::ZERO, |due| {
            calendar.counted(clock.segment_start, due, clock.base())
        });
        let by_clock = SignedDuration::from_micros(clock.counted_before) + counts;
        Total {
            counted,
            time,
            balanced: holds && time == by_clock && is_whole(clock, legs),
            text,
        }
    }
}

/// Whether a target that no pause interrupted was counted completely, and the sum in words.
fn target(
    from: Timestamp,
    term: &Term,
    spans: &[Span],
    rule: &ClockRule,
    clock: &Clock,
) -> (bool, String) {
    let (calendar, roll) = (&rule.code.calendar, rule.roll);
    let due = calendar.due_after_rolling(from, term, roll).ok();
    let counted = spans.iter().filter(|span| span.counted);
    let counted = counted.fold(SignedDuration::ZERO, |sum, span| sum + span.time);
    let days = |of| words::days(spans, term.unit, of);
    let last_day = spans.iter().filter_map(|span| span.day).max().unwrap_or(0);
    let (sum, text) = match (term.time(), term.unit.base()) {
        (Some(wanted), _) if wanted.is_zero() => (counted.is_zero(), "due at once".to_owned()),
        (Some(wanted), base) => {
            let text = format!("{} counted, of {term}", words::time(counted, base));
            (counted == wanted, text)
        }
        (None, TimeBase::Working) => (last_day == term.count, days(term.count)),
        (None, TimeBase::Elapsed) => {
            let term = Days::of(calendar, from, term, roll);
            let of = term.number(term.last);
            (last_day == term.number(term.rolled), days(of))
        }
    };
    (sum && due == clock.due, text)
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
