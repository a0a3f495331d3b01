//! The parts of indexes in which complaints that pass a filter are found, in the order of a list.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Text},
};

use super::{
    list_filter::{Filter, Holders, NOBODY, Order},
    passes::{Answered, Passes},
};
use crate::domain::State;

/// As many brands as are taken to have complaints without a look.
const FEW: usize = 8;

/// A part of an index.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// All of the brand that has the order's index.
    Whole,
    /// What is open in this state.
    Open(State),
    /// As [`Part::Open`], of the first level alone.
    Ground(State),
    /// What is open above the first level.
    Raised,
    /// What is flagged and in this state. Of use where the flag leaves few of them in an index of its own.
    In(State),
    /// What may be escalated: likewise few.
    Eligible,
    /// What each of these handles.
    HeldBy(Vec<String>),
    /// What nobody handles, in this state.
    HeldByNobody(State),
    /// What nobody handles, where the order's index has it by the handler.
    Unheld,
    /// What came under this policy, of any brand.
    Under(String),
}

/// A part, of one brand unless it is of any, with what is left to ask of each complaint in it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) brand: Option<String>,
    pub(super) part: Part,
    pub(super) passes: Passes,
}

impl Source {
    /// Whether it may be large and most of it may not pass, so that only so much of it is looked through.
    pub(super) fn is_looked_through(&self) -> bool {
        let few = matches!(self.part, Part::In(_) | Part::Eligible);
        !few && !self.passes.is_all()
    }
}

impl Part {
    /// What about a complaint follows from being in it.
    pub(super) fn answers(&self) -> Answered {
        let answered = Answered {
            brands: true,
            flags: true,
            labels: true,
            bounds: true,
            ..Answered::default()
        };
        match self {
            Part::Whole | Part::Raised | Part::Eligible => answered,
            Part::Open(_) | Part::In(_) => Answered {
                states: true,
                ..answered
            },
            Part::Ground(_) => Answered {
                states: true,
                level: true,
                ..answered
            },
            Part::HeldBy(_) | Part::Unheld => Answered {
                holders: true,
                ..answered
            },
            Part::HeldByNobody(_) => Answered {
                holders: true,
                states: true,
                ..answered
            },
            Part::Under(_) => Answered {
                policy: true,
                brands: false,
                ..answered
            },
        }
    }

    /// How many places of an index it begins at.
    pub(super) fn places(&self) -> usize {
        match self {
            Part::HeldBy(names) => names.len(),
            _ => 1,
        }
    }
}

/// Where complaints that pass are found. `None`: in an order that is that of an index anyway.
pub(super) fn sources(
    filter: &Filter,
    connection: &mut PgConnection,
) -> QueryResult<Option<Vec<Source>>> {
    let anything =
        filter.brands().is_none() && Passes::new(filter, "c", Answered::default()).is_all();
    let Some(parts) = parts(filter, anything) else {
        return Ok(None);
    };
    let (parts, of_any) = match parts {
        Parts::OfBrands(parts) => (parts, false),
        Parts::ByPolicy => {
            let policies = match &filter.policy {
                Some(policy) => vec![policy.clone()],
                None => there_are("policy", connection)?,
            };
            (policies.into_iter().map(Part::Under).collect(), true)
        }
    };
    let brands: Vec<Option<String>> = match of_any {
        true => vec![None],
        false => brands_of(filter, connection)?
            .into_iter()
            .map(Some)
            .collect(),
    };
    let of_brand = |brand: Option<String>| {
        let parts = parts.iter().cloned();
        parts.map(move |part| Source {
            passes: Passes::new(filter, "c", part.answers()),
            brand: brand.clone(),
            part,
        })
    };
    Ok(Some(brands.into_iter().flat_map(of_brand).collect()))
}

/// The brands of which complaints may pass.
pub(super) fn brands_of(
    filter: &Filter,
    connection: &mut PgConnection,
) -> QueryResult<Vec<String>> {
    match filter.brands() {
        Some(brands) if brands.len() <= FEW => Ok(brands.into_iter().map(str::to_owned).collect()),
        // A token may name any number of brands.
        Some(brands) => {
            let known = there_are("brand", connection)?.into_iter();
            Ok(known
                .filter(|brand| brands.contains(&brand.as_str()))
                .collect())
        }
        None => there_are("brand", connection),
    }
}

enum Parts {
    /// Each of every brand.
    OfBrands(Vec<Part>),
    /// Of each policy, whatever the brand.
    ByPolicy,
}

fn parts(filter: &Filter, anything: bool) -> Option<Parts> {
    let wanted = |state: &State| filter.states.is_empty() || filter.states.contains(state);
    let states = State::ALL.into_iter().filter(wanted);
    let open = states.clone().filter(|state| !state.is_terminal());
    // There are few of them, so that they can be sorted in any order.
    if filter.referred || (filter.undelivered && filter.holders().is_none()) {
        let unheld = filter.assignee.as_deref() == Some(NOBODY);
        let states = states.filter(|state| !unheld || !state.is_terminal());
        return Some(Parts::OfBrands(states.map(Part::In).collect()));
    }
    let order = filter.order;
    let whole = || Some(Parts::OfBrands(vec![Part::Whole]));
    if let Some(Holders { names, nobody }) = filter.holders() {
        let mut parts = Vec::new();
        if !names.is_empty() {
            let names = names.into_iter().map(str::to_owned);
            parts.push(Part::HeldBy(names.collect()));
        }
        match (order, filter.assignee.as_deref()) {
            _ if !nobody => {}
            (Order::Due, _) => parts.push(Part::Unheld),
            // Many may be unassigned: they are looked for in the order's own index.
            (Order::LastContact | Order::Closed | Order::ClosedLast, _) if parts.is_empty() => {
                return whole();
            }
            (_, Some(NOBODY)) => parts.extend(open.map(Part::HeldByNobody)),
            _ => parts.extend(states.map(Part::HeldByNobody)),
        }
        return Some(Parts::OfBrands(parts));
    }
    if filter.escalation_eligible {
        return Some(Parts::OfBrands(vec![Part::Eligible]));
    }
    match order {
        Order::Filed | Order::FiledLast if filter.is_open() => {
            Some(Parts::OfBrands(open.map(Part::Open).collect()))
        }
        Order::Filed | Order::FiledLast if anything => None,
        Order::Filed | Order::FiledLast => whole(),
        Order::Due | Order::LastContact | Order::Closed | Order::ClosedLast => whole(),
        Order::Received | Order::ReceivedLast => Some(Parts::ByPolicy),
        Order::Level => {
            let raised = filter.level.is_none_or(|level| level > 0);
            let ground = filter.level.is_none_or(|level| level == 0);
            let open = open.filter(|_| ground).map(Part::Ground);
            let raised = raised.then_some(Part::Raised).into_iter();
            Some(Parts::OfBrands(raised.chain(open).collect()))
        }
    }
}

/// The brands or the policies that have complaints. There are few of them, and each takes a single probe of the index that begins
/// with it. They are read by a statement of their own, so that the statement of a list can name them as literals; it is prepared once.
#[derive(Debug)]
struct ThereAre(&'static str);

impl QueryId for ThereAre {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for ThereAre {
    type SqlType = Array<Text>;
}

impl QueryFragment<Pg> for ThereAre {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let column = self.0;
        out.push_sql(&format!(
            "/* complaint.{column} */ with recursive of_all (name) as ( \
             (select {column} from complaint order by {column} limit 1) union all \
             select (select c.{column} from complaint c where c.{column} > of_all.name order by c.{column} limit 1) \
             from of_all where of_all.name is not null) \
             select coalesce(array_agg(name), '{{}}') from of_all where name is not null",
        ));
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for ThereAre {}

fn there_are(column: &'static str, connection: &mut PgConnection) -> QueryResult<Vec<String>> {
    ThereAre(column).get_result(connection)
}
