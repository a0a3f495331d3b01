//! Lists of complaints, a page at a time. The cost of a page depends on what it returns, or on what is open or due: never
//! on the complaints that are over.

use std::collections::BTreeMap;

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, PgConnection, QueryDsl as _, QueryResult,
    RunQueryDsl, SelectableHelper as _,
    data_types::PgTimestamp,
    dsl::sql,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Reader, StoreError,
    any_array::among,
    complaint_lookup::StoredComplaint,
    first_of::{FirstOf, member},
    history::at_one_moment,
    list_filter::{Filter, Order},
    list_order::{ListPlace, key},
    passes::{Answered, Passes},
    personal::{Shown, read_personal, shown_with},
    rows, schema,
};
use crate::{
    access::Scope,
    domain::{Clock, ClockState},
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

/// A page of the list of complaints.
#[derive(Debug)]
pub struct ComplaintPage {
    /// In the order of the list.
    pub items: Vec<ListedRow>,
    /// Whether more may come after them.
    pub more: bool,
    /// The place up to which was looked for complaints that pass, where that is not the last of the items.
    pub horizon: Option<ListPlace>,
}

/// A complaint of a list, by its place; an error where what is stored of it cannot be read, which holds up no other.
pub type ListedRow = (ListPlace, Result<ListedComplaint, StoreError>);

/// A complaint, and what is timed on it.
#[derive(Debug)]
pub struct ListedComplaint {
    /// The complaint, with its personal data if they were asked for.
    pub stored: StoredComplaint,
    /// Its clocks that have not ended, in the order of their names.
    pub clocks: Vec<Clock>,
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
    ) -> Result<ComplaintPage, StoreError> {
        self.read(move |connection| {
            at_one_moment(connection, |connection| {
                list(&filter, after, extent, with_personal, connection)
            })
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
) -> Result<ComplaintPage, StoreError> {
    let (found, horizon) = select(filter, after, extent, connection)?;
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
    let whole = rows.len() == all;
    let mut clocks = live_clocks(&rows, connection)?;
    let items = rows.into_iter().zip(keys).map(|((id, body), key)| {
        let personal = personal.remove(&id).unwrap_or_default();
        let clocks = clocks.remove(&id).unwrap_or_default();
        let place = ListPlace { id, key };
        (place, listed(&body, &personal, clocks, filter))
    });
    Ok(ComplaintPage {
        items: items.collect(),
        more: !whole || horizon.is_some(),
        horizon: horizon.filter(|_| whole),
    })
}

fn listed(
    body: &str,
    personal: &[String],
    clocks: Vec<rows::ClockRow>,
    filter: &Filter,
) -> Result<ListedComplaint, StoreError> {
    let clocks: Vec<Clock> = clocks
        .into_iter()
        .map(Clock::try_from)
        .collect::<Result<_, _>>()?;
    Ok(ListedComplaint {
        stored: StoredComplaint {
            complaint: rows::read_json("complaint", body)?,
            personal: read_personal(personal)?,
        },
        due: due_clocks(filter, &clocks),
        clocks,
    })
}

/// Those for which a complaint is listed.
fn due_clocks(filter: &Filter, clocks: &[Clock]) -> Vec<DueClock> {
    let Some(before) = filter.due_before else {
        return Vec::new();
    };
    let named = |clock: &&Clock| filter.clock.as_ref().is_none_or(|it| *it == clock.name);
    let running = clocks
        .iter()
        .filter(|clock| clock.state == ClockState::Running);
    let mut due: Vec<DueClock> = running
        .filter(named)
        .filter_map(|clock| {
            Some(DueClock {
                clock: clock.name.clone(),
                cycle: clock.cycle,
                due: clock.due.filter(|due| *due < before)?,
            })
        })
        .collect();
    due.sort_by(|one, other| (one.due, &one.clock).cmp(&(other.due, &other.clock)));
    due
}

/// The clocks of complaints that have not ended.
fn live_clocks(
    complaints: &[(Uuid, String)],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<rows::ClockRow>>, StoreError> {
    use schema::clock::dsl;
    let found: Vec<rows::ClockRow> = dsl::clock
        .filter(dsl::complaint_id.eq(among(complaints.iter().map(|(id, _)| *id))))
        .filter(dsl::stopped_at.is_null())
        .order((dsl::complaint_id, dsl::name))
        .select(rows::ClockRow::as_select())
        .load(connection)?;
    Ok(rows::by_complaint(found, |row| row.complaint_id))
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

type Row = (Uuid, Option<String>, Option<PgTimestamp>);

/// Complaints with their JSON and the instants by which they are listed, one more than wanted; without the JSON once there are
/// enough bytes. And up to which place was looked for them, if not to the end of the list or to the last of them.
fn select(
    filter: &Filter,
    after: Option<ListPlace>,
    extent: Extent,
    connection: &mut PgConnection,
) -> Result<(Vec<Row>, Option<ListPlace>), StoreError> {
    use schema::complaint::dsl;
    let limit = extent.limit();
    let first = FirstOf::new(filter, after, limit, connection)?;
    let mut query = dsl::complaint
        .select((dsl::id, dsl::body, key(filter)))
        .limit(limit)
        .into_boxed();
    // The third of what is selected: written out once more, it would be worked out once more.
    query = match (filter.order.is_by_id(), filter.order.is_backwards()) {
        (true, false) => query.order(dsl::id),
        (true, true) => query.order(dsl::id.desc()),
        (false, false) => query.order(sql::<Integer>("3, complaint.id")),
        (false, true) => query.order(sql::<Integer>("3 desc, complaint.id desc")),
    };
    query = match &first {
        // Whatever the filter asks for holds for the first of each part.
        Some(first) => query.filter(first),
        None => passing(query, filter, after),
    };
    let within = Within {
        page: query,
        again: comes_again(filter, extent),
        bytes: i64::try_from(extent.bytes).unwrap_or(i64::MAX),
    };
    let mut found: Vec<Row> = within.load(connection)?;
    let full = i64::try_from(found.len()).is_ok_and(|found| found >= limit);
    let horizon = match &first {
        Some(first) if !full => first.horizon(connection)?,
        _ => None,
    };
    if let Some(horizon) = &horizon {
        // Beyond it, others may come before these.
        found.retain(|(id, _, key)| {
            let place = ListPlace {
                id: *id,
                key: key.map(|key| key.0),
            };
            place.compare(horizon, filter.order).is_le()
        });
    }
    Ok((found, horizon))
}

/// Whether this is a list that is asked for again and again, such as whoever works on complaints has before them all day: to
/// prepare its statement takes as long as to carry it out. Its text depends on the filter and on the size of the page, so a
/// connection that kept all of them would keep any number.
fn comes_again(filter: &Filter, extent: Extent) -> bool {
    let asked = Filter {
        brand: None,
        states: Vec::new(),
        assignee: None,
        order: Order::default(),
        scope: Scope::default(),
        ..filter.clone()
    };
    extent.rows == usize::from(DEFAULT_PAGE) && asked == Filter::default()
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
        (order, Some(after)) => {
            let at = after.key.map(PgTimestamp);
            let tied = key(filter).eq(at);
            // The first condition follows from the second; it is what an index can be asked.
            match order.is_backwards() {
                false => {
                    let of_it = tied.and(dsl::id.gt(after.id));
                    let later = key(filter).gt(at);
                    query.filter(key(filter).ge(at)).filter(later.or(of_it))
                }
                true => {
                    let of_it = tied.and(dsl::id.lt(after.id));
                    let earlier = key(filter).lt(at);
                    query.filter(key(filter).le(at)).filter(earlier.or(of_it))
                }
            }
        }
    };
    let passes = Passes::new(filter, "complaint", Answered::default());
    if !passes.is_all() {
        query = query.filter(passes);
    }
    let by_clock = filter.order == Order::Due && filter.clock.is_some();
    let member = member(filter.order).replace("c.", "complaint.");
    if !by_clock && !member.is_empty() {
        query = query.filter(sql::<Bool>(&format!("true{member}")));
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
