//! Bringing a database to the program's schema: beside others who do the same, and beside a running service.

use diesel::{
    PgConnection, RunQueryDsl as _,
    connection::SimpleConnection as _,
    dsl::sql,
    select,
    sql_types::{BigInt, Bool},
};
use redress::store::{migrate, pending_migrations};

use crate::support::database::TestDatabase;

const LAST_COLUMN: &str = include_str!("../../migrations/2026-12-01-000370_undelivered/down.sql");

fn tables(connection: &mut PgConnection) -> i64 {
    let count = "(select count(*) from pg_class where relnamespace = 'public'::regnamespace)";
    select(sql::<BigInt>(count)).get_result(connection).unwrap()
}

/// Indexes are built concurrently, which waits for the snapshots of all others, and so for that of whoever waits in a statement.
#[test]
fn several_that_migrate_at_once_wait_for_one_another() {
    let database = TestDatabase::empty();
    let all = pending_migrations(&database.url).unwrap();
    let run = std::thread::scope(|scope| {
        let migrators: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| migrate(&database.url)))
            .collect();
        let ended = migrators.into_iter().map(|it| it.join().unwrap().unwrap());
        ended.collect::<Vec<usize>>()
    });
    // One of them ran all of them.
    assert_eq!(run.iter().sum::<usize>(), all, "{run:?}");
    assert!(run.contains(&all), "{run:?}");
    assert_eq!(pending_migrations(&database.url).unwrap(), 0);
}

#[test]
fn a_database_that_cannot_store_every_name_is_refused_untouched() {
    let database = TestDatabase::latin1();
    let refused = migrate(&database.url).unwrap_err().to_string();
    assert!(refused.contains("its encoding is LATIN1"), "{refused}");
    assert_eq!(tables(&mut database.connect()), 0);
}

#[test]
fn a_migration_gives_way_to_those_who_use_the_table() {
    let database = TestDatabase::create();
    let mut owner = database.connect();
    owner.batch_execute(LAST_COLUMN).unwrap();
    let forget = "delete from __diesel_schema_migrations where version = '20261201000370'";
    owner.batch_execute(forget).unwrap();

    let mut long = database.connect();
    long.batch_execute("begin; lock table complaint in access share mode")
        .unwrap();
    std::thread::scope(|scope| {
        let migrator = scope.spawn(|| migrate(&database.url));
        let waits = "exists (select from pg_locks where not granted and relation = 'complaint'::regclass \
                     and mode = 'AccessExclusiveLock')";
        while !select(sql::<Bool>(waits))
            .get_result::<bool>(&mut owner)
            .unwrap()
        {
            assert!(!migrator.is_finished());
            std::thread::yield_now();
        }
        // Whoever reads now stands behind the migration, and gets through although the table stays in use.
        owner.batch_execute("select id from complaint").unwrap();
        assert!(!migrator.is_finished());
        long.batch_execute("commit").unwrap();
        assert_eq!(migrator.join().unwrap().unwrap(), 1);
    });
}
