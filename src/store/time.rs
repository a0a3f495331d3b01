//! The one question for the database's time. Nothing is dated by the answer: the time source is checked against it.

use diesel::{PgConnection, QueryResult, RunQueryDsl as _, dsl::sql, sql_types::Timestamptz};
use jiff::Timestamp;

use crate::time_source::DatabaseTime;

/// Reads the database's time, as it is when the statement runs.
pub(super) fn read(time: &DatabaseTime, connection: &mut PgConnection) -> QueryResult<()> {
    time.read(|| now(connection))
}

/// The database's time, as it is when the statement runs.
pub(super) fn now(connection: &mut PgConnection) -> QueryResult<Timestamp> {
    let now = diesel::select(sql::<Timestamptz>("clock_timestamp()"));
    let now: jiff_diesel::Timestamp = now.get_result(connection)?;
    Ok(now.to_jiff())
}
