//! The service needs no more of its database than `migrations/grants.sql` gives it, and with that it cannot change what is
//! in the log.

use std::sync::Arc;

use diesel::{
    Connection as _, PgConnection, QueryResult, RunQueryDsl as _,
    connection::SimpleConnection as _,
    dsl::sql,
    sql_types::{Array, Text},
};
use redress::{
    app::App,
    proto::v1::{Channel, ErasureReason, privacy_service_client::PrivacyServiceClient},
    store::{Store, migrate},
    telemetry::Metrics,
    time_source::ManualTime,
};

use super::changing::{activate, migrate as move_complaints, policies_of, prove, stricter};
use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::{Service, act, config, connect},
};

const GRANTS: &str = include_str!("../../migrations/grants.sql");

/// The URL by which everything is done as this role.
fn url_of(database: &TestDatabase, role: &str) -> String {
    format!("{}&options=-c%20role%3D{role}", database.url)
}

fn run(url: &str, statements: &str) -> QueryResult<()> {
    let mut connection = PgConnection::establish(url).unwrap();
    connection.batch_execute(statements)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_runs_with_the_least_grants_and_can_change_nothing_in_the_log() {
    let database = Arc::new(TestDatabase::empty());
    let (owner, server) = (
        url_of(&database, "redress_migrate"),
        url_of(&database, "redress_serve"),
    );
    run(&database.url, GRANTS).unwrap();
    migrate(&owner).unwrap();
    run(&database.url, GRANTS).unwrap();
    // With nothing to do, `migrate` needs no right to create anything.
    run(
        &database.url,
        "revoke create on schema public from redress_migrate",
    )
    .unwrap();
    assert_eq!(migrate(&owner).unwrap(), 0);

    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(config(&server, Arc::clone(&time)))
        .await
        .unwrap();
    let client = connect(&app).await;
    let mut service = Service {
        app,
        client,
        time,
        database: Arc::clone(&database),
    };
    // Filing and acting, with notices to the customer; a repeated request.
    let complaint = service.under_review().await;
    let name = complaint.name.as_str();
    let other = service.file(Channel::Form).await;
    act!(
        service.client,
        name,
        assign_complaint(AssignComplaintRequest { assignee: "eve" })
    )
    .unwrap();
    act!(
        service.client,
        name,
        send_update(SendUpdateRequest {
            message: "We are on it."
        })
    )
    .unwrap();
    // Firing.
    let mut reminders = service.watch(&["reminder"]).await;
    service.time.set(instant("2026-06-03T14:30:00Z"));
    let fired = reminders.event().await;
    assert_eq!(fired.complaint, other.name);
    // A policy that is put into use, and a migration to it.
    activate(&mut policies_of(&service).await, stricter()).await;
    move_complaints(&mut policies_of(&service).await).await;
    assert_eq!(prove(&database), 2);
    // An erasure, with what stands in the texts of notices.
    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Phone
        })
    )
    .unwrap();
    let address = format!("http://{}", service.app.address);
    let mut privacy = PrivacyServiceClient::connect(address).await.unwrap();
    let erased = act!(
        privacy,
        name,
        erase_person(ErasePersonRequest {
            reason: ErasureReason::Request
        })
    );
    erased.unwrap();
    assert_eq!(prove(&database), 2);

    // Publishing to a bus.
    let store = Store::connect(&server, 1, Metrics::off()).unwrap();
    let now = instant(START);
    let lease = store.lease_bus("complaints", now, now).unwrap().unwrap();
    assert!(store.keep_bus(&lease, now).unwrap());
    assert!(store.lease_bus("complaints", now, now).unwrap().is_some());
    assert!(store.bus_lag("complaints").unwrap().oldest.is_some());
    store.around(None).unwrap();
    drop(store);

    for forbidden in [
        "update event set actor = 'eve'",
        "delete from event",
        "truncate event",
        "update notice set at = at",
        "delete from notice",
        "update personal set body = '{}'",
        "update personal_read set reader = 'eve'",
        "truncate personal_read",
        "delete from complaint",
        "delete from clock",
        "update activation set number = 9",
        "delete from activation",
        "update rule_text set body = 'x'",
        "delete from rule_text",
        "alter table event add column x text",
        "drop table event",
        "create table x ()",
        "alter table event disable trigger all",
        "set role redress_migrate",
        "insert into __diesel_schema_migrations values ('1', default)",
    ] {
        let statement = format!("set session authorization redress_serve; {forbidden}");
        let refused = run(&database.url, &statement)
            .expect_err(forbidden)
            .to_string();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{forbidden}: {refused}"
        );
    }
    service.stop().await;
}

/// A table that is added is granted in the same change.
#[test]
fn every_table_has_its_grants() {
    let database = TestDatabase::create();
    let tables = "(select array_agg(relname::text order by relname) from pg_class \
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p'))";
    let tables: Vec<String> = diesel::select(sql::<Array<Text>>(tables))
        .get_result(&mut database.connect())
        .unwrap();
    assert!(tables.len() > 8, "{tables:?}");
    let grants: String = GRANTS
        .lines()
        .filter(|line| line.trim().starts_with("grant"))
        .collect();
    for table in tables {
        assert!(grants.contains(&table), "{table}");
    }
}
