//! Messages to staff: added while the log is read, and for each day's digest.

use diesel::{
    OptionalExtension as _, QueryResult, QueryableByName, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_query,
    sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::{Timestamp, civil::Date};
use jiff_diesel::Timestamp as At;
use uuid::Uuid;

use super::{
    Store, StoreError, branches,
    position::{LogPlace, Position},
    rows::bind,
    unnest::{Rows as _, columns},
};
use crate::policy::words;

words! {
    /// The kind of a message.
    StaffMessageKind {
        /// A promise is due, or overdue.
        Reminder = "reminder",
        /// A promise was breached.
        Breached = "breached",
        /// A complaint is eligible for escalation.
        EscalationEligible = "escalation_eligible",
        /// A notice could not be delivered to the customer.
        NoticeFailed = "notice_failed",
        /// A subscription was disabled.
        SubscriptionDisabled = "subscription_disabled",
        /// Everything that is overdue, or will be by the end of the next day.
        Digest = "digest",
    }
}

words! {
    /// The means of sending a message.
    StaffMeans {
        /// By mail.
        Mail = "mail",
        /// By posting to a URL.
        Webhook = "webhook",
    }
}

/// A message about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStaffMessage {
    /// A new id.
    pub id: Uuid,
    /// Its kind.
    pub kind: StaffMessageKind,
    /// The addressee's normalized name.
    pub addressee: String,
    /// The complaint.
    pub complaint: Uuid,
    /// The event's sequence number.
    pub sequence: i64,
    /// The promise that it is about, by clock and cycle.
    pub promise: Option<(String, i32)>,
    /// Whether the addressee is the fallback, because nobody else could be notified.
    pub last_resort: bool,
    /// The means to try first.
    pub means: StaffMeans,
    /// Whether the addressee's next digest reports it.
    pub for_digest: bool,
    /// When to send it; for a digest: the time by which a digest must have reported it, otherwise somebody else is notified.
    pub send_at: Timestamp,
}

/// A digest to send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDigest {
    /// A new id.
    pub id: Uuid,
    /// The addressee.
    pub addressee: String,
    /// The day in the addressee's time zone.
    pub day: Date,
    /// The means to try first.
    pub means: StaffMeans,
}

columns! {
    MessageRows {
        id: Uuid => SqlUuid, kind: String => Text, addressee: String => Text, complaint_id: Uuid => SqlUuid,
        sequence: i64 => BigInt, clock: Option<String> => Nullable<Text>, cycle: Option<i32> => Nullable<Integer>,
        last_resort: bool => Bool, means: String => Text, for_digest: bool => Bool, send_at: At => Timestamptz,
    }
}

columns! {
    DigestRows { id: Uuid => SqlUuid, addressee: String => Text, day: String => Text, means: String => Text }
}

impl MessageRows {
    fn of(messages: &[NewStaffMessage]) -> Self {
        let mut rows = MessageRows::default();
        for message in messages {
            let (clock, cycle) = message.promise.clone().unzip();
            rows.id.push(message.id);
            rows.kind.push(message.kind.to_string());
            rows.addressee.push(message.addressee.clone());
            rows.complaint_id.push(message.complaint);
            rows.sequence.push(message.sequence);
            rows.clock.push(clock);
            rows.cycle.push(cycle);
            rows.last_resort.push(message.last_resort);
            rows.means.push(message.means.to_string());
            rows.for_digest.push(message.for_digest);
            rows.send_at.push(bind(message.send_at));
        }
        rows
    }
}

/// Moves the position and adds the messages up to it, or does neither: if another process has moved the position meanwhile, it
/// has added the same messages.
struct Advance {
    from: StoredPosition,
    to: StoredPosition,
    now: At,
    rows: MessageRows,
}

impl QueryId for Advance {
    // The query is identified by its text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Advance {
    type SqlType = BigInt;
}

impl QueryFragment<Pg> for Advance {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("/* staff.advance */ with moved as (update staff_position set branch = ");
        out.push_bind_param::<SqlUuid, _>(&self.to.branch)?;
        out.push_sql(", xid = ");
        out.push_bind_param::<BigInt, _>(&self.to.xid)?;
        out.push_sql(", number = ");
        out.push_bind_param::<BigInt, _>(&self.to.number)?;
        out.push_sql(" where branch = ");
        out.push_bind_param::<SqlUuid, _>(&self.from.branch)?;
        out.push_sql(" and xid = ");
        out.push_bind_param::<BigInt, _>(&self.from.xid)?;
        out.push_sql(" and number = ");
        out.push_bind_param::<BigInt, _>(&self.from.number)?;
        out.push_sql(
            " returning 1), added as (insert into staff_message (id, kind, addressee, complaint_id, sequence, clock, cycle, \
             last_resort, means, for_digest, send_at, state, created_at) \
             select id, kind, addressee, complaint_id, sequence, clock, cycle, last_resort, means, for_digest, send_at, \
             'waiting', ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" from");
        self.rows.unnest(out.reborrow())?;
        out.push_sql(
            "where exists (select from moved) on conflict do nothing) select count(*) from moved",
        );
        Ok(())
    }
}

impl RunQueryDsl<diesel::PgConnection> for Advance {}

/// Adds digests, except where the addressee has one for the day already, whatever its outcome.
struct AddDigests {
    now: At,
    rows: DigestRows,
}

impl QueryId for AddDigests {
    // As above.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for AddDigests {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* staff.digests */ insert into staff_message (id, kind, addressee, day, means, send_at, state, created_at) \
             select id, 'digest', addressee, day::date, means, ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(", 'waiting', ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" from");
        self.rows.unnest(out.reborrow())?;
        out.push_sql("on conflict do nothing");
        Ok(())
    }
}

impl RunQueryDsl<diesel::PgConnection> for AddDigests {}

/// A stored position.
#[derive(Debug, QueryableByName)]
struct StoredPosition {
    #[diesel(sql_type = SqlUuid)]
    branch: Uuid,
    #[diesel(sql_type = BigInt)]
    xid: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl From<Position> for StoredPosition {
    fn from(position: Position) -> Self {
        StoredPosition {
            branch: position.branch,
            xid: position.place.xid,
            number: position.place.number.into(),
        }
    }
}

impl From<StoredPosition> for Position {
    fn from(stored: StoredPosition) -> Self {
        Position {
            branch: stored.branch,
            place: LogPlace {
                xid: stored.xid,
                // Stored from a `u32`.
                number: u32::try_from(stored.number).unwrap_or(u32::MAX),
            },
        }
    }
}

impl Store {
    /// The position up to which the log was read for staff. The first read starts at the present end: earlier events are only
    /// reported in digests.
    ///
    /// # Errors
    /// When the database fails.
    pub fn staff_position(&self) -> Result<Position, StoreError> {
        self.ask(|connection| {
            let select = "/* staff.position */ select branch, xid, number from staff_position";
            let found: Option<StoredPosition> =
                sql_query(select).get_result(connection).optional()?;
            if let Some(found) = found {
                return Ok(found.into());
            }
            let end = StoredPosition::from(branches::end(connection)?);
            sql_query(
                "/* staff.begin */ insert into staff_position (branch, xid, number) values ($1, $2, $3) on conflict do nothing",
            )
            .bind::<SqlUuid, _>(end.branch)
            .bind::<BigInt, _>(end.xid)
            .bind::<BigInt, _>(end.number)
            .execute(connection)?;
            let begun: StoredPosition = sql_query(select).get_result(connection)?;
            Ok(begun.into())
        })
    }

    /// Moves the position and adds the messages for the events up to it, in one transaction. Returns whether it did: if another
    /// process has moved the position meanwhile, nothing is added.
    ///
    /// # Errors
    /// When the database fails. Then it did neither, or both.
    pub fn advance_staff_position(
        &self,
        (from, to): (Position, Position),
        messages: &[NewStaffMessage],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let advance = Advance {
            from: from.into(),
            to: to.into(),
            now: bind(now),
            rows: MessageRows::of(messages),
        };
        let moved: i64 = advance.get_result(&mut *self.connection()?)?;
        Ok(moved > 0)
    }

    /// Adds digests to be sent now; existing ones for the same day stay unchanged.
    ///
    /// # Errors
    /// When the database fails.
    pub fn add_digests(&self, digests: &[NewDigest], now: Timestamp) -> Result<(), StoreError> {
        let mut rows = DigestRows::default();
        for digest in digests {
            rows.id.push(digest.id);
            rows.addressee.push(digest.addressee.clone());
            rows.day.push(digest.day.to_string());
            rows.means.push(digest.means.to_string());
        }
        let now = bind(now);
        AddDigests { now, rows }.execute(&mut *self.connection()?)?;
        Ok(())
    }

    /// Deletes messages that ended before this instant, a bounded number per call, unless another process is doing so. Returns
    /// how many; zero: none are left, or another process is doing it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_staff_messages(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.forget(
            "/* staff.forget */ delete from staff_message where id in \
             (select id from staff_message where ended_at < $1 order by ended_at, id limit 5000)",
            before,
        )
    }
}
