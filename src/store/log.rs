//! The event log as its readers see it: in the order of the transactions that committed it.
//!
//! Numbers that are drawn before the commit become visible out of order, so a reader that goes by the greatest number it
//! has seen skips what commits late. Here a reader goes by transaction id, and only up to the oldest transaction that is
//! still running: everything before it has committed or never will.

use diesel::{
    PgConnection, RunQueryDsl as _, SelectableHelper as _,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Nullable, Text},
};

use super::{
    StoreError, branches,
    events::{self, EventRow, StoredEvent},
    position::{LogPage, Position, PositionError},
};

/// Whole transactions after a position, until `limit` events are reached. The personal data with their texts are looked up by
/// key, one by one: a join would be planned for a fixed share of the whole log, and read every text there is for a page of
/// events. Those of a filing hold the customer, and no text of the event.
#[derive(Debug, QueryId)]
struct ReadLog {
    after: i64,
    limit: i64,
    texts: bool,
}

type EventColumns = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<EventRow, Pg>>;

impl Query for ReadLog {
    type SqlType = (EventColumns, BigInt, Nullable<Text>);
}

impl QueryFragment<Pg> for ReadLog {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql(
            "/* event.log */ with settled as (select pg_snapshot_xmin(pg_current_snapshot()) as before), page as ( \
             select coalesce((select e.xid from event e, settled where e.xid < settled.before and e.xid > ",
        );
        push_xid(&mut out, &self.after)?;
        out.push_sql(" order by e.xid offset ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(
            " limit 1), (select (before::text::bigint - 1)::text::xid8 from settled)) as last) \
             select e.complaint_id, e.sequence, e.kind, e.at, e.actor, e.payload::text, e.hash, e.clock, e.cycle, e.step, \
             e.repetition, e.step_due_at, e.standing::text, e.xid::text::bigint, case when ",
        );
        out.push_bind_param::<Bool, _>(&self.texts)?;
        out.push_sql(
            " and e.kind <> 'filed' then (select p.body::text from personal p \
             where p.complaint_id = e.complaint_id and p.sequence = e.sequence) end \
             from event e, page where e.xid <= page.last and e.xid > ",
        );
        push_xid(&mut out, &self.after)?;
        out.push_sql(" order by e.xid, e.complaint_id, e.sequence");
        Ok(())
    }
}

fn push_xid<'b>(out: &mut AstPass<'_, 'b, Pg>, position: &'b i64) -> diesel::QueryResult<()> {
    out.push_sql("(");
    out.push_bind_param::<BigInt, _>(position)?;
    out.push_sql("::text::xid8)");
    Ok(())
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
    let end = branches::end(connection)?;
    let xid = branches::resolve(position, end, connection)?;
    let events = if xid < end.xid {
        page(xid, limit, texts, connection)?
    } else {
        Vec::new()
    };
    let after = Position { xid, ..end };
    Ok(LogPage { after, events })
}

/// The position of an event is that of its transaction once all of it was read: who stops in the middle of one and goes on
/// from the last position reads its events again, and never misses any.
fn page(
    after: i64,
    limit: i64,
    texts: bool,
    connection: &mut PgConnection,
) -> Result<Vec<StoredEvent>, StoreError> {
    let query = ReadLog {
        after,
        limit,
        texts,
    };
    let found: Vec<(EventRow, i64, Option<String>)> = query.load(connection)?;
    let xids: Vec<i64> = found.iter().map(|(_, xid, _)| *xid).collect();
    let rows = found.into_iter().map(|(row, _, personal)| (row, personal));
    let mut events = events::read(rows.collect(), connection)?;
    let mut complete = after;
    for (index, (event, xid)) in events.iter_mut().zip(&xids).enumerate() {
        if xids.get(index + 1) != Some(xid) {
            complete = *xid;
        }
        event.position = complete;
    }
    Ok(events)
}
