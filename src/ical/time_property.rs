//! The times of a property, in the zone that it names.

use jiff::civil::Time as TimeOfDay;

use super::{
    line::Line,
    moment::{Moment, Written, YEARS, written},
    notes::{Fault, shown},
    zones::FileZones,
};

/// Reads a property's value, or one of its values, in the zone that it names. What is not written as the standard requires
/// is noted in `doubts`.
pub(super) fn read(
    line: &Line,
    text: &str,
    zones: &FileZones<'_>,
    doubts: &mut Vec<String>,
) -> Result<Moment, Fault> {
    let name = &line.name;
    let text = text.trim();
    let value = line.parameter("VALUE").unwrap_or_default();
    let value = value.to_ascii_uppercase();
    let Some(Written { mut moment, plain }) = written(text) else {
        return Err(line.fault(format!(
            "{name} is \"{}\"; a date is written 20261224 and a time 20261224T170000",
            shown(text)
        )));
    };
    if !plain {
        doubts.push(format!("{name} is \"{text}\"; read as {moment}"));
    }
    match (&moment, value.as_str()) {
        (Moment::Time(time), "DATE") if time.wall.time() == TimeOfDay::midnight() => {
            moment = Moment::Date(moment.date());
            doubts.push(format!(
                "{name} has VALUE=DATE but is a time; read as a date"
            ));
        }
        (Moment::Time(_), "DATE") => doubts.push(format!(
            "{name} has VALUE=DATE but is a time; read as a time"
        )),
        (Moment::Date(_), "") if plain => doubts.push(format!(
            "{name} is a date but lacks VALUE=DATE; read as a date"
        )),
        (Moment::Date(_), "DATE-TIME") => doubts.push(format!(
            "{name} has VALUE=DATE-TIME but is a date; read as a date"
        )),
        _ => {}
    }
    if !YEARS.contains(&moment.date().year()) {
        return Err(line.fault(format!(
            "{name} is \"{text}\"; only the years {} to {} are read",
            YEARS.start(),
            YEARS.end()
        )));
    }
    if let (Moment::Time(time), Some(tzid)) = (&mut moment, line.parameter("TZID"))
        && time.zone.is_none()
    {
        match zones.named(tzid) {
            Ok(found) => {
                doubts.extend(found.doubt);
                time.zone = Some(found.zone);
            }
            // If the start is understood, everything else can be read in its zone.
            Err(reason) if name != "DTSTART" => {
                doubts.push(format!(
                    "{reason}; {name} is read in the time zone of DTSTART"
                ));
            }
            Err(reason) => return Err(line.fault(reason)),
        }
    }
    Ok(moment)
}
