//! The period that figures are about, with its days and months.

use jiff::{
    Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};

use crate::calendar::{date_of, start_of};

/// From an instant until before another one, in a time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// In which days and months begin and end.
    pub zone: TimeZone,
}

impl Period {
    /// A calendar month, such as `2026-11`. `None`: it is no month.
    #[must_use]
    pub fn month(text: &str, zone: TimeZone) -> Option<Self> {
        let first = first_of_month(text)?;
        let next = first.last_of_month().tomorrow().ok()?;
        Some(Period {
            from: start_of(&zone, first)?,
            to: start_of(&zone, next)?,
            zone,
        })
    }

    /// Whether an instant lies in it.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The day of an instant by the zone's clock.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        date_of(&self.zone, at)
    }

    /// The days from one instant to another by the zone's clock: 0 on the same day.
    #[must_use]
    pub fn days_between(&self, from: Timestamp, to: Timestamp) -> i32 {
        let days = (self.day(to) - self.day(from)).get_days();
        days.max(0)
    }
}

/// Whether a text is a month, such as `2026-11`.
#[must_use]
pub fn is_month(text: &str) -> bool {
    first_of_month(text).is_some()
}

/// The first day of a month, such as `2026-11`. `None`: it is no month.
fn first_of_month(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-')?;
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    let (year, month): (i16, i8) = (year.parse().ok()?, month.parse().ok()?);
    let valid = (1..=9998).contains(&year) && (1..=12).contains(&month);
    valid.then(|| date(year, month, 1))
}
