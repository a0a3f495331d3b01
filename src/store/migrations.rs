//! Bringing a database to this program's schema.

use std::time::Duration;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _,
    connection::SimpleConnection as _,
    dsl::sql,
    migration::{Migration, MigrationConnection as _, MigrationSource as _},
    pg::Pg,
    sql_query,
    sql_types::{Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::{
    Limits, StoreError, branches, search_keys,
    session::{Purpose, Sessions},
};
use crate::{telemetry::Metrics, time_source::Stopwatch};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// How long one statement of a migration may take: long enough for an index on the largest table. A database whose host is gone
/// is noticed within seconds all the same.
const LONGEST: Duration = Duration::from_secs(3 * 3600);
/// How long to wait for another process that migrates.
const WAITING: Duration = LONGEST;
/// The pause before the lock is tried again.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a migration that changes a table may wait for its lock. All others who use the table wait behind it.
const LOCK: Duration = Duration::from_secs(4);
/// How often such a migration is tried if it may have waited in vain.
const TRIES: u32 = 20;

/// Brings a database to this program's schema, takes over one that was restored from another, and makes up what the complaints in it
/// are found by. Returns how many migrations were run; running it again runs none, and two at once wait for one another. Where
/// nothing is pending, it needs no right to create anything.
///
/// # Errors
/// When the database is away or not encoded in UTF-8, or a migration fails.
pub fn migrate(url: &str) -> Result<usize, StoreError> {
    let sessions = sessions(url, Purpose::Writing)?;
    let mut connection = sessions.open(LONGEST)?;
    // The defaults of a role are for short statements.
    connection.batch_execute(&format!(
        "/* migrate.setup */ set statement_timeout = {longest}; set lock_timeout = {longest}; \
         set idle_in_transaction_session_timeout = '10s'",
        longest = LONGEST.as_millis()
    ))?;
    must_be_utf8(&mut connection)?;
    // Held until the connection closes, at the end of this function.
    lock(&mut connection)?;
    let pending = pending(&mut connection)?;
    if !pending.is_empty() {
        connection.setup()?;
    }
    // On an empty database they take no time.
    let is_new = pending.len() == known()?.len();
    for (nth, migration) in (1..).zip(&pending) {
        let (name, of) = (migration.name().to_string(), pending.len());
        if !is_new {
            tracing::info!(migration = name, "running migration {nth} of {of}");
        }
        run(migration.as_ref(), &mut connection)?;
    }
    branches::adopt(&mut connection)?;
    search_keys::fill_all(&mut connection)?;
    Ok(pending.len())
}

fn must_be_utf8(connection: &mut PgConnection) -> Result<(), StoreError> {
    let setting = sql::<Text>("current_setting('server_encoding')");
    let encoding: String = diesel::select(setting).get_result(connection)?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(StoreError::Unsuitable(format!(
        "its encoding is {encoding}, in which not every name can be stored: create a database with ENCODING 'UTF8' TEMPLATE template0"
    )))
}

/// Waits until nobody else migrates. Whoever waits must not do so within a statement: it would hold a snapshot, for the end of which
/// an index that is built concurrently waits in turn.
fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    let began = Stopwatch::start();
    while began.elapsed() < WAITING {
        let locked = sql::<Bool>("pg_try_advisory_lock(7233733)");
        if diesel::select(locked).get_result(connection)? {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    let why = "another process has been migrating it for hours".to_owned();
    Err(StoreError::Unavailable(why))
}

/// Runs a migration. One that changes tables gives way to whoever uses them, and is tried again; one that works beside them waits.
fn run(migration: &dyn Migration<Pg>, connection: &mut PgConnection) -> Result<(), StoreError> {
    if !migration.metadata().run_in_transaction() {
        return attempt(migration, connection);
    }
    let timeout = |lock: Duration| format!("set lock_timeout = {}", lock.as_millis());
    connection.batch_execute(&timeout(LOCK))?;
    for _ in 1..TRIES {
        let began = Stopwatch::start();
        match attempt(migration, connection) {
            // Only how long it took tells that a lock was waited for: diesel does not say.
            Err(error) if began.elapsed() >= LOCK => {
                tracing::warn!(%error, "a migration may have waited for a lock in vain; trying again");
                std::thread::sleep(PAUSE);
            }
            ended => return ended.and_then(|()| Ok(connection.batch_execute(&timeout(LONGEST))?)),
        }
    }
    attempt(migration, connection)
}

fn attempt(migration: &dyn Migration<Pg>, connection: &mut PgConnection) -> Result<(), StoreError> {
    let failed = |why| {
        let name = migration.name();
        StoreError::Refused(format!("migration {name} failed: {why}"))
    };
    match connection.run_migration(migration) {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(
            match invalid_indexes(connection).unwrap_or_default().join(", ") {
                none if none.is_empty() => error.to_string(),
                indexes => format!(
                    "{error}. An earlier run left indexes unfinished: drop {indexes}, and migrate again"
                ),
            },
        )),
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The indexes that no query uses, because building them was broken off.
pub(super) fn invalid_indexes(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let statement = "/* migrate.indexes */ select c.relname::text as name from pg_index i join pg_class c on c.oid = i.indexrelid \
         where not i.indisvalid and c.relnamespace = current_schema()::regnamespace order by 1";
    let found: Vec<Named> = sql_query(statement).load(connection)?;
    Ok(found.into_iter().map(|it| it.name).collect())
}

/// How many migrations of this program a database lacks. Only reads.
///
/// # Errors
/// When the database is away.
pub fn pending_migrations(url: &str) -> Result<usize, StoreError> {
    let sessions = sessions(url, Purpose::Reading)?;
    let mut connection = sessions.open(sessions.limits().answer())?;
    Ok(pending(&mut connection)?.len())
}

/// The migrations that a database lacks, in their order. Only reads.
pub(super) fn pending(
    connection: &mut PgConnection,
) -> Result<Vec<Box<dyn Migration<Pg>>>, StoreError> {
    let table = "to_regclass('__diesel_schema_migrations') is not null";
    let migrated = diesel::select(sql::<Bool>(table)).get_result(connection)?;
    let applied: Vec<String> = if migrated {
        let versions = "unnest(array(select version from __diesel_schema_migrations))";
        diesel::select(sql::<Text>(versions)).load(connection)?
    } else {
        Vec::new()
    };
    let mut known = known()?;
    known.retain(|migration| !applied.contains(&migration.name().version().to_string()));
    known.sort_by_key(|migration| migration.name().version().as_owned());
    Ok(known)
}

/// The migrations of this program.
fn known() -> Result<Vec<Box<dyn Migration<Pg>>>, StoreError> {
    let known = MIGRATIONS.migrations();
    known.map_err(|error| StoreError::Refused(error.to_string()))
}

fn sessions(url: &str, purpose: Purpose) -> Result<Sessions, StoreError> {
    Sessions::new(url, purpose, Limits::default(), Metrics::off())
}
