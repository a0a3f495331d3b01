//! All clocks of a complaint that has as few as nearly every one has, looked up together with those of others. The way to read
//! a page of many costs several times as much, and is left to the complaints that have them.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

use super::{
    StoreError,
    clocks::{ClockColumns, StoredClocks, by_name},
    lookup::{FoundByName, LookUp, Names, Shared},
    placement::Placed,
    schema::clock,
};

/// How many are looked up together with those of other complaints.
pub(super) const FIRST: usize = 100;

impl LookUp for Shared<StoredClocks> {
    fn find(
        names: &Names<'_>,
        connection: &mut PgConnection,
    ) -> Result<FoundByName<Self>, StoreError> {
        let found = by_name(names, SelectClocks(names).load(connection)?)?;
        let few = |Placed { placement, read }| Placed {
            placement,
            read: Result::map(read, few),
        };
        let found = found.into_iter();
        Ok(found.map(|(name, clocks)| (name, few(clocks))).collect())
    }
}

/// In their order, where they are few.
fn few(mut stored: StoredClocks) -> Shared<StoredClocks> {
    if stored.clocks.len() > FIRST {
        return Shared::TooMuch;
    }
    stored
        .clocks
        .sort_unstable_by(|one, other| one.place.cmp(&other.place));
    Shared::All(stored)
}

/// One clock more than [`FIRST`] of each complaint at most, and a row for a complaint without any.
struct SelectClocks<'n>(&'n Names<'n>);

impl QueryId for SelectClocks<'_> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SelectClocks<'_> {
    type SqlType = ClockColumns;
}

impl QueryFragment<Pg> for SelectClocks<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* clock.look_up */ select c.id, c.tracking_number, c.brand, c.assignee, case when clock.place > 1 then null else c.body end, ",
        );
        clock::all_columns.walk_ast(out.reborrow())?;
        // A literal limit, since one that is bound defeats the plan cache.
        out.push_sql(&format!(
            " from complaint c left join lateral (select *, row_number() over () as place from clock \
             where complaint_id = c.id limit {}) clock on true where ",
            FIRST + 1
        ));
        self.0.push(&mut out)
    }
}

impl RunQueryDsl<PgConnection> for SelectClocks<'_> {}
