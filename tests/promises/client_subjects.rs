//! Callers are known by their certificates, as a file says it, and whoever has none that counts gets nothing.

use std::{
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use rcgen::{ExtendedKeyUsagePurpose, SanType};
use redress::{
    access::Role,
    api::auth::{ClientSubjectsFile, DevKey, Grant},
    app::{App, AppConfig},
    client::{self, CallError, Client, Target, TlsFiles, Token},
    proto::v1,
    time_source::{ManualTime, TimeSource as _},
};
use tonic::{
    Code, Status,
    transport::{Channel, ClientTlsConfig, Endpoint},
};

use crate::support::{
    certificates::{Authority, Folder, Pair},
    database::TestDatabase,
    office::{START, instant},
    process::Process,
    raw,
    requests::methods,
    service::{act, config, filing, refusal},
};

const SUBJECTS: &str = r#"
[[client]]
subject = "crm"
uris = ["spiffe://example.org/crm"]
dns = ["crm.example.org"]
emails = ["crm@example.org"]
ips = ["2001:db8::1"]
roles = ["integration"]
brands = ["*"]

[[client]]
subject = "Ada Lovelace"
uris = ["spiffe://example.org/ada"]
roles = ["adviser"]
brands = ["jive"]

[[client]]
subject = "billing"
uris = ["spiffe://example.org/billing"]
roles = ["adviser"]
brands = ["*"]
queues = ["Billing"]

[[client]]
subject = "olga"
uris = ["spiffe://example.org/olga"]
roles = ["auditor"]
brands = ["*"]
"#;

/// A service that asks for certificates of an authority of the test's own.
pub(crate) struct Served {
    pub(crate) app: App,
    folder: Folder,
    pub(crate) ours: Authority,
    pub(crate) theirs: Authority,
    key: DevKey,
    time: Arc<ManualTime>,
    files: AtomicUsize,
    _database: TestDatabase,
}

impl Served {
    /// With certificates required and tokens taken, or not.
    pub(crate) async fn start(required: bool, tokens: bool) -> Self {
        let (ours, theirs) = (Authority::new(), Authority::new());
        let folder = Folder::of(&ours.server());
        let (database, key) = (TestDatabase::create(), DevKey::generate().unwrap());
        let time = Arc::new(ManualTime::at(instant(START)));
        let app = App::start(AppConfig {
            tls: Some(folder.files(Some((&theirs, required)))),
            brand_dir: Some("brands".into()),
            issuers: tokens.then(|| key.issuer()).into_iter().collect(),
            client_subjects: Some(ClientSubjectsFile {
                file: folder.write("subjects.toml", SUBJECTS),
                look_every: Duration::from_millis(10),
            }),
            ..config(&database.url, Arc::clone(&time))
        });
        Served {
            app: app.await.unwrap(),
            folder,
            ours,
            theirs,
            key,
            time,
            files: AtomicUsize::new(0),
            _database: database,
        }
    }

    /// The files of a pair, each of a name of its own.
    fn identity(&self, pair: &Pair) -> (PathBuf, PathBuf) {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let write = |kind: &str, text: &str| self.folder.write(&format!("{number}.{kind}"), text);
        (write("crt", &pair.certificate), write("key", &pair.key))
    }

    async fn connect(&self, pair: Option<&Pair>, token: Token) -> Result<Client, CallError> {
        let address = format!("https://{}", self.app.address);
        let target = Target {
            tls: TlsFiles {
                authorities: Some(self.folder.write("ours.crt", &self.ours.pem)),
                identity: pair.map(|pair| self.identity(pair)),
            },
            ..Target::at(&address, token)
        };
        client::connect(&target).await
    }

    /// Somebody with a certificate of this name, and no token.
    async fn client(&self, uri: &str) -> Client {
        let pair = self.theirs.client(uri);
        self.connect(Some(&pair), Token::none()).await.unwrap()
    }

    /// One connection, with this certificate if any.
    async fn channel(&self, pair: Option<&Pair>) -> Channel {
        let tls = ClientTlsConfig::new().ca_certificate(self.ours.certificate());
        let tls = match pair {
            Some(pair) => tls.identity(pair.identity()),
            None => tls,
        };
        let endpoint = Endpoint::from_shared(format!("https://{}", self.app.address));
        let endpoint = endpoint.unwrap().tls_config(tls).unwrap();
        endpoint.connect().await.unwrap()
    }

    fn named(&self, names: Vec<SanType>) -> Pair {
        let purpose = ExtendedKeyUsagePurpose::ClientAuth;
        self.theirs
            .issue(purpose, |params| params.subject_alt_names = names)
    }

    fn token(&self, subject: &str, role: Role) -> String {
        let grant = Grant {
            subject: subject.to_owned(),
            roles: vec![role],
            brands: vec!["*".to_owned()],
            queues: Vec::new(),
            period: SignedDuration::from_hours(8),
        };
        self.key.sign(&grant, self.time.now())
    }
}

fn uri(name: &str) -> SanType {
    SanType::URI(name.try_into().unwrap())
}

fn filed_by_nobody() -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        actor: String::new(),
        brand: "jive".to_owned(),
        ..filing(v1::Channel::Form)
    }
}

/// Who filed the complaint that is filed now, as the log has it.
async fn actor(client: &mut Client) -> Result<String, Status> {
    let filed = client.file_complaint(filed_by_nobody()).await?.into_inner();
    let request = v1::ListEventsRequest {
        parent: filed.name,
        ..Default::default()
    };
    let events = client.list_events(request).await?.into_inner().events;
    Ok(events[0].actor.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_each_kind_makes_its_caller_who_acts_under_the_subject() {
    let served = Served::start(true, false).await;
    for names in [
        vec![uri("spiffe://example.org/crm")],
        vec![SanType::DnsName("CRM.Example.org".try_into().unwrap())],
        vec![SanType::Rfc822Name("crm@example.org".try_into().unwrap())],
        vec![SanType::IpAddress("2001:db8:0::1".parse().unwrap())],
        vec![
            SanType::DnsName("localhost".try_into().unwrap()),
            uri("spiffe://example.org/crm"),
        ],
    ] {
        let pair = served.named(names.clone());
        let mut crm = served.connect(Some(&pair), Token::none()).await.unwrap();
        assert_eq!(actor(&mut crm).await.unwrap(), "crm", "{names:?}");
    }
    let mut ada = served.client("spiffe://example.org/ada").await;
    assert_eq!(actor(&mut ada).await.unwrap(), "Ada Lovelace");
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_without_one_subject_opens_no_method() {
    let served = Served::start(false, false).await;
    let unknown = served.named(vec![uri("spiffe://example.org/stranger")]);
    let two = served.named(vec![
        uri("spiffe://example.org/crm"),
        uri("spiffe://example.org/ada"),
    ]);
    let nameless = served.named(Vec::new());
    for (pair, reason, says) in [
        (
            Some(&unknown),
            "CERTIFICATE_UNKNOWN",
            "spiffe://example.org/stranger",
        ),
        (Some(&two), "CERTIFICATE_UNKNOWN", "more than one subject"),
        (
            Some(&nameless),
            "CERTIFICATE_UNKNOWN",
            "subject alternative name",
        ),
        (None, "CERTIFICATE_REQUIRED", "show a client certificate"),
    ] {
        let channel = served.channel(pair).await;
        for method in methods() {
            let answer = raw::call_on(channel.clone(), &method, vec![0xff], None).await;
            let refused = answer.unwrap();
            let expected = (Code::Unauthenticated, reason.to_owned());
            assert_eq!(refusal(&refused), expected, "{}", method.name());
            assert!(refused.message().contains(says), "{refused}");
            assert!(!refused.message().contains("Lovelace"), "{refused}");
        }
    }
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_goes_before_the_certificate_and_one_that_proves_nothing_is_refused() {
    let crm = "spiffe://example.org/crm";
    let both = Served::start(false, true).await;
    let pair = both.theirs.client(crm);
    let token = both.token("eve", Role::Supervisor);
    let good = Token::of(&token).unwrap();
    let mut eve = both.connect(Some(&pair), good.clone()).await.unwrap();
    assert_eq!(actor(&mut eve).await.unwrap(), "eve");
    let mut eve = both.connect(None, good).await.unwrap();
    assert_eq!(actor(&mut eve).await.unwrap(), "eve");
    let mut by_certificate = both.connect(Some(&pair), Token::none()).await.unwrap();
    assert_eq!(actor(&mut by_certificate).await.unwrap(), "crm");
    let forged = DevKey::generate().unwrap();
    let forged = Served {
        key: forged,
        ..both
    };
    let wrong = Token::of(&forged.token("eve", Role::Supervisor)).unwrap();
    let mut eve = forged.connect(Some(&pair), wrong).await.unwrap();
    let refused = actor(&mut eve).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "TOKEN_INVALID");
    let mut nobody = forged.connect(None, Token::none()).await.unwrap();
    let refused = actor(&mut nobody).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "TOKEN_REQUIRED");
    for way in ["send a token", "show a client certificate"] {
        assert!(refused.message().contains(way), "{refused}");
    }
    forged.app.stop().await.unwrap();

    // Where no tokens are taken, none is passed over either.
    let alone = Served::start(true, false).await;
    let pair = alone.theirs.client(crm);
    let token = Token::of(&alone.token("eve", Role::Supervisor)).unwrap();
    let mut eve = alone.connect(Some(&pair), token).await.unwrap();
    let refused = actor(&mut eve).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "TOKEN_INVALID");
    assert!(
        refused.message().contains("does not accept tokens"),
        "{refused}"
    );
    alone.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_roles_and_the_scope_of_a_certificate_are_those_of_its_subject() {
    let served = Served::start(true, false).await;
    let mut crm = served.client("spiffe://example.org/crm").await;
    let mut ada = served.client("spiffe://example.org/ada").await;
    let mut billing = served.client("spiffe://example.org/billing").await;
    let mut olga = served.client("spiffe://example.org/olga").await;
    let refused = olga.file_complaint(filed_by_nobody()).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "ROLE_REQUIRED");
    let ours = crm.file_complaint(filed_by_nobody()).await.unwrap();
    let ours = ours.into_inner().name;
    let harbour = v1::FileComplaintRequest {
        brand: "harbour".to_owned(),
        ..filed_by_nobody()
    };
    let theirs = crm.file_complaint(harbour).await.unwrap().into_inner().name;
    act!(crm, by "bea", theirs, assign_complaint(AssignComplaintRequest { assignee: "billing" }))
        .unwrap();
    let get = |name: &str| v1::GetComplaintRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    for (client, seen, unseen) in [
        (&mut ada, &ours, Some(&theirs)),
        (&mut billing, &theirs, Some(&ours)),
        (&mut olga, &ours, None),
    ] {
        client.get_complaint(get(seen)).await.unwrap();
        if let Some(name) = unseen {
            let refused = client.get_complaint(get(name)).await.unwrap_err();
            assert_eq!(refused.code(), Code::NotFound);
            let noted = act!(client, by "", name, add_note(AddNoteRequest { note: "x" }));
            assert_eq!(noted.unwrap_err().code(), Code::NotFound);
        }
    }
    let shown = olga.get_complaint(get(&ours)).await.unwrap().into_inner();
    assert!(shown.customer.is_none(), "an auditor sees no personal data");
    // A system acts for people, others for themselves.
    let noted = act!(ada, by "bea", ours, add_note(AddNoteRequest { note: "x" }));
    assert_eq!(refusal(&noted.unwrap_err()).1, "ACTOR_NOT_CALLER");
    act!(crm, by "bea", ours, add_note(AddNoteRequest { note: "x" })).unwrap();
    served.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_is_exchanged_under_load_without_a_failed_call_and_a_wrong_one_is_not_taken() {
    let served = Served::start(true, false).await;
    let (done, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let anew = async {
        while !done.load(Ordering::Relaxed) {
            let mut crm = served.client("spiffe://example.org/crm").await;
            crm.file_complaint(filed_by_nobody()).await.unwrap();
        }
    };
    let on_one = async {
        let mut crm = served.client("spiffe://example.org/crm").await;
        while !done.load(Ordering::Relaxed) {
            crm.file_complaint(filed_by_nobody()).await.unwrap();
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    let more_calls = async |more: usize| {
        let target = calls.load(Ordering::Relaxed) + more;
        while calls.load(Ordering::Relaxed) < target {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let write = |text: &str| served.folder.write("subjects.toml", text);
    let without_ada = SUBJECTS.replace("org/ada", "org/nobody");
    let exchange = async {
        // On a connection that was there before the file changed.
        let mut ada = served.client("spiffe://example.org/ada").await;
        assert_eq!(actor(&mut ada).await.unwrap(), "Ada Lovelace");
        for round in 0..3 {
            write(&format!("{without_ada}# {round}"));
            while actor(&mut ada).await.is_ok() {
                more_calls(1).await;
            }
            for wrong in ["", "[[client]]", &SUBJECTS.replace("adviser", "boss")] {
                write(wrong);
                more_calls(10).await;
            }
            std::fs::remove_file(served.folder.path("subjects.toml")).unwrap();
            more_calls(10).await;
            let refused = actor(&mut ada).await.unwrap_err();
            assert_eq!(refusal(&refused).1, "CERTIFICATE_UNKNOWN");
            write(&format!("{SUBJECTS}# {round}"));
            while actor(&mut ada).await.is_err() {
                more_calls(1).await;
            }
        }
        write(&SUBJECTS.replace("Ada Lovelace", "ada"));
        while actor(&mut ada).await.unwrap() != "ada" {
            more_calls(1).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(anew, on_one, exchange);
    served.app.stop().await.unwrap();
}

#[test]
fn the_command_line_is_known_by_its_certificate_and_says_what_else_proves_a_caller() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let folder = Folder::of(&ours.server());
    let authorities = folder.write("clients.crt", &theirs.pem);
    let known = folder.write("known.crt", &ours.pem);
    let subjects = folder.write("subjects.toml", SUBJECTS);
    let pair = theirs.client("spiffe://example.org/ada");
    let certificate = folder.write("client.crt", &pair.certificate);
    let key = folder.write("client.key", &pair.key);
    let database = TestDatabase::create();
    let service = Process::serve_with(&database.url, |serve| {
        serve
            .env("RUST_LOG", "off")
            .envs(folder.options())
            .env("REDRESS_CLIENT_CA_FILE", &authorities)
            .env("REDRESS_CLIENT_CERTS", "optional")
            .env("REDRESS_CLIENT_SUBJECTS", &subjects);
    });
    let program = |words: &[&str], shows: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
        command.args(words).args(["--server", &service.address]);
        command.env("REDRESS_CA_FILE", &known);
        if shows {
            command
                .env("REDRESS_CLIENT_CERT_FILE", &certificate)
                .env("REDRESS_CLIENT_KEY_FILE", &key);
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(said).unwrap(),
        )
    };
    let filing = [
        "file",
        "--channel",
        "form",
        "--name",
        "A",
        "--service",
        "tv",
        "--category",
        "billing",
        "--description",
        "x",
        "--json",
    ];
    let (code, said) = program(&filing, true);
    assert_eq!(code, 0, "{said}");
    let filed: serde_json::Value = serde_json::from_str(&said).unwrap();
    let number = filed["tracking_number"].as_str().unwrap();
    let (code, said) = program(&["show", number], true);
    assert!(code == 0 && said.contains("Ada Lovelace"), "{said}");
    let (code, said) = program(&["list"], false);
    assert_eq!(code, 1, "{said}");
    for way in ["CERTIFICATE_REQUIRED", "--token-file", "--client-cert-file"] {
        assert!(said.contains(way), "{said}");
    }
}
