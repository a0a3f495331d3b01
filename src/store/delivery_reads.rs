//! Reads deliveries for display, and the events to send.

use std::collections::BTreeMap;

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    data_types::PgTimestamp,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_query,
    sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Store, StoreError,
    events::{self, EventRow, StoredEvent},
    rows::{instant, nearest_instant, word},
    unnest::{Rows as _, columns},
};
use crate::policy::words;

words! {
    /// The state of a delivery.
    DeliveryState {
        /// It is in progress, or waits for its turn.
        Waiting = "waiting",
        Delivered = "delivered",
        /// A dead letter whose line continues.
        Dead = "dead",
        /// A dead letter that holds its line.
        Held = "held",
    }
}

/// A delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The complaint of the event.
    pub complaint: Uuid,
    /// The sequence number of the event.
    pub sequence: i64,
    /// Its state.
    pub state: DeliveryState,
    /// The number of attempts.
    pub attempt: i32,
    /// When the next attempt is due, if it is this event's turn.
    pub due_at: Option<Timestamp>,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was delivered or skipped.
    pub finished_at: Option<Timestamp>,
    /// The most recent attempts: JSON.
    pub attempts: String,
    /// The response to the last one.
    pub answer: Option<String>,
}

/// Selects deliveries of a subscription.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    /// Only dead letters, or only unfinished ones. `None`: all.
    pub only: Option<DeliveriesOnly>,
    /// Only events of this complaint.
    pub complaint: Option<Uuid>,
}

/// A selection of deliveries by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveriesOnly {
    /// Waiting or held.
    Unfinished,
    /// Dead letters.
    GivenUp,
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Bool)]
    ready: bool,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Timestamptz)]
    due_at: PgTimestamp,
    #[diesel(sql_type = Timestamptz)]
    added_at: PgTimestamp,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    finished_at: Option<PgTimestamp>,
    #[diesel(sql_type = Text)]
    attempts: String,
    #[diesel(sql_type = Nullable<Text>)]
    answer: Option<String>,
}

impl TryFrom<Row> for Delivery {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let due_at = row.ready.then(|| instant("due_at", row.due_at));
        let finished_at = row.finished_at.map(|at| instant("finished_at", at));
        Ok(Delivery {
            complaint: row.complaint_id,
            sequence: row.sequence,
            state: word(&row.state)?,
            attempt: row.attempt,
            due_at: due_at.transpose()?,
            added_at: instant("added_at", row.added_at)?,
            finished_at: finished_at.transpose()?,
            attempts: row.attempts,
            answer: row.answer,
        })
    }
}

#[derive(Debug, QueryableByName)]
struct Oldest {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    due_at: PgTimestamp,
}

impl Store {
    /// Deliveries of a subscription, ordered by complaint and sequence number, from the start or after a given one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn deliveries(
        &self,
        subscription: Uuid,
        filter: DeliveryFilter,
        after: Option<(Uuid, i64)>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let only = match filter.only {
            None => "",
            Some(DeliveriesOnly::Unfinished) => "and finished_at is null",
            Some(DeliveriesOnly::GivenUp) => "and state in ('dead', 'held')",
        };
        let complaint = if filter.complaint.is_some() {
            "and complaint_id = $5"
        } else {
            "and $5 = $5"
        };
        let query = format!(
            "/* delivery.list */ select complaint_id, sequence, state, ready, attempt, due_at, added_at, finished_at, \
             attempts::text as attempts, answer from delivery where subscription_id = $1 and (complaint_id, sequence) > ($2, $3) \
             {only} {complaint} order by complaint_id, sequence limit $4"
        );
        let (after, after_sequence) = after.unwrap_or_default();
        self.ask(|connection| {
            let found: Vec<Row> = sql_query(&query)
                .bind::<SqlUuid, _>(subscription)
                .bind::<SqlUuid, _>(after)
                .bind::<BigInt, _>(after_sequence)
                .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .bind::<SqlUuid, _>(filter.complaint.unwrap_or_default())
                .load(connection)?;
            found.into_iter().map(TryInto::try_into).collect()
        })
    }

    /// The events with these numbers of these complaints, with their personal text. Events that do not exist are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub fn events_to_send(
        &self,
        wanted: &[(Uuid, i64)],
    ) -> Result<BTreeMap<(Uuid, i64), StoredEvent>, StoreError> {
        let mut keys = Keys::default();
        for (complaint, sequence) in wanted {
            keys.complaint_id.push(*complaint);
            keys.sequence.push(*sequence);
        }
        let connection = &mut *self.connection()?;
        let rows: Vec<(EventRow, Option<String>)> = ReadEvents(keys).load(connection)?;
        let read = events::read(rows, connection)?.into_iter();
        Ok(read
            .map(|event| ((event.complaint, event.sequence), event))
            .collect())
    }

    /// For each subscription with due deliveries, since when the oldest has been due.
    ///
    /// # Errors
    /// When the database fails.
    pub fn oldest_due_deliveries(&self) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
        let query = "/* delivery.oldest */ select s.id, d.added_at as due_at from subscription s cross join lateral \
             (select added_at from delivery where subscription_id = s.id and ready order by due_at limit 1) d \
             where s.state <> 'deleted'";
        self.ask(|connection| {
            let found: Vec<Oldest> = sql_query(query).load(connection)?;
            let found = found.into_iter();
            Ok(found
                .map(|row| (row.id, nearest_instant(row.due_at)))
                .collect())
        })
    }
}

columns! {
    Keys { complaint_id: Uuid => SqlUuid, sequence: i64 => BigInt }
}

struct ReadEvents(Keys);

impl QueryId for ReadEvents {
    type QueryId = ReadEvents;
    const HAS_STATIC_QUERY_ID: bool = true;
}

type EventColumns = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<EventRow, Pg>>;

impl Query for ReadEvents {
    type SqlType = (EventColumns, Nullable<Text>);
}

impl QueryFragment<Pg> for ReadEvents {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* delivery.events */ select e.complaint_id, e.sequence, e.kind, e.at, e.actor, e.payload::text, e.hash, e.clock, \
             e.cycle, e.step, e.repetition, e.step_due_at, e.standing::text, \
             case when e.kind not in ('filed', 'notice_issued') then p.body::text end from",
        );
        self.0.unnest(out.reborrow())?;
        out.push_sql(
            "join event e on e.complaint_id = n.complaint_id and e.sequence = n.sequence \
             left join personal p on p.complaint_id = e.complaint_id and p.sequence = e.sequence",
        );
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for ReadEvents {}
