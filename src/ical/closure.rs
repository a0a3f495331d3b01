//! Turns what events close into what a calendar lacks, date by date.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    SignedDuration, ToSpan as _,
    civil::{Date, DateTime},
};

use super::{
    event::Event,
    moment::{Length, Moment, Time},
    notes::Notes,
    outcome::{Added, Because, Left, When},
    series::Occurrence,
};
use crate::calendar::{Calendar, Day, Window};

/// The most dates on which the events of a file may lie: a file with more was made for another purpose.
pub(super) const MOST_DATES: usize = 10_000;

/// What all events together close.
#[derive(Debug, Default)]
pub(super) struct Closures {
    dates: BTreeMap<Date, Closure>,
    /// The dates on which events lie, whatever the calendar says of them: a file that is read again has the same.
    touched: BTreeSet<Date>,
}

/// What they close of one date.
#[derive(Debug, Default)]
struct Closure {
    /// The line of the last event that closes any of it, and what that is called.
    line: usize,
    label: Option<String>,
    whole: bool,
    /// In wall time.
    parts: Vec<(DateTime, DateTime)>,
    names: Vec<String>,
    sources: Vec<String>,
}

/// What becomes of one occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Closes,
    /// It lasts no time.
    LastsNoTime,
    /// Nobody works then.
    Idle,
}

/// What an occurrence closes, in wall time of the calendar's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    /// These dates, both included.
    Dates(Date, Date),
    /// This time, the end not included.
    Time(DateTime, DateTime),
}

impl Closures {
    /// Takes note of the dates on which the occurrences of an event lie. If the file would have more than [`MOST_DATES`],
    /// does nothing and returns false.
    pub(super) fn make_room<'a>(
        &mut self,
        occurrences: impl Iterator<Item = &'a Occurrence>,
        calendar: &Calendar,
    ) -> bool {
        let mut new = BTreeSet::new();
        for occurrence in occurrences {
            let (first, last) = match closed(occurrence, calendar) {
                None => continue,
                Some(Closed::Dates(first, last)) => (first, last),
                Some(Closed::Time(from, to)) => (from.date(), to.date()),
            };
            for date in dates(first, last).filter(|date| !self.touched.contains(date)) {
                new.insert(date);
                if self.touched.len() + new.len() > MOST_DATES {
                    return false;
                }
            }
        }
        self.touched.extend(new);
        true
    }

    /// Adds one occurrence of an event, which says that it comes from `source`.
    pub(super) fn add(
        &mut self,
        event: &Event,
        occurrence: &Occurrence,
        source: &str,
        calendar: &Calendar,
    ) -> Effect {
        match closed(occurrence, calendar) {
            None => Effect::LastsNoTime,
            Some(Closed::Dates(first, last)) => {
                for date in dates(first, last) {
                    self.on(date, event, source).whole = true;
                }
                Effect::Closes
            }
            Some(Closed::Time(from, to)) => {
                let mut effect = Effect::Idle;
                // The night before may run into the first date.
                let first = from.date().yesterday().unwrap_or(from.date());
                for date in dates(first, to.date()) {
                    let hours = hours(calendar, date);
                    let works = hours
                        .iter()
                        .any(|&(opens, closes)| opens < to && from < closes);
                    if works {
                        self.on(date, event, source).parts.push((from, to));
                        effect = Effect::Closes;
                    }
                }
                effect
            }
        }
    }

    fn on(&mut self, date: Date, event: &Event, source: &str) -> &mut Closure {
        let closure = self.dates.entry(date).or_default();
        closure.line = event.line;
        closure.label = event.label().map(str::to_owned);
        if let Some(name) = &event.name
            && !closure.names.contains(name)
        {
            closure.names.push(name.clone());
        }
        if !closure.sources.iter().any(|known| known == source) {
            closure.sources.push(source.to_owned());
        }
        closure
    }

    /// What the calendar lacks, and what it has decided already.
    pub(super) fn beyond(self, calendar: &Calendar, notes: &mut Notes) -> (Vec<Added>, Vec<Left>) {
        let (mut added, mut left) = (Vec::new(), Vec::new());
        for (date, closure) in self.dates {
            if !calendar.has_date(date) {
                notes.about(closure.label.as_deref());
                notes.tell(
                    closure.line,
                    format!("{date} does not exist in the calendar's time zone"),
                );
                continue;
            }
            let (when, name) = (When::Date(date), joined(&closure.names));
            if let Some(because) = Because::on(date, calendar) {
                left.push(Left {
                    when,
                    name,
                    because,
                });
            } else if let Some(windows) = closure.windows(date, calendar) {
                added.push(Added {
                    when,
                    windows,
                    name,
                    source: closure.sources.join("; "),
                });
            } else {
                notes.about(closure.label.as_deref());
                notes.doubt(
                    closure.line,
                    format!(
                        "left out on {date}: the rest of that night would begin after midnight, which no window of that date can \
                         say; write the overrides of both dates by hand"
                    ),
                );
            }
        }
        (added, left)
    }
}

impl Closure {
    /// What is left of a date's hours; none where that cannot be written.
    fn windows(&self, date: Date, calendar: &Calendar) -> Option<Vec<Window>> {
        if self.whole {
            return Some(Vec::new());
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
            .collect()
    }
}

/// What an occurrence closes; nothing where it lasts no time. Part of a minute closes the whole minute, because windows are
/// made of minutes.
fn closed(occurrence: &Occurrence, calendar: &Calendar) -> Option<Closed> {
    let length = occurrence.length;
    match &occurrence.start {
        Moment::Date(first) => {
            let further = jiff::Span::new().try_days(length.in_days() - 1).ok()?;
            let last = first.checked_add(further).ok()?;
            Some(Closed::Dates(*first, last))
        }
        Moment::Time(start) => {
            let from = start.wall_in(calendar.zone())?;
            // Over an hour that the clock repeats, the end may read no later than the start. The length is what is meant.
            let to = match end(start, length, calendar)? {
                to if to <= from => from
                    .checked_add(length.wall)
                    .ok()?
                    .checked_add(length.passing)
                    .ok()?,
                to => to,
            };
            let whole = |at: DateTime| at.with().second(0).subsec_nanosecond(0).build().ok();
            let to = match whole(to)? {
                floor if floor < to => floor.checked_add(SignedDuration::from_mins(1)).ok()?,
                floor => floor,
            };
            (from < to).then_some(Closed::Time(whole(from)?, to))
        }
    }
}

/// When an occurrence ends, in wall time of the calendar's zone.
fn end(start: &Time, length: Length, calendar: &Calendar) -> Option<DateTime> {
    let end = Time {
        wall: start.wall.checked_add(length.wall).ok()?,
        zone: start.zone.clone(),
    };
    if length.passing.is_zero() {
        return end.wall_in(calendar.zone());
    }
    let ended = end
        .instant(calendar.zone())?
        .checked_add(length.passing)
        .ok()?;
    Some(calendar.zone().to_datetime(ended))
}

fn joined(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join("; "))
}

fn dates(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |&date| date <= last)
}

/// A date's windows in wall time.
fn hours(calendar: &Calendar, date: Date) -> Vec<(DateTime, DateTime)> {
    let Day::Working(windows) = calendar.day(date) else {
        return Vec::new();
    };
    windows
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
