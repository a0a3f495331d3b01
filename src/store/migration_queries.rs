//! The complaints that a change of a policy reaches: read to see what would become of them, and to move them. Always page by
//! page, through an index that holds them in the order of the pages.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
    connection::{AnsiTransactionManager, TransactionManager as _},
    dsl::sql,
    sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    HistoryPlace, ListedHistory, Reader, Store, StoreError, Transaction,
    events::EventRow,
    history::{self, Head, after_in_policy},
    pool::{Connection, in_transaction},
    rows, schema,
};
use crate::domain::{Complaint, Event};

/// An open complaint as it was when it was read, unlocked.
#[derive(Debug, Clone)]
pub struct OpenComplaint {
    /// Its id: the next page begins after that of the last one.
    pub id: Uuid,
    /// What the customer quotes.
    pub tracking_number: String,
    /// The complaint; an error where what is stored cannot be read.
    pub complaint: Result<Complaint, StoreError>,
}

/// The one connection on which the complaints of a policy are moved, and that nobody else moves them: an advisory lock of its
/// session. It goes with the connection, so a process that is killed leaves none behind, and no transaction has to stay open
/// for it.
pub struct Held {
    connection: Connection,
    policy: String,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Held {
    /// As [`Store::transaction`], on this connection. [`StoreError::Unavailable`] may mean that it broke and that nothing is
    /// held any more.
    ///
    /// # Errors
    /// What `work` returns, or why the database did not commit.
    pub fn transaction<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        in_transaction(&mut self.connection, work)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = ask_lock("pg_advisory_unlock", &self.policy, &mut self.connection) {
            tracing::warn!(%error, "failed to release the lock of a migration; closing its connection");
            // The pool keeps no broken connection: closed, it holds nothing.
            AnsiTransactionManager::transaction_manager_status_mut(&mut *self.connection)
                .set_in_error();
        }
    }
}

/// Asks a function of the lock under which the complaints of a policy are moved.
fn ask_lock(
    function: &str,
    policy: &str,
    connection: &mut PgConnection,
) -> Result<bool, StoreError> {
    let query = sql::<Bool>(&format!("{function}(7233736, hashtext("));
    let query = query.bind::<Text, _>(policy).sql("))");
    Ok(diesel::select(query).get_result(connection)?)
}

impl Store {
    /// Holds the complaints of a policy against others who would move them, for as long as the value lives; `None`: somebody
    /// else does. Keeps a connection of the pool meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub fn hold_policy(&self, name: &str) -> Result<Option<Held>, StoreError> {
        self.insist(|| {
            let mut connection = self.connection()?;
            let free = ask_lock("pg_try_advisory_lock", name, &mut connection)?;
            Ok(free.then(|| Held {
                connection,
                policy: name.to_owned(),
            }))
        })
    }

    /// How many complaints are open under a policy.
    ///
    /// # Errors
    /// When the database fails.
    pub fn count_open_under(&self, policy: &str) -> Result<i64, StoreError> {
        self.ask(|connection| count_open_under(policy, connection))
    }
}

fn count_open_under(policy: &str, connection: &mut PgConnection) -> Result<i64, StoreError> {
    use schema::complaint::dsl;
    let query = dsl::complaint
        .filter(dsl::policy.eq(policy))
        .filter(dsl::closed_at.is_null())
        .count();
    Ok(query.get_result(connection)?)
}

impl Transaction<'_> {
    /// As [`Store::count_open_under`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn count_open_under(&mut self, policy: &str) -> Result<i64, StoreError> {
        count_open_under(policy, self.connection)
    }

    /// The open complaints under a policy after `after`, in the order of their ids. Locks nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub fn open_under(
        &mut self,
        policy: &str,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<OpenComplaint>, StoreError> {
        use schema::complaint::dsl;
        let found: Vec<Head> = dsl::complaint
            .select(Head::as_select())
            .filter(dsl::policy.eq(policy))
            .filter(dsl::closed_at.is_null())
            .filter(dsl::id.gt(after.unwrap_or(Uuid::nil())))
            .order(dsl::id)
            .limit(limit)
            .load(self.connection)?;
        let found = found.into_iter().map(|head| OpenComplaint {
            id: head.id,
            tracking_number: head.tracking_number,
            complaint: rows::read_json("complaint", &head.body),
        });
        Ok(found.collect())
    }

    /// The whole logs of complaints; what is read under their locks is complete. An error stands where one cannot be read.
    ///
    /// # Errors
    /// When the database fails.
    pub fn logs(
        &mut self,
        complaints: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Result<Vec<Event>, StoreError>>, StoreError> {
        let logs = history::logs_of(complaints, self.connection)?;
        let read = |log: Vec<EventRow>| log.into_iter().map(Event::try_from).collect();
        Ok(logs.into_iter().map(|(id, log)| (id, read(log))).collect())
    }
}

impl Reader {
    /// How many complaints are open under a policy.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count_open_under(&self, policy: &str) -> Result<i64, StoreError> {
        let policy = policy.to_owned();
        self.read(move |connection| count_open_under(&policy, connection))
            .await
    }

    /// How many complaints are open.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count_open(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            use schema::complaint::dsl;
            let query = dsl::complaint.filter(dsl::closed_at.is_null()).count();
            Ok(query.get_result(connection)?)
        })
        .await
    }

    /// The open complaints with their histories, under a policy or under any, policy by policy and of each in the order of
    /// their ids, after `after`: `limit`, or fewer where their logs are long. None: there are no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open_histories(
        &self,
        policy: Option<String>,
        after: Option<HistoryPlace>,
        limit: i64,
    ) -> Result<Vec<ListedHistory>, StoreError> {
        self.read(move |connection| {
            history::at_one_moment(connection, |connection| {
                use schema::complaint::dsl;
                let mut query = dsl::complaint
                    .select(Head::as_select())
                    .filter(dsl::closed_at.is_null())
                    .filter(after_in_policy(after.as_ref()))
                    .order((dsl::policy, dsl::id))
                    .limit(limit)
                    .into_boxed();
                if let Some(policy) = &policy {
                    query = query.filter(dsl::policy.eq(policy));
                }
                let heads = query.load(connection)?;
                history::histories_of(heads, connection)
            })
        })
        .await
    }

    /// The complaints under a policy that were received in `[from, until)`, with their histories, in the order of their
    /// receipt after `after`: `limit`, or fewer where their logs are long. None: there are no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn received_histories(
        &self,
        policy: String,
        (from, until): (Timestamp, Timestamp),
        after: Option<HistoryPlace>,
        limit: i64,
    ) -> Result<Vec<ListedHistory>, StoreError> {
        self.read(move |connection| {
            history::at_one_moment(connection, |connection| {
                use schema::complaint::dsl;
                let (received, id) = after.as_ref().map_or_else(
                    // Before every complaint that was received then.
                    || (from, Uuid::nil()),
                    |place| (place.received_at, place.id),
                );
                let after = sql::<Bool>("(received_at, id) > (")
                    .bind::<Timestamptz, _>(rows::bind(received))
                    .sql(", ")
                    .bind::<SqlUuid, _>(id)
                    .sql(")");
                let heads = dsl::complaint
                    .select(Head::as_select())
                    .filter(dsl::policy.eq(&policy))
                    .filter(dsl::received_at.lt(rows::bind(until)))
                    .filter(after)
                    .order((dsl::received_at, dsl::id))
                    .limit(limit)
                    .load(connection)?;
                history::histories_of(heads, connection)
            })
        })
        .await
    }
}

/// Before every id of a complaint that was filed at this instant or later.
pub(crate) fn filed_at(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    Uuid::from_u64_pair(millis << 16, 0)
}
