//! How the endpoints of subscriptions do, as attempts find out, and the circuit breaker.

use diesel::{
    RunQueryDsl as _, sql_query,
    sql_types::{BigInt, Integer, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Store, StoreError, rows::bind};

/// A subscription as it was when an attempt was made for it. What the attempt tells about the endpoint counts only as long as the
/// subscription is unchanged: it may have another endpoint since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionAt {
    /// Which.
    pub id: Uuid,
    /// Its version.
    pub version: i64,
}

impl Store {
    /// Marks a subscription as failing, unless it is already.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_failing(&self, tried: SubscriptionAt, now: Timestamp) -> Result<(), StoreError> {
        let statement = "/* subscription.failing */ update subscription set failing_since = $3 \
             where id = $1 and version = $2 and failing_since is null";
        self.note_at(statement, tried, now).map(drop)
    }

    /// Marks a subscription as working after a successful delivery.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_well(&self, tried: SubscriptionAt) -> Result<(), StoreError> {
        let statement = "/* subscription.well */ update subscription set failing_since = null, open_until = null, probes = 0, \
             gone_at = null where id = $1 and version = $2 \
             and (failing_since is not null or open_until is not null or gone_at is not null)";
        self.note(statement, tried)
    }

    /// Records when a receiver said that it is gone, unless already recorded.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_gone(&self, tried: SubscriptionAt, now: Timestamp) -> Result<(), StoreError> {
        let statement = "/* subscription.gone */ update subscription set gone_at = $3 \
             where id = $1 and version = $2 and gone_at is null";
        self.note_at(statement, tried, now).map(drop)
    }

    /// Opens the circuit breaker: only probes are sent, the first at this time. `false`: it is open already.
    ///
    /// # Errors
    /// When the database fails.
    pub fn open_breaker(
        &self,
        tried: SubscriptionAt,
        first_probe: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = "/* subscription.open */ update subscription set open_until = $3, probes = 0 \
             where id = $1 and version = $2 and open_until is null and state = 'active'";
        Ok(self.note_at(statement, tried, first_probe)? > 0)
    }

    /// Closes the circuit breaker because the endpoint works. Since when deliveries have failed stays recorded.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_working(&self, tried: SubscriptionAt) -> Result<(), StoreError> {
        let statement = "/* subscription.working */ update subscription set open_until = null, probes = 0 \
             where id = $1 and version = $2 and open_until is not null";
        self.note(statement, tried)
    }

    /// Closes the circuit breaker because there is nothing to probe with.
    ///
    /// # Errors
    /// When the database fails.
    pub fn close_breaker(&self, id: Uuid) -> Result<(), StoreError> {
        let statement = "/* subscription.close */ update subscription set open_until = null, probes = 0 where id = $1 \
             and not exists (select from delivery where subscription_id = $1 and ready)";
        self.ask(|connection| {
            sql_query(statement)
                .bind::<SqlUuid, _>(id)
                .execute(connection)?;
            Ok(())
        })
    }

    /// Takes the turn to probe, which only one process gets; the next probe is not before `next`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn may_probe(&self, id: Uuid, now: Timestamp, next: Timestamp) -> Result<bool, StoreError> {
        let statement = "/* subscription.probe */ update subscription set open_until = $3, probes = probes + $4 \
                         where id = $1 and open_until <= $2 and state = 'active'";
        self.ask(|connection| {
            let query = sql_query(statement).bind::<SqlUuid, _>(id);
            let query = query.bind::<Timestamptz, _>(bind(now));
            let query = query.bind::<Timestamptz, _>(bind(next));
            Ok(query.bind::<Integer, _>(1).execute(connection)? > 0)
        })
    }

    fn note(&self, statement: &'static str, tried: SubscriptionAt) -> Result<(), StoreError> {
        self.ask(|connection| {
            let query = sql_query(statement).bind::<SqlUuid, _>(tried.id);
            query.bind::<BigInt, _>(tried.version).execute(connection)?;
            Ok(())
        })
    }

    fn note_at(
        &self,
        statement: &'static str,
        tried: SubscriptionAt,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        self.ask(|connection| {
            let query = sql_query(statement).bind::<SqlUuid, _>(tried.id);
            let query = query.bind::<BigInt, _>(tried.version);
            Ok(query.bind::<Timestamptz, _>(bind(at)).execute(connection)?)
        })
    }
}
