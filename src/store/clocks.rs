//! The clocks of a complaint, a page at a time: those that live first, then by start. A clock that is restarted again and again
//! has thousands of cycles; a page reads those that it returns, and the first cycle of each clock.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    data_types::PgTimestamp,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    StoreError,
    lookup::{FoundByName, Names},
    placement::{Placed, Placement},
    rows,
    schema::clock,
};
use crate::{domain::Clock, policy::PolicyRef};

/// Clocks of a complaint.
#[derive(Debug, Clone)]
pub struct StoredClocks {
    /// The complaint.
    pub id: Uuid,
    /// The codes that bind the complaint: the provider's own, and the others.
    pub binding: Binding,
    /// Cycles of clocks, those that live first, then by start.
    pub clocks: Vec<ListedClock>,
    /// Whether more come after them.
    pub more: bool,
}

/// A cycle of a clock in its list.
#[derive(Debug, Clone)]
pub struct ListedClock {
    /// Its name.
    pub name: String,
    /// Its cycle.
    pub cycle: i32,
    /// Where it stands.
    pub place: ClockPlace,
    /// The clock; an error where what is stored cannot be read.
    pub clock: Result<Clock, StoreError>,
}

/// The place of a clock in the list: those that have not ended come first. A clock that ends between two pages moves back,
/// and may be listed twice; none is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockPlace {
    /// Whether it has ended.
    over: bool,
    /// Its start, as it is stored.
    start: i64,
    name: String,
    cycle: i32,
}

impl ClockPlace {
    fn of(row: &rows::ClockRow) -> Self {
        ClockPlace {
            over: row.stopped_at.is_some(),
            start: row.started_at.0,
            name: row.name.clone(),
            cycle: row.cycle,
        }
    }

    /// Before every clock.
    pub(super) fn beginning() -> Self {
        ClockPlace {
            over: false,
            start: i64::MIN,
            name: String::new(),
            cycle: 0,
        }
    }
}

/// Those members of a complaint's JSON that say what binds it.
#[derive(Debug, Clone, Deserialize)]
pub struct Binding {
    /// The provider's own code.
    pub policy: PolicyRef,
    /// The others.
    #[serde(default)]
    pub additional_policies: Vec<PolicyRef>,
}

impl From<rows::ClockRow> for ListedClock {
    fn from(row: rows::ClockRow) -> Self {
        ListedClock {
            name: row.name.clone(),
            cycle: row.cycle,
            place: ClockPlace::of(&row),
            clock: row.try_into(),
        }
    }
}

pub(super) fn find(
    names: &Names<'_>,
    after: Option<&ClockPlace>,
    limit: usize,
    connection: &mut PgConnection,
) -> Result<FoundByName<StoredClocks>, StoreError> {
    let query = SelectClocks {
        names,
        after: after.map(|place| (place, PgTimestamp(place.start))),
        // One more tells whether there are more.
        limit: i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1)),
    };
    let mut complaints = by_name(names, query.load(connection)?)?;
    for clocks in complaints.values_mut() {
        let Ok(clocks) = &mut clocks.read else {
            continue;
        };
        clocks.more = clocks.clocks.len() > limit;
        clocks.clocks.truncate(limit);
    }
    Ok(complaints)
}

/// A clock with its complaint; of one complaint's rows the first brings its JSON.
pub(super) type Row = (
    Uuid,
    String,
    Placement,
    Option<String>,
    Option<rows::ClockRow>,
);

/// What is selected for a [`Row`].
pub(super) type ClockColumns = (
    SqlUuid,
    Text,
    (Text, Nullable<Text>),
    Nullable<Text>,
    Nullable<clock::SqlType>,
);

/// The clocks of each complaint, in the order of their rows. Those of one complaint follow each other: Postgres joins what is
/// lateral complaint by complaint.
pub(super) fn by_name(
    names: &Names<'_>,
    found: Vec<Row>,
) -> Result<FoundByName<StoredClocks>, StoreError> {
    let mut complaints = FoundByName::<StoredClocks>::new();
    for (id, number, placement, body, clock) in found {
        let entry = complaints.entry(names.name(id, &number)?);
        let clocks = entry.or_insert_with(|| {
            let binding = rows::read_json("complaint", &body.unwrap_or_default());
            let read = binding.map(|binding| StoredClocks {
                id,
                binding,
                clocks: Vec::new(),
                more: false,
            });
            Placed { placement, read }
        });
        if let (Ok(clocks), Some(row)) = (&mut clocks.read, clock) {
            clocks.clocks.push(row.into());
        }
    }
    Ok(complaints)
}

/// A page of the clocks of these complaints, a row each, and a row for a complaint without any. The complaint's JSON comes
/// once. Cycles after the first have an index in the order of the list (`clock_later`).
struct SelectClocks<'n> {
    names: &'n Names<'n>,
    after: Option<(&'n ClockPlace, PgTimestamp)>,
    limit: i64,
}

impl QueryId for SelectClocks<'_> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SelectClocks<'_> {
    type SqlType = ClockColumns;
}

impl SelectClocks<'_> {
    fn push_limit<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(" limit ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

impl QueryFragment<Pg> for SelectClocks<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* clock.page */ select c.id, c.tracking_number, c.brand, c.assignee, case when clock.place > 1 then null else c.body end, ",
        );
        clock::all_columns.walk_ast(out.reborrow())?;
        out.push_sql(
            " from complaint c left join lateral (select k.*, row_number() over \
             (order by k.stopped_at is not null, k.started_at, k.name, k.cycle) as place from ( \
             (select * from clock where complaint_id = c.id and cycle = 1) union all \
             (select * from clock where complaint_id = c.id and cycle > 1 and stopped_at is null) union all \
             (select * from clock where complaint_id = c.id and cycle > 1 and stopped_at is not null",
        );
        // Those that live come before all of these.
        if let Some((after, start)) = self.after.as_ref().filter(|(after, _)| after.over) {
            out.push_sql(" and (started_at, name, cycle) > (");
            out.push_bind_param::<Timestamptz, _>(start)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&after.name)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&after.cycle)?;
            out.push_sql(")");
        }
        out.push_sql(" order by started_at, name, cycle");
        self.push_limit(&mut out)?;
        out.push_sql(")) k");
        if let Some((after, start)) = &self.after {
            out.push_sql(" where (k.stopped_at is not null, k.started_at, k.name, k.cycle) > (");
            out.push_bind_param::<Bool, _>(&after.over)?;
            out.push_sql(", ");
            out.push_bind_param::<Timestamptz, _>(start)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&after.name)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&after.cycle)?;
            out.push_sql(")");
        }
        out.push_sql(" order by place");
        self.push_limit(&mut out)?;
        out.push_sql(") clock on true where ");
        self.names.push(&mut out)?;
        out.push_sql(" order by c.id, clock.place");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for SelectClocks<'_> {}
