//! Recurrence rules (RFC 5545, section 3.3.10): those that days off are published with. The others are refused.

use std::str::FromStr;

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday},
};

use super::moment::{Moment, YEARS, basic};

/// On which dates something happens again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recurrence {
    frequency: Frequency,
    /// Every so many periods, from 1.
    interval: i32,
    pub(super) end: End,
    /// The months that it is limited to; empty: none in particular. So with the fields below.
    months: Vec<i8>,
    /// 1 to 31, or -1 to -31 from the month's end.
    month_days: Vec<i8>,
    weekdays: Vec<Nth>,
    week_start: Weekday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// When a recurrence ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Never,
    /// After so many, from 1.
    Count(usize),
    /// With this one, if it is one.
    Until(Moment),
}

/// A weekday; with `nth` that one alone of the month or year, counted from its end where negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Nth {
    nth: Option<i8>,
    weekday: Weekday,
}

impl Recurrence {
    /// The dates from `start` on, in order, as if there were no end; none after the last of [`YEARS`].
    pub(super) fn dates(&self, start: Date) -> impl Iterator<Item = Date> + '_ {
        let months = std::iter::successors(Some(start.first_of_month()), |month| {
            month.last_of_month().tomorrow().ok()
        });
        months
            .take_while(|month| YEARS.contains(&month.year()))
            .filter(move |&month| self.may_be_in(month, start))
            .flat_map(|month| {
                month
                    .series(1.day())
                    .take(usize::from(month.days_in_month().unsigned_abs()))
            })
            .filter(move |&date| start <= date && self.is_on(date, start))
    }

    /// Whether any day of the month need be looked at.
    fn may_be_in(&self, month: Date, start: Date) -> bool {
        let of_period = match self.frequency {
            Frequency::Daily | Frequency::Weekly => true,
            Frequency::Monthly | Frequency::Yearly => self.is_in_period(month, start),
        };
        of_period
            && (self.months.is_empty() || self.months.contains(&month.month()))
            && (self.may_leave_its_month() || month.month() == start.month())
    }

    /// Whether it falls into other months than the one that it started in. A plain yearly rule does not.
    fn may_leave_its_month(&self) -> bool {
        self.frequency != Frequency::Yearly
            || !(self.months.is_empty() && self.month_days.is_empty() && self.weekdays.is_empty())
    }

    /// Whether a date is one of them. `start` says what the rule leaves open.
    pub(super) fn is_on(&self, date: Date, start: Date) -> bool {
        self.is_in_period(date, start)
            && (self.months.is_empty() || self.months.contains(&date.month()))
            && self.is_day(date, start)
    }

    fn is_in_period(&self, date: Date, start: Date) -> bool {
        let periods = match self.frequency {
            Frequency::Daily => days_between(start, date),
            Frequency::Weekly => {
                days_between(self.start_of_week(start), self.start_of_week(date)) / 7
            }
            Frequency::Monthly => {
                let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
                months(date) - months(start)
            }
            Frequency::Yearly => i32::from(date.year()) - i32::from(start.year()),
        };
        periods % self.interval == 0
    }

    fn is_day(&self, date: Date, start: Date) -> bool {
        let in_month =
            |&day: &i8| day == date.day() || day == date.day() - date.days_in_month() - 1;
        if !self.month_days.is_empty() && !self.month_days.iter().any(in_month) {
            return false;
        }
        if !self.weekdays.is_empty() {
            return self.weekdays.iter().any(|nth| self.is_nth(*nth, date));
        }
        // What nothing else says is as it was the first time.
        match self.frequency {
            _ if !self.month_days.is_empty() => true,
            Frequency::Daily => true,
            Frequency::Weekly => date.weekday() == start.weekday(),
            Frequency::Monthly => date.day() == start.day(),
            Frequency::Yearly => {
                date.day() == start.day()
                    && (!self.months.is_empty() || date.month() == start.month())
            }
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
        i16::from(nth) == (day - 1) / 7 + 1 || i16::from(nth) == -((days - day) / 7 + 1)
    }

    fn start_of_week(&self, date: Date) -> Date {
        let since = date.weekday().since(self.week_start);
        // The years of a rule lie far from the ends of what can be represented.
        date.checked_sub(since.days()).unwrap_or(date)
    }

    /// The rule of a calendar file that falls on the same dates in each year from `start`'s on, if one does.
    pub(super) fn as_yearly_rule(&self, start: Date) -> Option<String> {
        const NTH: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
        let own_month = self.months == [start.month()];
        if (self.frequency, self.interval) != (Frequency::Yearly, 1) {
            return None;
        }
        let month = start.strftime("%B");
        match (self.weekdays.as_slice(), self.month_days.as_slice()) {
            ([], []) if own_month || self.months.is_empty() => {
                Some(format!("{} {month}", start.day()))
            }
            ([], [day]) if own_month && *day == start.day() => Some(format!("{day} {month}")),
            ([Nth { nth: Some(nth), .. }], []) if own_month => {
                let nth = match nth {
                    -1 => "last",
                    nth => usize::try_from(nth - 1).ok().and_then(|nth| NTH.get(nth))?,
                };
                Some(format!("{nth} {} of {month}", start.strftime("%A")))
            }
            _ => None,
        }
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    // Dates lie at most some 300 years apart.
    from.until(to).map_or(0, |span| span.get_days())
}

impl FromStr for Recurrence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut frequency = None;
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            end: End::Never,
            months: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut seen: Vec<String> = Vec::new();
        for part in text.trim().split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| format!("\"{part}\" in the rule is written NAME=value"))?;
            let (name, value) = (name.to_ascii_uppercase(), value.to_ascii_uppercase());
            let wrong = || format!("{name}={value} in the rule is not understood");
            if seen.contains(&name) {
                return Err(format!("{name} stands twice in the rule"));
            }
            match name.as_str() {
                "FREQ" => frequency = Some(frequency_of(&value).ok_or_else(wrong)?),
                "INTERVAL" => rule.interval = number(&value, 1..=1000).ok_or_else(wrong)?,
                "COUNT" if rule.end == End::Never => {
                    let count = number(&value, 1..=100_000).ok_or_else(wrong)?;
                    rule.end = End::Count(usize::try_from(count).map_err(|_| wrong())?);
                }
                "UNTIL" if rule.end == End::Never => {
                    rule.end = End::Until(basic(&value).ok_or_else(wrong)?);
                }
                "COUNT" | "UNTIL" => return Err("the rule has both COUNT and UNTIL".to_owned()),
                "BYMONTH" => {
                    rule.months = list(&value, |n| day_number(n, 1, 12)).ok_or_else(wrong)?;
                }
                "BYMONTHDAY" => {
                    rule.month_days = list(&value, |n| day_number(n, -31, 31)).ok_or_else(wrong)?;
                }
                "BYDAY" => rule.weekdays = list(&value, nth).ok_or_else(wrong)?,
                "WKST" => rule.week_start = weekday(&value).ok_or_else(wrong)?,
                _ => return Err(wrong()),
            }
            seen.push(name);
        }
        rule.frequency = frequency.ok_or("the rule has no FREQ")?;
        let counted = rule.weekdays.iter().any(|nth| nth.nth.is_some());
        match rule.frequency {
            Frequency::Daily | Frequency::Weekly if counted => {
                Err("BYDAY counts weekdays only with FREQ=MONTHLY and FREQ=YEARLY".to_owned())
            }
            Frequency::Weekly if !rule.month_days.is_empty() => {
                Err("BYMONTHDAY does not go with FREQ=WEEKLY".to_owned())
            }
            _ => Ok(rule),
        }
    }
}

fn frequency_of(text: &str) -> Option<Frequency> {
    match text {
        "DAILY" => Some(Frequency::Daily),
        "WEEKLY" => Some(Frequency::Weekly),
        "MONTHLY" => Some(Frequency::Monthly),
        "YEARLY" => Some(Frequency::Yearly),
        _ => None,
    }
}

fn number(text: &str, range: std::ops::RangeInclusive<i32>) -> Option<i32> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn day_number(text: &str, from: i8, to: i8) -> Option<i8> {
    let number: i8 = text.parse().ok()?;
    (number != 0 && (from..=to).contains(&number)).then_some(number)
}

fn list<T>(text: &str, each: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(each).collect()
}

fn nth(text: &str) -> Option<Nth> {
    let (count, weekday) = text.split_at_checked(text.len().checked_sub(2)?)?;
    Some(Nth {
        nth: match count {
            "" => None,
            count => Some(day_number(count, -53, 53)?),
        },
        weekday: self::weekday(weekday)?,
    })
}

fn weekday(text: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let offset = NAMES.iter().position(|name| *name == text)?;
    Weekday::from_monday_zero_offset(i8::try_from(offset).ok()?).ok()
}

#[cfg(test)]
#[path = "recur_tests.rs"]
mod tests;
