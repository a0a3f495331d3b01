//! What a sweep costs goes with what is due, not with what is open.
//!
//! Frappe loads every open ticket each hour, and Zammad evaluates every escalated one at each poll. osTicket takes a hundred
//! a run and Znuny a thousand, which starves the rest.

use std::sync::Arc;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, dsl::sql, sql_query, sql_types::Text,
};
use redress::{
    access::Scope,
    domain::{Acknowledgement, Command, ComplaintRef, EventKind},
    policy::Channel,
    store::{Extent, SWEEP_LIMIT, StoreError},
};
use serde_json::Value;

use crate::support::office::{Office, filing, instant};

/// Copies the one complaint that there is, with its clocks, some `count` times. The steps of the copies come later than its
/// own by `apart`, 2 × `apart` and so on; `body` is what they have for a body, but for who they are.
fn copy(connection: &mut PgConnection, count: usize, apart: &str, body: &str) {
    for table in ["complaint", "clock"] {
        sql_query(format!("create table original_{table} as table {table}"))
            .execute(connection)
            .unwrap();
    }
    // In small transactions: readers of a log wait for the oldest one of the whole cluster, and other tests read theirs.
    for first in (1..=count).step_by(500) {
        let numbers = format!("generate_series({first}, {}) n", count.min(first + 499));
        for statement in [
            format!(
                "insert into complaint select (jsonb_populate_record(c, jsonb_build_object( \
                 'id', copy.id, 'tracking_number', copy.tracking_number, 'body', \
                 {body} || jsonb_build_object('id', copy.id, 'tracking_number', copy.tracking_number)))).* \
                 from original_complaint c, {numbers}, \
                 lateral (select md5(n::text)::uuid as id, \
                 'RD-11111-' || translate(upper(lpad(to_hex(n), 5, '0')), '0', 'Z') as tracking_number) copy"
            ),
            format!(
                "insert into clock select (jsonb_populate_record(k, jsonb_build_object( \
                 'complaint_id', md5(n::text)::uuid, 'next_fire_at', k.next_fire_at + n * interval '{apart}'))).* \
                 from original_clock k, {numbers}"
            ),
        ] {
            sql_query(statement).execute(connection).unwrap();
        }
    }
    sql_query("analyze").execute(connection).unwrap();
}

/// Likewise for what belongs to complaints beside their clocks.
fn copy_what_belongs(connection: &mut PgConnection, count: usize) {
    for table in ["event", "personal", "notice"] {
        sql_query(format!("create table original_{table} as table {table}"))
            .execute(connection)
            .unwrap();
        for first in (1..=count).step_by(500) {
            sql_query(format!(
                "insert into {table} select (jsonb_populate_record(o, jsonb_build_object( \
                 'complaint_id', md5(n::text)::uuid))).* \
                 from original_{table} o, generate_series({first}, {}) n on conflict do nothing",
                count.min(first + 499)
            ))
            .execute(connection)
            .unwrap();
        }
    }
    sql_query("analyze").execute(connection).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_touches_no_complaint_that_is_open_and_not_due() {
    let office = Office::open();
    office.file(filing(Channel::Form)).await;
    let mut connection = office.database.connect();
    copy(&mut connection, 20_000, "1 minute", "c.body::jsonb");
    let claim = claim_statement(&office, &mut connection);

    // Its first reminder is due at 13:30, that of the first copy a minute later.
    for (now, due) in [("2026-06-03T13:30:00Z", 0), ("2026-06-03T13:30:01Z", 1)] {
        // Postgres plans a prepared statement for its values at first, and may keep one plan for all later on.
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let plan = explain(&mut connection, &claim, now, mode);
            let root = &plan[0]["Plan"];
            assert_eq!(
                root["Actual Rows"].as_f64(),
                Some(f64::from(due)),
                "{plan:#}"
            );
            let mut nodes = Vec::new();
            collect(root, &mut nodes);
            for node in nodes {
                assert_ne!(node["Node Type"], "Seq Scan", "{plan:#}");
                if let Some(index) = node["Index Name"].as_str() {
                    let known = ["clock_fire_order", "complaint_pkey"].contains(&index);
                    assert!(known, "{index}: {plan:#}");
                }
                if let Some(table) = node["Relation Name"].as_str() {
                    // What is due is found at once, and each complaint of it is looked up.
                    let times = if table == "clock" { 1 } else { due };
                    assert_eq!(node["Actual Loops"], times, "{table}: {plan:#}");
                    let removed = node["Rows Removed by Filter"].as_i64();
                    assert_eq!(removed.unwrap_or(0), 0, "{table}: {plan:#}");
                }
            }
            let pages = ["Shared Hit Blocks", "Shared Read Blocks"];
            let pages: i64 = pages.iter().filter_map(|kind| root[*kind].as_i64()).sum();
            assert!(pages <= 5 + 15 * i64::from(due), "{pages} pages: {plan:#}");
        }
    }
    office.time.set(instant("2026-06-03T13:30:01Z"));
    assert_eq!(office.drain().await, 1);
}

/// Neither with the plans that Postgres makes for the values of the first calls, nor with those that it keeps for all later
/// ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_about_one_complaint_and_no_sweep_walks_a_table() {
    let office = Office::open();
    office.file(filing(Channel::Form)).await;
    let database = Arc::clone(&office.database);
    let mut connection = database.connect();
    copy(&mut connection, 20_000, "1 minute", "c.body::jsonb");
    // One with a notice, since that of the copies has none.
    let told = office.file(filing(Channel::Form)).await;
    let acknowledge = Command::Acknowledge(Acknowledgement::default());
    office.change(&told, acknowledge).await.unwrap();
    copy_what_belongs(&mut connection, 20_000);
    let walked = walks(&mut connection);
    let scope = Scope::default();
    for _ in 0..12 {
        let filed = office.file(filing(Channel::Form)).await;
        let by_number = ComplaintRef::Tracking(filed.tracking_number.clone());
        let acknowledge = Command::Acknowledge(Acknowledgement::default());
        office.change(&filed, acknowledge).await.unwrap();
        for which in [ComplaintRef::Id(filed.id), by_number] {
            let reader = &office.reader;
            let found = reader.complaint(which.clone(), &scope).await.unwrap();
            assert_eq!(found.unwrap().id, filed.id);
            let found = reader
                .complaint_with_personal(which.clone(), &scope)
                .await
                .unwrap();
            assert_eq!(found.unwrap().complaint.id, filed.id);
            let found = reader.clocks(which, &scope).await.unwrap();
            assert!(!found.unwrap().clocks.is_empty());
        }
        assert!(!office.events(&filed).await.is_empty());
        let all = Extent {
            rows: 100,
            bytes: usize::MAX,
        };
        office.reader.notices(filed.id, 0, all).await.unwrap();
    }
    office.time.set(instant("2026-06-03T13:42:01Z"));
    assert!(office.drain().await > 0);
    // Its connections tell at their end, at the latest, what they did.
    drop(office);
    database.until(NOBODY_ELSE_IS_CONNECTED).await;
    assert_eq!(walks(&mut connection), walked);
}

/// How often each table of complaints was read from its beginning to its end.
fn walks(connection: &mut PgConnection) -> Vec<String> {
    for statement in ["select pg_stat_force_next_flush()", "select 1"] {
        sql_query(statement).execute(connection).unwrap();
    }
    let walks = "unnest(array(select relname || ': ' || seq_scan from pg_stat_user_tables where relname in \
                 ('complaint', 'clock', 'event', 'personal', 'notice', 'request') order by relname))";
    diesel::select(sql::<Text>(walks)).load(connection).unwrap()
}

/// The service has let go of its connections; the test has none of its name.
pub(crate) const NOBODY_ELSE_IS_CONNECTED: &str = "not exists (select from pg_stat_activity \
     where datname = current_database() and application_name = 'redress')";

/// The statement by which the service claims what is due, as the database has it from the service.
fn claim_statement(office: &Office, connection: &mut PgConnection) -> String {
    let claim: Result<_, StoreError> = office.store.transaction(|transaction| {
        transaction.claim_due(instant("2026-06-02T14:00:00Z"), None)?;
        let running = "(select query from pg_stat_activity where datname = current_database() \
                       and state = 'idle in transaction')";
        let running: String = diesel::select(sql::<Text>(running)).get_result(connection)?;
        Ok(running)
    });
    let claim = claim.unwrap();
    assert!(claim.starts_with("/* clock.claim */"), "{claim}");
    claim
}

#[derive(QueryableByName)]
struct Explained {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    plan: String,
}

/// Runs the claim as of `now`, and returns what was done for it. The locks are let go.
fn explain(connection: &mut PgConnection, claim: &str, now: &str, mode: &str) -> Value {
    for statement in [
        format!("set plan_cache_mode = {mode}"),
        "deallocate all".to_owned(),
        format!("prepare claim (timestamptz, timestamptz, uuid, timestamptz) as {claim}"),
    ] {
        sql_query(statement).execute(connection).unwrap();
    }
    let statement = format!(
        "explain (analyze, buffers, format json) execute claim ('{now}', 'epoch', '00000000-0000-0000-0000-000000000000', '{now}')"
    );
    let explained: Explained = sql_query(statement).get_result(connection).unwrap();
    serde_json::from_str(&explained.plan).unwrap()
}

/// A node of a plan and all below it.
fn collect<'p>(node: &'p Value, nodes: &mut Vec<&'p Value>) {
    nodes.push(node);
    for below in node["Plans"].as_array().into_iter().flatten() {
        collect(below, nodes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_as_a_sweep_takes_that_cannot_be_fired_starve_none_behind_them() {
    let office = Office::open();
    let sound = office.file(filing(Channel::Form)).await;
    // A version of the policy that nobody has; and all of them come first.
    let lost = "jsonb_set(c.body::jsonb, '{policy,version}', '\"lost\"')";
    let mut connection = office.database.connect();
    copy(&mut connection, SWEEP_LIMIT, "-1 microsecond", lost);
    office.time.set(instant("2026-06-03T13:30:01Z"));
    assert_eq!(office.due_at("2026-06-03T13:30:00Z").len(), SWEEP_LIMIT);
    assert_eq!(office.drain().await, 1);
    assert_eq!(
        office.events(&sound).await[1].kind,
        Some(EventKind::Reminder)
    );
}
