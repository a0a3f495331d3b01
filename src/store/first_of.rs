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
    list_filter::{Filter, Order, Period},
    list_order::{ListPlace, key_column},
    parts::{Part, Source, sources},
    rows,
};

/// How many complaints of all parts together are looked through for those that pass, if a part has others too.
const LOOKED_THROUGH: usize = 2_000;
/// Of each part at least so many.
const LEAST: usize = 200;

/// Whether a complaint is among the first of each part of an index that pass a filter. Each index of a list begins with the
/// brand; then what is open is held by its state, what somebody handles by the name, and what nobody handles by its state, in
/// the order of the list: so the first of each of these are taken from the index, and the first of all are among them.
/// Nothing is looked at that the caller's scope leaves out.
///
/// What no index answers is asked of each complaint of a part in turn, of a bounded number of them: where few pass, a page ends
/// early, at the [horizon](FirstOf::horizon).
///
/// Postgres must know what it is asked for, or it scans the table. So the brands and the states of the parts are literals, of
/// which it knows how many there are; so is the limit; and only what the filter asks for becomes a condition, none that holds
/// for any value, such as `level = coalesce($1, level)`.
#[derive(Debug)]
pub(super) struct FirstOf {
    sources: Vec<Source>,
    order: Order,
    after: Option<After>,
    bounds: Bounds,
    /// Found by an index of their own.
    labels: Vec<String>,
    /// What was received later was filed later.
    first_id: Option<Uuid>,
    flags: Vec<&'static str>,
    /// How many of a part are looked through.
    look: usize,
    limit: i64,
}

/// The bounds of that by which the list is in order, as they are bound.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    /// At it or after it.
    pub(super) from: Option<PgTimestamp>,
    /// Before it.
    pub(super) before: Option<PgTimestamp>,
}

impl From<Period> for Bounds {
    fn from(period: Period) -> Self {
        Bounds {
            from: period.from.map(rows::stored_instant),
            before: period.before.map(rows::stored_instant),
        }
    }
}

/// A [`ListPlace`], as it is bound.
#[derive(Debug)]
struct After {
    key: Option<PgTimestamp>,
    /// The key of a list by level: the level below zero.
    level: i32,
    id: Uuid,
}

impl From<ListPlace> for After {
    fn from(place: ListPlace) -> Self {
        let level = place.key.and_then(|key| i32::try_from(key).ok());
        After {
            key: place.key.map(PgTimestamp),
            level: level.unwrap_or_default(),
            id: place.id,
        }
    }
}

impl FirstOf {
    /// `None`: the list is read in an order that is that of its index anyway, or found by an index of its own, such as that of
    /// what has a label.
    pub(super) fn new(
        filter: &Filter,
        after: Option<ListPlace>,
        limit: i64,
        connection: &mut PgConnection,
    ) -> QueryResult<Option<Self>> {
        let by_due = filter.order == Order::Due && filter.clock.is_none();
        if !filter.labels.is_empty() || (filter.due_before.is_some() && !by_due) {
            return Ok(None);
        }
        let Some(sources) = sources(filter, connection)? else {
            return Ok(None);
        };
        let mut first = Self::among(filter, sources);
        first.after = after.map(Into::into);
        first.limit = limit;
        Ok(Some(first))
    }

    /// Among these parts of indexes.
    pub(super) fn among(filter: &Filter, sources: Vec<Source>) -> Self {
        let places: usize = sources.iter().map(|source| source.part.places()).sum();
        let period = match filter.order {
            Order::Due => Period {
                from: None,
                before: filter.due_before,
            },
            order if order.is_by_receipt() => filter.received,
            order if order.is_by_closure() => filter.closed,
            _ => Period::default(),
        };
        let by_id = filter.order.is_by_id();
        let flags = [
            ("c.escalation_eligible", filter.escalation_eligible),
            ("c.undelivered", filter.undelivered),
            ("c.referred", filter.referred),
        ];
        FirstOf {
            sources,
            order: filter.order,
            after: None,
            bounds: period.into(),
            labels: filter.labels.clone(),
            first_id: filter.received.from.filter(|_| by_id).map(first_id),
            flags: flags
                .into_iter()
                .filter_map(|(flag, asked)| asked.then_some(flag))
                .collect(),
            look: (LOOKED_THROUGH / places.max(1)).max(LEAST),
            limit: 0,
        }
    }

    /// The parts.
    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// How far a page reaches of which fewer complaints passed than it has room for: to the nearest place at which looking through a
    /// part stopped. `None`: to the end of the list.
    pub(super) fn horizon(&self, connection: &mut PgConnection) -> QueryResult<Option<ListPlace>> {
        let sources = self.sources.iter();
        let partial: Vec<&Source> = sources.filter(|it| it.is_looked_through()).collect();
        if partial.is_empty() {
            return Ok(None);
        }
        let stops: Vec<(Option<PgTimestamp>, Uuid)> = Horizon {
            first: self,
            partial,
        }
        .load(connection)?;
        let places = stops.into_iter().map(|(key, id)| ListPlace {
            id,
            key: key.map(|key| key.0),
        });
        Ok(places.min_by(|one, other| one.compare(other, self.order)))
    }

    /// What of a part is looked through: each complaint that is in it, within these bounds and after the page before.
    pub(super) fn walk_part<'b>(
        &'b self,
        source: &'b Source,
        bounds: &'b Bounds,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()> {
        out.push_sql(" from complaint c where ");
        match &source.brand {
            Some(brand) => out.push_sql(&format!("c.brand = {}", literal(brand))),
            None => out.push_sql("true"),
        }
        match &source.part {
            Part::Whole => {}
            Part::Open(state) => {
                out.push_sql(&format!(" and c.state = '{state}' and c.closed_at is null"));
            }
            Part::Ground(state) => out.push_sql(&format!(
                " and c.state = '{state}' and c.closed_at is null and c.level = 0"
            )),
            Part::Raised => out.push_sql(" and c.level > 0"),
            Part::In(state) => out.push_sql(&format!(" and c.state = '{state}'")),
            Part::HeldBy(_) => out.push_sql(" and c.assignee = holder.name"),
            Part::HeldByNobody(state) => {
                out.push_sql(&format!(" and c.state = '{state}' and c.assignee is null"));
            }
            Part::Unheld => out.push_sql(" and c.assignee is null"),
            Part::Under(policy) => out.push_sql(&format!(" and c.policy = {}", literal(policy))),
            Part::Eligible => {}
        }
        for flag in &self.flags {
            out.push_sql(" and ");
            out.push_sql(flag);
        }
        if !self.labels.is_empty() {
            out.push_sql(" and c.labels @> ");
            out.push_bind_param::<Array<Text>, _>(&self.labels)?;
        }
        out.push_sql(member(self.order));
        if let Some(key) = key_column(self.order) {
            for (bound, at) in [(">=", &bounds.from), ("<", &bounds.before)] {
                if let Some(at) = at {
                    out.push_sql(&format!(" and {key} {bound} "));
                    out.push_bind_param::<Timestamptz, _>(at)?;
                }
            }
        }
        if let Some(first) = &self.first_id {
            out.push_sql(" and c.id >= ");
            out.push_bind_param::<SqlUuid, _>(first)?;
        }
        self.walk_after(source, out)
    }

    fn walk_after<'b>(
        &'b self,
        source: &'b Source,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()> {
        let Some(after) = &self.after else {
            return Ok(());
        };
        // The first level comes after all others.
        let ground = matches!(source.part, Part::Ground(_));
        if ground && after.level < 0 {
            return Ok(());
        }
        let (place, beyond) = (
            self.place(&source.part),
            if self.order.is_backwards() { "<" } else { ">" },
        );
        out.push_sql(&format!(" and ({place}) {beyond} ("));
        match self.order {
            order if order.is_by_id() || ground => {}
            Order::Level => {
                out.push_bind_param::<Integer, _>(&after.level)?;
                out.push_sql(", ");
            }
            _ => {
                out.push_bind_param::<Nullable<Timestamptz>, _>(&after.key)?;
                out.push_sql(", ");
            }
        }
        out.push_bind_param::<SqlUuid, _>(&after.id)?;
        out.push_sql(")");
        Ok(())
    }

    /// By which columns a part is in order.
    fn place(&self, part: &Part) -> String {
        match (self.order, key_column(self.order)) {
            (Order::Level, _) if matches!(part, Part::Ground(_)) => "c.id".to_owned(),
            (Order::Level, _) => "-c.level, c.id".to_owned(),
            (_, Some(key)) => format!("{key}, c.id"),
            (_, None) => "c.id".to_owned(),
        }
    }

    pub(super) fn in_order(&self, part: &Part) -> String {
        let place = self.place(part);
        match self.order.is_backwards() {
            true => format!(" order by {} desc", place.replace(", c.id", " desc, c.id")),
            false => format!(" order by {place}"),
        }
    }

    /// The first of one part that pass.
    fn walk_first<'b>(
        &'b self,
        source: &'b Source,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()> {
        let mut in_order = self.in_order(&source.part);
        let limit = self.limit;
        if !source.is_looked_through() {
            out.push_sql("select c.id");
            self.walk_part(source, &self.bounds, out.reborrow())?;
            source.passes.walk(out.reborrow())?;
        } else {
            // By a column, or Postgres does not see that they are in order, and looks through all of them.
            let place = self.place(&source.part);
            let key = place.strip_suffix(", c.id").unwrap_or("c.id");
            out.push_sql(&format!("select c.id from (select c.*, {key} as place"));
            self.walk_part(source, &self.bounds, out.reborrow())?;
            out.push_sql(&format!("{in_order} limit {}) c where true", self.look));
            source.passes.walk(out.reborrow())?;
            in_order = match self.order.is_backwards() {
                true => " order by c.place desc, c.id desc".to_owned(),
                false => " order by c.place, c.id".to_owned(),
            };
        }
        out.push_sql(&format!("{in_order} limit {limit}"));
        Ok(())
    }

    /// `each` of a part, or of each who handles what is in it.
    pub(super) fn walk_holders<'b>(
        source: &'b Source,
        columns: &str,
        mut out: AstPass<'_, 'b, Pg>,
        each: impl FnOnce(AstPass<'_, 'b, Pg>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        let Part::HeldBy(names) = &source.part else {
            return each(out);
        };
        out.push_sql(&format!("select {columns} from unnest("));
        out.push_bind_param::<Array<Text>, _>(names)?;
        out.push_sql(") holder (name) cross join lateral (");
        each(out.reborrow())?;
        out.push_sql(") held");
        Ok(())
    }
}

/// What a complaint must be, for a list of this order to have it.
pub(super) const fn member(order: Order) -> &'static str {
    match order {
        Order::Filed | Order::FiledLast | Order::Received | Order::ReceivedLast => "",
        Order::Due => " and (c.closed_at is null or c.next_due_at is not null)",
        Order::Level | Order::LastContact => " and c.closed_at is null",
        Order::Closed | Order::ClosedLast => " and c.closed_at is not null",
    }
}

/// Before the id of whatever was filed at an instant or later: it begins with the time, in milliseconds.
fn first_id(at: jiff::Timestamp) -> Uuid {
    let milliseconds = u128::try_from(at.as_millisecond()).unwrap_or_default();
    Uuid::from_u128(milliseconds << 80)
}

pub(super) fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}

impl QueryFragment<Pg> for FirstOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.sources.is_empty() {
            out.push_sql("false");
            return Ok(());
        }
        let mut separator = "complaint.id = any(array((";
        for source in &self.sources {
            out.push_sql(separator);
            let first = |out: AstPass<'_, 'b, Pg>| self.walk_first(source, out);
            Self::walk_holders(source, "held.id", out.reborrow(), first)?;
            separator = ") union all (";
        }
        out.push_sql(")))");
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

/// The last complaints that were looked through of each part, where there may be more.
struct Horizon<'f> {
    first: &'f FirstOf,
    partial: Vec<&'f Source>,
}

impl QueryId for Horizon<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Horizon<'_> {
    type SqlType = (Nullable<Timestamptz>, SqlUuid);
}

impl QueryFragment<Pg> for Horizon<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let first = self.first;
        let key = key_column(first.order).unwrap_or("null::timestamptz");
        let mut separator = "/* complaint.horizon */ (";
        out.unsafe_to_cache_prepared();
        for source in &self.partial {
            out.push_sql(separator);
            let last = |mut out: AstPass<'_, 'b, Pg>| {
                out.push_sql(&format!("select {key} as key, c.id"));
                first.walk_part(source, &first.bounds, out.reborrow())?;
                out.push_sql(&format!(
                    "{} offset {} limit 1",
                    first.in_order(&source.part),
                    first.look - 1
                ));
                Ok(())
            };
            FirstOf::walk_holders(source, "held.key, held.id", out.reborrow(), last)?;
            separator = ") union all (";
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Horizon<'_> {}
