//! Terms as the twin reads them, day by day.

use jiff::civil::Date;
use redress::calendar::{Roll, Term, Unit};

use super::twin::{DayNumber, MINUTE, Moment, Twin, date, day};

const SECOND: i64 = MINUTE / 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * 60;

impl Twin {
    /// When a term is due; none if the timeline does not show it.
    pub(super) fn due(&self, from: Moment, term: Term, roll: Roll) -> Option<Moment> {
        let count = i64::from(term.count);
        let starts = self.day_of(from);
        match term.unit {
            Unit::Instant => Some(from),
            Unit::Seconds => Some(from + count * SECOND),
            Unit::Minutes => Some(from + count * MINUTE),
            Unit::Hours => Some(from + count * HOUR),
            Unit::WorkingHours => self.when_worked(self.worked_before(from) + count * HOUR),
            Unit::WorkingMinutes => self.when_worked(self.worked_before(from) + count * MINUTE),
            Unit::WorkingDays => {
                let mut days =
                    (starts + 1..=*self.whole_days().end()).filter(|day| self.works(*day));
                let last = days.nth(usize::try_from(count - 1).unwrap())?;
                self.runs(last).last().map(|run| run.1)
            }
            Unit::CalendarDays => self.ends_rolled(starts, starts + count, roll),
            Unit::Weeks => self.ends_rolled(starts, starts + 7 * count, roll),
            Unit::Months => self.ends_rolled(starts, months_on(starts, count), roll),
            Unit::Years => self.ends_rolled(starts, months_on(starts, 12 * count), roll),
        }
    }

    fn ends_rolled(&self, starts: DayNumber, last: DayNumber, roll: Roll) -> Option<Moment> {
        let whole = self.whole_days();
        whole.contains(&last).then_some(())?;
        let stays = if self.shows(last) { last } else { last + 1 };
        let last = match roll {
            Roll::None => stays,
            Roll::NextWorkingDay => (last..=*whole.end()).find(|day| self.works(*day))?,
            Roll::PreviousWorkingDay => {
                let mut days = (starts..=last).rev();
                days.find(|day| self.works(*day)).unwrap_or(stays)
            }
        };
        self.end_of(last)
    }

    /// The point a term before; none if the timeline does not show it.
    pub(super) fn before(&self, at: Moment, term: Term) -> Option<Moment> {
        let count = i64::from(term.count);
        match term.unit {
            Unit::Instant => Some(at),
            Unit::Seconds => Some(at - count * SECOND),
            Unit::Minutes => Some(at - count * MINUTE),
            Unit::Hours => Some(at - count * HOUR),
            Unit::WorkingHours => self.while_worked(self.worked_before(at) - count * HOUR),
            Unit::WorkingMinutes => self.while_worked(self.worked_before(at) - count * MINUTE),
            Unit::WorkingDays => self.working_days_before(at, count),
            Unit::CalendarDays => self.same_reading(at, |day| day - count),
            Unit::Weeks => self.same_reading(at, |day| day - 7 * count),
            Unit::Months => self.same_reading(at, |day| months_on(day, -count)),
            Unit::Years => self.same_reading(at, |day| months_on(day, -12 * count)),
        }
    }

    fn working_days_before(&self, at: Moment, count: i64) -> Option<Moment> {
        let mut days = (*self.whole_days().start()..self.day_of(at)).rev();
        let day = days
            .by_ref()
            .filter(|day| self.works(*day))
            .nth(usize::try_from(count - 1).unwrap())?;
        let (wall, within) = self.shown_at(at);
        let same = self.passes(day * DAY + wall.rem_euclid(DAY), within)?;
        let runs = self.runs(day);
        match runs.iter().rev().find(|run| run.0 <= same) {
            Some(run) => Some(same.min(run.1)),
            None => Some(runs[0].0),
        }
    }

    fn same_reading(&self, at: Moment, earlier: impl Fn(DayNumber) -> DayNumber) -> Option<Moment> {
        let (wall, within) = self.shown_at(at);
        let day = earlier(wall.div_euclid(DAY));
        self.passes(day * DAY + wall.rem_euclid(DAY), within)
    }
}

/// The same day of a later or an earlier month, or the month's last.
fn months_on(from: DayNumber, months: i64) -> DayNumber {
    let start = date(from);
    let month = i64::from(start.year()) * 12 + i64::from(start.month()) - 1 + months;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    let (year, month) = (i16::try_from(year).unwrap(), i8::try_from(month).unwrap());
    let mut days = (1..=start.day()).rev();
    day(days
        .find_map(|day| Date::new(year, month, day).ok())
        .unwrap())
}
