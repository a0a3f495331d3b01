//! Nobody gets in who is not known, everybody may do what the rules say, and the log knows who did it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::SignedDuration;
use redress::{
    access::Role,
    api::auth::{DevKey, Grant},
    app::{App, AppConfig},
    client::{self, Client, Target, Token},
    proto::v1,
    time_source::{ManualTime, TimeSource as _},
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::{
    command::command,
    database::TestDatabase,
    office::{START, instant},
    process::Process,
    raw,
    requests::methods,
    service::{Reading as _, Service, act, config, filing, refusal, told},
};

/// A service that knows its callers by the tokens of a key of the test's own.
pub(crate) struct Known {
    pub(crate) service: Service,
    key: DevKey,
    time: Arc<ManualTime>,
}

impl Known {
    pub(crate) async fn start() -> Self {
        let database = Arc::new(TestDatabase::create());
        let time = Arc::new(ManualTime::at(instant(START)));
        let key = DevKey::generate().unwrap();
        let app = App::start(AppConfig {
            issuers: vec![key.issuer()],
            ..config(&database.url, Arc::clone(&time))
        });
        let app = app.await.unwrap();
        let client = crate::support::service::connect(&app).await;
        let service = Service {
            app,
            client,
            time: Arc::clone(&time),
            database,
        };
        Known { service, key, time }
    }

    pub(crate) fn token(&self, subject: &str, roles: &[Role]) -> String {
        let grant = Grant {
            subject: subject.to_owned(),
            roles: roles.to_vec(),
            brands: vec!["*".to_owned()],
            queues: Vec::new(),
            period: SignedDuration::from_hours(8),
        };
        self.key.sign(&grant, self.time.now())
    }

    pub(crate) async fn client(&self, subject: &str, roles: &[Role]) -> Client {
        let server = format!("http://{}", self.service.app.address);
        let token = Token::of(&self.token(subject, roles)).unwrap();
        client::connect(&Target::at(&server, token)).await.unwrap()
    }
}

/// The roles in a list of each method's rule, such as `roles`, read by a second, naive reader of the files themselves: in the text
/// between a method's name and the end of its options.
pub(crate) fn written(list: &str) -> BTreeMap<String, BTreeSet<String>> {
    let files = std::fs::read_dir("proto/redress/v1").unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut rules = BTreeMap::new();
    for file in files.filter(|file| file.extension().is_some_and(|it| it == "proto")) {
        let text = std::fs::read_to_string(file).unwrap();
        let calls = text.split("\n  rpc ").skip(1);
        for call in calls {
            let call = call.split("\n  }\n").next().unwrap();
            let (name, options) = call.split_once('(').unwrap();
            let roles = options.split(&format!(" {list}: [")).nth(1);
            let roles = roles.unwrap_or_default().split(']').next().unwrap();
            let roles = roles.split(',').filter(|role| !role.is_empty());
            let roles = roles.map(|role| {
                let role = role.trim().trim_start_matches("CALLER_ROLE_");
                role.to_lowercase()
            });
            rules.insert(name.to_owned(), roles.collect());
        }
    }
    rules
}

/// No message of any method: whoever is let in hears that, at once.
const NONSENSE: &[u8] = &[0xff];

/// Whether a call was let in: whatever is said then of the request, it is not about the caller.
fn let_in(answer: Option<&Status>) -> bool {
    answer.is_none_or(|status| {
        !matches!(
            status.code(),
            Code::Unauthenticated | Code::PermissionDenied
        )
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_lets_in_the_roles_of_its_rule_and_nobody_else() {
    let known = Known::start().await;
    let (methods, written) = (methods(), written("roles"));
    assert_eq!(methods.len(), written.len());
    let mut seen = BTreeSet::new();
    for role in Role::ALL {
        let token = known.token("ada", &[role]);
        for method in &methods {
            let answer =
                raw::call_with(&known.service.app, method, NONSENSE.to_vec(), Some(&token)).await;
            let may = written[method.name()].contains(role.as_str());
            assert_eq!(
                let_in(answer.as_ref()),
                may,
                "{role} {}: {answer:?}",
                method.name()
            );
            if !may {
                let (code, reason) = refusal(answer.as_ref().unwrap());
                assert_eq!(
                    (code, reason.as_str()),
                    (Code::PermissionDenied, "ROLE_REQUIRED")
                );
                let info = answer.unwrap().get_details_error_info().unwrap();
                let told: BTreeSet<String> = info.metadata["roles"]
                    .split(", ")
                    .map(str::to_owned)
                    .collect();
                assert_eq!(told, written[method.name()]);
            }
            seen.insert(may);
        }
    }
    assert_eq!(seen, BTreeSet::from([false, true]));
    // Roles add up, and without any nothing is open.
    let both = known.token("ada", &[Role::Auditor, Role::Administrator]);
    let none = known.token("ada", &[]);
    for method in &methods {
        let answer =
            raw::call_with(&known.service.app, method, NONSENSE.to_vec(), Some(&both)).await;
        let rule = &written[method.name()];
        let may = rule.contains("auditor") || rule.contains("administrator");
        assert_eq!(let_in(answer.as_ref()), may, "{}", method.name());
        let answer =
            raw::call_with(&known.service.app, method, NONSENSE.to_vec(), Some(&none)).await;
        assert!(!let_in(answer.as_ref()), "{}", method.name());
    }
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_that_proves_somebody_no_method_does_anything() {
    let known = Known::start().await;
    let other = DevKey::generate().unwrap();
    let stranger = Known {
        key: other,
        ..known
    };
    let forged = stranger.token("ada", &Role::ALL);
    for method in methods() {
        for (token, reason) in [
            (None, "TOKEN_REQUIRED"),
            (Some(forged.as_str()), "TOKEN_INVALID"),
        ] {
            let answer =
                raw::call_with(&stranger.service.app, &method, NONSENSE.to_vec(), token).await;
            let (code, said) = refusal(&answer.unwrap());
            assert_eq!(
                (code, said.as_str()),
                (Code::Unauthenticated, reason),
                "{}",
                method.name()
            );
        }
    }
    stranger.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_has_expired_is_told_from_one_that_proves_nothing() {
    let known = Known::start().await;
    let mut ada = known.client("ada", &[Role::Adviser]).await;
    ada.file_complaint(filing(v1::Channel::Form)).await.unwrap();
    let later = known.time.now() + SignedDuration::from_hours(8) + SignedDuration::from_secs(30);
    known.time.set(later);
    let refused = ada
        .file_complaint(filing(v1::Channel::Form))
        .await
        .unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::Unauthenticated, "TOKEN_EXPIRED".to_owned())
    );
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_acts_is_the_caller_and_a_system_that_acts_for_people_stays_on_record() {
    let known = Known::start().await;
    let mut ada = known.client("Ada Lovelace", &[Role::Adviser]).await;
    let mut crm = known.client("crm", &[Role::Integration]).await;
    let mut filed = filing(v1::Channel::Form);
    filed.actor = String::new();
    let name = ada.file_complaint(filed).await.unwrap().into_inner().name;
    act!(ada, by "ada  LOVELACE", name, add_note(AddNoteRequest { note: "Hers." })).unwrap();
    let refused = act!(ada, by "bea", name, add_note(AddNoteRequest { note: "Not hers." }));
    let refused = refused.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::PermissionDenied, "ACTOR_NOT_CALLER".to_owned())
    );
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.metadata["roles"], "integration");
    act!(crm, by "bea", name, add_note(AddNoteRequest { note: "Bea's." })).unwrap();
    act!(crm, by "", name, add_note(AddNoteRequest { note: "The system's own." })).unwrap();
    let wrong = act!(crm, by "redress", name, add_note(AddNoteRequest { note: "Nobody's." }));
    assert_eq!(wrong.unwrap_err().code(), Code::InvalidArgument);

    let request = v1::ListEventsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let events = ada.list_events(request).await.unwrap().into_inner().events;
    let notes = events.iter().filter(|event| event.word() == "note_added");
    let by: Vec<_> = notes
        .map(|event| (event.actor.as_str(), event.entered_by.as_str()))
        .collect();
    assert_eq!(by, [("Ada Lovelace", ""), ("bea", "crm"), ("crm", "")]);
    let filed = events.first().unwrap();
    assert_eq!(
        (filed.actor.as_str(), filed.entered_by.as_str()),
        ("Ada Lovelace", "")
    );
    // It is part of what is hashed.
    let entered = events
        .iter()
        .find(|event| event.entered_by == "crm")
        .unwrap();
    let record = entered.record.as_ref().unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&record.payload).unwrap();
    assert_eq!(payload["entered_by"], "crm");
    assert_eq!(payload["kind"], "note_added");
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_entered_by_another_system_is_another_request() {
    let known = Known::start().await;
    let mut crm = known.client("crm", &[Role::Integration]).await;
    let mut chat = known.client("chat", &[Role::Integration]).await;
    let mut filed = filing(v1::Channel::Chat);
    filed.actor = "bea".to_owned();
    filed.request_id = "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21".to_owned();
    let first = crm
        .file_complaint(filed.clone())
        .await
        .unwrap()
        .into_inner();
    let again = crm
        .file_complaint(filed.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.name, again.name);
    let refused = chat.file_complaint(filed).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned())
    );
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_reads_everything_but_personal_data() {
    const WORDS: &str = "The line drops every evening.";
    let known = Known::start().await;
    let mut ada = known.client("ada", &[Role::Adviser]).await;
    let mut auditor = known.client("olga", &[Role::Auditor]).await;
    let mut both = known
        .client("otto", &[Role::Auditor, Role::Compliance])
        .await;
    let mut filed = filing(v1::Channel::Form);
    filed.acknowledgement = Some(v1::Acknowledgement::default());
    let name = ada.file_complaint(filed).await.unwrap().into_inner().name;
    act!(ada, name, add_note(AddNoteRequest { note: WORDS })).unwrap();

    for (client, sees) in [(&mut auditor, false), (&mut both, true), (&mut ada, true)] {
        let mut shown = String::new();
        for paths in [&[] as &[&str], &["*"], &["customer", "issues"]] {
            let mask = (!paths.is_empty()).then(|| prost_types::FieldMask {
                paths: paths.iter().map(|&path| path.to_owned()).collect(),
            });
            let get = v1::GetComplaintRequest {
                name: name.clone(),
                read_mask: mask.clone(),
            };
            let got = client.get_complaint(get).await.unwrap().into_inner();
            assert_eq!(got.customer.is_some(), sees, "{paths:?}");
            assert!(!got.issues.is_empty());
            let list = v1::ListComplaintsRequest {
                read_mask: mask,
                ..Default::default()
            };
            let listed = client.list_complaints(list).await.unwrap().into_inner();
            assert_eq!(listed.complaints.len(), 1);
            shown += &format!("{got:?} {listed:?}");
        }
        let events = v1::ListEventsRequest {
            parent: name.clone(),
            include_text: true,
            ..Default::default()
        };
        let events = client.list_events(events).await.unwrap().into_inner();
        let note = events
            .events
            .iter()
            .find(|event| event.word() == "note_added");
        let note = note.unwrap();
        assert_eq!(note.text == WORDS, sees);
        let one = v1::GetEventRequest {
            name: note.name.clone(),
            include_text: true,
        };
        shown += &format!("{events:?} {:?}", client.get_event(one).await.unwrap());
        let notices = v1::ListNoticesRequest {
            parent: name.clone(),
            ..Default::default()
        };
        let notices = client.list_notices(notices).await.unwrap().into_inner();
        let notice = notices.notices.first().unwrap();
        assert_eq!(notice.text.is_empty(), !sees);
        let one = v1::GetNoticeRequest {
            name: notice.name.clone(),
        };
        shown += &format!("{notices:?} {:?}", client.get_notice(one).await.unwrap());
        let watch = v1::WatchEventsRequest {
            from_beginning: true,
            include_text: true,
            ..Default::default()
        };
        let mut stream = client.watch_events(watch).await.unwrap().into_inner();
        for _ in &events.events {
            shown += &format!("{:?}", told(&mut stream).await.unwrap());
        }
        for words in [WORDS, "Sample Customer"] {
            assert_eq!(shown.contains(words), sees, "{shown}");
        }
    }
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_try_takes_a_key_of_ones_own_and_no_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key, file) = (path("key.json"), path("ada.token"));
    let words = [
        "token",
        "--key",
        &key,
        "--subject",
        "ada",
        "--role",
        "adviser",
        "--brand",
        "jive",
    ];
    let (made, token) = command(&words).await;
    made.unwrap();
    std::fs::write(&file, &token).unwrap();

    let database = TestDatabase::create();
    let service = Process::serve_with(&database.url, |serve| {
        serve.env("RUST_LOG", "off").args(["--dev-keys", &key]);
    });
    let server = service.address.clone();
    let with_token = ["--server", &server, "--token-file", &file];
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
    ];
    let (filed, _) = command(&[&filing[..], &with_token].concat()).await;
    filed.unwrap();
    let (listed, text) = command(&[&["list"][..], &with_token].concat()).await;
    listed.unwrap();
    assert!(text.contains("RD-"), "{text}");
    let (refused, _) = command(&["list", "--server", &server]).await;
    let said = refused.unwrap_err().to_string();
    assert!(
        said.contains("TOKEN_REQUIRED")
            && said.contains("--token-file")
            && said.contains("--client-cert-file"),
        "{said}"
    );
    // A file that holds something else is not sent to anybody.
    let (refused, _) = command(&["list", "--server", &server, "--token-file", &key]).await;
    let said = refused.unwrap_err().to_string();
    assert!(
        said.contains("does not contain a token") && !said.contains(&token),
        "{said}"
    );
    service.kill();

    let open = ["serve", "--listen", "0.0.0.0:0", "--dev-keys", &key];
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_redress"));
    let refused = program.args(open).args(["--database-url", &database.url]);
    let refused = refused.output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("--dev-keys") && said.contains("loopback"),
        "{said}"
    );
}
