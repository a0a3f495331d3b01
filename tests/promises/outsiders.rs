//! Whoever does not belong gets nothing from a service on the network.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};

use super::{client_subjects::Served, tls::client_config};
use crate::support::{
    certificates::{Authority, Pair},
    frames::{DATA, END_STREAM, call, frame},
    requests::{address, methods},
};

/// What is said to somebody who does not wait to be let in, after the handshake.
async fn heard(served: &Served, config: ClientConfig, path: &str) -> Vec<u8> {
    let socket = TcpStream::connect(served.app.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let Ok(mut stream) = TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
    else {
        return Vec::new();
    };
    let question = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, &[]),
        call(1, path),
        frame(DATA, END_STREAM, 1, &[0; 5]),
    ];
    let _ = stream.write_all(&question.concat()).await;
    let mut answer = [0; 9];
    let read = stream.read(&mut answer).await;
    answer[..read.unwrap_or(0)].to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outsider_gets_nothing_but_a_handshake_from_any_method() {
    let served = Served::start(true, true).await;
    let stranger = Authority::new().client("spiffe://example.org/crm");
    let known = served.theirs.client("spiffe://example.org/crm");
    let showing = |pair: Option<&Pair>| {
        let config = client_config(&served.ours, &["h2"]);
        let Some(pair) = pair else {
            return config;
        };
        let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let provider = Arc::clone(config.crypto_provider());
        let roots = served.ours.pem.as_bytes();
        let mut trusted = RootCertStore::empty();
        trusted
            .add(CertificateDer::from_pem_slice(roots).unwrap())
            .unwrap();
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(trusted)
            .with_client_auth_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    };
    let mut paths: Vec<String> = methods().iter().map(address).collect();
    paths.push("/grpc.health.v1.Health/Check".to_owned());
    paths.push("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned());
    for path in &paths {
        let outsiders = [None, Some(&stranger)].map(|pair| heard(&served, showing(pair), path));
        for answer in join_all(outsiders).await {
            assert!(answer.is_empty(), "{path}: {answer:?}");
        }
    }
    let answer = heard(&served, showing(Some(&known)), &paths[0]).await;
    assert!(!answer.is_empty(), "somebody who belongs is answered");
    served.app.stop().await.unwrap();
}
