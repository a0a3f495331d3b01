//! Each caller has limits of its own, is told what it has used up and when to go on, and takes nothing from the others.

mod addresses;

use std::{sync::Arc, time::Duration};

use diesel::connection::SimpleConnection as _;
use futures_util::{
    future::{join, join_all},
    stream,
};
use jiff::SignedDuration;
use redress::{
    access::Role,
    api::{
        auth::{DevKey, Grant},
        grpc::{Allowance, CallerLimits},
    },
    app::{App, AppConfig},
    client::{self, CallMetadata, Client, Target, Token},
    proto::v1,
    time_source::{ManualTime, TimeSource as _},
};
use tokio::task::JoinSet;
use tonic::{Code, Request, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};
use tonic_types::StatusExt as _;

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    raw::Raw,
    service::{act, config, filing, refusal},
};

const ADVISER: &[Role] = &[Role::Adviser];
const LIST: &str = "/redress.v1.ComplaintService/ListComplaints";

/// A service that knows its callers, and counts their calls by a time that stands still until it is moved.
struct Stage {
    database: TestDatabase,
    app: App,
    key: DevKey,
    time: Arc<ManualTime>,
    uptime: Arc<ManualTime>,
}

impl Stage {
    async fn start(limits: CallerLimits) -> Self {
        let database = TestDatabase::create();
        let time = Arc::new(ManualTime::at(instant(START)));
        let uptime = Arc::new(ManualTime::at(instant(START)));
        let key = DevKey::generate().unwrap();
        let app = App::start(AppConfig {
            issuers: vec![key.issuer()],
            callers: limits,
            uptime: Arc::<ManualTime>::clone(&uptime),
            ..config(&database.url, Arc::clone(&time))
        });
        Stage {
            app: app.await.unwrap(),
            database,
            key,
            time,
            uptime,
        }
    }

    /// One where people may have so much, and nothing else is limited.
    async fn for_people(people: Allowance) -> Self {
        Self::start(CallerLimits {
            people,
            integrations: Allowance::UNLIMITED,
            ..CallerLimits::default()
        })
        .await
    }

    fn address(&self) -> String {
        format!("http://{}", self.app.address)
    }

    fn token_by(&self, key: &DevKey, subject: &str, roles: &[Role]) -> String {
        let grant = Grant {
            subject: subject.to_owned(),
            roles: roles.to_vec(),
            brands: vec!["*".to_owned()],
            queues: Vec::new(),
            period: SignedDuration::from_hours(8),
        };
        key.sign(&grant, self.time.now())
    }

    fn token(&self, subject: &str) -> String {
        self.token_by(&self.key, subject, ADVISER)
    }

    /// On a connection of its own.
    async fn client(&self, subject: &str, roles: &[Role]) -> Client {
        self.client_with(&self.token_by(&self.key, subject, roles))
            .await
    }

    async fn client_with(&self, token: &str) -> Client {
        let token = Token::of(token).unwrap();
        let target = Target::at(&self.address(), token);
        client::connect(&target).await.unwrap()
    }

    async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(self.address()).unwrap();
        endpoint.connect().await.unwrap()
    }

    fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap();
        self.uptime.set(self.uptime.now() + by);
    }
}

/// Makes a call that is answered at once.
async fn list(client: &mut Client) -> Result<(), Status> {
    let listed = client.list_complaints(v1::ListComplaintsRequest::default());
    listed.await.map(drop)
}

async fn watch(client: &mut Client) -> Result<tonic::Streaming<v1::WatchEventsResponse>, Status> {
    let watched = client.watch_events(v1::WatchEventsRequest::default());
    watched.await.map(tonic::Response::into_inner)
}

/// What a refusal says: the reason, the quota, whose it is, how much it is, and when to go on.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    reason: String,
    quota: String,
    subject: String,
    description: String,
    value: i64,
    retry: Duration,
}

fn told(status: &Status) -> Told {
    let (code, reason) = refusal(status);
    assert_eq!(code, Code::ResourceExhausted, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    let quotas = status.get_details_quota_failure().unwrap().violations;
    let [violation] = quotas.as_slice() else {
        panic!("one quota is used up: {quotas:?}");
    };
    assert_eq!(info.metadata["quota"], violation.quota_id);
    assert_eq!(info.metadata["value"], violation.quota_value.to_string());
    let retry = status.get_details_retry_info().unwrap().retry_delay;
    Told {
        reason,
        quota: violation.quota_id.clone(),
        subject: violation.subject.clone(),
        description: violation.description.clone(),
        value: violation.quota_value,
        retry: retry.unwrap(),
    }
}

/// Whether a call was let in, whatever became of it.
fn is_let_in(answer: &Result<(), Status>) -> bool {
    match answer {
        Ok(()) => true,
        Err(status) => refusal(status).1 != "QUOTA_EXCEEDED",
    }
}

/// Calls until it is as it should be. A call that has ended gives back what it took a moment after its answer has arrived.
async fn until<T, F: Future<Output = Result<T, Status>>>(
    wanted: impl Fn(&Result<T, Status>) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, Status> {
    let called = async {
        loop {
            let answer = call().await;
            if wanted(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let called = tokio::time::timeout(Duration::from_secs(60), called).await;
    called.expect("an answer that is wanted")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_refused_at_the_rate_of_its_caller_and_another_is_served_throughout() {
    let stage = Stage::for_people(Allowance {
        calls_per_second: 10,
        burst: 20,
        in_flight: 0,
        streams: 0,
    })
    .await;
    // Over several connections, with several tokens: it is one caller.
    let mut flooding = Vec::new();
    for _ in 0..3 {
        flooding.push(stage.client("ada", ADVISER).await);
    }
    let flood = |times: usize| {
        let callers = flooding.iter().cycle().take(times).cloned();
        join_all(callers.map(|mut client| async move { list(&mut client).await }))
    };
    let mut bea = stage.client("bea", ADVISER).await;
    let other = async {
        for _ in 0..20 {
            let filed = bea.file_complaint(v1::FileComplaintRequest {
                actor: String::new(),
                ..filing(v1::Channel::Form)
            });
            filed.await.expect("whoever does not flood is served");
        }
    };
    let (answers, ()) = join(flood(200), other).await;
    let refused: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().err())
        .collect();
    assert_eq!(refused.len(), 180);
    for refused in refused {
        let expected = Told {
            reason: "QUOTA_EXCEEDED".to_owned(),
            quota: "calls_per_second".to_owned(),
            subject: "caller:ada".to_owned(),
            description: "10 calls a second, 20 at once".to_owned(),
            value: 10,
            retry: Duration::from_millis(100),
        };
        assert_eq!(told(refused), expected);
    }
    // Whoever waits for as long as it is told is served, once; and in a second as often as may be.
    for (waits, served) in [(100, 1), (1_000, 10), (60_000, 20)] {
        stage.advance(Duration::from_millis(waits));
        let answers = flood(50).await;
        assert_eq!(
            answers.iter().filter(|answer| answer.is_ok()).count(),
            served
        );
    }
    stage.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_refused_is_answered_before_its_message_has_come() {
    let stage = Stage::start(CallerLimits {
        people: Allowance {
            calls_per_second: 1,
            burst: 1,
            ..Allowance::UNLIMITED
        },
        request_time: Duration::from_secs(600),
        ..CallerLimits::default()
    })
    .await;
    list(&mut stage.client("ada", ADVISER).await).await.unwrap();
    let mut raw = tonic::client::Grpc::new(stage.channel().await);
    raw.ready().await.unwrap();
    let mut request = Request::new(stream::pending::<Vec<u8>>());
    let token = format!("Bearer {}", stage.token("ada"));
    let metadata = request.metadata_mut();
    metadata.insert("authorization", token.parse().unwrap());
    let answer = raw.streaming(request, LIST.parse().unwrap(), Raw);
    let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
    let refused = answer.expect("an answer at once").unwrap_err();
    assert_eq!(told(&refused).quota, "calls_per_second");
    drop(raw);
    stage.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_flight_are_limited_until_they_are_answered_fail_or_are_given_up() {
    let stage = Stage::for_people(Allowance {
        in_flight: 2,
        ..Allowance::UNLIMITED
    })
    .await;
    let client = stage.client("ada", ADVISER).await;
    let elsewhere = stage.client("ada", ADVISER).await;
    let mut filing_one = client.clone();
    let filed = filing_one.file_complaint(v1::FileComplaintRequest {
        actor: String::new(),
        ..filing(v1::Channel::Form)
    });
    let name = filed.await.unwrap().into_inner().name;
    // As long as somebody else holds the complaint, changes to it wait.
    let hold = || {
        let mut other = stage.database.connect();
        other
            .batch_execute("begin; select id from complaint for update")
            .unwrap();
        other
    };
    let wait = |waiting: &mut JoinSet<Result<(), Status>>| {
        for mut client in [client.clone(), elsewhere.clone()] {
            let name = name.clone();
            waiting.spawn(async move {
                // A call that has ended may count for a moment still.
                loop {
                    let answer = act!(client, by "", name, add_note(AddNoteRequest { note: "Still waiting." }));
                    let answer = answer.map(drop);
                    if is_let_in(&answer) {
                        return answer;
                    }
                }
            });
        }
    };
    let refused = || async {
        let refused = until(
            |answer| !is_let_in(answer),
            || {
                let mut client = elsewhere.clone();
                async move { list(&mut client).await }
            },
        );
        refused.await.unwrap_err()
    };
    let served = || {
        let mut client = elsewhere.clone();
        async move { list(&mut client).await }
    };

    // Two that wait, on two connections, and then are answered.
    let mut other = hold();
    let mut waiting = JoinSet::new();
    wait(&mut waiting);
    let seen = told(&refused().await);
    assert_eq!(
        (seen.quota.as_str(), seen.subject.as_str(), seen.value),
        ("calls_in_flight", "caller:ada", 2)
    );
    assert_eq!(seen.description, "2 calls in flight");
    let mut bea = stage.client("bea", ADVISER).await;
    list(&mut bea).await.unwrap();
    other.batch_execute("commit").unwrap();
    while let Some(answer) = waiting.join_next().await {
        answer.unwrap().unwrap();
    }
    until(Result::is_ok, served).await.unwrap();

    // Two that wait, and are given up.
    let other = hold();
    let mut waiting = JoinSet::new();
    wait(&mut waiting);
    refused().await;
    waiting.shutdown().await;
    until(Result::is_ok, served).await.unwrap();
    drop(other);

    // Many that fail.
    for _ in 0..20 {
        let failed = until(is_let_in, || {
            let mut client = client.clone();
            async move {
                let name = "complaints/RD-00000-00000".to_owned();
                let got = client.get_complaint(v1::GetComplaintRequest {
                    name,
                    read_mask: None,
                });
                got.await.map(drop)
            }
        });
        assert_ne!(failed.await.unwrap_err().code(), Code::ResourceExhausted);
    }
    drop((client, elsewhere));
    stage.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_limited_until_their_end_and_are_no_calls_in_flight() {
    let stage = Stage::for_people(Allowance {
        in_flight: 1,
        streams: 2,
        ..Allowance::UNLIMITED
    })
    .await;
    let mut client = stage.client("ada", ADVISER).await;
    let mut elsewhere = stage.client("ada", ADVISER).await;
    let first = watch(&mut client).await.unwrap();
    let second = watch(&mut elsewhere).await.unwrap();
    let refused = watch(&mut client).await.unwrap_err();
    assert_eq!(
        told(&refused),
        Told {
            reason: "QUOTA_EXCEEDED".to_owned(),
            quota: "open_streams".to_owned(),
            subject: "caller:ada".to_owned(),
            description: "2 open streams".to_owned(),
            value: 2,
            retry: Duration::from_secs(1),
        }
    );
    list(&mut client).await.unwrap();
    let mut bea = stage.client("bea", ADVISER).await;
    let others = watch(&mut bea).await.unwrap();
    drop(first);
    let third = until(Result::is_ok, || {
        let mut client = client.clone();
        async move { watch(&mut client).await }
    });
    let third = third.await.unwrap();
    watch(&mut elsewhere).await.unwrap_err();
    drop((second, third, others));
    stage.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_may_have_more_than_a_person() {
    let stage = Stage::start(CallerLimits::default()).await;
    for (subject, roles, burst) in [
        ("ada", ADVISER, 20),
        ("crm", &[Role::Integration][..], 100),
        ("both", &[Role::Integration, Role::Supervisor][..], 100),
    ] {
        let mut client = stage.client(subject, roles).await;
        let mut served = 0;
        let refused = loop {
            match list(&mut client).await {
                Ok(()) => served += 1,
                Err(refused) => break told(&refused),
            }
        };
        assert_eq!(
            (served, refused.quota.as_str()),
            (burst, "calls_per_second")
        );
    }
    stage.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_open_to_everybody_is_not_limited_for_a_caller() {
    let stage = Stage::for_people(Allowance {
        calls_per_second: 1,
        burst: 1,
        in_flight: 1,
        streams: 1,
    })
    .await;
    let token = Token::of(&stage.token("ada")).unwrap();
    let channel = stage.channel().await;
    let metadata = CallMetadata::from(token);
    let mut health = HealthClient::with_interceptor(channel.clone(), metadata.clone());
    let mut reflection = ServerReflectionClient::with_interceptor(channel, metadata);
    for _ in 0..20 {
        health.check(HealthCheckRequest::default()).await.unwrap();
        let question = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let asked = reflection.server_reflection_info(stream::iter([question]));
        let mut answers = asked.await.unwrap().into_inner();
        while answers.message().await.unwrap().is_some() {}
    }
    drop((health, reflection));
    stage.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_is_known_nobody_is_limited() {
    let database = TestDatabase::create();
    let one = Allowance {
        calls_per_second: 1,
        burst: 1,
        in_flight: 1,
        streams: 1,
    };
    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(AppConfig {
        callers: CallerLimits {
            people: one,
            integrations: one,
            ..CallerLimits::default()
        },
        uptime: Arc::<ManualTime>::clone(&time),
        ..config(&database.url, time)
    });
    let app = app.await.unwrap();
    let target = Target::at(&format!("http://{}", app.address), Token::none());
    let client = client::connect(&target).await.unwrap();
    let calls = (0..50).map(|_| {
        let mut client = client.clone();
        async move { list(&mut client).await }
    });
    for answer in join_all(calls).await {
        answer.unwrap();
    }
    drop(client);
    app.stop().await.unwrap();
}
