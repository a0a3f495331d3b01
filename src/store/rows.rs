//! Between the domain's values and the columns.

use std::collections::BTreeMap;

use diesel::{Queryable, Selectable};
use jiff::Timestamp;
use jiff_diesel::{Timestamp as At, ToDiesel as _};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{StoreError, read::StoredEvent, schema};
use crate::{
    calendar::TimeBase,
    domain::{Clock, Event, Firing, NextStep, Notice, Target},
};

pub(super) fn write_json<T: Serialize>(what: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt(what, error))
}

pub(super) fn read_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        // serde's own words may quote what is stored, which may be personal; its place is enough to find it.
        let place = format!("line {}, column {}", error.line(), error.column());
        StoreError::corrupt(what, place)
    })
}

/// A count as an `integer` column holds it.
pub(super) fn integer(count: impl TryInto<i32>) -> Result<i32, StoreError> {
    count
        .try_into()
        .map_err(|_| StoreError::Corrupt("a count is too large for its column".to_owned()))
}

fn count<T: TryFrom<i32>>(integer: i32) -> Result<T, StoreError> {
    T::try_from(integer).map_err(|_| StoreError::Corrupt("a count is negative".to_owned()))
}

pub(super) fn word<T: std::str::FromStr>(text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| StoreError::corrupt("a word", error))
}

fn instant(at: Option<At>) -> Option<Timestamp> {
    at.map(At::to_jiff)
}

/// A target is stored as the policy writes it, or as one of these.
const PROMISED_WORKING: &str = "promised, in working time";
const PROMISED_ELAPSED: &str = "promised, in elapsed time";
const SET_WORKING: &str = "set by the body, in working time";
const SET_ELAPSED: &str = "set by the body, in elapsed time";

pub(super) fn write_target(target: &Target) -> String {
    match target {
        Target::Promised(TimeBase::Working) => PROMISED_WORKING.to_owned(),
        Target::Promised(TimeBase::Elapsed) => PROMISED_ELAPSED.to_owned(),
        Target::SetByBody(TimeBase::Working) => SET_WORKING.to_owned(),
        Target::SetByBody(TimeBase::Elapsed) => SET_ELAPSED.to_owned(),
        Target::Term(term) => term.to_string(),
    }
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = schema::clock)]
pub(super) struct ClockRow {
    pub(super) complaint_id: Uuid,
    pub(super) name: String,
    pub(super) cycle: i32,
    state: String,
    #[diesel(deserialize_as = At)]
    started_at: Timestamp,
    due_at: Option<At>,
    target: String,
    stopped_at: Option<At>,
    breached_at: Option<At>,
    #[diesel(deserialize_as = At)]
    segment_start: Timestamp,
    counted_before: i64,
    remaining: Option<i64>,
    next_fire_at: Option<At>,
    next_step: Option<i32>,
    next_repetition: Option<i32>,
    calendar: String,
    calendar_version: String,
    tzdb_version: String,
    pub(super) put_aside_until: Option<At>,
}

impl TryFrom<ClockRow> for Clock {
    type Error = StoreError;

    fn try_from(row: ClockRow) -> Result<Self, Self::Error> {
        let next = match (row.next_step, row.next_repetition, row.next_fire_at) {
            (Some(step), Some(repetition), Some(at)) => Some(NextStep {
                step: count(step)?,
                repetition: count(repetition)?,
                at: at.to_jiff(),
            }),
            _ => None,
        };
        Ok(Clock {
            state: word(&row.state)?,
            target: match row.target.as_str() {
                PROMISED_WORKING => Target::Promised(TimeBase::Working),
                PROMISED_ELAPSED => Target::Promised(TimeBase::Elapsed),
                SET_WORKING => Target::SetByBody(TimeBase::Working),
                SET_ELAPSED => Target::SetByBody(TimeBase::Elapsed),
                term => Target::Term(word(term)?),
            },
            name: row.name,
            cycle: row.cycle,
            start: row.started_at,
            due: instant(row.due_at),
            stop: instant(row.stopped_at),
            breached_at: instant(row.breached_at),
            segment_start: row.segment_start,
            counted_before: row.counted_before,
            remaining: row.remaining,
            next,
            calendar: row.calendar,
            calendar_version: row.calendar_version,
            tzdb_version: row.tzdb_version,
        })
    }
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::event)]
pub(super) struct EventRow {
    pub(super) complaint_id: Uuid,
    sequence: i64,
    pub(super) kind: String,
    #[diesel(deserialize_as = At)]
    at: Timestamp,
    actor: String,
    payload: String,
    hash: Vec<u8>,
    clock: Option<String>,
    cycle: Option<i32>,
    step: Option<i32>,
    repetition: Option<i32>,
    step_due_at: Option<At>,
}

impl EventRow {
    pub(super) fn into_event(self, text: Option<String>) -> Result<StoredEvent, StoreError> {
        let firing = match (
            self.clock,
            self.cycle,
            self.step,
            self.repetition,
            self.step_due_at,
        ) {
            (Some(clock), Some(cycle), Some(step), Some(repetition), Some(due)) => Some(Firing {
                clock,
                cycle,
                step: count(step)?,
                repetition: count(repetition)?,
                due: due.to_jiff(),
            }),
            _ => None,
        };
        Ok(StoredEvent {
            complaint: self.complaint_id,
            position: 0,
            sequence: self.sequence,
            kind: self.kind,
            at: self.at,
            actor: self.actor,
            payload: self.payload,
            firing,
            hash: self.hash,
            text,
        })
    }
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, Self::Error> {
        let row = row.into_event(None)?;
        let fact = read_json(&format!("event {}", row.sequence), &row.payload)?;
        Ok(Event {
            sequence: row.sequence,
            at: row.at,
            actor: row.actor,
            fact,
            payload: row.payload,
            firing: row.firing,
            hash: row.hash,
        })
    }
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::notice)]
pub(super) struct NoticeRow {
    sequence: i64,
    kind: String,
    text_version: String,
    language: String,
    channel: String,
    #[diesel(deserialize_as = At)]
    at: Timestamp,
    text: Option<String>,
}

impl TryFrom<NoticeRow> for Notice {
    type Error = StoreError;

    fn try_from(row: NoticeRow) -> Result<Self, Self::Error> {
        Ok(Notice {
            sequence: row.sequence,
            kind: word(&row.kind)?,
            text_version: row.text_version,
            language: word(&row.language)?,
            channel: word(&row.channel)?,
            at: row.at,
            text: row.text.unwrap_or_default(),
        })
    }
}

/// An instant as a bound value.
pub(super) fn bind(at: Timestamp) -> At {
    at.to_diesel()
}

/// Sorted by the complaint that they belong to; the rows of one stay in their order.
pub(super) fn by_complaint<T>(
    rows: Vec<T>,
    complaint: impl Fn(&T) -> Uuid,
) -> BTreeMap<Uuid, Vec<T>> {
    let mut sorted: BTreeMap<Uuid, Vec<T>> = BTreeMap::new();
    for row in rows {
        sorted.entry(complaint(&row)).or_default().push(row);
    }
    sorted
}
