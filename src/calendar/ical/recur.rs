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
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn rule(text: &str) -> Recurrence {
        text.parse().unwrap()
    }

    fn dates(text: &str, start: &str, count: usize) -> String {
        let start: Date = start.parse().unwrap();
        let dates: Vec<_> = rule(text)
            .dates(start)
            .take(count)
            .map(|date| date.to_string())
            .collect();
        dates.join(" ")
    }

    /// The examples of RFC 5545, section 3.8.5.3, which all begin on 2 September 1997 or near it.
    #[test]
    fn the_examples_of_the_standard_fall_on_the_dates_that_it_gives() {
        for (text, start, expected) in [
            (
                "FREQ=DAILY;INTERVAL=10;COUNT=5",
                "1997-09-02",
                "1997-09-02 1997-09-12 1997-09-22 1997-10-02",
            ),
            (
                "FREQ=YEARLY;BYMONTH=1;BYDAY=SU,MO",
                "1998-01-04",
                "1998-01-04 1998-01-05 1998-01-11 1998-01-12",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
                "1997-09-02",
                "1997-09-02 1997-09-16 1997-09-30 1997-10-14",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH",
                "1997-09-02",
                "1997-09-02 1997-09-04 1997-09-16 1997-09-18",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
                "1997-08-05",
                "1997-08-05 1997-08-10 1997-08-19 1997-08-24",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
                "1997-08-05",
                "1997-08-05 1997-08-17 1997-08-19 1997-08-31",
            ),
            (
                "FREQ=MONTHLY;BYDAY=1FR",
                "1997-09-05",
                "1997-09-05 1997-10-03 1997-11-07 1997-12-05",
            ),
            (
                "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU",
                "1997-09-07",
                "1997-09-07 1997-09-28 1997-11-02 1997-11-30",
            ),
            (
                "FREQ=MONTHLY;BYDAY=-2MO",
                "1997-09-22",
                "1997-09-22 1997-10-20 1997-11-17 1997-12-22",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-3",
                "1997-09-28",
                "1997-09-28 1997-10-29 1997-11-28 1997-12-29",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=1,-1",
                "1997-09-30",
                "1997-09-30 1997-10-01 1997-10-31 1997-11-01",
            ),
            (
                "FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10,11",
                "1997-09-10",
                "1997-09-10 1997-09-11 1999-03-10 1999-03-11",
            ),
            (
                "FREQ=YEARLY;BYMONTH=6,7",
                "1997-06-10",
                "1997-06-10 1997-07-10 1998-06-10 1998-07-10",
            ),
            (
                "FREQ=YEARLY;BYDAY=20MO",
                "1997-05-19",
                "1997-05-19 1998-05-18 1999-05-17 2000-05-15",
            ),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
                "1997-03-13",
                "1997-03-13 1997-03-20 1997-03-27 1998-03-05",
            ),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
                "1998-02-13",
                "1998-02-13 1998-03-13 1998-11-13 1999-08-13",
            ),
            (
                "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
                "1996-11-05",
                "1996-11-05 2000-11-07 2004-11-02 2008-11-04",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=15,30",
                "2007-01-15",
                "2007-01-15 2007-01-30 2007-02-15 2007-03-15",
            ),
        ] {
            assert_eq!(dates(text, start, 4), expected, "{text}");
        }
    }

    #[test]
    fn a_day_that_a_month_or_year_lacks_is_left_out() {
        assert_eq!(
            dates("FREQ=YEARLY", "2024-02-29", 2),
            "2024-02-29 2028-02-29"
        );
        assert_eq!(
            dates("FREQ=MONTHLY", "2026-01-31", 3),
            "2026-01-31 2026-03-31 2026-05-31"
        );
    }

    #[test]
    fn a_yearly_rule_is_known_for_one_only_where_it_falls_on_the_same_dates() {
        for (text, start, expected) in [
            ("FREQ=YEARLY", "2026-12-24", Some("24 December")),
            ("FREQ=YEARLY;BYMONTH=12", "2026-12-24", Some("24 December")),
            (
                "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
                "2026-12-24",
                Some("24 December"),
            ),
            (
                "FREQ=YEARLY;BYMONTH=2;BYDAY=3MO",
                "2026-02-16",
                Some("third Monday of February"),
            ),
            (
                "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
                "2026-05-25",
                Some("last Monday of May"),
            ),
            ("FREQ=YEARLY;BYMONTHDAY=24", "2026-12-24", None),
            ("FREQ=YEARLY;BYMONTH=11,12", "2026-12-24", None),
            ("FREQ=YEARLY;INTERVAL=2", "2026-12-24", None),
            ("FREQ=YEARLY;BYDAY=1FR", "2026-01-02", None),
            ("FREQ=YEARLY;BYMONTH=5;BYDAY=-2MO", "2026-05-18", None),
            ("FREQ=MONTHLY;BYMONTH=12", "2026-12-24", None),
        ] {
            let start: Date = start.parse().unwrap();
            assert_eq!(
                rule(text).as_yearly_rule(start).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_in_words() {
        for (text, expected) in [
            ("FREQ=HOURLY", "FREQ=HOURLY"),
            ("INTERVAL=2", "no FREQ"),
            ("FREQ=YEARLY;BYSETPOS=1", "BYSETPOS=1"),
            ("FREQ=YEARLY;INTERVAL=0", "INTERVAL=0"),
            ("FREQ=YEARLY;COUNT=0", "COUNT=0"),
            ("FREQ=YEARLY;COUNT=2;UNTIL=20301224", "both COUNT and UNTIL"),
            ("FREQ=YEARLY;FREQ=DAILY", "FREQ stands twice"),
            ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY counts"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go"),
            ("FREQ=MONTHLY;BYDAY=MO,éé", "BYDAY="),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0"),
            ("FREQ=YEARLY;UNTIL=2030", "UNTIL=2030"),
            ("YEARLY", "NAME=value"),
        ] {
            let error = text.parse::<Recurrence>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
