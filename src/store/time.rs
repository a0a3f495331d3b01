//! The one question for the database's time. Nothing is dated by the answer: the time source is checked against it.

use diesel::{PgConnection, RunQueryDsl as _, dsl::sql, sql_types::Timestamptz};

use crate::time_source::DatabaseTime;

/// Reads the database's time, as it is when the statement runs.
pub(super) fn read(time: &DatabaseTime, connection: &mut PgConnection) -> diesel::QueryResult<()> {
    time.read(|| {
        let now = diesel::select(sql::<Timestamptz>("clock_timestamp()"));
        let now: jiff_diesel::Timestamp = now.get_result(connection)?;
        Ok(now.to_jiff())
    })
}
