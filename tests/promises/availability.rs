//! What callers see while the database is away, and while the service goes down.

use std::{sync::Arc, time::Duration};

use diesel::{PgConnection, RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use redress::{
    app::App,
    embedded::{Durability, PrivatePostgres, Settings},
    proto::v1,
    time_source::{ManualTime, Stopwatch},
};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::support::{
    database::{ReachableFolder, TestDatabase},
    line::Line,
    office::{START, instant},
    service::{Service, config, connect, filing, refusal, told},
};

/// No caller waits longer for the news that the database is away: ten seconds by the service's own deadline, and what a
/// busy machine adds to them.
const PATIENCE: Duration = Duration::from_secs(30);
/// What does not happen within this, does not happen.
const FOR_EVER: Duration = Duration::from_secs(60);

/// A transaction of the service waits for a lock.
pub(crate) const ONE_WAITS: &str = "exists (select from pg_stat_activity \
    where datname = current_database() and application_name = 'redress' and wait_event_type = 'Lock')";

/// Holds up whoever writes, before it has a transaction id: readers of the log wait for the oldest id of the whole cluster,
/// which all tests share.
pub(crate) const LOCK: &str = "lock table request, complaint in exclusive mode";

pub(crate) fn run(connection: &mut PgConnection, statement: &str) {
    diesel::sql_query(statement).execute(connection).unwrap();
}

fn number(database: &TestDatabase, expression: &str) -> i64 {
    diesel::select(sql::<BigInt>(expression))
        .get_result(&mut database.connect())
        .unwrap()
}

/// The service's health as it changes.
pub(crate) struct Health(tonic::Streaming<tonic_health::pb::HealthCheckResponse>);

impl Health {
    pub(crate) async fn of(client: &mut HealthClient<Channel>, name: &str) -> Health {
        let service = name.to_owned();
        let watched = client.watch(HealthCheckRequest { service }).await;
        Health(watched.unwrap().into_inner())
    }

    pub(crate) async fn becomes(&mut self, wanted: ServingStatus) {
        let change = async { while self.0.message().await.unwrap().unwrap().status() != wanted {} };
        tokio::time::timeout(FOR_EVER, change)
            .await
            .expect("a change of health");
    }
}

pub(crate) fn is_away(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    may_be_repeated(status);
}

fn may_be_repeated(status: &Status) {
    let retry = status.get_details_retry_info().expect("a RetryInfo");
    assert!(
        retry
            .retry_delay
            .is_some_and(|delay| delay > Duration::ZERO)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_callers_are_told_so_and_when_it_is_back_all_goes_on() {
    let folder = ReachableFolder::create();
    let settings = Settings {
        data_dir: folder.join("data"),
        // What was answered is there after the stop.
        durability: Durability::Full,
        extra: Vec::new(),
    };
    let postgres = PrivatePostgres::start(&settings).unwrap();
    postgres.create_database_if_missing("redress").unwrap();
    let url = postgres.url("redress");
    redress::store::migrate(&url).unwrap();
    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(config(&url, Arc::clone(&time))).await.unwrap();
    let mut client = connect(&app).await;
    let channel = Channel::from_shared(format!("http://{}", app.address)).unwrap();
    let mut health_client = HealthClient::new(channel.connect().await.unwrap());
    let mut readiness = Health::of(&mut health_client, "").await;
    readiness.becomes(ServingStatus::Serving).await;
    let before = client.file_complaint(filing(v1::Channel::Form)).await;
    let name = before.unwrap().into_inner().name;

    let stream = client.watch_events(v1::WatchEventsRequest::default());
    let mut stream = stream.await.unwrap().into_inner();

    postgres.stop().unwrap();
    is_away(&told(&mut stream).await.unwrap_err());
    let mut request = filing(v1::Channel::Form);
    request.request_id = "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21".to_owned();
    let get = v1::GetComplaintRequest {
        name,
        ..Default::default()
    };
    let watch = Stopwatch::start();
    is_away(&client.file_complaint(request.clone()).await.unwrap_err());
    assert!(watch.elapsed() < PATIENCE, "{:?}", watch.elapsed());
    let watch = Stopwatch::start();
    is_away(&client.get_complaint(get.clone()).await.unwrap_err());
    assert!(watch.elapsed() < PATIENCE, "{:?}", watch.elapsed());
    // A crowd is told no later than one.
    let watch = Stopwatch::start();
    let crowd = (0..50).map(|_| {
        let (mut client, request) = (client.clone(), request.clone());
        async move { client.file_complaint(request).await.unwrap_err() }
    });
    for status in futures_util::future::join_all(crowd).await {
        is_away(&status);
    }
    assert!(watch.elapsed() < PATIENCE, "{:?}", watch.elapsed());
    readiness.becomes(ServingStatus::NotServing).await;
    let mut liveness = Health::of(&mut health_client, "liveness").await;
    liveness.becomes(ServingStatus::Serving).await;
    // What falls due meanwhile is not lost.
    time.set(instant("2026-06-03T21:00:01Z"));

    let postgres = PrivatePostgres::start(&settings).unwrap();
    assert_eq!(postgres.url("redress"), url);
    readiness.becomes(ServingStatus::Serving).await;
    let found = client.get_complaint(get.clone()).await.unwrap();
    assert_eq!(found.into_inner().name, get.name);
    let first = client.file_complaint(request.clone()).await.unwrap();
    let again = client.file_complaint(request).await.unwrap();
    assert_eq!(again.into_inner(), first.into_inner());
    let listed = client.list_complaints(v1::ListComplaintsRequest::default());
    let listed = listed.await.unwrap().into_inner().complaints;
    assert_eq!(
        listed.len(),
        2,
        "the one before, and the one that was repeated"
    );
    let breaches = v1::WatchEventsRequest {
        from_beginning: true,
        kinds: vec![v1::EventKind::Breached.into()],
        ..Default::default()
    };
    let mut breaches = client.watch_events(breaches).await.unwrap().into_inner();
    let breach = told(&mut breaches).await.unwrap().event.unwrap();
    assert_eq!(breach.complaint, get.name);

    drop((breaches, readiness, liveness, health_client, client));
    app.stop().await.unwrap();
    postgres.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_answer_holds_up_neither_the_callers_nor_the_end() {
    let service = Service::start().await;
    let (database, time) = (Arc::clone(&service.database), Arc::clone(&service.time));
    let mut lock = database.connect();
    run(&mut lock, "begin");
    run(&mut lock, LOCK);
    let requests: Vec<_> = (1..=20)
        .map(|number| v1::FileComplaintRequest {
            request_id: Uuid::from_u128(number).to_string(),
            ..filing(v1::Channel::Form)
        })
        .collect();
    let watch = Stopwatch::start();
    let calls = requests.iter().cloned().map(|request| {
        let mut client = service.client.clone();
        async move { client.file_complaint(request).await.unwrap_err() }
    });
    for status in futures_util::future::join_all(calls).await {
        may_be_repeated(&status);
        // The lock was not had in time, a probe of the database included, or the answer was not.
        let (code, reason) = refusal(&status);
        let expected = match reason.as_str() {
            "TRY_AGAIN" => Code::Aborted,
            "DATABASE_UNAVAILABLE" | "DATABASE_TIMEOUT" => Code::Unavailable,
            _ => panic!("{status:?}"),
        };
        assert_eq!(code, expected, "{status:?}");
    }
    assert!(watch.elapsed() < PATIENCE, "{:?}", watch.elapsed());
    let end = tokio::time::timeout(FOR_EVER, service.stop());
    end.await.expect("an end, though nothing can be committed");
    run(&mut lock, "rollback");

    // Whether it was done is not known; so the same is sent again, elsewhere.
    let mut replica = Service::beside(Arc::clone(&database), time).await;
    for request in requests {
        replica.file_as(request).await;
    }
    let complaints = number(&database, "(select count(*) from complaint)");
    assert_eq!(complaints, 20);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_falls_silent_holds_up_neither_readers_nor_readiness() {
    let database = TestDatabase::create();
    let line = Line::to(&database);
    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(config(&line.url, time)).await.unwrap();
    let mut client = connect(&app).await;
    let channel = Channel::from_shared(format!("http://{}", app.address)).unwrap();
    let mut health_client = HealthClient::new(channel.connect().await.unwrap());
    let mut readiness = Health::of(&mut health_client, "").await;
    readiness.becomes(ServingStatus::Serving).await;
    let filed = client.file_complaint(filing(v1::Channel::Form)).await;
    let get = v1::GetComplaintRequest {
        name: filed.unwrap().into_inner().name,
        ..Default::default()
    };

    line.fall_silent();
    let watch = Stopwatch::start();
    let crowd = (0..10).map(|_| {
        let (mut client, get) = (client.clone(), get.clone());
        async move { client.get_complaint(get).await.unwrap_err() }
    });
    for status in futures_util::future::join_all(crowd).await {
        is_away(&status);
    }
    assert!(watch.elapsed() < PATIENCE, "{:?}", watch.elapsed());
    readiness.becomes(ServingStatus::NotServing).await;

    line.speak();
    readiness.becomes(ServingStatus::Serving).await;
    let found = client.get_complaint(get.clone()).await.unwrap();
    assert_eq!(found.into_inner().name, get.name);
    drop((readiness, health_client, client));
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn going_down_answers_what_was_taken_ends_the_streams_and_frees_the_port() {
    let mut service = Service::start().await;
    let address = service.app.address;
    let mut stream = service.watch(&[]).await;
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let mut health_client = HealthClient::new(channel.connect().await.unwrap());
    let mut readiness = Health::of(&mut health_client, "").await;
    readiness.becomes(ServingStatus::Serving).await;

    // These wait in the database until the service is on its way down.
    let mut lock = service.database.connect();
    run(&mut lock, "begin");
    run(&mut lock, LOCK);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let mut client = service.client.clone();
            tokio::spawn(async move { client.file_complaint(filing(v1::Channel::Form)).await })
        })
        .collect();
    service.database.until(ONE_WAITS).await;
    let (database, client) = (Arc::clone(&service.database), service.client.clone());
    let watch = Stopwatch::start();
    let stop = tokio::spawn(service.stop());
    let (code, reason) = refusal(&stream.next().await.unwrap_err());
    assert_eq!(
        (code, reason.as_str()),
        (Code::Unavailable, "SHUTTING_DOWN")
    );
    readiness.becomes(ServingStatus::NotServing).await;
    run(&mut lock, "rollback");
    let mut filed = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => filed += 1,
            // One that had not arrived yet.
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
    }
    assert!(filed > 0, "what had been taken is answered");
    drop((stream, readiness, health_client, client));
    tokio::time::timeout(FOR_EVER, stop)
        .await
        .expect("an end")
        .unwrap();
    assert!(watch.elapsed() < PATIENCE, "{:?}", watch.elapsed());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert_eq!(
        number(&database, "(select count(*) from complaint)"),
        filed,
        "what was answered was committed, and nothing else"
    );
}
