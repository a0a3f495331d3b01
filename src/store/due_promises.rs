//! Promises that are overdue or due soon, in order of due time. Found by the index on the due time alone, so the cost depends on
//! what is due, never on what is open.

use diesel::{
    QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    sql_query,
    sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Store, StoreError,
    rows::{bind, instant, word},
};
use crate::domain::State;

/// The size of a page.
pub const DUE_PROMISES: usize = 1_000;

/// A promise with its complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuePromise {
    /// The last instant at which it is kept.
    pub due: Timestamp,
    /// Its clock.
    pub clock: String,
    /// The complaint.
    pub complaint: Uuid,
    /// The tracking number.
    pub tracking_number: String,
    /// The name of the provider's own code that it is under.
    pub policy: String,
    /// Its brand.
    pub brand: String,
    /// The assignee's normalized name.
    pub assignee: Option<String>,
    /// Its state.
    pub state: State,
    /// Its level.
    pub level: i32,
    /// Whether it is urgent.
    pub urgent: bool,
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = Timestamptz)]
    due_at: PgTimestamp,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    tracking_number: String,
    #[diesel(sql_type = Text)]
    policy: String,
    #[diesel(sql_type = Text)]
    brand: String,
    #[diesel(sql_type = Nullable<Text>)]
    assignee: Option<String>,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Integer)]
    level: i32,
    #[diesel(sql_type = Bool)]
    urgent: bool,
}

impl Store {
    /// A page of the running promises due by this instant, the earliest first, after the last of the previous page. Fewer than
    /// [`DUE_PROMISES`]: there are no more.
    ///
    /// # Errors
    /// When the database fails.
    pub fn due_promises(
        &self,
        by: Timestamp,
        after: Option<&DuePromise>,
    ) -> Result<Vec<DuePromise>, StoreError> {
        let (at, id, name) = match after {
            Some(last) => (last.due, last.complaint, last.clock.as_str()),
            None => (Timestamp::UNIX_EPOCH, Uuid::nil(), ""),
        };
        let limit = i64::try_from(DUE_PROMISES).unwrap_or(i64::MAX);
        let rows: Vec<Row> = self.ask(|connection| {
            let query = sql_query(
                "/* clock.due_by */ select k.due_at, k.name, c.id, c.tracking_number, c.policy, c.brand, c.assignee, c.state, \
                 c.level, coalesce((c.body ->> 'urgent')::boolean, false) as urgent \
                 from clock k join complaint c on c.id = k.complaint_id \
                 where k.state = 'running' and k.due_at <= $1 and k.due_at >= $2 \
                 and (k.due_at, k.complaint_id, k.name) > ($2, $3, $4) \
                 order by k.due_at, k.complaint_id, k.name limit $5",
            );
            let query = query
                .bind::<Timestamptz, _>(bind(by))
                .bind::<Timestamptz, _>(bind(at))
                .bind::<SqlUuid, _>(id)
                .bind::<Text, _>(name)
                .bind::<BigInt, _>(limit);
            Ok(query.load(connection)?)
        })?;
        let read = rows.into_iter().map(|row| {
            Ok(DuePromise {
                due: instant("due_at", row.due_at)?,
                clock: row.name,
                complaint: row.id,
                tracking_number: row.tracking_number,
                policy: row.policy,
                brand: row.brand,
                assignee: row.assignee,
                state: word(&row.state)?,
                level: row.level,
                urgent: row.urgent,
            })
        });
        read.collect()
    }
}
