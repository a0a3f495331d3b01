//! The last attempts to send notices.

use std::collections::BTreeMap;

use diesel::{
    QueryableByName, RunQueryDsl as _,
    sql_types::{Array, BigInt, Integer, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{StoreError, Transaction, dispatch_letters::DispatchKey, rows::word};

impl Transaction<'_> {
    /// The last attempts to send these dispatches. For one that waits unclaimed, the next attempt: anything sent before was sent
    /// by an earlier one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_attempts(
        &mut self,
        keys: &[DispatchKey],
    ) -> Result<BTreeMap<DispatchKey, i32>, StoreError> {
        #[derive(QueryableByName)]
        struct Last {
            #[diesel(sql_type = SqlUuid)]
            complaint_id: Uuid,
            #[diesel(sql_type = BigInt)]
            sequence: i64,
            #[diesel(sql_type = Text)]
            means: String,
            #[diesel(sql_type = Integer)]
            attempt: i32,
        }
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let query = "/* dispatch.last_attempts */ select d.complaint_id, d.sequence, d.means, \
             d.attempt + (d.state = 'waiting' and d.leased_until is null)::int as attempt from dispatch d \
             join unnest($1, $2, $3) as k(complaint_id, sequence, means) on d.complaint_id = k.complaint_id \
             and d.sequence = k.sequence and d.means = k.means";
        let complaints: Vec<Uuid> = keys.iter().map(|key| key.complaint).collect();
        let notices: Vec<i64> = keys.iter().map(|key| key.notice).collect();
        let means: Vec<&str> = keys.iter().map(|key| key.means.as_str()).collect();
        let found: Vec<Last> = diesel::sql_query(query)
            .bind::<Array<SqlUuid>, _>(complaints)
            .bind::<Array<BigInt>, _>(notices)
            .bind::<Array<Text>, _>(means)
            .load(self.connection)?;
        let found = found.into_iter().map(|row| {
            let key = DispatchKey {
                complaint: row.complaint_id,
                notice: row.sequence,
                means: word(&row.means)?,
            };
            Ok((key, row.attempt))
        });
        found.collect()
    }
}
