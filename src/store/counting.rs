//! How many complaints of each group there are, and when their promises fall due. Every count is bounded, and read in the order of an
//! index.

use std::collections::BTreeMap;

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Integer, Text},
};
use jiff::Timestamp;

use super::{
    Reader, StoreError,
    first_of::{Bounds, FirstOf, literal, member},
    history::at_one_moment,
    list_filter::{Filter, Order},
    parts::{Part, Source, brands_of, sources},
    passes::Passes,
    rows,
};

/// For each cell of a queue, so many complaints are looked at.
const OF_A_QUEUE: i64 = 1_000;
/// For each cell of other groups, so many of each part.
const OF_A_PART: i64 = 5_000;
/// The most queues of a brand.
const MOST_QUEUES: usize = 500;

/// What is counted separately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountGroup {
    /// Nothing: one count.
    Everything,
    /// Each state.
    State,
    /// What each handles, and what nobody does.
    Queue,
    /// Each brand.
    Brand,
    /// Each level.
    Level,
    /// Each policy.
    Policy,
    /// Each channel.
    Channel,
    /// Each language.
    Language,
    /// Each region, and none.
    Region,
    /// Each service that an issue is about.
    Service,
    /// Each category of an issue.
    Category,
    /// Each value of the label with this key, and none.
    Label(String),
}

/// What is to be counted.
#[derive(Debug, Clone)]
pub struct Counting {
    /// Which complaints. Its order is of no account.
    pub filter: Filter,
    /// What separately.
    pub group: CountGroup,
    /// When.
    pub board: Board,
}

/// The instants between which promises are counted that fall due.
#[derive(Debug, Clone, Copy)]
pub struct Board {
    /// What was due before it is overdue.
    pub now: Timestamp,
    /// An hour later.
    pub hour: Timestamp,
    /// When tomorrow begins.
    pub tomorrow: Timestamp,
    /// When it ends.
    pub after_tomorrow: Timestamp,
}

/// A bounded count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// How many of those that were looked at match.
    pub count: i64,
    /// Whether some were not looked at.
    pub more: bool,
}

/// The counts of one group: all that is open or still owes something, and what of it is overdue, or due within the hour, today and
/// tomorrow.
pub type Counted = [Cell; 5];

impl Board {
    fn windows(&self) -> [Bounds; 5] {
        let between = |from: Option<Timestamp>, before: Timestamp| Bounds {
            // What is not known to fall due is not overdue.
            from: Some(rows::stored_instant(from.unwrap_or(Timestamp::UNIX_EPOCH))),
            before: Some(rows::stored_instant(before)),
        };
        [
            Bounds::default(),
            between(None, self.now),
            between(Some(self.now), self.hour),
            between(Some(self.now), self.tomorrow),
            between(Some(self.tomorrow), self.after_tomorrow),
        ]
    }
}

impl Reader {
    /// The counts of each group that has complaints; and whether there are more groups. As of one moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn counts(
        &self,
        counting: Counting,
    ) -> Result<(BTreeMap<String, Counted>, bool), StoreError> {
        self.read(move |connection| {
            at_one_moment(connection, |connection| counts(&counting, connection))
        })
        .await
    }
}

fn counts(
    counting: &Counting,
    connection: &mut PgConnection,
) -> Result<(BTreeMap<String, Counted>, bool), StoreError> {
    let filter = Filter {
        order: Order::Due,
        due_before: None,
        clock: None,
        ..counting.filter.clone()
    };
    let (sources, more) = match counting.group {
        CountGroup::Queue => queues(&filter, connection)?,
        _ => (sources(&filter, connection)?.unwrap_or_default(), false),
    };
    let mut counted: BTreeMap<String, Counted> = BTreeMap::new();
    if sources.is_empty() {
        return Ok((counted, more));
    }
    let windows = counting.board.windows();
    let first = FirstOf::among(&filter, sources);
    let count = Count {
        first: &first,
        group: &counting.group,
        windows: &windows,
    };
    let found: Vec<(i32, i32, String, i64, i64)> = count.load(connection)?;
    // What was looked at of a part counts for each of its groups: a complaint that was not looked at may be of any.
    let mut looked: BTreeMap<(i32, i32), i64> = BTreeMap::new();
    let of_queues = counting.group == CountGroup::Queue;
    for (source, window, _, _, seen) in &found {
        let most = looked.entry((*source, *window)).or_default();
        *most = (*most).max(*seen);
    }
    let bound = if of_queues { OF_A_QUEUE } else { OF_A_PART };
    for (source, window, name, matched, seen) in found {
        let seen = match of_queues {
            true => seen,
            false => looked.get(&(source, window)).copied().unwrap_or(seen),
        };
        let Some(cell) = usize::try_from(window)
            .ok()
            .and_then(|window| counted.entry(name).or_default().get_mut(window))
        else {
            continue;
        };
        cell.count += matched;
        cell.more |= seen > bound;
    }
    // One part may be cut of which another group has nothing.
    if !of_queues {
        for ((_, window), seen) in looked {
            let Some(window) = usize::try_from(window).ok().filter(|_| seen > bound) else {
                continue;
            };
            for cells in counted.values_mut() {
                if let Some(cell) = cells.get_mut(window) {
                    cell.more = true;
                }
            }
        }
    }
    counted.retain(|_, cells| cells.iter().any(|cell| cell.count > 0 || cell.more));
    Ok((counted, more))
}

/// What each handles, and what nobody does; and whether there are more who do.
fn queues(
    filter: &Filter,
    connection: &mut PgConnection,
) -> Result<(Vec<Source>, bool), StoreError> {
    let mut more = false;
    let mut found = Vec::new();
    for brand in brands_of(filter, connection)? {
        let (mut names, nobody) = match filter.holders() {
            Some(holders) => {
                let names = holders.names.into_iter().map(str::to_owned);
                (names.collect::<Vec<String>>(), holders.nobody)
            }
            None => (Handlers(&brand).get_result(connection)?, true),
        };
        more |= names.len() > MOST_QUEUES;
        names.truncate(MOST_QUEUES);
        let held = (!names.is_empty()).then_some(Part::HeldBy(names));
        let unheld = nobody.then_some(Part::Unheld);
        found.extend(held.into_iter().chain(unheld).map(|part| Source {
            brand: Some(brand.clone()),
            passes: Passes::new(filter, "c", part.answers()),
            part,
        }));
    }
    Ok((found, more))
}

/// Those who handle something of a brand that is to be acted on, one more than there may be: one probe of the index for each.
struct Handlers<'b>(&'b str);

impl QueryId for Handlers<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Handlers<'_> {
    type SqlType = Array<Text>;
}

impl QueryFragment<Pg> for Handlers<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (brand, member) = (literal(self.0), member(Order::Due));
        out.push_sql(&format!(
            "/* complaint.handlers */ with recursive handler (name) as ( \
             (select c.assignee from complaint c where c.brand = {brand} and c.assignee is not null{member} \
             order by c.assignee limit 1) union all \
             select (select c.assignee from complaint c where c.brand = {brand} and c.assignee > handler.name{member} \
             order by c.assignee limit 1) from handler where handler.name is not null) \
             select coalesce(array_agg(name), '{{}}') from \
             (select name from handler where name is not null limit {}) first",
            MOST_QUEUES + 1
        ));
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Handlers<'_> {}

/// Rows of: the part and the window by their numbers, the group, how many match, how many were looked at.
struct Count<'c> {
    first: &'c FirstOf,
    group: &'c CountGroup,
    windows: &'c [Bounds; 5],
}

impl QueryId for Count<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Count<'_> {
    type SqlType = (Integer, Integer, Text, BigInt, BigInt);
}

impl Count<'_> {
    /// The group or groups of a complaint.
    fn walk_group<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let one = |expression: &str| format!("(select {expression} as name)");
        let issues = |member: &str| {
            format!(
                "(select distinct issue.value ->> '{member}' as name from json_array_elements(c.body -> 'issues') issue)"
            )
        };
        let group = match self.group {
            CountGroup::Everything | CountGroup::Queue => one("''"),
            CountGroup::State => one("c.state"),
            CountGroup::Brand => one("c.brand"),
            CountGroup::Level => one("c.level::text"),
            CountGroup::Policy => one("c.policy"),
            CountGroup::Channel => one("c.channel"),
            CountGroup::Language => one("c.body ->> 'language'"),
            CountGroup::Region => one("coalesce(c.body ->> 'region', '')"),
            CountGroup::Service => issues("service"),
            CountGroup::Category => issues("category"),
            CountGroup::Label(key) => {
                out.push_sql("(select coalesce((select substr(label, length(");
                out.push_bind_param::<Text, _>(key)?;
                out.push_sql(") + 2) from unnest(c.labels) label where starts_with(label, ");
                out.push_bind_param::<Text, _>(key)?;
                " || '=') limit 1), '') as name)".to_owned()
            }
        };
        out.push_sql(&group);
        Ok(())
    }

    /// What one part has of each group.
    fn walk_groups<'b>(
        &'b self,
        source: &'b Source,
        window: &'b Bounds,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()> {
        out.push_sql("coalesce(of_it.name, ''), count(*) filter (where c.matches and c.place <= ");
        out.push_sql(&format!(
            "{OF_A_PART}), max(c.place) from (select c.*, row_number() over () as place, (true"
        ));
        source.passes.walk(out.reborrow())?;
        out.push_sql(") as matches from (");
        let part = |mut out: AstPass<'_, 'b, Pg>| {
            out.push_sql("select c.*");
            self.first.walk_part(source, window, out.reborrow())?;
            out.push_sql(&self.first.in_order(&source.part));
            out.push_sql(&format!(" limit {}", OF_A_PART + 1));
            Ok(())
        };
        FirstOf::walk_holders(source, "held.*", out.reborrow(), part)?;
        if matches!(source.part, Part::HeldBy(_)) {
            // Of all of them together.
            out.push_sql(&format!(" limit {}", OF_A_PART + 1));
        }
        out.push_sql(") c) c left join lateral ");
        self.walk_group(out.reborrow())?;
        out.push_sql(" of_it on true group by 3");
        Ok(())
    }

    /// What each has who handles what is in a part.
    fn walk_queues<'b>(
        &'b self,
        source: &'b Source,
        window: &'b Bounds,
        mut out: AstPass<'_, 'b, Pg>,
    ) -> QueryResult<()> {
        let held = match &source.part {
            Part::HeldBy(names) => {
                out.push_sql("holder.name, queue.matched, queue.looked from unnest(");
                out.push_bind_param::<Array<Text>, _>(names)?;
                out.push_sql(") holder (name) cross join lateral (");
                ") queue"
            }
            _ => {
                out.push_sql("'', queue.matched, queue.looked from (");
                ") queue"
            }
        };
        // From the index alone, if nothing else is asked.
        let all = source.passes.is_all();
        out.push_sql(if all {
            "select least(count(*), "
        } else {
            "select least(count(*) filter (where true"
        });
        if !all {
            source.passes.walk(out.reborrow())?;
            out.push_sql("), ");
        }
        out.push_sql(&format!(
            "{OF_A_QUEUE}) as matched, count(*) as looked from (select {}",
            if all { "1" } else { "c.*" }
        ));
        self.first.walk_part(source, window, out.reborrow())?;
        if !all {
            out.push_sql(&self.first.in_order(&source.part));
        }
        out.push_sql(&format!(" limit {}) c", OF_A_QUEUE + 1));
        out.push_sql(held);
        Ok(())
    }
}

impl QueryFragment<Pg> for Count<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let mut separator = "/* complaint.count */ (";
        for (place, source) in self.first.sources().iter().enumerate() {
            for (number, window) in self.windows.iter().enumerate() {
                out.push_sql(separator);
                out.push_sql(&format!("select {place}, {number}, "));
                match self.group {
                    CountGroup::Queue => self.walk_queues(source, window, out.reborrow())?,
                    _ => self.walk_groups(source, window, out.reborrow())?,
                }
                separator = ") union all (";
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Count<'_> {}
