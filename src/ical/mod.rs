//! Reads the days off that an organisation publishes as iCalendar (RFC 5545) into a calendar file.
//!
//! Bytes come in, the text of a calendar file goes out; files are read and written by whoever calls. The calendar takes
//! precedence: a date that is a holiday there, or has an override, stays as it is. So a file that is read again adds
//! nothing.
//!
//! | event | becomes |
//! |---|---|
//! | whole days | an override for each date, which closes it |
//! | a part of a day | an override with the windows of that weekday that are left; none where nobody works then |
//! | one whole day, each year by one rule | a holiday rule, where it falls on the same dates and moves no other holiday |
//! | any other repetition | an override for each date up to a given year |
//! | cancelled, or marked as time in which nobody is busy | nothing |
//!
//! What programs write in violation of the standard is read by its plain meaning if it has one. An event that has none is
//! left out, but never the whole file. Whatever the user should know is returned as a [`Note`].
//!
//! # Bounds
//! A file has at most [`MOST_BYTES`] bytes and closes at most 10,000 dates; an event happens at most 50,000 times, in the
//! years 1900 to 2199. The cost of all rules of a file is bounded as well. What exceeds a bound is left out, and noted.

mod closure;
mod component;
mod definition;
mod event;
mod expand;
mod line;
mod moment;
mod notes;
mod outcome;
mod recur;
mod rule;
mod series;
#[cfg(test)]
mod tests;
mod text;
mod time_property;
mod windows;
mod yearly;
mod zones;

use std::path::Path;

use jiff::civil::{Date, date};

use self::{
    closure::{Closures, Effect, MOST_DATES},
    event::{Context, Event},
    moment::YEARS,
    notes::{Fault, Notes},
    recur::Budget,
    series::Series,
    yearly::{Yearly, yearly},
    zones::FileZones,
};
pub use self::{
    notes::Note,
    outcome::{Added, Because, Left, When},
};
use crate::{
    calendar::{Calendar, CalendarError},
    writing,
};

/// How many bytes a file may have: 64 MiB.
pub const MOST_BYTES: usize = 64 << 20;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The last year of which the dates of a repeating event are taken, where no yearly rule says the same; 1900 to 2199.
    pub through: i16,
    /// Whether events that are marked as time in which nobody is busy (`TRANSP:TRANSPARENT`) are taken as well: some
    /// programs mark all whole-day events this way.
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
    /// What else there is to say, in the order of the file's lines.
    pub notes: Vec<Note>,
}

/// Reads the file and adds what `into` lacks. `file` is its path, for errors; its last part names the source.
///
/// # Errors
/// [`CalendarError`] if the file is not an iCalendar file at all, or is longer than [`MOST_BYTES`].
pub fn import(
    file: &str,
    bytes: &[u8],
    into: &Calendar,
    reading: Reading,
) -> Result<Import, CalendarError> {
    import_within(&Budget::of_a_file(), file, bytes, into, reading)
}

fn import_within(
    budget: &Budget,
    file: &str,
    bytes: &[u8],
    into: &Calendar,
    reading: Reading,
) -> Result<Import, CalendarError> {
    let refused = |reason: String| CalendarError {
        file: file.to_owned(),
        line: 1,
        column: 1,
        reason,
    };
    if bytes.len() > MOST_BYTES {
        return Err(refused(format!(
            "the file has more than {MOST_BYTES} bytes"
        )));
    }
    let mut notes = Notes::default();
    let contents = component::contents(line::lines(bytes, &mut notes), &mut notes);
    if !contents.is_icalendar {
        return Err(refused(
            "the file is not an iCalendar file: it has no BEGIN:VCALENDAR".to_owned(),
        ));
    }
    let zones = FileZones::of(&contents.zones, reading.through, budget);
    let context = Context {
        zones: &zones,
        zone: into.zone(),
    };
    let mut events = Vec::new();
    for component in &contents.events {
        notes.about(event::name_of(component).as_deref());
        match Event::read(component, &context, &mut notes) {
            Ok(event) => events.push(event),
            Err(fault) => notes.left_out(fault),
        }
    }
    let mut reader = Reader {
        file,
        into,
        reading,
        last: date(reading.through.clamp(*YEARS.start(), *YEARS.end()), 12, 31),
        budget,
        notes,
    };
    let series = series::series(events, &mut reader.notes);
    let (added, left, calendar) = reader.read(&series)?;
    Ok(Import {
        calendar,
        events: contents.events.len(),
        added,
        left,
        notes: reader.notes.into_list(),
    })
}

/// What events are turned into days with.
struct Reader<'a> {
    file: &'a str,
    into: &'a Calendar,
    reading: Reading,
    last: Date,
    budget: &'a Budget,
    notes: Notes,
}

impl Reader<'_> {
    fn read(
        &mut self,
        series: &[Series],
    ) -> Result<(Vec<Added>, Vec<Left>, Calendar), CalendarError> {
        let (mut added, mut left, mut dated) = (Vec::new(), Vec::new(), Vec::new());
        for series in series.iter().filter(|series| !series.event.cancelled) {
            let event = &series.event;
            self.notes.about(event.label());
            if event.free && !self.reading.free {
                dated.push(series);
                continue;
            }
            let yearly = yearly(
                series,
                self.source(event),
                self.into,
                &added,
                self.last,
                self.budget,
                &mut self.notes,
            );
            match yearly {
                Ok(Yearly::Rule(rule, kept)) => {
                    self.say_about(event);
                    added.push(rule);
                    left.extend(kept);
                }
                Ok(Yearly::Known(known)) => {
                    self.say_about(event);
                    left.push(known);
                }
                Ok(Yearly::No) => dated.push(series),
                Err(fault) => self.notes.left_out(fault),
            }
        }
        for series in series.iter().filter(|series| series.event.cancelled) {
            for event in std::iter::once(&series.event).chain(series.changed()) {
                self.notes.about(event.label());
                self.notes.tell(event.line, CANCELLED);
            }
        }
        let with_rules = with(self.into, &added, self.file)?;
        let mut closures = Closures::default();
        for series in dated {
            self.close(series, &mut closures, &with_rules);
        }
        let (overrides, kept) = closures.beyond(&with_rules, &mut self.notes);
        let calendar = with(&with_rules, &overrides, self.file)?;
        added.extend(overrides);
        left.extend(kept);
        Ok((added, left, calendar))
    }

    /// Closes the dates of a series, and notes what becomes of each of its events.
    fn close(&mut self, series: &Series, closures: &mut Closures, calendar: &Calendar) {
        let (zone, budget) = (self.into.zone(), self.budget);
        let happens = match series.happens(self.last, zone, budget, &mut self.notes) {
            Ok(happens) => happens,
            Err(fault) => {
                self.notes.about(series.event.label());
                return self.notes.left_out(fault);
            }
        };
        for event in std::iter::once(&series.event).chain(series.changed()) {
            self.notes.about(event.label());
            self.say_about(event);
            let own = happens
                .occurrences
                .iter()
                .filter(|(own, _)| std::ptr::eq(*own, event));
            if event.cancelled || event.free && !self.reading.free {
                continue;
            }
            if !closures.make_room(own.clone().map(|(_, occurrence)| occurrence), calendar) {
                self.notes.left_out(Fault {
                    line: event.line,
                    reason: format!("with it the file would have more than {MOST_DATES} dates"),
                });
                continue;
            }
            let source = self.source(event);
            let (mut count, mut idle, mut no_time) = (0, 0, 0);
            for (_, occurrence) in own {
                count += 1;
                match closures.add(event, occurrence, &source, calendar) {
                    Effect::Closes => {}
                    Effect::Idle => idle += 1,
                    Effect::LastsNoTime => no_time += 1,
                }
            }
            let is_series = std::ptr::eq(event, &series.event);
            let more = is_series && happens.more;
            let happens_otherwise = is_series && !happens.occurrences.is_empty();
            self.say_what_came(event, more, happens_otherwise, [count, idle, no_time]);
        }
    }

    fn say_about(&mut self, event: &Event) {
        if event.cancelled {
            self.notes.tell(event.line, CANCELLED);
        } else if event.free && !self.reading.free {
            self.notes.tell(
                event.line,
                "marked as free time, so it closes nothing; use --include-free to take it",
            );
        } else if event.tentative {
            self.notes
                .doubt(event.line, "marked as tentative; taken anyway");
        }
    }

    fn say_what_came(
        &mut self,
        event: &Event,
        more: bool,
        happens_otherwise: bool,
        [count, idle, no_time]: [usize; 3],
    ) {
        let (line, through) = (event.line, self.reading.through);
        let notes = &mut self.notes;
        match count {
            0 if more || event.start.date() > self.last => notes.tell(
                line,
                format!(
                    "begins after {through}, so it closes nothing; use --through for later years"
                ),
            ),
            0 if event.changes.is_some() || happens_otherwise => {}
            0 => notes.doubt(line, "never occurs, so it closes nothing"),
            _ if more => notes.tell(
                line,
                format!("continues; its dates are taken through {through}"),
            ),
            _ => {}
        }
        if no_time > 0 {
            notes.tell(line, "has no duration, so it closes nothing");
        }
        if idle > 0 && idle == count {
            notes.tell(
                line,
                "the calendar has no working hours then, so it closes nothing",
            );
        } else if idle > 0 {
            notes.tell(
                line,
                format!("the calendar has no working hours at {idle} of its {count} occurrences"),
            );
        }
    }

    /// Where an event comes from: the file, and the event's UID.
    fn source(&self, event: &Event) -> String {
        let name = Path::new(self.file).file_name().unwrap_or_default();
        let name = writing::seen_alone(&name.to_string_lossy());
        match &event.uid {
            Some(uid) => format!("{name}, UID {uid}"),
            None => format!("{name}, line {}", event.line),
        }
    }
}

const CANCELLED: &str =
    "cancelled, so it closes nothing; what an earlier import closed for it stays closed";

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
