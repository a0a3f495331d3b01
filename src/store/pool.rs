//! Connections: how they are lent and given back.

use std::{fmt, sync::Arc};

use diesel::{PgConnection, r2d2::Pool};

use super::{
    Limits, Lookout, Space, Storage, StoreError,
    evidence::Evidence,
    read_log::ReadLog,
    session::{Purpose, Sessions},
    time,
    transaction::Transaction,
};
use crate::{telemetry::Metrics, time_source::DatabaseTime};

/// A connection on loan from the pool.
pub(super) type Connection = diesel::r2d2::PooledConnection<Sessions>;

/// The database, through a pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Sessions>,
    sessions: Sessions,
    space: Arc<Space>,
    pub(super) evidence: Evidence,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("pool", &self.pool.state())
            .finish()
    }
}

impl Store {
    /// Makes a pool of `size` connections to a database that answers now and takes writes.
    ///
    /// # Errors
    /// When it does not: at once, with Postgres's own words.
    pub fn connect(url: &str, size: u32, metrics: Metrics) -> Result<Store, StoreError> {
        Self::connect_within(Limits::default(), url, size, metrics)
    }

    /// As [`Store::connect`], with limits of its own.
    ///
    /// # Errors
    /// As there.
    pub fn connect_within(
        limits: Limits,
        url: &str,
        size: u32,
        metrics: Metrics,
    ) -> Result<Store, StoreError> {
        Self::pool(Sessions::new(url, Purpose::Writing, limits, metrics)?, size)
    }

    /// As [`Store::connect`], for one who only reads: a standby will do.
    ///
    /// # Errors
    /// As there.
    pub fn connect_to_read(url: &str, size: u32, metrics: Metrics) -> Result<Store, StoreError> {
        let sessions = Sessions::new(url, Purpose::Reading, Limits::default(), metrics)?;
        Self::pool(sessions, size)
    }

    fn pool(sessions: Sessions, size: u32) -> Result<Store, StoreError> {
        // The pool itself would try again for long and then say nothing useful.
        time::read(
            sessions.time(),
            &mut sessions.open(sessions.limits().answer())?,
        )?;
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(sessions.limits().checkout)
            // Costs no round trip. Whatever breaks later is noticed when it is used, and not given back.
            .test_on_check_out(true)
            .error_handler(Box::new(LogErrors))
            .build_unchecked(sessions.clone());
        // Callers wait for less, but nobody calls yet.
        let first = pool.get_timeout(sessions.limits().answer());
        drop(first.map_err(|error| StoreError::Unavailable(error.to_string()))?);
        Ok(Store {
            pool,
            sessions,
            space: Arc::default(),
            evidence: Evidence::default(),
        })
    }

    /// What is known of the database's time.
    #[must_use]
    pub fn time(&self) -> &DatabaseTime {
        self.sessions.time()
    }

    /// One who looks at this database from time to time, on a connection beside the pool's.
    #[must_use]
    pub fn lookout(&self, storage: Storage) -> Lookout {
        Lookout::new(self.sessions.clone(), storage, Arc::clone(&self.space))
    }

    /// Where it is recorded who was shown personal data, on a connection beside the pool's.
    #[must_use]
    pub fn read_log(&self) -> ReadLog {
        ReadLog::new(self.sessions.clone())
    }

    /// Whether there is room for more complaints, as far as a lookout has found.
    #[must_use]
    pub fn space(&self) -> &Arc<Space> {
        &self.space
    }

    /// Runs `work` in one transaction: all of it is committed, or nothing.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// What `work` returns, or why the database did not commit.
    pub fn transaction<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        in_transaction(&mut *self.connection()?, work)
    }

    /// Runs `work` that locks nothing and writes by one statement at most: Postgres makes a transaction of each statement by
    /// itself, so two round trips are spared.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// What `work` returns, or that there is no connection.
    pub fn at_once<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        work(&mut Transaction::new(&mut *self.connection()?))
    }

    /// Has something asked that may be asked twice: what fails for no clear reason is asked once more, and then judged.
    ///
    /// Blocks; not for an async task.
    pub(super) fn ask<T>(
        &self,
        question: impl Fn(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.insist(|| question(&mut *self.connection()?))
    }

    pub(super) fn connection(&self) -> Result<Connection, StoreError> {
        self.pool
            .get()
            .map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// How long the database may take.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.sessions.limits()
    }

    /// Whether nothing is written through it.
    pub(super) fn only_reads(&self) -> bool {
        self.sessions.purpose() == Purpose::Reading
    }

    /// How many connections there are at most.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.pool.max_size()
    }
}

/// As [`Store::transaction`], on a connection that is lent for longer.
pub(super) fn in_transaction<T, E: From<StoreError>>(
    connection: &mut PgConnection,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    begin(connection)?;
    match work(&mut Transaction::new(connection)) {
        Ok(value) => {
            commit(connection)?;
            Ok(value)
        }
        Err(error) => {
            // A connection that cannot roll back is broken; the pool drops it.
            if let Err(broken) = rollback(connection) {
                tracing::warn!(error = %broken, "failed to roll back a transaction; its connection is closed");
            }
            Err(error)
        }
    }
}

/// The plans of what writes are those for values that are not known: they go by an index whatever the statistics say of
/// the instants that are due just now, and none is made anew for each batch.
const BEGIN: &str = "BEGIN; SET LOCAL plan_cache_mode = force_generic_plan";

fn begin(connection: &mut PgConnection) -> Result<(), StoreError> {
    use diesel::connection::AnsiTransactionManager;
    AnsiTransactionManager::begin_transaction_sql(connection, BEGIN).map_err(StoreError::from)
}

fn commit(connection: &mut PgConnection) -> Result<(), StoreError> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
    AnsiTransactionManager::commit_transaction(connection).map_err(StoreError::from)
}

fn rollback(connection: &mut PgConnection) -> Result<(), StoreError> {
    use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
    AnsiTransactionManager::rollback_transaction(connection).map_err(StoreError::from)
}

/// Says in the log why a connection could not be made or was dropped.
#[derive(Debug)]
struct LogErrors;

impl<E: std::error::Error> r2d2::HandleError<E> for LogErrors {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "failed to open or keep a connection to the database; will retry");
    }
}
