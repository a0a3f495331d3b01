//! Nobody gets in by the wire who does not belong, and those who belong are not kept out.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rcgen::ExtendedKeyUsagePurpose;
use redress::{
    api::grpc::{CallerLimits, TlsFiles},
    app::{App, AppConfig},
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    time_source::ManualTime,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, ClientConnection, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};
use tonic::{
    Code, Status,
    transport::{Channel, ClientTlsConfig, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::sizes::largest;
use crate::support::{
    certificates::{Authority, Folder, Pair},
    database::TestDatabase,
    frames::{DATA, END_STREAM, call, frame},
    office::{START, instant},
    process::Process,
    service::{config, filing},
};

const POLICIES: &str = "/redress.v1.PolicyService/ListPolicies";

struct Served {
    app: App,
    _database: TestDatabase,
}

async fn serve(tls: TlsFiles, callers: CallerLimits) -> Served {
    let database = TestDatabase::create();
    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(AppConfig {
        tls: Some(tls),
        probes: Some("127.0.0.1:0".parse().unwrap()),
        callers,
        ..config(&database.url, time)
    });
    Served {
        app: app.await.unwrap(),
        _database: database,
    }
}

impl Served {
    async fn connect(&self, tls: ClientTlsConfig) -> Result<Channel, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(format!("https://{}", self.app.address));
        endpoint?.tls_config(tls)?.connect().await
    }

    /// Files a complaint on a connection of its own. With TLS 1.3 a caller hears only now that it was turned away.
    async fn file(&self, tls: ClientTlsConfig) -> Result<v1::Complaint, Status> {
        let channel = self.connect(tls).await;
        let channel = channel.map_err(|error| Status::unavailable(format!("{error:?}")))?;
        let filed = ComplaintServiceClient::new(channel)
            .file_complaint(filing(v1::Channel::Form))
            .await;
        filed.map(tonic::Response::into_inner)
    }
}

fn trusting(authority: &Authority) -> ClientTlsConfig {
    ClientTlsConfig::new().ca_certificate(authority.certificate())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_speaks_no_tls_gets_nothing() {
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    let served = serve(folder.files(None), CallerLimits::default()).await;
    let mut socket = TcpStream::connect(served.app.address).await.unwrap();
    let question = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        call(1, POLICIES),
        frame(DATA, END_STREAM, 1, &[0; 5]),
    ];
    socket.write_all(&question.concat()).await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    // An alert of TLS at the most, which is seven bytes.
    assert!(answer.len() <= 7, "{answer:?}");
    let plain = Channel::from_shared(format!("http://{}", served.app.address)).unwrap();
    if let Ok(channel) = plain.connect().await {
        let request = v1::ListComplaintsRequest::default();
        let mut client = ComplaintServiceClient::new(channel);
        client.list_complaints(request).await.unwrap_err();
    }
    served.file(trusting(&authority)).await.unwrap();
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_callers_with_a_valid_certificate_of_the_client_authority_are_served() {
    let (ours, theirs, others) = (Authority::new(), Authority::new(), Authority::new());
    let folder = Folder::of(&ours.server());
    for required in [true, false] {
        let files = folder.files(Some((&theirs, required)));
        let served = serve(files, CallerLimits::default()).await;
        let shows = |pair: &Pair| served.file(trusting(&ours).identity(pair.identity()));
        let known = shows(&theirs.client("spiffe://example.org/crm")).await;
        known.unwrap();
        for (wrong, pair) in [
            (
                "of another authority",
                others.client("spiffe://example.org/crm"),
            ),
            (
                "expired",
                theirs.expired(ExtendedKeyUsagePurpose::ClientAuth),
            ),
            ("for servers", theirs.server()),
            (
                "of the authority of servers",
                ours.client("spiffe://example.org/crm"),
            ),
        ] {
            let refused = shows(&pair).await;
            assert!(refused.is_err(), "{wrong}");
        }
        let none = served.file(trusting(&ours)).await;
        assert_eq!(none.is_ok(), !required, "{none:?}");
        served.app.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_http2_is_spoken_and_a_caller_must_say_so() {
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    let served = serve(folder.files(None), CallerLimits::default()).await;
    for (protocols, spoken) in [
        (vec!["h2"], true),
        (vec!["http/1.1", "h2"], true),
        (vec!["http/1.1"], false),
        (vec![], false),
    ] {
        let config = client_config(&authority, &protocols);
        let socket = TcpStream::connect(served.app.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connected = TlsConnector::from(Arc::new(config)).connect(name, socket);
        let mut answer = Vec::new();
        if let Ok(mut stream) = connected.await {
            let settings = frame(4, 0, 0, &[]);
            let preface = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings].concat();
            let _ = stream.write_all(&preface).await;
            let mut first = [0; 9];
            if stream.read_exact(&mut first).await.is_ok() {
                answer.extend(first);
            }
        }
        assert_eq!(!answer.is_empty(), spoken, "{protocols:?}");
    }
    served.app.stop().await.unwrap();
}

pub(crate) fn client_config(authority: &Authority, protocols: &[&str]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
    config.alpn_protocols = protocols.collect();
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_exchanged_under_load_and_a_wrong_one_is_not_taken() {
    let (first, second) = (Authority::new(), Authority::new());
    let (old, new) = (first.server(), second.server());
    let folder = Folder::of(&old);
    let served = serve(folder.files(None), CallerLimits::default()).await;
    let (done, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let both = || trusting(&first).ca_certificate(second.certificate());
    // One on connections of its own for each call, one on a single connection.
    let anew = async {
        while !done.load(Ordering::Relaxed) {
            served.file(both()).await.unwrap();
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    let on_one = async {
        let mut client = ComplaintServiceClient::new(served.connect(both()).await.unwrap());
        while !done.load(Ordering::Relaxed) {
            let filed = client.file_complaint(filing(v1::Channel::Form)).await;
            filed.unwrap();
        }
    };
    let more_calls = async |more: usize| {
        let target = calls.load(Ordering::Relaxed) + more;
        while calls.load(Ordering::Relaxed) < target {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let exchange = async {
        more_calls(3).await;
        // A pair that does not belong together, then no certificate at all, then one that has expired.
        let expired = second.expired(ExtendedKeyUsagePurpose::ServerAuth);
        folder.write("tls.crt", &new.certificate);
        more_calls(20).await;
        folder.write("tls.crt", "-----BEGIN NONSENSE-----");
        more_calls(20).await;
        folder.hold(&expired);
        more_calls(20).await;
        served.file(trusting(&first)).await.unwrap();
        folder.hold(&new);
        while served.file(trusting(&second)).await.is_err() {
            more_calls(1).await;
        }
        served.file(trusting(&first)).await.unwrap_err();
        more_calls(3).await;
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(anew, on_one, exchange);
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_of_callers_is_exchanged_too() {
    let (ours, old, new) = (Authority::new(), Authority::new(), Authority::new());
    let folder = Folder::of(&ours.server());
    let files = folder.files(Some((&old, true)));
    let served = serve(files, CallerLimits::default()).await;
    let shows = |authority: &Authority| {
        let pair = authority.client("spiffe://example.org/crm");
        served.file(trusting(&ours).identity(pair.identity()))
    };
    shows(&old).await.unwrap();
    shows(&new).await.unwrap_err();
    folder.write("ca.crt", &new.pem);
    while shows(&new).await.is_err() {
        tokio::task::yield_now().await;
    }
    shows(&old).await.unwrap_err();
    served.app.stop().await.unwrap();
}

/// What a caller says first.
fn client_hello(authority: &Authority) -> Vec<u8> {
    let config = Arc::new(client_config(authority, &["h2"]));
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(config, name).unwrap();
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    hello
}

/// A hundred each who say nothing, half of what they should, and all of it but what comes after.
async fn stalled(served: &Served, authority: &Authority) -> Vec<TcpStream> {
    let hello = client_hello(authority);
    let mut stalled = Vec::new();
    for said in [&hello[..0], &hello[..hello.len() / 2], &hello[..]] {
        for _ in 0..100 {
            let mut socket = TcpStream::connect(served.app.address).await.unwrap();
            socket.write_all(said).await.unwrap();
            stalled.push(socket);
        }
    }
    stalled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_that_stall_keep_nobody_out() {
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    // So long that nobody is let in because those who stall were closed.
    let limits = CallerLimits {
        preface_time: Duration::from_secs(60 * 60),
        ..CallerLimits::default()
    };
    let served = serve(folder.files(None), limits).await;
    let stalled = stalled(&served, &authority).await;
    served.file(trusting(&authority)).await.unwrap();
    drop(stalled);
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_that_stall_are_closed() {
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    let limits = CallerLimits {
        preface_time: Duration::from_secs(1),
        ..CallerLimits::default()
    };
    let served = serve(folder.files(None), limits).await;
    for mut socket in stalled(&served, &authority).await {
        let mut rest = Vec::new();
        // Closed or reset: either is an end.
        let _ = socket.read_to_end(&mut rest).await;
    }
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_answers_arrive_whole() {
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    let served = serve(folder.files(None), CallerLimits::default()).await;
    let channel = served.connect(trusting(&authority)).await.unwrap();
    let mut client = ComplaintServiceClient::new(channel);
    for _ in 0..6 {
        client.file_complaint(largest()).await.unwrap();
    }
    let page = v1::ListComplaintsRequest {
        page_size: 1_000,
        read_mask: Some(prost_types::FieldMask {
            paths: vec!["*".to_owned()],
        }),
        ..Default::default()
    };
    let many = join_all((0..4).map(|_| {
        let (mut client, page) = (client.clone(), page.clone());
        async move { client.list_complaints(page).await.unwrap().into_inner() }
    }));
    for answer in many.await {
        let sizes = answer.complaints.iter().map(|complaint| {
            let issues = complaint.issues.iter();
            issues.map(|issue| issue.description.len()).sum::<usize>()
        });
        assert!(sizes.sum::<usize>() > 1 << 20);
    }
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_are_answered_in_the_clear_and_told_nothing_else() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let folder = Folder::of(&ours.server());
    let files = folder.files(Some((&theirs, true)));
    let served = serve(files, CallerLimits::default()).await;
    let address = served.app.probes.unwrap();
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let channel = channel.connect().await.unwrap();
    for service in ["", "liveness"] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = HealthClient::new(channel.clone()).check(request).await;
        assert_eq!(answer.unwrap().into_inner().status, 1, "{service}: SERVING");
    }
    let refused = ComplaintServiceClient::new(channel)
        .list_complaints(v1::ListComplaintsRequest::default())
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::Unimplemented);
    served.app.stop().await.unwrap();
}

fn ca(file: &Path) -> (&str, &Path) {
    ("REDRESS_CA_FILE", file)
}

fn program(address: &str, words: &[&str], files: &[(&str, &Path)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
    command.args(words).args(["--server", address]);
    for (variable, file) in files {
        command.env(variable, file);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    (output.status.code().unwrap(), said)
}

#[test]
fn the_command_line_knows_the_service_by_its_certificate_and_shows_its_own() {
    let (ours, theirs, others) = (Authority::new(), Authority::new(), Authority::new());
    let folder = Folder::of(&ours.server());
    let clients = folder.write("clients.crt", &theirs.pem);
    let (known, unknown) = (
        folder.write("known.crt", &ours.pem),
        folder.write("unknown.crt", &others.pem),
    );
    let pair = theirs.client("spiffe://example.org/crm");
    let certificate = folder.write("client.crt", &pair.certificate);
    let key = folder.write("client.key", &pair.key);
    let database = TestDatabase::create();
    let service = Process::serve_with(&database.url, |command| {
        command
            .env("RUST_LOG", "off")
            .envs(folder.options())
            .env("REDRESS_CLIENT_CA_FILE", &clients);
    });
    let address = service.address.as_str();
    assert!(address.starts_with("https://"), "{address}");
    let own = [
        ("REDRESS_CLIENT_CERT_FILE", certificate.as_path()),
        ("REDRESS_CLIENT_KEY_FILE", key.as_path()),
    ];
    let (code, said) = program(address, &["list"], &[ca(&known), own[0], own[1]]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = program(address, &["list"], &[ca(&known)]);
    assert!(code == 3 && said.contains("--client-cert-file"), "{said}");
    let (code, said) = program(address, &["list"], &[ca(&unknown), own[0], own[1]]);
    assert!(
        code == 1 && said.contains("UnknownIssuer") && said.contains("--ca-file"),
        "{said}"
    );
    // Unless it is told otherwise, by whom the machine trusts.

    let (code, said) = program(
        address,
        &["list"],
        &[("SSL_CERT_FILE", unknown.as_path()), own[0], own[1]],
    );
    assert!(code == 1 && said.contains("UnknownIssuer"), "{said}");
    let (code, said) = program(
        address,
        &["list"],
        &[("SSL_CERT_FILE", known.as_path()), own[0], own[1]],
    );
    assert_eq!(code, 0, "{said}");
    let missing = folder.path("missing.crt");
    let (code, said) = program(address, &["list"], &[ca(&missing)]);
    assert!(code == 1 && said.contains("missing.crt"), "{said}");
    let plain = address.replace("https", "http");
    let (code, said) = program(&plain, &["list"], &[]);
    assert!(code == 3, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_idle_connections_take_a_bounded_amount_of_memory() {
    const IDLE: usize = 2_000;
    /// In MiB.
    const MEMORY: u64 = 200;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(4_096).min(hard), hard).unwrap();
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    let database = TestDatabase::create();
    let service = Process::serve_with(&database.url, |command| {
        command.env("RUST_LOG", "off").envs(folder.options());
    });
    let at_rest = service.most_memory();
    let endpoint = Endpoint::from_shared(service.address.clone()).unwrap();
    let endpoint = endpoint.tls_config(trusting(&authority)).unwrap();
    let mut idle = Vec::new();
    while idle.len() < IDLE {
        let some = join_all((0..50).map(|_| endpoint.connect())).await;
        idle.extend(some.into_iter().map(Result::unwrap));
    }
    let mut client = ComplaintServiceClient::new(endpoint.connect().await.unwrap());
    let filed = client.file_complaint(filing(v1::Channel::Form)).await;
    filed.unwrap();
    let most = service.most_memory();
    println!("{at_rest} MiB before, {most} MiB with {IDLE} connections");
    assert!(most < MEMORY, "{most} MiB");
    drop(idle);
}
