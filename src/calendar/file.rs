//! The calendar file. What a file may say is the structs below; what it must not say is refused with its place.

mod fault;
mod holiday;

use std::{collections::BTreeSet, sync::Arc};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::{
    Calendar, CalendarError, Override, bounds,
    holiday::Holiday,
    holidays::Holidays,
    rule,
    week::{self, Week, Window, WindowError},
    zone::Zones,
};
use fault::Fault;
use holiday::HolidayTable;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    name: Spanned<String>,
    title: String,
    source: String,
    zone: Spanned<String>,
    week: Spanned<WeekTable>,
    #[serde(default)]
    holiday: Vec<HolidayTable>,
    #[serde(default, rename = "override")]
    overrides: Vec<OverrideTable>,
}

type WindowTexts = Vec<Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct WeekTable {
    monday: WindowTexts,
    tuesday: WindowTexts,
    wednesday: WindowTexts,
    thursday: WindowTexts,
    friday: WindowTexts,
    saturday: WindowTexts,
    sunday: WindowTexts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideTable {
    date: Spanned<String>,
    /// Empty to close the date.
    windows: WindowTexts,
    /// Why, for people: "Company day".
    name: Option<Spanned<String>>,
    /// Where it comes from, for people: "closing-days.ics, UID 42@example.com".
    source: Option<Spanned<String>>,
}

impl Calendar {
    /// Reads a calendar from the text of a TOML file; `file` is its name in errors.
    ///
    /// # Errors
    /// [`CalendarError`] with line and column, at the first thing that is wrong: an unknown word or zone, a window that
    /// is empty, reversed or overlaps another, a rule that no date can satisfy, or no working time at all; a file that is
    /// longer than 4 MiB, has more tables and values than the limit, or characters that nobody can see.
    pub fn parse(file: &str, text: &str) -> Result<Self, CalendarError> {
        bounds::check(text, bounds::MOST_BYTES)
            .map_err(|out| CalendarError::at(file, text, out.span.start, out.reason))?;
        Self::parse_in(file, text, &Zones::bundled())
    }

    /// Reads a text again that was taken before, or one that comes with the program, with the zone from a tz database that
    /// may be another than the bundled one.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_in(file: &str, text: &str, zones: &Zones) -> Result<Self, CalendarError> {
        parse(file, text, zones)
    }
}

fn parse(file: &str, text: &str, zones: &Zones) -> Result<Calendar, CalendarError> {
    let refused = |fault: Fault| CalendarError::at(file, text, fault.span.start, fault.reason);
    let parsed = toml::from_str(text).map_err(|error| {
        refused(Fault {
            span: error.span().unwrap_or(0..0),
            reason: error.message().to_owned(),
        })
    })?;
    build(parsed, text, zones).map_err(refused)
}

fn build(file: CalendarFile, text: &str, zones: &Zones) -> Result<Calendar, Fault> {
    check_name(&file.name)?;
    let zone = zones.named(file.zone.get_ref()).ok_or_else(|| {
        let name = file.zone.get_ref();
        Fault::at(
            &file.zone,
            format!("\"{name}\" is not a zone of the IANA database, such as \"America/Toronto\""),
        )
    })?;
    let too_many = |what: &str, count: usize, most: usize| {
        let reason =
            format!("the calendar has {count} {what}, which is more than the limit of {most}");
        (count > most).then(|| Fault::at(&file.name, reason))
    };
    let fault = too_many("holidays", file.holiday.len(), bounds::MOST_HOLIDAYS)
        .or_else(|| too_many("overrides", file.overrides.len(), bounds::MOST_OVERRIDES));
    if let Some(fault) = fault {
        return Err(fault);
    }
    let week_span = Spanned::new(file.week.span(), ());
    let week = week(file.week.into_inner())?;
    let holidays = file
        .holiday
        .into_iter()
        .map(HolidayTable::into_holiday)
        .collect::<Result<Vec<_>, _>>()?;
    let dated = file
        .overrides
        .into_iter()
        .map(override_of)
        .collect::<Result<Vec<_>, _>>()?;
    let recurring = holidays
        .iter()
        .filter(|holiday: &&Holiday| holiday.only_year().is_none());
    let years: BTreeSet<i16> = dated.iter().map(|(_, o)| o.date.year()).collect();
    let comparisons = recurring.count() * years.len();
    if let Some(fault) = too_many(
        "holidays times years with an override",
        comparisons,
        bounds::MOST_COMPARISONS,
    ) {
        return Err(fault);
    }
    if week.is_empty() && dated.iter().all(|(_, o)| o.windows.is_empty()) {
        return Err(Fault::at(
            &week_span,
            "the calendar has no working time: give at least one weekday a window",
        ));
    }
    let mut calendar = Calendar {
        name: file.name.into_inner(),
        title: file.title,
        source: file.source,
        version: version_of(text),
        text: text.into(),
        zone_name: file.zone.into_inner(),
        zone,
        tzdb_version: zones.shared_version(),
        holidays: Arc::new(Holidays::new(holidays, week.clone())),
        week,
        overrides: Arc::new([]),
        tables: Arc::default(),
    };
    set_overrides(&mut calendar, dated)?;
    Ok(calendar)
}

fn check_name(name: &Spanned<String>) -> Result<(), Fault> {
    let text = name.get_ref();
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if text.is_empty() || !text.bytes().all(allowed) {
        return Err(Fault::at(
            name,
            "a calendar's name is lower-case letters, digits and hyphens",
        ));
    }
    Ok(())
}

/// The version of a text that decisions rest on: the first 12 hexadecimal digits of its SHA-256.
pub(crate) fn version_of(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn windows(texts: &[Spanned<String>]) -> Result<Vec<Window>, Fault> {
    if let Some(first_too_many) = texts.get(week::MOST_WINDOWS) {
        return Err(Fault::at(first_too_many, WindowError::TooMany));
    }
    let windows = texts
        .iter()
        .map(|text| {
            text.get_ref()
                .parse()
                .map_err(|error: WindowError| Fault::at(text, error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    match week::first_overlap(&windows) {
        Some(second) => Err(Fault::at(&texts[second], WindowError::Overlap)),
        None => Ok(windows),
    }
}

fn week(table: WeekTable) -> Result<Week, Fault> {
    let texts = [
        table.monday,
        table.tuesday,
        table.wednesday,
        table.thursday,
        table.friday,
        table.saturday,
        table.sunday,
    ];
    let mut days: [Vec<Window>; 7] = Default::default();
    for (day, texts) in days.iter_mut().zip(&texts) {
        *day = windows(texts)?;
    }
    for (today, texts) in texts.iter().enumerate() {
        let tomorrow = (today + 1) % 7;
        if let Some(night) = texts.last()
            && week::runs_into(&days[today], &days[tomorrow])
        {
            return Err(Fault::at(
                night,
                "the night runs into the next day's first window",
            ));
        }
    }
    Ok(Week::from_monday(days))
}

/// An override and where its date stands in the file.
type Dated = (Spanned<()>, Override);

fn override_of(table: OverrideTable) -> Result<Dated, Fault> {
    let date = rule::date(table.date.get_ref())
        .ok_or_else(|| Fault::at(&table.date, "a date is written as \"2026-12-24\""))?;
    let windows = windows(&table.windows)?;
    Ok((
        Spanned::new(table.date.span(), ()),
        Override {
            date,
            windows,
            name: table.name.map(|name| said("name", name)).transpose()?,
            source: table
                .source
                .map(|source| said("source", source))
                .transpose()?,
        },
    ))
}

/// What an override says for people. A reason that is left blank is none, and looks like one.
fn said(what: &str, text: Spanned<String>) -> Result<String, Fault> {
    if text.get_ref().trim().is_empty() {
        return Err(Fault::at(
            &text,
            format!("an override's {what} must not be empty: leave it out instead"),
        ));
    }
    Ok(text.into_inner())
}

/// Gives a calendar that has no tables yet its overrides, and refuses one whose windows overlap those of the dates around it.
fn set_overrides(calendar: &mut Calendar, mut dated: Vec<Dated>) -> Result<(), Fault> {
    dated.sort_by_key(|(_, o)| o.date);
    if let Some(pair) = dated
        .windows(2)
        .find(|pair| pair[0].1.date == pair[1].1.date)
    {
        return Err(Fault::at(&pair[1].0, "the date has an override already"));
    }
    calendar.overrides = dated.iter().map(|(_, o)| o.clone()).collect();
    for (place, Override { date, windows, .. }) in &dated {
        let before = date
            .yesterday()
            .map(|date| calendar.windows_on(date))
            .unwrap_or_default();
        let after = date
            .tomorrow()
            .map(|date| calendar.windows_on(date))
            .unwrap_or_default();
        if week::runs_into(before, windows) || week::runs_into(windows, after) {
            return Err(Fault::at(
                place,
                "the windows of this date overlap the night before it or the day after it",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
}
