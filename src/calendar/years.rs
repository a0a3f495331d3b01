//! In which years a holiday falls.

use std::{ops::RangeInclusive, str::FromStr};

use jiff::civil::Weekday;

use super::rule::{self, Rule};

/// The years that a holiday's law gives it, whether or not they have its date.
#[derive(Debug)]
pub(super) struct Years {
    pub(super) range: RangeInclusive<i16>,
    pub(super) except: Vec<i16>,
    pub(super) when: Option<Condition>,
    pub(super) unless: Option<Condition>,
}

impl Years {
    pub(super) fn contain(&self, year: i16) -> bool {
        self.range.contains(&year)
            && !self.except.contains(&year)
            && self.when.is_none_or(|when| when.holds_in(year))
            && !self.unless.is_some_and(|unless| unless.holds_in(year))
    }
}

/// What must hold in a year, written `1 February is a Friday`: a [`Rule`] and the weekday on which its date falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition {
    date: Rule,
    weekday: Weekday,
}

impl Condition {
    /// Never in a year that has no such date.
    fn holds_in(self, year: i16) -> bool {
        self.date
            .in_year(year)
            .is_some_and(|date| date.weekday() == self.weekday)
    }
}

/// Text that is not a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a condition is written as \"1 February is a Friday\": a date rule, \"is a\" and a weekday"
)]
pub(super) struct ConditionError;

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let (date, weekday) = text.split_once(" is a ").ok_or(ConditionError)?;
        Ok(Self {
            date: date.parse().map_err(|_| ConditionError)?,
            weekday: rule::weekday(weekday).ok_or(ConditionError)?,
        })
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
    fn a_condition_holds_in_the_years_in_which_the_date_is_that_weekday() {
        for (condition, year, holds) in [
            ("1 February is a Friday", 2030, true),
            ("1 February is a Friday", 2031, false),
            ("29 February is a Tuesday", 2028, true),
            ("29 February is a Tuesday", 2029, false),
            ("Easter + 1 day is a Monday", 2026, true),
        ] {
            let condition: Condition = condition.parse().unwrap();
            assert_eq!(condition.holds_in(year), holds, "{condition:?} in {year}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in [
            "",
            "1 February",
            "1 February is Friday",
            "1 February is a friday",
            "30 February is a Friday",
            "is a Friday",
        ] {
            assert_eq!(text.parse::<Condition>(), Err(ConditionError), "{text}");
        }
    }
}
