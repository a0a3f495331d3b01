//! One holiday: its date by rule, and what becomes of it on a weekend.

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::{rule::Rule, week::Week, years::Years};

/// The first whole year of the Gregorian calendar.
const FIRST_YEAR: i16 = 1583;

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
    /// From a Saturday or Sunday without working windows to the next day whose weekday has some and that is not a holiday.
    NextWorkingDay,
}

/// Which dates a holiday has in a year, given its own date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) keeps_date: bool,
    pub(super) stand_in: StandIn,
}

/// The day that stands in for a holiday's own date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StandIn {
    None,
    /// This day, whether or not it is already a holiday.
    On(Date),
    /// The next working day that is not a holiday, which depends on the other holidays.
    NextFreeDay,
}

impl Substitute {
    fn stand_in(self, date: Date, week: &Week) -> StandIn {
        let weekday = date.weekday();
        let day = match (self, weekday) {
            (Self::NextWorkingDay, Weekday::Saturday | Weekday::Sunday) if !week.works(weekday) => {
                return StandIn::NextFreeDay;
            }
            (Self::NearestWeekday, Weekday::Saturday) => date.yesterday(),
            (Self::NextMonday, Weekday::Saturday | Weekday::Sunday)
            | (Self::SundayToMonday | Self::NearestWeekday, Weekday::Sunday) => {
                date.nth_weekday(1, Weekday::Monday)
            }
            _ => return StandIn::None,
        };
        day.map_or(StandIn::None, StandIn::On)
    }
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

    /// Whether any year of the Gregorian calendar has it.
    pub(super) fn ever_falls(&self) -> bool {
        let (from, to) = match self.only_year() {
            Some(year) => (year, year),
            None => (
                FIRST_YEAR.max(*self.years.range.start()),
                Date::MAX.year().min(*self.years.range.end()),
            ),
        };
        // Dates and their weekdays come again every 400 years, so each exception can only hide one time that it falls.
        let enough = 400 * (self.years.except.len() + 1);
        let mut years = (from..=to).take(enough);
        years.any(|year| self.in_year(year).is_some())
    }

    /// What becomes of it, given its own date by the rule.
    pub(super) fn placement(&self, date: Date, week: &Week) -> Placement {
        let (keeps_date, stand_in) = match self.on_weekend {
            OnWeekend::Stays => (true, StandIn::None),
            OnWeekend::Doubles(substitute) => (true, substitute.stand_in(date, week)),
            OnWeekend::Moves(substitute) => match substitute.stand_in(date, week) {
                StandIn::None => (true, StandIn::None),
                elsewhere => (false, elsewhere),
            },
        };
        Placement {
            keeps_date,
            stand_in,
        }
    }
}
