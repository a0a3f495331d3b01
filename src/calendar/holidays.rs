//! Which dates are holidays, and by what name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{
    holiday::{Holiday, StandIn},
    week::Week,
    yearly::Yearly,
};

/// The holidays of a calendar, a table for each year, made when the year is first asked for.
#[derive(Debug)]
pub(super) struct Holidays {
    list: Vec<Holiday>,
    /// The places in the list of those that can fall in many years.
    recurring: Vec<usize>,
    /// The places of those that fall once, by their year, so that a long list of single dates costs each year its own.
    single: BTreeMap<i16, Vec<usize>>,
    week: Week,
    years: Yearly<Year>,
}

/// How many days after its date a free day is looked for: more than any run of holidays, and few enough that no calendar can
/// make a year expensive.
const REACH_DAYS: usize = 31;

/// The holidays that are kept in one year, by date, each date once.
type Year = Vec<(Date, Named)>;

/// Which holiday a date is, by its place in the list, and whether it stands in for it. In the order of who names a date
/// that several share: one that is kept there, then the earlier in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    observed: bool,
    place: usize,
}

impl Named {
    /// On its own date, or where it moved.
    fn kept(place: usize) -> Self {
        Self {
            observed: false,
            place,
        }
    }
}

impl Holidays {
    pub(super) fn new(list: Vec<Holiday>, week: Week) -> Self {
        let mut recurring = Vec::new();
        let mut single: BTreeMap<i16, Vec<usize>> = BTreeMap::new();
        for (place, holiday) in list.iter().enumerate() {
            match holiday.only_year() {
                Some(year) => single.entry(year).or_default().push(place),
                None => recurring.push(place),
            }
        }
        let years = Yearly::default();
        Self {
            list,
            recurring,
            single,
            week,
            years,
        }
    }

    /// The name of the holiday on that date.
    pub(super) fn on(&self, date: Date) -> Option<&str> {
        let year = date.year();
        let named = find(&self.years.get(year, || self.year(year)), date)?;
        Some(self.list[named.place].name(named.observed))
    }

    /// Which dates are holidays does not depend on the order of the file. Own dates and the substitutes that follow from a
    /// date alone are placed first; only then do the others look for a free day, the earlier date first. That order only
    /// decides the names: whichever of them chooses first, together they take the same days.
    ///
    /// A substitute may cross New Year, so each year's table looks at the years around it as well.
    fn year(&self, year: i16) -> Year {
        let mut table = Year::new();
        let mut looking = Vec::new();
        for (place, date) in (year - 1..=year + 1).flat_map(|year| self.by_rule(year)) {
            let placement = self.list[place].placement(date, &self.week);
            let observed = placement.keeps_date;
            if placement.keeps_date {
                table.push((date, Named::kept(place)));
            }
            match placement.stand_in {
                StandIn::None => {}
                StandIn::On(day) => table.push((day, Named { observed, place })),
                StandIn::NextFreeDay => looking.push((date, Named { observed, place })),
            }
        }
        let mut taken: BTreeSet<Date> = table.iter().map(|&(date, _)| date).collect();
        looking.sort_unstable_by_key(|&(date, named)| (date, named.place));
        for (date, named) in looking {
            match next_free(date, &self.week, &taken) {
                Some(free) => {
                    taken.insert(free);
                    table.push((free, named));
                }
                // A holiday that would move has nowhere to go; one that would double is in the table already.
                None => table.push((date, Named::kept(named.place))),
            }
        }
        table.retain(|(date, _)| date.year() == year);
        table.sort_unstable();
        table.dedup_by_key(|(date, _)| *date);
        table
    }

    /// The holidays of a year with their own dates, in the order of the file.
    fn by_rule(&self, year: i16) -> Vec<(usize, Date)> {
        let single = self.single.get(&year).into_iter().flatten();
        let mut found: Vec<(usize, Date)> = self
            .recurring
            .iter()
            .chain(single)
            .filter_map(|&place| Some((place, self.list[place].in_year(year)?)))
            .collect();
        found.sort_unstable();
        found
    }
}

/// The next date with working time that is not a holiday.
fn next_free(date: Date, week: &Week, taken: &BTreeSet<Date>) -> Option<Date> {
    std::iter::successors(date.tomorrow().ok(), |date| date.tomorrow().ok())
        .take(REACH_DAYS)
        .find(|date| week.works(date.weekday()) && !taken.contains(date))
}

fn find(year: &Year, date: Date) -> Option<Named> {
    let place = year.binary_search_by_key(&date, |(day, _)| *day).ok()?;
    Some(year[place].1)
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
    use crate::calendar::{
        holiday::{OnWeekend, Substitute},
        years::Years,
    };

    fn holidays(list: &[(&str, OnWeekend)]) -> Holidays {
        holidays_in([true, true, true, true, true, false, false], list)
    }

    /// `works` from Monday on.
    fn holidays_in(works: [bool; 7], list: &[(&str, OnWeekend)]) -> Holidays {
        crate::watchdog::watch();
        let hours = vec!["09:00-17:00".parse().unwrap()];
        let week = Week::from_monday(works.map(|works| if works { hours.clone() } else { vec![] }));
        let holiday = |&(rule, on_weekend): &(&str, _)| {
            let years = Years {
                range: i16::MIN..=i16::MAX,
                except: vec![],
                when: None,
                unless: None,
            };
            Holiday::new(rule.to_owned(), rule.parse().unwrap(), years, on_weekend)
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
        let all = in_year(&holidays(&[(rule, OnWeekend::Doubles(substitute))]), year);
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
        let next = OnWeekend::Doubles(Substitute::NextWorkingDay);
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
    fn what_stands_in_for_the_old_year_is_not_taken_again_in_the_new() {
        let next = OnWeekend::Doubles(Substitute::NextWorkingDay);
        let holidays = holidays(&[("1 January", next), ("31 December", next)]);
        // 31 December 2022 was a Saturday.
        assert_eq!(
            in_year(&holidays, 2023)[..3],
            [
                ("2023-01-01", "1 January"),
                ("2023-01-02", "31 December (observed)"),
                ("2023-01-03", "1 January (observed)"),
            ]
            .map(|(date, name)| (date.to_owned(), name.to_owned()))
        );
    }

    #[test]
    fn a_holiday_that_moves_leaves_its_own_date() {
        let dates = |substitute, year| {
            let moves = OnWeekend::Moves(substitute);
            in_year(&holidays(&[("1 July", moves)]), year)
        };
        let only = |date: &str| vec![(date.to_owned(), "1 July".to_owned())];
        // A Saturday, a Sunday, a Monday.
        for (substitute, saturday, sunday, monday) in [
            (
                Substitute::NextMonday,
                "2028-07-03",
                "2029-07-02",
                "2030-07-01",
            ),
            (
                Substitute::SundayToMonday,
                "2028-07-01",
                "2029-07-02",
                "2030-07-01",
            ),
            (
                Substitute::NearestWeekday,
                "2028-06-30",
                "2029-07-02",
                "2030-07-01",
            ),
            (
                Substitute::NextWorkingDay,
                "2028-07-03",
                "2029-07-02",
                "2030-07-01",
            ),
        ] {
            assert_eq!(dates(substitute, 2028), only(saturday), "{substitute:?}");
            assert_eq!(dates(substitute, 2029), only(sunday), "{substitute:?}");
            assert_eq!(dates(substitute, 2030), only(monday), "{substitute:?}");
        }
    }

    #[test]
    fn the_date_that_a_holiday_moved_from_is_free_for_another() {
        let works_on_sundays = [true, true, true, true, true, false, true];
        let list = [
            ("1 July", OnWeekend::Doubles(Substitute::NextWorkingDay)),
            ("2 July", OnWeekend::Moves(Substitute::SundayToMonday)),
        ];
        // 1 July 2028 is a Saturday.
        let dates = in_year(&holidays_in(works_on_sundays, &list), 2028);
        assert_eq!(
            dates,
            [
                ("2028-07-01", "1 July"),
                ("2028-07-02", "1 July (observed)"),
                ("2028-07-03", "2 July"),
            ]
            .map(|(date, name)| (date.to_owned(), name.to_owned()))
        );
    }

    #[test]
    fn of_two_holidays_on_a_date_the_one_that_is_kept_there_gives_the_name() {
        let double = OnWeekend::Doubles(Substitute::NextMonday);
        let holidays = holidays(&[
            ("1 July", double),
            ("3 July", OnWeekend::Stays),
            ("first Monday of July", OnWeekend::Stays),
        ]);
        assert_eq!(
            holidays.on("2028-07-03".parse().unwrap()),
            Some("3 July"),
            "rather than the substitute, or the later in the file"
        );
    }

    #[test]
    fn ten_thousand_single_dates_are_each_found() {
        let first = Date::constant(2000, 1, 1);
        let dates: Vec<Date> = std::iter::successors(Some(first), |date| date.tomorrow().ok())
            .step_by(2)
            .take(10_000)
            .collect();
        let rules: Vec<String> = dates.iter().map(ToString::to_string).collect();
        let next = OnWeekend::Doubles(Substitute::NextWorkingDay);
        let list: Vec<_> = rules.iter().map(|rule| (rule.as_str(), next)).collect();
        let holidays = holidays(&list);
        for (date, rule) in dates.into_iter().zip(&rules) {
            assert_eq!(holidays.on(date), Some(rule.as_str()));
        }
    }

    #[test]
    fn a_year_that_is_not_kept_has_its_holidays_too() {
        let holidays = holidays(&[("25 December", OnWeekend::Stays)]);
        for year in [-44, 1969, 1970, 2169, 2170, 9999] {
            assert_eq!(in_year(&holidays, year).len(), 1, "{year}");
        }
    }
}
