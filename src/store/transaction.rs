//! The write side: one transaction that locks, loads and commits.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Batch, StoreError,
    among::{LIST, among},
    rows, schema,
};
use crate::domain::{Case, Clock, Complaint, ComplaintRef};

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
}

/// Locks complaints by id or tracking number, in the order of their ids: the one lock order there is.
#[derive(Debug, QueryId)]
struct LockComplaints {
    ids: Vec<Uuid>,
    tracking_numbers: Vec<String>,
}

impl Query for LockComplaints {
    type SqlType = Text;
}

impl QueryFragment<Pg> for LockComplaints {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        let (before, after) = LIST;
        out.push_sql("/* complaint.lock */ select body from complaint where id = ");
        out.push_sql(before);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(after);
        out.push_sql(" or tracking_number = ");
        out.push_sql(before);
        out.push_bind_param::<Array<Text>, _>(&self.tracking_numbers)?;
        out.push_sql(after);
        out.push_sql(" order by id for update");
        Ok(())
    }
}

impl diesel::RunQueryDsl<PgConnection> for LockComplaints {}

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
        found
            .into_iter()
            .map(|(id, fingerprint, answer)| {
                Ok(StoredRequest {
                    id,
                    fingerprint,
                    answer: rows::read_json("answer", &answer)?,
                })
            })
            .collect()
    }

    /// Locks these complaints and loads them with their live clocks. Those that do not exist are not in the answer.
    ///
    /// # Errors
    /// When the database fails.
    pub fn lock(&mut self, which: &[ComplaintRef]) -> Result<Vec<Case>, StoreError> {
        if which.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = LockComplaints {
            ids: Vec::new(),
            tracking_numbers: Vec::new(),
        };
        for complaint in which {
            match complaint {
                ComplaintRef::Id(id) => query.ids.push(*id),
                ComplaintRef::Tracking(number) => {
                    query.tracking_numbers.push(number.as_str().to_owned());
                }
            }
        }
        let bodies: Vec<String> = query.load(self.connection)?;
        let complaints = bodies
            .iter()
            .map(|body| rows::read_json("complaint", body))
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

    /// Writes a batch.
    ///
    /// # Errors
    /// When the database fails or refuses it.
    pub fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        batch.write(self.connection)
    }
}
