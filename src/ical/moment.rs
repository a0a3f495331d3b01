//! Dates, times and lengths as properties write them (RFC 5545, sections 3.3.4 to 3.3.6 and 3.3.9).

use std::fmt;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time as TimeOfDay},
    tz::TimeZone,
};

/// The years that an event may lie in: any other year is a slip of the pen.
pub(super) const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// When something is: a local date, or a point in time.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Moment {
    Date(Date),
    Time(Time),
}

/// Wall time in a zone; without one it floats: it is that reading wherever it is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Time {
    pub(super) wall: DateTime,
    pub(super) zone: Option<TimeZone>,
}

impl Time {
    /// The wall time in `zone` at that moment. A reading that a clock change repeats is meant the first time, and one that it
    /// skips as it was before the change (RFC 5545, section 3.3.5).
    pub(super) fn wall_in(&self, zone: &TimeZone) -> Option<DateTime> {
        match &self.zone {
            Some(own) if own != zone => Some(zone.to_datetime(self.instant(zone)?)),
            _ => Some(self.wall),
        }
    }

    /// The instant, seen from `zone` where it floats.
    pub(super) fn instant(&self, zone: &TimeZone) -> Option<Timestamp> {
        let own = self.zone.as_ref().unwrap_or(zone);
        own.to_timestamp(self.wall).ok()
    }

    pub(super) fn is_utc(&self) -> bool {
        self.zone.as_ref() == Some(&TimeZone::UTC)
    }
}

impl Moment {
    pub(super) fn date(&self) -> Date {
        self.wall().date()
    }

    /// As it is written; of a date its midnight.
    pub(super) fn wall(&self) -> DateTime {
        match self {
            Self::Date(date) => midnight(*date),
            Self::Time(time) => time.wall,
        }
    }

    /// Another reading of the same kind, in the same zone.
    pub(super) fn at(&self, wall: DateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(wall.date()),
            Self::Time(time) => Self::Time(Time {
                wall,
                zone: time.zone.clone(),
            }),
        }
    }

    pub(super) fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }
}

/// For people.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => write!(f, "{date}"),
            Self::Time(time) => {
                let utc = if time.is_utc() { " UTC" } else { "" };
                write!(f, "{}{utc}", clock(time.wall))
            }
        }
    }
}

/// A wall time for people.
pub(super) fn clock(wall: DateTime) -> impl fmt::Display {
    wall.strftime("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn midnight(date: Date) -> DateTime {
    date.at(0, 0, 0, 0)
}

/// A moment as it was written.
pub(super) struct Written {
    pub(super) moment: Moment,
    /// Whether it is written as the standard requires.
    pub(super) plain: bool,
}

/// A date or a time in the basic form, the time with a Z or without. The extended form, a time without seconds, and 24:00 have
/// a plain meaning too.
pub(super) fn written(text: &str) -> Option<Written> {
    let upper = text.to_ascii_uppercase();
    let (date, time) = match upper.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (upper.as_str(), None),
    };
    let mut plain = true;
    let mut digits = |text: &str, mark: char| {
        let digits: String = text.chars().filter(|&c| c != mark).collect();
        plain &= digits.len() == text.len();
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
    };
    let date = digits(date, '-').filter(|date| date.len() == 8)?;
    let part = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let small = |number: i16| i8::try_from(number).ok();
    let date = Date::new(
        part(&date, 0, 4)?,
        small(part(&date, 4, 6)?)?,
        small(part(&date, 6, 8)?)?,
    )
    .ok()?;
    let Some(time) = time else {
        let moment = Moment::Date(date);
        return Some(Written { moment, plain });
    };
    let (time, zone) = match time.strip_suffix('Z') {
        Some(time) => (time, Some(TimeZone::UTC)),
        None => (time, None),
    };
    let time = digits(time, ':').filter(|time| matches!(time.len(), 4 | 6))?;
    plain &= time.len() == 6;
    let (hour, minute) = (small(part(&time, 0, 2)?)?, small(part(&time, 2, 4)?)?);
    let second = small(part(&time, 4, 6).unwrap_or(0))?;
    let wall = if (hour, minute, second) == (24, 0, 0) {
        plain = false;
        midnight(date.tomorrow().ok()?)
    } else {
        // A leap second counts as the second before it: no calendar knows better.
        let second = if second == 60 { 59 } else { second };
        date.to_datetime(TimeOfDay::new(hour, minute, second, 0).ok()?)
    };
    let moment = Moment::Time(Time { wall, zone });
    Some(Written { moment, plain })
}

/// How long something lasts: an amount of wall time, and then an amount of elapsed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) wall: SignedDuration,
    pub(super) passing: SignedDuration,
}

impl Length {
    pub(super) const NOTHING: Self = Self::of_wall_time(SignedDuration::ZERO);
    pub(super) const DAY: Self = Self::of_wall_time(SignedDuration::from_hours(24));

    pub(super) const fn of_wall_time(wall: SignedDuration) -> Self {
        Self {
            wall,
            passing: SignedDuration::ZERO,
        }
    }

    /// Whole days; a part of one counts as one.
    pub(super) fn in_days(&self) -> i64 {
        let day = Self::DAY.wall.as_secs();
        let seconds = self.wall.as_secs().saturating_add(self.passing.as_secs());
        seconds.saturating_add(day - 1).div_euclid(day)
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// Whether it is longer than all the years that are read.
    pub(super) fn is_endless(&self) -> bool {
        let years = i64::from(YEARS.end() - YEARS.start());
        self.in_days() > years * 366
    }
}

/// A `DURATION`: its weeks and days are those of the wall clock, its hours, minutes and seconds pass.
pub(super) fn length(text: &str) -> Option<Length> {
    let upper = text.trim().to_ascii_uppercase();
    let rest = upper
        .strip_prefix('+')
        .unwrap_or(&upper)
        .strip_prefix('P')?;
    let (mut days, mut seconds) = (0_i64, 0_i64);
    let mut number = String::new();
    let (mut in_time, mut any) = (false, false);
    for c in rest.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        if c == 'T' && !in_time && number.is_empty() {
            in_time = true;
            continue;
        }
        let count: i64 = std::mem::take(&mut number).parse().ok()?;
        let (sum, unit) = match (c, in_time) {
            ('W', false) => (&mut days, 7),
            ('D', false) => (&mut days, 1),
            ('H', true) => (&mut seconds, 3600),
            ('M', true) => (&mut seconds, 60),
            ('S', true) => (&mut seconds, 1),
            _ => return None,
        };
        *sum = sum.checked_add(count.checked_mul(unit)?)?;
        any = true;
    }
    (any && number.is_empty()).then_some(())?;
    Some(Length {
        wall: SignedDuration::from_secs(days.checked_mul(24 * 3600)?),
        passing: SignedDuration::from_secs(seconds),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_moment_is_read_as_the_standard_writes_it_and_by_its_plain_meaning() {
        for (text, expected, plain) in [
            ("20261224", "2026-12-24T00:00:00", true),
            ("20261224T170000", "2026-12-24T17:00:00", true),
            ("20261224T170000Z", "2026-12-24T17:00:00", true),
            ("20261224t170000z", "2026-12-24T17:00:00", true),
            ("20261224T235960", "2026-12-24T23:59:59", true),
            ("2026-12-24", "2026-12-24T00:00:00", false),
            ("2026-12-24T17:00:00Z", "2026-12-24T17:00:00", false),
            ("20261224T1700", "2026-12-24T17:00:00", false),
            ("20261224T240000", "2026-12-25T00:00:00", false),
        ] {
            let read = written(text).unwrap();
            assert_eq!(read.moment.wall().to_string(), expected, "{text}");
            assert_eq!(read.plain, plain, "{text}");
        }
        for text in [
            "",
            "T",
            "2026",
            "20261332",
            "20261224T",
            "20261224T25",
            "20261224T250000",
            "20261224T12345",
            "é",
            "20261224Z",
        ] {
            assert!(written(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_length_is_so_many_days_on_the_clock_and_so_much_time_that_passes() {
        for (text, days, seconds) in [
            ("P1D", 1, 0),
            ("+P2W", 14, 0),
            ("pt4h30m", 0, 16_200),
            ("P1DT2H", 1, 7_200),
            ("PT0S", 0, 0),
        ] {
            let length = length(text).unwrap();
            assert_eq!(length.wall.as_hours(), days * 24, "{text}");
            assert_eq!(length.passing.as_secs(), seconds, "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "-P1D",
            "P1M",
            "P1",
            "PT1D",
            "PT1HT5M",
            "P1T2H",
            "1D",
            "P99999999999999999999D",
            "PT9223372036854775807H",
        ] {
            assert!(length(text).is_none(), "{text}");
        }
    }
}
