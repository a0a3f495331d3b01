//! Alerts that a subscription was disabled. An alert is stored with the change itself, and claimed with a lease; only the last
//! claim can record the outcome.

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    sql_query,
    sql_types::{Array, BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Store, StoreError,
    rows::{bind, instant, read_json},
    staff_sending::LastResort,
    subscription::{Definition, SubscriptionChange, SubscriptionChangeKind, SubscriptionState},
};

/// A claimed alert about a disabled subscription.
#[derive(Debug, Clone)]
pub struct ClaimedAlert {
    /// The same for every attempt.
    pub id: Uuid,
    /// The subscription.
    pub subscription: Uuid,
    /// Its definition, including its owner.
    pub definition: Definition,
    /// When it was disabled.
    pub disabled_at: Timestamp,
    /// Why, for display.
    pub reason: String,
    /// The number of this attempt.
    pub attempt: i32,
    /// Earlier failures.
    pub tries: i32,
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    subscription_id: Uuid,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Timestamptz)]
    disabled_at: PgTimestamp,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Integer)]
    tries: i32,
}

impl TryFrom<Row> for ClaimedAlert {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(ClaimedAlert {
            id: row.id,
            subscription: row.subscription_id,
            definition: read_json("subscription", &row.body)?,
            disabled_at: instant("disabled_at", row.disabled_at)?,
            reason: row.reason,
            attempt: row.attempt,
            tries: row.tries,
        })
    }
}

/// Adds or removes the alert after a change of a subscription. The caller must hold its lock.
pub(super) fn follow(
    id: Uuid,
    state: SubscriptionState,
    change: &SubscriptionChange,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    if change.kind == SubscriptionChangeKind::Disabled {
        let statement = "/* subscription.alert */ insert into subscription_alert \
             (subscription_id, id, disabled_at, reason, send_at) values ($1, $2, $3, $4, $3) \
             on conflict (subscription_id) do nothing";
        sql_query(statement)
            .bind::<SqlUuid, _>(id)
            .bind::<SqlUuid, _>(Uuid::new_v4())
            .bind::<Timestamptz, _>(bind(change.at))
            .bind::<Text, _>(&change.detail)
            .execute(connection)?;
    } else if state != SubscriptionState::Disabled {
        let statement =
            "/* subscription.no_alert */ delete from subscription_alert where subscription_id = $1";
        sql_query(statement)
            .bind::<SqlUuid, _>(id)
            .execute(connection)?;
    }
    Ok(())
}

impl Store {
    /// Claims alerts to send at `now`, the longest waiting first, until `until`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_subscription_alerts(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<ClaimedAlert>, StoreError> {
        let statement = "/* alert.claim */ with due as (select subscription_id from subscription_alert where send_at <= $1 \
             order by send_at, subscription_id limit $3 for update skip locked), claimed as (update subscription_alert a \
             set attempt = attempt + 1, send_at = $2 from due where a.subscription_id = due.subscription_id returning a.*) \
             select c.id, c.subscription_id, s.body::text as body, c.disabled_at, c.reason, c.attempt, c.tries \
             from claimed c join subscription s on s.id = c.subscription_id order by c.disabled_at, c.id";
        let rows: Vec<Row> = sql_query(statement)
            .bind::<Timestamptz, _>(bind(now))
            .bind::<Timestamptz, _>(bind(until))
            .bind::<BigInt, _>(limit)
            .load(&mut *self.connection()?)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Ends an alert: it was sent, or nobody can be notified. `false`: another attempt has begun, or the alert no longer applies.
    ///
    /// # Errors
    /// When the database fails.
    pub fn subscription_alert_ended(&self, alert: &ClaimedAlert) -> Result<bool, StoreError> {
        let ended =
            "/* alert.ended */ delete from subscription_alert where id = $1 and attempt = $2";
        let ended = sql_query(ended)
            .bind::<SqlUuid, _>(alert.id)
            .bind::<Integer, _>(alert.attempt);
        Ok(ended.execute(&mut *self.connection()?)? > 0)
    }

    /// Records a failed attempt; the next one is at `again`. Does nothing if it has begun already.
    ///
    /// # Errors
    /// When the database fails.
    pub fn subscription_alert_failed(
        &self,
        alert: &ClaimedAlert,
        again: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = "/* alert.failed */ update subscription_alert set tries = tries + 1, send_at = $3 \
                      where id = $1 and attempt = $2";
        sql_query(failed)
            .bind::<SqlUuid, _>(alert.id)
            .bind::<Integer, _>(alert.attempt)
            .bind::<Timestamptz, _>(bind(again))
            .execute(&mut *self.connection()?)?;
        Ok(())
    }

    /// Hands the alert on to staff instead of the subscription's contact, in one transaction. `false`: another attempt has begun,
    /// or the alert no longer applies.
    ///
    /// # Errors
    /// When the database fails.
    pub fn subscription_alert_handed_on(
        &self,
        alert: &ClaimedAlert,
        to: &[LastResort],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (mut ids, mut addressees, mut means, mut send_at) = (vec![], vec![], vec![], vec![]);
        for last in to {
            ids.push(last.id);
            addressees.push(last.addressee.as_str());
            means.push(last.means.as_str());
            send_at.push(bind(last.send_at));
        }
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            let ended = sql_query(
                "/* alert.handed_on */ delete from subscription_alert where id = $1 and attempt = $2",
            );
            let ended = ended
                .bind::<SqlUuid, _>(alert.id)
                .bind::<Integer, _>(alert.attempt);
            if ended.execute(connection)? == 0 {
                return Ok(false);
            }
            sql_query(
                "/* alert.to_staff */ insert into staff_message (id, kind, addressee, subscription_id, last_resort, means, \
                 send_at, state, created_at) select n.id, 'subscription_disabled', n.addressee, $1, true, n.means, n.send_at, \
                 'waiting', $2 from unnest($3, $4, $5, $6) as n (id, addressee, means, send_at) on conflict do nothing",
            )
            .bind::<SqlUuid, _>(alert.subscription)
            .bind::<Timestamptz, _>(bind(now))
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<Text>, _>(addressees)
            .bind::<Array<Text>, _>(means)
            .bind::<Array<Timestamptz>, _>(send_at)
            .execute(connection)?;
            Ok(true)
        })
    }
}
