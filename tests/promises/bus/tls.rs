//! Brokers are known by their certificates, and shown ours.

use std::sync::Arc;

use redress::outbox::bus::{BusMessage, Kafka, KafkaSettings, KafkaTls, Sink as _};
use tokio::{io::AsyncReadExt as _, net::TcpListener, sync::mpsc};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        server::WebPkiClientVerifier,
    },
};

use super::cluster::TOPIC;
use crate::support::{
    certificates::{Authority, Folder},
    office::{START, instant},
};

/// What a broker that takes certificates of `ours` alone sees of each connection: whether a request came by it.
async fn broker(theirs: &Authority, ours: &Authority) -> (String, mpsc::UnboundedReceiver<bool>) {
    let pair = theirs.server();
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(ours.pem.as_bytes());
    roots.add(authority.unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
    let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes());
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(vec![certificate.unwrap()], key.unwrap());
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (seen, sees) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let request = match acceptor.accept(stream).await {
                Ok(mut stream) => stream.read_u32().await.is_ok(),
                Err(_) => false,
            };
            if seen.send(request).is_err() {
                return;
            }
        }
    });
    (address, sees)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_is_known_by_its_certificate_and_shown_ours() {
    let (theirs, ours, others) = (Authority::new(), Authority::new(), Authority::new());
    let folder = Folder::of(&ours.client("spiffe://example.org/redress"));
    let right = folder.write("right.crt", &theirs.pem);
    let wrong = folder.write("wrong.crt", &others.pem);
    let identity = (folder.path("tls.crt"), folder.path("tls.key"));
    let settings = |address: &str, authorities, identity| KafkaSettings {
        brokers: vec![address.to_owned()],
        topic: TOPIC.to_owned(),
        tls: Some(KafkaTls {
            authorities: Some(authorities),
            identity,
        }),
        sasl: None,
    };
    for (authorities, identity, expected) in [
        (&wrong, Some(identity.clone()), false),
        (&right, None, false),
        (&right, Some(identity.clone()), true),
    ] {
        // One for each, because the client may still be at its last attempt when it is told that the first one failed.
        let (address, mut sees) = broker(&theirs, &ours).await;
        let settings = settings(&address, authorities.clone(), identity);
        let mut kafka = Kafka::new(settings).unwrap();
        let message = BusMessage {
            key: "a".to_owned(),
            body: b"{}".to_vec(),
            at: instant(START),
        };
        // It answers nothing.
        kafka.publish(vec![message]).await.unwrap_err();
        assert_eq!(sees.recv().await, Some(expected), "{authorities:?}");
    }
    // What cannot be used is said before anything is served.
    let empty = folder.write("empty.crt", "");
    let refused = Kafka::new(settings("127.0.0.1:9", empty, None)).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("empty.crt holds no certificate")
    );
    let refused = Kafka::new(settings("127.0.0.1:9", folder.path("none.crt"), None)).unwrap_err();
    assert!(refused.to_string().contains("none.crt"));
}
