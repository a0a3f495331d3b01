//! Open complaints are moved in the background: nothing fires twice, nothing that was recorded changes, and what is stored
//! afterwards follows from the logs.

use std::{collections::BTreeSet, sync::Arc};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use futures_util::future::join_all;
use redress::{
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    store::{Coverage, Store},
    telemetry::Metrics,
};
use tonic::Code;

use super::{activate, migrate, migration, policies_at, policies_of, prove, stricter};
use crate::support::{
    database::TestDatabase,
    office::instant,
    process::Process,
    service::{Service, act, filing, refusal},
};

/// The logs of all complaints, as far as clocks caused them: complaint, clock, cycle, step, repetition.
fn fired(database: &TestDatabase) -> Vec<(uuid::Uuid, String, String, i32, usize, u32)> {
    let store = Store::connect(&database.url, 1, Metrics::off()).unwrap();
    let histories = store.histories(Coverage::All, None, 10_000).unwrap();
    let events = histories.into_iter().flat_map(|found| {
        let log = found.history.unwrap().log.into_iter();
        log.filter_map(move |event| {
            let kind = event.fact.kind().to_string();
            let firing = event.firing?;
            let (clock, cycle) = (firing.clock, firing.cycle);
            Some((found.id, kind, clock, cycle, firing.step, firing.repetition))
        })
    });
    events.collect()
}

/// Lets nobody change one complaint, the last that a migration comes to, for as long as the connection lives.
fn hold_the_last(database: &TestDatabase) -> PgConnection {
    let mut connection = database.connect();
    connection.begin_test_transaction().unwrap();
    let last = "select id from complaint order by id desc limit 1 for update";
    let held = diesel::sql_query(last).execute(&mut connection).unwrap();
    assert_eq!(held, 1);
    connection
}

/// The version that is activated while complaints are moved to [`stricter`].
fn milder() -> String {
    stricter().replace("\"7 working days\"", "\"8 working days\"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_book_of_complaints_in_every_state_is_moved_while_the_sweeper_works_and_can_be_proved() {
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let mut names = Vec::new();
    for _ in 0..40 {
        names.push(service.file(v1::Channel::Form).await.name);
    }
    for (place, name) in names.iter().enumerate() {
        let client = &mut service.client;
        if place % 2 == 0 {
            act!(
                client,
                name,
                acknowledge_complaint(AcknowledgeComplaintRequest {})
            )
            .unwrap();
        }
        if place % 4 == 0 {
            let reason = v1::PauseReason::ThirdParty;
            act!(
                client,
                name,
                pause_complaint(PauseComplaintRequest { reason: reason })
            )
            .unwrap();
        }
        if place % 6 == 0 {
            let channel = v1::Channel::Phone;
            act!(
                client,
                name,
                escalate_complaint(EscalateComplaintRequest { channel: channel })
            )
            .unwrap();
        }
        if place % 10 == 0 {
            act!(
                client,
                name,
                withdraw_complaint(WithdrawComplaintRequest {
                    statement: "Never mind.",
                    channel: v1::Channel::Phone
                })
            )
            .unwrap();
        }
    }
    // Reminders and breaches have come by now, and the sweeper goes on with them while the complaints are moved.
    service.time.set(instant("2026-06-08T14:00:00Z"));
    activate(&mut policies, stricter()).await;
    service.time.set(instant("2026-06-12T14:00:00Z"));
    let moved = migrate(&mut policies).await;
    assert_eq!(
        (moved.seen, moved.moved, moved.failed),
        (36, 36, 0),
        "{moved:?}"
    );
    for name in &names {
        act!(
            service.client,
            name,
            add_case_reference(AddCaseReferenceRequest {
                case_reference: "C"
            })
        )
        .unwrap();
    }
    let again = migrate(&mut policies).await;
    assert_eq!((again.moved, again.unchanged), (0, 36), "moved once");
    let database = Arc::clone(&service.database);
    service.stop().await;

    assert_eq!(prove(&database), 40);
    let fired = fired(&database);
    let unique: BTreeSet<_> = fired.iter().collect();
    assert_eq!(unique.len(), fired.len());
    // An acknowledgement that was missed before is on record once, whatever became of its clock.
    let breaches = fired
        .iter()
        .filter(|(_, kind, clock, ..)| kind == "breached" && clock == "acknowledgement");
    let complaints: Vec<_> = breaches.map(|(complaint, ..)| complaint).collect();
    let unique: BTreeSet<_> = complaints.iter().collect();
    assert_eq!((complaints.len(), unique.len()), (20, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_goes_on_without_its_caller_who_can_follow_it_again() {
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let filings = (0..200).map(|_| {
        let mut client = service.client.clone();
        async move {
            client
                .file_complaint(filing(v1::Channel::Form))
                .await
                .unwrap()
        }
    });
    join_all(filings).await;
    activate(&mut policies, stricter()).await;
    let held = hold_the_last(&service.database);
    let mut migrated = service.watch(&["migrated"]).await;
    for _ in 0..2 {
        let stream = policies.migrate_complaints(migration()).await.unwrap();
        let first = stream.into_inner().message().await.unwrap().unwrap();
        assert_eq!(
            (first.total, first.state()),
            (200, v1::MigrationState::Running)
        );
    }
    drop((policies, held));
    let mut moved = BTreeSet::new();
    for _ in 0..200 {
        moved.insert(migrated.event().await.complaint);
    }
    assert_eq!(moved.len(), 200, "each of them once");
    let database = Arc::clone(&service.database);
    service.stop().await;
    assert_eq!(prove(&database), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_while_it_moves_complaints_goes_on_when_it_is_asked_again() {
    let database = TestDatabase::create();
    let process = Process::serve(&database.url);
    let client = ComplaintServiceClient::connect(process.address.clone())
        .await
        .unwrap();
    let filings = (0..300).map(|_| {
        let mut client = client.clone();
        async move {
            client
                .file_complaint(filing(v1::Channel::Form))
                .await
                .unwrap()
        }
    });
    join_all(filings).await;
    let mut policies = policies_at(&process.address).await;
    activate(&mut policies, stricter()).await;
    let held = hold_the_last(&database);
    let mut stream = policies
        .migrate_complaints(migration())
        .await
        .unwrap()
        .into_inner();
    let mut moved = 0;
    while moved == 0 {
        let progress = stream.message().await.unwrap().unwrap();
        assert_eq!(progress.state(), v1::MigrationState::Running);
        moved = progress.moved;
    }
    process.kill();
    drop(held);
    // Its sessions end when Postgres writes to one that nobody reads.
    let nobody_is_at_it = "not exists (select from pg_locks where locktype = 'advisory' and database = \
         (select oid from pg_database where datname = current_database()))";
    database.until(nobody_is_at_it).await;

    let process = Process::serve(&database.url);
    let mut policies = policies_at(&process.address).await;
    let rest = migrate(&mut policies).await;
    assert!(
        rest.unchanged >= moved,
        "what was told was committed: {rest:?}"
    );
    assert!(rest.moved > 0, "it was killed in the middle");
    assert_eq!((rest.moved + rest.unchanged, rest.failed), (300, 0));
    assert!(process.terminate().await.success());
    assert_eq!(prove(&database), 300);
    let fired = fired(&database);
    assert_eq!(fired.iter().collect::<BTreeSet<_>>().len(), fired.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_goes_down_breaks_a_migration_off_and_the_next_one_goes_on() {
    let service = Service::start().await;
    let (database, time) = (Arc::clone(&service.database), Arc::clone(&service.time));
    let mut policies = policies_of(&service).await;
    let filings = (0..300).map(|_| {
        let mut client = service.client.clone();
        async move {
            client
                .file_complaint(filing(v1::Channel::Form))
                .await
                .unwrap()
        }
    });
    join_all(filings).await;
    activate(&mut policies, stricter()).await;
    let held = hold_the_last(&database);
    let stream = policies.migrate_complaints(migration()).await.unwrap();
    let mut stream = stream.into_inner();
    let mut moved = 0;
    while moved == 0 {
        moved = stream.message().await.unwrap().unwrap().moved;
    }
    let stop = tokio::spawn(service.stop());
    let status = loop {
        match stream.message().await {
            Ok(progress) => moved = progress.unwrap().moved,
            Err(status) => break status,
        }
    };
    assert_eq!(refusal(&status).1, "SHUTTING_DOWN");
    drop((stream, policies));
    stop.await.unwrap();
    drop(held);

    let service = Service::beside(Arc::clone(&database), time).await;
    let rest = migrate(&mut policies_of(&service).await).await;
    assert!(rest.unchanged >= moved && rest.moved > 0, "{rest:?}");
    assert_eq!((rest.moved + rest.unchanged, rest.failed), (300, 0));
    service.stop().await;
    assert_eq!(prove(&database), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_that_cannot_be_moved_is_told_of_and_holds_up_no_other() {
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let sound = service.file(v1::Channel::Form).await;
    let poisoned = service.file(v1::Channel::Form).await;
    let other = service.file(v1::Channel::Form).await;
    let id = poisoned.name.trim_start_matches("complaints/");
    let statement = format!("update event set actor = 'eve' where complaint_id = '{id}'");
    diesel::sql_query(statement)
        .execute(&mut service.database.connect())
        .unwrap();
    let version = activate(&mut policies, stricter())
        .await
        .policy
        .unwrap()
        .version;
    let moved = migrate(&mut policies).await;
    assert_eq!((moved.moved, moved.failed), (2, 1), "{moved:?}");
    assert_eq!(moved.failures[0].tracking_number, poisoned.tracking_number);
    assert!(moved.failures[0].reason.contains("hash"), "{moved:?}");
    for name in [&sound.name, &other.name] {
        assert_eq!(service.get(name).await.policy_version, version);
    }
    assert_ne!(service.get(&poisoned.name).await.policy_version, version);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_replica_at_a_time_moves_the_complaints_of_a_policy() {
    let service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let store = Store::connect(&service.database.url, 1, Metrics::off()).unwrap();
    let held = store.hold_policy("ca-jive").unwrap().unwrap();
    let status = policies.migrate_complaints(migration()).await.unwrap_err();
    let (code, reason) = refusal(&status);
    assert_eq!(
        (code, reason.as_str()),
        (Code::Aborted, "MIGRATION_ELSEWHERE")
    );
    drop(held);
    assert_eq!(migrate(&mut policies).await.total, 0);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filings_are_answered_while_complaints_are_moved_and_come_under_the_new_version() {
    let service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let file = |count: usize| {
        join_all((0..count).map(|_| {
            let mut client = service.client.clone();
            async move {
                client
                    .file_complaint(filing(v1::Channel::Form))
                    .await
                    .unwrap()
            }
        }))
    };
    file(150).await;
    let version = activate(&mut policies, stricter())
        .await
        .policy
        .unwrap()
        .version;
    let (moved, filed) = tokio::join!(migrate(&mut policies), file(150));
    assert_eq!((moved.moved, moved.failed), (150, 0));
    for filed in filed {
        assert_eq!(filed.into_inner().policy_version, version);
    }
    let database = Arc::clone(&service.database);
    service.stop().await;
    assert_eq!(prove(&database), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_into_force_while_complaints_are_moved_is_what_they_are_moved_to() {
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(service.file(v1::Channel::Form).await.name);
    }
    let first = activate(&mut policies, stricter()).await.policy.unwrap();
    let held = hold_the_last(&service.database);
    let stream = policies.migrate_complaints(migration()).await.unwrap();
    let mut stream = stream.into_inner();
    let begun = stream.message().await.unwrap().unwrap();
    assert_eq!(begun.version, first.version);

    let second = activate(&mut policies, milder()).await.policy.unwrap();
    let newest = service.file(v1::Channel::Form).await;
    assert_eq!(newest.policy_version, second.version);
    drop(held);
    let mut last = begun;
    while let Some(progress) = stream.message().await.unwrap() {
        last = progress;
    }
    assert_eq!(last.state(), v1::MigrationState::Done);
    assert_eq!(last.version, second.version);
    // The newest is under it already. So it is counted if it was there when the work began again, and need not be.
    assert_eq!(last.total, last.seen, "{last:?}");
    assert_eq!((last.moved, last.failed), (3, 0), "{last:?}");
    names.push(newest.name.clone());
    for name in &names {
        assert_eq!(service.get(name).await.policy_version, second.version);
    }
    let kinds = service.kinds(&newest.name).await;
    assert!(!kinds.contains(&"migrated".to_owned()), "{kinds:?}");
    let database = Arc::clone(&service.database);
    service.stop().await;
    assert_eq!(prove(&database), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_moves_the_complaints_of_one_policy_at_a_time_on_one_connection_and_filings_go_on()
 {
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    service.file(v1::Channel::Form).await;
    activate(&mut policies, stricter()).await;
    let held = hold_the_last(&service.database);
    let stream = policies.migrate_complaints(migration()).await.unwrap();
    let mut stream = stream.into_inner();
    for policy in ["ca-ccts", "ca-fcac", "ca-ccts", "ca-fcac"] {
        let other = v1::MigrateComplaintsRequest {
            policy: policy.to_owned(),
            ..migration()
        };
        let status = policies.migrate_complaints(other).await.unwrap_err();
        let (code, reason) = refusal(&status);
        assert_eq!((code, reason.as_str()), (Code::Aborted, "MIGRATION_BUSY"));
        assert!(status.message().contains("\"ca-jive\""), "{status:?}");
    }
    let holders = "select count(distinct pid) from pg_locks where locktype = 'advisory' and database = \
                   (select oid from pg_database where datname = current_database())";
    let holders: i64 = diesel::select(sql::<BigInt>(&format!("({holders})")))
        .get_result(&mut service.database.connect())
        .unwrap();
    assert_eq!(holders, 1);
    // Four connections: the migration waits on one of them.
    let filed = join_all((0..100).map(|_| {
        let mut client = service.client.clone();
        async move { client.file_complaint(filing(v1::Channel::Form)).await }
    }));
    for filed in filed.await {
        let name = filed.unwrap().into_inner().name;
        service.get(&name).await;
    }
    drop(held);
    let mut last = None;
    while let Some(progress) = stream.message().await.unwrap() {
        last = Some(progress);
    }
    let last = last.unwrap();
    assert_eq!(last.state(), v1::MigrationState::Done);
    assert_eq!((last.moved, last.failed), (1, 0), "{last:?}");
    let mut other = migration();
    other.policy = "ca-ccts".to_owned();
    let begun = policies.migrate_complaints(other).await.unwrap();
    let begun = begun.into_inner().message().await.unwrap().unwrap();
    assert_eq!((begun.policy.as_str(), begun.total), ("ca-ccts", 0));
    service.stop().await;
}
