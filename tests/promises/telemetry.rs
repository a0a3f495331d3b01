//! What leaves the process about a call: that it happened, how it ended and how long it took; never what was in it.

mod collector;
mod deliveries;
mod named;
mod privacy;
mod quotas;
mod tls;

use std::{
    collections::HashMap,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, LazyLock},
    time::Duration,
};

use http_body::Body as _;
use opentelemetry_proto::tonic::{
    metrics::v1::number_data_point,
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use redress::{
    access::Scope,
    domain::{Command, ComplaintRef, EventKind},
    policy,
    store::{Position, Reader, Store},
    telemetry::{Collector, Endpoints, Metrics, Pipeline, rpc::RpcLayer},
    time_source::ManualTime,
};
use tonic::{
    Code, Request, Status,
    body::Body,
    transport::{Channel, Server},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::{Layer as _, Service as _, service_fn};
use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
};
use uuid::Uuid;

use crate::support::{
    database::TestDatabase,
    office::{Office, START, filing, instant, rules},
    watchdog,
};

use self::collector::{Collected, Running, number, text};

/// What a caller might send that nobody else may read.
const PRIVATE: &str = "ann.oneill@example.org";

/// Another service's span, as W3C Trace Context writes it.
const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const CALLERS_TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const CALLERS_SPAN: u64 = 0x00f0_67aa_0ba9_02b7;

#[tokio::test]
async fn a_call_is_told_by_method_status_and_trace_and_never_by_content() {
    let collected = collect_from(async |metrics| {
        let (health, service) = tonic_health::server::health_reporter();
        health
            .set_service_status("redress", tonic_health::ServingStatus::Serving)
            .await;
        let router = Server::builder()
            .layer(RpcLayer::new(metrics))
            .add_service(service);
        let server = Running::start(|connections, stop| {
            router.serve_with_incoming_shutdown(connections, stop)
        })
        .await;
        let channel = server.channel().await;
        let mut client = HealthClient::new(channel.clone());

        let mut known = Request::new(HealthCheckRequest {
            service: "redress".to_owned(),
        });
        known
            .metadata_mut()
            .insert("traceparent", CALLER.parse().unwrap());
        known
            .metadata_mut()
            .insert("tracestate", "crm=7".parse().unwrap());
        known
            .metadata_mut()
            .insert("x-on-behalf-of", PRIVATE.parse().unwrap());
        client.check(known).await.unwrap();

        let unknown = client
            .check(HealthCheckRequest {
                service: PRIVATE.to_owned(),
            })
            .await;
        assert_eq!(unknown.unwrap_err().code(), Code::NotFound);

        let mut stream = client
            .watch(HealthCheckRequest {
                service: "redress".to_owned(),
            })
            .await
            .unwrap()
            .into_inner();
        assert!(stream.message().await.unwrap().is_some());
        drop(stream);

        assert_eq!(
            call_anything(channel, &format!("/a.Service/{PRIVATE}")).await,
            Code::Unimplemented
        );
        drop(client);
        server.stop().await;
    })
    .await;

    let check = collected.spans_named("grpc.health.v1.Health/Check");
    let [known, unknown] = check.as_slice() else {
        panic!("two checks: {check:?}")
    };
    assert_eq!(known.trace_id, CALLERS_TRACE.to_be_bytes());
    assert_eq!(known.parent_span_id, CALLERS_SPAN.to_be_bytes());
    assert_eq!(known.trace_state, "crm=7");
    assert_eq!(known.kind, i32::from(SpanKind::Server));
    assert_eq!(text(&known.attributes, "rpc.system"), "grpc");
    assert_eq!(
        text(&known.attributes, "rpc.service"),
        "grpc.health.v1.Health"
    );
    assert_eq!(text(&known.attributes, "rpc.method"), "Check");
    assert_eq!(ended_with(known), (Code::Ok, StatusCode::Unset));

    assert_ne!(
        unknown.trace_id, known.trace_id,
        "a call without a caller's trace begins one"
    );
    assert!(unknown.parent_span_id.is_empty());
    assert_eq!(
        ended_with(unknown),
        (Code::NotFound, StatusCode::Unset),
        "the caller's mistake is no fault"
    );

    let watch = collected.spans_named("grpc.health.v1.Health/Watch");
    assert_eq!(watch.len(), 1);
    assert_eq!(ended_with(&watch[0]), (Code::Cancelled, StatusCode::Unset));

    let other = collected.spans_named("_OTHER/_OTHER");
    assert_eq!(other.len(), 1);
    assert_eq!(
        ended_with(&other[0]),
        (Code::Unimplemented, StatusCode::Error)
    );

    let mut measured: Vec<(String, i64, u64)> = collected
        .histogram("redress.rpc.server.duration")
        .iter()
        .map(|point| {
            let labels = &point.attributes;
            (
                text(labels, "rpc.method"),
                number(labels, "rpc.grpc.status_code"),
                point.count,
            )
        })
        .collect();
    measured.sort();
    let expected = [
        ("Check", 0, 1),
        ("Check", 5, 1),
        ("Watch", 1, 1),
        ("_OTHER", 12, 1),
    ];
    assert_eq!(
        measured,
        expected.map(|(method, code, count)| (method.to_owned(), code, count))
    );

    collected.assert_nothing_of(PRIVATE);
}

#[tokio::test]
async fn a_call_that_breaks_off_is_told_too() {
    let collected = collect_from(async |metrics| {
        let layer = RpcLayer::new(metrics);
        let request = |method: &str| {
            http::Request::builder()
                .uri(format!("http://localhost/redress.v1.Test/{method}"))
                .body(Body::empty())
                .unwrap()
        };
        let silent =
            |_: http::Request<Body>| async { Ok::<_, Status>(http::Response::new(Body::empty())) };

        let unread = layer
            .layer(service_fn(silent))
            .call(request("Unread"))
            .await
            .unwrap();
        drop(unread);

        let mut read = layer
            .layer(service_fn(silent))
            .call(request("WithoutStatus"))
            .await
            .unwrap();
        let end = poll_fn(|context| Pin::new(read.body_mut()).poll_frame(context));
        assert!(end.await.is_none());

        let broken = |_: http::Request<Body>| async {
            if true {
                panic!("a bug");
            }
            Ok::<_, Status>(http::Response::new(Body::empty()))
        };
        let call = layer.layer(service_fn(broken)).call(request("Panics"));
        assert!(tokio::spawn(call).await.unwrap_err().is_panic());

        let drained = |_: http::Request<Body>| async {
            let why = ErrorDetails::with_error_info("SHUTTING_DOWN", "redress", HashMap::new());
            let status = Status::with_error_details(Code::Unavailable, PRIVATE, why);
            Ok::<_, Status>(status.into_http::<Body>())
        };
        let call = layer.layer(service_fn(drained)).call(request("Drained"));
        drop(call.await.unwrap());
    })
    .await;

    let mut failed: Vec<_> = collected
        .counts("redress.calls.failed")
        .iter()
        .filter(|point| point.value != Some(number_data_point::Value::AsInt(0)))
        .map(|point| {
            let labels = &point.attributes;
            (
                text(labels, "rpc.method"),
                number(labels, "rpc.grpc.status_code"),
                text(labels, "reason"),
            )
        })
        .collect();
    failed.sort();
    let expected = [
        ("Drained", 14, "SHUTTING_DOWN"),
        ("Panics", 13, "INTERNAL"),
        ("Unread", 1, "CANCELLED"),
        ("WithoutStatus", 2, "UNKNOWN"),
    ];
    let expected = expected.map(|(method, code, why)| (method.to_owned(), code, why.to_owned()));
    assert_eq!(failed, expected);
    collected.assert_nothing_of(PRIVATE);

    for (method, code, status) in [
        ("Unread", Code::Cancelled, StatusCode::Unset),
        ("WithoutStatus", Code::Unknown, StatusCode::Error),
        ("Panics", Code::Internal, StatusCode::Error),
    ] {
        let spans = collected.spans_named(&format!("redress.v1.Test/{method}"));
        assert_eq!(spans.len(), 1, "{method}");
        assert_eq!(ended_with(&spans[0]), (code, status), "{method}");
    }
}

#[tokio::test]
async fn every_instrument_has_its_name_its_unit_and_buckets_in_its_range() {
    let collected = collect_from(async |metrics| {
        let second = Duration::from_secs(1);
        metrics.batch(3, second);
        metrics.observe_queue_depth(|| 0);
        metrics.sql("engine.load", second);
        metrics.swept(2, second);
        metrics.fired("resolution", Duration::from_secs(45));
        metrics.breached("ca-wireless", "resolution");
        metrics.filed("phone", "ca-wireless");
        metrics.verification_completed();
        metrics.rpc_served("FileComplaint", Code::Ok, second);
        metrics.oldest_snapshot(7);
    })
    .await;

    for (name, unit, least, most) in [
        ("redress.rpc.server.duration", "s", 0.0005, 60.0),
        ("redress.engine.batch.size", "{command}", 1.0, 2_048.0),
        ("redress.engine.batch.duration", "s", 0.0005, 60.0),
        ("redress.sql.duration", "s", 0.0005, 60.0),
        ("redress.sweep.duration", "s", 0.0005, 60.0),
        ("redress.clock.firing.lag", "s", 0.01, 86_400.0),
    ] {
        assert_eq!(collected.metric(name).unit, unit, "{name}");
        let points = collected.histogram(name);
        let bounds = &points[0].explicit_bounds;
        assert_eq!(
            (bounds.first(), bounds.last()),
            (Some(&least), Some(&most)),
            "{name}"
        );
        assert!(bounds.is_sorted(), "{name}");
    }
    let lag = &collected.histogram("redress.clock.firing.lag")[0];
    assert_eq!(text(&lag.attributes, "clock"), "resolution");
    let bucket = lag
        .bucket_counts
        .iter()
        .position(|count| *count == 1)
        .unwrap();
    assert_eq!(
        (lag.explicit_bounds[bucket - 1], lag.explicit_bounds[bucket]),
        (30.0, 60.0),
        "the alert at 30 s can tell 45 s from more"
    );
    assert_eq!(
        text(
            &collected.histogram("redress.sql.duration")[0].attributes,
            "statement"
        ),
        "engine.load"
    );

    for (name, value) in [
        ("redress.engine.queue.depth", 0),
        ("redress.sweep.fired", 2),
        ("redress.sweep.failures", 0),
        ("redress.verify.differences", 0),
        ("redress.verify.moved", 0),
        ("redress.verify.completed", 1),
        ("redress.database.snapshot.age", 7),
        ("redress.clocks.breached", 1),
        ("redress.complaints.filed", 1),
    ] {
        assert_eq!(collected.value(name), value, "{name}");
    }
}

/// zammad #5257: what was due came from three minutes to over an hour late on an idle system, and nothing measured it.
#[tokio::test]
async fn how_late_a_sweep_fires_is_measured_and_how_late_a_letter_is_entered_is_not() {
    let collected = collect_from(async |metrics| {
        let database = Arc::new(TestDatabase::create());
        let store = Store::connect(&database.url, 2, Metrics::off()).unwrap();
        let time = Arc::new(ManualTime::at(instant(START)));
        let office = Office::on(store, database, time, rules(), metrics);
        let mut letter = filing(policy::Channel::Mail);
        letter.received_at = Some(instant("2026-05-04T14:00:00Z"));
        let letter = office.file(letter).await;
        let withdraw = Command::Withdraw {
            withdrawn_at: None,
            channel: policy::Channel::Phone,
            statement: "Never mind.".to_owned(),
        };
        office.change(&letter, withdraw).await.unwrap();
        let events = office.events(&letter).await;
        assert!(
            events
                .iter()
                .any(|event| event.kind == Some(EventKind::Breached))
        );

        // Its first reminder is due at half of the time to acknowledge it: on Wednesday at 9:30.
        office.file(filing(policy::Channel::Form)).await;
        office.time.set(instant("2026-06-03T13:30:45Z"));
        assert_eq!(office.drain().await, 1);
    })
    .await;
    let lags = collected.histogram("redress.clock.firing.lag");
    let [lag] = lags.as_slice() else {
        panic!("one clock: {lags:?}")
    };
    assert_eq!(text(&lag.attributes, "clock"), "acknowledgement");
    assert_eq!((lag.count, lag.sum), (1, Some(45.0)));
}

#[tokio::test]
async fn the_statements_of_a_live_connection_are_measured_by_name() {
    let database = TestDatabase::create();
    let collected = collect_from(async |metrics| {
        let store = Store::connect(&database.url, 1, metrics).unwrap();
        let reader = Reader::new(store.clone(), 0);
        let unknown = ComplaintRef::Id(Uuid::nil());
        let found = reader.complaint(unknown.clone(), &Scope::default()).await;
        assert!(found.unwrap().is_none());
        let page = reader.log(Position::BEGINNING, 10, true).await.unwrap();
        assert!(page.events.is_empty());
        let lock =
            move || store.transaction(|transaction| transaction.lock(&[unknown.clone()].into()));
        let locked = tokio::task::spawn_blocking(lock).await.unwrap();
        assert!(locked.unwrap().cases.is_empty());
    })
    .await;
    let mut measured: Vec<String> = collected
        .histogram("redress.sql.duration")
        .iter()
        .map(|point| text(&point.attributes, "statement"))
        .collect();
    measured.sort();
    assert_eq!(
        measured,
        [
            "begin",
            "commit",
            "complaint.contended",
            "complaint.lock",
            "connection.setup",
            "event.log",
            "log.branch",
            "log.branch.begin",
            // What diesel writes by itself has no name of its own.
            "select.other"
        ]
    );
}

#[test]
fn without_a_collector_nothing_is_exported() {
    // Not even a runtime is needed: nothing connects, nothing is spawned.
    let pipeline = Pipeline::new("redress", &Endpoints::default()).unwrap();
    assert!(pipeline.spans::<tracing_subscriber::Registry>().is_none());
    assert!(!pipeline.metrics().is_on());
}

/// While there is one subscriber only, tracing asks the thread that comes to a span for the first time whether anybody wants
/// it; another test's thread has no subscriber, and its no would count for all. With two it asks both.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Runs this under a subscriber and with instruments that export to a collector, and returns what arrived there.
async fn collect_from(what: impl AsyncFnOnce(Metrics)) -> Collected {
    watchdog::watch();
    let collected = Collected::default();
    let collector = collected.serve().await;
    let endpoints = Endpoints {
        traces: Some(Collector::at(&collector.url)),
        metrics: Some(Collector::at(&collector.url)),
    };
    let pipeline = Pipeline::new("redress-test", &endpoints).unwrap();
    let own = Targets::new().with_target("redress", LevelFilter::DEBUG);
    let spans = pipeline.spans().map(|spans| spans.with_filter(own));
    let subscriber = tracing_subscriber::registry().with(spans);
    LazyLock::force(&SECOND);
    // The test's runtime has one thread, so that this covers the server's tasks and no other test.
    let subscribed = tracing::subscriber::set_default(subscriber);
    what(pipeline.metrics()).await;
    drop(subscribed);
    pipeline.shutdown().await;
    collector.stop().await;
    collected
}

async fn call_anything(channel: Channel, path: &str) -> Code {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
    let request = Request::new(HealthCheckRequest {
        service: PRIVATE.to_owned(),
    });
    client
        .unary(request, path.parse().unwrap(), codec)
        .await
        .unwrap_err()
        .code()
}

fn ended_with(span: &Span) -> (Code, StatusCode) {
    let code = number(&span.attributes, "rpc.grpc.status_code");
    let status = span.status.clone().unwrap_or_default().code();
    (Code::from_i32(i32::try_from(code).unwrap()), status)
}
