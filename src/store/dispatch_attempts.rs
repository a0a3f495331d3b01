//! Counts attempts to send notices.

use std::collections::BTreeMap;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::StoreError;

/// How often these notices of a complaint were claimed, by any means.
pub(super) fn attempts(
    complaint: Uuid,
    (after, last): (i64, i64),
    connection: &mut PgConnection,
) -> Result<BTreeMap<i64, u32>, StoreError> {
    #[derive(QueryableByName)]
    struct Tried {
        #[diesel(sql_type = BigInt)]
        sequence: i64,
        #[diesel(sql_type = BigInt)]
        attempts: i64,
    }
    let query = "/* dispatch.tried */ select sequence, sum(attempt)::bigint as attempts from dispatch \
         where complaint_id = $1 and sequence > $2 and sequence <= $3 group by sequence";
    let found: Vec<Tried> = diesel::sql_query(query)
        .bind::<SqlUuid, _>(complaint)
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(last)
        .load(connection)?;
    let tried = found.into_iter();
    Ok(tried
        .map(|row| {
            (
                row.sequence,
                u32::try_from(row.attempts).unwrap_or(u32::MAX),
            )
        })
        .collect())
}
