//! Pages of complaints for figures at a position of the log, in the order of their ids.
//!
//! Each page is read as of one moment, and nothing is held between pages. What is stored of a complaint follows from its log: where
//! its last event stands at or before the position, it is as it was there, and nothing else need be read. Of the others the log is
//! read up to the position. Bodies are read as text and parsed elsewhere, so the connection is not kept for that.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    dsl::sql,
    sql_query,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Reader, StoreError,
    any_array::among,
    events::EventRow,
    figure_facts::{CountedComplaint, Found, Recorded},
    history::at_one_moment,
    log,
    placement::Placement,
    rows::{self, bind, instant},
    schema,
};
use crate::{
    domain::Fact,
    figures::{KINDS_OF_HISTORY, Kept, Promise},
};

/// How many complaints a page looks at: a literal, since a limit that is bound defeats the plan cache.
macro_rules! page {
    () => {
        2_000
    };
}

/// How many events of changed complaints a page reads at the most, unless one complaint alone has more.
const EVENTS: i64 = 20_000;

/// Of which complaints what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureExtent {
    /// Up to the end of this transaction of the log.
    pub xid: i64,
    /// What counts from this instant on …
    pub from: Timestamp,
    /// … until before this one.
    pub to: Timestamp,
}

/// A page.
#[derive(Debug)]
pub struct FigurePage {
    /// The complaints of which something may count, in the order of their ids.
    pub complaints: Vec<CountedComplaint>,
    /// How many were looked at.
    pub looked_at: usize,
    /// After which id the next page begins. `None`: there are no more.
    pub next: Option<Uuid>,
}

#[derive(Debug, QueryableByName)]
struct Head {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    tracking_number: String,
    #[diesel(sql_type = Text)]
    brand: String,
    #[diesel(sql_type = Nullable<Text>)]
    assignee: Option<String>,
    /// How many events it has.
    #[diesel(sql_type = BigInt)]
    version: i64,
    /// Whether its last event stands at or before the position.
    #[diesel(sql_type = Bool)]
    unchanged: bool,
    /// `None`: it was over before the period began.
    #[diesel(sql_type = Nullable<Text>)]
    body: Option<String>,
}

#[derive(Debug, QueryableByName)]
struct PromiseRow {
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    cycle: i32,
    #[diesel(sql_type = Timestamptz)]
    due_at: PgTimestamp,
    #[diesel(sql_type = Bool)]
    met: bool,
    #[diesel(sql_type = Bool)]
    missed: bool,
}

#[derive(Debug, QueryableByName)]
struct FactRow {
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    at: PgTimestamp,
    #[diesel(sql_type = Text)]
    payload: String,
}

#[derive(Debug, QueryableByName)]
struct Body {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    body: String,
}

impl Reader {
    /// The page of complaints after an id, each as it stood at a position.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn figure_page(
        &self,
        after: Uuid,
        extent: FigureExtent,
    ) -> Result<FigurePage, StoreError> {
        self.read(move |connection| {
            at_one_moment(connection, |connection| page(after, extent, connection))
        })
        .await
    }
}

fn page(
    after: Uuid,
    extent: FigureExtent,
    connection: &mut PgConnection,
) -> Result<FigurePage, StoreError> {
    let mut heads = heads(after, extent, connection)?;
    no_more_than_events(&mut heads);
    let Some(last) = heads.last().map(|head| head.id) else {
        return Ok(FigurePage {
            complaints: Vec::new(),
            looked_at: 0,
            next: None,
        });
    };
    let mut promises = promises((after, last), extent, connection)?;
    let mut rare = rare_events((after, last), extent, connection)?;
    let reopened = rare.iter().filter(|(_, facts)| is_reopened(facts));
    let reopened: Vec<Uuid> = reopened.map(|(id, _)| *id).collect();
    let mut histories = histories(&reopened, extent, connection)?;
    let lacking = heads.iter().filter(|head| {
        let counts = promises.contains_key(&head.id) || rare.contains_key(&head.id);
        head.unchanged && head.body.is_none() && counts
    });
    let mut bodies = bodies(&lacking.map(|head| head.id).collect::<Vec<_>>(), connection)?;
    let changed = heads.iter().filter(|head| !head.unchanged);
    let mut logs = logs(&changed.map(|head| head.id).collect(), extent, connection)?;

    let looked_at = heads.len();
    let complaints = heads.into_iter().filter_map(|head| {
        let promises = promises.remove(&head.id).unwrap_or_default();
        let rare = rare.remove(&head.id).unwrap_or_default();
        let found = if head.unchanged {
            Found::Stored {
                body: head.body.or_else(|| bodies.remove(&head.id))?,
                promises: promises.into_iter().map(promise).collect(),
                history: histories.remove(&head.id),
                rare,
            }
        } else {
            // Filed after the position where there is none.
            Found::Log(logs.remove(&head.id)?)
        };
        Some(CountedComplaint {
            id: head.id,
            tracking_number: head.tracking_number,
            placement: Placement {
                brand: head.brand,
                assignee: head.assignee,
            },
            found,
        })
    });
    Ok(FigurePage {
        complaints: complaints.collect(),
        looked_at,
        next: Some(last),
    })
}

/// The last event of each is looked up by its key, one by one: a join would be planned for a share of the whole log.
fn heads(
    after: Uuid,
    extent: FigureExtent,
    connection: &mut PgConnection,
) -> Result<Vec<Head>, StoreError> {
    let query = concat!(
        "/* figures.complaints */ select c.id, c.tracking_number, c.brand, c.assignee, c.version, \
         coalesce((select e.xid from event e where e.complaint_id = c.id and e.sequence = c.version) <= $2::text::xid8, false) \
         as unchanged, case when c.closed_at is null or c.closed_at >= $3 then c.body::text end as body \
         from complaint c where c.id > $1 order by c.id limit ",
        page!()
    );
    Ok(sql_query(query)
        .bind::<SqlUuid, _>(after)
        .bind::<BigInt, _>(extent.xid)
        .bind::<Timestamptz, _>(bind(extent.from))
        .load(connection)?)
}

/// The first of them, as many as have logs that are read at once.
fn no_more_than_events(heads: &mut Vec<Head>) {
    let mut events = 0_i64;
    let fit = heads.iter().take_while(|head| {
        if !head.unchanged {
            events = events.saturating_add(head.version.max(0));
        }
        events <= EVENTS
    });
    let fit = fit.count().max(1);
    heads.truncate(fit);
}

/// As [`crate::figures::promises_of`], of those that fell due in the period.
fn promises(
    (after, last): (Uuid, Uuid),
    extent: FigureExtent,
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<PromiseRow>>, StoreError> {
    let query = "/* figures.promises */ select k.complaint_id, k.name, k.cycle, k.due_at, k.state = 'met' as met, \
                 k.state = 'missed' or (k.state <> 'met' and k.breached_at is not null) as missed from clock k \
                 where k.complaint_id > $1 and k.complaint_id <= $2 and k.due_at >= $3 and k.due_at < $4 \
                 and k.state <> 'cancelled' and not (k.breached_at is not null and exists (select from clock next \
                 where next.complaint_id = k.complaint_id and next.name = k.name and next.cycle = k.cycle + 1 \
                 and next.breached_at = k.breached_at)) order by k.complaint_id, k.name, k.cycle";
    let found: Vec<PromiseRow> = sql_query(query)
        .bind::<SqlUuid, _>(after)
        .bind::<SqlUuid, _>(last)
        .bind::<Timestamptz, _>(bind(extent.from))
        .bind::<Timestamptz, _>(bind(extent.to))
        .load(connection)?;
    Ok(rows::by_complaint(found, |row| row.complaint_id))
}

fn promise(row: PromiseRow) -> Result<Promise, StoreError> {
    Ok(Promise {
        due: instant("due_at", row.due_at)?,
        clock: row.name,
        cycle: row.cycle,
        kept: match (row.met, row.missed) {
            (true, _) => Kept::InTime,
            (false, true) => Kept::Missed,
            (false, false) => Kept::Open,
        },
    })
}

/// The events of [`crate::figures::RARE_KINDS`], by the index that holds no others.
fn rare_events(
    (after, last): (Uuid, Uuid),
    extent: FigureExtent,
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<Recorded>>, StoreError> {
    let query = "/* figures.rare */ select e.complaint_id, e.at, e.payload::text as payload from event e \
                 where e.kind in ('reopened', 'escalated', 'referred', 'notice_failed') \
                 and e.complaint_id > $1 and e.complaint_id <= $2 and e.xid <= $3::text::xid8 \
                 order by e.complaint_id, e.sequence";
    let found: Vec<FactRow> = sql_query(query)
        .bind::<SqlUuid, _>(after)
        .bind::<SqlUuid, _>(last)
        .bind::<BigInt, _>(extent.xid)
        .load(connection)?;
    Ok(recorded(found))
}

fn is_reopened(facts: &[Recorded]) -> bool {
    let mut facts = facts.iter();
    facts.any(|fact| matches!(fact, Ok((_, Fact::Reopened { .. })) | Err(_)))
}

/// What happened in all rounds of these complaints.
fn histories(
    ids: &[Uuid],
    extent: FigureExtent,
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<Recorded>>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = "/* figures.history */ select e.complaint_id, e.at, e.payload::text as payload from event e \
                 where e.complaint_id = any(array(select unnest($1))) and e.kind = any($2) and e.xid <= $3::text::xid8 \
                 order by e.complaint_id, e.sequence";
    let kinds = KINDS_OF_HISTORY.map(|kind| kind.as_str()).to_vec();
    let found: Vec<FactRow> = sql_query(query)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(kinds)
        .bind::<BigInt, _>(extent.xid)
        .load(connection)?;
    Ok(recorded(found))
}

fn recorded(found: Vec<FactRow>) -> BTreeMap<Uuid, Vec<Recorded>> {
    let mut facts: BTreeMap<Uuid, Vec<Recorded>> = BTreeMap::new();
    for row in found {
        let read = || {
            Ok((
                instant("at", row.at)?,
                rows::read_json("fact", &row.payload)?,
            ))
        };
        facts.entry(row.complaint_id).or_default().push(read());
    }
    facts
}

fn bodies(
    ids: &[Uuid],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, String>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = "/* figures.bodies */ select c.id, c.body::text as body from complaint c \
                 where c.id = any(array(select unnest($1)))";
    let found: Vec<Body> = sql_query(query)
        .bind::<Array<SqlUuid>, _>(ids)
        .load(connection)?;
    Ok(found.into_iter().map(|row| (row.id, row.body)).collect())
}

fn logs(
    ids: &BTreeSet<Uuid>,
    extent: FigureExtent,
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<EventRow>>, StoreError> {
    use schema::event::dsl;
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let before = sql::<Bool>("xid <= ").bind::<BigInt, _>(extent.xid);
    let found: Vec<EventRow> = dsl::event
        .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
        .filter(before.sql("::text::xid8"))
        .order((dsl::complaint_id, dsl::sequence))
        .select(log::event_columns())
        .load(connection)?;
    Ok(rows::by_complaint(found, |row| row.complaint_id))
}
