//! The write side: one transaction that locks, loads and commits.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Batch, StoreError,
    any_array::{LIST, among},
    personal::{read_personal, readable_customers, shown_with},
    placement::Placement,
    rows, schema,
};
use crate::domain::{Case, Clock, Complaint, ComplaintRef, Customer, Personal};

/// An open transaction.
pub struct Transaction<'c> {
    pub(super) connection: &'c mut PgConnection,
}

impl std::fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

/// The first answer to a request.
#[derive(Debug, Clone)]
pub struct StoredRequest {
    /// The request's id.
    pub id: Uuid,
    /// What tells it from another request of this id.
    pub fingerprint: Vec<u8>,
    /// The complaint as it was answered.
    pub answer: Complaint,
    /// What decides now who may see the complaint.
    pub placement: Placement,
}

/// Complaints that were to be locked.
#[derive(Debug, Default)]
pub struct Locked {
    /// Those that are locked now, with their live clocks.
    pub cases: Vec<Case>,
    /// Those that another transaction holds, by the names that they were asked for by, and what decided who may see them
    /// before it.
    pub contended: BTreeMap<ComplaintRef, Placement>,
}

/// How to select complaints by id or tracking number, in the order of their ids: the one lock order there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lock {
    Wait,
    SkipLocked,
    /// Reads them as they are, for what changes nothing.
    Unlocked,
    /// Only looks which of them there are.
    None,
}

/// Its id and tracking number, what decides who may see it, and its JSON where it was locked.
type Row = (Uuid, String, Placement, String);

#[derive(Debug)]
struct SelectComplaints<'a> {
    ids: Vec<Uuid>,
    tracking_numbers: Vec<&'a str>,
    lock: Lock,
}

impl<'a> SelectComplaints<'a> {
    fn new(which: impl IntoIterator<Item = &'a ComplaintRef>, lock: Lock) -> Self {
        let mut select = SelectComplaints {
            ids: Vec::new(),
            tracking_numbers: Vec::new(),
            lock,
        };
        for complaint in which {
            match complaint {
                ComplaintRef::Id(id) => select.ids.push(*id),
                ComplaintRef::Tracking(number) => select.tracking_numbers.push(number.as_str()),
            }
        }
        select
    }
}

impl QueryId for SelectComplaints<'_> {
    type QueryId = ();

    // Its text depends on how it locks.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SelectComplaints<'_> {
    type SqlType = (SqlUuid, Text, (Text, Nullable<Text>), Text);
}

impl QueryFragment<Pg> for SelectComplaints<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        let (before, after) = LIST;
        out.push_sql(match self.lock {
            Lock::Wait | Lock::SkipLocked => {
                "/* complaint.lock */ select id, tracking_number, brand, assignee, body"
            }
            Lock::Unlocked => {
                "/* complaint.previewed */ select id, tracking_number, brand, assignee, body"
            }
            Lock::None => {
                "/* complaint.contended */ select id, tracking_number, brand, assignee, ''"
            }
        });
        out.push_sql(" from complaint where id = ");
        out.push_sql(before);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(after);
        out.push_sql(" or tracking_number = ");
        out.push_sql(before);
        out.push_bind_param::<Array<Text>, _>(&self.tracking_numbers)?;
        out.push_sql(after);
        out.push_sql(match self.lock {
            Lock::Wait => " order by id for update",
            Lock::SkipLocked => " order by id for update skip locked",
            Lock::Unlocked => " order by id",
            Lock::None => "",
        });
        Ok(())
    }
}

impl diesel::RunQueryDsl<PgConnection> for SelectComplaints<'_> {}

impl<'c> Transaction<'c> {
    pub(super) fn new(connection: &'c mut PgConnection) -> Self {
        Transaction { connection }
    }

    /// The answers to requests that were carried out before.
    ///
    /// # Errors
    /// When the database fails.
    pub fn requests(&mut self, ids: &[Uuid]) -> Result<Vec<StoredRequest>, StoreError> {
        use schema::request::dsl;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<(Uuid, Vec<u8>, String)> = dsl::request
            .filter(dsl::id.eq(among(ids.iter().copied())))
            .select((dsl::id, dsl::fingerprint, dsl::answer))
            .load(self.connection)?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let read = found.into_iter().map(|(id, fingerprint, answer)| {
            Ok((
                id,
                fingerprint,
                rows::read_json::<Complaint>("answer", &answer)?,
            ))
        });
        let read: Vec<_> = read.collect::<Result<_, StoreError>>()?;
        let placements = self.placements(read.iter().map(|(.., answer)| answer.id))?;
        let stored = read.into_iter().map(|(id, fingerprint, answer)| {
            let placement = placements.get(&answer.id).cloned();
            StoredRequest {
                id,
                fingerprint,
                // That of a complaint whose row was lost is as it was answered.
                placement: placement.unwrap_or_else(|| Placement {
                    brand: answer.brand.clone(),
                    assignee: answer.assignee.clone(),
                }),
                answer,
            }
        });
        Ok(stored.collect())
    }

    /// What decides who may see these complaints.
    fn placements(
        &mut self,
        ids: impl Iterator<Item = Uuid>,
    ) -> Result<BTreeMap<Uuid, Placement>, StoreError> {
        use schema::complaint::dsl;
        let found: Vec<(Uuid, Placement)> = dsl::complaint
            .filter(dsl::id.eq(among(ids)))
            .select((dsl::id, Placement::as_select()))
            .load(self.connection)?;
        Ok(found.into_iter().collect())
    }

    /// Locks these complaints and loads them with their live clocks, without waiting for those that another transaction
    /// holds. Those that do not exist are not in the answer.
    ///
    /// # Errors
    /// When the database fails.
    pub fn lock(&mut self, which: &BTreeSet<ComplaintRef>) -> Result<Locked, StoreError> {
        let mut locked = Locked::default();
        if which.is_empty() {
            return Ok(locked);
        }
        let select = SelectComplaints::new(which, Lock::SkipLocked);
        let found: Vec<Row> = select.load(self.connection)?;
        // Each row has one of these names at least, so with as many rows as names nothing is missing.
        if found.len() < which.len() {
            let missing = without(which, &found);
            let select = SelectComplaints::new(missing.iter().copied(), Lock::None);
            let there: Vec<Row> = select.load(self.connection)?;
            let held = missing.into_iter().filter_map(|which| {
                let row = there.iter().find(|row| is_named(row, which))?;
                Some((which.clone(), row.2.clone()))
            });
            locked.contended = held.collect();
        }
        locked.cases = self.cases(&found)?;
        Ok(locked)
    }

    /// Locks one complaint and loads it with its live clocks; waits for whoever holds it, as long as the database lets it.
    ///
    /// # Errors
    /// When the database fails, or somebody else holds the complaint for longer.
    pub fn lock_patiently(&mut self, which: &ComplaintRef) -> Result<Option<Case>, StoreError> {
        let select = SelectComplaints::new([which], Lock::Wait);
        let found: Vec<Row> = select.load(self.connection)?;
        Ok(self.cases(&found)?.pop())
    }

    /// Complaints with their live clocks, without a lock: what is decided on them must not be written. Those that do not exist
    /// are not in the answer.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unlocked(&mut self, which: &BTreeSet<ComplaintRef>) -> Result<Vec<Case>, StoreError> {
        let select = SelectComplaints::new(which, Lock::Unlocked);
        let found: Vec<Row> = select.load(self.connection)?;
        self.cases(&found)
    }

    fn cases(&mut self, found: &[Row]) -> Result<Vec<Case>, StoreError> {
        let complaints = found
            .iter()
            .map(|(.., body)| rows::read_json("complaint", body))
            .collect::<Result<_, _>>()?;
        self.with_clocks(complaints)
    }

    /// Reads the live clocks under the lock: what was joined while claiming may be older than the lock.
    pub(super) fn with_clocks(
        &mut self,
        complaints: Vec<Complaint>,
    ) -> Result<Vec<Case>, StoreError> {
        use schema::clock::dsl;
        if complaints.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = complaints.iter().map(|complaint| complaint.id).collect();
        let found: Vec<rows::ClockRow> = dsl::clock
            .filter(dsl::complaint_id.eq(among(ids)))
            .filter(dsl::stopped_at.is_null())
            .order((dsl::complaint_id, dsl::name))
            .select(rows::ClockRow::as_select())
            .load(self.connection)?;
        let mut clocks: BTreeMap<Uuid, Vec<Clock>> = BTreeMap::new();
        for row in found {
            clocks
                .entry(row.complaint_id)
                .or_default()
                .push(row.try_into()?);
        }
        Ok(complaints
            .into_iter()
            .map(|complaint| Case {
                clocks: clocks.remove(&complaint.id).unwrap_or_default(),
                complaint,
            })
            .collect())
    }

    /// What is done for customers by outcomes, by the complaint and the number of the event that proposed each. What was
    /// erased or cannot be read is not in the answer.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remedies(
        &mut self,
        proposed: &[(Uuid, i64)],
    ) -> Result<BTreeMap<(Uuid, i64), String>, StoreError> {
        use schema::personal::dsl;
        if proposed.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found: Vec<(Uuid, i64, String)> = dsl::personal
            .filter(dsl::complaint_id.eq(among(proposed.iter().map(|(id, _)| *id))))
            .filter(dsl::sequence.eq(among(proposed.iter().map(|(_, event)| *event))))
            .select((dsl::complaint_id, dsl::sequence, dsl::body))
            .load(self.connection)?;
        let remedy = |(id, event, body): (Uuid, i64, String)| {
            let personal = rows::read_json::<Personal>("personal data", &body);
            match personal {
                Ok(personal) => Some(((id, event), personal.remedy?)),
                Err(error) => {
                    tracing::warn!(%error, "failed to read the remedy of an outcome; the notice to the customer leaves it out");
                    None
                }
            }
        };
        Ok(found.into_iter().filter_map(remedy).collect())
    }

    /// The customers of these complaints, as they were corrected last. What was erased is not among them.
    ///
    /// # Errors
    /// When the database fails, or what is stored cannot be read.
    pub fn customers(
        &mut self,
        ids: BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, Customer>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (shown, _) = shown_with(ids.into_iter().collect(), usize::MAX, self.connection)?;
        let last = shown.into_iter().map(|(id, bodies)| {
            let personal = read_personal(&bodies)?;
            let mut customers = personal.into_iter().filter_map(|data| data.customer);
            Ok(customers.next_back().map(|customer| (id, customer)))
        });
        last.filter_map(Result::transpose).collect()
    }

    /// As [`Self::customers`], with whom nobody is on record of any more.
    ///
    /// # Errors
    /// Those of [`Self::customers`].
    pub fn customers_or_none(
        &mut self,
        ids: BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, Option<Customer>>, StoreError> {
        let mut customers = self.customers(ids.clone())?;
        let with_customer = |id| (id, customers.remove(&id));
        Ok(ids.into_iter().map(with_customer).collect())
    }

    /// As [`Self::customers_or_none`], without those that cannot be read.
    ///
    /// # Errors
    /// When the database fails.
    pub fn readable_customers(
        &mut self,
        ids: BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, Option<Customer>>, StoreError> {
        readable_customers(ids, self.connection)
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// When the database fails or refuses it.
    pub fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        batch.write(self.connection)
    }
}

/// Those that are not among what was found.
fn without<'a>(
    which: impl IntoIterator<Item = &'a ComplaintRef>,
    found: &[Row],
) -> BTreeSet<&'a ComplaintRef> {
    let mut rest: BTreeSet<&ComplaintRef> = which.into_iter().collect();
    rest.retain(|which| !found.iter().any(|row| is_named(row, which)));
    rest
}

fn is_named((id, number, ..): &Row, which: &ComplaintRef) -> bool {
    match which {
        ComplaintRef::Id(which) => which == id,
        ComplaintRef::Tracking(which) => which.as_str() == number,
    }
}
