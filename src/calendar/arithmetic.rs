//! Counting time, forwards and backwards, in the [tables](super::table) of the years that a question touches.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Calendar, HORIZON, Interval, OutOfRange, TimeBase};

impl Calendar {
    /// The earliest instant at which `seconds` have been counted since `from`; `from` itself for none or fewer.
    ///
    /// # Errors
    /// [`OutOfRange`] if that lies beyond [`HORIZON`], or past the last representable instant.
    pub fn advance(
        &self,
        from: Timestamp,
        seconds: i64,
        base: TimeBase,
    ) -> Result<Timestamp, OutOfRange> {
        self.advance_by(from, SignedDuration::from_secs(seconds), base)
    }

    /// As [`Self::advance`], to the last fraction of a second.
    ///
    /// # Errors
    /// [`OutOfRange`], as [`Self::advance`].
    pub fn advance_by(
        &self,
        from: Timestamp,
        wanted: SignedDuration,
        base: TimeBase,
    ) -> Result<Timestamp, OutOfRange> {
        let wanted = wanted.max(SignedDuration::ZERO);
        let found = match base {
            TimeBase::Elapsed => from.checked_add(wanted).ok(),
            TimeBase::Working => self.after_working(from, wanted),
        };
        self.within_reach(from, found)
    }

    /// The earliest instant by which `wanted` has been counted in working time; `from` itself for none.
    pub(super) fn after_working(
        &self,
        from: Timestamp,
        wanted: SignedDuration,
    ) -> Option<Timestamp> {
        if wanted.is_zero() {
            return Some(from);
        }
        let mut wanted = wanted;
        for year in years_from(self.first_reaching(from)) {
            let year = self.year(year);
            let ahead = year.counted_until(from);
            match year.when_counted(ahead.checked_add(wanted)?) {
                Some(at) => return Some(at),
                None => wanted -= year.total() - ahead,
            }
        }
        None
    }

    /// The latest instant from which `wanted` is counted in working time until `at`; `at` itself for none or less.
    pub(super) fn retreat_working(
        &self,
        at: Timestamp,
        wanted: SignedDuration,
    ) -> Option<Timestamp> {
        let mut wanted = wanted;
        if wanted <= SignedDuration::ZERO {
            return Some(at);
        }
        for year in years_until(self.date_of(at)) {
            let year = self.year(year);
            let counted = year.counted_until(at);
            if wanted <= counted {
                return year.while_counted(counted - wanted);
            }
            wanted -= counted;
        }
        None
    }

    /// The time counted in `[from, to)`; zero when `to <= from`. The only query without a horizon, because both ends are
    /// given: working time costs a look at the table of each year that they span.
    pub fn counted(&self, from: Timestamp, to: Timestamp, base: TimeBase) -> SignedDuration {
        if to <= from {
            return SignedDuration::ZERO;
        }
        match base {
            TimeBase::Elapsed => to.duration_since(from),
            TimeBase::Working => self.working_between(from, to),
        }
    }

    fn working_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        (self.first_reaching(from).year()..=self.date_of(to).year())
            .map(|year| self.year(year))
            .map(|year| year.counted_until(to) - year.counted_until(from))
            .fold(SignedDuration::ZERO, |sum, counted| sum + counted)
    }

    /// The earliest instant by which `percent` of a promise's time has been counted, in whole microseconds. That time is
    /// what was counted `before` a pause that ended at `from`, and what is counted from there to `due`. Never before
    /// `from`; above 100 it lies after `due`.
    ///
    /// # Errors
    /// [`OutOfRange`] if the point or `due` lies beyond [`HORIZON`] from `from`.
    pub fn percent_point(
        &self,
        from: Timestamp,
        due: Timestamp,
        percent: u8,
        base: TimeBase,
        before: SignedDuration,
    ) -> Result<Timestamp, OutOfRange> {
        let due = self.within_reach(from, Some(due))?;
        let total = before.saturating_add(self.counted(from, due, base));
        let wanted = total.as_micros() * i128::from(percent) / 100;
        let wanted = SignedDuration::from_micros(i64::try_from(wanted).unwrap_or(i64::MAX));
        self.advance_by(from, wanted.saturating_sub(before), base)
    }

    /// `from` if it is working time, else the next opening.
    ///
    /// # Errors
    /// [`OutOfRange`] if there is none within [`HORIZON`].
    pub fn next_working_instant(&self, from: Timestamp) -> Result<Timestamp, OutOfRange> {
        let found = years_from(self.first_reaching(from))
            .find_map(|year| self.year(year).working_from(from));
        self.within_reach(from, found)
    }

    /// The latest instant up to `at` that is working time or its close: `at` itself in a window or as it closes, else the
    /// last close.
    ///
    /// # Errors
    /// [`OutOfRange`] if there is none within [`HORIZON`].
    pub fn previous_working_instant(&self, at: Timestamp) -> Result<Timestamp, OutOfRange> {
        let found =
            years_until(self.date_of(at)).find_map(|year| self.year(year).working_until(at));
        self.within_reach(at, found)
    }

    /// The first date whose windows can reach an instant: a night began on the date before.
    fn first_reaching(&self, at: Timestamp) -> Date {
        let date = self.date_of(at);
        date.yesterday().unwrap_or(date)
    }

    /// The `n`th working day after a date, `n` from 1.
    pub(super) fn nth_working_day_after(&self, date: Date, n: u32) -> Option<Date> {
        self.nth_working_day_from(date.tomorrow().ok()?, n)
    }

    /// The date itself if it is a working day, else the next one.
    pub(super) fn working_day_from(&self, date: Date) -> Option<Date> {
        self.nth_working_day_from(date, 1)
    }

    /// The `n`th working day before a date, `n` from 1.
    pub(super) fn nth_working_day_before(&self, date: Date, n: u32) -> Option<Date> {
        self.nth_working_day_until(date.yesterday().ok()?, n)
    }

    /// The date itself if it is a working day, else the one before it.
    pub(super) fn working_day_until(&self, date: Date) -> Option<Date> {
        self.nth_working_day_until(date, 1)
    }

    fn nth_working_day_from(&self, first: Date, n: u32) -> Option<Date> {
        let mut ahead = usize::try_from(n).ok()?.checked_sub(1)?;
        for year in years_from(first) {
            let year = self.year(year);
            let days = year.working_days_from(first);
            match days.get(ahead) {
                Some(&day) => return Some(day),
                None => ahead -= days.len(),
            }
        }
        None
    }

    fn nth_working_day_until(&self, last: Date, n: u32) -> Option<Date> {
        let mut ahead = usize::try_from(n).ok()?.checked_sub(1)?;
        for year in years_until(last) {
            let year = self.year(year);
            let days = year.working_days_until(last);
            match days.iter().nth_back(ahead) {
                Some(&day) => return Some(day),
                None => ahead -= days.len(),
            }
        }
        None
    }

    /// What was found for a query about `from`: every answer that is an instant passes through here.
    ///
    /// # Errors
    /// [`OutOfRange`] if nothing was found, or only beyond [`HORIZON`].
    pub(super) fn within_reach(
        &self,
        from: Timestamp,
        found: Option<Timestamp>,
    ) -> Result<Timestamp, OutOfRange> {
        found
            .filter(|at| at.duration_since(from).abs() <= HORIZON)
            .ok_or_else(|| OutOfRange {
                calendar: self.name.clone(),
                from,
            })
    }
}

impl Interval {
    /// The part in `[from, to)`, if any.
    pub(super) fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let (start, end) = (self.start.max(from), self.end.min(to));
        (start < end).then_some(Self { start, end })
    }
}

/// The years that the horizon can reach into: 18,300 days lie in 52 calendar years at most.
const YEARS_AHEAD: i16 = 51;

/// The years to look at from a date on.
fn years_from(first: Date) -> impl Iterator<Item = i16> {
    let first = first.year();
    first..=first.saturating_add(YEARS_AHEAD).min(Date::MAX.year())
}

/// The years to look at from a date backwards.
fn years_until(last: Date) -> impl Iterator<Item = i16> {
    let last = last.year();
    (last.saturating_sub(YEARS_AHEAD).max(Date::MIN.year())..=last).rev()
}

/// The date and those after it, to the last representable one.
pub(super) fn dates_from(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date), |date| date.tomorrow().ok())
}
