//! Searches: the complaints that have what is looked for, the newest first.
//!
//! Each term of a search is a range of the table of keys, which holds the complaints of a brand that have it in the order of their
//! filing. The range of the rarest term is walked from its end, a piece at a time, and the other terms of each complaint in it are
//! looked up. What is left is compared with what was searched for, since two terms may have one key. However many complaints have
//! what is looked for, a search looks at so many of them, and says where it stopped.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, QueryResult, RunQueryDsl,
    SelectableHelper as _,
    data_types::PgTimestamp,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Integer, Nullable, Text, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Extent, ListPlace, Reader, StoreError,
    any_array::{LIST, among},
    complaint_lookup::StoredComplaint,
    history::at_one_moment,
    personal::{CUSTOMER, Shown, read_customer, read_personal, shown_with},
    placement::Placement,
    rows, schema,
};
use crate::{
    access::Scope,
    domain::{Complaint, Criterion, Customer, SearchKind, State, TrackingNumber, search_terms},
};

/// At most so many complaints are looked at by one search.
pub const SEARCHED: usize = 2_000;
/// As far as the complaints that have a term are counted to find the rarest.
const COUNTED: i64 = 1_001;
/// How many are looked at first. If the page is not full then, the next piece is larger.
const PIECE: usize = 128;
/// How many complaints are read at once.
const READ: usize = 25;

/// What is searched for. Everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// What is wanted of a complaint, by the brands that are searched: its brand may decide how a number is read.
    pub brands: BTreeMap<String, Vec<Criterion>>,
    /// One of these tracking numbers. Empty: any.
    pub tracking_numbers: BTreeSet<TrackingNumber>,
    /// One of these states. Empty: any.
    pub states: BTreeSet<State>,
    /// Neither closed nor withdrawn.
    pub open: bool,
    /// Under this policy.
    pub policy: Option<String>,
    /// Received at or after this instant.
    pub received_from: Option<Timestamp>,
    /// Received before this instant.
    pub received_before: Option<Timestamp>,
    /// Only what lies within it.
    pub scope: Scope,
}

/// A complaint, and by what it was found.
#[derive(Debug)]
pub struct FoundComplaint {
    /// The complaint, with its personal data if they were asked for.
    pub stored: StoredComplaint,
    /// Which of its data met what was searched for.
    pub by: BTreeSet<SearchKind>,
}

/// A complaint by its place; an error where what is stored of it cannot be read.
pub type FoundRow = (ListPlace, Result<FoundComplaint, StoreError>);

/// A page of what was found.
#[derive(Debug, Default)]
pub struct FoundPage {
    /// The newest first.
    pub items: Vec<FoundRow>,
    /// Whether more follow the last item.
    pub more: bool,
    /// The last complaint that was looked at, where the search stopped at its bound.
    pub stopped_at: Option<ListPlace>,
}

impl Reader {
    /// Complaints that have what is searched for, filed before that of `after`; as of one moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn search(
        &self,
        search: Search,
        after: Option<ListPlace>,
        extent: Extent,
        with_personal: bool,
    ) -> Result<FoundPage, StoreError> {
        self.read(move |connection| {
            at_one_moment(connection, |connection| {
                let mut page = Page {
                    search: &search,
                    extent,
                    with_personal,
                    bytes: 0,
                    found: FoundPage::default(),
                };
                page.fill(after, connection)?;
                Ok(page.found)
            })
        })
        .await
    }
}

/// A page that is being filled.
struct Page<'s> {
    search: &'s Search,
    extent: Extent,
    with_personal: bool,
    bytes: usize,
    found: FoundPage,
}

impl Page<'_> {
    fn fill(
        &mut self,
        after: Option<ListPlace>,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let after = after.map_or(Uuid::max(), |after| after.id);
        if !self.search.tracking_numbers.is_empty() {
            // A few at the most.
            let named = by_tracking_number(self.search, after, connection)?;
            self.add(named, connection)?;
            return Ok(());
        }
        let walk = Walk::new(self.search, connection)?;
        let (mut after, mut looked_at, mut piece) = (after, 0, PIECE);
        while looked_at < SEARCHED {
            let wanted = piece.min(SEARCHED - looked_at);
            let walked = walk.piece(after, wanted, connection)?;
            let ended = walked.len() < wanted;
            let Some(last) = walked.last().map(|(id, _)| *id) else {
                return Ok(());
            };
            looked_at += walked.len();
            let having = walk.having_the_rest(walked, connection)?;
            if self.add(having, connection)? || ended {
                return Ok(());
            }
            after = last;
            piece *= 4;
        }
        self.found.stopped_at = Some(ListPlace::of(after));
        Ok(())
    }

    /// Adds those that pass. Returns whether the page is full.
    fn add(
        &mut self,
        candidates: Vec<Uuid>,
        connection: &mut PgConnection,
    ) -> Result<bool, StoreError> {
        let passing = passing(self.search, candidates, connection)?;
        for candidates in passing.chunks(READ) {
            let candidates = read(candidates, connection)?.into_iter();
            let met = candidates.filter_map(|candidate| {
                let by = candidate.met(self.search)?;
                Some((candidate, by))
            });
            let met: Vec<_> = met.collect();
            let room = self.extent.rows - self.found.items.len();
            let ids = met.iter().take(room).map(|(candidate, _)| candidate.id);
            let mut shown = self.shown(ids.collect(), connection)?;
            for (candidate, by) in met {
                if self.found.items.len() == self.extent.rows || self.bytes > self.extent.bytes {
                    self.found.more = true;
                    return Ok(true);
                }
                let shown = shown.remove(&candidate.id);
                self.push(candidate, by, shown, connection)?;
            }
        }
        Ok(false)
    }

    /// The personal data of these, if they are asked for, as far as a page of them goes.
    fn shown(&self, ids: Vec<Uuid>, connection: &mut PgConnection) -> Result<Shown, StoreError> {
        if !self.with_personal || ids.is_empty() {
            return Ok(Shown::new());
        }
        Ok(shown_with(ids, self.extent.bytes, connection)?.0)
    }

    fn push(
        &mut self,
        candidate: Candidate,
        by: BTreeSet<SearchKind>,
        shown: Option<Vec<String>>,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let id = candidate.id;
        let mut bodies = shown.unwrap_or_default();
        if self.with_personal && bodies.is_empty() {
            let (mut shown, _) = shown_with(vec![id], usize::MAX, connection)?;
            bodies = shown.remove(&id).unwrap_or_default();
        }
        self.bytes += candidate.bytes + bodies.iter().map(String::len).sum::<usize>();
        let read = candidate.read.and_then(|(complaint, _)| {
            let personal = read_personal(&bodies)?;
            let stored = StoredComplaint {
                complaint,
                personal,
            };
            Ok(FoundComplaint { stored, by })
        });
        self.found.items.push((ListPlace::of(id), read));
        Ok(())
    }
}

/// A complaint that may be what is searched for.
struct Candidate {
    id: Uuid,
    bytes: usize,
    /// With its customer; `None`: nobody is on record.
    read: Result<(Complaint, Option<Customer>), StoreError>,
}

impl Candidate {
    /// Which of its data meet the search. `None`: they do not. What cannot be read is taken to do so by its keys.
    fn met(&self, search: &Search) -> Option<BTreeSet<SearchKind>> {
        let Ok((complaint, customer)) = &self.read else {
            return Some(BTreeSet::new());
        };
        let terms = search_terms(complaint, customer.as_ref());
        let mut met = BTreeSet::new();
        for criterion in search.brands.get(&complaint.brand)? {
            let by = criterion.met_by(&terms);
            if by.is_empty() {
                return None;
            }
            met.extend(by);
        }
        if search.tracking_numbers.contains(&complaint.tracking_number) {
            met.insert(SearchKind::TrackingNumber);
        }
        Some(met)
    }
}

/// What is walked, and what else each complaint must have.
struct Walk {
    /// The keys whose ranges are walked, by the place of their brand.
    keys: Vec<i64>,
    places: Vec<i32>,
    /// What the complaints of each brand must have beside: of each list one.
    rest: Vec<Vec<Vec<i64>>>,
}

impl Walk {
    /// Walks what the fewest complaints have, for each brand.
    fn new(search: &Search, connection: &mut PgConnection) -> Result<Self, StoreError> {
        let brands = search.brands.iter();
        let mut brands: Vec<Vec<Vec<i64>>> = brands
            .map(|(brand, criteria)| {
                let keys = criteria.iter().map(|criterion| {
                    let keys = criterion.terms().iter().map(|term| term.key(brand));
                    keys.collect::<Vec<i64>>()
                });
                keys.collect()
            })
            .collect();
        if brands.iter().any(|criteria| criteria.len() > 1) {
            let keys = brands.iter().flatten().flatten().copied();
            let keys: Vec<i64> = keys.collect::<BTreeSet<_>>().into_iter().collect();
            let counted: Vec<(i64, i64)> = Counts { keys }.load(connection)?;
            let counted: BTreeMap<i64, i64> = counted.into_iter().collect();
            let count = |criterion: &Vec<i64>| {
                let counts = criterion.iter().filter_map(|key| counted.get(key));
                counts.sum::<i64>()
            };
            for criteria in &mut brands {
                criteria.sort_by_key(count);
            }
        }
        let mut walk = Walk {
            keys: Vec::new(),
            places: Vec::new(),
            rest: Vec::new(),
        };
        for (place, criteria) in (0..).zip(brands) {
            let mut criteria = criteria.into_iter();
            let keys = criteria.next().unwrap_or_default();
            walk.places.extend(keys.iter().map(|_| place));
            walk.keys.extend(keys);
            walk.rest.push(criteria.collect());
        }
        Ok(walk)
    }

    /// The next so many complaints, the newest first, each with the place of its brand.
    fn piece(
        &self,
        after: Uuid,
        wanted: usize,
        connection: &mut PgConnection,
    ) -> Result<Vec<(Uuid, i32)>, StoreError> {
        let statement = Piece {
            walk: self,
            after,
            limit: wanted,
        };
        Ok(statement.load(connection)?)
    }

    /// Those of a piece that have the rest of what is wanted, too.
    fn having_the_rest(
        &self,
        piece: Vec<(Uuid, i32)>,
        connection: &mut PgConnection,
    ) -> Result<Vec<Uuid>, StoreError> {
        let rest = |place: i32| {
            let place = usize::try_from(place).ok();
            let rest = place.and_then(|place| self.rest.get(place));
            rest.map_or(&[][..], Vec::as_slice)
        };
        let pairs = piece.iter().flat_map(|(id, place)| {
            let keys = rest(*place).iter().flatten();
            keys.map(|key| (*key, *id))
        });
        let (keys, ids): (Vec<i64>, Vec<Uuid>) = pairs.unzip();
        let mut present: BTreeSet<(i64, Uuid)> = BTreeSet::new();
        if !keys.is_empty() {
            let found: Vec<(i64, Uuid)> = Present { keys, ids }.load(connection)?;
            present.extend(found);
        }
        let having = piece.into_iter().filter(|(id, place)| {
            let mut rest = rest(*place).iter();
            rest.all(|keys| keys.iter().any(|key| present.contains(&(*key, *id))))
        });
        Ok(having.map(|(id, _)| id).collect())
    }
}

/// The complaints with these tracking numbers that were filed before one, the newest first.
fn by_tracking_number(
    search: &Search,
    before: Uuid,
    connection: &mut PgConnection,
) -> Result<Vec<Uuid>, StoreError> {
    use schema::complaint::dsl;
    let numbers = search.tracking_numbers.iter();
    let numbers = numbers.map(|number| number.as_str().to_owned());
    let found = dsl::complaint
        .filter(dsl::tracking_number.eq(among(numbers)))
        .filter(dsl::id.lt(before))
        .order(dsl::id.desc())
        .select(dsl::id)
        .load(connection)?;
    Ok(found)
}

/// Those that pass the filters and lie within the scope, in the same order.
fn passing(
    search: &Search,
    candidates: Vec<Uuid>,
    connection: &mut PgConnection,
) -> Result<Vec<Uuid>, StoreError> {
    use schema::complaint::dsl;
    type Row = (Uuid, Placement, String, String, PgTimestamp);
    if candidates.is_empty() {
        return Ok(candidates);
    }
    let found: Vec<Row> = dsl::complaint
        .filter(dsl::id.eq(among(candidates)))
        .select((
            dsl::id,
            Placement::as_select(),
            dsl::state,
            dsl::policy,
            dsl::received_at,
        ))
        .load(connection)?;
    let passes = |(_, placement, state, policy, received_at): &Row| {
        let state = rows::word::<State>(state).ok();
        let received = rows::nearest_instant(*received_at);
        placement.is_within(&search.scope)
            && search.brands.contains_key(&placement.brand)
            && state.is_none_or(|state| {
                let wanted = search.states.is_empty() || search.states.contains(&state);
                wanted && !(search.open && state.is_terminal())
            })
            && search.policy.as_ref().is_none_or(|wanted| wanted == policy)
            && search.received_from.is_none_or(|from| received >= from)
            && search.received_before.is_none_or(|until| received < until)
    };
    let passing = found.into_iter().filter(passes);
    let mut passing: Vec<Uuid> = passing.map(|(id, ..)| id).collect();
    passing.sort_unstable_by_key(|id| Reverse(*id));
    Ok(passing)
}

/// Reads complaints with their customers, in the same order.
fn read(ids: &[Uuid], connection: &mut PgConnection) -> Result<Vec<Candidate>, StoreError> {
    let statement = Candidates { ids: ids.to_vec() };
    let found: Vec<(Uuid, String, Option<String>)> = statement.load(connection)?;
    let candidates = found.into_iter().map(|(id, body, customer)| {
        let read = rows::read_json("complaint", &body).and_then(|complaint| {
            let customer = read_customer(customer.as_deref())?;
            Ok((complaint, customer))
        });
        let bytes = body.len();
        Candidate { id, bytes, read }
    });
    let mut candidates: Vec<Candidate> = candidates.collect();
    candidates.sort_unstable_by_key(|candidate| Reverse(candidate.id));
    Ok(candidates)
}

/// How many complaints have each of these keys, as far as it is counted.
#[derive(Debug, QueryId)]
struct Counts {
    keys: Vec<i64>,
}

impl Query for Counts {
    type SqlType = (BigInt, BigInt);
}

impl QueryFragment<Pg> for Counts {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("/* search.count */ select wanted.key, counted.number from unnest((select ");
        out.push_bind_param::<Array<BigInt>, _>(&self.keys)?;
        out.push_sql(
            ")) wanted (key) cross join lateral (select count(*) as number from \
             (select from search_key s where s.key = wanted.key limit ",
        );
        out.push_sql(&COUNTED.to_string());
        out.push_sql(") first) counted");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Counts {}

/// The last complaints of some ranges before one, each once, with the place of the brand.
struct Piece<'w> {
    walk: &'w Walk,
    after: Uuid,
    limit: usize,
}

impl QueryId for Piece<'_> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Piece<'_> {
    type SqlType = (SqlUuid, Integer);
}

impl QueryFragment<Pg> for Piece<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* search.walk */ select last.complaint_id, min(wanted.place) from unnest((select ",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.walk.keys)?;
        out.push_sql("), ");
        out.push_bind_param::<Array<Integer>, _>(&self.walk.places)?;
        out.push_sql(
            ") wanted (key, place) cross join lateral (select s.complaint_id from search_key s \
             where s.key = wanted.key and s.complaint_id < ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.after)?;
        // There are few limits, and Postgres plans by them.
        let limit = self.limit;
        out.push_sql(&format!(
            " order by s.complaint_id desc limit {limit}) last \
             group by last.complaint_id order by last.complaint_id desc limit {limit}"
        ));
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Piece<'_> {}

/// Which of these pairs of a key and a complaint there are.
#[derive(Debug, QueryId)]
struct Present {
    keys: Vec<i64>,
    ids: Vec<Uuid>,
}

impl Query for Present {
    type SqlType = (BigInt, SqlUuid);
}

impl QueryFragment<Pg> for Present {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("/* search.present */ select asked.key, asked.id from unnest((select ");
        out.push_bind_param::<Array<BigInt>, _>(&self.keys)?;
        out.push_sql("), ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        // Looked up one by one: a join may be planned as a scan of all keys.
        out.push_sql(
            ") asked (key, id) where (select true from search_key s \
             where s.key = asked.key and s.complaint_id = asked.id)",
        );
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Present {}

/// Complaints with their customers.
#[derive(Debug, QueryId)]
struct Candidates {
    ids: Vec<Uuid>,
}

impl Query for Candidates {
    type SqlType = (SqlUuid, Text, Nullable<Text>);
}

impl QueryFragment<Pg> for Candidates {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (before, after) = LIST;
        out.push_sql("/* search.read */ select c.id, c.body, ");
        out.push_sql(CUSTOMER);
        out.push_sql(" from complaint c where c.id = ");
        out.push_sql(before);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(after);
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Candidates {}
