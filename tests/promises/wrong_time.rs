//! A replica whose clock is wrong fires nothing early and dates nothing wrongly. The database's clock is the real one here, and
//! promises are kept or broken within seconds.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use diesel::{RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use jiff::{SignedDuration, Timestamp};
use redress::{
    app::{App, AppConfig},
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    time_source::{ManualTime, SystemTime, TimeSource},
};
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt as _;

use crate::support::{
    command::command,
    database::TestDatabase,
    office::{Office, START, filing as plain, instant},
    service::{config, connect, filing, refusal},
};

/// A machine whose clock is off by so many milliseconds.
#[derive(Debug, Default)]
struct Machine(AtomicI64);

impl Machine {
    fn ahead(seconds: i64) -> Arc<Machine> {
        Arc::new(Machine(AtomicI64::new(seconds * 1_000)))
    }

    fn jump(&self, seconds: i64) {
        self.0.store(seconds * 1_000, Ordering::SeqCst);
    }
}

impl TimeSource for Machine {
    fn now(&self) -> Timestamp {
        SystemTime.now() + SignedDuration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            SystemTime
                .past(at - SignedDuration::from_millis(self.0.load(Ordering::SeqCst)))
                .await;
        })
    }

    fn is_machine_time(&self) -> bool {
        true
    }
}

struct Replica {
    app: App,
    client: ComplaintServiceClient<Channel>,
    readiness: tonic::Streaming<tonic_health::pb::HealthCheckResponse>,
}

impl Replica {
    async fn on(database: &TestDatabase, machine: &Arc<Machine>) -> Replica {
        let manual = Arc::new(ManualTime::at(instant(START)));
        let app = App::start(AppConfig {
            time: Arc::<Machine>::clone(machine),
            policy_dir: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/policies").into()),
            ..config(&database.url, manual)
        });
        let app = app.await.unwrap();
        let client = connect(&app).await;
        let channel = Channel::from_shared(format!("http://{}", app.address)).unwrap();
        let mut health = HealthClient::new(channel.connect().await.unwrap());
        let readiness = health.watch(HealthCheckRequest::default()).await.unwrap();
        Replica {
            app,
            client,
            readiness: readiness.into_inner(),
        }
    }

    async fn becomes(&mut self, wanted: ServingStatus) {
        while self.readiness.message().await.unwrap().unwrap().status() != wanted {}
    }

    async fn refuses(&mut self) {
        let refused = self.client.file_complaint(filing(v1::Channel::Phone)).await;
        let status = refused.unwrap_err();
        let (code, reason) = refusal(&status);
        assert_eq!((code, reason.as_str()), (Code::Unavailable, "WRONG_TIME"));
        assert!(status.get_details_retry_info().is_some());
        assert!(status.message().contains("ahead of"), "{status:?}");
    }

    /// Files a complaint by telephone that has to be acknowledged within so many milliseconds from now.
    async fn file_due_in(&mut self, milliseconds: i64) {
        let quarter = SignedDuration::from_mins(15);
        let received = SystemTime.now() - quarter + SignedDuration::from_millis(milliseconds);
        let mut filing = filing(v1::Channel::Phone);
        filing.policy = "au-acma".to_owned();
        filing.received_time = Some(prost_types::Timestamp {
            seconds: received.as_second(),
            nanos: received.subsec_nanosecond(),
        });
        self.client.file_complaint(filing).await.unwrap();
    }
}

/// Has the database note when it was told of each event.
fn stamp_events(database: &TestDatabase) {
    diesel::sql_query("alter table event add column told_at timestamptz default clock_timestamp()")
        .execute(&mut database.connect())
        .unwrap();
}

fn count(database: &TestDatabase, events: &str) -> i64 {
    let count = format!("(select count(*) from event where {events})");
    diesel::select(sql::<BigInt>(&count))
        .get_result(&mut database.connect())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_replica_fires_anything_before_its_time_by_the_databases_clock() {
    const PROMISES: i64 = 60;
    let database = TestDatabase::create();
    stamp_events(&database);
    let mut right = Replica::on(&database, &Machine::ahead(0)).await;
    let four_ahead = Replica::on(&database, &Machine::ahead(4)).await;
    let mut far_ahead = Replica::on(&database, &Machine::ahead(90)).await;
    far_ahead.becomes(ServingStatus::NotServing).await;
    far_ahead.refuses().await;
    for promise in 0..PROMISES {
        right.file_due_in(2_000 + promise * 20).await;
    }
    let due = format!("(select count(*) = {PROMISES} from event where kind = 'breached')");
    database.until(&due).await;
    assert_eq!(count(&database, "step_due_at >= told_at"), 0);
    assert_eq!(
        count(&database, "at > told_at"),
        0,
        "nor is any dated in the future"
    );
    for replica in [right, four_ahead, far_ahead] {
        drop((replica.client, replica.readiness));
        replica.app.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_whose_clock_jumps_takes_no_calls_and_fires_nothing_until_it_is_right_again() {
    let database = TestDatabase::create();
    stamp_events(&database);
    let machine = Machine::ahead(0);
    let mut replica = Replica::on(&database, &machine).await;
    replica.becomes(ServingStatus::Serving).await;
    replica.file_due_in(1_000).await;
    machine.jump(3_600);
    // At once, before the database's time is read again.
    replica.refuses().await;
    replica.becomes(ServingStatus::NotServing).await;
    let long_due = "(select clock_timestamp() > due_at + interval '2 seconds' from clock where name = 'acma_acknowledgement')";
    database.until(long_due).await;
    assert_eq!(count(&database, "kind = 'breached'"), 0);

    machine.jump(0);
    replica.becomes(ServingStatus::Serving).await;
    let breached = "exists (select from event where kind = 'breached')";
    database.until(breached).await;
    replica.file_due_in(1_000).await;
    assert_eq!(count(&database, "at > told_at"), 0);
    drop((replica.client, replica.readiness));
    replica.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_dated_in_the_future_is_found() {
    let database = Arc::new(TestDatabase::create());
    let now = SystemTime.now();
    let office = |ahead: SignedDuration| {
        let time = Arc::new(ManualTime::at(now + ahead));
        Office::beside(Arc::clone(&database), time)
    };
    let past = office(SignedDuration::from_hours(-1));
    past.file(plain(redress::policy::Channel::Form)).await;
    let url = format!("--database-url={}", database.url);
    let (done, text) = command(&["verify", "--all", &url]).await;
    done.expect(&text);

    let future = office(SignedDuration::from_hours(1));
    let planted = future.file(plain(redress::policy::Channel::Form)).await;
    let (done, text) = command(&["verify", "--all", &url]).await;
    assert_eq!(done.unwrap_err().exit_code(), 1);
    let finding = format!(
        "{}  event 1: at: it is dated in the future: {}",
        planted.tracking_number, planted.filed_at
    );
    assert!(text.contains(&finding), "{text}");
}
