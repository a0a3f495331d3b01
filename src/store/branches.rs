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
    position::{Position, PositionError},
};

/// Where this connection leads: the cluster with the database in it, and the timeline that Postgres writes there. None on a
/// standby. Right after a promotion the control file still names the former timeline; the WAL does not.
macro_rules! here {
    () => {
        "here as (select s.system_identifier || '/' || d.oid as cluster, \
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
    /// Whether it is of this cluster.
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
        " select last.id, last.cluster = here.cluster as ours, last.timeline = here.timeline as written, \
         here.timeline is null as standby, ",
        end!(),
        " as \"end\" from here left join last on true"
    );
    Ok(sql_query(query).get_result(connection)?)
}

/// Where the log ends, on the branch that is being written. One that is new is noted.
pub(super) fn end(connection: &mut PgConnection) -> Result<Position, StoreError> {
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
                return Ok(Position {
                    branch,
                    xid: found.end,
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

fn restored() -> StoreError {
    StoreError::Refused(
        "the database was restored from another one, whose transaction ids stand in the log: run `redress migrate`"
            .to_owned(),
    )
}

/// Notes the branch that is being written. Where two do at once, one of them has done it.
fn begin(connection: &mut PgConnection) -> Result<(), StoreError> {
    let insert = concat!(
        "/* log.branch.begin */ with ",
        here!(),
        " insert into log_branch (number, id, cluster, timeline, parted, settled) \
         select coalesce(last.number, 0) + 1, gen_random_uuid(), here.cluster, here.timeline, \
         coalesce(last.settled, 0), coalesce(last.settled, 0) from here left join last on true \
         where here.timeline is distinct from last.timeline on conflict do nothing"
    );
    sql_query(insert).execute(connection)?;
    Ok(())
}

/// After which transaction of the present branch a reader goes on from a position.
pub(super) fn resolve(
    position: Position,
    end: Position,
    connection: &mut PgConnection,
) -> Result<i64, PositionError> {
    if position == Position::BEGINNING {
        return Ok(0);
    }
    if position.branch == end.branch {
        return match position.xid {
            xid if xid > end.xid => Err(PositionError::Ahead { end }),
            xid => Ok(xid),
        };
    }
    let query = "/* log.parted */ select parted, coalesce((select e.xid::text::bigint from event e \
                 where e.xid <= parted::text::xid8 order by e.xid desc limit 1), 0) as common \
                 from (select min(later.parted) as parted from log_branch own, log_branch later \
                 where own.id = $1 and later.number > own.number) after where parted is not null";
    let found: Option<Parted> = sql_query(query)
        .bind::<SqlUuid, _>(position.branch)
        .get_result(connection)
        .optional()?;
    match found.ok_or(PositionError::OtherLog)? {
        Parted { parted, common } if position.xid > parted => {
            let at = Position {
                xid: common,
                ..position
            };
            Err(PositionError::Parted { at })
        }
        Parted { .. } => Ok(position.xid),
    }
}

/// Where the log left a branch, and the last transaction with events before that.
#[derive(Debug, QueryableByName)]
struct Parted {
    #[diesel(sql_type = BigInt)]
    parted: i64,
    #[diesel(sql_type = BigInt)]
    common: i64,
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
        let Position { branch, .. } = end(connection)?;
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
            "the event log was restored from another database; its readers have to start over"
        );
    }
    Ok(())
}
