//! Callers who send much, or little, or nothing at all, take nothing from the others.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use futures_util::{StreamExt as _, future::join_all, stream};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use redress::{
    api::grpc::CallerLimits,
    app::App,
    client::{MigrationProgress, Token},
    proto::v1::{
        self, complaint_service_client::ComplaintServiceClient,
        policy_service_client::PolicyServiceClient,
    },
    time_source::Stopwatch,
};
use tokio::task::JoinSet;
use tonic::{Code, Request, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use crate::support::{
    database::TestDatabase,
    frames::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, RawCaller,
        SETTINGS, call, frame,
    },
    office::{START, instant},
    process::Process,
    raw::Raw,
    service::{config, filing, refusal, told},
};

const FILE: &str = "/redress.v1.ComplaintService/FileComplaint";
const POLICIES: &str = "/redress.v1.PolicyService/ListPolicies";
/// What the service may take up at any time here, in MiB. At rest it has some forty.
const MEMORY: u64 = 200;

/// Whether somebody else is served, on a connection of their own.
async fn serves(address: &str) {
    let served = async {
        let client = ComplaintServiceClient::connect(address.to_owned()).await;
        client
            .unwrap()
            .file_complaint(filing(v1::Channel::Form))
            .await
            .unwrap();
    };
    let served = tokio::time::timeout(Duration::from_secs(30), served).await;
    served.expect("an answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_announced_and_not_sent_takes_no_memory() {
    let database = TestDatabase::create();
    let service = Process::serve(&database.url);
    // 1 048 000 bytes are to follow.
    let announced = b"\0\x00\x0f\xfd\xc0";
    let mut callers = Vec::new();
    for calls in [600, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60] {
        let mut caller = RawCaller::connect(&service.address).await;
        for number in 0..calls {
            let stream = 2 * number + 1;
            caller.send(&call(stream, FILE)).await;
            caller.send(&frame(DATA, 0, stream, announced)).await;
        }
        caller.until_seen().await;
        callers.push(caller);
    }
    serves(&service.address).await;
    let most = service.most_memory();
    assert!(most < MEMORY, "{most} MiB");
    drop(callers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_say_nothing_keep_nobody_out_and_are_closed() {
    const SILENT: usize = 1_100;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(4_096).min(hard), hard).unwrap();
    let database = TestDatabase::create();
    let service = Process::serve_with_files(&database.url, 1_024);
    let mut callers = Vec::new();
    for _ in 0..SILENT {
        callers.push(RawCaller::silent(&service.address).await);
    }
    serves(&service.address).await;
    let (computed, watch) = (service.computed(), Stopwatch::start());
    join_all(callers.iter_mut().map(RawCaller::until_closed)).await;
    serves(&service.address).await;
    let computed = service.computed() - computed;
    assert!(
        computed < watch.elapsed() / 2 + Duration::from_secs(2),
        "it has computed for {computed:?} of {:?}",
        watch.elapsed()
    );
}

/// A service in this process, on a database of its own.
async fn start(limits: CallerLimits) -> (TestDatabase, App, String) {
    let database = TestDatabase::create();
    let time = std::sync::Arc::new(redress::time_source::ManualTime::at(instant(START)));
    let config = redress::app::AppConfig {
        callers: limits,
        ..config(&database.url, time)
    };
    let app = App::start(config).await.unwrap();
    let address = format!("http://{}", app.address);
    (database, app, address)
}

async fn channel(address: &str) -> Channel {
    let endpoint = Channel::from_shared(address.to_owned()).unwrap();
    endpoint.connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_does_not_come_to_its_end_is_answered() {
    let (_database, app, address) = start(CallerLimits {
        request_time: Duration::from_millis(300),
        ..CallerLimits::default()
    })
    .await;
    let mut client = tonic::client::Grpc::new(channel(&address).await);
    client.ready().await.unwrap();
    let drip = stream::pending::<Vec<u8>>();
    let path = FILE.parse().unwrap();
    let answer = client.streaming(Request::new(drip), path, Raw).await;
    assert_eq!(
        refusal(&answer.unwrap_err()),
        (Code::Aborted, "REQUEST_TOO_SLOW".to_owned())
    );
    // A message that comes a byte at a time has no more time than one that does not come.
    let mut caller = RawCaller::connect(&address).await;
    caller.send(&call(1, FILE)).await;
    caller.drip_until(&frame(DATA, 0, 1, b"\0"), HEADERS).await;
    serves(&address).await;
    drop(client);
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_arrived_is_limited_for_each_connection_and_in_all() {
    let (_database, app, address) = start(CallerLimits {
        bytes: 900_000,
        bytes_per_connection: 600_000,
        request_time: Duration::from_secs(600),
        ..CallerLimits::default()
    })
    .await;
    let mut large = filing(v1::Channel::Form);
    large.issues[0].description = "x".repeat(500_000);
    // It is too long to be valid, which is told to those who are heard.
    let mut first = ComplaintServiceClient::new(channel(&address).await);
    let refused = first.file_complaint(large.clone()).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "INVALID_REQUEST");
    // Two connections have sent 400 000 bytes each, and do not come to an end.
    let mut callers = JoinSet::<()>::new();
    for _ in 0..2 {
        let mut client = tonic::client::Grpc::new(channel(&address).await);
        callers.spawn(async move {
            // Each is given up after a while; on a busy machine that may be before anybody has noticed it.
            loop {
                let endless = stream::iter([vec![0; 400_000]]).chain(stream::pending());
                client.ready().await.unwrap();
                let path = FILE.parse().unwrap();
                let _ = client.streaming(Request::new(endless), path, Raw).await;
            }
        });
    }
    let full = async {
        loop {
            let refused = first.file_complaint(large.clone()).await.unwrap_err();
            let (code, reason) = refusal(&refused);
            if code == Code::ResourceExhausted {
                break reason;
            }
            tokio::task::yield_now().await;
        }
    };
    let full = tokio::time::timeout(Duration::from_secs(60), full).await;
    assert_eq!(full.expect("no room"), "OVERLOADED");
    serves(&address).await;
    // With the connections goes what they held.
    drop(callers);
    let freed = async {
        while let Err(refused) = first.file_complaint(large.clone()).await
            && refusal(&refused).1 == "OVERLOADED"
        {
            tokio::task::yield_now().await;
        }
    };
    let freed = tokio::time::timeout(Duration::from_secs(60), freed).await;
    freed.expect("room again");
    drop(first);
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_takes_no_answers_loses_its_connection() {
    let (_database, app, address) = start(CallerLimits {
        answer_time: Duration::from_millis(500),
        ..CallerLimits::default()
    })
    .await;
    let mut caller = RawCaller::connect(&address).await;
    // No room for any answer: SETTINGS_INITIAL_WINDOW_SIZE is 0.
    caller
        .send(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]))
        .await;
    caller.send(&call(1, POLICIES)).await;
    caller.send(&frame(DATA, END_STREAM, 1, &[0; 5])).await;
    caller.until_closed().await;
    serves(&address).await;
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_connection_ends_and_its_caller_goes_on_with_another() {
    let (_database, app, address) = start(CallerLimits {
        connection_age: Duration::from_millis(200),
        connection_grace: Duration::from_millis(200),
        ..CallerLimits::default()
    })
    .await;
    // One with a stream that does not end by itself, and one without a call.
    let mut client = ComplaintServiceClient::new(channel(&address).await);
    let stream = client.watch_events(v1::WatchEventsRequest::default());
    let mut stream = stream.await.unwrap().into_inner();
    let ended = refusal(&told(&mut stream).await.unwrap_err());
    assert_eq!(ended, (Code::Unavailable, "CONNECTION_ENDS".to_owned()));
    let mut caller = RawCaller::connect(&address).await;
    caller.until_closed().await;
    client
        .file_complaint(filing(v1::Channel::Form))
        .await
        .unwrap();
    drop(client);
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_is_followed_to_its_end_though_its_connections_end() {
    let (database, app, address) = start(CallerLimits {
        connection_age: Duration::from_millis(200),
        connection_grace: Duration::from_millis(200),
        ..CallerLimits::default()
    })
    .await;
    let channel = channel(&address).await;
    let filed = ComplaintServiceClient::new(channel.clone())
        .file_complaint(filing(v1::Channel::Form))
        .await;
    filed.unwrap();
    // It cannot end as long as somebody else holds the complaint.
    let mut other = database.connect();
    other
        .batch_execute("begin; select id from complaint for update")
        .unwrap();
    let request = v1::MigrateComplaintsRequest {
        policy: "ca-jive".to_owned(),
        actor: "ada".to_owned(),
    };
    let begun = MigrationProgress::begin(
        PolicyServiceClient::with_interceptor(channel, Token::none().into()),
        request,
    )
    .await;
    let mut migration = begun.unwrap();
    let first = migration.next().await.unwrap().unwrap();
    let mut seen = 1;
    let mut last = first.clone();
    while let Some(progress) = migration.next().await.unwrap() {
        assert_eq!(progress.name, first.name, "one migration");
        seen += 1;
        // Each connection has had one of these at least.
        if seen == 6 {
            other.batch_execute("commit").unwrap();
        }
        last = progress;
    }
    assert!(seen > 6, "{seen}");
    assert_eq!(last.state(), v1::MigrationState::Done);
    assert_eq!(last.seen, 1);
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_of_health_and_reflection_streams_are_limited() {
    let (_database, app, address) = start(CallerLimits::default()).await;
    let channel = channel(&address).await;
    let mut health = HealthClient::new(channel.clone());
    let mut watches = Vec::new();
    let refused = loop {
        match health.watch(HealthCheckRequest::default()).await {
            Ok(watch) => watches.push(watch),
            Err(refused) => break refused,
        }
    };
    assert_eq!(
        refusal(&refused),
        (Code::ResourceExhausted, "OVERLOADED".to_owned())
    );
    assert_eq!(watches.len(), 8);
    let mut reflection = ServerReflectionClient::new(channel);
    let mut streams = Vec::new();
    let refused = loop {
        let asked = reflection.server_reflection_info(stream::pending());
        match asked.await {
            Ok(stream) => streams.push(stream),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refusal(&refused).0, Code::ResourceExhausted);
    assert_eq!(streams.len(), 8);
    serves(&address).await;
    drop((watches, streams, health, reflection));
    app.stop().await.unwrap();
}

/// Sends the same thing over and over, as fast as it is taken, and never reads.
async fn flood(address: &str, times: u32, round: impl Fn(u32) -> Vec<u8>) -> RawCaller {
    let mut caller = RawCaller::connect(address).await;
    let mut number = 0;
    while number < times {
        let burst: Vec<u8> = (number..times.min(number + 50)).flat_map(&round).collect();
        number += 50;
        if !caller.send(&burst).await {
            break;
        }
    }
    caller
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_flood_of_frames_takes_memory_or_keeps_others_waiting() {
    let database = TestDatabase::create();
    let service = Process::serve(&database.url);
    let address = &service.address;
    let stream = |number: u32| 2 * number + 1;
    let mut flooding = Vec::new();
    for _ in 0..4 {
        flooding.push(
            // Calls that are taken back at once.
            flood(address, 5_000, |number| {
                let reset = frame(RST_STREAM, 0, stream(number), &[0, 0, 0, 8]);
                [call(stream(number), FILE), reset].concat()
            })
            .await,
        );
        flooding.push(flood(address, 20_000, |_| frame(PING, 0, 0, b"12345678")).await);
        flooding.push(flood(address, 20_000, |_| frame(SETTINGS, 0, 0, &[])).await);
        flooding.push(
            // Headers that do not end.
            flood(address, 10_000, |number| match number {
                0 => frame(HEADERS, 0, 1, &[0x83]),
                _ => frame(CONTINUATION, 0, 1, &[0x0f, 0x10, 1, b'x']),
            })
            .await,
        );
        flooding.push(
            // Headers of a megabyte.
            flood(address, 100, |number| {
                let header = [&[0x00, 1, b'x', 0x7f, 0x91, 0x4d][..], &[b'y'; 10_000]].concat();
                let flags = if number == 99 { END_HEADERS } else { 0 };
                let kind = if number == 0 { HEADERS } else { CONTINUATION };
                frame(kind, flags, 1, &header)
            })
            .await,
        );
        flooding.push(
            // A message in pieces of one byte, and of none.
            flood(address, 20_000, |number| match number {
                0 => call(1, FILE),
                1 => frame(DATA, 0, 1, b"\0\x00\x0f\xfd\xc0"),
                _ => frame(DATA, 0, 1, if number % 2 == 0 { b"x" } else { b"" }),
            })
            .await,
        );
        flooding.push(
            // Questions whose answers nobody reads.
            flood(address, 2_000, |number| {
                let message = frame(DATA, END_STREAM, stream(number), &[0; 5]);
                [call(stream(number), POLICIES), message].concat()
            })
            .await,
        );
        serves(address).await;
    }
    let most = service.most_memory();
    assert!(most < MEMORY, "{most} MiB");
    drop(flooding);
}
