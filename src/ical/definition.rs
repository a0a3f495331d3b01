//! The zones that a file defines (RFC 5545, section 3.6.5), as zones of jiff.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{
    component::Component,
    moment::{self, Moment, YEARS},
    recur::Budget,
    rule::{Frequency, Rule},
};

/// A change of the clock.
struct Change {
    at: Timestamp,
    /// Seconds east of UTC.
    offset: i32,
}

/// The zone that a `VTIMEZONE` defines, or why it is not one.
pub(super) fn zone(component: &Component, budget: &Budget) -> Result<TimeZone, String> {
    let mut changes = Vec::new();
    let mut before: Option<(DateTime, i32)> = None;
    for observance in &component.inner {
        let from = offset(observance, "TZOFFSETFROM")?;
        let to = offset(observance, "TZOFFSETTO")?;
        for onset in onsets(observance, from, budget)? {
            if before.is_none_or(|(first, _)| onset < first) {
                before = Some((onset, from));
            }
            let at = instant(onset, from).ok_or("a change is out of range")?;
            changes.push(Change { at, offset: to });
        }
    }
    let (_, first) = before.ok_or("it has no STANDARD and no DAYLIGHT")?;
    if budget.is_spent() {
        return Err("it has too many changes".to_owned());
    }
    changes.sort_by_key(|change| change.at);
    changes.dedup_by_key(|change| change.at);
    let bytes = tzif(first, &changes).ok_or("it has too many offsets")?;
    TimeZone::tzif("", &bytes).map_err(|error| error.to_string())
}

/// The wall times at which an observance begins.
fn onsets(observance: &Component, from: i32, budget: &Budget) -> Result<Vec<DateTime>, String> {
    let start = observance.first("DTSTART").ok_or("a part has no DTSTART")?;
    let start = moment::written(start.value.trim()).ok_or("a DTSTART is not understood")?;
    let start = start.moment.wall();
    let mut onsets = vec![start];
    // Outlook's rules begin in 1601. Nothing that happens now needs to look that far back.
    let recent = start.with().year(start.year().max(1970)).build();
    let recent = recent.unwrap_or(start);
    for line in observance.properties("RRULE") {
        let rule = Rule::parse(&line.value, &mut Vec::new())?;
        let within = |onset: &DateTime| match &rule.until {
            None => true,
            Some(Moment::Time(until)) if until.is_utc() => {
                instant(*onset, from) <= until.instant(&TimeZone::UTC)
            }
            Some(Moment::Time(until)) => *onset <= until.wall,
            Some(Moment::Date(date)) => onset.date() <= *date,
        };
        let is_yearly = rule.frequency == Frequency::Yearly && rule.interval == 1;
        let from_start = !is_yearly || rule.count.is_some();
        let walls = rule.walls(if from_start { start } else { recent }, budget);
        onsets.extend(
            walls
                .take(rule.count.unwrap_or(usize::MAX))
                .take_while(within),
        );
    }
    for line in observance.properties("RDATE") {
        for text in line.value.split(',') {
            let text = text.split_once('/').map_or(text, |(start, _)| start);
            let further = moment::written(text.trim()).ok_or("an RDATE is not understood")?;
            onsets.push(further.moment.wall());
        }
    }
    onsets.retain(|onset| onset.year() <= *YEARS.end());
    Ok(onsets)
}

/// A wall time at so many seconds east of UTC.
fn instant(wall: DateTime, offset: i32) -> Option<Timestamp> {
    let offset = jiff::tz::Offset::from_seconds(offset).ok()?;
    offset.to_timestamp(wall).ok()
}

/// Seconds east of UTC, written +hhmm or +hhmmss.
fn offset(observance: &Component, name: &str) -> Result<i32, String> {
    let line = observance
        .first(name)
        .ok_or_else(|| format!("a part has no {name}"))?;
    let text = line.value.trim();
    let read = || {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let digits = digits.replace(':', "");
        let whole = matches!(digits.len(), 4 | 6) && digits.bytes().all(|b| b.is_ascii_digit());
        whole.then_some(())?;
        let part = |from| digits.get(from..from + 2)?.parse::<i32>().ok();
        let seconds = part(0)? * 3600 + part(2)? * 60 + part(4).unwrap_or(0);
        (seconds < 24 * 3600).then_some(sign * seconds)
    };
    read().ok_or_else(|| format!("{name} is not written as +0100"))
}

/// The changes as a file of the tz database (RFC 8536), for that is what jiff makes zones of: an empty block for old readers,
/// and then one with 64-bit times and no rule for what comes after the last change.
fn tzif(first: i32, changes: &[Change]) -> Option<Vec<u8>> {
    let mut offsets = vec![first];
    let mut indices = Vec::with_capacity(changes.len());
    for change in changes {
        let known = offsets.iter().position(|known| *known == change.offset);
        let place = known.unwrap_or_else(|| {
            offsets.push(change.offset);
            offsets.len() - 1
        });
        indices.push(u8::try_from(place).ok()?);
    }
    let mut bytes = block(&offsets[..1], &[], &[])?;
    bytes.extend(block(&offsets, changes, &indices)?);
    bytes.extend(b"\n\n");
    Some(bytes)
}

fn block(offsets: &[i32], changes: &[Change], indices: &[u8]) -> Option<Vec<u8>> {
    /// What jiff expects a zone without a name to be called.
    const NAME: &[u8; 4] = b"own\0";
    let mut block = b"TZif2".to_vec();
    block.extend([0; 15]);
    for count in [0, 0, 0, changes.len(), offsets.len(), NAME.len()] {
        block.extend(u32::try_from(count).ok()?.to_be_bytes());
    }
    for change in changes {
        block.extend(change.at.as_second().to_be_bytes());
    }
    block.extend(indices);
    for offset in offsets {
        block.extend(offset.to_be_bytes());
        // Not summer time, and the first of the names.
        block.extend([0, 0]);
    }
    block.extend(NAME);
    Some(block)
}
