//! Dates and times as properties write them (RFC 5545, sections 3.3.4, 3.3.5 and 3.3.6).

use jiff::{
    SignedDuration, Span, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::line::{Fault, Line};
use crate::calendar::zone::Zones;

/// The years that an event may lie in: beyond them stand slips of the pen.
pub(super) const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// When something is: a local date, or a point in time.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Moment {
    Date(Date),
    Time(Time),
}

/// Wall time in a zone; without one it floats: it is that reading wherever it is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Time {
    pub(super) wall: DateTime,
    pub(super) zone: Option<TimeZone>,
}

impl Time {
    /// The wall time in another zone at that moment. A reading that a clock change repeats is meant the first time, and one
    /// that it skips as it was before the change (RFC 5545, section 3.3.5).
    pub(super) fn wall_in(&self, zone: &TimeZone) -> Option<DateTime> {
        match &self.zone {
            Some(own) if own != zone => Some(zone.to_datetime(self.instant(own)?)),
            _ => Some(self.wall),
        }
    }

    fn instant(&self, own: &TimeZone) -> Option<Timestamp> {
        own.to_timestamp(self.wall).ok()
    }
}

impl Moment {
    pub(super) fn date(&self) -> Date {
        match self {
            Self::Date(date) => *date,
            Self::Time(time) => time.wall.date(),
        }
    }

    /// The same reading on another date.
    pub(super) fn on(&self, date: Date) -> Self {
        match self {
            Self::Date(_) => Self::Date(date),
            Self::Time(time) => Self::Time(Time {
                wall: date.to_datetime(time.wall.time()),
                zone: time.zone.clone(),
            }),
        }
    }

    /// Whether both are dates, or both are times.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Date(_), Self::Date(_)) | (Self::Time(_), Self::Time(_))
        )
    }

    /// Whether both are the same date, or the same point in time, seen from a zone.
    pub(super) fn is(&self, other: &Self, zone: &TimeZone) -> bool {
        match (self, other) {
            (Self::Date(one), Self::Date(other)) => one == other,
            (Self::Time(one), Self::Time(other)) => one.wall_in(zone) == other.wall_in(zone),
            _ => false,
        }
    }

    /// Whether it comes after the end that a rule sets, seen from a zone. Of a date and a time, the dates count.
    pub(super) fn is_after(&self, end: &Self, zone: &TimeZone) -> bool {
        match (self, end) {
            (Self::Time(own), Self::Time(end)) => own.wall_in(zone) > end.wall_in(zone),
            _ => self.date() > end.date(),
        }
    }
}

/// The one moment of a property.
pub(super) fn moment(line: &Line) -> Result<Moment, Fault> {
    read(line, line.value.trim())
}

/// The moments of a property that may hold several.
pub(super) fn moments(line: &Line) -> Result<Vec<Moment>, Fault> {
    line.value
        .split(',')
        .map(|text| read(line, text.trim()))
        .collect()
}

fn read(line: &Line, text: &str) -> Result<Moment, Fault> {
    let name = &line.name;
    let value = line.parameter("VALUE").unwrap_or_default();
    let value = value.to_ascii_uppercase();
    if !matches!(value.as_str(), "" | "DATE" | "DATE-TIME") {
        return Err(line.fault(format!(
            "{name} with VALUE={value} is not understood: give dates, or points in time"
        )));
    }
    // A plain date is taken for one, though VALUE should say so.
    let moment = basic(text).filter(|moment| match moment {
        Moment::Date(_) => value != "DATE-TIME",
        Moment::Time(_) => value != "DATE",
    });
    let Some(mut moment) = moment else {
        return Err(line.fault(format!(
            "{name} holds \"{text}\": a date is written 20261224 with VALUE=DATE, a time 20261224T170000 or 20261224T170000Z"
        )));
    };
    if !YEARS.contains(&moment.date().year()) {
        return Err(line.fault(format!(
            "{name} holds \"{text}\": events lie in the years {} to {}",
            YEARS.start(),
            YEARS.end()
        )));
    }
    if let (Moment::Time(time), Some(tzid)) = (&mut moment, line.parameter("TZID"))
        && time.zone.is_none()
    {
        let known = Zones::bundled().named(tzid).ok_or_else(|| {
            line.fault(format!(
                "TZID \"{tzid}\" is no zone of the IANA database, such as \"America/Toronto\": write its IANA name"
            ))
        })?;
        time.zone = Some(known);
    }
    Ok(moment)
}

/// A date or a time in the basic form, the time with a Z or without.
pub(super) fn basic(text: &str) -> Option<Moment> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let [year, month, day] = numbers(date, [4, 2, 2])?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let Some(time) = time else {
        return Some(Moment::Date(date));
    };
    let (time, zone) = match time.strip_suffix('Z') {
        Some(time) => (time, Some(TimeZone::UTC)),
        None => (time, None),
    };
    let [hour, minute, second] = numbers(time, [2, 2, 2])?;
    let [hour, minute, second] = [hour, minute, second].map(|n| i8::try_from(n).ok());
    // A leap second counts as the second ahead of it: no calendar knows better.
    let time = jiff::civil::Time::new(hour?, minute?, second?.min(59), 0).ok()?;
    (second? <= 60).then_some(Moment::Time(Time {
        wall: date.to_datetime(time),
        zone,
    }))
}

/// Numbers of so many digits each, and nothing else.
fn numbers(text: &str, widths: [usize; 3]) -> Option<[i16; 3]> {
    let whole =
        text.len() == widths.iter().sum::<usize>() && text.bytes().all(|b| b.is_ascii_digit());
    whole.then_some(())?;
    let mut numbers = [0; 3];
    let mut from = 0;
    for (number, width) in numbers.iter_mut().zip(widths) {
        *number = text.get(from..from + width)?.parse().ok()?;
        from += width;
    }
    Some(numbers)
}

/// How long a `DURATION` lasts, in wall time: a day is 24 hours of it.
pub(super) fn duration(line: &Line) -> Result<SignedDuration, Fault> {
    let text = line.value.trim();
    let span = Some(text.trim_start_matches('+'))
        .filter(|text| text.starts_with('P'))
        .and_then(|text| text.parse::<Span>().ok())
        .filter(|span| span.get_months() == 0 && span.get_years() == 0)
        .and_then(|span| {
            span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
                .ok()
        })
        .filter(|length| *length > SignedDuration::ZERO);
    span.ok_or_else(|| {
        line.fault(format!(
            "DURATION holds \"{text}\": a length is written P1D, P2W, or PT4H30M, and is more than nothing"
        ))
    })
}
