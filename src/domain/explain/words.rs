//! The words of an explanation. Dates are left to whoever shows it, in the zone of the calendar.

use std::fmt;

use jiff::{SignedDuration, civil::Weekday};

use super::parts::{Chosen, Measure, Moment, Remaining, Span};
use crate::{
    calendar::{TimeBase, Unit},
    domain::{clock::ClockState, complaint::PauseReason},
    policy::TargetKind,
};

pub(super) const WORKING: &str = "working time";
pub(super) const ELAPSED: &str = "elapsed time";
pub(super) const OUTSIDE_HOURS: &str = "outside working hours";
pub(super) const FIRST_DAY: &str = "first day, not counted";
pub(super) const HELD: &str = "not counted: a pause brings no promised date nearer";
pub(super) const REST_OF_DAY: &str = "not counted: the rest of the day with which the term ends";
pub(super) const ROLLED_BACK: &str =
    "elapsed time: rolled back, the term ends with the last working day in it";

impl fmt::Display for Remaining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.measure {
            Measure::Working => write!(f, "{} of {WORKING}", exact(self.length)),
            Measure::Elapsed => write!(f, "{} of {ELAPSED}", exact(self.length)),
            Measure::Days => f.write_str(&days_and_hours(self.length)),
        }
    }
}

/// A length of time in a measure, without its name.
pub(super) fn measured(time: SignedDuration, measure: Measure) -> String {
    match measure {
        Measure::Days => days_and_hours(time),
        Measure::Working | Measure::Elapsed => exact(time),
    }
}

/// Wall time: `3 days 12 h`.
fn days_and_hours(time: SignedDuration) -> String {
    let days = time.as_hours() / 24;
    let rest = time - SignedDuration::from_hours(days * 24);
    match (days, rest.is_zero()) {
        (0, _) => exact(rest),
        (1, true) => "1 day".to_owned(),
        (1, false) => format!("1 day {}", exact(rest)),
        (days, true) => format!("{days} days"),
        (days, false) => format!("{days} days {}", exact(rest)),
    }
}

/// Why something that arrived is not counted yet, with the calendar of the place where it arrived.
pub(super) fn before_receipt(reason: &str, calendar: &str) -> String {
    format!("{reason} at the place of receipt ({calendar})")
}

pub(super) fn spoken(word: &str) -> String {
    word.replace('_', " ")
}

pub(super) fn pause(reason: PauseReason, paused: &Moment) -> String {
    format!(
        "paused: {} (event {}, by {})",
        spoken(reason.as_str()),
        paused.event,
        paused.by
    )
}

pub(super) fn day(what: &str, number: u32, of: u32) -> String {
    format!("{what} {number} of {of}")
}

pub(super) fn calendar_day(unit: Unit, number: u32, of: u32) -> String {
    let what = match unit {
        Unit::CalendarDays => "calendar day",
        _ => "day",
    };
    day(what, number, of)
}

pub(super) fn rolled_past(reason: &str) -> String {
    format!("{reason}: rolled past, the term ends with the next working day")
}

pub(super) fn rolled_back(day: &str) -> String {
    format!("{day}: rolled back, the term ends with the last working day in it")
}

/// A date that the calendar closes beyond weekends and holidays.
pub(super) fn closed(name: Option<&str>) -> String {
    name.map_or_else(|| "closed".to_owned(), |name| format!("closed: {name}"))
}

pub(super) fn holiday(name: &str) -> String {
    format!("holiday: {name}")
}

pub(super) const fn day_off(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Saturday | Weekday::Sunday => "weekend",
        _ => "day off",
    }
}

/// Why this time was allowed.
pub(super) fn chosen(chosen: Chosen) -> String {
    match chosen {
        Chosen::Target(TargetKind::General) => "the general target".to_owned(),
        Chosen::Target(TargetKind::StartedSince(day)) => {
            format!("the target for clocks that start on {day} or later")
        }
        Chosen::Target(TargetKind::Channel(channel)) => {
            format!("the target for what comes by {}", spoken(channel.as_str()))
        }
        Chosen::Target(TargetKind::KnownFor) => "the target for what was known for long".to_owned(),
        Chosen::Target(TargetKind::Urgent) => "the target for what is urgent".to_owned(),
        Chosen::Promised => "a date that the customer was promised".to_owned(),
        Chosen::SetByBody => "a date that the independent body set".to_owned(),
    }
}

/// A length of time in hours, minutes and whole seconds: working time has no days.
pub(super) fn length(time: SignedDuration) -> String {
    let whole = SignedDuration::from_secs(time.as_secs());
    if whole.is_zero() && !time.is_zero() {
        return "less than a second".to_owned();
    }
    exact(whole)
}

/// Likewise to the microsecond, so that parts add up to their sum as they are written.
pub(super) fn exact(time: SignedDuration) -> String {
    let seconds = time.as_secs().abs();
    let mut told: Vec<String> = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    let micros = time.subsec_micros().abs();
    if micros > 0 {
        let fraction = format!("{micros:06}");
        let fraction = fraction.trim_end_matches('0');
        told.push(format!("{}.{fraction} s", seconds % 60));
    } else if seconds % 60 > 0 || told.is_empty() {
        told.push(format!("{} s", seconds % 60));
    }
    told.join(" ")
}

pub(super) fn time(time: SignedDuration, base: TimeBase) -> String {
    let what = match base {
        TimeBase::Working => WORKING,
        TimeBase::Elapsed => ELAPSED,
    };
    format!("{} of {what}", exact(time))
}

/// How a cycle stands that ended at `stop` and was due at `due`, as `late = stop - due` says.
pub(super) fn standing(state: ClockState, late: Option<SignedDuration>) -> String {
    match (state, late) {
        (ClockState::Running, _) => "running".to_owned(),
        (ClockState::Paused, _) => "paused".to_owned(),
        (ClockState::Met, Some(late)) if late.is_zero() => "met, at the due time".to_owned(),
        (ClockState::Met, Some(late)) => format!("met, {} before it was due", length(late)),
        (ClockState::Met, None) => "met, while it was paused".to_owned(),
        (ClockState::Missed, Some(late)) => format!("missed by {}", length(late)),
        (ClockState::Missed, None) => "missed".to_owned(),
        (ClockState::Cancelled, _) => "fell away before it was due".to_owned(),
    }
}

/// The sum of what was counted in days: the last number.
pub(super) fn days(spans: &[Span], unit: Unit, of: u32) -> String {
    let counted = spans.iter().filter_map(|span| span.day).max().unwrap_or(0);
    let what = match unit {
        Unit::WorkingDays => "working days",
        Unit::CalendarDays => "calendar days",
        _ => "days",
    };
    format!("{counted} of {of} {what} counted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_is_told_in_days_and_hours() {
        for (minutes, told) in [
            (0, "0 s"),
            (23 * 60, "23 h"),
            (24 * 60, "1 day"),
            (30 * 60, "1 day 6 h"),
            (48 * 60, "2 days"),
            (60 * 60 + 30, "2 days 12 h 30 min"),
        ] {
            let time = SignedDuration::from_mins(minutes);
            assert_eq!(days_and_hours(time), told);
        }
    }

    #[test]
    fn what_is_almost_nothing_is_not_told_as_nothing() {
        assert_eq!(length(SignedDuration::ZERO), "0 s");
        assert_eq!(length(SignedDuration::from_millis(1)), "less than a second");
        let kept = |late| standing(ClockState::Met, Some(late));
        assert_eq!(kept(SignedDuration::ZERO), "met, at the due time");
        let before = SignedDuration::from_secs(-1);
        assert_eq!(kept(before), "met, 1 s before it was due");
    }

    #[test]
    fn a_closed_day_is_told_with_its_reason_if_there_is_one() {
        assert_eq!(closed(None), "closed");
        assert_eq!(closed(Some("Town day")), "closed: Town day");
    }

    #[test]
    fn parts_of_a_length_add_up_as_they_are_written() {
        for (micros, whole, to_the_microsecond) in [
            (0, "0 s", "0 s"),
            (400_000, "less than a second", "0.4 s"),
            (1_000_000, "1 s", "1 s"),
            (60_000_000, "1 min", "1 min"),
            (60_000_001, "1 min", "1 min 0.000001 s"),
            (3_450_126_000, "57 min 30 s", "57 min 30.126 s"),
            (-149_874_000, "2 min 29 s", "2 min 29.874 s"),
            (86_400_000_000, "24 h", "24 h"),
        ] {
            let time = SignedDuration::from_micros(micros);
            assert_eq!(length(time), whole);
            assert_eq!(exact(time), to_the_microsecond);
        }
    }
}
