//! Connections: how they are set up, lent and given back.

use std::{fmt, time::Duration};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _,
    connection::SimpleConnection as _,
    dsl::sql,
    migration::{Migration, MigrationSource as _},
    pg::Pg,
    r2d2::{ConnectionManager, CustomizeConnection, Pool},
    sql_types::{Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::telemetry::{Metrics, sql::SqlInstrumentation};

use super::{StoreError, transaction::Transaction};

/// A connection on loan from the pool.
pub(super) type Connection = diesel::r2d2::PooledConnection<ConnectionManager<PgConnection>>;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// How long a caller waits for a connection before it is told that the database is away.
const CHECKOUT: Duration = Duration::from_secs(2);

/// Brings a database to this program's schema. Returns how many migrations were run; running it again runs none, and
/// two at once wait for one another.
///
/// # Errors
/// When the database is away or a migration fails.
pub fn migrate(url: &str) -> Result<usize, StoreError> {
    let mut connection = PgConnection::establish(&with_timeouts(url))?;
    // Held until the connection closes, at the end of this function.
    connection.batch_execute("/* migrate.lock */ select pg_advisory_lock(7233733)")?;
    let run = connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| StoreError::Refused(format!("migration failed: {error}")))?;
    Ok(run.len())
}

/// How many migrations of this program a database lacks. Only reads.
///
/// # Errors
/// When the database is away.
pub fn pending_migrations(url: &str) -> Result<usize, StoreError> {
    let mut connection = PgConnection::establish(&with_timeouts(url))?;
    let table = "to_regclass('__diesel_schema_migrations') is not null";
    let migrated = diesel::select(sql::<Bool>(table)).get_result(&mut connection)?;
    let applied: Vec<String> = if migrated {
        let versions = "unnest(array(select version from __diesel_schema_migrations))";
        diesel::select(sql::<Text>(versions)).load(&mut connection)?
    } else {
        Vec::new()
    };
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS
        .migrations()
        .map_err(|error| StoreError::Refused(error.to_string()))?;
    let pending = known
        .iter()
        .filter(|migration| !applied.contains(&migration.name().version().to_string()));
    Ok(pending.count())
}

/// A database that goes silent (a lost host, a cut network) is noticed by these, unless the URL says otherwise: libpq alone
/// would wait for as long as the kernel does.
fn with_timeouts(url: &str) -> String {
    let settings = [("connect_timeout", "5"), ("tcp_user_timeout", "8000")];
    let missing = settings.into_iter().filter(|(name, _)| !url.contains(name));
    let mut url = url.to_owned();
    for (name, value) in missing {
        let separator = match (url.contains("://"), url.contains('?')) {
            (false, _) => ' ',
            (true, false) => '?',
            (true, true) => '&',
        };
        url.push(separator);
        url.push_str(&format!("{name}={value}"));
    }
    url
}

/// The database, through a pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool<ConnectionManager<PgConnection>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("pool", &self.pool.state())
            .finish()
    }
}

/// What every connection is told once.
#[derive(Debug)]
struct Setup(Metrics);

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for Setup {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        // A lost client must not hold a snapshot: the due index would fill with dead entries behind it.
        connection
            .batch_execute(
                "/* connection.setup */ set statement_timeout = '10s'; set lock_timeout = '2s'; \
                 set idle_in_transaction_session_timeout = '10s'; set timezone = 'UTC'; \
                 set application_name = 'redress'",
            )
            .map_err(diesel::r2d2::Error::QueryError)?;
        connection.set_instrumentation(SqlInstrumentation::new(self.0.clone()));
        Ok(())
    }
}

impl Store {
    /// Makes a pool of `size` connections to a database that answers now.
    ///
    /// # Errors
    /// When it does not: at once, with Postgres's own words.
    pub fn connect(url: &str, size: u32, metrics: Metrics) -> Result<Store, StoreError> {
        // The pool itself would try again for long and then say nothing useful.
        let url = with_timeouts(url);
        drop(PgConnection::establish(&url)?);
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(CHECKOUT)
            // A round trip less for each use; a broken connection is noticed when it is used, and not given back.
            .test_on_check_out(false)
            .connection_customizer(Box::new(Setup(metrics)))
            .error_handler(Box::new(LogErrors))
            .build(ConnectionManager::new(url))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Store { pool })
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

    pub(super) fn connection(&self) -> Result<Connection, StoreError> {
        self.pool
            .get()
            .map_err(|error| StoreError::Unavailable(error.to_string()))
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
                tracing::warn!(error = %broken, "a transaction could not be rolled back");
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

/// Says in the log why no connection could be made.
#[derive(Debug)]
struct LogErrors;

impl<E: std::error::Error> r2d2::HandleError<E> for LogErrors {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "no connection to the database");
    }
}
