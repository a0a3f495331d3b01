//! Holidays that meet: on a date, on the day that stands in for one, and over New Year.

use super::*;

/// One `[[holiday]]` of a calendar file, named by its date.
fn holiday(on: &str, rest: &str) -> String {
    format!("[[holiday]]\nname = \"{on}\"\non = \"{on}\"\n{rest}\n")
}

/// The holidays of a year.
fn dates(calendar: &Calendar, year: i16) -> Vec<Date> {
    let first = Date::new(year, 1, 1).unwrap();
    let last = Date::new(year, 12, 31).unwrap();
    let special = calendar.special_days(first, last);
    special.map(|day| day.date).collect()
}

/// In both orders of the file.
fn both_ways(list: &[String], year: i16) -> Vec<String> {
    let forwards = calendar("UTC", OFFICE, &list.concat());
    let reversed: Vec<String> = list.iter().rev().cloned().collect();
    let backwards = calendar("UTC", OFFICE, &reversed.concat());
    let found = dates(&forwards, year);
    assert_eq!(found, dates(&backwards, year), "{list:?}");
    found
        .iter()
        .map(|date| date.strftime("%d %b").to_string())
        .collect()
}

#[test]
fn a_free_day_is_one_that_no_other_substitute_takes() {
    for (list, year, expected) in [
        // 24 December 2022 is a Saturday; the Monday is that of Christmas Day.
        (
            [
                ("24 December", "substitute = \"next_working_day\""),
                ("25 December", "substitute = \"next_monday\""),
            ],
            2022,
            &["24 Dec", "25 Dec", "26 Dec", "27 Dec"][..],
        ),
        (
            [
                ("24 December", "moves = \"next_working_day\""),
                ("25 December", "moves = \"sunday_to_monday\""),
            ],
            2022,
            &["26 Dec", "27 Dec"],
        ),
        // 1 July 2028 is a Saturday, and its Friday is kept; the Monday after it is free.
        (
            [
                ("1 July", "moves = \"nearest_weekday\""),
                ("2 July", "substitute = \"next_working_day\""),
            ],
            2028,
            &["30 Jun", "02 Jul", "03 Jul"],
        ),
        // A holiday may stand on the day that another would take, and both may want the same one.
        (
            [
                ("1 July", "substitute = \"next_working_day\""),
                ("first Monday of July", ""),
            ],
            2028,
            &["01 Jul", "03 Jul", "04 Jul"],
        ),
        (
            [
                ("1 July", "substitute = \"next_monday\""),
                ("2 July", "substitute = \"next_monday\""),
            ],
            2028,
            &["01 Jul", "02 Jul", "03 Jul"],
        ),
        // A day that was moved to is as good as any other holiday, though its own date is none.
        (
            [
                ("1 July", "moves = \"next_monday\""),
                ("first Monday of July", ""),
            ],
            2028,
            &["03 Jul"],
        ),
    ] {
        let list = list.map(|(on, rest)| holiday(on, rest));
        assert_eq!(both_ways(&list, year), expected, "{list:?}");
    }
}

#[test]
fn a_free_day_is_looked_for_on_the_other_side_of_new_year() {
    // 31 December 2022 is a Saturday, 1 January 2023 a Sunday.
    let list = [
        holiday("31 December", "substitute = \"next_working_day\""),
        holiday("1 January", "substitute = \"sunday_to_monday\""),
    ];
    assert_eq!(both_ways(&list, 2023)[..3], ["01 Jan", "02 Jan", "03 Jan"]);
    // 1 January 2028 is a Saturday, kept on Friday 31 December 2027; 25 and 26 December are a weekend.
    let list = [
        holiday("1 January", "moves = \"nearest_weekday\""),
        holiday("26 December", "substitute = \"next_working_day\""),
        holiday("fourth Monday of December", ""),
        holiday("2027-12-28", ""),
        holiday("2027-12-29", ""),
        holiday("2027-12-30", ""),
    ];
    assert_eq!(
        both_ways(&list, 2027)[1..],
        ["26 Dec", "27 Dec", "28 Dec", "29 Dec", "30 Dec", "31 Dec"]
    );
    assert_eq!(both_ways(&list, 2028)[..1], ["03 Jan"]);
}

#[test]
fn the_earlier_of_two_dates_chooses_the_earlier_free_day_whatever_the_order_of_the_file() {
    let next = "substitute = \"next_working_day\"";
    let list = [holiday("26 December", next), holiday("25 December", next)];
    let office = calendar("UTC", OFFICE, &list.concat());
    assert_eq!(
        office.day(date("2027-12-27")),
        Day::Holiday("25 December (observed)")
    );
    assert_eq!(
        office.day(date("2027-12-28")),
        Day::Holiday("26 December (observed)")
    );
}

#[test]
fn an_override_neither_takes_a_free_day_nor_gives_one() {
    // The Monday is closed, and the holiday that stands there is not kept on the Tuesday for that.
    let closed = "[[override]]\ndate = \"2027-12-27\"\nwindows = []\n\
                  [[override]]\ndate = \"2027-12-25\"\nwindows = [\"09:00-12:00\"]\n";
    let christmas = holiday("25 December", "substitute = \"next_working_day\"");
    let office = calendar("UTC", OFFICE, &(christmas + closed));
    assert_eq!(office.day(date("2027-12-27")), Day::Closed(None));
    assert!(office.is_working_day(date("2027-12-28")));
    assert!(office.is_working_day(date("2027-12-25")));
}

/// vacanza/holidays #390: in South Africa a holiday that meets the substitute of another is kept on the day after it.
#[test]
fn a_holiday_on_the_day_that_stands_in_for_another_is_kept_there_and_the_other_a_day_later() {
    // Christmas Day 2022 is a Sunday, and its Monday is the Day of Goodwill.
    let list = [
        holiday("25 December", "substitute = \"next_working_day\""),
        holiday("26 December", ""),
    ];
    assert_eq!(both_ways(&list, 2022), ["25 Dec", "26 Dec", "27 Dec"]);
}

/// workalendar #610: a year was excepted, but not the day in the year before on which it would have been kept.
#[test]
fn what_is_excepted_has_no_substitute_in_the_year_before_either() {
    // 1 January 2022 is a Saturday.
    let rest = "substitute = \"nearest_weekday\"\nexcept_years = [2022]";
    assert_eq!(both_ways(&[holiday("1 January", rest)], 2021), ["01 Jan"]);
    let kept = holiday("1 January", "substitute = \"nearest_weekday\"");
    assert_eq!(both_ways(&[kept], 2021), ["01 Jan", "31 Dec"]);
}

/// vacanza/holidays PR 3289: moving one of two holidays from a date took the other along.
#[test]
fn a_date_stays_a_holiday_when_only_one_of_its_holidays_moves() {
    // 1 July 2028 is a Saturday.
    let week = "\nfriday = [\"09:00-17:00\"]\nsaturday = [\"09:00-17:00\"]\n";
    let moves = holiday("1 July", "moves = \"nearest_weekday\"");
    let stays = holiday("first Saturday of July", "");
    for list in [[&moves, &stays], [&stays, &moves]] {
        let office = calendar("UTC", week, &list.map(String::as_str).concat());
        let found = dates(&office, 2028);
        assert_eq!(found, ["2028-06-30", "2028-07-01"].map(date), "{list:?}");
    }
}

/// seatgeek/businesstime #12: the last weekday of a month was looked for in a February of 28 days.
#[test]
fn the_last_weekday_of_february_may_be_the_29th() {
    let list = [holiday("last Monday of February", "")];
    assert_eq!(both_ways(&list, 2016), ["29 Feb"]);
    assert_eq!(both_ways(&list, 2017), ["27 Feb"]);
}

/// pandas #26007: the years on both sides of a leap year have no such date.
#[test]
fn a_holiday_on_29_february_is_none_in_other_years_and_its_substitute_is_in_march() {
    let on_sunday = [holiday("29 February", "substitute = \"next_monday\"")];
    for (year, expected) in [
        (2028, &["29 Feb"][..]),
        (2031, &[]),
        (2032, &["29 Feb", "01 Mar"]),
        (2033, &[]),
        (2100, &[]),
    ] {
        assert_eq!(both_ways(&on_sunday, year), expected, "{year}");
    }
    let on_saturday = [holiday("29 February", "moves = \"nearest_weekday\"")];
    assert_eq!(both_ways(&on_saturday, 2048), ["28 Feb"]);
}
