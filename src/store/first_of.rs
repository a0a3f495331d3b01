//! The first complaints that pass a filter, taken from the parts of an index.

use diesel::{
    AppearsOnTable, Expression, PgConnection, QueryResult, RunQueryDsl, SelectableExpression,
    data_types::PgTimestamp,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    list_filter::{Filter, Holders, NOBODY, Order},
    list_order::ListPlace,
};
use crate::domain::State;

/// As many brands as are taken to have complaints without a look.
const FEW: usize = 8;

/// Whether a complaint is among the first of each part of an index that pass a filter. Each index of a list begins with the
/// brand; then what is open is held by its state, what somebody handles by the name, and what nobody handles by its state, in
/// the order of the list: so the first of each of these are taken from the index, and the first of all are among them.
/// Nothing is looked at that the caller's scope leaves out.
///
/// Postgres must know what it is asked for, or it scans the table. So the brands and the states of the parts are literals, of
/// which it knows how many there are; so is the limit; and only what the filter asks for becomes a condition, none that holds
/// for any value, such as `level = coalesce($1, level)`.
#[derive(Debug)]
pub(super) struct FirstOf {
    /// Of these.
    brands: Vec<String>,
    /// Of each brand.
    parts: Vec<Part>,
    order: Order,
    after: Option<(Option<PgTimestamp>, Uuid)>,
    states: Vec<&'static str>,
    eligible: bool,
    undelivered: bool,
    channels: Vec<&'static str>,
    level: Option<i32>,
    policy: Option<String>,
    limit: i64,
}

/// A part of an index, of one brand.
#[derive(Debug)]
enum Part {
    /// All of the brand.
    Whole,
    /// What is open in this state.
    Open(&'static str),
    /// What is in this state. Of use only where the filter leaves few of them in an index of its own.
    In(&'static str),
    /// What each of these handles.
    HeldBy(Vec<String>),
    /// What nobody handles, in this state.
    HeldByNobody(&'static str),
}

/// The brands that have complaints. There are few of them, and each takes a single probe of the index that begins with the brand.
/// They are read by a statement of their own, so that the statement of the list can name them as literals; it is prepared once.
#[derive(Debug, QueryId)]
struct BrandsOfAll;

impl Query for BrandsOfAll {
    type SqlType = Array<Text>;
}

impl QueryFragment<Pg> for BrandsOfAll {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* complaint.brands */ with recursive of_all (brand) as ( \
             (select brand from complaint order by brand limit 1) union all \
             select (select c.brand from complaint c where c.brand > of_all.brand order by c.brand limit 1) \
             from of_all where of_all.brand is not null) \
             select coalesce(array_agg(brand), '{}') from of_all where brand is not null",
        );
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for BrandsOfAll {}

fn brands_of_all(connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    BrandsOfAll.get_result(connection)
}

impl FirstOf {
    /// `None`: the list is read in an order that is that of its index anyway, or found by an index of its own, such as that of
    /// what is due.
    pub(super) fn new(
        filter: &Filter,
        after: Option<ListPlace>,
        limit: i64,
        connection: &mut PgConnection,
    ) -> QueryResult<Option<Self>> {
        if filter.due_before.is_some() || !filter.labels.is_empty() {
            return Ok(None);
        }
        let brands = filter.brands();
        let Some(parts) = parts(filter, brands.is_some()) else {
            return Ok(None);
        };
        let brands = match brands {
            Some(brands) if brands.len() <= FEW => brands.into_iter().map(str::to_owned).collect(),
            // A token may name any number of brands.
            Some(brands) => {
                let there_are = brands_of_all(connection)?.into_iter();
                there_are
                    .filter(|brand| brands.contains(&brand.as_str()))
                    .collect()
            }
            None => brands_of_all(connection)?,
        };
        Ok(Some(FirstOf {
            parts,
            brands,
            order: filter.order,
            after: after.map(|after| (after.key.map(PgTimestamp), after.id)),
            states: filter.states.iter().map(|state| state.as_str()).collect(),
            eligible: filter.escalation_eligible,
            undelivered: filter.undelivered,
            channels: filter.channels.iter().map(|c| c.as_str()).collect(),
            level: filter.level,
            policy: filter.policy.clone(),
            limit,
        }))
    }

    /// The first of each part of a brand, where `brand` is its SQL.
    fn walk_brand<'b>(&'b self, brand: &str, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (place, part) in self.parts.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { " union all (" });
            match part {
                Part::Whole => self.walk_first(brand, "", out.reborrow())?,
                Part::Open(state) => {
                    let open = format!(" and c.state = '{state}' and c.closed_at is null");
                    self.walk_first(brand, &open, out.reborrow())?;
                }
                Part::In(state) => {
                    let within = format!(" and c.state = '{state}'");
                    self.walk_first(brand, &within, out.reborrow())?;
                }
                Part::HeldByNobody(state) => {
                    let unheld = format!(" and c.state = '{state}' and c.assignee is null");
                    self.walk_first(brand, &unheld, out.reborrow())?;
                }
                Part::HeldBy(names) => {
                    out.push_sql("select held.id from unnest(");
                    out.push_bind_param::<Array<Text>, _>(names)?;
                    out.push_sql(") holder (name) cross join lateral (");
                    self.walk_first(brand, " and c.assignee = holder.name", out.reborrow())?;
                    out.push_sql(") held");
                }
            }
            out.push_sql(")");
        }
        Ok(())
    }

    /// The first of one part.
    fn walk_first<'b>(
        &'b self,
        brand: &str,
        part: &str,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()> {
        out.push_sql("select c.id from complaint c where c.brand = ");
        out.push_sql(brand);
        out.push_sql(part);
        let (place, beyond, direction) = match self.order {
            Order::Received => ("c.received_at, c.id", ">", ""),
            Order::FiledLast => ("c.id", "<", " desc"),
            Order::Filed | Order::Due => ("c.id", ">", ""),
        };
        if let Some((key, id)) = &self.after {
            out.push_sql(&format!(" and ({place}) {beyond} ("));
            if self.order == Order::Received {
                out.push_bind_param::<Nullable<Timestamptz>, _>(key)?;
                out.push_sql(", ");
            }
            out.push_bind_param::<SqlUuid, _>(id)?;
            out.push_sql(")");
        }
        if !self.states.is_empty() {
            out.push_sql(" and c.state = any(");
            out.push_bind_param::<Array<Text>, _>(&self.states)?;
            out.push_sql(")");
        }
        if self.eligible {
            out.push_sql(" and c.escalation_eligible");
        }
        if self.undelivered {
            out.push_sql(" and c.undelivered");
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
        out.push_sql(&format!(
            " order by {place}{direction} limit {}",
            self.limit
        ));
        Ok(())
    }
}

/// The parts of each brand; `None`: there are none that would be of use.
fn parts(filter: &Filter, of_brands: bool) -> Option<Vec<Part>> {
    let wanted = |state: &State| filter.states.is_empty() || filter.states.contains(state);
    let states = State::ALL.into_iter().filter(wanted);
    let open = states.clone().filter(|state| !state.is_terminal());
    match filter.holders() {
        Some(Holders { names, nobody }) => {
            let mut parts = Vec::new();
            if !names.is_empty() {
                let names = names.into_iter().map(str::to_owned);
                parts.push(Part::HeldBy(names.collect()));
            }
            let unheld = |state: State| Part::HeldByNobody(state.as_str());
            match filter.assignee.as_deref() {
                _ if !nobody => {}
                Some(NOBODY) => parts.extend(open.map(unheld)),
                _ => parts.extend(states.map(unheld)),
            }
            Some(parts)
        }
        // There are few of them, so that they can be sorted in any order.
        None if filter.undelivered => Some(states.map(|state| Part::In(state.as_str())).collect()),
        None if filter.order == Order::Received => None,
        None if filter.is_open() && !filter.escalation_eligible => {
            Some(open.map(|state| Part::Open(state.as_str())).collect())
        }
        None if filter.escalation_eligible || of_brands => Some(vec![Part::Whole]),
        None => None,
    }
}

fn literal(brand: &str) -> String {
    format!("'{}'", brand.replace('\'', "''"))
}

impl QueryFragment<Pg> for FirstOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.brands.is_empty() || self.parts.is_empty() {
            out.push_sql("false");
            return Ok(());
        }
        out.push_sql("complaint.id = any(array(");
        for (place, brand) in self.brands.iter().enumerate() {
            if place > 0 {
                out.push_sql(" union all ");
            }
            self.walk_brand(&literal(brand), out.reborrow())?;
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
    type SqlType = diesel::sql_types::Bool;
}

impl<Table> AppearsOnTable<Table> for FirstOf {}

impl<Table> SelectableExpression<Table> for FirstOf {}

impl<GroupBy> ValidGrouping<GroupBy> for FirstOf {
    type IsAggregate = is_aggregate::Never;
}
