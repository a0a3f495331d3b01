//! What is stored, compared with what the log gives.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{case::Case, clock::Clock, replay::Replay};

impl Replay<'_> {
    /// How what is stored differs from what the log says. Empty: it is proved.
    #[must_use]
    pub fn differences(&self, stored: &Case) -> Vec<Difference> {
        let mut found = Vec::new();
        let replayed_case = self.case();
        let replayed = &replayed_case.complaint;
        compare("complaint", &stored.complaint, replayed, &mut found);
        for misstated in self.standings().misstated() {
            let place = format!("event {}: standing", misstated.sequence);
            match &misstated.stored {
                Some(stored) => compare(&place, stored, &misstated.by_log, &mut found),
                None => found.push(Difference::whole(place, "missing", "there")),
            }
        }
        for clock in &replayed_case.clocks {
            match find(stored, clock) {
                Some(known) => compare_clocks(known, clock, &mut found),
                None => {
                    let place = format!("clock {} cycle {}", clock.name, clock.cycle);
                    found.push(Difference::whole(place, "missing", "there"));
                }
            }
        }
        for clock in &stored.clocks {
            if find(replayed_case, clock).is_none() {
                let place = format!("clock {} cycle {}", clock.name, clock.cycle);
                found.push(Difference::whole(place, "there", "missing"));
            }
        }
        found
    }
}

fn find<'c>(case: &'c Case, clock: &Clock) -> Option<&'c Clock> {
    let same = |other: &&Clock| other.is(&clock.name, clock.cycle);
    case.clocks.iter().find(same)
}

/// One thing that is stored otherwise than the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which: `clock resolution cycle 1: due`.
    pub what: String,
    /// What is stored.
    pub stored: String,
    /// What follows from the log.
    pub replayed: String,
    /// Where it comes from.
    pub cause: Cause,
}

/// Where a difference comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// What is stored, or the log, was changed past the service.
    Contradiction,
    /// The same rule gives another instant since the rules of a time zone are others.
    Zones {
        /// The release of the tz database that gave what is stored.
        counted_with: String,
        /// The release that is in use.
        present: String,
    },
}

impl Difference {
    fn whole(what: String, stored: &str, replayed: &str) -> Self {
        Difference {
            what,
            stored: stored.to_owned(),
            replayed: replayed.to_owned(),
            cause: Cause::Contradiction,
        }
    }

    /// Whether it comes from another release of the tz database alone.
    #[must_use]
    pub fn is_by_zones(&self) -> bool {
        self.cause != Cause::Contradiction
    }
}

/// How far rules of a zone can move an instant: from the zone furthest in the west to the one furthest in the east.
const FURTHEST: SignedDuration = SignedDuration::from_hours(26);

/// Whether another release of the tz database can explain that these two differ in a member: the same term, moved by no more
/// than zones are apart. Anything else was written by somebody.
fn can_be_by_zones(member: &str, stored: &Clock, replayed: &Clock) -> bool {
    let near = |a: Timestamp, b: Timestamp| a.duration_since(b).abs() <= FURTHEST;
    let both_near =
        |a: Option<Timestamp>, b: Option<Timestamp>| a.zip(b).is_some_and(|(a, b)| near(a, b));
    let counts_near = |a: i64, b: i64| i128::from(a.abs_diff(b)) <= FURTHEST.as_micros();
    let term_stands = stored.target == replayed.target;
    term_stands
        && match member {
            "start" => near(stored.start, replayed.start),
            "due" => both_near(stored.due, replayed.due),
            "segment_start" => near(stored.segment_start, replayed.segment_start),
            "counted_before" => counts_near(stored.counted_before, replayed.counted_before),
            "remaining" => stored
                .remaining
                .zip(replayed.remaining)
                .is_some_and(|(a, b)| counts_near(a, b)),
            "next" => stored.next.zip(replayed.next).is_some_and(|(a, b)| {
                (a.step, a.repetition) == (b.step, b.repetition) && near(a.at, b.at)
            }),
            _ => false,
        }
}

/// Whether this names a release of the tz database, such as `2025b`.
fn is_release(text: &str) -> bool {
    text.split_at_checked(4).is_some_and(|(year, letters)| {
        let lettered = !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase());
        lettered && year.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// How a clock as it is stored differs from what follows from the log. Which release of the tz database it was counted with
/// is no difference; where that is another one than now, it explains one that rules of zones can make.
fn compare_clocks(stored: &Clock, replayed: &Clock, found: &mut Vec<Difference>) {
    let place = format!("clock {} cycle {}", replayed.name, replayed.cycle);
    let (counted_with, present) = (&stored.tzdb_version, &replayed.tzdb_version);
    let same_release = Clock {
        tzdb_version: counted_with.clone(),
        ..replayed.clone()
    };
    let mut differences = Vec::new();
    compare(&place, stored, &same_release, &mut differences);
    if counted_with != present && is_release(counted_with) {
        let by_zone = |difference: &&mut Difference| {
            let member = difference.what.rsplit(": ").next();
            member.is_some_and(|member| can_be_by_zones(member, stored, replayed))
        };
        for difference in differences.iter_mut().filter(by_zone) {
            difference.cause = Cause::Zones {
                counted_with: counted_with.clone(),
                present: present.clone(),
            };
        }
    }
    found.append(&mut differences);
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Difference {
            what,
            stored,
            replayed,
            cause,
        } = self;
        match cause {
            Cause::Contradiction => write!(f, "{what}: stored {stored}, by the log {replayed}"),
            Cause::Zones {
                counted_with,
                present,
            } => write!(
                f,
                "{what}: {stored}, counted with tz database {counted_with}; {present} gives {replayed}"
            ),
        }
    }
}

/// Member by member, so that what differs is named.
fn compare<T: serde::Serialize>(
    place: &str,
    stored: &T,
    replayed: &T,
    found: &mut Vec<Difference>,
) {
    let members = |value| match serde_json::to_value(value) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (stored, replayed) = (members(stored), members(replayed));
    // What one side has not, it does not name.
    let names: BTreeSet<&String> = stored.keys().chain(replayed.keys()).collect();
    for name in names {
        let (kept, by_log) = (stored.get(name), replayed.get(name));
        if kept != by_log {
            let shown = |value: Option<&serde_json::Value>| {
                value.map_or_else(|| "null".to_owned(), ToString::to_string)
            };
            let what = format!("{place}: {name}");
            found.push(Difference::whole(what, &shown(kept), &shown(by_log)));
        }
    }
}
