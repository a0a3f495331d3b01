#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{net::SocketAddr, path::Path};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, pem::PemObject as _},
    },
};

use super::*;
use crate::time_source::Stopwatch;

fn egress(allowed: &[&str]) -> Egress {
    crate::watchdog::watch();
    trusting(allowed, None).unwrap()
}

fn trusting(allowed: &[&str], authorities: Option<&Path>) -> Result<Egress, EgressError> {
    let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
    let settings = EgressSettings {
        rules: EgressRules::new(allowed, vec![443]),
        authorities: authorities.map(Path::to_owned),
    };
    Egress::new(settings, Arc::new(Stopwatch::start()))
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

/// A receiver on loopback with a certificate of an authority of its own, whose certificate is returned in PEM.
async fn with_own_authority(name: &str) -> (SocketAddr, String) {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Whoever does not trust it breaks off.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    (address, pem)
}

#[tokio::test]
async fn a_receiver_with_an_internal_authority_is_reached_once_that_is_trusted_and_not_before() {
    let (address, authority) = with_own_authority("Internal").await;
    let (_, other) = with_own_authority("Another").await;
    let (url, allowed) = (format!("https://{address}/"), address.to_string());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.crt");
    std::fs::write(&file, &other).unwrap();
    for trusts_another in [None, Some(&*file)] {
        let egress = trusting(&[&allowed], trusts_another).unwrap();
        let refused = post(&egress, &url).await;
        let Err(SendError::Unconnected(why)) = refused else {
            panic!("{refused:?}");
        };
        assert!(why.contains("UnknownIssuer"), "{why}");
    }
    // Several authorities may stand in a file, one after the other.
    std::fs::write(&file, format!("{other}{authority}")).unwrap();
    let egress = trusting(&[&allowed], Some(&file)).unwrap();
    assert_eq!(post(&egress, &url).await.unwrap().status, 204);
    // Trust in its authority does not let anything go where it may not.
    let egress = trusting(&[], Some(&file)).unwrap();
    let refused = post(&egress, &url).await;
    assert!(
        matches!(refused, Err(SendError::Forbidden(_))),
        "{refused:?}"
    );
}

#[test]
fn a_file_without_authorities_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.crt");
    let refused = trusting(&[], Some(&file)).unwrap_err().to_string();
    assert!(refused.contains("ca.crt"), "{refused}");
    std::fs::write(&file, "no certificate").unwrap();
    let refused = trusting(&[], Some(&file)).unwrap_err().to_string();
    assert!(refused.contains("no certificate in PEM"), "{refused}");
}
