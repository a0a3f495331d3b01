//! `redress health` says to a probe what the service says of itself, by its exit code.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic_health::ServingStatus;

use crate::support::watchdog;

/// What the command ends with, and what it prints.
async fn probe(address: &str, words: &[&str]) -> (Option<i32>, String, String) {
    watchdog::watch();
    let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
    command
        .args(["health", "--server", address])
        .args(words)
        .env_remove("REDRESS_TOKEN_FILE");
    let ended = tokio::task::spawn_blocking(move || command.output());
    let Output {
        status,
        stdout,
        stderr,
    } = ended.await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_is_told_whether_calls_are_wanted() {
    let (health, service) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let incoming = TcpListenerStream::new(listener);
    let server = Server::builder()
        .add_service(service)
        .serve_with_incoming(incoming);
    let server = tokio::spawn(server);

    health.set_service_status("", ServingStatus::Serving).await;
    let (code, printed, said) = probe(&address, &[]).await;
    assert_eq!((code, printed.as_str()), (Some(0), "SERVING\n"), "{said}");
    let (code, printed, said) = probe(&address, &["--json"]).await;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (code, printed),
        (Some(0), json!({ "status": "SERVING" })),
        "{said}"
    );

    // It lives, and wants no calls.
    health
        .set_service_status("", ServingStatus::NotServing)
        .await;
    health
        .set_service_status("liveness", ServingStatus::Serving)
        .await;
    let (code, printed, said) = probe(&address, &[]).await;
    assert_eq!(
        (code, printed.as_str()),
        (Some(1), "NOT_SERVING\n"),
        "{said}"
    );
    let (code, _, said) = probe(&address, &["--service", "liveness"]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, printed, said) = probe(&address, &["--service", "nobody"]).await;
    assert_eq!((code, printed.as_str()), (Some(1), ""), "{said}");

    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
    let (code, _, said) = probe(&address, &[]).await;
    assert_eq!(code, Some(3), "{said}");
}

/// A listener that takes connections and says nothing: a probe is not kept by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_of_a_service_that_hangs_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (code, printed, said) = probe(&address, &[]).await;
    assert_eq!((code, printed.as_str()), (Some(3), ""), "{said}");
    assert!(said.contains("4 seconds"), "{said}");
}
