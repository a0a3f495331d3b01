use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

/// A length of time as a promise states it: "5 working days", "30 calendar days", "15 minutes", "instant".
///
/// Written and stored as that text. `count` is 1 to 100,000, and 0 for an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Term {
    pub count: u32,
    pub unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// At once: due at the instant it starts.
    Instant,
    Seconds,
    Minutes,
    Hours,
    CalendarDays,
    Weeks,
    Months,
    Years,
    WorkingDays,
    WorkingHours,
    WorkingMinutes,
}

/// The time that a clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeBase {
    /// Only time within working windows.
    Working,
    /// All time.
    Elapsed,
}

impl Term {
    const MAX_COUNT: u32 = 100_000;

    /// How much time it counts, working or elapsed by the [base](Unit::base) of its unit; `None` if it counts days.
    pub fn time(&self) -> Option<SignedDuration> {
        let count = i64::from(self.count);
        match self.unit {
            Unit::Instant => Some(SignedDuration::ZERO),
            Unit::Seconds => Some(SignedDuration::from_secs(count)),
            Unit::Minutes | Unit::WorkingMinutes => Some(SignedDuration::from_mins(count)),
            Unit::Hours | Unit::WorkingHours => Some(SignedDuration::from_hours(count)),
            Unit::CalendarDays | Unit::Weeks | Unit::Months | Unit::Years | Unit::WorkingDays => {
                None
            }
        }
    }

    /// From its first date to its last, if it counts dates; `None` if it counts more than there are.
    pub fn days(&self) -> Option<Span> {
        let count = i64::from(self.count);
        let span = Span::new();
        match self.unit {
            Unit::CalendarDays => span.try_days(count),
            Unit::Weeks => span.try_weeks(count),
            Unit::Months => span.try_months(count),
            Unit::Years => span.try_years(count),
            _ => return None,
        }
        .ok()
    }

    /// Due at the instant it starts.
    pub const INSTANT: Self = Self {
        count: 0,
        unit: Unit::Instant,
    };
}

impl Unit {
    pub(super) const COUNTED: [Self; 10] = [
        Self::Seconds,
        Self::Minutes,
        Self::Hours,
        Self::CalendarDays,
        Self::Weeks,
        Self::Months,
        Self::Years,
        Self::WorkingDays,
        Self::WorkingHours,
        Self::WorkingMinutes,
    ];

    /// The base in which progress through a term of this unit is measured and paused.
    pub fn base(self) -> TimeBase {
        match self {
            Self::WorkingDays | Self::WorkingHours | Self::WorkingMinutes => TimeBase::Working,
            Self::Instant
            | Self::Seconds
            | Self::Minutes
            | Self::Hours
            | Self::CalendarDays
            | Self::Weeks
            | Self::Months
            | Self::Years => TimeBase::Elapsed,
        }
    }

    /// Whether a term of this unit counts dates, and ends when one of them ends.
    pub fn is_calendar_days(self) -> bool {
        matches!(
            self,
            Self::CalendarDays | Self::Weeks | Self::Months | Self::Years
        )
    }

    fn singular(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Seconds => "second",
            Self::Minutes => "minute",
            Self::Hours => "hour",
            Self::CalendarDays => "calendar day",
            Self::Weeks => "week",
            Self::Months => "month",
            Self::Years => "year",
            Self::WorkingDays => "working day",
            Self::WorkingHours => "working hour",
            Self::WorkingMinutes => "working minute",
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.singular();
        match (self.unit, self.count) {
            (Unit::Instant, _) => f.write_str(unit),
            (_, 1) => write!(f, "1 {unit}"),
            (_, count) => write!(f, "{count} {unit}s"),
        }
    }
}

/// Text that is not a [`Term`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a term: write \"instant\", or a count from 1 to 100000 and a unit (seconds, minutes, hours, \
     calendar days, weeks, months, years, working days, working hours, working minutes)"
)]
pub struct TermError(String);

impl FromStr for Term {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Self, TermError> {
        let refused = || TermError(text.to_owned());
        if text == Unit::Instant.singular() {
            return Ok(Self::INSTANT);
        }
        let (digits, words) = text.split_once(' ').ok_or_else(refused)?;
        // `u32::from_str` would take a sign.
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused());
        }
        let count: u32 = digits.parse().map_err(|_| refused())?;
        if !(1..=Self::MAX_COUNT).contains(&count) {
            return Err(refused());
        }
        let singular = words.strip_suffix('s').unwrap_or(words);
        let unit = Unit::COUNTED
            .into_iter()
            .find(|unit| unit.singular() == singular);
        Ok(Self {
            count,
            unit: unit.ok_or_else(refused)?,
        })
    }
}

impl TryFrom<String> for Term {
    type Error = TermError;

    fn try_from(text: String) -> Result<Self, TermError> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> Self {
        term.to_string()
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

    #[test]
    fn every_unit_round_trips_through_text_in_singular_and_plural() {
        for unit in Unit::COUNTED {
            for count in [1, 2, 99, 100_000] {
                let term = Term { count, unit };
                assert_eq!(term.to_string().parse::<Term>().unwrap(), term);
            }
        }
        assert_eq!("instant".parse::<Term>().unwrap(), Term::INSTANT);
        assert_eq!(
            "1 working days".parse::<Term>().unwrap().to_string(),
            "1 working day"
        );
        assert_eq!(
            "5 calendar day".parse::<Term>().unwrap().to_string(),
            "5 calendar days"
        );
    }

    #[test]
    fn a_term_is_stored_as_its_text() {
        let term = Term {
            count: 5,
            unit: Unit::WorkingDays,
        };
        assert_eq!(serde_json::to_string(&term).unwrap(), "\"5 working days\"");
        assert_eq!(
            serde_json::from_str::<Term>("\"5 working days\"").unwrap(),
            term
        );
        assert_eq!(
            serde_json::to_string(&TimeBase::Working).unwrap(),
            "\"working\""
        );
    }

    #[test]
    fn what_is_ambiguous_or_out_of_range_is_refused() {
        for text in [
            "",
            "5",
            "days",
            "5 days",
            "0 hours",
            "100001 hours",
            "-1 hours",
            "+1 hour",
            "1.5 hours",
            "1 instant",
            "5  weeks",
            "5 weekss",
            "99999999999 years",
            " 5 weeks",
        ] {
            assert!(text.parse::<Term>().is_err(), "{text:?}");
        }
    }
}
