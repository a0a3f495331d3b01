//! Terms in days that are interrupted by a pause.
//!
//! A term in days does not count the day on which it starts, so no pause takes time from it before that day is over. What
//! remains of a term in calendar days is wall time, so that a day is a day whatever its length: from noon to noon is one,
//! across a clock change too. However much of a day remains, the term ends when a day ends, and the roll of the term
//! applies to that day.

use jiff::{SignedDuration, Timestamp, civil::DateTime};

use super::{Calendar, OutOfRange, Roll, Term, Unit, zone};

/// The end of a term in calendar days, weeks, months or years that continues after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysEnd {
    /// When all that remained has been counted.
    pub counted: Timestamp,
    /// When the last day of the term ends: that of `counted`, or the day to which it is rolled.
    pub due: Timestamp,
}

impl Calendar {
    /// From when a term that starts at `from` counts: a term in days from the end of its first day, of which the working time
    /// may run on past midnight; any other term at once.
    pub fn first_day_ends(&self, from: Timestamp, unit: Unit) -> Timestamp {
        let date = self.date_of(from);
        let night = match unit {
            Unit::WorkingDays => self.intervals(date).last().map(|interval| interval.end),
            unit if unit.is_calendar_days() => None,
            _ => return from,
        };
        let day = zone::end_of(self.zone(), date);
        // Only a date at the end of representable time has no representable end.
        day.max(night).unwrap_or(from).max(from)
    }

    /// What remains at an instant of a term of calendar days, weeks, months or years that started at `from`: wall time to the
    /// end of its last day, before that is rolled. Zero for any other term, and afterwards.
    pub fn days_left(&self, from: Timestamp, term: &Term, at: Timestamp) -> SignedDuration {
        let last_day = term.days().and_then(|days| {
            let last_day = self.date_of(from).checked_add(days).ok()?;
            last_day.tomorrow().ok()
        });
        let at = self.reading(at.max(self.first_day_ends(from, term.unit)));
        last_day.map_or(SignedDuration::ZERO, |end| {
            let left = end.at(0, 0, 0, 0).duration_since(at);
            left.max(SignedDuration::ZERO)
        })
    }

    /// The wall time from one instant to a later one.
    pub fn days_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let passed = self.reading(to).duration_since(self.reading(from));
        passed.max(SignedDuration::ZERO)
    }

    /// When a term of calendar days, weeks, months or years ends that resumes at `at` with this much wall time left, which
    /// counts from `counts_from` on if that is later. The date in which `at` lies, or which ends with it, is the earliest
    /// with which [`Roll::PreviousWorkingDay`] may end it.
    ///
    /// # Errors
    /// [`OutOfRange`] if the calendar reaches no such instant.
    pub fn days_after(
        &self,
        at: Timestamp,
        counts_from: Timestamp,
        left: SignedDuration,
        roll: Roll,
    ) -> Result<DaysEnd, OutOfRange> {
        let ends = || {
            let counted = self.reading(at.max(counts_from)).checked_add(left).ok()?;
            let moment = SignedDuration::from_nanos(1);
            let within = counted.checked_sub(moment).ok()?;
            let earliest = self.date_of(at.checked_sub(moment).ok()?);
            let last_day = self.roll(earliest, within.date(), roll)?;
            Some(DaysEnd {
                counted: zone::passes(self.zone(), counted)?.max(at),
                due: zone::end_of(self.zone(), last_day)?,
            })
        };
        let ends = ends();
        let due = self.within_reach(at, ends.map(|ends| ends.due))?;
        Ok(DaysEnd {
            due,
            counted: ends.map_or(due, |ends| ends.counted),
        })
    }

    /// What the local clock shows and will not show again: it never goes back.
    fn reading(&self, at: Timestamp) -> DateTime {
        zone::reading(self.zone(), at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]
    use super::*;
    use crate::calendar::pitfalls::{NIGHTS, OFFICE, calendar, shown, wall};

    fn term(text: &str) -> Term {
        text.parse().unwrap()
    }

    /// When a term that starts at `from` and is paused from `pause` to `resume` is due.
    fn due(
        calendar: &Calendar,
        terms: (&str, Roll),
        from: &str,
        pause: &str,
        resume: &str,
    ) -> String {
        let (from, pause, resume) = (
            wall(calendar, from),
            wall(calendar, pause),
            wall(calendar, resume),
        );
        let term = term(terms.0);
        let left = calendar.days_left(from, &term, pause);
        let counts_from = calendar.first_day_ends(from, term.unit);
        shown(
            calendar,
            calendar
                .days_after(resume, counts_from, left, terms.1)
                .unwrap()
                .due,
        )
    }

    #[test]
    fn the_first_day_of_a_term_in_days_is_not_counted() {
        let office = calendar("America/Toronto", OFFICE, "");
        let nights = calendar("America/Toronto", NIGHTS, "");
        for (calendar, unit, ends) in [
            (&office, Unit::WorkingDays, "2026-06-06T00:00:00"),
            (&office, Unit::Months, "2026-06-06T00:00:00"),
            (&office, Unit::WorkingHours, "2026-06-05T23:00:00"),
            (&nights, Unit::WorkingDays, "2026-06-06T06:00:00"),
            (&nights, Unit::CalendarDays, "2026-06-06T00:00:00"),
        ] {
            let from = wall(calendar, "2026-06-05T23:00");
            assert_eq!(shown(calendar, calendar.first_day_ends(from, unit)), ends);
        }
    }

    #[test]
    fn a_pause_on_the_first_day_takes_nothing_and_the_roll_applies_to_the_new_last_day() {
        let office = calendar("America/Toronto", OFFICE, "");
        let (next, previous, none) = (Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None);
        // Twenty days from Saturday 6 June are Friday the 26th.
        let from = "2026-06-06T10:00";
        for (roll, pause, resume, due_at) in [
            (
                next,
                "2026-06-06T11:00",
                "2026-06-06T23:59",
                "2026-06-27T00:00:00",
            ),
            (
                next,
                "2026-06-06T11:00",
                "2026-06-07T00:01",
                "2026-06-30T00:00:00",
            ),
            (
                next,
                "2026-06-10T00:00",
                "2026-06-10T23:00",
                "2026-06-30T00:00:00",
            ),
            (
                previous,
                "2026-06-10T00:00",
                "2026-06-10T23:00",
                "2026-06-27T00:00:00",
            ),
            (
                none,
                "2026-06-10T00:00",
                "2026-06-10T23:00",
                "2026-06-28T00:00:00",
            ),
            // Three days: Monday itself.
            (
                next,
                "2026-06-10T12:00",
                "2026-06-13T12:00",
                "2026-06-30T00:00:00",
            ),
            (
                previous,
                "2026-06-10T12:00",
                "2026-06-13T12:00",
                "2026-06-30T00:00:00",
            ),
            // It resumes on a Saturday with less than the weekend left: there is no working day left to roll back to.
            (
                previous,
                "2026-06-26T12:00",
                "2026-06-27T11:00",
                "2026-06-28T00:00:00",
            ),
        ] {
            assert_eq!(
                due(&office, ("20 calendar days", roll), from, pause, resume),
                due_at,
                "{roll} {pause} {resume}"
            );
        }
    }

    #[test]
    fn a_day_is_a_day_across_a_clock_change() {
        // Clocks go forward on 8 March and back on 1 November.
        let office = calendar("America/Toronto", OFFICE, "");
        for (from, pause, resume, due_at) in [
            (
                "2026-03-01T10:00",
                "2026-03-07T12:00",
                "2026-03-08T12:00",
                "2026-03-17T00:00:00",
            ),
            (
                "2026-03-01T10:00",
                "2026-03-02T12:00",
                "2026-03-03T12:00",
                "2026-03-17T00:00:00",
            ),
            (
                "2026-10-25T10:00",
                "2026-10-31T12:00",
                "2026-11-01T12:00",
                "2026-11-10T00:00:00",
            ),
            (
                "2026-10-25T10:00",
                "2026-10-27T12:00",
                "2026-10-28T12:00",
                "2026-11-10T00:00:00",
            ),
        ] {
            let none = ("14 calendar days", Roll::None);
            assert_eq!(
                due(&office, none, from, pause, resume),
                due_at,
                "{from} {pause}"
            );
        }
    }

    #[test]
    fn the_local_clock_is_read_as_it_never_goes_back() {
        for zone in [
            "America/Toronto",
            "America/St_Johns",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "America/Havana",
            "America/Sao_Paulo",
        ] {
            let office = calendar(zone, OFFICE, "");
            for begin in [
                "2010-11-06T12:00",
                "2026-10-31T12:00",
                "2026-04-04T12:00",
                "2011-12-29T12:00",
                "2018-11-03T12:00",
            ] {
                let begin = wall(&office, begin);
                let mut last = office.reading(begin);
                for minute in 0..60 * 48 {
                    let at = begin + SignedDuration::from_mins(minute);
                    let reading = office.reading(at);
                    assert!(reading >= last, "{zone} {at}: {last} {reading}");
                    let within = at + SignedDuration::from_nanos(1);
                    let date = office.reading(within).date();
                    assert_eq!(date, office.date_of(within), "{zone} {at}");
                    last = reading;
                }
            }
        }
    }
}
