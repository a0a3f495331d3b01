//! The branches of the log: which one is being written, and where it parted from those before it.
//!
//! A standby that is promoted may lack what was committed last, and gives the same transaction ids anew. Its readers must not
//! go on as if nothing had happened. So a position names the branch that it was read on, and each branch notes up to where
//! it is the same as the one before: as far as that one had noted, and the standby had received, that all was settled.

use diesel::{
    OptionalExtension as _, PgConnection, QueryableByName, RunQueryDsl as _,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{BigInt, Bool, Nullable, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Store, StoreError,
    position::{LogPlace, Position, PositionError},
};

/// Where this connection leads: the cluster, the database in it and the table of events there, which is another one after a
/// restore into the same database; and the timeline that Postgres writes there, none on a standby. Right after a promotion the
/// control file still names the former timeline; the WAL does not.
macro_rules! here {
    () => {
        "here as (select s.system_identifier || '/' || d.oid as cluster, 'event'::regclass::oid as relation, \
         case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline \
         from pg_control_system() s, pg_database d where d.datname = current_database()), \
         last as (select * from log_branch order by number desc limit 1)"
    };
}

/// The end of the log, before the oldest transaction that is still running.
macro_rules! end {
    () => {
        "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)"
    };
}

/// The log as it is now.
#[derive(Debug, QueryableByName)]
struct LogState {
    /// The last branch that is known.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    /// Whether it was written in this table, of this database and cluster.
    #[diesel(sql_type = Nullable<Bool>)]
    ours: Option<bool>,
    /// Whether it is the one that is being written; not known on a standby.
    #[diesel(sql_type = Nullable<Bool>)]
    written: Option<bool>,
    #[diesel(sql_type = Bool)]
    standby: bool,
    #[diesel(sql_type = BigInt)]
    end: i64,
}

fn find(connection: &mut PgConnection) -> Result<LogState, StoreError> {
    let query = concat!(
        "/* log.branch */ with ",
        here!(),
        " select last.id, last.cluster = here.cluster and coalesce(last.relation = here.relation, true) as ours, last.timeline = here.timeline as written, \
         here.timeline is null as standby, ",
        end!(),
        " as \"end\" from here left join last on true"
    );
    Ok(sql_query(query).get_result(connection)?)
}

/// The branch that is being written, and how far it is settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    pub(super) branch: Uuid,
    /// The last transaction that can be read. It may have no events.
    pub(super) settled: i64,
}

/// The branch that is being written. One that is new is noted.
pub(super) fn present(connection: &mut PgConnection) -> Result<Present, StoreError> {
    loop {
        let found = find(connection)?;
        if found.standby {
            return Err(StoreError::Unavailable(
                "this server is a standby".to_owned(),
            ));
        }
        match (found.id, found.ours, found.written) {
            (Some(_), Some(false), _) => return Err(restored()),
            (Some(branch), _, Some(true)) => {
                return Ok(Present {
                    branch,
                    settled: found.end,
                });
            }
            (before, ..) => {
                begin(connection)?;
                match before {
                    None => tracing::info!("the event log begins"),
                    Some(branch) => {
                        tracing::info!(%branch, "the database was promoted: the event log continues on a new branch");
                    }
                }
            }
        }
    }
}

/// The position of the last event that can be read.
pub(super) fn end(connection: &mut PgConnection) -> Result<Position, StoreError> {
    let present = present(connection)?;
    present.end(connection)
}

impl Present {
    /// The position of the last event that can be read.
    pub(super) fn end(self, connection: &mut PgConnection) -> Result<Position, StoreError> {
        Ok(Position {
            branch: self.branch,
            place: last_event(self.settled, connection)?,
        })
    }
}

/// The place of the last event up to a transaction; before the first one, if there is none.
fn last_event(xid: i64, connection: &mut PgConnection) -> Result<LogPlace, StoreError> {
    let query = "/* log.last */ select last.xid::text::bigint as xid, count(*) as number from \
                 (select e.xid from event e where e.xid <= $1::text::xid8 order by e.xid desc limit 1) last \
                 join event own on own.xid = last.xid group by last.xid";
    let found: Option<Last> = sql_query(query)
        .bind::<BigInt, _>(xid)
        .get_result(connection)
        .optional()?;
    Ok(found.map_or(Position::BEGINNING.place, |last| LogPlace {
        xid: last.xid,
        number: u32::try_from(last.number).unwrap_or(u32::MAX),
    }))
}

/// The last transaction with events, and how many it has.
#[derive(Debug, QueryableByName)]
struct Last {
    #[diesel(sql_type = BigInt)]
    xid: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn restored() -> StoreError {
    StoreError::Refused(
        "the database was restored from a dump, and the positions in its event log are those of the database that was \
         dumped: run `redress migrate`, which takes the log over; who follows it begins anew"
            .to_owned(),
    )
}

/// Notes the branch that is being written. Where two do at once, one of them has done it.
fn begin(connection: &mut PgConnection) -> Result<(), StoreError> {
    let insert = concat!(
        "/* log.branch.begin */ with ",
        here!(),
        " insert into log_branch (number, id, cluster, relation, timeline, parted, settled) \
         select coalesce(last.number, 0) + 1, gen_random_uuid(), here.cluster, here.relation, here.timeline, \
         coalesce(last.settled, 0), coalesce(last.settled, 0) from here left join last on true \
         where here.timeline is distinct from last.timeline on conflict do nothing"
    );
    sql_query(insert).execute(connection)?;
    Ok(())
}

/// After which event of the present branch a reader goes on from a position.
pub(super) fn resolve(
    position: Position,
    present: Present,
    connection: &mut PgConnection,
) -> Result<Position, PositionError> {
    let here = Position {
        branch: present.branch,
        ..position
    };
    if position == Position::BEGINNING {
        return Ok(here);
    }
    if position.branch == present.branch {
        if position.place.xid > present.settled {
            let end = present.end(connection)?;
            return Err(PositionError::Ahead { end });
        }
        return Ok(here);
    }
    let query = "/* log.parted */ select min(later.parted) as parted from log_branch own, log_branch later \
                 where own.id = $1 and later.number > own.number";
    let found: Parted = sql_query(query)
        .bind::<SqlUuid, _>(position.branch)
        .get_result(connection)?;
    let parted = found.parted.ok_or(PositionError::OtherLog)?;
    if position.place.xid > parted {
        let at = Position {
            place: last_event(parted, connection)?,
            ..position
        };
        return Err(PositionError::Parted { at });
    }
    Ok(here)
}

/// Where the log left a branch; none if it never was on it.
#[derive(Debug, QueryableByName)]
struct Parted {
    #[diesel(sql_type = Nullable<BigInt>)]
    parted: Option<i64>,
}

impl Store {
    /// Notes how far the log is settled: if a standby that has received this is promoted, it has everything up to there.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// When the database fails, or was restored from another one and not migrated since.
    pub fn settle_log(&self) -> Result<(), StoreError> {
        let connection = &mut *self.connection()?;
        let Present { branch, .. } = present(connection)?;
        // By the server that carries it out: behind a proxy it may be another one by now.
        let update = concat!(
            "/* log.settle */ with ",
            here!(),
            " update log_branch own set settled = ",
            end!(),
            " from here where own.id = $1 and own.cluster = here.cluster and own.timeline = here.timeline and own.settled < ",
            end!()
        );
        sql_query(update)
            .bind::<SqlUuid, _>(branch)
            .execute(connection)?;
        Ok(())
    }
}

/// Takes over a log that was restored from another database: its readers begin anew. Where its transaction ids are ahead of
/// those here, the events get others, in the same order, so that they are not taken for what is still to come.
pub(super) fn adopt(connection: &mut PgConnection) -> Result<(), StoreError> {
    let found = find(connection)?;
    // None is known: it may come from a version that noted none.
    if found.ours == Some(true) {
        return Ok(());
    }
    // All in one statement, which is one transaction.
    let statement = concat!(
        "/* log.adopt */ with room as (select ",
        end!(),
        " - 3 as ids, max(xid)::text::bigint > ",
        end!(),
        " as ahead from event), \
         numbered as (select complaint_id, sequence, row_number() over (order by xid, complaint_id, sequence) - 1 as place, \
         count(*) over () as events from event where (select ahead from room)), \
         renumbered as (update event own set xid = (3 + numbered.place * room.ids / numbered.events)::text::xid8 \
         from numbered, room where own.complaint_id = numbered.complaint_id and own.sequence = numbered.sequence) \
         delete from log_branch"
    );
    connection.batch_execute(statement)?;
    if found.ours.is_some() {
        tracing::info!(
            "the event log was restored from a dump and has been adopted; its readers have to start over"
        );
    }
    Ok(())
}
