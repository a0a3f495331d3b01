//! Deliveries in progress: which may be sent, and their outcomes.
//!
//! A line is the queue of deliveries to one subscription of the events of one complaint. At most one delivery of a line is ready.
//! Finishing it makes the next one ready, and adding deliveries makes one ready only if the line has nothing unfinished. Each
//! must see the other's changes, so adding to a subscription takes a lock exclusively that all who finish share (`alone`,
//! `together`). A statement after the lock sees everything committed before.
//!
//! Queries for deliveries are not prepared (`HAS_STATIC_QUERY_ID`): a plan cached while there are few rows reads all of them, and
//! a burst adds many long before Postgres analyses the table.

use std::collections::BTreeSet;

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_query,
    sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use jiff_diesel::Timestamp as At;
use uuid::Uuid;

use super::{
    Store, StoreError,
    delivery_claims::{ClaimedDelivery, DeliveryLine, DeliveryRoom, claim},
    rows::bind,
    unnest::{Rows as _, columns},
};

/// What happens to a delivery after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFate {
    /// It was delivered.
    Delivered,
    /// It is retried at this time, after so many failures.
    Again {
        /// When.
        due: Timestamp,
        /// The number of failures.
        failures: i32,
    },
    /// It is a dead letter, and its line continues.
    Dead,
    /// It is a dead letter, and its line is held.
    Held,
}

impl DeliveryFate {
    const fn state(self) -> &'static str {
        match self {
            DeliveryFate::Delivered => "delivered",
            DeliveryFate::Again { .. } => "waiting",
            DeliveryFate::Dead => "dead",
            DeliveryFate::Held => "held",
        }
    }
}

/// The result of an attempt.
#[derive(Debug, Clone)]
pub struct FinishedDelivery {
    /// The delivery attempted.
    pub claimed: ClaimedDelivery,
    /// What happens to it.
    pub fate: DeliveryFate,
    /// The most recent attempts, including this one: JSON.
    pub attempts: String,
    /// The receiver's response, for administrators.
    pub answer: Option<String>,
}

/// The result of a round of deliveries.
#[derive(Debug)]
pub struct TurnedOver {
    /// The lines whose results were recorded.
    pub recorded: BTreeSet<DeliveryLine>,
    /// The newly claimed deliveries.
    pub claimed: Vec<ClaimedDelivery>,
}

columns! {
    Results {
        subscription_id: Uuid => SqlUuid, complaint_id: Uuid => SqlUuid, sequence: i64 => BigInt, attempt: i32 => Integer,
        state: String => Text, failures: i32 => Integer, due_at: Option<At> => Nullable<Timestamptz>,
        finished_at: Option<At> => Nullable<Timestamptz>, attempts: String => Text, answer: Option<String> => Nullable<Text>,
    }
}

columns! {
    Lines { subscription_id: Uuid => SqlUuid, complaint_id: Uuid => SqlUuid }
}

impl Store {
    /// Records the results of attempts that still hold their leases, and makes the next delivery of each line ready. Then claims
    /// due deliveries, for each subscription as many as there is room for, until the lease ends; none for a subscription that is
    /// not active, or whose receiver is only probed. All in one transaction, so the next delivery of a line is in progress after
    /// a single commit.
    ///
    /// # Errors
    /// When the database fails.
    pub fn turn_over_deliveries(
        &self,
        finished: &[FinishedDelivery],
        rooms: &[DeliveryRoom],
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<TurnedOver, StoreError> {
        if finished.is_empty() {
            return self.at_once(|transaction| {
                let claimed = claim(rooms, (now, lease), transaction.connection)?;
                Ok(TurnedOver {
                    recorded: BTreeSet::new(),
                    claimed,
                })
            });
        }
        let results = results(finished, now);
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            Ok(TurnedOver {
                recorded: finish(results, connection)?,
                claimed: claim(rooms, (now, lease), connection)?,
            })
        })
    }

    /// Releases deliveries that were claimed but not sent.
    ///
    /// # Errors
    /// When the database fails.
    pub fn give_back_deliveries(&self, claimed: &[ClaimedDelivery]) -> Result<(), StoreError> {
        let statement = "/* delivery.give_back */ update delivery own set leased_until = null \
             from unnest($1, $2, $3, $4) as n(subscription_id, complaint_id, sequence, attempt) \
             where own.subscription_id = n.subscription_id and own.complaint_id = n.complaint_id \
             and own.sequence = n.sequence and own.attempt = n.attempt";
        let connection = &mut *self.connection()?;
        let lines = claimed.iter().map(|it| it.line);
        sql_query(statement)
            .bind::<Array<SqlUuid>, _>(lines.clone().map(|it| it.subscription).collect::<Vec<_>>())
            .bind::<Array<SqlUuid>, _>(lines.map(|it| it.complaint).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(claimed.iter().map(|it| it.sequence).collect::<Vec<_>>())
            .bind::<Array<Integer>, _>(claimed.iter().map(|it| it.attempt).collect::<Vec<_>>())
            .execute(connection)?;
        Ok(())
    }

    /// Deletes deliveries finished before this instant, a bounded number per call, unless another process is doing so. Returns
    /// how many; zero: none are left, or another process is doing it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_deliveries(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.forget(
            "/* delivery.forget */ delete from delivery where (subscription_id, complaint_id, sequence) in \
             (select subscription_id, complaint_id, sequence from delivery where finished_at < $1 \
             order by finished_at limit 5000) and finished_at < $1",
            before,
        )
    }
}

fn results(finished: &[FinishedDelivery], now: Timestamp) -> Results {
    let mut rows = Results::default();
    for result in finished {
        let (due, failures) = match result.fate {
            DeliveryFate::Again { due, failures } => (Some(bind(due)), failures),
            _ => (None, result.claimed.failures),
        };
        let is_over = matches!(result.fate, DeliveryFate::Delivered | DeliveryFate::Dead);
        rows.subscription_id.push(result.claimed.line.subscription);
        rows.complaint_id.push(result.claimed.line.complaint);
        rows.sequence.push(result.claimed.sequence);
        rows.attempt.push(result.claimed.attempt);
        rows.state.push(result.fate.state().to_owned());
        rows.failures.push(failures);
        rows.due_at.push(due);
        rows.finished_at.push(is_over.then(|| bind(now)));
        rows.attempts.push(result.attempts.clone());
        rows.answer.push(result.answer.clone());
    }
    rows
}

/// Records results, and makes the next delivery of each line ready. Returns the lines of the recorded results.
fn finish(
    results: Results,
    connection: &mut PgConnection,
) -> Result<BTreeSet<DeliveryLine>, StoreError> {
    together(results.subscription_id.iter().copied(), connection)?;
    let done: Vec<(Uuid, Uuid, bool)> = Finish(results).load(connection)?;
    let line = |&(subscription, complaint, _): &(Uuid, Uuid, bool)| DeliveryLine {
        subscription,
        complaint,
    };
    let over = done.iter().filter(|(.., over)| *over).map(line).collect();
    make_ready(&over, connection)?;
    Ok(done.iter().map(line).collect())
}

/// The lock of a subscription's lines: shared for finishing deliveries, exclusive for adding them.
macro_rules! line_lock {
    ($function:literal) => {
        concat!(
            "/* delivery.lock */ select count(*) from (select ",
            $function,
            "(hashtextextended(id::text, 7233738)) from (select unnest($1) as id order by 1) ids) locked"
        )
    };
}

#[derive(Debug, QueryableByName)]
struct Locked {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "a lock has no answer")]
    count: i64,
}

fn lock(
    statement: &'static str,
    subscriptions: impl Iterator<Item = Uuid>,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    let subscriptions: BTreeSet<Uuid> = subscriptions.collect();
    if !subscriptions.is_empty() {
        let ids: Vec<Uuid> = subscriptions.into_iter().collect();
        let query = sql_query(statement).bind::<Array<SqlUuid>, _>(ids);
        let _: Vec<Locked> = query.load(connection)?;
    }
    Ok(())
}

/// Excludes finishing deliveries of these subscriptions until the end of the transaction. These locks are always taken in the
/// same order.
pub(super) fn alone(
    subscriptions: impl Iterator<Item = Uuid>,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    lock(
        line_lock!("pg_advisory_xact_lock"),
        subscriptions,
        connection,
    )
}

/// Excludes adding deliveries to these subscriptions until the end of the transaction.
fn together(
    subscriptions: impl Iterator<Item = Uuid>,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    lock(
        line_lock!("pg_advisory_xact_lock_shared"),
        subscriptions,
        connection,
    )
}

/// Makes the first delivery of each of these lines ready, unless one is ready already or the first is held.
pub(super) fn make_ready(
    lines: &BTreeSet<DeliveryLine>,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut rows = Lines::default();
    for line in lines {
        rows.subscription_id.push(line.subscription);
        rows.complaint_id.push(line.complaint);
    }
    MakeReady(rows).execute(connection)?;
    Ok(())
}

struct Finish(Results);

impl QueryId for Finish {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Finish {
    type SqlType = (SqlUuid, SqlUuid, diesel::sql_types::Bool);
}

impl QueryFragment<Pg> for Finish {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* delivery.finish */ update delivery own set state = n.state, ready = n.state = 'waiting', failures = n.failures, \
             due_at = coalesce(n.due_at, own.due_at), leased_until = null, finished_at = n.finished_at, \
             attempts = n.attempts::json, answer = n.answer from",
        );
        self.0.unnest(out.reborrow())?;
        out.push_sql(
            "where own.subscription_id = n.subscription_id and own.complaint_id = n.complaint_id and own.sequence = n.sequence \
             and own.attempt = n.attempt and own.ready \
             returning own.subscription_id, own.complaint_id, own.finished_at is not null",
        );
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Finish {}

struct MakeReady(Lines);

impl QueryId for MakeReady {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for MakeReady {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* delivery.next */ update delivery own set ready = true from \
             (select d.subscription_id, d.complaint_id, d.sequence from",
        );
        self.0.unnest(out.reborrow())?;
        out.push_sql(
            "cross join lateral (select d.subscription_id, d.complaint_id, d.sequence, d.state from delivery d \
             where d.subscription_id = n.subscription_id and d.complaint_id = n.complaint_id and d.finished_at is null \
             order by d.sequence limit 1) d where d.state = 'waiting' and not exists (select from delivery r \
             where r.subscription_id = n.subscription_id and r.complaint_id = n.complaint_id and r.finished_at is null \
             and r.ready)) \
             first where own.subscription_id = first.subscription_id and own.complaint_id = first.complaint_id \
             and own.sequence = first.sequence",
        );
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for MakeReady {}
