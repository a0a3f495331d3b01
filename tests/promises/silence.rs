//! A network or a database that falls silent: nobody waits long for it, and once it is back all goes on.

use std::{fs, sync::Arc, time::Duration};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _,
    dsl::sql,
    sql_types::{Array, Bool, Integer},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use redress::{
    app::{App, AppConfig},
    embedded::{Durability, PrivatePostgres, Settings},
    proto::v1::{
        self, complaint_service_client::ComplaintServiceClient,
        policy_service_client::PolicyServiceClient,
    },
    store::{Limits, Store},
    telemetry::Metrics,
    time_source::{ManualTime, Stopwatch},
};
use tonic::transport::Channel;
use tonic_health::pb::{health_check_response::ServingStatus, health_client::HealthClient};
use uuid::Uuid;

use crate::{
    availability::{Health, LOCK, ONE_WAITS, is_away, run},
    changing::{activate, migration, stricter},
    support::{
        database::{LOOK, ReachableFolder, TestDatabase},
        line::Line,
        office::{START, instant},
        service::{config, connect, filing},
        watchdog,
    },
};

/// How long after the network everybody is back.
const BACK: Duration = Duration::from_secs(15);

/// As short as a busy machine allows.
const SHORT: Limits = Limits {
    connect: Duration::from_secs(1),
    checkout: Duration::from_secs(1),
    statement: Duration::from_secs(2),
    lock: Duration::from_millis(500),
    grace: Duration::from_millis(500),
    look: Duration::from_secs(2),
    silence: Duration::from_secs(3),
};

/// A filing is made at this time, and a promise is broken at that one.
const BROKEN: &str = "2026-06-03T21:00:01Z";

/// A service, with who watches its health.
struct Watched {
    app: App,
    client: ComplaintServiceClient<Channel>,
    readiness: Health,
    liveness: Health,
    time: Arc<ManualTime>,
}

impl Watched {
    async fn start(url: &str, limits: Limits) -> Watched {
        let time = Arc::new(ManualTime::at(instant(START)));
        let config = AppConfig {
            limits,
            ..config(url, Arc::clone(&time))
        };
        let app = App::start(config).await.unwrap();
        let client = connect(&app).await;
        let channel = Channel::from_shared(format!("http://{}", app.address)).unwrap();
        let mut health = HealthClient::new(channel.connect().await.unwrap());
        let mut readiness = Health::of(&mut health, "").await;
        readiness.becomes(ServingStatus::Serving).await;
        let mut liveness = Health::of(&mut health, "liveness").await;
        liveness.becomes(ServingStatus::Serving).await;
        Watched {
            app,
            client,
            readiness,
            liveness,
            time,
        }
    }

    /// Files until it is filed: what the service asks of a caller.
    async fn file_in_the_end(&mut self, number: u128) -> v1::Complaint {
        let request = v1::FileComplaintRequest {
            request_id: Uuid::from_u128(number).to_string(),
            ..filing(v1::Channel::Form)
        };
        loop {
            match self.client.file_complaint(request.clone()).await {
                Ok(filed) => return filed.into_inner(),
                Err(status) => is_away(&status),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn read_in_the_end(&mut self, name: &str) {
        let get = v1::GetComplaintRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        while let Err(status) = self.client.get_complaint(get.clone()).await {
            is_away(&status);
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn stop(self) {
        drop((self.client, self.readiness, self.liveness));
        self.app.stop().await.unwrap();
    }
}

/// How long it took, from the silence to the news of it, and from the network to each who is back.
#[derive(Debug)]
#[allow(dead_code, reason = "it is printed")]
struct Figures {
    not_serving: Duration,
    filed: Duration,
    read: Duration,
    fired: Duration,
    serving: Duration,
}

/// The network falls silent, and when it is back the connections are not: packets get lost without a word.
async fn all_come_back(limits: Limits) -> Figures {
    let database = TestDatabase::create();
    let line = Line::to(&database);
    let mut service = Watched::start(&line.url, limits).await;
    let before = service.file_in_the_end(1).await;

    line.fall_silent();
    let watch = Stopwatch::start();
    let (mut client, lost) = (service.client.clone(), filing(v1::Channel::Form));
    let lost = tokio::spawn(async move { client.file_complaint(lost).await.unwrap_err() });
    service.readiness.becomes(ServingStatus::NotServing).await;
    let not_serving = watch.elapsed();
    is_away(&lost.await.unwrap());

    line.forget();
    let watch = Stopwatch::start();
    service.file_in_the_end(2).await;
    let filed = watch.elapsed();
    service.read_in_the_end(&before.name).await;
    let read = watch.elapsed();
    service.time.set(instant(BROKEN));
    let breach = "exists (select from event where kind = 'breached')";
    database.until(breach).await;
    let fired = watch.elapsed();
    service.readiness.becomes(ServingStatus::Serving).await;
    let serving = watch.elapsed();
    service.stop().await;
    Figures {
        not_serving,
        filed,
        read,
        fired,
        serving,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_and_readers_are_back_soon_after_a_silent_network() {
    let figures = all_come_back(SHORT).await;
    assert!(figures.serving < BACK, "{figures:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute: with the limits that a service has"]
async fn writers_and_readers_are_back_within_15_seconds_of_the_network() {
    let figures = all_come_back(Limits::default()).await;
    println!("{figures:#?}");
    assert!(figures.serving < BACK, "{figures:?}");
    assert!(figures.not_serving < Duration::from_secs(10), "{figures:?}");

    // Nobody was told anything, and the network was never away: the longest wait there is.
    let database = TestDatabase::create();
    let line = Line::to(&database);
    let mut service = Watched::start(&line.url, Limits::default()).await;
    let before = service.file_in_the_end(1).await;
    line.forget();
    let watch = Stopwatch::start();
    service.file_in_the_end(2).await;
    println!("forgotten: filed after {:?}", watch.elapsed());
    service.read_in_the_end(&before.name).await;
    println!("forgotten: read after {:?}", watch.elapsed());
    assert!(watch.elapsed() < BACK, "{:?}", watch.elapsed());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_goes_on_after_a_silent_network() {
    let database = TestDatabase::create();
    let line = Line::to(&database);
    let mut service = Watched::start(&line.url, SHORT).await;
    for number in 1..=60 {
        service.file_in_the_end(number).await;
    }
    let channel = Channel::from_shared(format!("http://{}", service.app.address)).unwrap();
    let mut policies = PolicyServiceClient::new(channel.connect().await.unwrap());
    activate(&mut policies, stricter()).await;
    // It takes three seconds at least, so it is under way.
    let moving = policies.migrate_complaints(migration());
    let mut moving = moving.await.unwrap().into_inner();
    line.fall_silent();
    service.readiness.becomes(ServingStatus::NotServing).await;
    line.speak();
    let mut last = None;
    while let Some(told) = moving.message().await.unwrap() {
        last = Some(told);
    }
    let last = last.expect("how it ended");
    assert_eq!(last.state(), v1::MigrationState::Done, "{last:?}");
    assert_eq!((last.moved, last.failed), (60, 0), "{last:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_reset_while_a_statement_waits_holds_nobody_up() {
    let database = TestDatabase::create();
    let line = Line::to(&database);
    // The statement waits for as long as it takes to reset its connection.
    let limits = Limits {
        statement: Duration::from_secs(60),
        lock: Duration::from_secs(60),
        ..SHORT
    };
    let mut service = Watched::start(&line.url, limits).await;
    let mut lock = database.connect();
    run(&mut lock, "begin");
    run(&mut lock, LOCK);
    let (mut client, lost) = (service.client.clone(), filing(v1::Channel::Form));
    let lost = tokio::spawn(async move { client.file_complaint(lost).await.unwrap_err() });
    database.until(ONE_WAITS).await;

    line.reset();
    let watch = Stopwatch::start();
    is_away(&lost.await.unwrap());
    run(&mut lock, "rollback");
    service.file_in_the_end(1).await;
    assert!(watch.elapsed() < BACK, "{:?}", watch.elapsed());
    service.stop().await;
}

/// Backends that are stopped, until this is dropped.
struct Stopped(Vec<Pid>);

impl Stopped {
    fn all(pids: &[i32]) -> Stopped {
        let stopped = Stopped(pids.iter().copied().map(Pid::from_raw).collect());
        for pid in &stopped.0 {
            kill(*pid, Signal::SIGSTOP).unwrap();
        }
        stopped
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for pid in &self.0 {
            let _ = kill(*pid, Signal::SIGCONT);
        }
    }
}

const SESSIONS: &str = "array(select pid from pg_stat_activity \
    where datname = current_database() and application_name = 'redress')";

fn sessions(connection: &mut PgConnection) -> Vec<i32> {
    diesel::select(sql::<Array<Integer>>(SESSIONS))
        .get_result(connection)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_stopped_while_the_kernel_acknowledges_all_hold_nobody_up() {
    let database = TestDatabase::create();
    let line = Line::to(&database);
    let mut service = Watched::start(&line.url, SHORT).await;
    let before = service.file_in_the_end(1).await;
    let pids = sessions(&mut database.connect());
    assert!(!pids.is_empty());

    let stopped = Stopped::all(&pids);
    let watch = Stopwatch::start();
    service.file_in_the_end(2).await;
    service.read_in_the_end(&before.name).await;
    assert!(watch.elapsed() < BACK, "{:?}", watch.elapsed());
    service.stop().await;
    drop(stopped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_writes_is_not_served_and_its_connections_are_not_kept() {
    let folder = ReachableFolder::create();
    let settings = Settings {
        data_dir: folder.join("data"),
        durability: Durability::None,
        extra: Vec::new(),
    };
    let postgres = PrivatePostgres::start(&settings).unwrap();
    postgres.create_database_if_missing("redress").unwrap();
    let url = postgres.url("redress");
    redress::store::migrate(&url).unwrap();
    let mut service = Watched::start(&url, SHORT).await;
    service.file_in_the_end(1).await;
    let mut operator = PgConnection::establish(&url).unwrap();
    let before = sessions(&mut operator);

    run(
        &mut operator,
        "alter system set default_transaction_read_only = on",
    );
    run(&mut operator, "select pg_reload_conf()");
    service.readiness.becomes(ServingStatus::NotServing).await;
    let filed = service.client.file_complaint(filing(v1::Channel::Form));
    is_away(&filed.await.unwrap_err());
    while sessions(&mut operator)
        .iter()
        .any(|pid| before.contains(pid))
    {
        tokio::time::sleep(LOOK).await;
    }
    // Nor does it start on one.
    let refused = Store::connect(&url, 1, Metrics::off()).unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
    // Whoever only reads can.
    Store::connect_to_read(&url, 1, Metrics::off()).unwrap();

    run(
        &mut operator,
        "alter system reset default_transaction_read_only",
    );
    run(&mut operator, "select pg_reload_conf()");
    service.readiness.becomes(ServingStatus::Serving).await;
    service.file_in_the_end(2).await;
    service.stop().await;
    drop(operator);
    postgres.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_servers_the_one_that_takes_writes_is_used_also_when_it_becomes_another() {
    let database = TestDatabase::create();
    let folder = ReachableFolder::create();
    let settings = Settings {
        data_dir: folder.join("data"),
        durability: Durability::None,
        extra: Vec::new(),
    };
    let other = PrivatePostgres::start(&settings).unwrap();
    other.create_database_if_missing(database.name()).unwrap();
    let other_url = other.url(database.name());
    redress::store::migrate(&other_url).unwrap();
    let (one, two) = (Line::to(&database), Line::to_url(&other_url));
    let hosts = format!(
        "host=127.0.0.1,127.0.0.1&port={},{}",
        one.port(),
        two.port()
    );
    let single = format!("host=127.0.0.1&port={}", one.port());
    let url = one.url.replace(&single, &hosts);
    let read_only = |state: &str| {
        format!(
            "alter database {} set default_transaction_read_only = {state}",
            database.name()
        )
    };
    let (mut first, mut second) = (
        database.connect(),
        PgConnection::establish(&other_url).unwrap(),
    );
    let filed = |connection: &mut PgConnection| -> i32 {
        diesel::select(sql::<Integer>("(select count(*) from complaint)::int"))
            .get_result(connection)
            .unwrap()
    };

    run(&mut first, &read_only("on"));
    let mut service = Watched::start(&url, SHORT).await;
    service.file_in_the_end(1).await;
    assert_eq!((filed(&mut first), filed(&mut second)), (0, 1));

    run(&mut first, &read_only("off"));
    run(
        &mut second,
        "alter system set default_transaction_read_only = on",
    );
    run(&mut second, "select pg_reload_conf()");
    // The sessions are told one after the other, and each by itself takes note.
    let noted = sql::<Bool>("current_setting('default_transaction_read_only') = 'on'");
    while !diesel::select(noted.clone())
        .get_result::<bool>(&mut second)
        .unwrap()
    {}
    let watch = Stopwatch::start();
    service.file_in_the_end(2).await;
    assert!(watch.elapsed() < BACK, "{:?}", watch.elapsed());
    assert_eq!((filed(&mut first), filed(&mut second)), (1, 1));
    service.readiness.becomes(ServingStatus::Serving).await;
    service.stop().await;
    drop((first, second));
    other.stop().unwrap();
}

#[test]
fn a_connection_that_was_closed_while_nobody_used_it_fails_no_call() {
    let database = TestDatabase::create();
    let line = Line::to(&database);
    let store = Store::connect(&line.url, 2, Metrics::off()).unwrap();
    let count = || store.transaction(|transaction| transaction.count_open_under("ca-jive"));
    assert_eq!(count().unwrap(), 0);
    let mut operator = database.connect();
    // Again and again: the pool may be about to open one more.
    while !timers(line.port()).is_empty() {
        run(
            &mut operator,
            &format!("select pg_terminate_backend(pid) from unnest({SESSIONS}) as pid"),
        );
        std::thread::sleep(LOOK);
    }
    assert_eq!(count().unwrap(), 0);
}

/// The timers of the connections of this process to a port of its own: which, and when it goes off, in hundredths of a second.
fn timers(port: u16) -> Vec<(u8, u32)> {
    let table = fs::read_to_string("/proc/self/net/tcp").unwrap();
    let rows = table.lines().skip(1).map(|row| {
        let row: Vec<&str> = row.split_whitespace().collect();
        (row[2].to_owned(), row[3].to_owned(), row[5].to_owned())
    });
    rows.filter(|(remote, state, _)| remote.ends_with(&format!(":{port:04X}")) && state == "01")
        .map(|(_, _, timer)| {
            let (which, when) = timer.split_once(':').unwrap();
            let when = u32::from_str_radix(when, 16).unwrap();
            (which.parse().unwrap(), when)
        })
        .collect()
}

#[test]
fn every_connection_is_asked_within_seconds_whether_it_still_stands_whatever_its_url_looks_like() {
    watchdog::watch();
    const KEEPALIVE: u8 = 2;
    let database = TestDatabase::create();
    let user = database.url.split_once("://").unwrap().1;
    let user = user.split('@').next().unwrap();
    let forms: [fn(&str, &str, u16) -> String; 3] = [
        |user, name, port| {
            format!("postgres://{user}:keepalives?connect_timeout@127.0.0.1:{port}/{name}")
        },
        |user, name, port| {
            format!("postgresql:///{name}?user={user}&host=127.0.0.1,127.0.0.1&port={port},{port}")
        },
        |user, name, port| {
            format!(
                "user={user} dbname={name} host=127.0.0.1 port={port} \
                 password='keepalives tcp_user_timeout'"
            )
        },
    ];
    for form in forms {
        let line = Line::to(&database);
        let url = form(user, database.name(), line.port());
        let store = Store::connect(&url, 2, Metrics::off()).unwrap();
        // What was sent is acknowledged within moments; until then another timer runs.
        let asked = |(which, when): &(u8, u32)| *which == KEEPALIVE && *when <= 400;
        loop {
            let timers = timers(line.port());
            if !timers.is_empty() && timers.iter().all(asked) {
                break;
            }
            std::thread::sleep(LOOK);
        }
        drop(store);
    }
}
