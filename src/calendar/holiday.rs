//! Which dates are holidays, and by what name.

use std::{collections::BTreeSet, fmt, sync::OnceLock};

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::{
    rule::Rule,
    table::{KEPT_YEARS, place_of},
    week::Week,
};

/// A holiday of a calendar file.
#[derive(Debug)]
pub(super) struct Holiday {
    name: String,
    /// The name on the day that stands in for it.
    observed_name: String,
    rule: Rule,
    substitute: Option<Substitute>,
    /// Inclusive.
    from_year: i16,
    /// Inclusive.
    to_year: i16,
}

/// Which day stands in for a holiday that falls on a weekend. The holiday keeps its own date as well.
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

impl Holiday {
    pub(super) fn new(
        name: String,
        rule: Rule,
        substitute: Option<Substitute>,
        from_year: i16,
        to_year: i16,
    ) -> Self {
        Self {
            observed_name: format!("{name} (observed)"),
            name,
            rule,
            substitute,
            from_year,
            to_year,
        }
    }

    fn in_year(&self, year: i16) -> Option<Date> {
        (self.from_year..=self.to_year)
            .contains(&year)
            .then_some(())?;
        self.rule.in_year(year)
    }
}

/// The holidays of a calendar, a table for each year, made when the year is first asked for.
pub(super) struct Holidays {
    list: Vec<Holiday>,
    week: Week,
    kept: Box<[OnceLock<Year>]>,
}

impl fmt::Debug for Holidays {
    /// The list alone: the tables follow from it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(f)
    }
}

/// The holidays that are kept in one year, by date; the earlier in the file first.
type Year = Vec<(Date, Named)>;

/// Which holiday a date is, by its place in the list, and whether it stands in for it.
#[derive(Debug, Clone, Copy)]
struct Named {
    place: usize,
    observed: bool,
}

impl Named {
    fn stands_in(self) -> Self {
        Self {
            observed: true,
            ..self
        }
    }
}

impl Holidays {
    pub(super) fn new(list: Vec<Holiday>, week: Week) -> Self {
        let kept = KEPT_YEARS.map(|_| OnceLock::new()).collect();
        Self { list, week, kept }
    }

    /// The name of the holiday on that date.
    pub(super) fn on(&self, date: Date) -> Option<&str> {
        let year = date.year();
        let kept = place_of(year).and_then(|place| self.kept.get(place));
        let named = match kept {
            Some(kept) => find(kept.get_or_init(|| self.year(year)), date),
            None => find(&self.year(year), date),
        }?;
        let holiday = &self.list[named.place];
        Some(if named.observed {
            &holiday.observed_name
        } else {
            &holiday.name
        })
    }

    /// A substitute may cross New Year, so each year's table takes from the years around it.
    fn year(&self, year: i16) -> Year {
        let mut table: Year = (year.saturating_sub(1)..=year.saturating_add(1))
            .flat_map(|origin| self.arising_in(origin))
            .filter(|(date, _)| date.year() == year)
            .collect();
        table.sort_by_key(|&(date, named)| (date, named.observed, named.place));
        table
    }

    /// The holidays of one year by their rules, and the days that stand in for them. Of two that look for a free day, the
    /// earlier in the file has the first choice.
    fn arising_in(&self, year: i16) -> Year {
        let mut taken: BTreeSet<Date> = (year.saturating_sub(1)..=year.saturating_add(1))
            .flat_map(|year| self.by_rule(year))
            .map(|(date, _)| date)
            .collect();
        let mut arising: Year = self.by_rule(year).collect();
        for (date, named) in self.by_rule(year) {
            if let Some(observed) = self.substitute(named.place, date, &taken) {
                taken.insert(observed);
                arising.push((observed, named.stands_in()));
            }
        }
        arising
    }

    fn by_rule(&self, year: i16) -> impl Iterator<Item = (Date, Named)> + '_ {
        self.list
            .iter()
            .enumerate()
            .filter_map(move |(place, holiday)| {
                let named = Named {
                    place,
                    observed: false,
                };
                holiday.in_year(year).map(|date| (date, named))
            })
    }

    fn substitute(&self, place: usize, date: Date, taken: &BTreeSet<Date>) -> Option<Date> {
        let weekday = date.weekday();
        match (self.list[place].substitute?, weekday) {
            (Substitute::NextWorkingDay, Weekday::Saturday | Weekday::Sunday) => {
                self.next_free(date, taken)
            }
            (Substitute::NearestWeekday, Weekday::Saturday) => date.yesterday().ok(),
            (Substitute::NextMonday, Weekday::Saturday) => {
                date.nth_weekday(1, Weekday::Monday).ok()
            }
            (
                Substitute::NextMonday | Substitute::SundayToMonday | Substitute::NearestWeekday,
                Weekday::Sunday,
            ) => date.tomorrow().ok(),
            _ => None,
        }
    }

    /// The next weekday with windows that is not taken; none if `date` itself has windows, for then it is kept as it is.
    fn next_free(&self, date: Date, taken: &BTreeSet<Date>) -> Option<Date> {
        /// Longer than any run of holidays.
        const REACH_DAYS: usize = 31;
        let works = |date: Date| !self.week.windows(date.weekday()).is_empty();
        if works(date) {
            return None;
        }
        std::iter::successors(date.tomorrow().ok(), |date| date.tomorrow().ok())
            .take(REACH_DAYS)
            .find(|&date| works(date) && !taken.contains(&date))
    }
}

fn find(year: &Year, date: Date) -> Option<Named> {
    let first = year.partition_point(|(day, _)| *day < date);
    year.get(first)
        .filter(|(day, _)| *day == date)
        .map(|&(_, named)| named)
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

    fn holidays(list: &[(&str, Option<Substitute>)]) -> Holidays {
        let weekday = vec!["09:00-17:00".parse().unwrap()];
        let week = Week::from_monday(std::array::from_fn(|day| {
            if day < 5 { weekday.clone() } else { vec![] }
        }));
        let holiday = |&(rule, substitute): &(&str, _)| {
            Holiday::new(
                rule.to_owned(),
                rule.parse().unwrap(),
                substitute,
                i16::MIN,
                i16::MAX,
            )
        };
        Holidays::new(list.iter().map(holiday).collect(), week)
    }

    fn in_year(holidays: &Holidays, year: i16) -> Vec<(String, String)> {
        let dates = std::iter::successors(Some(Date::new(year, 1, 1).unwrap()), |date| {
            date.tomorrow().ok()
        });
        dates
            .take_while(|date| date.year() == year)
            .filter_map(|date| Some((date.to_string(), holidays.on(date)?.to_owned())))
            .collect()
    }

    fn observed(rule: &str, substitute: Substitute, year: i16) -> Option<String> {
        let all = in_year(&holidays(&[(rule, Some(substitute))]), year);
        all.into_iter()
            .find(|(_, name)| name.ends_with("(observed)"))
            .map(|(date, _)| date)
    }

    #[test]
    fn each_substitute_moves_what_it_says_and_nothing_else() {
        // 1 July was a Saturday in 2028, a Sunday in 2029, a Monday in 2030.
        let saturday_sunday_monday =
            |substitute| [2028, 2029, 2030].map(|year| observed("1 July", substitute, year));
        let some = |date: &str| Some(date.to_owned());
        assert_eq!(
            saturday_sunday_monday(Substitute::NextMonday),
            [some("2028-07-03"), some("2029-07-02"), None]
        );
        assert_eq!(
            saturday_sunday_monday(Substitute::SundayToMonday),
            [None, some("2029-07-02"), None]
        );
        assert_eq!(
            saturday_sunday_monday(Substitute::NearestWeekday),
            [some("2028-06-30"), some("2029-07-02"), None]
        );
        assert_eq!(
            saturday_sunday_monday(Substitute::NextWorkingDay),
            [some("2028-07-03"), some("2029-07-02"), None]
        );
    }

    #[test]
    fn christmas_and_boxing_day_on_a_weekend_take_two_days_after_it() {
        let next = Some(Substitute::NextWorkingDay);
        let holidays = holidays(&[("25 December", next), ("26 December", next)]);
        let dates = |year| {
            in_year(&holidays, year)
                .into_iter()
                .map(|(date, _)| date)
                .collect::<Vec<_>>()
        };
        // Saturday and Sunday.
        assert_eq!(
            dates(2027),
            ["2027-12-25", "2027-12-26", "2027-12-27", "2027-12-28"]
        );
        // Sunday and Monday: Monday is a holiday already.
        assert_eq!(dates(2022), ["2022-12-25", "2022-12-26", "2022-12-27"]);
        // Friday and Saturday.
        assert_eq!(dates(2026), ["2026-12-25", "2026-12-26", "2026-12-28"]);
    }

    #[test]
    fn a_substitute_may_fall_in_the_year_before_or_after() {
        assert_eq!(
            observed("1 January", Substitute::NearestWeekday, 2021).as_deref(),
            Some("2021-12-31")
        );
        assert_eq!(
            observed("31 December", Substitute::NextMonday, 2023).as_deref(),
            Some("2023-01-02")
        );
    }

    #[test]
    fn a_year_that_is_not_kept_has_its_holidays_too() {
        let holidays = holidays(&[("25 December", None)]);
        for year in [-44, 1969, 1970, 2169, 2170, 9999] {
            assert_eq!(in_year(&holidays, year).len(), 1, "{year}");
        }
    }
}
