//! What a calendar file may say, and that each one that is refused names its place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
use jiff::civil::date;

use super::*;
use crate::calendar::Day;

fn parse(file: &str, text: &str) -> Result<Calendar, CalendarError> {
    crate::watchdog::watch();
    Calendar::parse(file, text)
}

const GOOD: &str = r#"name = "office"
title = "Office"
source = "none"
zone = "America/Toronto"

[week]
monday = ["09:00-12:00", "13:00-17:00"]
friday = ["22:00-06:00"]

[[holiday]]
name = "Christmas Day"
on = "25 December"
substitute = "next_monday"
from_year = 2000
to_year = 2040

[[override]]
date = "2026-12-24"
windows = ["09:00-12:00"]
"#;

#[test]
fn a_good_file_is_read_and_its_version_is_its_text() {
    let calendar = parse("office.toml", GOOD).unwrap();
    assert_eq!(
        (calendar.name(), calendar.title(), calendar.zone_name()),
        ("office", "Office", "America/Toronto")
    );
    assert_eq!(calendar.text(), GOOD);
    assert_eq!(calendar.version().len(), 12);
    let other = parse("office.toml", &format!("{GOOD}# a comment\n")).unwrap();
    assert_ne!(calendar.version(), other.version());
}

#[test]
fn a_holiday_may_have_a_single_year() {
    let single = GOOD.replace("2000\nto_year = 2040", "2029\nto_year = 2029");
    let calendar = parse("office.toml", &single).unwrap();
    let in_year = |year| matches!(calendar.day(date(year, 12, 25)), Day::Holiday(_));
    assert_eq!([2028, 2029, 2030].map(in_year), [false, true, false]);
}

#[test]
fn a_bad_file_is_refused_with_its_place() {
    for (good, bad, expected) in [
        ("office\"\nt", "Office\"\nt", "1:8: a calendar's name"),
        (
            "America/Toronto",
            "America/Torotno",
            "4:8: \"America/Torotno\" is not a zone",
        ),
        ("title", "titel", "2:1: unknown field `titel`"),
        ("monday", "mondey", "7:1: unknown field `mondey`"),
        (
            "13:00-17:00",
            "11:59-17:00",
            "7:26: the window starts before the previous one ends",
        ),
        (
            "\"09:00-12:00\", \"13:00-17:00\"",
            "\"13:00-17:00\", \"09:00-12:00\"",
            "7:26: the window starts",
        ),
        (
            "09:00-12:00\", ",
            "12:00-12:00\", ",
            "7:11: the window is empty",
        ),
        (
            "\"13:00-17:00\"",
            "\"17:00-13:00\"",
            "7:26: the window runs past midnight",
        ),
        ("13:00-17:00", "1pm-5pm", "7:26: a window is written"),
        ("friday", "sunday", "8:11: "),
        ("25 December", "25 Decembre", "12:6: a date rule is written"),
        ("25 December", "30 February", "12:6: a date rule is written"),
        (
            "next_monday",
            "next_tuesday",
            "13:14: unknown variant `next_tuesday`",
        ),
        ("2040", "1999", "15:11: to_year comes before from_year"),
        (
            "2040",
            "2040\nmoves = \"next_monday\"",
            "16:9: a holiday keeps its date and has a substitute, or it moves",
        ),
        (
            "2040",
            "2040\nexcept_years = [2020, 2041]",
            "16:23: the holiday does not fall in 2041 anyway",
        ),
        (
            "2040",
            "2040\nexcept_years = [2020, 2020]",
            "16:23: the holiday does not fall in 2020 anyway",
        ),
        (
            "2040",
            "2040\nexcept_years = [\"2020\"]",
            "16:17: invalid type",
        ),
        (
            "2040",
            "2040\nwhen = \"1 February is Friday\"",
            "16:8: a condition is written",
        ),
        (
            "2040",
            "2040\nunless = \"1 Feb is a Friday\"",
            "16:10: a condition is written",
        ),
        (
            "2040",
            "2040\nunless = \"Easter is a Sunday\"",
            "12:6: the holiday never falls",
        ),
        ("25 December", "1999-12-31", "12:6: the holiday never falls"),
        (
            "2000\nto_year = 2040",
            "10000",
            "12:6: the holiday never falls",
        ),
        ("2026-12-24", "2026-12-32", "18:8: a date is written"),
        (
            "2026-12-24",
            "2026-12-19",
            "18:8: the windows of this date overlap",
        ),
        ("2026-12-24", "20261224", "18:8: a date is written"),
        ("windows", "window", "19:1: unknown field `window`"),
        (
            "[\"09:00-12:00\"]\n",
            "[]\nname = \" \"\n",
            "20:8: an override's name must not be empty",
        ),
        (
            "[\"09:00-12:00\"]\n",
            "[]\nsource = \"\"\n",
            "20:10: an override's source must not be empty",
        ),
        ("[week]", "[week", "6:"),
    ] {
        let bad = if good == "friday" {
            GOOD.replace("09:00-12:00\", ", "05:00-12:00\", ")
                .replace(good, bad)
        } else if bad == "2026-12-19" {
            GOOD.replace(good, bad)
                .replace("[\"09:00-12:00\"]", "[\"05:00-12:00\"]")
        } else {
            GOOD.replacen(good, bad, 1)
        };
        assert_ne!(bad, GOOD);
        let error = parse("office.toml", &bad).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("office.toml:{expected}")),
            "{error}"
        );
    }
}

#[test]
fn more_windows_than_any_office_has_are_refused() {
    let many: Vec<String> = (0..49)
        .map(|minute| format!("09:{minute:02}-09:{:02}", minute + 1))
        .collect();
    let parsed = |windows: &[String]| {
        let windows = format!("{windows:?}");
        parse("office.toml", &GOOD.replace("[\"22:00-06:00\"]", &windows))
    };
    assert!(parsed(&many[..48]).is_ok());
    let error = parsed(&many).unwrap_err().to_string();
    assert!(error.ends_with("a date has at most 48 windows"), "{error}");
}

#[test]
fn overrides_of_two_dates_that_follow_one_another_are_refused_where_they_overlap() {
    let night = |opens: &str| {
        let nights = [("2026-12-28", "22:00-06:00"), ("2026-12-29", opens)];
        let overrides = nights.map(|(date, window)| {
            format!("\n[[override]]\ndate = \"{date}\"\nwindows = [\"{window}\"]\n")
        });
        parse("office.toml", &format!("{GOOD}{}", overrides.concat()))
    };
    assert!(night("06:00-12:00").is_ok());
    let error = night("05:00-12:00").unwrap_err().to_string();
    assert!(error.contains("overlap the night before it"), "{error}");
}

#[test]
fn two_overrides_of_a_date_are_refused() {
    let twice = format!("{GOOD}\n[[override]]\ndate = \"2026-12-24\"\nwindows = []\n");
    let error = parse("office.toml", &twice).unwrap_err().to_string();
    assert_eq!(error, "office.toml:22:8: the date has an override already");
}
