//! Sends events again, under their original ids.

use std::collections::BTreeSet;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Store, StoreError, deliveries, delivery_claims::DeliveryLine, fan_out, rows::bind};

/// Selects deliveries of a subscription to send again.
#[derive(Debug, Clone, Default)]
pub struct ReplayFilter {
    /// Only dead letters; otherwise successful deliveries too.
    pub given_up_only: bool,
    /// Only deliveries added at or after this time.
    pub since: Option<Timestamp>,
    /// Only deliveries added before this time.
    pub until: Option<Timestamp>,
    /// Only events of these kinds; empty: all.
    pub kinds: Vec<String>,
}

/// The result of one step of a replay.
#[derive(Debug, Clone, Copy)]
pub struct Replayed {
    /// How many deliveries.
    pub deliveries: usize,
    /// Where to continue. `None`: there are no more.
    pub next: Option<(Uuid, i64)>,
}

#[derive(Debug, QueryableByName)]
struct Looked {
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    wanted: bool,
}

impl Store {
    /// Queues deliveries that pass a filter to be sent again. Examines a limited number, from the start or after a given one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn replay_deliveries(
        &self,
        subscription: Uuid,
        filter: &ReplayFilter,
        after: Option<(Uuid, i64)>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Replayed, StoreError> {
        let given_up = if filter.given_up_only {
            "d.state in ('dead', 'held')"
        } else {
            "d.state <> 'waiting'"
        };
        let only = if filter.given_up_only {
            "and d.state in ('dead', 'held')"
        } else {
            ""
        };
        let query = format!(
            "/* delivery.look */ select d.complaint_id, d.sequence, {given_up} and ($4::timestamptz is null or d.added_at >= $4) \
             and ($5::timestamptz is null or d.added_at < $5) and (cardinality($6) = 0 or (select e.kind from event e \
             where e.complaint_id = d.complaint_id and e.sequence = d.sequence) = any($6)) as wanted from delivery d \
             where d.subscription_id = $1 and (d.complaint_id, d.sequence) > ($2, $3) {only} \
             order by d.complaint_id, d.sequence limit $7"
        );
        let (after, after_sequence) = after.unwrap_or_default();
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            deliveries::alone(std::iter::once(subscription), connection)?;
            let looked: Vec<Looked> = sql_query(query)
                .bind::<SqlUuid, _>(subscription)
                .bind::<SqlUuid, _>(after)
                .bind::<BigInt, _>(after_sequence)
                .bind::<Nullable<Timestamptz>, _>(filter.since.map(bind))
                .bind::<Nullable<Timestamptz>, _>(filter.until.map(bind))
                .bind::<Array<Text>, _>(&filter.kinds)
                .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .load(connection)?;
            let full = looked.len() == limit;
            let next = looked.last().filter(|_| full);
            let next = next.map(|last| (last.complaint_id, last.sequence));
            let wanted = looked.iter().filter(|row| row.wanted);
            let wanted: Vec<(Uuid, i64)> =
                wanted.map(|row| (row.complaint_id, row.sequence)).collect();
            let deliveries = again(subscription, &wanted, now, connection)?;
            Ok(Replayed { deliveries, next })
        })
    }

    /// Sends these events, again if they were sent before, and whether or not the filter matches. Returns how many; events in
    /// progress already are not counted.
    ///
    /// # Errors
    /// When the database fails.
    pub fn replay_events(
        &self,
        subscription: Uuid,
        events: &[(Uuid, i64)],
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            deliveries::alone(std::iter::once(subscription), connection)?;
            let sent_again = again(subscription, events, now, connection)?;
            let mut added = 0;
            let mut lines = BTreeSet::new();
            for (complaint, sequence) in events {
                let line = DeliveryLine {
                    subscription,
                    complaint: *complaint,
                };
                added += fan_out::add_one(line, *sequence, now, connection)?;
                lines.insert(line);
            }
            deliveries::make_ready(&lines, connection)?;
            Ok(sent_again + added)
        })
    }

    /// Releases lines of a subscription that are held by a dead letter, a limited number per call. Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub fn release_held(
        &self,
        subscription: Uuid,
        limit: i64,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let statement = "/* delivery.release */ update delivery own set state = 'dead', finished_at = $2 from \
             (select complaint_id, sequence from delivery where subscription_id = $1 and state = 'held' limit $3) held \
             where own.subscription_id = $1 and own.complaint_id = held.complaint_id and own.sequence = held.sequence \
             returning own.complaint_id, own.sequence, true as wanted";
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            deliveries::alone(std::iter::once(subscription), connection)?;
            let released: Vec<Looked> = sql_query(statement)
                .bind::<SqlUuid, _>(subscription)
                .bind::<Timestamptz, _>(bind(now))
                .bind::<BigInt, _>(limit)
                .load(connection)?;
            let lines = released.iter().map(|row| DeliveryLine {
                subscription,
                complaint: row.complaint_id,
            });
            deliveries::make_ready(&lines.collect(), connection)?;
            Ok(released.len())
        })
    }
}

/// Queues these deliveries again, unless they are waiting already. The caller must hold the subscription exclusively.
fn again(
    subscription: Uuid,
    events: &[(Uuid, i64)],
    now: Timestamp,
    connection: &mut PgConnection,
) -> Result<usize, StoreError> {
    if events.is_empty() {
        return Ok(0);
    }
    let statement = "/* delivery.again */ update delivery own set state = 'waiting', ready = false, failures = 0, due_at = $4, \
         leased_until = null, finished_at = null from unnest($2, $3) as n(complaint_id, sequence) \
         where own.subscription_id = $1 and own.complaint_id = n.complaint_id and own.sequence = n.sequence \
         and own.state <> 'waiting'";
    let sent_again = sql_query(statement)
        .bind::<SqlUuid, _>(subscription)
        .bind::<Array<SqlUuid>, _>(events.iter().map(|event| event.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(events.iter().map(|event| event.1).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(bind(now))
        .execute(connection)?;
    let lines = events.iter().map(|(complaint, _)| DeliveryLine {
        subscription,
        complaint: *complaint,
    });
    deliveries::make_ready(&lines.collect(), connection)?;
    Ok(sent_again)
}
