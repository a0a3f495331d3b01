//! From what events close to what a calendar lacks, date by date.

use std::collections::BTreeMap;

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
};

use super::{
    Added, Because, Left, When,
    event::{Closed, Event},
    line::Fault,
    moment::Moment,
};
use crate::calendar::{Calendar, Day, Window, zone};

/// How many dates a file may close: one that closes more was made for another purpose.
const MOST_DATES: usize = 10_000;

/// What all events together close.
#[derive(Default)]
pub(super) struct Closures {
    dates: BTreeMap<Date, Closure>,
    /// Occurrences that close nothing, because nobody works then.
    pub(super) idle: usize,
}

/// What they close of one date.
#[derive(Default)]
struct Closure {
    /// The line of the last event that closes any of it.
    line: usize,
    whole: bool,
    /// In wall time.
    parts: Vec<(DateTime, DateTime)>,
    names: Vec<String>,
    sources: Vec<String>,
}

impl Closures {
    /// Adds one occurrence of an event, which says that it comes from `source`.
    pub(super) fn add(
        &mut self,
        event: &Event,
        start: &Moment,
        source: &str,
        calendar: &Calendar,
    ) -> Result<(), Fault> {
        let closed = event.closes(start, calendar.zone());
        match closed.ok_or_else(|| fault(event, "the event lies out of reach"))? {
            Closed::Dates(first, last) => {
                for date in dates(first, last) {
                    self.on(date, event, source)?.whole = true;
                }
            }
            Closed::Time(from, to) => {
                let mut idle = true;
                // The night before may run into the first date.
                let first = from.date().yesterday().unwrap_or(from.date());
                for date in dates(first, to.date()) {
                    let hours = hours(calendar, date);
                    if hours
                        .iter()
                        .any(|&(opens, closes)| opens < to && from < closes)
                    {
                        self.on(date, event, source)?.parts.push((from, to));
                        idle = false;
                    }
                }
                self.idle += usize::from(idle);
            }
        }
        Ok(())
    }

    fn on(&mut self, date: Date, event: &Event, source: &str) -> Result<&mut Closure, Fault> {
        if self.dates.len() >= MOST_DATES && !self.dates.contains_key(&date) {
            return Err(fault(
                event,
                format!("the file closes more than {MOST_DATES} dates up to this event"),
            ));
        }
        let closure = self.dates.entry(date).or_default();
        closure.line = event.line;
        if let Some(name) = &event.name
            && !closure.names.contains(name)
        {
            closure.names.push(name.clone());
        }
        if !closure.sources.iter().any(|known| known == source) {
            closure.sources.push(source.to_owned());
        }
        Ok(closure)
    }

    /// What the calendar lacks, and what it has decided already.
    pub(super) fn beyond(self, calendar: &Calendar) -> Result<(Vec<Added>, Vec<Left>), Fault> {
        let (mut added, mut left) = (Vec::new(), Vec::new());
        let shown = |date: &Date| !zone::skips(calendar.zone(), *date);
        for (date, closure) in self.dates.into_iter().filter(|(date, _)| shown(date)) {
            match Because::on(date, calendar) {
                Some(because) => left.push(Left {
                    when: When::Date(date),
                    name: joined(&closure.names),
                    because,
                }),
                None => added.push(Added {
                    when: When::Date(date),
                    windows: closure.windows(date, calendar)?,
                    name: joined(&closure.names),
                    source: closure.sources.join("; "),
                }),
            }
        }
        Ok((added, left))
    }
}

impl Because {
    /// What the calendar has decided for a date beyond its weekday.
    pub(super) fn on(date: Date, calendar: &Calendar) -> Option<Self> {
        let special = calendar.special_day(date)?;
        Some(match special.day {
            Day::Working(windows) => Self::Hours(windows.to_vec()),
            Day::Closed(_) | Day::Holiday(_) | Day::NoWindows => {
                Self::Closed(special.name.map(str::to_owned))
            }
        })
    }
}

impl Closure {
    /// What is left of a date's hours.
    fn windows(&self, date: Date, calendar: &Calendar) -> Result<Vec<Window>, Fault> {
        if self.whole {
            return Ok(Vec::new());
        }
        let mut hours = hours(calendar, date);
        for &(from, to) in &self.parts {
            hours = hours
                .into_iter()
                .flat_map(|(opens, closes)| [(opens, closes.min(from)), (opens.max(to), closes)])
                .filter(|(opens, closes)| opens < closes)
                .collect();
        }
        hours
            .into_iter()
            .map(|(opens, closes)| window(date, opens, closes))
            .collect::<Option<_>>()
            .ok_or_else(|| Fault {
                line: self.line,
                reason: format!(
                    "the event leaves a part of the night of {date} that begins after midnight, which is no window of that \
                     date: write both dates' overrides by hand, and take the event out of this file"
                ),
            })
    }
}

fn fault(event: &Event, reason: impl Into<String>) -> Fault {
    Fault {
        line: event.line,
        reason: reason.into(),
    }
}

fn joined(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join("; "))
}

fn dates(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |&date| date <= last)
}

/// A date's windows in wall time.
fn hours(calendar: &Calendar, date: Date) -> Vec<(DateTime, DateTime)> {
    calendar
        .windows_on(date)
        .iter()
        .filter_map(|window| Some((window.opens_on(date)?, window.closes_on(date)?)))
        .collect()
}

/// The window of a date that opens and closes then; none if it opens on another date.
fn window(date: Date, opens: DateTime, closes: DateTime) -> Option<Window> {
    (opens.date() == date).then_some(())?;
    let midnight = date.tomorrow().ok()?.at(0, 0, 0, 0);
    let closes = if closes == midnight {
        "24:00".to_owned()
    } else {
        closes.strftime("%H:%M").to_string()
    };
    format!("{}-{closes}", opens.strftime("%H:%M")).parse().ok()
}
