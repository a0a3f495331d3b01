//! The bus position: how far the log is published, and which replica may publish now.

use diesel::{
    OptionalExtension as _, QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    sql_query,
    sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Store, StoreError, branches,
    events::StoredEvent,
    position::{LogPlace, Position},
    rows::{instant, stored_instant},
};

/// The most waiting events that are counted.
const COUNTED: i64 = 10_000;

/// The lease that allows a replica to publish to a topic until it expires or is taken over.
#[derive(Debug, Clone)]
pub struct BusLease {
    topic: String,
    number: i64,
    /// The last published event. `None`: nothing is published yet.
    pub published: Option<Published>,
}

/// A published event, and its position in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    complaint: Uuid,
    sequence: i64,
    /// The position after it.
    pub position: Position,
}

/// The events waiting to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusLag {
    /// How many, up to ten thousand.
    pub events: i64,
    /// When the oldest of them was recorded.
    pub oldest: Option<Timestamp>,
}

impl Published {
    /// Everything up to an event of a page.
    #[must_use]
    pub fn up_to(event: &StoredEvent, branch: Uuid) -> Published {
        Published {
            complaint: event.complaint,
            sequence: event.sequence,
            position: Position {
                branch,
                place: event.place,
            },
        }
    }
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    lease: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    complaint_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    sequence: Option<i64>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    branch: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    xid: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

impl Row {
    fn published(&self) -> Option<Published> {
        Some(Published {
            complaint: self.complaint_id?,
            sequence: self.sequence?,
            position: Position {
                branch: self.branch?,
                place: LogPlace {
                    xid: self.xid?,
                    number: u32::try_from(self.number?).ok()?,
                },
            },
        })
    }
}

#[derive(Debug, QueryableByName)]
struct Xid {
    #[diesel(sql_type = BigInt)]
    xid: i64,
}

#[derive(Debug, QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest: Option<PgTimestamp>,
}

/// These methods block, so do not call them from an async task.
impl Store {
    /// Takes the lease of a topic until an instant. `None`: another replica holds it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn lease_bus(
        &self,
        topic: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<BusLease>, StoreError> {
        let claim = "/* bus.lease */ insert into bus as own (topic, lease, leased_until) values ($1, 1, $3) \
                     on conflict (topic) do update set lease = own.lease + 1, leased_until = excluded.leased_until \
                     where own.leased_until <= $2 returning lease, complaint_id, sequence, branch, xid, number";
        let found: Option<Row> = sql_query(claim)
            .bind::<Text, _>(topic)
            .bind::<Timestamptz, _>(stored_instant(now))
            .bind::<Timestamptz, _>(stored_instant(until))
            .get_result(&mut *self.connection()?)
            .optional()?;
        Ok(found.map(|row| BusLease {
            topic: topic.to_owned(),
            number: row.lease,
            published: row.published(),
        }))
    }

    /// Stores the published position from `lease`, and renews the lease until an instant. Returns whether it was still held.
    ///
    /// # Errors
    /// When the database fails.
    pub fn keep_bus(&self, lease: &BusLease, until: Timestamp) -> Result<bool, StoreError> {
        let update = "/* bus.keep */ update bus set leased_until = $3, complaint_id = $4, sequence = $5, branch = $6, xid = $7, \
                      number = $8 where topic = $1 and lease = $2";
        let published = lease.published.as_ref();
        let place = published.map(|it| it.position.place);
        let kept = sql_query(update)
            .bind::<Text, _>(&lease.topic)
            .bind::<BigInt, _>(lease.number)
            .bind::<Timestamptz, _>(stored_instant(until))
            .bind::<Nullable<SqlUuid>, _>(published.map(|it| it.complaint))
            .bind::<Nullable<BigInt>, _>(published.map(|it| it.sequence))
            .bind::<Nullable<SqlUuid>, _>(published.map(|it| it.position.branch))
            .bind::<Nullable<BigInt>, _>(place.map(|place| place.xid))
            .bind::<Nullable<BigInt>, _>(place.map(|place| i64::from(place.number)))
            .execute(&mut *self.connection()?)?;
        Ok(kept == 1)
    }

    /// Where to resume in a log that was restored from a dump or has lost its end: before the transaction of the last published
    /// event, because other events may share that transaction now. From the beginning if that event is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub fn around(&self, published: Option<&Published>) -> Result<Position, StoreError> {
        let connection = &mut *self.connection()?;
        let branches::Present { branch, .. } = branches::present(connection)?;
        let query = "/* bus.around */ select xid::text::bigint as xid from event where complaint_id = $1 and sequence = $2";
        let found: Option<Xid> = sql_query(query)
            .bind::<Nullable<SqlUuid>, _>(published.map(|it| it.complaint))
            .bind::<Nullable<BigInt>, _>(published.map(|it| it.sequence))
            .get_result(connection)
            .optional()?;
        Ok(Position {
            branch,
            place: LogPlace::behind(found.map_or(0, |found| found.xid - 1)),
        })
    }

    /// The events waiting to be published to a topic.
    ///
    /// # Errors
    /// When the database fails.
    pub fn bus_lag(&self, topic: &str) -> Result<BusLag, StoreError> {
        let query = format!(
            "/* bus.lag */ with last as (select coalesce(max(xid), 0)::text::xid8 as xid from bus where topic = $1), \
             same as (select complaint_id, sequence from bus where topic = $1), \
             waiting as materialized (select e.at from event e where e.xid < pg_snapshot_xmin(pg_current_snapshot()) \
             and e.xid >= (select xid from last) and (e.xid > (select xid from last) \
             or (e.complaint_id, e.sequence) > (select complaint_id, sequence from same)) \
             order by e.xid, e.complaint_id, e.sequence limit {COUNTED}) \
             select count(*) as events, min(at) as oldest from waiting"
        );
        let waiting: Waiting = sql_query(query)
            .bind::<Text, _>(topic)
            .get_result(&mut *self.connection()?)?;
        let oldest = waiting.oldest.map(|at| instant("at", at)).transpose()?;
        Ok(BusLag {
            events: waiting.events,
            oldest,
        })
    }
}
