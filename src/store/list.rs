//! Lists of complaints, a page at a time. The cost of a page depends on what it returns, or on what is open or due: never
//! on the complaints that are over.

use std::collections::BTreeMap;

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, PgConnection, QueryDsl as _, QueryResult,
    RunQueryDsl,
    data_types::PgTimestamp,
    dsl::sql,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Reader, StoreError,
    any_array::among,
    complaint_lookup::StoredComplaint,
    first_of::FirstOf,
    history::at_one_moment,
    list_filter::{Filter, Holders, NOBODY, Order},
    list_order::{ListPlace, key},
    personal::{Shown, read_personal, shown_with},
    rows, schema,
};

/// The personal data of how many complaints the database gathers at once.
const PERSONAL: usize = 25;

/// How many complaints a page has unless its caller wants another number.
pub const DEFAULT_PAGE: u16 = 50;

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
    #[must_use]
    pub fn limit(self) -> i64 {
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

/// A complaint of a list, by its place; an error where what is stored of it cannot be read, which holds up no other.
pub type ListedRow = (ListPlace, Result<ListedComplaint, StoreError>);

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

impl Reader {
    /// Complaints in the order of the filter, after `after`; as of one moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn complaints(
        &self,
        filter: Filter,
        after: Option<ListPlace>,
        extent: Extent,
        with_personal: bool,
    ) -> Result<Listed<ListedRow>, StoreError> {
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
    after: Option<ListPlace>,
    extent: Extent,
    with_personal: bool,
    connection: &mut PgConnection,
) -> Result<Listed<ListedRow>, StoreError> {
    let found = select(filter, after, extent, connection)?;
    let all = found.len();
    let wanted = found.into_iter().take(extent.rows);
    let (mut rows, keys): (Vec<(Uuid, String)>, Vec<Option<i64>>) = wanted
        .map_while(|(id, body, key)| Some(((id, body?), key.map(|key| key.0))))
        .unzip();
    let mut personal = Shown::new();
    if with_personal {
        personal = personal_within(extent.bytes, &rows, connection)?;
        rows.truncate(personal.len());
    }
    let more = rows.len() < all;
    let mut due = due_clocks(filter, &rows, connection)?;
    let items = rows.into_iter().zip(keys).map(|((id, body), key)| {
        let personal = personal.remove(&id).unwrap_or_default();
        let due = due.remove(&id).unwrap_or_else(|| Ok(Vec::new()));
        (ListPlace { id, key }, listed(&body, &personal, due))
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
    type Found = (Uuid, String, i32, Option<PgTimestamp>);
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
    for (complaint, clock, cycle, at) in query.load::<Found>(connection)? {
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

type Row = (Uuid, Option<String>, Option<PgTimestamp>);

/// Complaints with their JSON and the instants by which they are listed, one more than wanted; without the JSON once there are
/// enough bytes.
fn select(
    filter: &Filter,
    after: Option<ListPlace>,
    extent: Extent,
    connection: &mut PgConnection,
) -> Result<Vec<Row>, StoreError> {
    use schema::complaint::dsl;
    let limit = extent.limit();
    let mut query = dsl::complaint
        .select((dsl::id, dsl::body, key(filter)))
        .limit(limit)
        .into_boxed();
    query = match filter.order {
        Order::Filed => query.order(dsl::id),
        Order::FiledLast => query.order(dsl::id.desc()),
        // The third of what is selected: written out once more, it would be worked out once more.
        Order::Due | Order::Received => query.order(sql::<Integer>("3, complaint.id")),
    };
    query = match FirstOf::new(filter, after, limit, connection)? {
        // Whatever the filter asks for holds for the first of each part.
        Some(first) => query.filter(first),
        None => passing(query, filter, after),
    };
    let within = Within {
        page: query,
        again: comes_again(filter, extent),
        bytes: i64::try_from(extent.bytes).unwrap_or(i64::MAX),
    };
    Ok(within.load(connection)?)
}

/// Whether this is a list that is asked for again and again, such as whoever works on complaints has before them all day: to
/// prepare its statement takes as long as to carry it out. Its text depends on the filter and on the size of the page, so a
/// connection that kept all of them would keep any number.
fn comes_again(filter: &Filter, extent: Extent) -> bool {
    extent.rows == usize::from(DEFAULT_PAGE)
        && filter.channels.is_empty()
        && filter.level.is_none()
        && filter.policy.is_none()
        && filter.due_before.is_none()
        && filter.labels.is_empty()
        && !filter.escalation_eligible
        && !filter.undelivered
}

type Selected<'q> = schema::complaint::BoxedQuery<'q, Pg, (SqlUuid, Text, Nullable<Timestamptz>)>;

/// Those that pass the filter, after a place. What an index of its own finds, such as what is due, what has a label or what came
/// under a policy, is found for all scopes, and left out here where it lies outside.
fn passing<'q>(
    mut query: Selected<'q>,
    filter: &'q Filter,
    after: Option<ListPlace>,
) -> Selected<'q> {
    use schema::complaint::dsl;
    query = match (filter.order, after) {
        (_, None) => query,
        (Order::Filed, Some(after)) => query.filter(dsl::id.gt(after.id)),
        (Order::FiledLast, Some(after)) => query.filter(dsl::id.lt(after.id)),
        (Order::Due | Order::Received, Some(after)) => {
            let at = after.key.map(PgTimestamp);
            let later = key(filter).gt(at);
            let of_it = key(filter).eq(at).and(dsl::id.gt(after.id));
            // The first condition follows from the second; it is what an index can be asked.
            query.filter(key(filter).ge(at)).filter(later.or(of_it))
        }
    };
    match filter.brands().as_deref() {
        None => {}
        Some([brand]) => query = query.filter(dsl::brand.eq(*brand)),
        Some(brands) => query = query.filter(dsl::brand.eq_any(brands.to_vec())),
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
    match filter.holders() {
        None => {}
        Some(Holders {
            names,
            nobody: true,
        }) if names.is_empty() => {
            query = query.filter(dsl::assignee.is_null());
        }
        Some(Holders { names, nobody }) => {
            let held = dsl::assignee.eq_any(names);
            query = match nobody {
                true => query.filter(held.or(dsl::assignee.is_null())),
                false => query.filter(held),
            };
        }
    }
    if filter.assignee.as_deref() == Some(NOBODY) {
        query = query.filter(dsl::closed_at.is_null());
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
    if filter.undelivered {
        query = query.filter(dsl::undelivered);
    }
    if let Some(before) = filter.due_before {
        // What is due is found first, by its own index, and then looked up: as a join or a correlated subquery it may be
        // planned as a scan of all complaints.
        let bound = match (filter.order, after) {
            (Order::Filed | Order::FiledLast, Some(after)) => after.id,
            (Order::FiledLast, None) => Uuid::max(),
            _ => Uuid::nil(),
        };
        let due = sql::<Bool>(
            "complaint.id = any(array(select k.complaint_id from clock k where k.state = 'running' and k.due_at < ",
        )
        .bind::<Timestamptz, _>(rows::bind(before))
        .sql(if filter.order == Order::FiledLast {
            " and k.complaint_id < "
        } else {
            " and k.complaint_id > "
        })
        .bind::<SqlUuid, _>(bound);
        query = match filter.clock.clone() {
            None => query.filter(due.sql("))")),
            Some(name) => {
                let of_one = due.sql(" and k.name = ").bind::<Text, _>(name);
                query.filter(of_one.sql("))"))
            }
        };
    }
    query
}

/// A page of ids, JSON and instants, in its order, of which the JSON stops once there are enough bytes: a page of large complaints is cut where they
/// are stored, and not when all of them have been read.
struct Within<Q> {
    page: Q,
    bytes: i64,
    /// Whether the statement is kept for the next time.
    again: bool,
}

impl<Q> QueryId for Within<Q> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Within<Q> {
    type SqlType = (SqlUuid, Nullable<Text>, Nullable<Timestamptz>);
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Within<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if !self.again {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("/* complaint.list */ select id, case when bytes - octet_length(body) <= ");
        out.push_bind_param::<BigInt, _>(&self.bytes)?;
        out.push_sql(
            " then body end, key from (select id, body, key, place, \
             sum(octet_length(body)) over (order by place) as bytes \
             from (select id, body::text, key, row_number() over () as place from (",
        );
        self.page.walk_ast(out.reborrow())?;
        out.push_sql(") page (id, body, key)) text) sized order by place");
        Ok(())
    }
}

impl<Q> RunQueryDsl<PgConnection> for Within<Q> {}
