//! Counting time, forwards and backwards. Walks go day by day: the longest asked in practice are weeks.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Calendar, HORIZON_YEARS, Interval, OutOfRange, TimeBase};

/// The bound of every walk, in dates.
const HORIZON_DAYS: usize = HORIZON_YEARS.unsigned_abs() as usize * 366;

impl Calendar {
    /// The earliest instant at which `seconds` have been counted since `from`; `from` itself for none or fewer.
    ///
    /// # Errors
    /// [`OutOfRange`] if that is more than [`HORIZON_YEARS`] of walking away, or past the last representable instant.
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
        for interval in self.intervals_after(from) {
            let counted = interval.end.duration_since(interval.start);
            if wanted <= counted {
                return interval.start.checked_add(wanted).ok();
            }
            wanted -= counted;
        }
        None
    }

    /// The latest instant from which `seconds` of working time are counted until `at`; `at` itself for none or fewer.
    pub(super) fn retreat_working(&self, at: Timestamp, seconds: i64) -> Option<Timestamp> {
        let mut wanted = SignedDuration::from_secs(seconds);
        if wanted <= SignedDuration::ZERO {
            return Some(at);
        }
        for interval in self.intervals_before(at) {
            let counted = interval.end.duration_since(interval.start);
            if wanted <= counted {
                return interval.end.checked_sub(wanted).ok();
            }
            wanted -= counted;
        }
        None
    }

    /// The time counted in `[from, to)`; zero when `to <= from`. The walk ends at `to`.
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
        let last = self.date_of(to);
        dates_from(self.first_reaching(from))
            .take_while(|&date| date <= last)
            .flat_map(|date| self.intervals(date))
            .filter_map(|interval| interval.within(from, to))
            .map(|interval| interval.end.duration_since(interval.start))
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
        let next = self.intervals_after(from).next();
        next.map(|interval| interval.start)
            .ok_or_else(|| self.out_of_range(from))
    }

    /// Working time from an instant on, in order.
    fn intervals_after(&self, from: Timestamp) -> impl Iterator<Item = Interval> + '_ {
        dates_from(self.first_reaching(from))
            .take(HORIZON_DAYS)
            .flat_map(|date| self.intervals(date))
            .filter_map(move |interval| interval.within(from, Timestamp::MAX))
    }

    /// Working time before an instant, the latest first.
    fn intervals_before(&self, at: Timestamp) -> impl Iterator<Item = Interval> + '_ {
        dates_back_from(self.date_of(at))
            .take(HORIZON_DAYS)
            .flat_map(|date| {
                // A date has a few windows; only collected can they be walked backwards.
                let intervals: Vec<Interval> = self.intervals(date).collect();
                intervals.into_iter().rev()
            })
            .filter_map(move |interval| interval.within(Timestamp::MIN, at))
    }

    /// The first date whose windows can reach an instant: a night began on the date before.
    fn first_reaching(&self, at: Timestamp) -> Date {
        let date = self.date_of(at);
        date.yesterday().unwrap_or(date)
    }

    /// The `n`th working day after a date, `n` from 1.
    pub(super) fn nth_working_day_after(&self, date: Date, n: u32) -> Option<Date> {
        self.nth_working_day(dates_from(date), n)
    }

    /// The `n`th working day before a date, `n` from 1.
    pub(super) fn nth_working_day_before(&self, date: Date, n: u32) -> Option<Date> {
        self.nth_working_day(dates_back_from(date), n)
    }

    /// The first date of the walk is left out of the count.
    fn nth_working_day(&self, walk: impl Iterator<Item = Date>, n: u32) -> Option<Date> {
        let index = usize::try_from(n).ok()?.checked_sub(1)?;
        walk.skip(1)
            .take(HORIZON_DAYS)
            .filter(|&date| self.is_working_day(date))
            .nth(index)
    }

    /// The date itself if it is a working day, else the next one.
    pub(super) fn working_day_from(&self, date: Date) -> Option<Date> {
        dates_from(date)
            .take(HORIZON_DAYS)
            .find(|&date| self.is_working_day(date))
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
    fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let (start, end) = (self.start.max(from), self.end.min(to));
        (start < end).then_some(Self { start, end })
    }
}

/// The date and those after it, to the last representable one.
fn dates_from(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date), |date| date.tomorrow().ok())
}

/// The date and those before it, to the first representable one.
fn dates_back_from(date: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date), |date| date.yesterday().ok())
}
