//! Instants between the API, a person's words, and the screen.

use std::str::FromStr;

use jiff::{
    SignedDuration, Span, Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

/// A time zone, for showing and reading dates.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl FromStr for Zone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        TimeZone::get(name)
            .map(Zone)
            .map_err(|_| "no such time zone; write an IANA name such as America/Toronto".to_owned())
    }
}

impl From<TimeZone> for Zone {
    fn from(zone: TimeZone) -> Self {
        Zone(zone)
    }
}

impl Zone {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("the zone of this machine")
    }

    /// Weekday, day and time: `Tue 12 May 17:00`.
    #[must_use]
    pub fn short(&self, at: Timestamp) -> String {
        at.to_zoned(self.0.clone())
            .strftime("%a %e %b %H:%M")
            .to_string()
    }

    /// The day, such as `Tuesday, 12 May`, and the time on it.
    #[must_use]
    pub fn day_and_time(&self, at: Timestamp) -> (String, String) {
        let zoned = at.to_zoned(self.0.clone());
        let day = zoned.strftime("%A, %-d %B").to_string();
        (day, zoned.strftime("%H:%M").to_string())
    }

    /// With the year and the zone: `Tue 12 May 2026 17:00 EDT`.
    #[must_use]
    pub fn long(&self, at: Timestamp) -> String {
        at.to_zoned(self.0.clone())
            .strftime("%a %e %b %Y %H:%M %Z")
            .to_string()
    }

    /// Likewise with the seconds, if there are any: `Tue 12 May 2026 17:00:29 EDT`.
    #[must_use]
    pub fn exact(&self, at: Timestamp) -> String {
        let zoned = at.to_zoned(self.0.clone());
        if zoned.second() == 0 {
            return self.long(at);
        }
        zoned.strftime("%a %e %b %Y %H:%M:%S %Z").to_string()
    }

    /// The day that ends at this instant, such as `Mon 11 May`; `None` if it is not midnight.
    #[must_use]
    pub fn day_ended(&self, at: Timestamp) -> Option<String> {
        let zoned = at.to_zoned(self.0.clone());
        let day = zoned.date().yesterday().ok()?;
        (zoned.time() == Time::midnight()).then(|| day.strftime("%a %-d %b").to_string())
    }

    /// An instant of the API in short form, `-` where it is unset.
    #[must_use]
    pub fn short_or_dash(&self, at: Option<prost_types::Timestamp>) -> String {
        instant(at).map_or_else(|| "-".to_owned(), |at| self.short(at))
    }

    /// An instant of the API in long form, `-` where it is unset.
    #[must_use]
    pub fn long_or_dash(&self, at: Option<prost_types::Timestamp>) -> String {
        instant(at).map_or_else(|| "-".to_owned(), |at| self.long(at))
    }

    /// What it is called, if the zone database has it.
    #[must_use]
    pub fn iana_name(&self) -> Option<&str> {
        self.0.iana_name()
    }

    /// Reads an instant as people say it: as [`Zone::read`] does, a date or `today` or `tomorrow` for when that day begins, and
    /// `in 2h`, in any units of time, for as long after `now`.
    ///
    /// # Errors
    /// When it is none of these, in words that say what is expected.
    pub fn read_about(&self, text: &str, now: Timestamp) -> Result<Timestamp, UnreadableTime> {
        let unreadable = || UnreadableTime(text.to_owned());
        let today = now.to_zoned(self.0.clone()).date();
        let day = match text.trim() {
            "today" => Some(today),
            "tomorrow" => today.tomorrow().ok(),
            text => text.parse::<Date>().ok(),
        };
        if let Some(day) = day.filter(|_| !text.contains(['T', ':'])) {
            let begins = day.to_zoned(self.0.clone());
            return begins.map(|at| at.timestamp()).map_err(|_| unreadable());
        }
        if let Some(length) = text.trim().strip_prefix("in ") {
            let length = length.trim().parse::<Span>().map_err(|_| unreadable())?;
            let later = now.to_zoned(self.0.clone()).checked_add(length);
            return later.map(|at| at.timestamp()).map_err(|_| unreadable());
        }
        self.read(text)
    }

    /// Reads an instant: with an offset as it says (`2026-05-12T17:00:00Z`), without one as this zone's wall time.
    ///
    /// # Errors
    /// When it is neither, in words that say what is expected.
    pub fn read(&self, text: &str) -> Result<Timestamp, UnreadableTime> {
        let unreadable = |_| UnreadableTime(text.to_owned());
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(at);
        }
        let wall = text.parse::<DateTime>().map_err(unreadable)?;
        self.0.to_timestamp(wall).map_err(unreadable)
    }
}

/// A text that is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a point in time; write 2026-05-12T17:00, or 2026-05-12T17:00:00Z")]
pub struct UnreadableTime(String);

/// An instant as the API has it, in whole microseconds.
#[must_use]
pub fn api_time(at: Timestamp) -> prost_types::Timestamp {
    let micros = at.as_microsecond();
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        // Below a million times a thousand, so it fits.
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or(0),
    }
}

/// An instant of the API; `None` where it is unset, or lies beyond what can be shown.
#[must_use]
pub fn instant(at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.seconds, at.nanos).ok()
}

/// A length of time in its two largest units: `2 d 3 h`, `45 min`, `12 s`.
#[must_use]
pub fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs().abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let two = |large: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {small_unit}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => two(hours, "h", minutes, "min"),
        _ => two(days, "d", hours, "h"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn toronto() -> Zone {
        "America/Toronto".parse().unwrap()
    }

    #[test]
    fn an_instant_is_shown_in_the_asked_zone() {
        let at: Timestamp = "2026-05-12T21:00:00Z".parse().unwrap();
        assert_eq!(toronto().short(at), "Tue 12 May 17:00");
        assert_eq!(toronto().long(at), "Tue 12 May 2026 17:00 EDT");
        let day = ("Tuesday, 12 May".to_owned(), "17:00".to_owned());
        assert_eq!(toronto().day_and_time(at), day);
        assert_eq!(toronto().short_or_dash(None), "-");
        let long = toronto().long_or_dash(Some(api_time(at)));
        assert_eq!(long, "Tue 12 May 2026 17:00 EDT");
        assert_eq!(toronto().long_or_dash(None), "-");
    }

    #[test]
    fn a_time_without_an_offset_is_wall_time_and_one_with_it_is_not() {
        let at: Timestamp = "2026-05-12T21:00:00Z".parse().unwrap();
        for text in [
            "2026-05-12T17:00",
            "2026-05-12T21:00:00Z",
            "2026-05-12T23:00:00+02:00",
        ] {
            assert_eq!(toronto().read(text), Ok(at), "{text}");
        }
        let error = toronto().read("next week").unwrap_err();
        assert!(error.to_string().contains("2026-05-12T17:00"));
    }

    #[test]
    fn a_time_is_read_as_people_say_it_in_the_readers_zone() {
        // In Toronto, still the day before.
        let now: Timestamp = "2026-05-12T03:30:00Z".parse().unwrap();
        for (said, meant) in [
            ("today", "2026-05-11T04:00:00Z"),
            ("tomorrow", "2026-05-12T04:00:00Z"),
            ("2026-05-13", "2026-05-13T04:00:00Z"),
            ("in 2h", "2026-05-12T05:30:00Z"),
            ("in 1 day", "2026-05-13T03:30:00Z"),
            ("2026-05-12T17:00", "2026-05-12T21:00:00Z"),
            ("2026-05-12T17:00:00Z", "2026-05-12T17:00:00Z"),
        ] {
            assert_eq!(
                toronto().read_about(said, now),
                Ok(meant.parse().unwrap()),
                "{said}"
            );
        }
        for wrong in ["yesterday-ish", "in two days", "2026-13-01", ""] {
            assert!(toronto().read_about(wrong, now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_instant_goes_to_the_api_and_back() {
        for text in ["2026-05-12T21:00:00.123456Z", "1969-12-31T23:59:59.5Z"] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(instant(Some(api_time(at))), Some(at));
        }
        let beyond = prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        };
        assert_eq!(instant(Some(beyond)), None);
    }

    #[test]
    fn a_length_is_told_in_its_two_largest_units() {
        for (seconds, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_600, "1 h"),
            (3_661, "1 h 1 min"),
            (86_400, "1 d"),
            (-183_600, "2 d 3 h"),
        ] {
            assert_eq!(span(SignedDuration::from_secs(seconds)), told);
        }
    }
}
