//! The dates and times at which a rule falls (RFC 5545, section 3.3.10), in wall time.

use std::{cell::Cell, collections::VecDeque};

use jiff::{
    SignedDuration, ToSpan as _,
    civil::{Date, DateTime, Time, Weekday},
};

use super::{
    moment::YEARS,
    rule::{Frequency, Nth, Rule},
};

/// What the rules of a file may cost together, in dates and times that are looked at. Two thousand weekly events without an
/// end cost as much.
const MOST_STEPS: u64 = 10_000_000;

/// The cost of an hour, minute or second that is looked at individually.
const STEPS_WITHIN_A_DAY: u64 = 4;

/// What is left of [`MOST_STEPS`].
#[derive(Debug)]
pub(super) struct Budget(Cell<u64>);

impl Budget {
    pub(super) fn of_a_file() -> Self {
        Self::of(MOST_STEPS)
    }

    pub(super) fn of(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Takes this many steps; false once there are no more.
    pub(super) fn take(&self, steps: u64) -> bool {
        let left = self.0.get().saturating_sub(steps);
        self.0.set(left);
        left > 0
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

impl Rule {
    /// The wall times from `start` on, in order, as if the rule had no end; none outside [`YEARS`], nor when the budget is
    /// spent. `start` itself is one of them only where the rule falls on it.
    pub(super) fn walls<'a>(
        &'a self,
        start: DateTime,
        budget: &'a Budget,
    ) -> impl Iterator<Item = DateTime> + 'a {
        let mut periods = Periods::of(self, start, budget);
        let mut ready: VecDeque<DateTime> = VecDeque::new();
        std::iter::from_fn(move || {
            while ready.is_empty() {
                let mut walls = periods.next()?;
                walls.sort_unstable();
                walls.dedup();
                ready.extend(self.chosen(walls).filter(|wall| *wall >= start));
            }
            ready.pop_front()
        })
    }

    /// Those of one period that BYSETPOS leaves.
    fn chosen(&self, walls: Vec<DateTime>) -> impl Iterator<Item = DateTime> {
        let count = walls.len();
        let chosen = move |place: usize| {
            self.positions.is_empty()
                || self.positions.iter().any(|&position| {
                    let from_end = usize::from(position.unsigned_abs());
                    let wanted = if position > 0 {
                        from_end.checked_sub(1)
                    } else {
                        count.checked_sub(from_end)
                    };
                    wanted == Some(place)
                })
        };
        let kept: Vec<_> = walls
            .into_iter()
            .enumerate()
            .filter(|(place, _)| chosen(*place))
            .map(|(_, wall)| wall)
            .collect();
        kept.into_iter()
    }

    /// Whether any date of this one's month may be one of them.
    fn may_be_in_month(&self, date: Date, start: Date) -> bool {
        let plain = self.frequency == Frequency::Yearly
            && self.weeks.is_empty()
            && self.year_days.is_empty()
            && self.month_days.is_empty()
            && self.weekdays.is_empty();
        match self.months.as_slice() {
            [] => !plain || date.month() == start.month(),
            months => months.contains(&i16::from(date.month())),
        }
    }

    /// Whether a date is one of them. `start` says what the rule leaves open.
    fn is_on(&self, date: Date, start: Date) -> bool {
        let has = |list: &[i16], number: i16| list.is_empty() || list.contains(&number);
        if !has(&self.months, i16::from(date.month())) {
            return false;
        }
        let (day, days) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let (year_day, year_days) = (date.day_of_year(), date.days_in_year());
        let week = |list: &[i16]| {
            let (number, of) = self.week_of(date);
            list.contains(&number) || list.contains(&(number - of - 1))
        };
        let either = |list: &[i16], number: i16, of: i16| {
            list.is_empty() || list.contains(&number) || list.contains(&(number - of - 1))
        };
        (self.weeks.is_empty() || week(&self.weeks))
            && either(&self.month_days, day, days)
            && either(&self.year_days, year_day, year_days)
            && (self.weekdays.is_empty() || self.weekdays.iter().any(|nth| self.is_nth(*nth, date)))
            && self.is_as_at_first(date, start)
    }

    /// What nothing in the rule says is as it was the first time.
    fn is_as_at_first(&self, date: Date, start: Date) -> bool {
        let days_given =
            !(self.weekdays.is_empty() && self.month_days.is_empty() && self.year_days.is_empty());
        match self.frequency {
            _ if days_given => true,
            Frequency::Weekly => date.weekday() == start.weekday(),
            Frequency::Monthly => date.day() == start.day(),
            Frequency::Yearly if !self.weeks.is_empty() => date.weekday() == start.weekday(),
            Frequency::Yearly => {
                date.day() == start.day()
                    && (!self.months.is_empty() || date.month() == start.month())
            }
            _ => true,
        }
    }

    fn is_nth(&self, Nth { nth, weekday }: Nth, date: Date) -> bool {
        if date.weekday() != weekday {
            return false;
        }
        let Some(nth) = nth else {
            return true;
        };
        let of_month = self.frequency == Frequency::Monthly || !self.months.is_empty();
        let (day, days) = if of_month {
            (i16::from(date.day()), i16::from(date.days_in_month()))
        } else {
            (date.day_of_year(), date.days_in_year())
        };
        nth == (day - 1) / 7 + 1 || nth == -((days - day) / 7 + 1)
    }

    /// The number of the date's week and how many weeks its year has. A week belongs to the year that has four of its days.
    fn week_of(&self, date: Date) -> (i16, i16) {
        let fourth = |date: Date| {
            let start = start_of_week(date, self.week_start);
            start.checked_add(3.days()).unwrap_or(date)
        };
        let number = |date: Date| (date.day_of_year() - 1) / 7 + 1;
        let own = fourth(date);
        // 28 December always lies in the last week of its year.
        let last = Date::new(own.year(), 12, 28).unwrap_or(own);
        (number(own), number(fourth(last)))
    }

    /// The times of a date at which a rule falls whose period is a day or longer.
    fn times(&self, start: Time) -> Vec<Time> {
        let or = |list: &[i16], first: i8| match list {
            [] => vec![i16::from(first)],
            list => list.to_vec(),
        };
        let mut times = Vec::new();
        for hour in or(&self.hours, start.hour()) {
            for minute in or(&self.minutes, start.minute()) {
                for second in or(&self.seconds, start.second()) {
                    times.extend(time(hour, minute, second));
                }
            }
        }
        times
    }
}

/// The periods of a rule one by one: each with what falls into it before BYSETPOS, in no order.
struct Periods<'a> {
    rule: &'a Rule,
    start: DateTime,
    budget: &'a Budget,
    times: Vec<Time>,
    /// How many periods lie between the first and the next.
    place: i64,
}

impl<'a> Periods<'a> {
    fn of(rule: &'a Rule, start: DateTime, budget: &'a Budget) -> Self {
        Self {
            rule,
            start,
            budget,
            times: rule.times(start.time()),
            place: 0,
        }
    }

    fn next(&mut self) -> Option<Vec<DateTime>> {
        match self.rule.frequency {
            Frequency::Secondly => self.next_within_a_day(1),
            Frequency::Minutely => self.next_within_a_day(60),
            Frequency::Hourly => self.next_within_a_day(3600),
            _ => self.next_of_days(),
        }
    }

    fn next_of_days(&mut self) -> Option<Vec<DateTime>> {
        let (first, days) = self.days()?;
        if first.year() > *YEARS.end() {
            return None;
        }
        self.place = self.place.checked_add(self.rule.interval)?;
        let mut walls = Vec::new();
        let end = first
            .checked_add(jiff::Span::new().try_days(days).ok()?)
            .ok()?;
        let mut date = first;
        while date < end {
            if !self.budget.take(1) {
                return None;
            }
            if !self.rule.may_be_in_month(date, self.start.date()) {
                date = date.last_of_month().tomorrow().ok()?;
                continue;
            }
            if self.rule.is_on(date, self.start.date()) {
                walls.extend(self.times.iter().map(|time| date.to_datetime(*time)));
            }
            date = date.tomorrow().ok()?;
        }
        // What a day holds may be many times over.
        self.budget
            .take(u64::try_from(walls.len()).unwrap_or(u64::MAX))
            .then_some(walls)
    }

    /// The first date of the next period, and how many it has.
    fn days(&self) -> Option<(Date, i64)> {
        let start = self.start.date();
        let days = |count: i64| jiff::Span::new().try_days(count).ok();
        match self.rule.frequency {
            Frequency::Yearly => {
                let year = i64::from(start.year()).checked_add(self.place)?;
                let first = Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
                Some((first, i64::from(first.days_in_year())))
            }
            Frequency::Monthly => {
                let months = jiff::Span::new().try_months(self.place).ok()?;
                let first = start.first_of_month().checked_add(months).ok()?;
                Some((first, i64::from(first.days_in_month())))
            }
            Frequency::Weekly => {
                let first = start_of_week(start, self.rule.week_start);
                let first = first.checked_add(days(self.place.checked_mul(7)?)?).ok()?;
                Some((first, 7))
            }
            _ => Some((start.checked_add(days(self.place)?).ok()?, 1)),
        }
    }

    /// Of a rule whose periods are so many seconds long. Dates, hours and minutes that cannot hold any of them are skipped.
    fn next_within_a_day(&mut self, seconds: i64) -> Option<Vec<DateTime>> {
        let rule = self.rule;
        let whole = self.start.with().subsec_nanosecond(0).second(0);
        let first = match rule.frequency {
            Frequency::Hourly => whole.minute(0).build().ok()?,
            Frequency::Minutely => whole.build().ok()?,
            _ => self.start,
        };
        let step = rule.interval.checked_mul(seconds)?;
        let limited =
            |list: &[i16], number: i8| !list.is_empty() && !list.contains(&i16::from(number));
        loop {
            if !self.budget.take(STEPS_WITHIN_A_DAY) {
                return None;
            }
            let since = SignedDuration::from_secs(self.place.checked_mul(step)?);
            let at = first.checked_add(since).ok()?;
            if at.year() > *YEARS.end() {
                return None;
            }
            let next = if !rule.is_on(at.date(), self.start.date()) {
                Some(at.date().tomorrow().ok()?.at(0, 0, 0, 0))
            } else if limited(&rule.hours, at.hour()) {
                let hour = at.with().minute(0).second(0).build().ok()?;
                Some(hour.checked_add(1.hour()).ok()?)
            } else if seconds < 3600 && limited(&rule.minutes, at.minute()) {
                let minute = at.with().second(0).build().ok()?;
                Some(minute.checked_add(1.minute()).ok()?)
            } else {
                None
            };
            if let Some(next) = next {
                let far = at.duration_until(next).as_secs();
                let steps = far.checked_add(step - 1)? / step;
                self.place = self.place.checked_add(steps.max(1))?;
                continue;
            }
            self.place = self.place.checked_add(1)?;
            let walls = self.within(at);
            if !self
                .budget
                .take(u64::try_from(walls.len()).unwrap_or(u64::MAX))
            {
                return None;
            }
            return Some(walls);
        }
    }

    /// What falls into the hour, minute or second that begins then.
    fn within(&self, at: DateTime) -> Vec<DateTime> {
        let (rule, start) = (self.rule, self.start.time());
        let or = |list: &[i16], first: i8| match list {
            [] => vec![i16::from(first)],
            list => list.to_vec(),
        };
        let seconds = or(&rule.seconds, start.second());
        let (minutes, seconds) = match rule.frequency {
            Frequency::Hourly => (or(&rule.minutes, start.minute()), seconds),
            Frequency::Minutely => (vec![i16::from(at.minute())], seconds),
            _ if rule.seconds.is_empty() || rule.seconds.contains(&i16::from(at.second())) => {
                (vec![i16::from(at.minute())], vec![i16::from(at.second())])
            }
            _ => (Vec::new(), Vec::new()),
        };
        let mut walls = Vec::new();
        for minute in minutes {
            for &second in &seconds {
                let time = time(i16::from(at.hour()), minute, second);
                walls.extend(time.map(|time| at.date().to_datetime(time)));
            }
        }
        walls
    }
}

fn time(hour: i16, minute: i16, second: i16) -> Option<Time> {
    let small = |number: i16| i8::try_from(number).ok();
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()
}

fn start_of_week(date: Date, week_start: Weekday) -> Date {
    let since = date.weekday().since(week_start);
    // The years of a rule lie far from the ends of what can be represented.
    date.checked_sub(since.days()).unwrap_or(date)
}

#[cfg(test)]
#[path = "recur_tests.rs"]
mod tests;
