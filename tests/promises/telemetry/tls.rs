//! Traces and metrics over TLS, as OpenTelemetry's variables say.

use std::{collections::BTreeMap, process::Command, sync::Arc, time::Duration};

use opentelemetry_proto::tonic::metrics::v1::{
    NumberDataPoint, metric::Data, number_data_point::Value,
};
use redress::{
    api::grpc::CallerLimits,
    app::{App, AppConfig},
    time_source::ManualTime,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::transport::ServerTlsConfig;

use super::{
    collect_from,
    collector::{Collected, text},
};
use crate::support::{
    certificates::{Authority, Folder},
    database::{LOOK, TestDatabase},
    office::{START, instant},
    process::Process,
    service::config,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_is_known_by_its_certificate_and_shown_ours_with_the_headers() {
    let (theirs, ours, others) = (Authority::new(), Authority::new(), Authority::new());
    let pair = theirs.server();
    let tls = ServerTlsConfig::new()
        .identity(pair.identity())
        .client_ca_root(ours.certificate());
    let collected = Collected::default();
    let collector = collected.serve_tls(tls).await;
    let own = ours.client("spiffe://example.org/redress");
    // Any folder of files will do.
    let folder = Folder::of(&own);
    let (right, wrong) = (
        folder.write("right.crt", &theirs.pem),
        folder.write("wrong.crt", &others.pem),
    );
    let told = |command: &mut Command| {
        command
            .env("RUST_LOG", "off")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
            .env(
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                folder.path("tls.crt"),
            )
            .env("OTEL_EXPORTER_OTLP_CLIENT_KEY", folder.path("tls.key"))
            .env(
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Bearer%20s3cret",
            )
            .env("OTEL_METRIC_EXPORT_INTERVAL", "100")
            .env("OTEL_BSP_SCHEDULE_DELAY", "100");
    };
    let database = TestDatabase::create();
    let service = Process::serve_with(&database.url, |command| {
        told(command);
        command.env("OTEL_EXPORTER_OTLP_CERTIFICATE", &wrong);
    });
    assert!(service.terminate().await.success());
    assert!(collected.is_empty(), "the collector is another one");

    let service = Process::serve_with(&database.url, |command| {
        told(command);
        command.env("OTEL_EXPORTER_OTLP_CERTIFICATE", &right);
    });
    while !collected.is_complete_with("Bearer s3cret") {
        tokio::time::sleep(LOOK).await;
    }
    assert!(service.terminate().await.success());
    collector.stop().await;
}

#[tokio::test]
async fn handshakes_that_fail_are_counted_and_the_end_of_the_certificate_is_foreseen() {
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    let database = TestDatabase::create();
    let collected = collect_from(async |metrics| {
        let app = App::start(AppConfig {
            tls: Some(folder.files(None)),
            callers: CallerLimits {
                preface_time: Duration::from_millis(500),
                ..CallerLimits::default()
            },
            metrics,
            ..config(&database.url, Arc::new(ManualTime::at(instant(START))))
        });
        let app = app.await.unwrap();
        for said in [&b""[..], b"GET / HTTP/1.1\r\n\r\n"] {
            let mut caller = TcpStream::connect(app.address).await.unwrap();
            caller.write_all(said).await.unwrap();
            let _ = caller.read_to_end(&mut Vec::new()).await;
        }
        app.stop().await.unwrap();
    })
    .await;
    let points = |name| match collected.metric(name).data {
        Some(Data::Sum(sum)) => sum.data_points,
        Some(Data::Gauge(gauge)) => gauge.data_points,
        other => panic!("{name} is no number: {other:?}"),
    };
    let reason = |point: &NumberDataPoint| text(&point.attributes, "reason");
    let ended: BTreeMap<_, _> = points("redress.connections.ended")
        .iter()
        .map(|point| (reason(point), point.value))
        .collect();
    let once = Some(Value::AsInt(1));
    let expected = ["handshake", "silent"].map(|reason| (reason.to_owned(), once));
    assert_eq!(ended, expected.into());
    let expires = points("redress.tls.certificate.expires_in");
    let [point] = expires.as_slice() else {
        panic!("one certificate: {expires:?}")
    };
    // rcgen dates the end of what it makes to the year 4096.
    assert!(
        matches!(point.value, Some(Value::AsDouble(seconds)) if seconds > 2_000.0 * 365.0 * 86_400.0)
    );
}

#[test]
fn what_is_not_spoken_is_refused_at_the_start() {
    let database = TestDatabase::create();
    for (variable, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "s3cret"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nonexistent/ca.crt"),
    ] {
        let refused = Command::new(env!("CARGO_BIN_EXE_redress"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("REDRESS_DATABASE_URL", &database.url)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1")
            .env(variable, value)
            .output()
            .unwrap();
        let said = String::from_utf8([refused.stdout, refused.stderr].concat()).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.contains(variable) && !said.contains("s3cret"),
            "{said}"
        );
    }
}
