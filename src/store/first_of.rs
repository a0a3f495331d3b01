//! The first complaints that pass a filter, taken from the parts of an index.

use diesel::{
    AppearsOnTable, Expression, PgConnection, QueryResult, RunQueryDsl as _, SelectableExpression,
    dsl::sql,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, Bool, Integer, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::list_filter::{Filter, Order};
use crate::domain::State;

/// Whether a complaint is among the first of each part of an index that pass a filter. Each index of a list begins with the
/// brand, and what is open is held by its state as well, in the order of the list: so the first of each brand, or of each of
/// its states, are taken from the index, and the first of all are among them.
///
/// Postgres must know what it is asked for, or it scans the table. So each brand and state is a literal, of which it knows how
/// many there are; so is the limit; and only what the filter asks for becomes a condition, none that holds for any value, such as
/// `level = coalesce($1, level)`.
#[derive(Debug)]
pub(super) struct FirstOf {
    brands: Vec<String>,
    /// Of each of these states; `None`: of all, in any.
    states: Option<Vec<&'static str>>,
    eligible: bool,
    after: Uuid,
    /// Whether those filed last come first.
    descending: bool,
    channels: Vec<&'static str>,
    level: Option<i32>,
    policy: Option<String>,
    assignee: Option<String>,
    limit: i64,
}

/// The brands that there are complaints of: few, each found by one look at the index that begins with the brand.
fn brands_of_all(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    let brands = "(with recursive of_all (brand) as ( \
         (select brand from complaint order by brand limit 1) union all \
         select (select c.brand from complaint c where c.brand > of_all.brand order by c.brand limit 1) \
         from of_all where of_all.brand is not null) \
         select coalesce(array_agg(brand), '{}') from of_all where brand is not null)";
    diesel::select(sql::<Array<Text>>(brands)).get_result(connection)
}

impl FirstOf {
    /// `None`: the list is read in the order of the primary key.
    pub(super) fn new(
        filter: &Filter,
        after: Option<Uuid>,
        limit: i64,
        connection: &mut PgConnection,
    ) -> QueryResult<Option<Self>> {
        let assigned = filter.assignee.as_deref().is_some_and(|name| name != "-");
        let open = filter.is_open() && !filter.escalation_eligible && !assigned;
        if !open && !filter.escalation_eligible && !assigned {
            return Ok(None);
        }
        let brands = match &filter.brand {
            Some(brand) => vec![brand.clone()],
            None => brands_of_all(connection)?,
        };
        let wanted = |state: &State| filter.states.is_empty() || filter.states.contains(state);
        let states = State::ALL.into_iter().filter(wanted);
        let states = states.filter(|state| !state.is_terminal());
        let descending = filter.order == Order::FiledLast;
        let states = open.then(|| states.map(|state| state.as_str()).collect());
        Ok(Some(FirstOf {
            brands,
            states,
            eligible: filter.escalation_eligible,
            after: after.unwrap_or(if descending { Uuid::max() } else { Uuid::nil() }),
            descending,
            channels: filter.channels.iter().map(|c| c.as_str()).collect(),
            level: filter.level,
            policy: filter.policy.clone(),
            assignee: filter.assignee.clone(),
            limit,
        }))
    }

    /// The first of one part.
    fn walk_part<'b>(&'b self, part: &str, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("select c.id from complaint c where ");
        out.push_sql(part);
        let (beyond, order) = if self.descending {
            ("<", " desc")
        } else {
            (">", "")
        };
        out.push_sql(&format!(" and c.id {beyond} "));
        out.push_bind_param::<SqlUuid, _>(&self.after)?;
        if self.eligible {
            out.push_sql(" and c.escalation_eligible");
        }
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
        out.push_sql(&format!(" order by c.id{order} limit {}", self.limit));
        Ok(())
    }

    /// What holds for one part alone.
    fn parts(&self) -> impl Iterator<Item = String> {
        self.brands.iter().flat_map(|brand| {
            let brand = brand.replace('\'', "''");
            let of_brand = format!("c.brand = '{brand}'");
            match &self.states {
                None => vec![of_brand],
                Some(states) => {
                    let part = |state| {
                        format!("{of_brand} and c.state = '{state}' and c.closed_at is null")
                    };
                    states.iter().map(part).collect()
                }
            }
        })
    }
}

impl QueryFragment<Pg> for FirstOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.brands.is_empty() {
            out.push_sql("false");
            return Ok(());
        }
        out.push_sql("complaint.id = any(array(");
        for (place, part) in self.parts().enumerate() {
            out.push_sql(if place == 0 { "(" } else { " union all (" });
            self.walk_part(&part, out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql("))");
        Ok(())
    }
}

impl QueryId for FirstOf {
    // Its text depends on the filter.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for FirstOf {
    type SqlType = Bool;
}

impl<Table> AppearsOnTable<Table> for FirstOf {}

impl<Table> SelectableExpression<Table> for FirstOf {}

impl<GroupBy> ValidGrouping<GroupBy> for FirstOf {
    type IsAggregate = is_aggregate::Never;
}
