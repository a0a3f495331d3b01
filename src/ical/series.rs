//! Events with one UID together: the newest version of each, without what is excluded and with what is changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{
    event::{Changes, Event, Version},
    expand::{Occurrences, date_meant, occurrences, wall_beside},
    moment::{Length, Moment, Time, clock, midnight},
    notes::{Fault, Notes},
    recur::Budget,
};

/// One time that something happens.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub(super) start: Moment,
    pub(super) length: Length,
}

/// An event with what was changed about its occurrences.
#[derive(Debug)]
pub(super) struct Series {
    /// None where only changed occurrences of it are in the file.
    pub(super) event: Event,
    /// One for each occurrence, and one for all from some occurrence on, at most.
    changes: Vec<(Event, Changes)>,
}

/// What became of the occurrences of a series.
#[derive(Debug)]
pub(super) struct Happens<'a> {
    /// With the event that says what each is called.
    pub(super) occurrences: Vec<(&'a Event, Occurrence)>,
    /// Whether there are more after the last year of which dates are taken.
    pub(super) more: bool,
}

/// Sorts events into series, in the order of the file.
pub(super) fn series(events: Vec<Event>, notes: &mut Notes) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    let mut by_uid: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let (changed, whole): (Vec<_>, Vec<_>) = events
        .into_iter()
        .partition(|event| event.changes.is_some());
    for event in whole {
        let uid = event.uid.clone();
        let places = uid.map(|uid| by_uid.entry(uid).or_default());
        let other = places.as_ref().and_then(|places| places.last().copied());
        if let Some(known) = other.and_then(|place| all.get_mut(place)) {
            notes.about(event.label());
            if supersedes(&event, &known.event, notes) {
                known.event = event;
                continue;
            }
            if supersedes(&known.event, &event, notes) {
                continue;
            }
            notes.doubt(
                event.line,
                format!(
                    "has the same UID as the event on line {}, but is not a newer version of it; both are taken",
                    known.event.line
                ),
            );
        }
        if let Some(places) = places {
            places.push(all.len());
        }
        all.push(Series {
            event,
            changes: Vec::new(),
        });
    }
    for event in changed {
        let places = event.uid.as_ref().and_then(|uid| by_uid.get(uid));
        let place = places.and_then(|places| places.first());
        let known = place.and_then(|place| all.get_mut(*place));
        match (known, event.changes.clone()) {
            (Some(known), Some(changes)) => known.changes.push((event, changes)),
            _ => {
                notes.about(event.label());
                notes.doubt(
                    event.line,
                    "changes one occurrence of a series that is not in the file; it is taken by itself",
                );
                all.push(Series {
                    event,
                    changes: Vec::new(),
                });
            }
        }
    }
    all
}

/// Whether an event is a newer version of another of its UID, or the same once more. Programs that give one UID to all
/// events do not number versions.
fn supersedes(event: &Event, other: &Event, notes: &mut Notes) -> bool {
    let same = event.start == other.start || event.cancelled || other.cancelled;
    let newer = match event.version.cmp(&other.version) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => same && event.line > other.line,
        std::cmp::Ordering::Less => false,
    };
    if newer {
        notes.tell(
            other.line,
            format!(
                "replaced by the event on line {}, which has the same UID",
                event.line
            ),
        );
    }
    newer
}

impl Series {
    /// Whether nothing about its occurrences was changed.
    pub(super) fn is_unchanged(&self) -> bool {
        self.changes.is_empty() && self.event.except.is_empty()
    }

    /// The line of each changed occurrence, and what it is called.
    pub(super) fn changed(&self) -> impl Iterator<Item = &Event> {
        self.changes.iter().map(|(event, _)| event)
    }

    /// All that happens up to and with `through`.
    pub(super) fn happens(
        &self,
        through: Date,
        zone: &TimeZone,
        budget: &Budget,
        notes: &mut Notes,
    ) -> Result<Happens<'_>, Fault> {
        let event = &self.event;
        notes.about(event.label());
        let all = occurrences(event, through, zone, budget, notes)?;
        let mut live: BTreeSet<DateTime> = all.starts.keys().copied().collect();
        for (except, line) in &event.except {
            for start in self.meant(except, &all, *line, "EXDATE", through, zone, notes) {
                live.remove(&start);
            }
        }
        let (single, later, strays) = self.changed_occurrences(&all, through, zone, notes);
        for (start, change) in single.iter().filter(|(start, _)| !live.contains(*start)) {
            if all.starts.contains_key(start) && !change.cancelled {
                notes.about(change.label());
                notes.doubt(
                    change.line,
                    "EXDATE excludes the occurrence that this event changes; the changed event is taken",
                );
            }
        }
        let mut occurrences = Vec::new();
        for (start, length) in &all.starts {
            if live.contains(start) && !single.contains_key(start) {
                let from = later.range(..=*start).next_back();
                let length = length.unwrap_or(event.length);
                match from {
                    None => {
                        let start = event.start.at(*start);
                        occurrences.push((event, Occurrence { start, length }));
                    }
                    Some((_, change)) if change.cancelled => {}
                    Some((from, change)) => {
                        let moved = from.duration_until(change.start.wall());
                        if let Ok(start) = start.checked_add(moved) {
                            let start = change.start.at(start);
                            let length = change.length;
                            occurrences.push((change, Occurrence { start, length }));
                        }
                    }
                }
            }
        }
        let changed = single.into_values().chain(strays);
        for change in changed.filter(|change| !change.cancelled) {
            let (start, length) = (change.start.clone(), change.length);
            if start.date() <= through {
                occurrences.push((change, Occurrence { start, length }));
            }
        }
        Ok(Happens {
            occurrences,
            more: all.more,
        })
    }

    /// The newest change of each occurrence by the start that it had, of all occurrences from one on, and those that change
    /// none.
    #[allow(clippy::type_complexity, reason = "three lists that are used once")]
    fn changed_occurrences<'a>(
        &'a self,
        all: &Occurrences,
        through: Date,
        zone: &TimeZone,
        notes: &mut Notes,
    ) -> (
        BTreeMap<DateTime, &'a Event>,
        BTreeMap<DateTime, &'a Event>,
        Vec<&'a Event>,
    ) {
        let mut changes: Vec<&(Event, Changes)> = self.changes.iter().collect();
        // Newer versions come later and take the places of older ones.
        changes.sort_by_key(|(event, _)| (&event.version as &Version, event.line));
        let (mut single, mut later) = (BTreeMap::new(), BTreeMap::new());
        let mut strays: Vec<(&Moment, &Event)> = Vec::new();
        for (event, change) in changes {
            notes.about(event.label());
            let starts = self.meant(
                &change.start,
                all,
                change.line,
                "RECURRENCE-ID",
                through,
                zone,
                notes,
            );
            let mut replaced = None;
            match starts.first() {
                Some(start) if change.and_later => replaced = later.insert(*start, event),
                Some(start) => {
                    replaced = single.insert(*start, event);
                    for further in &starts[1..] {
                        single.insert(*further, event);
                    }
                }
                None => {
                    strays.retain(|(start, stray)| {
                        let same = **start == change.start;
                        if same {
                            replaced = Some(*stray);
                        }
                        !same
                    });
                    strays.push((&change.start, event));
                }
            }
            if let Some(old) = replaced {
                notes.tell(
                    old.line,
                    format!(
                        "replaced by the event on line {}, which changes the same occurrence",
                        event.line
                    ),
                );
            }
        }
        (
            single,
            later,
            strays.into_iter().map(|(_, event)| event).collect(),
        )
    }

    /// The starts of the occurrences that an exclusion or a change means. A start that matches none as it is written is
    /// tried in the ways in which programs write it that leave zones out or mix dates and times; either is noted.
    #[allow(
        clippy::too_many_arguments,
        reason = "what it looks in, and what it says"
    )]
    fn meant(
        &self,
        moment: &Moment,
        all: &Occurrences,
        line: usize,
        name: &str,
        through: Date,
        zone: &TimeZone,
        notes: &mut Notes,
    ) -> Vec<DateTime> {
        let event = &self.event;
        let has_own_zone = matches!(&event.start, Moment::Time(Time { zone: Some(_), .. }));
        let has = |wall: &DateTime| all.starts.contains_key(wall);
        let on = |date: Date| -> Vec<DateTime> {
            let next = date.tomorrow().map_or(DateTime::MAX, midnight);
            let range = all.starts.range(midnight(date)..next);
            range.map(|(start, _)| *start).collect()
        };
        let found = match (moment, event.start.is_date()) {
            (Moment::Date(date), true) => on(*date),
            (Moment::Date(date), false) => {
                let found = on(*date);
                if !found.is_empty() {
                    notes.doubt(line, format!("{name} is a date, but the event is not all day; read as what starts on {date}"));
                }
                found
            }
            (Moment::Time(time), true) => {
                let dates = date_meant(time, zone);
                let found = dates.into_iter().map(midnight).find(|wall| has(wall));
                if let Some(found) = found {
                    notes.doubt(
                        line,
                        format!(
                            "{name} is a time, but the event is all day; read as {}",
                            found.date()
                        ),
                    );
                }
                found.into_iter().collect()
            }
            (Moment::Time(time), false) => {
                let exact = wall_beside(time, event, zone).filter(|wall| has(wall));
                let found =
                    exact.or_else(|| self.as_shown(time, zone).into_iter().find(|wall| has(wall)));
                if exact.is_some() && time.zone.is_none() && has_own_zone {
                    notes.doubt(
                        line,
                        format!("{name} has no time zone; read in that of DTSTART"),
                    );
                }
                if let Some(found) = found.filter(|_| exact.is_none()) {
                    notes.doubt(line, format!("{name} {moment} matches no occurrence in its own time zone; read as {} in that of DTSTART", clock(found)));
                }
                found.into_iter().collect()
            }
        };
        // What comes later is not looked at.
        if found.is_empty() && !(all.more && moment.date() > through) {
            let consequence = match name {
                "EXDATE" => "nothing is excluded",
                _ => "the changed event is added and replaces none",
            };
            notes.doubt(
                line,
                format!("{name} {moment} matches no occurrence; {consequence}"),
            );
        }
        found
    }

    /// Other walls that a time may mean: as it is written, and from the calendar's zone.
    fn as_shown(&self, time: &Time, zone: &TimeZone) -> Vec<DateTime> {
        let from_here = Time {
            wall: time.wall,
            zone: time.zone.clone().or_else(|| Some(zone.clone())),
        };
        let own = self.event.zone(zone);
        std::iter::once(time.wall)
            .chain(from_here.wall_in(own))
            .collect()
    }
}
