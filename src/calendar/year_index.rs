//! The working time of a year as a table, made when the year is first asked for: what a question about working time looks
//! up, where a walk through the days would come by.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::interval::Interval;

/// The working time of the dates of one year. A night that starts on its last date belongs to it.
pub(super) struct Year {
    /// In order; none overlaps another.
    entries: Vec<CountedInterval>,
    /// The dates that have working time, in order.
    working_days: Vec<Date>,
    /// Of all entries.
    total: SignedDuration,
}

struct CountedInterval {
    interval: Interval,
    /// What the entries before this one count.
    ahead: SignedDuration,
}

impl Year {
    /// `intervals` gives the working time of a date.
    pub(super) fn of<I: Iterator<Item = Interval>>(
        year: i16,
        intervals: impl Fn(Date) -> I,
    ) -> Self {
        let mut table = Self {
            entries: Vec::new(),
            working_days: Vec::new(),
            total: SignedDuration::ZERO,
        };
        let first = Date::new(year, 1, 1).ok();
        let dates = std::iter::successors(first, |date| date.tomorrow().ok());
        for date in dates.take_while(|date| date.year() == year) {
            let before = table.entries.len();
            for interval in intervals(date) {
                table.entries.push(CountedInterval {
                    interval,
                    ahead: table.total,
                });
                table.total += interval.end.duration_since(interval.start);
            }
            if before < table.entries.len() {
                table.working_days.push(date);
            }
        }
        table
    }

    pub(super) fn total(&self) -> SignedDuration {
        self.total
    }

    /// The working time of this year before an instant.
    pub(super) fn counted_until(&self, at: Timestamp) -> SignedDuration {
        let place = self.entries.partition_point(|e| e.interval.end <= at);
        match self.entries.get(place) {
            Some(entry) => {
                entry.ahead
                    + at.max(entry.interval.start)
                        .duration_since(entry.interval.start)
            }
            None => self.total,
        }
    }

    /// The earliest instant by which the year has counted `wanted`, which is above zero; none if it has less.
    pub(super) fn when_counted(&self, wanted: SignedDuration) -> Option<Timestamp> {
        if self.total < wanted {
            return None;
        }
        let place = self.entries.partition_point(|entry| entry.ahead < wanted);
        self.entries.get(place.checked_sub(1)?)?.at(wanted)
    }

    /// The latest instant until which the year has counted no more than `kept`, which is below its total.
    pub(super) fn while_counted(&self, kept: SignedDuration) -> Option<Timestamp> {
        let place = self.entries.partition_point(|entry| entry.ahead <= kept);
        self.entries.get(place.checked_sub(1)?)?.at(kept)
    }

    /// The instant itself if it lies in working time of this year, else the next opening in the year.
    pub(super) fn working_from(&self, at: Timestamp) -> Option<Timestamp> {
        let place = self.entries.partition_point(|e| e.interval.end <= at);
        let entry = self.entries.get(place)?;
        Some(at.max(entry.interval.start))
    }

    /// The instant itself if it lies in or at the end of working time of this year, else the close ahead of it in the year.
    pub(super) fn working_until(&self, at: Timestamp) -> Option<Timestamp> {
        let place = self.entries.partition_point(|e| e.interval.start <= at);
        let entry = self.entries.get(place.checked_sub(1)?)?;
        Some(at.min(entry.interval.end))
    }

    /// The dates with working time from a date on.
    pub(super) fn working_days_from(&self, date: Date) -> &[Date] {
        &self.working_days[self.working_days.partition_point(|&day| day < date)..]
    }

    /// The dates with working time up to a date.
    pub(super) fn working_days_until(&self, date: Date) -> &[Date] {
        &self.working_days[..self.working_days.partition_point(|&day| day <= date)]
    }
}

impl CountedInterval {
    /// The instant of this entry by which the year has counted so much.
    fn at(&self, counted: SignedDuration) -> Option<Timestamp> {
        self.interval.start.checked_add(counted - self.ahead).ok()
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
    use std::sync::Arc;

    use super::*;
    use crate::calendar::{
        TimeBase,
        pitfalls::{NIGHTS, OFFICE, calendar, date, due, wall},
    };

    #[test]
    fn years_that_are_kept_and_years_that_are_not_are_counted_alike() {
        let office = calendar("UTC", OFFICE, "");
        // The calendar repeats every 400 years.
        for (from, later) in [
            ("1969-12-30T12:00", "2369-12-30T12:00"),
            ("2169-12-28T12:00", "2569-12-28T12:00"),
        ] {
            for term in ["70 working hours", "300 working days", "2 years"] {
                let (due, later) = (due(&office, from, term), due(&office, later, term));
                assert_eq!(due[4..], later[4..], "{term} from {from}");
            }
        }
    }

    #[test]
    fn a_night_over_new_year_is_counted_in_both_years() {
        let nights = calendar(
            "America/Toronto",
            &NIGHTS.replace("tuesday", "thursday"),
            "",
        );
        let (from, to) = (
            wall(&nights, "2026-12-31T23:00"),
            wall(&nights, "2027-01-01T04:00"),
        );
        let counted = nights.counted(from, to, TimeBase::Working);
        assert_eq!(counted, SignedDuration::from_hours(5));
        let after = nights.advance_by(from, counted, TimeBase::Working);
        assert_eq!(after.unwrap(), to);
        assert_eq!(nights.retreat_working(to, counted).unwrap(), from);
    }

    #[test]
    fn clones_share_tables_and_other_hours_have_their_own() {
        let office = calendar("America/Toronto", OFFICE, "");
        let clone = office.clone();
        assert!(Arc::ptr_eq(&office.year(2026), &clone.year(2026)));
        let longer = office
            .with_hours(&["08:00-20:00".parse().unwrap()])
            .unwrap();
        assert_eq!(longer.year(2026).total, office.year(2026).total * 12 / 8);
        assert!(longer.is_working_day(date("2026-06-05")));
    }
}
