#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::time_source::Stopwatch;

fn egress(allowed: &[&str]) -> Egress {
    crate::watchdog::watch();
    let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
    let uptime = Arc::new(Stopwatch::start());
    Egress::new(EgressRules::new(allowed, vec![443]), uptime).unwrap()
}

async fn post(egress: &Egress, to: &str) -> Result<Answer, SendError> {
    let to = Destination::parse(to)?;
    let body = Bytes::from_static(b"{}");
    egress
        .post(&to, HeaderMap::new(), body, WHOLE_REQUEST)
        .await
}

/// Answers each connection with these bytes, and closes it. Counts connections by being asked for them.
async fn answering(answer: &'static [u8]) -> (SocketAddr, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
            });
        }
    });
    (address, connections)
}

#[tokio::test]
async fn nothing_is_connected_to_that_is_not_of_the_public_internet_however_it_is_written() {
    let (address, connections) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let port = address.port();
    // Allowed by its port and without TLS, for a name that nobody calls: the addresses are not.
    let egress = egress(&[
        &format!("http://other.internal:{port}"),
        &format!("203.0.113.0/24:{port}"),
    ]);
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        let refused = post(&egress, &format!("https://{host}:{port}/")).await;
        let forbidden = matches!(refused, Err(SendError::Forbidden(Forbidden::Address)));
        assert!(forbidden, "{host}: {refused:?}");
        let refused = post(&egress, &format!("http://{host}:{port}/")).await;
        let forbidden = matches!(refused, Err(SendError::Forbidden(Forbidden::Plain)));
        assert!(forbidden, "{host}: {refused:?}");
    }
    assert_eq!(connections.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_is_allowed_is_reached_and_an_answer_that_leads_elsewhere_is_not_followed() {
    let (target, reached) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let elsewhere = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{target}/\r\nretry-after: 7\r\ncontent-length: 3\r\n\r\nno!"
    );
    let (address, _) = answering(elsewhere.leak().as_bytes()).await;
    let egress = egress(&[
        &format!("http://127.0.0.1:{}", address.port()),
        &format!("http://127.0.0.1:{}", target.port()),
        &format!("http://localhost:{}", target.port()),
    ]);
    let answer = post(&egress, &format!("http://{address}/")).await.unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.retry_after.as_deref(), Some("7"));
    assert_eq!(&answer.body[..], b"no!");
    assert_eq!(reached.load(std::sync::atomic::Ordering::Relaxed), 0);
    // By a name that is allowed, whatever its address is.
    let by_name = format!("http://localhost:{}/", target.port());
    assert_eq!(post(&egress, &by_name).await.unwrap().status, 200);
}

#[tokio::test]
async fn of_a_long_answer_the_beginning_is_kept_and_of_none_it_is_told_what_happened() {
    let long = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{}",
        "x".repeat(20_000)
    );
    let (long, _) = answering(long.leak().as_bytes()).await;
    let (mute, _) = answering(b"").await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = gone.local_addr().unwrap();
    drop(gone);
    let hosts = [long, mute, closed].map(|address| format!("http://127.0.0.1:{}", address.port()));
    let egress = egress(&hosts.each_ref().map(String::as_str));
    let answer = post(&egress, &hosts[0]).await.unwrap();
    assert_eq!(answer.body.len(), KEPT);
    let broken = post(&egress, &hosts[1]).await.unwrap_err();
    assert!(matches!(broken, SendError::Broken(_)), "{broken:?}");
    let refused = post(&egress, &hosts[2]).await.unwrap_err();
    assert!(matches!(refused, SendError::Unconnected(_)), "{refused:?}");
}
