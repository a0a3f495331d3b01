//! When a term that starts at an instant is due, and which instant lies a term before another.

use jiff::{SignedDuration, Span, Timestamp, civil::Date};

use super::{Calendar, OutOfRange, Roll, Term, TimeBase, zone};

impl Calendar {
    /// When a term that starts at `from` is due; what happens at that very instant is in time.
    ///
    /// | unit | due |
    /// |---|---|
    /// | instant | `from` |
    /// | seconds, minutes, hours | after that much elapsed time |
    /// | working hours, working minutes | at the earliest instant by which they have been counted |
    /// | working days | at the close of the last window of the nth working day after the date of `from` |
    /// | calendar days, weeks, months, years | when the last day ends; the date of `from` is not counted, the last day is |
    ///
    /// Months and years end on the month's last day where it has no such day: 31 March and a month is 30 April. A last
    /// day that is no working day rolls to the next ([`Roll::NextWorkingDay`]).
    ///
    /// # Errors
    /// [`OutOfRange`] if the calendar reaches no such instant.
    pub fn due_after(&self, from: Timestamp, term: &Term) -> Result<Timestamp, OutOfRange> {
        self.due_after_rolling(from, term, Roll::default())
    }

    /// As [`Self::due_after`], with a rule for a last day that is not a working day. It affects calendar days, weeks,
    /// months and years alone: the other units never end on such a day, or do not count in days.
    ///
    /// # Errors
    /// [`OutOfRange`], as [`Self::due_after`].
    pub fn due_after_rolling(
        &self,
        from: Timestamp,
        term: &Term,
        roll: Roll,
    ) -> Result<Timestamp, OutOfRange> {
        self.within_reach(from, self.due(from, term, roll))
    }

    fn due(&self, from: Timestamp, term: &Term, roll: Roll) -> Option<Timestamp> {
        match (term.unit.base(), term.time()) {
            (TimeBase::Elapsed, Some(time)) => from.checked_add(time).ok(),
            (TimeBase::Working, Some(time)) => self.after_working(from, time),
            (TimeBase::Elapsed, None) => self.end_of_last_day(from, term.days()?, roll),
            (TimeBase::Working, None) => self
                .nth_working_day_after(self.date_of(from), term.count)
                .and_then(|date| self.close_of(date)),
        }
    }

    /// The point a term past a deadline. One that ends a day, at midnight, belongs to that day: a working day past Wednesday's
    /// end is Thursday's close. A last day is not rolled: a month past 31 January is the end of 28 February, whatever weekday
    /// that is.
    ///
    /// # Errors
    /// [`OutOfRange`], as [`Self::due_after`].
    pub fn past(&self, deadline: Timestamp, term: &Term) -> Result<Timestamp, OutOfRange> {
        let just_before = deadline.checked_sub(SignedDuration::from_nanos(1));
        let from = just_before.ok().filter(|_| term.time().is_none());
        let found = self.due(from.unwrap_or(deadline), term, Roll::None);
        self.within_reach(deadline, found)
    }

    /// The point a term before `at`, for a reminder that is due some time ahead of a deadline.
    ///
    /// Hours, minutes and seconds are elapsed time; working hours and minutes are walked backwards, to the latest instant
    /// from which they are counted until `at`. Working days give the same wall time that many working days earlier, moved into that
    /// day's hours: before the first opening to the opening, during a break or after the last close to the close ahead of
    /// it. Calendar days, weeks, months and years give the same wall time on the earlier date, working day or not.
    ///
    /// # Errors
    /// [`OutOfRange`] if the calendar reaches no such instant.
    pub fn before(&self, at: Timestamp, term: &Term) -> Result<Timestamp, OutOfRange> {
        let found = match (term.unit.base(), term.time()) {
            (TimeBase::Elapsed, Some(time)) => at.checked_sub(time).ok(),
            (TimeBase::Working, Some(time)) => self.retreat_working(at, time),
            (TimeBase::Elapsed, None) => term
                .days()
                .and_then(|days| self.same_wall_time_before(at, days)),
            (TimeBase::Working, None) => self.working_days_before(at, term.count),
        };
        self.within_reach(at, found)
    }

    /// The day with which a period ends that starts on a date and would end on `last_day`: the one place where this is
    /// decided. The sources stand at [`Roll`].
    pub(super) fn roll(&self, starts: Date, last_day: Date, roll: Roll) -> Option<Date> {
        let rolled = match roll {
            Roll::NextWorkingDay => return self.working_day_from(last_day),
            Roll::PreviousWorkingDay => self.working_day_until(last_day),
            Roll::None => None,
        };
        match rolled.filter(|&day| starts <= day) {
            Some(day) => Some(day),
            // A day that the zone skips does not count as a day: the one after it is the last.
            None if zone::skips(&self.zone, last_day) => last_day.tomorrow().ok(),
            None => Some(last_day),
        }
    }

    fn end_of_last_day(&self, from: Timestamp, days: Span, roll: Roll) -> Option<Timestamp> {
        let starts = self.date_of(from);
        let last_day = starts.checked_add(days).ok()?;
        zone::end_of(&self.zone, self.roll(starts, last_day, roll)?)
    }

    /// The close of a date's last window, which for a night is on the next date.
    fn close_of(&self, date: Date) -> Option<Timestamp> {
        self.intervals(date).last().map(|interval| interval.end)
    }

    fn working_days_before(&self, at: Timestamp, count: u32) -> Option<Timestamp> {
        if count == 0 {
            return Some(at);
        }
        let date = self.nth_working_day_before(self.date_of(at), count)?;
        let wall_time = self.zone.to_datetime(at).time();
        let same = zone::passes(&self.zone, date.to_datetime(wall_time))?;
        let opened = self
            .intervals(date)
            .take_while(|interval| interval.start <= same)
            .last();
        match opened {
            Some(interval) => Some(same.min(interval.end)),
            None => self.intervals(date).next().map(|first| first.start),
        }
    }

    fn same_wall_time_before(&self, at: Timestamp, days: Span) -> Option<Timestamp> {
        let wall_time = self.zone.to_datetime(at).checked_sub(days).ok()?;
        zone::passes(&self.zone, wall_time)
    }
}
