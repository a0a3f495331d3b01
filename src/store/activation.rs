//! Policies that were put into use while the service ran, in that order.

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _,
    PgConnection, QueryDsl as _, RunQueryDsl as _,
    data_types::PgTimestamp,
    dsl::{max, sql},
    sql_types::Text,
};
use jiff::Timestamp;

use super::{
    Reader, Store, StoreError, Transaction,
    policy_versions::{self, Kept, StoredPolicy},
    rows, schema,
};
use crate::policy::PolicyRef;

/// That a version is in use from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// From 1, without a gap. A replica that has learnt one has learnt all before it.
    pub number: i64,
    /// Which version.
    pub policy: PolicyRef,
    /// Who put it into use.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

type Row = (i64, String, String, String, PgTimestamp);

fn of_row((number, name, version, actor, at): Row) -> Activation {
    Activation {
        number,
        policy: PolicyRef { name, version },
        actor,
        // Nothing rests on it: a policy goes by its first day.
        at: rows::nearest_instant(at),
    }
}

impl Store {
    /// The number of the last activation; 0: there was none. One look at an index.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_activation(&self) -> Result<i64, StoreError> {
        self.ask(last_number)
    }

    /// What was put into use after an activation, in order; after 0, everything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn activated_after(
        &self,
        number: i64,
    ) -> Result<Vec<(Activation, StoredPolicy)>, StoreError> {
        self.ask(|connection| activated_after(number, connection))
    }
}

impl Reader {
    /// All activations, in order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activations(&self) -> Result<Vec<Activation>, StoreError> {
        self.read(|connection| {
            use schema::activation::dsl;
            let found: Vec<Row> = dsl::activation.order(dsl::number).load(connection)?;
            Ok(found.into_iter().map(of_row).collect())
        })
        .await
    }
}

impl Transaction<'_> {
    /// Lets nobody else put a policy into use before this transaction ends.
    ///
    /// # Errors
    /// When the database fails, or somebody else is at it for longer than a lock is waited for.
    pub fn lock_activations(&mut self) -> Result<(), StoreError> {
        diesel::sql_query("/* activation.lock */ select pg_advisory_xact_lock(7233737)")
            .execute(self.connection)?;
        Ok(())
    }

    /// As [`Store::activated_after`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn activated_after(
        &mut self,
        number: i64,
    ) -> Result<Vec<(Activation, StoredPolicy)>, StoreError> {
        activated_after(number, self.connection)
    }

    /// What was last put into use of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_activation_of(&mut self, name: &str) -> Result<Option<Activation>, StoreError> {
        use schema::activation::dsl;
        let found: Option<Row> = dsl::activation
            .filter(dsl::policy.eq(name))
            .order(dsl::number.desc())
            .first(self.connection)
            .optional()?;
        Ok(found.map(of_row))
    }

    /// Keeps a policy and puts it into use. Needs [`Transaction::lock_activations`], so that numbers follow one another as
    /// they are committed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn activate(
        &mut self,
        policy: &StoredPolicy,
        actor: &str,
        at: Timestamp,
    ) -> Result<Activation, StoreError> {
        use schema::activation::dsl;
        policy_versions::keep_policy(policy, Kept::Activated, at, self.connection)?;
        let number = last_number(self.connection)? + 1;
        diesel::insert_into(dsl::activation)
            .values((
                dsl::number.eq(number),
                dsl::policy.eq(&policy.name),
                dsl::policy_version.eq(&policy.version),
                dsl::actor.eq(actor),
                dsl::at.eq(rows::bind(at)),
            ))
            .execute(self.connection)?;
        Ok(Activation {
            number,
            policy: policy.reference(),
            actor: actor.to_owned(),
            at,
        })
    }
}

fn last_number(connection: &mut PgConnection) -> Result<i64, StoreError> {
    use schema::activation::dsl;
    let last: Option<i64> = dsl::activation.select(max(dsl::number)).first(connection)?;
    Ok(last.unwrap_or(0))
}

fn activated_after(
    number: i64,
    connection: &mut PgConnection,
) -> Result<Vec<(Activation, StoredPolicy)>, StoreError> {
    use schema::{activation, policy};
    let found: Vec<(Row, String, Option<String>)> = activation::table
        .inner_join(
            policy::table.on(policy::name
                .eq(activation::policy)
                .and(policy::version.eq(activation::policy_version))),
        )
        .filter(activation::number.gt(number))
        .order(activation::number)
        .select((
            activation::all_columns,
            sql::<Text>("policy.body"),
            policy_versions::calendar_versions(),
        ))
        .load(connection)?;
    let (activations, rows): (Vec<Activation>, Vec<policy_versions::Row>) = found
        .into_iter()
        .map(|(row, body, calendars)| {
            let activation = of_row(row);
            let PolicyRef { name, version } = activation.policy.clone();
            (activation, (name, version, body, calendars))
        })
        .unzip();
    let policies = policy_versions::with_calendars(rows, connection)?;
    Ok(activations.into_iter().zip(policies).collect())
}
