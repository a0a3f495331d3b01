//! `column = any(list)`, for statements that are prepared once and planned once.
//!
//! Postgres plans a prepared statement anew for each list that is shorter than what it takes a list of unknown length for (ten),
//! since the plan for the very list looks cheaper; and planning costs more than looking up a few rows. So the list is
//! handed over in a form whose length it does not see.

use std::marker::PhantomData;

use diesel::{
    Expression, QueryResult,
    expression::{AppearsOnTable, SelectableExpression, ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{Array, HasSqlType, SingleValue},
};

/// The right side of `column.eq(…)`: equal to one of these.
#[derive(Debug, Clone)]
pub(super) struct Among<ST, T> {
    values: Vec<T>,
    sql_type: PhantomData<ST>,
}

/// One of these.
pub(super) fn among<ST, T>(values: impl IntoIterator<Item = T>) -> Among<ST, T> {
    Among {
        values: values.into_iter().collect(),
        sql_type: PhantomData,
    }
}

/// What stands around a list.
pub(super) const LIST: (&str, &str) = ("any(array(select unnest(", ")))");

impl<ST: SingleValue, T> Expression for Among<ST, T> {
    type SqlType = ST;
}

impl<ST, T, Table> AppearsOnTable<Table> for Among<ST, T> where Self: Expression {}
impl<ST, T, Table> SelectableExpression<Table> for Among<ST, T> where Self: AppearsOnTable<Table> {}

impl<ST, T, Columns> ValidGrouping<Columns> for Among<ST, T> {
    type IsAggregate = is_aggregate::Never;
}

impl<ST: QueryId, T> QueryId for Among<ST, T> {
    type QueryId = Among<ST::QueryId, ()>;
    const HAS_STATIC_QUERY_ID: bool = ST::HAS_STATIC_QUERY_ID;
}

impl<ST: 'static, T> QueryFragment<Pg> for Among<ST, T>
where
    Vec<T>: ToSql<Array<ST>, Pg>,
    Pg: HasSqlType<Array<ST>>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (before, after) = LIST;
        out.push_sql(before);
        out.push_bind_param::<Array<ST>, _>(&self.values)?;
        out.push_sql(after);
        Ok(())
    }
}
