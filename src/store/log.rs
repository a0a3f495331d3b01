//! The event log as its readers see it: in the order of the transactions that committed it.
//!
//! Numbers that are drawn before the commit become visible out of order, so a reader that goes by the greatest number it
//! has seen skips what commits late. Here a reader goes by transaction id, and only up to the oldest transaction that is
//! still running: everything before it has committed or never will. Within a transaction, events are in the order of their
//! complaints and numbers.

use diesel::{
    PgConnection, RunQueryDsl as _, SelectableHelper as _,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Nullable, Text},
};

use super::{
    StoreError, branches,
    events::{self, EventRow, StoredEvent},
    position::{LogPlace, Position, PositionError},
};

/// A piece of the log.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// The position that it was read after, on the branch that is being written.
    pub after: Position,
    /// In the order of the log.
    pub events: Vec<StoredEvent>,
}

/// The first `limit` events after a place. It is found by its number: where the transaction has no such event, all of it is
/// behind the reader.
///
/// The personal data with their texts are looked up by key, one by one: a join would be planned for a fixed share of the whole
/// log, and read every text there is for a page of events. Those of a filing hold the customer, and no text of the event.
#[derive(Debug)]
struct ReadLog {
    xid: i64,
    number: i64,
    /// A literal, since a limit that is bound defeats the plan cache. There are few of them.
    limit: i64,
    texts: bool,
}

type EventColumns = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<EventRow, Pg>>;

impl Query for ReadLog {
    type SqlType = (EventColumns, BigInt, Nullable<Text>);
}

impl QueryId for ReadLog {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for ReadLog {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql(
            "/* event.log */ with same as materialized (select complaint_id, sequence from event where xid = ",
        );
        self.push_xid(&mut out)?;
        out.push_sql("), last as (select * from same order by complaint_id, sequence offset ");
        out.push_bind_param::<BigInt, _>(&self.number)?;
        out.push_sql(
            " - 1 limit 1) \
             select e.complaint_id, e.sequence, e.kind, e.at, e.actor, e.payload::text, e.hash, e.clock, e.cycle, e.step, \
             e.repetition, e.step_due_at, e.standing::text, e.xid::text::bigint, case when ",
        );
        out.push_bind_param::<Bool, _>(&self.texts)?;
        out.push_sql(
            " and e.kind not in ('filed', 'notice_issued') then (select p.body::text from personal p \
             where p.complaint_id = e.complaint_id and p.sequence = e.sequence) end \
             from (select * from event where xid < pg_snapshot_xmin(pg_current_snapshot()) and xid >= ",
        );
        self.push_xid(&mut out)?;
        out.push_sql(" and (xid > ");
        self.push_xid(&mut out)?;
        out.push_sql(" or (complaint_id, sequence) > (select complaint_id, sequence from last)) ");
        out.push_sql("order by xid, complaint_id, sequence limit ");
        out.push_sql(&self.limit.to_string());
        out.push_sql(") e order by e.xid, e.complaint_id, e.sequence");
        Ok(())
    }
}

impl ReadLog {
    fn push_xid<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql("(");
        out.push_bind_param::<BigInt, _>(&self.xid)?;
        out.push_sql("::text::xid8)");
        Ok(())
    }
}

impl diesel::RunQueryDsl<PgConnection> for ReadLog {}

pub(super) fn event_columns() -> diesel::dsl::AsSelect<EventRow, Pg> {
    EventRow::as_select()
}

/// See [`super::Reader::log`].
pub(super) fn read(
    position: Position,
    limit: i64,
    texts: bool,
    connection: &mut PgConnection,
) -> Result<LogPage, PositionError> {
    let present = branches::present(connection)?;
    let after = branches::resolve(position, present, connection)?;
    let events = if after.place < LogPlace::behind(present.settled) {
        page(after.place, limit, texts, connection)?
    } else {
        Vec::new()
    };
    Ok(LogPage { after, events })
}

/// See [`super::Reader::log_position`].
pub(super) fn locate(
    position: Position,
    connection: &mut PgConnection,
) -> Result<Position, PositionError> {
    let present = branches::present(connection)?;
    branches::resolve(position, present, connection)
}

/// The events after a place of the present branch.
pub(super) fn page(
    after: LogPlace,
    limit: i64,
    texts: bool,
    connection: &mut PgConnection,
) -> Result<Vec<StoredEvent>, StoreError> {
    let query = ReadLog {
        xid: after.xid,
        number: after.number.into(),
        limit,
        texts,
    };
    let found: Vec<(EventRow, i64, Option<String>)> = query.load(connection)?;
    let xids: Vec<i64> = found.iter().map(|(_, xid, _)| *xid).collect();
    let rows = found.into_iter().map(|(row, _, personal)| (row, personal));
    let mut events = events::read(rows.collect(), connection)?;
    let mut last = after;
    for (event, xid) in events.iter_mut().zip(xids) {
        let number = if xid == last.xid { last.number } else { 0 };
        last = LogPlace {
            xid,
            number: number.saturating_add(1),
        };
        event.place = last;
    }
    Ok(events)
}
