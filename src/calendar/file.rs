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
    base16ct::lower::encode_string(&Sha256::digest(text.as_bytes())[..6])
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
mod tests;
