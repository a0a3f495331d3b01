//! Which zone a `TZID` means (RFC 5545, sections 3.2.19 and 3.6.5).
//!
//! A file may define its zones, and then means those. A definition that agrees with the tz database gives way to it; without
//! a definition, the name decides: an IANA name, a path that ends in one, or a name of Windows.

use std::{cell::RefCell, collections::BTreeMap};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};

use super::{component::Component, definition, moment, notes, recur::Budget, windows};
use crate::calendar::Zones;

/// The zones of a file.
pub(super) struct FileZones<'a> {
    /// By their TZIDs.
    defined: BTreeMap<String, &'a Component>,
    database: Zones,
    /// The last year of which dates are taken.
    through: i16,
    budget: &'a Budget,
    found: RefCell<BTreeMap<String, Result<Found, String>>>,
}

/// A zone, and what is doubtful about it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) zone: TimeZone,
    pub(super) doubt: Option<String>,
}

impl<'a> FileZones<'a> {
    pub(super) fn of(components: &'a [Component], through: i16, budget: &'a Budget) -> Self {
        let mut defined = BTreeMap::new();
        for component in components {
            if let Some(tzid) = component.first("TZID") {
                // Calendars that were joined into one file repeat their zones.
                defined.entry(plain(&tzid.value)).or_insert(component);
            }
        }
        Self {
            defined,
            database: Zones::bundled(),
            through,
            budget,
            found: RefCell::default(),
        }
    }

    /// The zone that a `TZID` names, or why there is none.
    pub(super) fn named(&self, tzid: &str) -> Result<Found, String> {
        let tzid = plain(tzid);
        if let Some(known) = self.found.borrow().get(&tzid) {
            return known.clone();
        }
        let found = self.look_up(&tzid);
        // Said once: it is the same for every event.
        let known = found.clone().map(|found| Found {
            doubt: None,
            ..found
        });
        self.found.borrow_mut().insert(tzid, known);
        found
    }

    fn look_up(&self, tzid: &str) -> Result<Found, String> {
        let shown = notes::shown(tzid);
        let own = self.defined.get(tzid);
        let by_name = self.by_name(tzid).or_else(|| {
            // The programs of Apple and those that use libical say here which zone they mean.
            let location = own?.first("X-LIC-LOCATION")?;
            self.by_name(&plain(&location.value))
        });
        let Some(own) = own else {
            let named = by_name.ok_or_else(|| {
                format!("the time zone \"{shown}\" is unknown, and the file does not define it")
            })?;
            let doubt = named
                .guessed
                .then(|| format!("the time zone \"{shown}\" is read as {}", named.name));
            return Ok(Found {
                zone: named.zone,
                doubt,
            });
        };
        match (definition::zone(own, self.budget), by_name) {
            (Ok(zone), Some(named)) if self.agree(&zone, &named.zone) => Ok(Found {
                zone: named.zone,
                doubt: None,
            }),
            (Ok(zone), named) => {
                let differs = named.filter(|named| !named.guessed);
                let doubt = differs.map(|_| {
                    format!(
                        "the time zone \"{shown}\" is used as the file defines it on line {}, which differs from the tz \
                         database",
                        own.number
                    )
                });
                Ok(Found { zone, doubt })
            }
            (Err(reason), Some(named)) => Ok(Found {
                zone: named.zone,
                doubt: Some(format!(
                    "the definition of the time zone \"{shown}\" on line {} cannot be read ({reason}); {} of the tz database is \
                     used",
                    own.number, named.name
                )),
            }),
            (Err(reason), None) => Err(format!(
                "the definition of the time zone \"{shown}\" on line {} cannot be read: {reason}",
                own.number
            )),
        }
    }

    fn by_name(&self, tzid: &str) -> Option<Named> {
        if let Some(zone) = self.database.named(tzid) {
            return Some(Named {
                name: tzid.to_owned(),
                zone,
                guessed: false,
            });
        }
        let windows = windows::iana_name(tzid).map(str::to_owned);
        let name = windows.or_else(|| end_of_path(tzid, &self.database))?;
        Some(Named {
            zone: self.database.named(&name)?,
            name,
            guessed: true,
        })
    }

    /// Whether two zones show the same time from two years ago or so on. What was before that, many programs leave out.
    fn agree(&self, one: &TimeZone, other: &TimeZone) -> bool {
        let first = self.through.saturating_sub(12);
        let start = |year: i16| {
            let date = Date::new(year, 1, 1).ok()?;
            TimeZone::UTC.to_timestamp(moment::midnight(date)).ok()
        };
        let (Some(from), Some(to)) = (start(first), start(self.through.saturating_add(1))) else {
            return false;
        };
        offsets(one, from, to) == offsets(other, from, to)
    }
}

/// The offsets of a zone, each with the instant from which on it holds.
fn offsets(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Offset)> {
    let mut offsets = vec![(from, zone.to_offset(from))];
    let mut last = from;
    for change in zone.following(from) {
        let at = change.timestamp();
        // After its last change, a zone without a rule for what comes next may give that change again.
        if at <= last || at >= to {
            break;
        }
        last = at;
        let offset = zone.to_offset(at);
        // Some changes are of the name alone.
        if offsets.last().is_some_and(|(_, before)| *before != offset) {
            offsets.push((at, offset));
        }
    }
    offsets
}

struct Named {
    name: String,
    zone: TimeZone,
    /// Whether the name is not itself an IANA name.
    guessed: bool,
}

/// A TZID as it is compared. Some programs put the next parameter into its quotes.
fn plain(tzid: &str) -> String {
    let tzid = tzid.trim().trim_matches('"');
    tzid.split(';').next().unwrap_or(tzid).trim().to_owned()
}

/// The IANA name that a path such as "/freeassociation.sourceforge.net/Tzfile/Europe/Paris" ends in.
fn end_of_path(tzid: &str, database: &Zones) -> Option<String> {
    let mut rest = tzid;
    while let Some((_, end)) = rest.split_once(['/', ':']) {
        if !end.is_empty() && database.named(end).is_some() {
            return Some(end.to_owned());
        }
        rest = end;
    }
    None
}
