//! Complaints whose first step falls due together.

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::BenchError;

/// What falls due together, as the database has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wave {
    /// When the first step falls due.
    pub(crate) first: Timestamp,
    /// When the last one does: the same instant, unless the wave is spread.
    pub(crate) last: Timestamp,
    pub(crate) steps: u64,
    /// One of its complaints.
    pub(crate) example: Uuid,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    last: i64,
    #[diesel(sql_type = BigInt)]
    steps: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Wave {
    /// Reads when the complaints between two ids fall due first.
    pub(super) fn between(
        connection: &mut PgConnection,
        (from, to): (Uuid, Uuid),
    ) -> Result<Wave, BenchError> {
        let found: Found = sql_query(
            "select coalesce(min(at), 0) as first, coalesce(max(at), 0) as last, count(*) as steps from ( \
               select (extract(epoch from min(next_fire_at)) * 1000000)::bigint as at \
               from clock where complaint_id between $1 and $2 group by complaint_id) due",
        )
        .bind::<SqlUuid, _>(from)
        .bind::<SqlUuid, _>(to)
        .get_result(connection)?;
        Ok(Wave {
            first: instant(found.first),
            last: instant(found.last),
            steps: u64::try_from(found.steps).unwrap_or(0),
            example: from,
        })
    }

    /// Makes sure that up to the end of this wave nothing is due but the wave itself.
    pub(crate) fn ensure_next(&self, connection: &mut PgConnection) -> Result<(), BenchError> {
        let due: Count =
            sql_query("select count(*) as count from clock where next_fire_at <= $1::timestamptz")
                .bind::<Text, _>(sql_instant(self.last))
                .get_result(connection)?;
        let due = u64::try_from(due.count).unwrap_or(0);
        if due == self.steps {
            Ok(())
        } else {
            Err(BenchError::OtherDue {
                wave: self.first,
                steps: self.steps,
                due,
            })
        }
    }

    /// Reads what firing it will touch, row by row along the indexes, so that it lies in the server's memory.
    pub(crate) fn warm(&self, connection: &mut PgConnection) -> Result<(), BenchError> {
        connection.transaction(|connection| {
            connection.batch_execute(
                "set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; \
                 set local enable_bitmapscan = off; set local max_parallel_workers_per_gather = 0",
            )?;
            sql_query(
                "select count(*) as count from clock due join complaint c on c.id = due.complaint_id \
                 join clock k on k.complaint_id = c.id and k.stopped_at is null \
                 join event e on e.complaint_id = c.id \
                 where due.next_fire_at between $1::timestamptz and $2::timestamptz and length(c.body::text) > 0",
            )
            .bind::<Text, _>(sql_instant(self.first))
            .bind::<Text, _>(sql_instant(self.last))
            .execute(connection)?;
            Ok(())
        })
    }

    /// Whether anything of it is still to fire. A look from the end that fires last: what has fired leaves dead entries
    /// behind, and while somebody holds a snapshot every look from the other end would walk them all.
    pub(crate) fn is_due(&self, connection: &mut PgConnection) -> Result<bool, BenchError> {
        let left: Vec<Count> = sql_query(
            "select 1::bigint as count from clock \
             where next_fire_at >= $1::timestamptz and next_fire_at <= $2::timestamptz order by next_fire_at desc limit 1",
        )
        .bind::<Text, _>(sql_instant(self.first))
        .bind::<Text, _>(sql_instant(self.last))
        .load(connection)?;
        Ok(!left.is_empty())
    }

    /// How many of its steps have not fired.
    pub(crate) fn left(&self, connection: &mut PgConnection) -> Result<u64, BenchError> {
        let left: Count = sql_query(
            "select count(*) as count from clock where next_fire_at between $1::timestamptz and $2::timestamptz",
        )
        .bind::<Text, _>(sql_instant(self.first))
        .bind::<Text, _>(sql_instant(self.last))
        .get_result(connection)?;
        Ok(u64::try_from(left.count).unwrap_or(0))
    }
}

/// As Postgres reads it, to the microsecond.
pub(crate) fn sql_instant(at: Timestamp) -> String {
    at.to_string()
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}
