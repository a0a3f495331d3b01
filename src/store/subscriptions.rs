//! Creates, reads and changes subscriptions. They are few, so they are all read at once.

use diesel::{
    OptionalExtension as _, PgConnection, RunQueryDsl as _, sql_query,
    sql_types::{BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Store, StoreError, branches,
    rows::{bind, write_json},
    subscription::{COLUMNS, ChangeRow, Subscription, SubscriptionChange, SubscriptionRow},
    subscription_alerts,
};

/// The most subscriptions that may exist.
pub const MOST_SUBSCRIPTIONS: usize = 500;
/// How many recent changes are shown.
const CHANGES: i64 = 20;

impl Store {
    /// All subscriptions that are not deleted, ordered by id.
    ///
    /// # Errors
    /// When the database fails.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let query = format!(
            "/* subscription.all */ select {COLUMNS} from subscription where state <> 'deleted' order by id"
        );
        self.ask(|connection| {
            let found: Vec<SubscriptionRow> = sql_query(&query).load(connection)?;
            found.into_iter().map(TryInto::try_into).collect()
        })
    }

    /// A subscription, unless it is deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub fn subscription(&self, id: Uuid) -> Result<Option<Subscription>, StoreError> {
        self.ask(|connection| find(id, "", connection))
    }

    /// The changes of a subscription, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn subscription_changes(&self, id: Uuid) -> Result<Vec<SubscriptionChange>, StoreError> {
        self.ask(|connection| {
            let query = "/* subscription.changes */ select kind, at, actor, detail from subscription_change \
                         where subscription_id = $1 order by number desc limit $2";
            let found: Vec<ChangeRow> = sql_query(query)
                .bind::<SqlUuid, _>(id)
                .bind::<BigInt, _>(CHANGES)
                .load(connection)?;
            found.into_iter().map(TryInto::try_into).collect()
        })
    }

    /// Creates a subscription at the end of the log, whatever position it has. `false`: the limit is reached.
    ///
    /// # Errors
    /// When the database fails.
    pub fn create_subscription(
        &self,
        new: &Subscription,
        change: &SubscriptionChange,
    ) -> Result<bool, StoreError> {
        let body = write_json("subscription", &new.definition)?;
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            let end = branches::end(connection)?;
            let statement = "/* subscription.create */ insert into subscription \
                 (id, version, state, created_at, body, secret, branch, xid, number, probes) \
                 select $1, 1, $2, $3, $4::json, $5, $6, $7, $8, 0 \
                 where (select count(*) from subscription where state <> 'deleted') < $9";
            let created = sql_query(statement)
                .bind::<SqlUuid, _>(new.id)
                .bind::<Text, _>(new.state.as_str())
                .bind::<Timestamptz, _>(bind(new.created_at))
                .bind::<Text, _>(body)
                .bind::<Binary, _>(&new.secret)
                .bind::<SqlUuid, _>(end.branch)
                .bind::<BigInt, _>(end.place.xid)
                .bind::<BigInt, _>(i64::from(end.place.number))
                .bind::<BigInt, _>(i64::try_from(MOST_SUBSCRIPTIONS).unwrap_or(i64::MAX))
                .execute(connection)?;
            if created > 0 {
                note(new.id, change, connection)?;
            }
            Ok(created > 0)
        })
    }

    /// Changes a subscription: `work` gets its current state, under its lock, and returns whether to write it. Writes what
    /// callers can change: its state, definition and secrets, and the state of its receiver. `None`: there is no such
    /// subscription.
    ///
    /// # Errors
    /// What `work` returns, or why the database did not commit.
    pub fn change_subscription<T, E: From<StoreError>>(
        &self,
        id: Uuid,
        work: impl FnOnce(&mut Subscription) -> Result<(T, Option<SubscriptionChange>), E>,
    ) -> Result<Option<(T, Subscription)>, E> {
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            let Some(mut subscription) = find(id, "for update", connection)? else {
                return Ok(None);
            };
            let (value, change) = work(&mut subscription)?;
            if let Some(change) = change {
                subscription.version += 1;
                write(&subscription, connection)?;
                note(id, &change, connection)?;
                subscription_alerts::follow(id, subscription.state, &change, connection)?;
            }
            Ok(Some((value, subscription)))
        })
    }

    /// Deletes the remains of deleted subscriptions, a bounded number of rows per call. Returns how many; zero: nothing is left.
    ///
    /// # Errors
    /// When the database fails.
    pub fn remove_deleted_subscriptions(&self) -> Result<usize, StoreError> {
        self.ask(|connection| {
            let deliveries = "/* delivery.remove */ delete from delivery where (subscription_id, complaint_id, sequence) in \
                 (select d.subscription_id, d.complaint_id, d.sequence from subscription s, delivery d \
                 where s.state = 'deleted' and d.subscription_id = s.id limit 5000)";
            let removed = sql_query(deliveries).execute(connection)?;
            if removed > 0 {
                return Ok(removed);
            }
            let subscriptions = "/* subscription.remove */ delete from subscription where state = 'deleted'";
            Ok(sql_query(subscriptions).execute(connection)?)
        })
    }
}

fn find(
    id: Uuid,
    lock: &str,
    connection: &mut PgConnection,
) -> Result<Option<Subscription>, StoreError> {
    let query = format!(
        "/* subscription.get */ select {COLUMNS} from subscription where id = $1 and state <> 'deleted' {lock}"
    );
    let found: Option<SubscriptionRow> = sql_query(query)
        .bind::<SqlUuid, _>(id)
        .get_result(connection)
        .optional()?;
    found.map(TryInto::try_into).transpose()
}

fn write(subscription: &Subscription, connection: &mut PgConnection) -> Result<(), StoreError> {
    let body = write_json("subscription", &subscription.definition)?;
    let statement = "/* subscription.write */ update subscription set version = $2, state = $3, body = $4::json, secret = $5, \
         former_secret = $6, former_until = $7, failing_since = $8, open_until = $9, probes = $10, gone_at = $11 where id = $1";
    let former = subscription.former_secret.as_ref();
    let at = |at: Option<Timestamp>| at.map(bind);
    sql_query(statement)
        .bind::<SqlUuid, _>(subscription.id)
        .bind::<BigInt, _>(subscription.version)
        .bind::<Text, _>(subscription.state.as_str())
        .bind::<Text, _>(body)
        .bind::<Binary, _>(&subscription.secret)
        .bind::<Nullable<Binary>, _>(former.map(|(secret, _)| secret))
        .bind::<Nullable<Timestamptz>, _>(at(former.map(|(_, until)| *until)))
        .bind::<Nullable<Timestamptz>, _>(at(subscription.failing_since))
        .bind::<Nullable<Timestamptz>, _>(at(subscription.open_until))
        .bind::<Integer, _>(subscription.probes)
        .bind::<Nullable<Timestamptz>, _>(at(subscription.gone_at))
        .execute(connection)?;
    Ok(())
}

/// Records a change of a subscription. The caller must hold its lock.
pub(super) fn note(
    id: Uuid,
    change: &SubscriptionChange,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    let statement = "/* subscription.note */ insert into subscription_change (subscription_id, number, kind, at, actor, detail) \
         select $1, coalesce((select max(number) from subscription_change where subscription_id = $1), 0) + 1, $2, $3, $4, $5";
    sql_query(statement)
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(change.kind.as_str())
        .bind::<Timestamptz, _>(bind(change.at))
        .bind::<Text, _>(&change.actor)
        .bind::<Text, _>(&change.detail)
        .execute(connection)?;
    Ok(())
}
