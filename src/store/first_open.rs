//! The first complaints that are open and pass a filter.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, Bool, Integer, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::list::Filter;
use crate::domain::State;

/// Whether a complaint is among the first of each open state that passes a filter. An index holds what is open by its state,
/// in the order of the list, so the first of each state are taken from it, and the first of all are among them.
///
/// Postgres must know what it is asked for, or it scans the table. So each state is a literal, of which it knows how many
/// there are; so is the limit; and only what the filter asks for becomes a condition, none that holds for any value, such as
/// `level = coalesce($1, level)`.
#[derive(Debug)]
pub(super) struct FirstOpen {
    states: Vec<&'static str>,
    after: Uuid,
    channels: Vec<&'static str>,
    level: Option<i32>,
    policy: Option<String>,
    assignee: Option<String>,
    limit: i64,
}

impl FirstOpen {
    pub(super) fn new(filter: &Filter, after: Option<Uuid>, limit: i64) -> Self {
        let wanted = |state: &State| filter.states.is_empty() || filter.states.contains(state);
        let states = State::ALL.into_iter().filter(wanted);
        let states = states.filter(|state| !state.is_terminal());
        FirstOpen {
            states: states.map(|state| state.as_str()).collect(),
            after: after.unwrap_or(Uuid::nil()),
            channels: filter.channels.iter().map(|c| c.as_str()).collect(),
            level: filter.level,
            policy: filter.policy.clone(),
            assignee: filter.assignee.clone(),
            limit,
        }
    }
}

impl FirstOpen {
    fn walk_state<'b>(&'b self, state: &str, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let of_state = format!(
            "select c.id from complaint c where c.state = '{state}' and c.closed_at is null and c.id > "
        );
        out.push_sql(&of_state);
        out.push_bind_param::<SqlUuid, _>(&self.after)?;
        if !self.channels.is_empty() {
            out.push_sql(" and c.channel = any(");
            out.push_bind_param::<Array<Text>, _>(&self.channels)?;
            out.push_sql(")");
        }
        if let Some(level) = &self.level {
            out.push_sql(" and c.level = ");
            out.push_bind_param::<Integer, _>(level)?;
        }
        if let Some(policy) = &self.policy {
            out.push_sql(" and c.policy = ");
            out.push_bind_param::<Text, _>(policy)?;
        }
        match &self.assignee {
            None => {}
            Some(nobody) if nobody == "-" => out.push_sql(" and c.assignee is null"),
            Some(assignee) => {
                out.push_sql(" and c.assignee = ");
                out.push_bind_param::<Text, _>(assignee)?;
            }
        }
        out.push_sql(&format!(" order by c.id limit {}", self.limit));
        Ok(())
    }
}

impl QueryFragment<Pg> for FirstOpen {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("complaint.id = any(array(");
        for (place, state) in self.states.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { " union all (" });
            self.walk_state(state, out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql("))");
        Ok(())
    }
}

impl QueryId for FirstOpen {
    // Its text depends on the filter.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for FirstOpen {
    type SqlType = Bool;
}

impl<Table> AppearsOnTable<Table> for FirstOpen {}

impl<Table> SelectableExpression<Table> for FirstOpen {}

impl<GroupBy> ValidGrouping<GroupBy> for FirstOpen {
    type IsAggregate = is_aggregate::Never;
}
