//! The write side: one transaction that locks, loads and commits.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
    dsl::sql,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Batch, StoreError, rows, schema};
use crate::domain::{Case, Clock, Complaint, ComplaintRef};

/// How many due clocks one sweep takes at a time. Locks are held for about 20 ms at this size, and throughput is flat
/// from 250 upwards.
pub const SWEEP_LIMIT: usize = 500;

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
        out.push_sql("/* complaint.lock */ select body::text from complaint where id = any(");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(") or tracking_number = any(");
        out.push_bind_param::<Array<Text>, _>(&self.tracking_numbers)?;
        out.push_sql(") order by id for update");
        Ok(())
    }
}

impl diesel::RunQueryDsl<PgConnection> for LockComplaints {}

/// Clocks with something to do before `now`, and not before `from` (see `claim_due`). What could not be fired lately is
/// left alone.
#[derive(Debug)]
struct DueWindow {
    now: jiff_diesel::Timestamp,
    from: jiff_diesel::Timestamp,
}

impl DueWindow {
    fn new(now: Timestamp, from: Option<Timestamp>) -> Self {
        DueWindow {
            now: rows::bind(now),
            from: rows::bind(from.unwrap_or(EARLIEST)),
        }
    }

    /// What stands behind the tables, up to the limit: a literal one, since one that is bound defeats the plan cache.
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql(" where k.next_fire_at < ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" and k.next_fire_at >= ");
        out.push_bind_param::<Timestamptz, _>(&self.from)?;
        out.push_sql(" and coalesce(k.put_aside_until, '-infinity') < ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(&format!(" order by k.next_fire_at limit {SWEEP_LIMIT}"));
        Ok(())
    }
}

/// Claims complaints with a due clock: the row lock makes the sets of parallel sweeps disjoint, and what another one
/// holds is skipped, never waited for.
#[derive(Debug, QueryId)]
struct ClaimDue(DueWindow);

impl Query for ClaimDue {
    type SqlType = (Timestamptz, Text);
}

impl QueryFragment<Pg> for ClaimDue {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql(
            "/* clock.claim */ select k.next_fire_at, c.body::text \
             from clock k join complaint c on c.id = k.complaint_id",
        );
        self.0.push(&mut out)?;
        out.push_sql(" for update of c skip locked");
        Ok(())
    }
}

impl diesel::RunQueryDsl<PgConnection> for ClaimDue {}

/// As [`ClaimDue`], but without reading or locking anything.
#[derive(Debug, QueryId)]
struct SelectDue(DueWindow);

impl Query for SelectDue {
    type SqlType = (Timestamptz, SqlUuid);
}

impl QueryFragment<Pg> for SelectDue {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql("/* clock.due */ select k.next_fire_at, k.complaint_id from clock k");
        self.0.push(&mut out)
    }
}

impl diesel::RunQueryDsl<PgConnection> for SelectDue {}

/// What is due.
#[derive(Debug)]
pub struct Due {
    /// The complaints, in the order of their ids.
    pub complaints: BTreeSet<Uuid>,
    /// As in [`Claimed`].
    pub up_to: Option<Timestamp>,
    /// As in [`Claimed`].
    pub full: bool,
}

/// What a sweep claimed.
#[derive(Debug)]
pub struct Claimed {
    /// The complaints, in the order of their ids.
    pub cases: Vec<Case>,
    /// The latest next fire time among them: where the next claim of this drain goes on.
    pub up_to: Option<Timestamp>,
    /// Whether the limit was reached, so that more may be due.
    pub full: bool,
}

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
            .filter(dsl::id.eq_any(ids))
            .select((dsl::id, dsl::fingerprint, sql::<Text>("answer::text")))
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

    /// Claims complaints of which a clock's next fire time lies before `now` and not before `from`.
    ///
    /// Within one drain `from` is where the last claim stopped: a session that holds an old snapshot leaves dead index
    /// entries behind at the head of the due index, and every claim would walk them anew. What was skipped because it was
    /// locked lies behind; each drain starts from the beginning.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_due(
        &mut self,
        now: Timestamp,
        from: Option<Timestamp>,
    ) -> Result<Claimed, StoreError> {
        let query = ClaimDue(DueWindow::new(now, from));
        let found: Vec<(jiff_diesel::Timestamp, String)> = query.load(self.connection)?;
        let full = found.len() == SWEEP_LIMIT;
        let up_to = found.last().map(|(at, _)| at.to_jiff());
        let mut complaints: BTreeMap<Uuid, Complaint> = BTreeMap::new();
        for (_, body) in &found {
            let complaint: Complaint = rows::read_json("complaint", body)?;
            complaints.insert(complaint.id, complaint);
        }
        Ok(Claimed {
            cases: self.with_clocks(complaints.into_values().collect())?,
            up_to,
            full,
        })
    }

    /// Reads the live clocks under the lock: what was joined while claiming may be older than the lock.
    fn with_clocks(&mut self, complaints: Vec<Complaint>) -> Result<Vec<Case>, StoreError> {
        use schema::clock::dsl;
        if complaints.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = complaints.iter().map(|complaint| complaint.id).collect();
        let found: Vec<rows::ClockRow> = dsl::clock
            .filter(dsl::complaint_id.eq_any(&ids))
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

    /// Complaints with a due clock, unread and unlocked.
    ///
    /// # Errors
    /// When the database fails.
    pub fn due(&mut self, now: Timestamp, from: Option<Timestamp>) -> Result<Due, StoreError> {
        let query = SelectDue(DueWindow::new(now, from));
        let found: Vec<(jiff_diesel::Timestamp, Uuid)> = query.load(self.connection)?;
        let complaints: BTreeSet<Uuid> = found.iter().map(|(_, complaint)| *complaint).collect();
        Ok(Due {
            complaints,
            up_to: found.last().map(|(at, _)| at.to_jiff()),
            full: found.len() == SWEEP_LIMIT,
        })
    }

    /// Puts the due clocks of a complaint that cannot be fired aside until `until`, so that it holds up no other. When they
    /// were due stays what it is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_aside(
        &mut self,
        complaint: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        use schema::clock::dsl;
        diesel::update(
            dsl::clock
                .filter(dsl::complaint_id.eq(complaint))
                .filter(dsl::next_fire_at.lt(rows::bind(now))),
        )
        .set(dsl::put_aside_until.eq(Some(rows::bind(until))))
        .execute(self.connection)?;
        Ok(())
    }
}

/// Before every due time there can be.
const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;
