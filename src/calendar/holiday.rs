//! One holiday: its date by rule, and what becomes of it on a weekend.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::{rule::Rule, week::Week, years::Years};

/// A holiday of a calendar file.
#[derive(Debug)]
pub(super) struct Holiday {
    name: String,
    /// The name on the day that stands in for it.
    observed_name: String,
    rule: Rule,
    years: Years,
    on_weekend: OnWeekend,
}

/// What becomes of a holiday that falls on a weekend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnWeekend {
    Stays,
    /// It keeps its date, and the substitute is a holiday as well.
    Doubles(Substitute),
    /// The substitute is the holiday, and its own date is none.
    Moves(Substitute),
}

/// Which day stands in for a holiday that falls on a weekend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Substitute {
    /// From a Saturday or Sunday to the Monday after it.
    NextMonday,
    /// From a Sunday to the Monday after it; a Saturday is left alone.
    SundayToMonday,
    /// From a Saturday to the Friday before it, from a Sunday to the Monday after it.
    NearestWeekday,
    /// From a Saturday or Sunday without working windows to the next weekday that has windows and is no holiday already.
    NextWorkingDay,
}

impl Substitute {
    /// Whether another day stands in for a holiday on that weekday.
    fn is_for(self, weekday: Weekday, week: &Week) -> bool {
        match (self, weekday) {
            (Self::NextWorkingDay, Weekday::Saturday | Weekday::Sunday) => !works(weekday, week),
            (Self::NextMonday | Self::NearestWeekday, Weekday::Saturday | Weekday::Sunday)
            | (Self::SundayToMonday, Weekday::Sunday) => true,
            _ => false,
        }
    }

    /// The day that stands in for a holiday on that date; none where none does.
    fn of(self, date: Date, week: &Week, taken: &BTreeSet<Date>) -> Option<Date> {
        let weekday = date.weekday();
        match self {
            _ if !self.is_for(weekday, week) => None,
            Self::NextWorkingDay => next_free(date, week, taken),
            Self::NearestWeekday if weekday == Weekday::Saturday => date.yesterday().ok(),
            Self::NextMonday | Self::SundayToMonday | Self::NearestWeekday => {
                date.nth_weekday(1, Weekday::Monday).ok()
            }
        }
    }
}

/// The next date with windows that is not taken.
fn next_free(date: Date, week: &Week, taken: &BTreeSet<Date>) -> Option<Date> {
    /// Longer than any run of holidays.
    const REACH_DAYS: usize = 31;
    std::iter::successors(date.tomorrow().ok(), |date| date.tomorrow().ok())
        .take(REACH_DAYS)
        .find(|date| works(date.weekday(), week) && !taken.contains(date))
}

fn works(weekday: Weekday, week: &Week) -> bool {
    !week.windows(weekday).is_empty()
}

impl Holiday {
    pub(super) fn new(name: String, rule: Rule, years: Years, on_weekend: OnWeekend) -> Self {
        Self {
            observed_name: format!("{name} (observed)"),
            name,
            rule,
            years,
            on_weekend,
        }
    }

    /// Its name on its date, or where it moved; or on the day that is a holiday besides.
    pub(super) fn name(&self, observed: bool) -> &str {
        if observed {
            &self.observed_name
        } else {
            &self.name
        }
    }

    /// The only year in which it can fall, if there is but one.
    pub(super) fn only_year(&self) -> Option<i16> {
        self.rule.only_year()
    }

    /// Its date by rule; none in a year without it.
    pub(super) fn in_year(&self, year: i16) -> Option<Date> {
        self.rule.in_year(year).filter(|_| self.years.contain(year))
    }

    /// Whether any year has it.
    pub(super) fn ever_falls(&self) -> bool {
        let (from, to) = match self.only_year() {
            Some(year) => (year, year),
            None => (
                Date::MIN.year().max(*self.years.range.start()),
                Date::MAX.year().min(*self.years.range.end()),
            ),
        };
        (from..=to).any(|year| self.in_year(year).is_some())
    }

    /// Whether it leaves its own date when another day stands in for it.
    pub(super) fn moves(&self) -> bool {
        matches!(self.on_weekend, OnWeekend::Moves(_))
    }

    /// Whether that date, its own by rule, stays a holiday.
    pub(super) fn keeps(&self, date: Date, week: &Week) -> bool {
        match self.on_weekend {
            OnWeekend::Stays | OnWeekend::Doubles(_) => true,
            OnWeekend::Moves(substitute) => !substitute.is_for(date.weekday(), week),
        }
    }

    /// The day that stands in for that date, its own by rule; none where none does.
    pub(super) fn substitute(
        &self,
        date: Date,
        week: &Week,
        taken: &BTreeSet<Date>,
    ) -> Option<Date> {
        match self.on_weekend {
            OnWeekend::Stays => None,
            OnWeekend::Doubles(substitute) | OnWeekend::Moves(substitute) => {
                substitute.of(date, week, taken)
            }
        }
    }
}
