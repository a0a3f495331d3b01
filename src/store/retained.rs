//! Closed complaints that still have personal data, in the order of closing.

use diesel::{
    QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Store, StoreError,
    rows::{bind, nearest_instant},
};

/// How many complaints a page has: their personal data is erased in one transaction.
const PAGE: i64 = 100;

/// The end of a page of closed complaints.
pub type RetainedPlace = (Timestamp, Uuid);

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = Timestamptz)]
    closed_at: PgTimestamp,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Store {
    /// The complaints under a policy that were closed, or otherwise over, by this instant and still have personal data, from the
    /// start or after a position. Empty: there are no more.
    ///
    /// # Errors
    /// When the database fails.
    pub fn retained(
        &self,
        policy: &str,
        closed_until: Timestamp,
        after: Option<RetainedPlace>,
    ) -> Result<Vec<RetainedPlace>, StoreError> {
        let (after, after_id) = after.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
        self.ask(|connection| {
            let found: Vec<Row> = diesel::sql_query(
                "/* complaint.retained */ select closed_at, id from complaint where policy = $1 and closed_at <= $2 \
                 and (closed_at, id) > ($3, $4) and closed_at is not null and not erased order by closed_at, id limit $5",
            )
            .bind::<Text, _>(policy)
            .bind::<Timestamptz, _>(bind(closed_until))
            .bind::<Timestamptz, _>(bind(after))
            .bind::<SqlUuid, _>(after_id)
            .bind::<BigInt, _>(PAGE)
            .load(connection)?;
            let places = found.into_iter();
            Ok(places.map(|row| (nearest_instant(row.closed_at), row.id)).collect())
        })
    }
}
