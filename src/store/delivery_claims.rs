//! Claims of deliveries, with their leases.

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_query,
    sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use jiff_diesel::Timestamp as At;
use uuid::Uuid;

use super::{
    Store, StoreError,
    rows::bind,
    unnest::{Rows as _, columns},
};

/// The queue of deliveries to one subscription of the events of one complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryLine {
    /// The subscription.
    pub subscription: Uuid,
    /// The complaint.
    pub complaint: Uuid,
}

/// A claimed delivery: until its lease ends, nobody else sends it.
#[derive(Debug, Clone)]
pub struct ClaimedDelivery {
    /// The line that it is the first of.
    pub line: DeliveryLine,
    /// The sequence number of the event in its complaint.
    pub sequence: i64,
    /// The attempt that it was claimed for. A result counts only if no later attempt has begun.
    pub attempt: i32,
    /// Failures so far, which determine the next retry.
    pub failures: i32,
    /// The most recent attempts: JSON.
    pub attempts: String,
}

/// How many deliveries may be claimed for a subscription.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryRoom {
    /// The subscription.
    pub subscription: Uuid,
    /// How many.
    pub deliveries: i64,
}

columns! {
    Rooms { subscription_id: Uuid => SqlUuid, room: i64 => BigInt }
}

impl Store {
    /// Claims one delivery of a subscription, due or not, to probe its receiver. `None`: there is none, or all are in progress.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_probe(
        &self,
        subscription: Uuid,
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<Option<ClaimedDelivery>, StoreError> {
        let statement = "/* delivery.probe */ with picked as (select d.subscription_id, d.complaint_id, d.sequence \
             from delivery d where d.subscription_id = $1 and d.ready and (d.leased_until is null or d.leased_until <= $2) \
             order by d.due_at limit 1 for update skip locked) \
             update delivery own set attempt = own.attempt + 1, leased_until = $3 from picked \
             where own.subscription_id = picked.subscription_id and own.complaint_id = picked.complaint_id \
             and own.sequence = picked.sequence returning own.subscription_id, own.complaint_id, own.sequence, own.attempt, \
             own.failures, own.attempts::text as attempts";
        let connection = &mut *self.connection()?;
        let found: Vec<ProbeRow> = sql_query(statement)
            .bind::<SqlUuid, _>(subscription)
            .bind::<Timestamptz, _>(bind(now))
            .bind::<Timestamptz, _>(bind(lease))
            .load(connection)?;
        Ok(found.into_iter().next().map(Into::into))
    }
}

/// Claims due deliveries, for each subscription as many as there is room for, until the lease ends. None are claimed for a
/// subscription that is not active, or whose receiver is only probed.
pub(super) fn claim(
    rooms: &[DeliveryRoom],
    (now, lease): (Timestamp, Timestamp),
    connection: &mut PgConnection,
) -> Result<Vec<ClaimedDelivery>, StoreError> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    let mut claim = Claim {
        rooms: Rooms::default(),
        now: bind(now),
        lease: bind(lease),
    };
    for room in rooms {
        claim.rooms.subscription_id.push(room.subscription);
        claim.rooms.room.push(room.deliveries);
    }
    let found: Vec<ClaimedRow> = claim.load(connection)?;
    Ok(found.into_iter().map(Into::into).collect())
}

struct Claim {
    rooms: Rooms,
    now: At,
    lease: At,
}

type ClaimedRow = (Uuid, Uuid, i64, i32, i32, String);

impl From<ClaimedRow> for ClaimedDelivery {
    fn from((subscription, complaint, sequence, attempt, failures, attempts): ClaimedRow) -> Self {
        ClaimedDelivery {
            line: DeliveryLine {
                subscription,
                complaint,
            },
            sequence,
            attempt,
            failures,
            attempts,
        }
    }
}

#[derive(Debug, QueryableByName)]
struct ProbeRow {
    #[diesel(sql_type = SqlUuid)]
    subscription_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Integer)]
    failures: i32,
    #[diesel(sql_type = Text)]
    attempts: String,
}

impl From<ProbeRow> for ClaimedDelivery {
    fn from(row: ProbeRow) -> Self {
        let ProbeRow {
            subscription_id,
            complaint_id,
            sequence,
            attempt,
            failures,
            attempts,
        } = row;
        (
            subscription_id,
            complaint_id,
            sequence,
            attempt,
            failures,
            attempts,
        )
            .into()
    }
}

impl QueryId for Claim {
    // As in `deliveries`.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Claim {
    type SqlType = (SqlUuid, SqlUuid, BigInt, Integer, Integer, Text);
}

impl QueryFragment<Pg> for Claim {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("/* delivery.claim */ with moment as (select ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql("::timestamptz as now), picked as (select d.subscription_id, d.complaint_id, d.sequence from moment,");
        self.rooms.unnest(out.reborrow())?;
        out.push_sql(
            "join subscription s on s.id = n.subscription_id and s.state = 'active' and s.open_until is null \
             cross join lateral (select d.subscription_id, d.complaint_id, d.sequence from delivery d \
             where d.subscription_id = n.subscription_id and d.ready and d.due_at <= moment.now \
             and (d.leased_until is null or d.leased_until <= moment.now) order by d.due_at limit n.room \
             for update skip locked) d) \
             update delivery own set attempt = own.attempt + 1, leased_until = ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.lease)?;
        out.push_sql(
            " from picked where own.subscription_id = picked.subscription_id and own.complaint_id = picked.complaint_id \
             and own.sequence = picked.sequence returning own.subscription_id, own.complaint_id, own.sequence, own.attempt, \
             own.failures, own.attempts::text",
        );
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Claim {}
