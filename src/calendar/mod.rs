//! Working time: the arithmetic that every promise stands on.
//!
//! A [`Calendar`] is a time zone, the working windows of each weekday, holiday rules and per-date overrides. It answers
//! when a [`Term`] such as "5 working days" ends, how much time has been counted between two instants, and when a given
//! amount will have been counted. Everything here is pure: instants come in and go out, and nothing reads the time.
//!
//! # How wall time becomes an instant
//! A boundary written in wall time (a window's opening, a midnight) is **the instant at which the local clock passes that
//! reading for the last time**. Hence an hour that a zone repeats is counted twice by the window around it, a reading that
//! a zone skips is passed at the moment of the skip, adjacent windows never overlap or leave a hole, and no deadline comes
//! while its own wall time is still ahead. A date that the zone skips altogether is not a day at all, working or otherwise.
//!
//! # Ends and beginnings
//! Intervals are half-open: `[start, end)`. A deadline alone includes its own instant: what happens at `at <= due` has met
//! it.
//!
//! # Bounds
//! No answer lies further than [`HORIZON`] from the instant that a query is about: such a query ends in [`OutOfRange`].
//! Finding that out takes at most 52 tables, each the working time of one year. Those of 1970 to 2169 are kept once made.

mod arithmetic;
mod book;
pub(crate) mod bounds;
mod business_day_convention;
mod day_overrides;
mod day_segments;
mod due;
mod error;
mod file;
mod holiday;
mod holidays;
mod hours;
mod interval;
#[cfg(test)]
mod page_tests;
mod paused;
#[cfg(test)]
mod pitfalls;
mod rule;
mod term;
mod week;
mod year_index;
mod yearly;
mod years;
mod zone;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

pub(crate) use file::version_of;

pub use book::CalendarBook;
pub use business_day_convention::Roll;
pub use day_overrides::SpecialDay;
pub use day_segments::{Stretch, StretchKind};
pub use error::{CalendarError, OutOfRange, TextPlace};
pub use interval::Interval;
pub use paused::DaysEnd;
pub use term::{Term, TermError, TimeBase, Unit};
pub use week::{Window, WindowError};
pub use zone::{Zones, tzdb_version};
pub(crate) use zone::{date_of, start_of};

use holidays::Holidays;
use week::Week;
use year_index::Year;
use yearly::Yearly;

/// In years of 366 days.
const HORIZON_YEARS: i64 = 50;

/// How far an answer may lie from the instant that a query is about, forwards or backwards: 18,300 days of 24 hours.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(HORIZON_YEARS * 366 * 24);

/// Working windows, holidays and overrides in one time zone. Immutable; cheap to clone.
#[derive(Debug, Clone)]
pub struct Calendar {
    name: String,
    title: String,
    source: String,
    version: String,
    text: Arc<str>,
    zone_name: String,
    zone: TimeZone,
    tzdb_version: Arc<str>,
    week: Week,
    holidays: Arc<Holidays>,
    overrides: Arc<[Override]>,
    /// Shared between clones. Rebuilt for a calendar with another zone, week, holidays or overrides.
    tables: Arc<Yearly<Year>>,
}

/// The windows of one date, whatever its weekday or holiday says; none closes the date.
#[derive(Debug, Clone)]
struct Override {
    date: Date,
    windows: Vec<Window>,
    /// Why, for people: "Company day".
    name: Option<String>,
    /// Where it comes from, for people.
    source: Option<String>,
}

/// What a calendar holds for one local date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day<'a> {
    /// The date has these windows, in order, not overlapping.
    Working(&'a [Window]),
    /// The weekday has no windows, or the zone skips the date.
    NoWindows,
    /// An override closes the date; its name, if it gives one.
    Closed(Option<&'a str>),
    /// The date is the holiday of this name.
    Holiday(&'a str),
}

impl Calendar {
    /// The name that policies refer to, such as `ca-federal`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The law or decision that the holidays come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The first twelve hexadecimal digits of the SHA-256 of [`Self::text`].
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file as it was read, so that a version can be stored and read again.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The IANA name of the zone.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// The zone in which windows and holidays are local.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The release of the tz database that the zone is from, such as "2026a".
    pub fn tzdb_version(&self) -> &str {
        &self.tzdb_version
    }

    /// What the calendar holds for a local date. An override beats a holiday, and a holiday beats the week.
    pub fn day(&self, date: Date) -> Day<'_> {
        if zone::skips(&self.zone, date) {
            return Day::NoWindows;
        }
        if let Some(given) = self.override_on(date) {
            return match given.windows.as_slice() {
                [] => Day::Closed(given.name.as_deref()),
                windows => Day::Working(windows),
            };
        }
        if let Some(name) = self.holidays.on(date) {
            return Day::Holiday(name);
        }
        match self.week.windows(date.weekday()) {
            [] => Day::NoWindows,
            windows => Day::Working(windows),
        }
    }

    /// The working time of a year.
    fn year(&self, year: i16) -> Arc<Year> {
        self.tables
            .get(year, || Year::of(year, |date| self.intervals(date)))
    }

    fn override_on(&self, date: Date) -> Option<&Override> {
        let found = self.overrides.binary_search_by_key(&date, |o| o.date);
        found.ok().and_then(|place| self.overrides.get(place))
    }

    /// The working time that belongs to a local date, in order. A window that runs past midnight belongs to the date it
    /// starts on; one that a clock change swallows whole is absent.
    pub fn intervals(&self, date: Date) -> impl Iterator<Item = Interval> + '_ {
        self.windows_on(date).iter().filter_map(move |window| {
            let start = zone::passes(&self.zone, window.opens_on(date)?)?;
            let end = zone::passes(&self.zone, window.closes_on(date)?)?;
            (start < end).then_some(Interval { start, end })
        })
    }

    fn windows_on(&self, date: Date) -> &[Window] {
        match self.day(date) {
            Day::Working(windows) => windows,
            Day::NoWindows | Day::Closed(_) | Day::Holiday(_) => &[],
        }
    }

    /// Whether the clock of the zone ever shows the date: Apia went from 29 to 31 December 2011.
    pub fn has_date(&self, date: Date) -> bool {
        !zone::skips(&self.zone, date)
    }

    /// Whether the date has working time.
    pub fn is_working_day(&self, date: Date) -> bool {
        self.intervals(date).next().is_some()
    }

    /// The local date in which an instant lies. A date that a clock change enters twice begins the second time, so that
    /// later instants never lie in earlier dates.
    pub fn date_of(&self, at: Timestamp) -> Date {
        date_of(&self.zone, at)
    }
}
