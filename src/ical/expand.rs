//! When an event happens, before anything is taken out of it or changed.

use std::collections::BTreeMap;

use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{
    event::Event,
    moment::{self, Length, Moment, Time, YEARS, midnight},
    notes::{Fault, Notes},
    recur::Budget,
    rule::Rule,
};

/// How often an event may occur: one that occurs more often was made for another purpose.
pub(super) const MOST_OCCURRENCES: usize = 50_000;

/// The occurrences of an event up to some year, by the wall time at which they start in the zone of the event; those of whole
/// days by their midnights.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    /// With the length of one that has its own.
    pub(super) starts: BTreeMap<DateTime, Option<Length>>,
    /// Whether there are more after that year.
    pub(super) more: bool,
}

/// The occurrences up to and with `through`.
pub(super) fn occurrences(
    event: &Event,
    through: Date,
    zone: &TimeZone,
    budget: &Budget,
    notes: &mut Notes,
) -> Result<Occurrences, Fault> {
    let start = event.start.wall();
    let mut all = Occurrences::default();
    if event.rules.is_empty() {
        all.starts.insert(start, None);
    }
    for (rule, line) in &event.rules {
        let (walls, more) = of_rule(event, rule, *line, through, zone, budget, notes)?;
        all.starts
            .extend(walls.into_iter().map(|wall| (wall, None)));
        all.more |= more;
    }
    for (start, length) in &event.extra {
        let wall = match start {
            Moment::Date(date) => Some(midnight(*date)),
            Moment::Time(time) if event.start.is_date() => Some(midnight(time.wall.date())),
            Moment::Time(time) => wall_beside(time, event, zone),
        };
        if let Some(wall) = wall {
            all.starts.insert(wall, *length);
        }
    }
    for (rule, line) in &event.except_rules {
        let (walls, _) = of_rule(event, rule, *line, through, zone, budget, notes)?;
        for wall in walls {
            all.starts.remove(&wall);
        }
    }
    Ok(all)
}

/// The wall time of a moment in the zone of an event. Without a zone of its own, it is read in that one.
pub(super) fn wall_beside(time: &Time, event: &Event, calendar: &TimeZone) -> Option<DateTime> {
    match time.zone {
        None => Some(time.wall),
        Some(_) => time.wall_in(event.zone(calendar)),
    }
}

fn of_rule(
    event: &Event,
    rule: &Rule,
    line: usize,
    through: Date,
    zone: &TimeZone,
    budget: &Budget,
    notes: &mut Notes,
) -> Result<(Vec<DateTime>, bool), Fault> {
    let fault = |reason: &str| Fault {
        line,
        reason: reason.to_owned(),
    };
    let is_exception = event
        .except_rules
        .iter()
        .any(|(own, _)| std::ptr::eq(own, rule));
    let start = event.start.wall();
    let mut rule = rule.clone();
    if event.start.is_date() {
        if rule.frequency < super::rule::Frequency::Daily {
            return Err(fault(
                "the rule repeats within a day, but the event is all day",
            ));
        }
        // The standard passes them over beside a date.
        for times in [&mut rule.hours, &mut rule.minutes, &mut rule.seconds] {
            times.clear();
        }
    }
    let until = rule.until.as_ref();
    let until = until.map(|until| last(until, event, &rule, line, zone, budget, notes));
    if until.is_some_and(|until| until < start) {
        return Ok((Vec::new(), false));
    }
    // The start is the first occurrence, and counts, whether or not the rule falls on it.
    let mut by_rule = rule.walls(start, budget).peekable();
    let falls_on_start = by_rule.peek() == Some(&start);
    if !falls_on_start && !is_exception && !budget.is_spent() {
        notes.doubt(
            line,
            format!(
                "the rule does not match DTSTART, {}, which is taken as the first occurrence",
                event.start
            ),
        );
    }
    let first = (!falls_on_start && !is_exception).then_some(start);
    let mut walls = Vec::new();
    let mut more = false;
    let all = first.into_iter().chain(by_rule);
    let within = all
        .take(rule.count.unwrap_or(usize::MAX))
        .take_while(|wall| until.is_none_or(|until| *wall <= until));
    for wall in within {
        if wall.date() > through {
            more = true;
            break;
        }
        if walls.len() >= MOST_OCCURRENCES {
            return Err(fault("the rule has more than 50000 occurrences"));
        }
        walls.push(wall);
    }
    if budget.is_spent() {
        return Err(fault(
            "the rules of the file up to here are too expensive to expand",
        ));
    }
    Ok((walls, more))
}

/// The last wall time that UNTIL includes, in the zone of the event.
fn last(
    until: &Moment,
    event: &Event,
    rule: &Rule,
    line: usize,
    zone: &TimeZone,
    budget: &Budget,
    notes: &mut Notes,
) -> DateTime {
    let end_of = |date: Date| date.at(23, 59, 59, 0);
    match (&event.start, until) {
        (Moment::Date(_), Moment::Date(date)) => midnight(*date),
        (Moment::Date(_), Moment::Time(time)) => {
            let date = date_meant(time, zone)
                .first()
                .copied()
                .unwrap_or(time.wall.date());
            notes.doubt(
                line,
                format!("UNTIL is a time, but the event is all day; read as {date}"),
            );
            midnight(date)
        }
        (Moment::Time(_), Moment::Date(date)) => {
            notes.doubt(
                line,
                format!("UNTIL is a date, but the event is not all day; read as the end of {date}"),
            );
            end_of(*date)
        }
        (Moment::Time(start), Moment::Time(until)) => match (&start.zone, &until.zone) {
            (None, None) => until.wall,
            (Some(own), None) => {
                if *own != TimeZone::UTC {
                    notes.doubt(
                        line,
                        "UNTIL is not in UTC; read in the time zone of DTSTART",
                    );
                }
                until.wall
            }
            (Some(own), Some(_)) => until.wall_in(own).unwrap_or(until.wall),
            (None, Some(_)) => {
                let instant = until.wall_in(zone).unwrap_or(until.wall);
                let far = instant.max(until.wall).date();
                let mut hits = rule
                    .walls(start.wall, budget)
                    .take(MOST_OCCURRENCES)
                    .take_while(|wall| wall.date() <= far && far.year() <= *YEARS.end())
                    .filter(|wall| *wall == instant || *wall == until.wall);
                let hit: Vec<_> = hits.by_ref().collect();
                let wall = if hit.contains(&until.wall) && !hit.contains(&instant) {
                    until.wall
                } else {
                    instant
                };
                notes.doubt(
                    line,
                    format!(
                        "UNTIL is in UTC, but DTSTART has no time zone; read as {} local time",
                        moment::clock(wall)
                    ),
                );
                wall
            }
        },
    }
}

/// The dates that a point in time may mean beside whole days, the likeliest first: the day that begins then, in the zone of
/// the calendar or as it is written, and then the day in which it lies.
pub(super) fn date_meant(time: &Time, zone: &TimeZone) -> Vec<Date> {
    let here = time.wall_in(zone).unwrap_or(time.wall);
    let begins = |wall: DateTime| (wall == midnight(wall.date())).then_some(wall.date());
    let lies_in = if time.is_utc() {
        [here.date(), time.wall.date()]
    } else {
        [time.wall.date(), here.date()]
    };
    let begun = if time.is_utc() {
        [begins(here), begins(time.wall)]
    } else {
        [begins(time.wall), begins(here)]
    };
    let mut dates = Vec::new();
    for date in begun.into_iter().flatten().chain(lies_in) {
        if !dates.contains(&date) {
            dates.push(date);
        }
    }
    dates
}
