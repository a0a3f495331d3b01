//! What a filter asks of a complaint for which no index is read. Each is a condition only where it is asked for, none that holds for
//! any value: Postgres must know what it is asked for, or it scans the table.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, Bool, Integer, Text, Timestamptz},
};
use jiff_diesel::Timestamp as At;

use super::{
    list_filter::{Filter, Holders, NOBODY, Period},
    rows,
};

/// The conditions of a filter.
#[derive(Debug, Default)]
pub(super) struct Passes {
    /// What the complaint is called in the statement.
    alias: &'static str,
    brands: Option<Vec<String>>,
    holders: Option<(Vec<String>, bool)>,
    states: Vec<&'static str>,
    channels: Vec<&'static str>,
    level: Option<i32>,
    policy: Option<String>,
    labels: Vec<String>,
    eligible: bool,
    undelivered: bool,
    referred: bool,
    /// None that is over.
    open: bool,
    region: Option<String>,
    languages: Vec<&'static str>,
    services: Vec<&'static str>,
    categories: Vec<&'static str>,
    received: Span,
    closed: Span,
}

/// A [`Period`], as it is bound.
#[derive(Debug, Default)]
struct Span {
    from: Option<At>,
    before: Option<At>,
}

impl Span {
    fn unless(answered: bool, period: Period) -> Self {
        match answered {
            true => Span::default(),
            false => period.into(),
        }
    }
}

impl From<Period> for Span {
    fn from(period: Period) -> Self {
        Span {
            from: period.from.map(rows::bind),
            before: period.before.map(rows::bind),
        }
    }
}

/// What the part of an index that is read answers by itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answered {
    pub(super) brands: bool,
    pub(super) holders: bool,
    pub(super) states: bool,
    pub(super) policy: bool,
    pub(super) level: bool,
    pub(super) labels: bool,
    /// What complaints are flagged with.
    pub(super) flags: bool,
    /// From when and until when the instants are by which the list is in order.
    pub(super) bounds: bool,
}

impl Passes {
    /// What is left to ask of a complaint of this name.
    pub(super) fn new(filter: &Filter, alias: &'static str, answered: Answered) -> Self {
        let holders = filter.holders().filter(|_| !answered.holders);
        let holders = holders.map(|Holders { names, nobody }| {
            let names = names.into_iter().map(str::to_owned).collect();
            (names, nobody)
        });
        let brands = filter.brands().filter(|_| !answered.brands);
        let states = filter.states.iter().filter(|_| !answered.states);
        Passes {
            alias,
            brands: brands.map(|brands| brands.into_iter().map(str::to_owned).collect()),
            holders,
            states: states.map(|state| state.as_str()).collect(),
            channels: filter.channels.iter().map(|it| it.as_str()).collect(),
            level: filter.level.filter(|_| !answered.level),
            policy: filter.policy.clone().filter(|_| !answered.policy),
            labels: match answered.labels {
                true => Vec::new(),
                false => filter.labels.clone(),
            },
            eligible: filter.escalation_eligible && !answered.flags,
            undelivered: filter.undelivered && !answered.flags,
            referred: filter.referred && !answered.flags,
            open: filter.assignee.as_deref() == Some(NOBODY) && !answered.states,
            region: filter.region.clone(),
            languages: filter.languages.iter().map(|it| it.as_str()).collect(),
            services: filter.services.iter().map(|it| it.as_str()).collect(),
            categories: filter.categories.iter().map(|it| it.as_str()).collect(),
            received: Span::unless(
                answered.bounds && filter.order.is_by_receipt(),
                filter.received,
            ),
            closed: Span::unless(
                answered.bounds && filter.order.is_by_closure(),
                filter.closed,
            ),
        }
    }

    /// Whether everything passes.
    pub(super) fn is_all(&self) -> bool {
        let Passes {
            alias: _,
            brands,
            holders,
            states,
            channels,
            level,
            policy,
            labels,
            eligible,
            undelivered,
            referred,
            open,
            region,
            languages,
            services,
            categories,
            received,
            closed,
        } = self;
        let lists = [states, channels, languages, services, categories];
        let spans = [received, closed];
        brands.is_none()
            && holders.is_none()
            && lists.iter().all(|list| list.is_empty())
            && labels.is_empty()
            && level.is_none()
            && policy.is_none()
            && region.is_none()
            && !(*eligible || *undelivered || *referred || *open)
            && spans
                .iter()
                .all(|span| span.from.is_none() && span.before.is_none())
    }

    fn walk_lists<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let alias = self.alias;
        let lists = [
            ("state", &self.states),
            ("channel", &self.channels),
            ("body ->> 'language'", &self.languages),
        ];
        for (column, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            out.push_sql(&format!(" and {alias}.{column} = any("));
            out.push_bind_param::<Array<Text>, _>(list)?;
            out.push_sql(")");
        }
        let issues = [("service", &self.services), ("category", &self.categories)];
        let mut before = format!(
            " and exists (select from json_array_elements({alias}.body -> 'issues') issue where "
        );
        let mut after = "";
        for (member, list) in issues.into_iter().filter(|(_, list)| !list.is_empty()) {
            out.push_sql(&format!("{before}issue.value ->> '{member}' = any("));
            out.push_bind_param::<Array<Text>, _>(list)?;
            out.push_sql(")");
            before = " and ".to_owned();
            after = ")";
        }
        out.push_sql(after);
        Ok(())
    }

    fn walk_placement<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let alias = self.alias;
        if let Some(brands) = &self.brands {
            match brands.as_slice() {
                [brand] => {
                    out.push_sql(&format!(" and {alias}.brand = "));
                    out.push_bind_param::<Text, _>(brand)?;
                }
                _ => {
                    out.push_sql(&format!(" and {alias}.brand = any("));
                    out.push_bind_param::<Array<Text>, _>(brands)?;
                    out.push_sql(")");
                }
            }
        }
        match &self.holders {
            None => {}
            Some((names, true)) if names.is_empty() => {
                out.push_sql(&format!(" and {alias}.assignee is null"));
            }
            Some((names, nobody)) => {
                out.push_sql(&format!(" and ({alias}.assignee = any("));
                out.push_bind_param::<Array<Text>, _>(names)?;
                out.push_sql(")");
                if *nobody {
                    out.push_sql(&format!(" or {alias}.assignee is null"));
                }
                out.push_sql(")");
            }
        }
        Ok(())
    }

    fn walk_spans<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (column, span) in [("received_at", &self.received), ("closed_at", &self.closed)] {
            for (bound, at) in [(">=", &span.from), ("<", &span.before)] {
                if let Some(at) = at {
                    out.push_sql(&format!(" and {}.{column} {bound} ", self.alias));
                    out.push_bind_param::<Timestamptz, _>(at)?;
                }
            }
        }
        Ok(())
    }

    /// Writes each condition after an `and`.
    pub(super) fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let alias = self.alias;
        self.walk_placement(out.reborrow())?;
        self.walk_lists(out.reborrow())?;
        for (column, asked) in [
            ("escalation_eligible", self.eligible),
            ("undelivered", self.undelivered),
            ("referred", self.referred),
            ("closed_at is null", self.open),
        ] {
            if asked {
                out.push_sql(&format!(" and {alias}.{column}"));
            }
        }
        if let Some(level) = &self.level {
            out.push_sql(&format!(" and {alias}.level = "));
            out.push_bind_param::<Integer, _>(level)?;
        }
        if let Some(policy) = &self.policy {
            out.push_sql(&format!(" and {alias}.policy = "));
            out.push_bind_param::<Text, _>(policy)?;
        }
        if let Some(region) = &self.region {
            out.push_sql(&format!(" and {alias}.body ->> 'region' = "));
            out.push_bind_param::<Text, _>(region)?;
        }
        if !self.labels.is_empty() {
            out.push_sql(&format!(" and {alias}.labels @> "));
            out.push_bind_param::<Array<Text>, _>(&self.labels)?;
        }
        self.walk_spans(out)
    }
}

impl QueryFragment<Pg> for Passes {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("true");
        self.walk(out)
    }
}

impl QueryId for Passes {
    // Its text depends on the filter.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Passes {
    type SqlType = Bool;
}

impl<Table> AppearsOnTable<Table> for Passes {}

impl<Table> SelectableExpression<Table> for Passes {}

impl<GroupBy> ValidGrouping<GroupBy> for Passes {
    type IsAggregate = is_aggregate::Never;
}
