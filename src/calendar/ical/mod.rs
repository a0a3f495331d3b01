//! Reads the days off that an organisation publishes as iCalendar (RFC 5545), for a calendar file to take in.
//!
//! Bytes come in, the text of a calendar file goes out; files are read and written by whoever calls. The calendar decides
//! first: a date that is a holiday there, or has an override, stays as it is. So a file that is read again adds nothing.
//!
//! | event | becomes |
//! |---|---|
//! | whole days | an override for each date, which closes it |
//! | a part of a day | an override with the windows of that weekday that are left; none where nobody works then |
//! | one whole day, each year by one rule | a holiday rule, where it falls on the same dates and moves no other holiday |
//! | any other repetition | an override for each date up to a given year |
//! | cancelled, or marked as time in which nobody is busy | nothing |

mod closure;
mod component;
mod event;
mod line;
mod moment;
mod recur;
#[cfg(test)]
mod tests;
mod text;
mod yearly;

use std::{collections::BTreeMap, path::Path};

use jiff::civil::{Date, date};

use self::{
    closure::Closures,
    event::Event,
    line::Fault,
    moment::YEARS,
    yearly::{Yearly, yearly},
};
use super::{Calendar, CalendarError, Window};

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The last year of which the dates of a repeating event are taken, where no yearly rule says the same; 1900 to 2199.
    pub through: i16,
    /// Whether events that are marked as time in which nobody is busy (`TRANSP:TRANSPARENT`) are taken as well: some
    /// programs mark every event so that lasts a whole day.
    pub free: bool,
}

/// What came of reading a file.
#[derive(Debug)]
pub struct Import {
    /// The calendar with what was added; the same text where nothing was.
    pub calendar: Calendar,
    /// How many events the file holds.
    pub events: usize,
    /// What the calendar lacked.
    pub added: Vec<Added>,
    /// What it had decided already.
    pub left: Vec<Left>,
    /// Events that were called off.
    pub cancelled: usize,
    /// Events that were passed over as time in which nobody is busy.
    pub free: usize,
    /// Occurrences at times in which nobody works.
    pub idle: usize,
    /// The names of repeating events that go on beyond [`Reading::through`].
    pub cut_off: Vec<String>,
}

/// What a calendar is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The date, or the dates.
    pub when: When,
    /// What is left of the date's hours; none closes it.
    pub windows: Vec<Window>,
    /// The event's `SUMMARY`; of several events all of them.
    pub name: Option<String>,
    /// The file and the event's `UID`.
    pub source: String,
}

/// What a calendar keeps as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The date, or the dates.
    pub when: When,
    /// What the event is called.
    pub name: Option<String>,
    /// What the calendar says there.
    pub because: Because,
}

/// A date, or one of each year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once.
    Date(Date),
    /// In each of these years, both included.
    Yearly {
        /// As a calendar file writes it: "24 December".
        on: String,
        from_year: i16,
        to_year: Option<i16>,
    },
}

/// What a calendar has decided for a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// It is closed; the name of the holiday or override.
    Closed(Option<String>),
    /// An override gives it these hours.
    Hours(Vec<Window>),
}

/// Reads the file and adds what `into` lacks. `file` is its path, for errors; its last part names the source.
///
/// # Errors
/// [`CalendarError`] at the first line that is wrong, or says something that cannot be kept exactly.
pub fn import(
    file: &str,
    bytes: &[u8],
    into: &Calendar,
    reading: Reading,
) -> Result<Import, CalendarError> {
    let refused = |fault: Fault| CalendarError {
        file: file.to_owned(),
        line: fault.line,
        column: 1,
        reason: fault.reason,
    };
    let events = events(bytes).map_err(refused)?;
    let count = events.len();
    let (cancelled, events): (Vec<_>, Vec<_>) = events.into_iter().partition(|e| e.cancelled);
    let (free, events): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|e| e.free && !reading.free);
    let source = |event: &Event| {
        let name = Path::new(file).file_name().unwrap_or_default();
        let name: String = name
            .to_string_lossy()
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        format!("{name}, UID {}", event.uid)
    };

    let last = date(reading.through.clamp(*YEARS.start(), *YEARS.end()), 12, 31);
    let (mut added, mut left, mut dated) = (Vec::new(), Vec::new(), Vec::new());
    for event in &events {
        match yearly(event, source(event), into, &added, last) {
            Yearly::Rule(rule, kept) => {
                added.push(rule);
                left.extend(kept);
            }
            Yearly::Known(known) => left.push(known),
            Yearly::No => dated.push(event),
        }
    }
    let with_rules = with(into, &added, file)?;

    let mut closures = Closures::default();
    let mut cut_off = Vec::new();
    for event in dated {
        let (starts, more) = event.starts(last, into.zone());
        for start in &starts {
            closures
                .add(event, start, &source(event), &with_rules)
                .map_err(refused)?;
        }
        if more {
            cut_off.push(event.name.clone().unwrap_or_else(|| event.uid.clone()));
        }
    }
    let idle = closures.idle;
    let (overrides, kept) = closures.beyond(&with_rules).map_err(refused)?;
    let calendar = with(&with_rules, &overrides, file)?;
    added.extend(overrides);
    left.extend(kept);
    Ok(Import {
        calendar,
        events: count,
        added,
        left,
        cancelled: cancelled.len(),
        free: free.len(),
        idle,
        cut_off,
    })
}

/// The events of the file, each without the dates that other events change.
fn events(bytes: &[u8]) -> Result<Vec<Event>, Fault> {
    let components = component::events(line::lines(bytes)?)?;
    let mut events: Vec<Event> = components
        .iter()
        .map(Event::read)
        .collect::<Result<_, _>>()?;
    let mut whole: BTreeMap<String, usize> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        let first = match &event.instead_of {
            Some(_) => None,
            None => whole.insert(event.uid.clone(), place),
        };
        if let Some(first) = first.and_then(|first| events.get(first)) {
            return Err(Fault {
                line: event.line,
                reason: format!(
                    "UID {} is that of the event of line {} already: what is changed has a RECURRENCE-ID",
                    event.uid, first.line
                ),
            });
        }
    }
    let changed: Vec<_> = events
        .iter()
        .filter_map(|event| {
            let place = *whole.get(&event.uid)?;
            Some((place, event.line, event.instead_of.clone()?))
        })
        .collect();
    for (place, line, instead_of) in changed {
        if let Some(event) = events.get_mut(place) {
            if !instead_of.is_like(&event.start) {
                return Err(Fault {
                    line,
                    reason: "the RECURRENCE-ID is a date where the event that it changes starts at a point in time, or \
                             the other way round"
                        .to_owned(),
                });
            }
            event.except.push(instead_of);
        }
    }
    Ok(events)
}

/// The calendar with more at the end of its file.
fn with(calendar: &Calendar, added: &[Added], file: &str) -> Result<Calendar, CalendarError> {
    if added.is_empty() {
        return Ok(calendar.clone());
    }
    let text = calendar.text();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let whole = format!("{text}{end}{}", text::tables(added));
    Calendar::parse(
        &format!("{} with what {file} adds", calendar.name()),
        &whole,
    )
}
