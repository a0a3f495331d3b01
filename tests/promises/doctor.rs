//! `redress doctor`: it finds what is wrong with a real database, and says what to do.

use diesel::connection::SimpleConnection as _;
use redress::cli::Failure;
use serde_json::Value;

use crate::support::{command::command, database::TestDatabase};

const GRANTS: &str = include_str!("../../migrations/grants.sql");

/// What it says, and whether anything is wrong.
async fn examined(url: &str) -> (Vec<Value>, usize) {
    let (ended, printed) = command(&["doctor", "--json", "--database-url", url]).await;
    let wrong = match ended {
        Ok(()) => 0,
        Err(Failure::Unwell { wrong }) => wrong,
        Err(other) => panic!("{other}"),
    };
    let lines = printed.lines();
    (
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        wrong,
    )
}

/// Its result on one subject, and what it found.
fn on<'v>(results: &'v [Value], what: &str) -> (&'v str, &'v str) {
    let found = results.iter().find(|it| it["what"] == what);
    let found = found.unwrap_or_else(|| panic!("nothing about {what}: {results:?}"));
    let word = |name: &str| found[name].as_str().unwrap();
    if word("result") != "ok" {
        assert!(!word("cure").is_empty());
    }
    (word("result"), word("found"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_order_is_said_to_be_and_a_server_that_loses_commits_is_not() {
    let database = TestDatabase::create();
    let (results, wrong) = examined(&database.url).await;
    // The server of the tests gives up durability for speed.
    let (result, found) = on(&results, "durability");
    assert_eq!(result, "wrong");
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert!(found.contains(setting), "{found}");
    }
    assert_eq!(wrong, 1, "{results:?}");
    for what in [
        "server",
        "encoding",
        "writing",
        "schema",
        "grants",
        "indexes",
        "clock",
        "isolation",
    ] {
        assert_eq!(on(&results, what).0, "ok", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_the_schema_and_one_of_another_encoding_are_examined_too() {
    let empty = TestDatabase::empty();
    let (results, _) = examined(&empty.url).await;
    assert_eq!(on(&results, "schema").0, "wrong");
    assert_eq!(on(&results, "encoding"), ("ok", "UTF8"));
    let (results, _) = examined(&TestDatabase::latin1().url).await;
    assert_eq!(on(&results, "encoding"), ("wrong", "LATIN1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_is_missing_is_named() {
    let database = TestDatabase::create();
    let mut owner = database.connect();
    owner.batch_execute(GRANTS).unwrap();
    let url = format!("{}&options=-c%20role%3Dredress_serve", database.url);
    let (results, _) = examined(&url).await;
    assert_eq!(on(&results, "grants").0, "ok");
    owner
        .batch_execute(
            "revoke insert on event from redress_serve; revoke update on log_branch from redress_serve; \
             revoke update (settled) on log_branch from redress_serve",
        )
        .unwrap();
    let (results, _) = examined(&url).await;
    let (result, found) = on(&results, "grants");
    assert_eq!(result, "wrong");
    for lacking in [
        "redress_serve",
        "insert on event",
        "update (settled) on log_branch",
    ] {
        assert!(found.contains(lacking), "no {lacking}: {found}");
    }
    assert!(!found.contains("select on event"), "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_hold_snapshots_and_settings_that_cut_connections_are_named() {
    let database = TestDatabase::create();
    let mut owner = database.connect();
    let harm = format!(
        "update pg_index set indisvalid = false where indexrelid = 'clock_due'::regclass; \
         alter database {name} set idle_session_timeout = '10min'; \
         alter database {name} set default_transaction_isolation = 'serializable'; \
         alter database {name} set default_transaction_read_only = on",
        name = database.name()
    );
    owner.batch_execute(&harm).unwrap();
    let mut holder = database.connect();
    holder
        .batch_execute(
            "set application_name = 'forgotten'; begin isolation level repeatable read; select count(*) from event",
        )
        .unwrap();
    let (results, _) = examined(&database.url).await;
    assert_eq!(on(&results, "indexes").0, "wrong");
    assert!(on(&results, "indexes").1.contains("clock_due"));
    assert_eq!(
        on(&results, "time limits"),
        ("look", "idle_session_timeout is 10min")
    );
    assert_eq!(on(&results, "isolation"), ("wrong", "serializable"));
    assert_eq!(on(&results, "writing").0, "wrong");
    let (_, found) = on(&results, "snapshots");
    assert!(found.contains("forgotten, idle in transaction"), "{found}");
}
