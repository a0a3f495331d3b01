//! Lists of complaints, a page at a time. The cost of a page depends on what it returns, or on what is open or due: never
//! on the complaints that are over.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, QueryResult, RunQueryDsl,
    data_types::PgTimestamp,
    dsl::sql,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Reader, StoreError,
    any_array::among,
    complaint_lookup::{StoredComplaint, read_personal},
    first_of::FirstOf,
    history::at_one_moment,
    personal::{Shown, shown_with},
    rows, schema,
};
use crate::{domain::State, policy::Channel};

/// The personal data of how many complaints the database gathers at once.
const PERSONAL: usize = 25;

/// How much of a list is read.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// At most this many rows.
    pub rows: usize,
    /// No further once the rows have this many bytes.
    pub bytes: usize,
}

impl Extent {
    /// One row more than wanted tells whether there are more.
    pub(super) fn limit(self) -> i64 {
        i64::try_from(self.rows).map_or(i64::MAX, |rows| rows.saturating_add(1))
    }
}

/// A part of a list.
#[derive(Debug)]
pub struct Listed<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Whether more come after them.
    pub more: bool,
}

/// A complaint of a list, by its id; an error where what is stored of it cannot be read, which holds up no other.
pub type Entry = (Uuid, Result<ListedComplaint, StoreError>);

/// A complaint, and why it is listed.
#[derive(Debug)]
pub struct ListedComplaint {
    /// The complaint, with its personal data if they were asked for.
    pub stored: StoredComplaint,
    /// The running clocks that the filter's `due_before` found, the earliest first.
    pub due: Vec<DueClock>,
}

/// A running clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueClock {
    /// Which.
    pub clock: String,
    /// Its cycle.
    pub cycle: i32,
    /// The last instant at which the promise is kept.
    pub due: Timestamp,
}

/// Which complaints to list. All that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Filter {
    /// Of this brand; `None`: of any.
    pub brand: Option<String>,
    /// One of these; empty: any.
    pub states: Vec<State>,
    /// Exactly this level.
    pub level: Option<i32>,
    /// One of these; empty: any.
    pub channels: Vec<Channel>,
    /// Exactly this handler; `Some("-")`: nobody, and it is open.
    pub assignee: Option<String>,
    /// Exactly this policy.
    pub policy: Option<String>,
    /// With a running clock that was due before this instant.
    pub due_before: Option<Timestamp>,
    /// Which clock `due_before` looks at; `None`: any.
    pub clock: Option<String>,
    /// Flagged as eligible for escalation.
    pub escalation_eligible: bool,
    /// With all of these labels, each as `key=value`.
    pub labels: Vec<String>,
}

impl Filter {
    /// Whether nothing passes that is over.
    pub(super) fn is_open(&self) -> bool {
        let open = |states: &[State]| !states.iter().any(|state| state.is_terminal());
        self.assignee.as_deref() == Some("-") || (!self.states.is_empty() && open(&self.states))
    }
}

impl Reader {
    /// Complaints in the order of their ids, which is that of their filing, after `after`; as of one moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn complaints(
        &self,
        filter: Filter,
        after: Option<Uuid>,
        extent: Extent,
        with_personal: bool,
    ) -> Result<Listed<Entry>, StoreError> {
        self.read(move |connection| {
            let list = |connection: &mut PgConnection| {
                list(&filter, after, extent, with_personal, connection)
            };
            match filter.due_before {
                Some(_) => at_one_moment(connection, list),
                None => list(connection),
            }
        })
        .await
    }
}

fn list(
    filter: &Filter,
    after: Option<Uuid>,
    extent: Extent,
    with_personal: bool,
    connection: &mut PgConnection,
) -> Result<Listed<Entry>, StoreError> {
    let found = select(filter, after, extent, connection)?;
    let all = found.len();
    let wanted = found.into_iter().take(extent.rows);
    let mut rows: Vec<(Uuid, String)> = wanted.map_while(|(id, body)| Some((id, body?))).collect();
    let mut personal = Shown::new();
    if with_personal {
        personal = personal_within(extent.bytes, &rows, connection)?;
        rows.truncate(personal.len());
    }
    let more = rows.len() < all;
    let mut due = due_clocks(filter, &rows, connection)?;
    let items = rows.into_iter().map(|(id, body)| {
        let personal = personal.remove(&id).unwrap_or_default();
        let due = due.remove(&id).unwrap_or_else(|| Ok(Vec::new()));
        (id, listed(&body, &personal, due))
    });
    let items = items.collect();
    Ok(Listed { items, more })
}

fn listed(
    body: &str,
    personal: &[String],
    due: Result<Vec<DueClock>, StoreError>,
) -> Result<ListedComplaint, StoreError> {
    Ok(ListedComplaint {
        stored: StoredComplaint {
            complaint: rows::read_json("complaint", body)?,
            personal: read_personal(personal)?,
        },
        due: due?,
    })
}

/// The personal data of the first complaints, until they have this many bytes.
fn personal_within(
    bytes: usize,
    complaints: &[(Uuid, String)],
    connection: &mut PgConnection,
) -> Result<Shown, StoreError> {
    let (mut shown, mut left) = (Shown::new(), bytes);
    for complaints in complaints.chunks(PERSONAL) {
        let ids = complaints.iter().map(|(id, _)| *id).collect();
        let (mut theirs, read) = shown_with(ids, left, connection)?;
        let all = theirs.len() == complaints.len();
        shown.append(&mut theirs);
        match left.checked_sub(read) {
            Some(rest) if all => left = rest,
            _ => break,
        }
    }
    Ok(shown)
}

fn due_clocks(
    filter: &Filter,
    complaints: &[(Uuid, String)],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Result<Vec<DueClock>, StoreError>>, StoreError> {
    use schema::clock::dsl;
    let mut due: BTreeMap<Uuid, Result<Vec<DueClock>, StoreError>> = BTreeMap::new();
    let Some(before) = filter.due_before else {
        return Ok(due);
    };
    type Row = (Uuid, String, i32, Option<PgTimestamp>);
    let mut query = dsl::clock
        .filter(dsl::complaint_id.eq(among(complaints.iter().map(|(id, _)| *id))))
        .filter(sql::<Bool>("state = 'running'"))
        .filter(dsl::due_at.lt(rows::bind(before)))
        .order((dsl::complaint_id, dsl::due_at, dsl::name))
        .select((dsl::complaint_id, dsl::name, dsl::cycle, dsl::due_at))
        .into_boxed();
    if let Some(name) = &filter.clock {
        query = query.filter(dsl::name.eq(name));
    }
    for (complaint, clock, cycle, at) in query.load::<Row>(connection)? {
        // A running clock has a due time.
        let Some(at) = at else { continue };
        let entry = due.entry(complaint).or_insert_with(|| Ok(Vec::new()));
        match (rows::instant("due_at", at), &mut *entry) {
            (Ok(due), Ok(clocks)) => clocks.push(DueClock { clock, cycle, due }),
            (Err(error), Ok(_)) => *entry = Err(error),
            (_, Err(_)) => {}
        }
    }
    Ok(due)
}

/// Complaints with their JSON, one more than wanted; without it once there are enough bytes.
fn select(
    filter: &Filter,
    after: Option<Uuid>,
    extent: Extent,
    connection: &mut PgConnection,
) -> Result<Vec<(Uuid, Option<String>)>, StoreError> {
    use schema::complaint::dsl;
    let limit = extent.limit();
    let mut query = dsl::complaint
        .select((dsl::id, dsl::body))
        .order(dsl::id)
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    // What is due is found by its own index.
    if filter.due_before.is_none()
        && filter.labels.is_empty()
        && let Some(first) = FirstOf::new(filter, after, limit, connection)?
    {
        query = query.filter(first);
    }
    if let Some(brand) = &filter.brand {
        query = query.filter(dsl::brand.eq(brand));
    }
    if !filter.states.is_empty() {
        query = query.filter(dsl::state.eq_any(filter.states.iter().map(|state| state.as_str())));
    }
    if !filter.channels.is_empty() {
        query = query
            .filter(dsl::channel.eq_any(filter.channels.iter().map(|channel| channel.as_str())));
    }
    if let Some(level) = filter.level {
        query = query.filter(dsl::level.eq(level));
    }
    match filter.assignee.as_deref() {
        None => {}
        Some("-") => {
            query = query
                .filter(dsl::assignee.is_null())
                .filter(dsl::closed_at.is_null());
        }
        Some(assignee) => query = query.filter(dsl::assignee.eq(assignee)),
    }
    if let Some(policy) = &filter.policy {
        query = query.filter(dsl::policy.eq(policy));
    }
    if !filter.labels.is_empty() {
        let labelled = sql::<Bool>("labels @> ").bind::<Array<Text>, _>(filter.labels.clone());
        query = query.filter(labelled);
    }
    if filter.escalation_eligible {
        query = query.filter(dsl::escalation_eligible);
    }
    if let Some(before) = filter.due_before {
        // What is due is found first, by its own index, and then looked up: as a join or a correlated subquery it may be
        // planned as a scan of all complaints.
        let due = sql::<Bool>(
            "id = any(array(select k.complaint_id from clock k where k.state = 'running' and k.due_at < ",
        )
        .bind::<Timestamptz, _>(rows::bind(before))
        .sql(" and k.complaint_id > ")
        .bind::<SqlUuid, _>(after.unwrap_or(Uuid::nil()));
        query = match filter.clock.clone() {
            None => query.filter(due.sql("))")),
            Some(name) => {
                let of_one = due.sql(" and k.name = ").bind::<Text, _>(name);
                query.filter(of_one.sql("))"))
            }
        };
    }
    let within = Within {
        page: query,
        bytes: i64::try_from(extent.bytes).unwrap_or(i64::MAX),
    };
    Ok(within.load(connection)?)
}

/// A page of ids and JSON, of which the JSON stops once there are enough bytes: a page of large complaints is cut where they
/// are stored, and not when all of them have been read.
struct Within<Q> {
    page: Q,
    bytes: i64,
}

impl<Q> QueryId for Within<Q> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Within<Q> {
    type SqlType = (SqlUuid, Nullable<Text>);
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Within<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("/* complaint.list */ select id, case when bytes - octet_length(body) <= ");
        out.push_bind_param::<BigInt, _>(&self.bytes)?;
        out.push_sql(
            " then body end from (select id, body, sum(octet_length(body)) over (order by id) as bytes \
             from (select id, body::text from (",
        );
        self.page.walk_ast(out.reborrow())?;
        out.push_sql(") page) text) sized order by id");
        Ok(())
    }
}

impl<Q> RunQueryDsl<PgConnection> for Within<Q> {}
