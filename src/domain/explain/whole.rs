//! What had to be counted in all, if pauses interrupt it: its parts before, between and after them, starting from the whole
//! target.

use jiff::{SignedDuration, Timestamp};

use super::{
    parts::{Measure, Span},
    trace::{Leg, Toward, Trace},
    words,
};
use crate::{
    calendar::{Calendar, Term},
    domain::clock::Clock,
    policy::ClockRule,
};

/// What had to be counted, around one or more pauses.
struct Whole {
    /// What it is: `10 working days`.
    name: String,
    length: SignedDuration,
    measure: Measure,
}

impl Whole {
    /// What is counted from a leg on. `None` where that is not known: for a leg after a pause.
    fn from(leg: &Leg, clock: &Clock, rule: &ClockRule) -> Option<Self> {
        let calendar = &rule.code.calendar;
        match &leg.toward {
            Toward::Target(term) => Some(Whole::of(term, clock.start, calendar, rule)),
            Toward::Date(date) => Some(Whole {
                name: "the date that was promised".to_owned(),
                length: calendar.counted(leg.from, *date, clock.base()),
                measure: clock.base().into(),
            }),
            Toward::Pause {
                promised: Some(micros),
                ..
            } => Some(Whole {
                name: "the date that was promised while it was paused".to_owned(),
                length: SignedDuration::from_micros(*micros),
                measure: clock.base().into(),
            }),
            Toward::Pause { .. } | Toward::Remaining { .. } => None,
        }
    }

    fn of(term: &Term, start: Timestamp, calendar: &Calendar, rule: &ClockRule) -> Self {
        let from = calendar.first_day_ends(start, term.unit);
        let (length, measure) = if term.unit.is_calendar_days() {
            (calendar.days_left(start, term, start), Measure::Days)
        } else {
            let due = calendar.due_after_rolling(start, term, rule.roll);
            let base = term.unit.base();
            let length = calendar.counted(from, due.unwrap_or(from), base);
            (length, base.into())
        };
        Whole {
            name: term.to_string(),
            length,
            measure,
        }
    }

    /// How much of it a span counts.
    fn share(&self, span: &Span, calendar: &Calendar) -> SignedDuration {
        match (self.measure, span.end) {
            _ if !span.counted => SignedDuration::ZERO,
            (Measure::Days, Some(end)) => calendar.days_between(span.start, end),
            _ => span.time,
        }
    }
}

/// Whether the parts before, between and after pauses make up the whole, and the sum in words.
pub(super) fn around_pauses(
    last: &Leg,
    trace: &Trace,
    legs: &[Vec<Span>],
    rule: &ClockRule,
) -> (bool, String) {
    let (clock, calendar) = (&trace.clock, &rule.code.calendar);
    let known = trace.legs.iter().enumerate().rev();
    let mut known = known.map(|(place, leg)| (place, Whole::from(leg, clock, rule)));
    let Some((first, Some(whole))) = known.find(|(_, whole)| whole.is_some()) else {
        return (false, String::new());
    };
    let parts = trace.legs.iter().zip(legs).skip(first);
    let parts = parts.filter(|(leg, _)| !matches!(leg.toward, Toward::Pause { .. }));
    let parts: Vec<SignedDuration> = parts
        .map(|(_, spans)| {
            let shares = spans.iter().map(|span| whole.share(span, calendar));
            shares.fold(SignedDuration::ZERO, |sum, share| sum + share)
        })
        .collect();
    let counted = parts
        .iter()
        .fold(SignedDuration::ZERO, |sum, part| sum + *part);
    let told = |time| words::measured(time, whole.measure);
    let joined = |parts: &[SignedDuration]| {
        let parts: Vec<String> = parts
            .iter()
            .filter(|part| !part.is_zero())
            .map(|part| told(*part))
            .collect();
        match parts.as_slice() {
            [] => "nothing".to_owned(),
            parts => parts.join(" + "),
        }
    };
    let of_time = match whole.measure {
        Measure::Days => String::new(),
        Measure::Working => format!(" of {}", words::WORKING),
        Measure::Elapsed => format!(" of {}", words::ELAPSED),
    };
    let all = format!("{} ({}{of_time})", whole.name, told(whole.length));
    if let Toward::Pause { .. } = last.toward {
        let before = joined(&parts);
        return match clock.remaining.map(SignedDuration::from_micros) {
            Some(left) => (
                counted + left == whole.length,
                format!(
                    "{all}: {before} counted before the pause, {} remain",
                    told(left)
                ),
            ),
            None => (
                counted <= whole.length,
                format!("{all}: {before} counted before the pause in which it ended"),
            ),
        };
    }
    let (after, before) = parts.split_last().unwrap_or((&SignedDuration::ZERO, &[]));
    // A term in calendar days that is rolled back ends before all of it was counted.
    let cut = match (last, clock.due) {
        (
            Leg {
                from,
                toward:
                    Toward::Remaining {
                        micros,
                        days: Some(_),
                    },
            },
            Some(due),
        ) => {
            let left = SignedDuration::from_micros(*micros);
            let ends = calendar.days_after(*from, *from, left, rule.roll).ok();
            ends.map_or(SignedDuration::ZERO, |ends| {
                calendar.days_between(due, ends.counted)
            })
        }
        _ => SignedDuration::ZERO,
    };
    let mut text = format!(
        "{all}: {} counted before the pause, {} after it",
        joined(before),
        told(*after)
    );
    if !cut.is_zero() {
        text += &format!(
            "; {} lie behind the working day to which its end is rolled back",
            told(cut)
        );
    }
    (counted + cut == whole.length, text)
}
