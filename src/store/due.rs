//! What is due: found through the index on the next fire time alone, and claimed by the lock on the complaint.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, PgConnection, QueryDsl as _, RunQueryDsl as _,
    dsl::sql,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Store, StoreError, Transaction, rows, schema};
use crate::domain::{Case, Complaint};

/// How many due clocks one sweep takes at a time. Locks are held for about 20 ms at this size, and throughput is flat
/// from 250 upwards.
pub const SWEEP_LIMIT: usize = 500;

/// How far a drain has come, in the order of the index: by the next fire time, and within one instant by complaint. Many
/// clocks fall due at one instant, such as nine o'clock on a Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SweepCursor {
    at: Timestamp,
    complaint: Uuid,
}

impl SweepCursor {
    fn new(at: jiff_diesel::Timestamp, complaint: Uuid) -> Self {
        let at = at.to_jiff();
        SweepCursor { at, complaint }
    }
}

/// Clocks with something to do before `now`, after a mark. What could not be fired lately is left alone.
#[derive(Debug)]
struct DueWindow {
    now: jiff_diesel::Timestamp,
    after: jiff_diesel::Timestamp,
    after_complaint: Uuid,
}

impl DueWindow {
    fn new(now: Timestamp, after: Option<SweepCursor>) -> Self {
        let SweepCursor { at, complaint } = after.unwrap_or(SweepCursor {
            at: Timestamp::UNIX_EPOCH,
            complaint: Uuid::nil(),
        });
        DueWindow {
            now: rows::bind(now),
            after: rows::bind(at),
            after_complaint: complaint,
        }
    }

    /// What stands behind the tables, up to the limit: a literal one, since one that is bound defeats the plan cache.
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql(" where k.next_fire_at < ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" and (k.next_fire_at, k.complaint_id) > (");
        out.push_bind_param::<Timestamptz, _>(&self.after)?;
        out.push_sql(", ");
        out.push_bind_param::<SqlUuid, _>(&self.after_complaint)?;
        out.push_sql(") and coalesce(k.put_aside_until, '-infinity') < ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(&format!(
            " order by k.next_fire_at, k.complaint_id limit {SWEEP_LIMIT}"
        ));
        Ok(())
    }
}

/// Claims complaints with a due clock: the row lock makes the sets of parallel sweeps disjoint, and what another one
/// holds is skipped, never waited for.
#[derive(Debug, QueryId)]
struct ClaimDue(DueWindow);

impl Query for ClaimDue {
    type SqlType = (Timestamptz, SqlUuid, Bool, Text);
}

impl QueryFragment<Pg> for ClaimDue {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql(
            "/* clock.claim */ select k.next_fire_at, k.complaint_id, k.put_aside_until is not null, c.body \
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
    type SqlType = (Timestamptz, SqlUuid, Bool);
}

impl QueryFragment<Pg> for SelectDue {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
        out.push_sql(
            "/* clock.due */ select k.next_fire_at, k.complaint_id, k.put_aside_until is not null \
             from clock k",
        );
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
    pub put_aside: BTreeSet<Uuid>,
    /// As in [`Claimed`].
    pub up_to: Option<SweepCursor>,
    /// As in [`Claimed`].
    pub full: bool,
}

/// What a sweep claimed.
#[derive(Debug)]
pub struct Claimed {
    /// The complaints, in the order of their ids.
    pub cases: Vec<Case>,
    /// Those of them that were put aside before.
    pub put_aside: BTreeSet<Uuid>,
    /// The last of them: where the next claim of this drain goes on.
    pub up_to: Option<SweepCursor>,
    /// Whether the limit was reached, so that more may be due.
    pub full: bool,
}

impl Transaction<'_> {
    /// Claims complaints of which a clock's next fire time lies before `now`, after a mark.
    ///
    /// Within one drain that is where the last claim stopped: a session that holds an old snapshot leaves dead index
    /// entries behind at the head of the due index, and every claim would walk them anew. What was skipped because it was
    /// locked lies behind; each drain starts from the beginning.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_due(
        &mut self,
        now: Timestamp,
        after: Option<SweepCursor>,
    ) -> Result<Claimed, StoreError> {
        let query = ClaimDue(DueWindow::new(now, after));
        let found: Vec<(jiff_diesel::Timestamp, Uuid, bool, String)> =
            query.load(self.connection)?;
        let full = found.len() == SWEEP_LIMIT;
        let up_to = found
            .last()
            .map(|(at, complaint, ..)| SweepCursor::new(*at, *complaint));
        let mut complaints: BTreeMap<Uuid, Complaint> = BTreeMap::new();
        let mut put_aside = BTreeSet::new();
        for (_, id, was_put_aside, body) in &found {
            if *was_put_aside {
                put_aside.insert(*id);
            }
            // Two clocks of one complaint may be due.
            if let Entry::Vacant(place) = complaints.entry(*id) {
                place.insert(rows::read_json("complaint", body)?);
            }
        }
        Ok(Claimed {
            cases: self.with_clocks(complaints.into_values().collect())?,
            put_aside,
            up_to,
            full,
        })
    }

    /// Complaints with a due clock, unread and unlocked.
    ///
    /// # Errors
    /// When the database fails.
    pub fn due(&mut self, now: Timestamp, after: Option<SweepCursor>) -> Result<Due, StoreError> {
        let query = SelectDue(DueWindow::new(now, after));
        let found: Vec<(jiff_diesel::Timestamp, Uuid, bool)> = query.load(self.connection)?;
        let put_aside = found.iter().filter(|(_, _, put_aside)| *put_aside);
        Ok(Due {
            complaints: found.iter().map(|(_, complaint, _)| *complaint).collect(),
            put_aside: put_aside.map(|(_, complaint, _)| *complaint).collect(),
            up_to: found
                .last()
                .map(|(at, complaint, _)| SweepCursor::new(*at, *complaint)),
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
        diesel::sql_query(
            "/* clock.put_aside */ with held as materialized \
             (select id from complaint where id = $1 for update skip locked) \
             update clock set put_aside_until = $3 from held \
             where complaint_id = held.id and next_fire_at < $2",
        )
        .bind::<SqlUuid, _>(complaint)
        .bind::<Timestamptz, _>(rows::bind(now))
        .bind::<Timestamptz, _>(rows::bind(until))
        .execute(self.connection)?;
        Ok(())
    }

    /// Brings back what was put aside and is due, a bounded number of complaints; how many clocks. Those that somebody else
    /// has locked come back by themselves.
    ///
    /// # Errors
    /// When the database fails.
    pub fn bring_back(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let brought_back = diesel::sql_query(format!(
            "/* clock.bring_back */ with held as materialized \
             (select c.id from clock k join complaint c on c.id = k.complaint_id \
             where k.next_fire_at < $1 and k.put_aside_until >= $1 \
             order by k.next_fire_at, k.complaint_id limit {SWEEP_LIMIT} for update of c skip locked) \
             update clock set put_aside_until = null from held \
             where complaint_id = held.id and put_aside_until >= $1",
        ))
        .bind::<Timestamptz, _>(rows::bind(now))
        .execute(self.connection)?;
        Ok(brought_back)
    }
}

impl Store {
    /// The earliest instant from `from` on at which a clock has something to do; `None`: nothing is planned.
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_fire(&self, from: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        use schema::clock::dsl;
        let next: Option<Option<jiff_diesel::Timestamp>> = self.ask(|connection| {
            let query = dsl::clock
                .filter(dsl::next_fire_at.ge(rows::bind(from)))
                .filter(sql::<Bool>("next_fire_at < 'infinity'"))
                .order(dsl::next_fire_at)
                .select(dsl::next_fire_at);
            Ok(query.first(connection).optional()?)
        })?;
        Ok(next.flatten().map(jiff_diesel::Timestamp::to_jiff))
    }
}
