//! Bringing a database to this program's schema.

use std::time::Duration;

use diesel::{
    RunQueryDsl as _,
    connection::SimpleConnection as _,
    dsl::sql,
    migration::{Migration, MigrationSource as _},
    pg::Pg,
    sql_types::{Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::{
    Limits, StoreError, branches,
    session::{Purpose, Sessions},
};
use crate::telemetry::Metrics;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// How long one statement of a migration may take, or wait for another process that migrates: long enough for an index on
/// the largest table. A database whose host is gone is noticed within seconds all the same.
const LONGEST: Duration = Duration::from_secs(3 * 3600);

/// Brings a database to this program's schema, and takes over one that was restored from another. Returns how many
/// migrations were run; running it again runs none, and two at once wait for one another.
///
/// # Errors
/// When the database is away or a migration fails.
pub fn migrate(url: &str) -> Result<usize, StoreError> {
    let sessions = sessions(url, Purpose::Writing)?;
    let mut connection = sessions.open(LONGEST)?;
    // Held until the connection closes, at the end of this function.
    connection.batch_execute("/* migrate.lock */ select pg_advisory_lock(7233733)")?;
    let run = connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| StoreError::Refused(format!("migration failed: {error}")))?
        .len();
    branches::adopt(&mut connection)?;
    Ok(run)
}

/// How many migrations of this program a database lacks. Only reads.
///
/// # Errors
/// When the database is away.
pub fn pending_migrations(url: &str) -> Result<usize, StoreError> {
    let sessions = sessions(url, Purpose::Reading)?;
    let mut connection = sessions.open(sessions.limits().answer())?;
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

fn sessions(url: &str, purpose: Purpose) -> Result<Sessions, StoreError> {
    Sessions::new(url, purpose, Limits::default(), Metrics::off())
}
