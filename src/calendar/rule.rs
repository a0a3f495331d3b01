//! On which date of a year a holiday falls.

use std::str::FromStr;

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// The date rule of a holiday, written as a lawyer would:
///
/// | text | the date |
/// |---|---|
/// | `25 December` | that date of each year |
/// | `third Monday of February`, `last Monday of May` | the nth such weekday of the month, first to fifth, or its last |
/// | `Monday before 25 May` | the last such weekday strictly before the date |
/// | `Monday on or before 24 May` | the same, the date itself included |
/// | `Monday on or after 27 May` | the first such weekday from the date on, the date itself included |
/// | `Friday before last Saturday of September` | any of these three, counted from a weekday of a month |
/// | `Easter - 2 days`, `Easter`, `Easter + 1 day` | counted from Easter Sunday of the western churches |
/// | `2022-09-19` | once |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Yearly(DayOfYear),
    Weekday {
        weekday: Weekday,
        side: Side,
        of: DayOfYear,
    },
    Easter {
        offset_days: i16,
    },
    Once(Date),
}

/// A day that a year has by its date or by its weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayOfYear {
    /// 29 February is one, in the years that have it.
    Fixed { month: i8, day: i8 },
    /// `nth` is 1 to 5, or -1 for the last.
    NthWeekday {
        nth: i8,
        weekday: Weekday,
        month: i8,
    },
}

/// On which side of a day a weekday is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    OnOrBefore,
    OnOrAfter,
}

impl Rule {
    /// The date in that year; none if the year has no such date.
    pub(super) fn in_year(self, year: i16) -> Option<Date> {
        match self {
            Self::Yearly(day) => day.in_year(year),
            Self::Weekday { weekday, side, of } => side.find(weekday, of.in_year(year)?),
            Self::Easter { offset_days } => easter(year)?
                .checked_add(i32::from(offset_days).days())
                .ok(),
            Self::Once(date) => (date.year() == year).then_some(date),
        }
    }

    /// The only year in which the rule has a date, if there is but one.
    pub(super) fn only_year(self) -> Option<i16> {
        match self {
            Self::Once(date) => Some(date.year()),
            Self::Yearly(_) | Self::Weekday { .. } | Self::Easter { .. } => None,
        }
    }
}

impl DayOfYear {
    fn in_year(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed { month, day } => Date::new(year, month, day).ok(),
            Self::NthWeekday {
                nth,
                weekday,
                month,
            } => Date::new(year, month, 1)
                .ok()?
                .nth_weekday_of_month(nth, weekday)
                .ok(),
        }
    }
}

impl Side {
    fn find(self, weekday: Weekday, date: Date) -> Option<Date> {
        if self != Self::Before && date.weekday() == weekday {
            return Some(date);
        }
        let nth = match self {
            Self::Before | Self::OnOrBefore => -1,
            Self::OnOrAfter => 1,
        };
        date.nth_weekday(nth, weekday).ok()
    }
}

/// Easter Sunday of the Gregorian calendar, by the anonymous algorithm that Meeus gives (*Astronomical Algorithms*, ch. 8).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let a = y.rem_euclid(19);
    let (b, c) = (y.div_euclid(100), y.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let f = (b + 8).div_euclid(25);
    let g = (b - f + 1).div_euclid(3);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(
        year,
        i8::try_from(n / 31).ok()?,
        i8::try_from(n % 31 + 1).ok()?,
    )
    .ok()
}

/// Text that is not a rule, or a rule that no year satisfies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a date rule is written as \"25 December\", \"third Monday of February\", \"last Monday of May\", \"Monday before \
     25 May\", \"Monday on or before 24 May\", \"Monday on or after 27 May\", \"Friday before last Saturday of \
     September\", \"Easter - 2 days\" or \"2022-09-19\", and some year must have it"
)]
pub(super) struct RuleError;

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["Easter"] => Some(Self::Easter { offset_days: 0 }),
            ["Easter", sign, count, "day" | "days"] => {
                offset(sign, count).map(|offset_days| Self::Easter { offset_days })
            }
            [date] => self::date(date).map(Self::Once),
            [weekday, "before", of @ ..] => counted(weekday, Side::Before, of),
            [weekday, "on", "or", "before", of @ ..] => counted(weekday, Side::OnOrBefore, of),
            [weekday, "on", "or", "after", of @ ..] => counted(weekday, Side::OnOrAfter, of),
            day => day_of_year(day).map(Self::Yearly),
        }
        .ok_or(RuleError)
    }
}

/// Far enough for every feast that is counted from Easter.
const EASTER_REACH: i16 = 120;

fn offset(sign: &str, count: &str) -> Option<i16> {
    let count = digits(count).filter(|&days| days <= EASTER_REACH)?;
    match sign {
        "+" => Some(count),
        "-" => Some(-count),
        _ => None,
    }
}

fn counted(weekday: &str, side: Side, of: &[&str]) -> Option<Rule> {
    Some(Rule::Weekday {
        weekday: self::weekday(weekday)?,
        side,
        of: day_of_year(of)?,
    })
}

fn day_of_year(words: &[&str]) -> Option<DayOfYear> {
    match words {
        [day, month] => fixed(day, month),
        [nth, weekday, "of", month] => nth_weekday(nth, weekday, month),
        _ => None,
    }
}

fn fixed(day: &str, month: &str) -> Option<DayOfYear> {
    const LEAP_YEAR: i16 = 2000;
    let fixed = DayOfYear::Fixed {
        month: self::month(month)?,
        day: digits(day).and_then(|day| i8::try_from(day).ok())?,
    };
    fixed.in_year(LEAP_YEAR).map(|_| fixed)
}

fn nth_weekday(nth: &str, weekday: &str, month: &str) -> Option<DayOfYear> {
    const NTH: [(&str, i8); 6] = [
        ("first", 1),
        ("second", 2),
        ("third", 3),
        ("fourth", 4),
        ("fifth", 5),
        ("last", -1),
    ];
    let &(_, nth) = NTH.iter().find(|(word, _)| *word == nth)?;
    Some(DayOfYear::NthWeekday {
        nth,
        weekday: self::weekday(weekday)?,
        month: self::month(month)?,
    })
}

fn digits(text: &str) -> Option<i16> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// A date written as "2026-12-24", and in no other form of ISO 8601.
pub(super) fn date(text: &str) -> Option<Date> {
    let has_shape = text.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    has_shape.then(|| text.parse().ok())?
}

fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let position = MONTHS.iter().position(|month| *month == name)?;
    i8::try_from(position + 1).ok()
}

pub(super) fn weekday(name: &str) -> Option<Weekday> {
    match name {
        "Monday" => Some(Weekday::Monday),
        "Tuesday" => Some(Weekday::Tuesday),
        "Wednesday" => Some(Weekday::Wednesday),
        "Thursday" => Some(Weekday::Thursday),
        "Friday" => Some(Weekday::Friday),
        "Saturday" => Some(Weekday::Saturday),
        "Sunday" => Some(Weekday::Sunday),
        _ => None,
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

    fn on(rule: &str, year: i16) -> Option<String> {
        crate::watchdog::watch();
        rule.parse::<Rule>()
            .unwrap()
            .in_year(year)
            .map(|date| date.to_string())
    }

    #[test]
    fn each_kind_of_rule_finds_its_date() {
        for (rule, year, date) in [
            ("25 December", 2026, Some("2026-12-25")),
            ("29 February", 2028, Some("2028-02-29")),
            ("29 February", 2026, None),
            ("third Monday of February", 2026, Some("2026-02-16")),
            ("fifth Monday of February", 2026, None),
            ("last Monday of May", 2026, Some("2026-05-25")),
            ("Monday before 25 May", 2026, Some("2026-05-18")),
            ("Monday before 25 May", 2027, Some("2027-05-24")),
            ("Monday on or before 25 May", 2026, Some("2026-05-25")),
            ("Monday on or after 27 May", 2024, Some("2024-05-27")),
            ("Monday on or after 27 May", 2025, Some("2025-06-02")),
            (
                "Friday before last Saturday of September",
                2026,
                Some("2026-09-25"),
            ),
            (
                "Saturday on or before last Saturday of September",
                2026,
                Some("2026-09-26"),
            ),
            ("Monday before fifth Sunday of February", 2026, None),
            ("Easter", 2026, Some("2026-04-05")),
            ("Easter - 2 days", 2026, Some("2026-04-03")),
            ("Easter + 1 day", 2026, Some("2026-04-06")),
            ("2022-09-19", 2022, Some("2022-09-19")),
            ("2022-09-19", 2023, None),
        ] {
            assert_eq!(on(rule, year).as_deref(), date, "{rule} in {year}");
        }
    }

    #[test]
    fn easter_is_right_at_its_earliest_and_latest() {
        for (year, date) in [
            (1818, "1818-03-22"),
            (1943, "1943-04-25"),
            (2000, "2000-04-23"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(on("Easter", year).as_deref(), Some(date));
        }
    }

    #[test]
    fn every_weekday_and_every_month_is_known_by_its_name() {
        for day in 1..=7 {
            let day = Date::constant(2026, 6, day);
            let text = day.strftime("first %A of %B").to_string();
            assert_eq!(on(&text, 2026), Some(day.to_string()), "{text}");
        }
        for month in 1..=12 {
            let day = Date::constant(2026, month, 15);
            let text = day.strftime("%-d %B").to_string();
            assert_eq!(on(&text, 2026), Some(day.to_string()), "{text}");
        }
    }

    /// As Lichtenberg corrected Gauss's rule: the Sunday after the paschal full moon, both counted in days of March.
    #[test]
    fn easter_is_the_same_by_another_algorithm_in_every_year_of_the_gregorian_calendar() {
        for year in 1583..=Date::MAX.year() {
            let x = i32::from(year);
            let century = x / 100;
            let moon = 15 + (3 * century + 3) / 4 - (8 * century + 13) / 25;
            let sun = 2 - (3 * century + 3) / 4;
            let golden = x % 19;
            let d = (19 * golden + moon) % 30;
            let full_moon = 21 + d - (d + golden / 11) / 29;
            let first_sunday = 7 - (x + x / 4 + sun).rem_euclid(7);
            let days = full_moon + 7 - (full_moon - first_sunday).rem_euclid(7);
            let date = Date::constant(year, 3, 1) + (days - 1).days();
            assert_eq!(easter(year), Some(date), "{year}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "December",
            "31 June",
            "30 February",
            "0 May",
            "25 december",
            "sixth Monday of May",
            "third Mondays of May",
            "Easter - 200 days",
            "Easter 2 days",
            "2022-02-30",
            "2022-02-1",
            "2022-02-190",
            "2022-02-19-",
            "2022-02",
            "20220219",
            "2022-02-19T00:00",
            "-002022-02-19",
            "2022-050",
            "Monday after 25 May",
            "Monday on or after",
            "Monday on or before Easter",
            "Friday before 31 June",
            "Friday before the last Saturday of September",
            "before 25 May",
            "25  December",
            "-1 May",
        ] {
            assert_eq!(text.parse::<Rule>(), Err(RuleError), "{text}");
        }
    }
}
