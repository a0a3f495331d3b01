//! What a database is like: everything about it that decides whether promises can be kept on it. Only reads, and needs no schema.

use std::collections::BTreeMap;

use diesel::{
    OptionalExtension as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz},
};
use jiff::SignedDuration;

use super::{
    Limits, StoreError, migrations,
    session::{Purpose, Sessions},
    space::{Room, Volume},
    time,
    url::DatabaseUrl,
};
use crate::{telemetry::Metrics, time_source::TimeSource};

/// The settings that are looked at.
const SETTINGS: [&str; 9] = [
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "synchronous_standby_names",
    "autovacuum",
    "idle_session_timeout",
    "transaction_timeout",
    "default_transaction_read_only",
    "default_transaction_isolation",
];

/// What the service's role must be allowed to do, as it is granted.
const GRANTS: &str = include_str!("../../migrations/grants.sql");

/// A database, as it is now.
#[derive(Debug, Clone)]
pub struct Checkup {
    /// The version of the server, such as `15.18`.
    pub version: String,
    /// Its number, such as 150018.
    pub version_number: i32,
    /// The database's encoding.
    pub encoding: String,
    /// The role that was used.
    pub role: String,
    /// The migrations that the schema lacks.
    pub pending: usize,
    /// Settings as they hold for this role, by name. A server that is too old for one has none.
    pub settings: BTreeMap<String, String>,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// What this role may not do, though the service must, such as `insert on event`. Empty while migrations are pending.
    pub missing_grants: Vec<String>,
    /// The indexes that no query uses, because building them was broken off.
    pub invalid_indexes: Vec<String>,
    /// The oldest snapshot that keeps dead rows from being removed.
    pub oldest_snapshot: Option<Snapshot>,
    /// By how much the server's clock is ahead of this machine's; half a round trip is uncertain.
    pub clock_ahead: SignedDuration,
    /// How long the question took.
    pub round_trip: SignedDuration,
    /// How many connections are open, and how many there may be.
    pub connections: (i64, i64),
    /// The releases of the tz database by which running clocks are timed.
    pub tzdb_versions: Vec<String>,
    /// How much room the database's disk has, if its size is known.
    pub room: Option<Room>,
}

/// Who holds a snapshot.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// A session, a replication slot or a prepared transaction, such as `session 4711 (psql, idle in transaction)`.
    pub holder: String,
    /// For how long it has been held, if that is known.
    pub held: Option<SignedDuration>,
    /// How many transactions have begun since.
    pub transactions: i64,
}

/// Looks at a database, whose files are on this volume.
///
/// # Errors
/// When it cannot be reached, or does not answer.
pub fn check_up(
    url: &DatabaseUrl,
    volume: &Volume,
    ours: &dyn TimeSource,
) -> Result<Checkup, StoreError> {
    let (limits, metrics) = (Limits::default(), Metrics::off());
    let sessions = Sessions::new(url.expose(), Purpose::Reading, limits, metrics)?;
    let connection = &mut sessions.open(sessions.limits().answer())?;
    let server = server(connection)?;
    let pending = migrations::pending(connection)?.len();
    let (clock_ahead, round_trip) = clock(connection, ours)?;
    let migrated = pending == 0;
    Ok(Checkup {
        version: server.version,
        version_number: server.version_number,
        encoding: server.encoding,
        role: server.role,
        in_recovery: server.in_recovery,
        connections: (server.connections, server.most_connections),
        pending,
        settings: settings(connection)?,
        missing_grants: if migrated {
            missing_grants(connection)?
        } else {
            Vec::new()
        },
        invalid_indexes: migrations::invalid_indexes(connection)?,
        oldest_snapshot: oldest_snapshot(connection)?,
        clock_ahead,
        round_trip,
        tzdb_versions: if migrated {
            tzdb_versions(connection)?
        } else {
            Vec::new()
        },
        room: volume.measure(connection)?,
    })
}

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Integer)]
    version_number: i32,
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    in_recovery: bool,
    #[diesel(sql_type = BigInt)]
    connections: i64,
    #[diesel(sql_type = BigInt)]
    most_connections: i64,
}

fn server(connection: &mut PgConnection) -> Result<Server, StoreError> {
    let statement = "/* doctor.server */ select current_setting('server_version') as version, \
         current_setting('server_version_num')::int as version_number, current_setting('server_encoding') as encoding, \
         current_user::text as role, pg_is_in_recovery() as in_recovery, \
         (select count(*) from pg_stat_activity where backend_type = 'client backend') as connections, \
         current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint as most_connections";
    Ok(sql_query(statement).get_result(connection)?)
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    value: String,
}

fn settings(connection: &mut PgConnection) -> Result<BTreeMap<String, String>, StoreError> {
    let statement = "/* doctor.settings */ select name, current_setting(name, true) as value from unnest($1) name \
         where current_setting(name, true) is not null";
    let found: Vec<Setting> = sql_query(statement)
        .bind::<Array<Text>, _>(SETTINGS.to_vec())
        .load(connection)?;
    let found = found.into_iter();
    Ok(found.map(|it| (it.name, it.value)).collect())
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(statement: &str, connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let found: Vec<Named> = sql_query(statement).load(connection)?;
    Ok(found.into_iter().map(|it| it.name).collect())
}

fn missing_grants(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let wanted: Vec<Grant<'_>> = granted(GRANTS).collect();
    let privileges: Vec<&str> = wanted.iter().map(|grant| grant.privilege).collect();
    let columns: Vec<Option<&str>> = wanted.iter().map(|grant| grant.column).collect();
    let tables: Vec<&str> = wanted.iter().map(|grant| grant.table).collect();
    let statement = "/* doctor.grants */ select privilege || coalesce(' (' || col || ')', '') || ' on ' || tab as name \
         from unnest($1, $2, $3) as wanted(privilege, col, tab) where to_regclass(tab) is null \
         or not case when col is null then has_table_privilege(tab, privilege) else has_column_privilege(tab, col, privilege) end";
    let found: Vec<Named> = sql_query(statement)
        .bind::<Array<Text>, _>(privileges)
        .bind::<Array<Nullable<Text>>, _>(columns)
        .bind::<Array<Text>, _>(tables)
        .load(connection)?;
    Ok(found.into_iter().map(|it| it.name).collect())
}

/// What may be done with a table, or with a column of it.
#[derive(Debug, PartialEq, Eq)]
struct Grant<'s> {
    privilege: &'s str,
    column: Option<&'s str>,
    table: &'s str,
}

/// What statements grant to `redress_serve` of tables.
fn granted(statements: &str) -> impl Iterator<Item = Grant<'_>> {
    let lines = statements.lines().map(str::trim);
    let grants = lines.filter_map(|line| {
        let line = line.strip_prefix("grant ")?;
        let (what, tables) = line
            .strip_suffix(" to redress_serve;")?
            .split_once(" on ")?;
        (!tables.contains(' ') || tables.contains(',')).then_some((what, tables))
    });
    grants.flat_map(|(what, tables)| {
        let (privileges, columns) = match what.split_once(" (") {
            Some((privilege, columns)) => (privilege, columns.trim_end_matches(')')),
            None => (what, ""),
        };
        let columns: Vec<Option<&str>> = match columns {
            "" => vec![None],
            columns => columns.split(", ").map(Some).collect(),
        };
        let privileges = privileges.split(", ");
        let each = privileges.flat_map(move |privilege| {
            let columns = columns.clone().into_iter();
            columns.flat_map(move |column| {
                let tables = tables.split(", ");
                tables.map(move |table| Grant {
                    privilege,
                    column,
                    table,
                })
            })
        });
        each.collect::<Vec<_>>()
    })
}

#[derive(QueryableByName)]
struct Holder {
    #[diesel(sql_type = Text)]
    holder: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = BigInt)]
    transactions: i64,
}

/// Of sessions of other roles, only members of `pg_read_all_stats` see since when they hold it.
fn oldest_snapshot(connection: &mut PgConnection) -> Result<Option<Snapshot>, StoreError> {
    let statement = "/* doctor.snapshot */ \
         select format('session %s (%s, %s)', pid, coalesce(nullif(application_name, ''), usename::text, '?'), coalesce(state, '?')) \
         as holder, xact_start as since, age(backend_xmin)::bigint as transactions \
         from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid() and datname = current_database() \
         union all select format('replication slot %s', slot_name), null, greatest(age(xmin), age(catalog_xmin))::bigint \
         from pg_replication_slots where xmin is not null or catalog_xmin is not null \
         union all select format('prepared transaction %s', gid), prepared, age(transaction)::bigint \
         from pg_prepared_xacts where database = current_database() \
         order by 3 desc, 2 nulls last limit 1";
    let found: Option<Holder> = sql_query(statement).get_result(connection).optional()?;
    let now = time::now(connection)?;
    Ok(found.map(|found| Snapshot {
        holder: found.holder,
        held: found.since.map(|since| now.duration_since(since.to_jiff())),
        transactions: found.transactions,
    }))
}

/// By how much the server's clock is ahead, and how long the question took.
fn clock(
    connection: &mut PgConnection,
    ours: &dyn TimeSource,
) -> Result<(SignedDuration, SignedDuration), StoreError> {
    let asked = ours.now();
    let told = time::now(connection)?;
    let took = ours.now().duration_since(asked);
    Ok((told.duration_since(asked) - took / 2, took))
}

/// Reads every running clock, which takes a second for some millions of them.
fn tzdb_versions(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let statement = "/* doctor.tzdb */ select distinct tzdb_version as name from clock where stopped_at is null order by 1";
    names(statement, connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_service_needs_is_read_from_its_grants() {
        let read = |statements| granted(statements).collect::<Vec<_>>();
        let grant = |privilege, column, table| Grant {
            privilege,
            column,
            table,
        };
        let text = "  grant select, insert on event, notice to redress_serve;\n\
                    grant update (a, b) on one to redress_serve;\n\
                    grant usage on schema public to redress_serve;\n\
                    grant pg_monitor to redress_serve;\n";
        assert_eq!(
            read(text),
            [
                grant("select", None, "event"),
                grant("select", None, "notice"),
                grant("insert", None, "event"),
                grant("insert", None, "notice"),
                grant("update", Some("a"), "one"),
                grant("update", Some("b"), "one"),
            ]
        );
        let ours = read(GRANTS);
        assert!(ours.len() > 40, "{}", ours.len());
        assert!(ours.contains(&grant("insert", None, "event")));
        assert!(!ours.contains(&grant("update", None, "event")));
    }
}
