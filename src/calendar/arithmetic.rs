//! Counting time, forwards and backwards, in the [tables](super::table) of the years that a question touches.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};

use super::{Calendar, HORIZON_YEARS, Interval, OutOfRange, TimeBase};

/// How many dates a question looks at, its first included.
const HORIZON_DAYS: i32 = HORIZON_YEARS as i32 * 366;

impl Calendar {
    /// The earliest instant at which `seconds` have been counted since `from`; `from` itself for none or fewer.
    ///
    /// # Errors
    /// [`OutOfRange`] if that is more than [`HORIZON_YEARS`] away, or past the last representable instant.
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
        match base {
            TimeBase::Elapsed => from.checked_add(wanted).ok(),
            TimeBase::Working => self.after_working(from, wanted),
        }
        .ok_or_else(|| self.out_of_range(from))
    }

    fn after_working(&self, from: Timestamp, wanted: SignedDuration) -> Option<Timestamp> {
        if wanted.is_zero() {
            return Some(from);
        }
        let mut wanted = wanted;
        let first = self.first_reaching(from);
        let last = horizon_from(first);
        for year in first.year()..=last.year() {
            let year = self.year(year);
            let ahead = year.counted_until(from);
            match year.when_counted(ahead.checked_add(wanted)?) {
                Some(found) => return (found.date <= last).then_some(found.at),
                None => wanted -= year.total() - ahead,
            }
        }
        None
    }

    /// The latest instant from which `seconds` of working time are counted until `at`; `at` itself for none or fewer.
    pub(super) fn retreat_working(&self, at: Timestamp, seconds: i64) -> Option<Timestamp> {
        let mut wanted = SignedDuration::from_secs(seconds);
        if wanted <= SignedDuration::ZERO {
            return Some(at);
        }
        let last = self.date_of(at);
        let first = horizon_until(last);
        for year in (first.year()..=last.year()).rev() {
            let year = self.year(year);
            let counted = year.counted_until(at);
            if wanted <= counted {
                let found = year.while_counted(counted - wanted)?;
                return (first <= found.date).then_some(found.at);
            }
            wanted -= counted;
        }
        None
    }

    /// The time counted in `[from, to)`; zero when `to <= from`. No horizon bounds it but `to`.
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
    /// [`OutOfRange`], as [`Self::advance`]; never up to 100 percent of a due time within reach.
    pub fn percent_point(
        &self,
        from: Timestamp,
        due: Timestamp,
        percent: u8,
        base: TimeBase,
        before: SignedDuration,
    ) -> Result<Timestamp, OutOfRange> {
        let total = before.saturating_add(self.counted(from, due, base));
        let wanted = total.as_micros() * i128::from(percent) / 100;
        let wanted = SignedDuration::from_micros(i64::try_from(wanted).unwrap_or(i64::MAX));
        self.advance_by(from, wanted.saturating_sub(before), base)
    }

    /// `from` if it is working time, else the next opening.
    ///
    /// # Errors
    /// [`OutOfRange`] if there is none within [`HORIZON_YEARS`].
    pub fn next_working_instant(&self, from: Timestamp) -> Result<Timestamp, OutOfRange> {
        let first = self.first_reaching(from);
        let last = horizon_from(first);
        (first.year()..=last.year())
            .find_map(|year| self.year(year).working_from(from))
            .filter(|found| found.date <= last)
            .map(|found| found.at)
            .ok_or_else(|| self.out_of_range(from))
    }

    /// The latest instant up to `at` that is working time or its close: `at` itself in a window or as it closes, else the
    /// last close.
    ///
    /// # Errors
    /// [`OutOfRange`] if there is none within [`HORIZON_YEARS`].
    pub fn previous_working_instant(&self, at: Timestamp) -> Result<Timestamp, OutOfRange> {
        let last = self.date_of(at);
        let first = horizon_until(last);
        (first.year()..=last.year())
            .rev()
            .find_map(|year| self.year(year).working_until(at))
            .filter(|found| first <= found.date)
            .map(|found| found.at)
            .ok_or_else(|| self.out_of_range(at))
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
        let last = horizon_from(first);
        for year in first.year()..=last.year() {
            let year = self.year(year);
            let days = year.working_days_from(first);
            match days.get(ahead) {
                Some(&day) => return (day <= last).then_some(day),
                None => ahead -= days.len(),
            }
        }
        None
    }

    fn nth_working_day_until(&self, last: Date, n: u32) -> Option<Date> {
        let mut ahead = usize::try_from(n).ok()?.checked_sub(1)?;
        let first = horizon_until(last);
        for year in (first.year()..=last.year()).rev() {
            let year = self.year(year);
            let days = year.working_days_until(last);
            match days.iter().nth_back(ahead) {
                Some(&day) => return (first <= day).then_some(day),
                None => ahead -= days.len(),
            }
        }
        None
    }

    pub(super) fn out_of_range(&self, from: Timestamp) -> OutOfRange {
        OutOfRange {
            calendar: self.name.clone(),
            from,
        }
    }
}

impl Interval {
    /// The part in `[from, to)`, if any.
    pub(super) fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let (start, end) = (self.start.max(from), self.end.min(to));
        (start < end).then_some(Self { start, end })
    }
}

/// The last date that a question looks at.
fn horizon_from(first: Date) -> Date {
    first.saturating_add((HORIZON_DAYS - 1).days())
}

/// The first date that a question looks at.
fn horizon_until(last: Date) -> Date {
    last.saturating_sub((HORIZON_DAYS - 1).days())
}

/// The date and those after it, to the last representable one.
pub(super) fn dates_from(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date), |date| date.tomorrow().ok())
}
