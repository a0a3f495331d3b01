//! Whoever has lost the stream of a migration finds it again, and how it ended.

use diesel::RunQueryDsl as _;
use redress::proto::v1;
use tonic::Code;

use super::{Policies, migrate, migration, policies_of};
use crate::support::service::{Service, refusal};

async fn get(policies: &mut Policies, name: &str) -> Result<v1::Migration, tonic::Status> {
    let request = v1::GetMigrationRequest {
        name: name.to_owned(),
    };
    policies
        .get_migration(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn list(policies: &mut Policies, page_size: i32) -> Vec<v1::Migration> {
    let mut request = v1::ListMigrationsRequest {
        parent: "policies/ca-jive".to_owned(),
        page_size,
        ..Default::default()
    };
    let mut migrations = Vec::new();
    loop {
        let page = policies.list_migrations(request.clone()).await;
        let page = page.expect("a page").into_inner();
        migrations.extend(page.migrations);
        if page.next_page_token.is_empty() {
            return migrations;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_is_found_at_every_replica_after_its_stream_broke_and_after_it_ended() {
    let mut service = Service::start().await;
    service.file(v1::Channel::Form).await;
    let mut policies = policies_of(&service).await;
    let stream = policies.migrate_complaints(migration()).await;
    let mut stream = stream.expect("begun").into_inner();
    let first = stream
        .message()
        .await
        .expect("a message")
        .expect("the first");
    // Nobody reads on.
    drop(stream);
    let followed = migrate(&mut policies).await;
    let ended = get(&mut policies, &first.name).await.expect("it is kept");
    assert_eq!(ended.state(), v1::MigrationState::Done, "{ended:?}");
    assert!(ended.end_time.is_some() && ended.actor == "ada");
    assert!(ended.total >= 1 && ended.seen == ended.moved + ended.unchanged + ended.failed);

    let replica = Service::beside(service.database.clone(), service.time.clone()).await;
    let mut elsewhere = policies_of(&replica).await;
    assert_eq!(
        get(&mut elsewhere, &first.name).await.expect("there too"),
        ended
    );
    let second = migrate(&mut elsewhere).await;
    let mut expected = vec![second.name];
    if followed.name != first.name {
        expected.push(followed.name);
    }
    expected.push(first.name.clone());
    for page_size in [0, 1] {
        let listed = list(&mut policies, page_size).await;
        let names: Vec<String> = listed.into_iter().map(|found| found.name).collect();
        assert_eq!(names, expected, "the latest first");
    }

    let nobody = "policies/ca-jive/migrations/01890a5d-ac96-774b-bcce-b302099a8057";
    let other = first.name.replace("ca-jive", "ca-other");
    for name in [nobody, &other] {
        let refused = get(&mut policies, name).await.expect_err("there is none");
        let reason = "MIGRATION_NOT_FOUND".to_owned();
        assert_eq!(refusal(&refused), (Code::NotFound, reason));
    }
    replica.stop().await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_whose_process_was_killed_is_not_shown_as_running() {
    let mut service = Service::start().await;
    service.file(v1::Channel::Form).await;
    let mut policies = policies_of(&service).await;
    let ended = migrate(&mut policies).await;
    // As a process leaves it that ends between two notes: nobody holds the policy, and nothing says that it has ended.
    let as_it_was = "update migration set body = (body::jsonb || '{\"state\":\"running\",\"ended_at\":null}')::json";
    diesel::sql_query(as_it_was)
        .execute(&mut service.database.connect())
        .expect("the test database");
    let found = get(&mut policies, &ended.name).await.expect("it is kept");
    assert_eq!(found.state(), v1::MigrationState::Interrupted);
    assert!(!found.interruption.is_empty() && found.end_time.is_none());
    let again = migrate(&mut policies).await;
    assert_ne!(again.name, ended.name, "another one moves the rest");
    service.stop().await;
}
