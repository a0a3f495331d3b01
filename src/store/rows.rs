//! Between the domain's values and the columns.

use std::collections::BTreeMap;

use diesel::{Queryable, Selectable, data_types::PgTimestamp};
use jiff::Timestamp;
use jiff_diesel::{Timestamp as At, ToDiesel as _};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{StoreError, schema};
use crate::{
    calendar::TimeBase,
    domain::{Case, Clock, ClockState, Complaint, NextStep, Notice, Target},
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

/// The labels of a complaint as they are searched for: `key=value` each, and nothing where there are none.
pub(super) fn labels(complaint: &Complaint) -> Option<Vec<String>> {
    let labels = complaint.labels.iter();
    let labels: Vec<String> = labels
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    (!labels.is_empty()).then_some(labels)
}

/// An instant after every other.
const NEVER: PgTimestamp = PgTimestamp(i64::MAX);

/// When the first running clock of a complaint falls due, as its column holds it: of what is open and has none, never; `None`: it
/// is over and owes nothing.
pub(super) fn next_due(case: &Case) -> Option<PgTimestamp> {
    let next = case.next_promise().and_then(|clock| clock.due);
    let open = !case.complaint.state.is_terminal();
    next.map(stored_instant).or(open.then_some(NEVER))
}

/// A count as an `integer` column holds it.
pub(super) fn integer(count: impl TryInto<i32>) -> Result<i32, StoreError> {
    count
        .try_into()
        .map_err(|_| StoreError::Corrupt("a count is too large for its column".to_owned()))
}

pub(super) fn count<T: TryFrom<i32>>(integer: i32) -> Result<T, StoreError> {
    T::try_from(integer).map_err(|_| StoreError::Corrupt("a count is negative".to_owned()))
}

pub(super) fn word<T: std::str::FromStr>(text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| StoreError::corrupt("a word", error))
}

/// 1 January 2000, from which Postgres counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// An instant that was read as the number it is stored as. Not every number is one: a column may also hold `infinity`. Read
/// this way, such a row can be told from the others of its page.
pub(super) fn instant(column: &str, at: PgTimestamp) -> Result<Timestamp, StoreError> {
    let at = at.0.checked_add(EPOCH).map(Timestamp::from_microsecond);
    at.and_then(Result::ok)
        .ok_or_else(|| StoreError::corrupt(column, "it holds no instant"))
}

/// As it is stored.
pub(super) fn stored_instant(at: Timestamp) -> PgTimestamp {
    PgTimestamp(at.as_microsecond().saturating_sub(EPOCH))
}

fn optional(column: &str, at: Option<PgTimestamp>) -> Result<Option<Timestamp>, StoreError> {
    at.map(|at| instant(column, at)).transpose()
}

/// As [`instant`], where only the order matters: what lies before or after every instant is the first or the last one.
pub(super) fn nearest_instant(at: PgTimestamp) -> Timestamp {
    instant("", at).unwrap_or(if at.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Says which row could not be read.
pub(super) fn of_row(row: impl std::fmt::Display, error: StoreError) -> StoreError {
    match error {
        StoreError::Corrupt(why) => StoreError::Corrupt(format!("{row}: {why}")),
        other => other,
    }
}

/// Columns that are set together or not at all.
pub(super) fn incomplete(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} is stored in part"))
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
    pub(super) started_at: PgTimestamp,
    due_at: Option<PgTimestamp>,
    target: String,
    pub(super) stopped_at: Option<PgTimestamp>,
    breached_at: Option<PgTimestamp>,
    segment_start: PgTimestamp,
    counted_before: i64,
    remaining: Option<i64>,
    next_fire_at: Option<PgTimestamp>,
    next_step: Option<i32>,
    next_repetition: Option<i32>,
    calendar: String,
    calendar_version: String,
    tzdb_version: String,
    pub(super) put_aside_until: Option<PgTimestamp>,
}

/// What is stored of a clock in another form than it is worked with.
struct ClockParts {
    state: ClockState,
    target: Target,
    start: Timestamp,
    due: Option<Timestamp>,
    stop: Option<Timestamp>,
    breached_at: Option<Timestamp>,
    segment_start: Timestamp,
    next: Option<NextStep>,
}

impl ClockParts {
    fn of(row: &ClockRow) -> Result<Self, StoreError> {
        let next = match (row.next_step, row.next_repetition, row.next_fire_at) {
            (Some(step), Some(repetition), Some(at)) => Some(NextStep {
                step: count(step)?,
                repetition: count(repetition)?,
                at: instant("next_fire_at", at)?,
            }),
            (None, None, None) => None,
            _ => return Err(incomplete("its next step")),
        };
        Ok(ClockParts {
            state: word(&row.state)?,
            target: match row.target.as_str() {
                PROMISED_WORKING => Target::Promised(TimeBase::Working),
                PROMISED_ELAPSED => Target::Promised(TimeBase::Elapsed),
                SET_WORKING => Target::SetByBody(TimeBase::Working),
                SET_ELAPSED => Target::SetByBody(TimeBase::Elapsed),
                term => Target::Term(word(term)?),
            },
            start: instant("started_at", row.started_at)?,
            due: optional("due_at", row.due_at)?,
            stop: optional("stopped_at", row.stopped_at)?,
            breached_at: optional("breached_at", row.breached_at)?,
            segment_start: instant("segment_start", row.segment_start)?,
            next,
        })
    }
}

impl TryFrom<ClockRow> for Clock {
    type Error = StoreError;

    fn try_from(row: ClockRow) -> Result<Self, Self::Error> {
        let parts = ClockParts::of(&row).map_err(|error| {
            of_row(
                format_args!("clock {} cycle {}", row.name, row.cycle),
                error,
            )
        })?;
        Ok(Clock {
            state: parts.state,
            target: parts.target,
            name: row.name,
            cycle: row.cycle,
            start: parts.start,
            due: parts.due,
            stop: parts.stop,
            breached_at: parts.breached_at,
            segment_start: parts.segment_start,
            counted_before: row.counted_before,
            remaining: row.remaining,
            next: parts.next,
            calendar: row.calendar,
            calendar_version: row.calendar_version,
            tzdb_version: row.tzdb_version,
        })
    }
}

/// A notice without its words.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::notice)]
pub(super) struct NoticeRow {
    pub(super) sequence: i64,
    kind: String,
    text_version: String,
    language: String,
    channel: String,
    at: PgTimestamp,
}

impl TryFrom<NoticeRow> for Notice {
    type Error = StoreError;

    fn try_from(row: NoticeRow) -> Result<Self, Self::Error> {
        let sequence = row.sequence;
        let read = || -> Result<Notice, StoreError> {
            Ok(Notice {
                sequence,
                kind: word(&row.kind)?,
                text_version: row.text_version,
                language: word(&row.language)?,
                channel: word(&row.channel)?,
                at: instant("at", row.at)?,
                text: String::new(),
                addressee: None,
                fate: None,
                attempts: 0,
            })
        };
        read().map_err(|error| of_row(format_args!("notice {sequence}"), error))
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
