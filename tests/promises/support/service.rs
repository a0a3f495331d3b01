//! The whole service on a port of its own, with a database of its own, and a client that calls it.

use std::{sync::Arc, time::Duration};

use diesel::{
    RunQueryDsl as _,
    dsl::sql,
    sql_types::{Array, BigInt},
};
use redress::{
    api::{
        grpc::{Allowance, CallerLimits},
        read_record::ReadRecordSettings,
    },
    app::{App, AppConfig},
    outbox::{OutboxSettings, egress::EgressSettings},
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    store::{DatabaseUrl, Limits, Storage},
    telemetry::Metrics,
    time_source::{ManualTime, Stopwatch},
};
use tonic::{Code, Status, Streaming, transport::Channel};
use tonic_types::StatusExt as _;

use super::{
    database::TestDatabase,
    office::{START, instant},
    policies::trusting_dir,
};

pub(crate) struct Service {
    pub(crate) app: App,
    pub(crate) client: ComplaintServiceClient<Channel>,
    pub(crate) time: Arc<ManualTime>,
    pub(crate) database: Arc<TestDatabase>,
}

impl Service {
    pub(crate) async fn start() -> Service {
        let database = Arc::new(TestDatabase::create());
        Self::beside(database, Arc::new(ManualTime::at(instant(START)))).await
    }

    /// One under the built-in policies as they are: a customer counts as told once a notice was sent, posted or told.
    pub(crate) async fn delivering() -> Service {
        let database = Arc::new(TestDatabase::create());
        let time = Arc::new(ManualTime::at(instant(START)));
        let mut config = config(&database.url, Arc::clone(&time));
        config.policy_dir = None;
        let app = App::start(config).await.expect("the service starts");
        let client = connect(&app).await;
        Service {
            app,
            client,
            time,
            database,
        }
    }

    /// Another one on the same database: a replica.
    pub(crate) async fn beside(database: Arc<TestDatabase>, time: Arc<ManualTime>) -> Service {
        let app = App::start(config(&database.url, Arc::clone(&time)))
            .await
            .expect("the service starts");
        let client = connect(&app).await;
        Service {
            app,
            client,
            time,
            database,
        }
    }

    /// Files a complaint that is complete and plain.
    pub(crate) async fn file(&mut self, channel: v1::Channel) -> v1::Complaint {
        self.file_as(filing(channel)).await
    }

    pub(crate) async fn file_as(&mut self, filing: v1::FileComplaintRequest) -> v1::Complaint {
        let filed = self.client.file_complaint(filing).await;
        filed.expect("filed").into_inner()
    }

    /// Files a complaint by form and acknowledges it.
    pub(crate) async fn under_review(&mut self) -> v1::Complaint {
        let mut filing = filing(v1::Channel::Form);
        filing.acknowledgement = Some(v1::Acknowledgement::default());
        self.file_as(filing).await
    }

    pub(crate) async fn get(&mut self, name: &str) -> v1::Complaint {
        let request = v1::GetComplaintRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        let got = self.client.get_complaint(request).await;
        got.expect("a complaint").into_inner()
    }

    pub(crate) async fn events(&mut self, name: &str) -> Vec<v1::Event> {
        let request = v1::ListEventsRequest {
            parent: name.to_owned(),
            page_size: 1_000,
            include_text: true,
            ..Default::default()
        };
        let listed = self.client.list_events(request).await;
        listed.expect("events").into_inner().events
    }

    /// The kinds of the events, in order.
    pub(crate) async fn kinds(&mut self, name: &str) -> Vec<String> {
        let events = self.events(name).await;
        events.iter().map(Reading::word).collect()
    }

    pub(crate) async fn clocks(&mut self, name: &str) -> Vec<v1::Clock> {
        let name = name.to_owned();
        let listed = self.client.list_clocks(v1::ListClocksRequest {
            parent: name,
            page_size: 1_000,
            ..Default::default()
        });
        let clocks = listed.await.expect("clocks").into_inner().clocks;
        assert!(!clocks.is_empty(), "something is promised at any time");
        clocks
    }

    /// The last cycle of a clock.
    pub(crate) async fn clock(&mut self, name: &str, clock: &str) -> v1::Clock {
        let clocks = self.clocks(name).await.into_iter();
        let cycles = clocks.filter(|cycle| cycle.clock == clock);
        cycles.max_by_key(|cycle| cycle.cycle).expect("the clock")
    }

    pub(crate) async fn notices(&mut self, name: &str) -> Vec<v1::Notice> {
        let name = name.to_owned();
        let listed = self.client.list_notices(v1::ListNoticesRequest {
            parent: name,
            page_size: 1_000,
            ..Default::default()
        });
        listed.await.expect("notices").into_inner().notices
    }

    /// The kind of the last notice, with its text.
    pub(crate) async fn last_notice(&mut self, name: &str) -> (String, String) {
        let last = self.notices(name).await.pop().expect("a notice");
        (last.word(), last.text)
    }

    /// The events of these kinds that are committed from now on.
    pub(crate) async fn watch(&mut self, kinds: &[&str]) -> Watch {
        let request = v1::WatchEventsRequest {
            kinds: kinds.iter().map(|kind| kind_named(kind).into()).collect(),
            include_text: true,
            ..Default::default()
        };
        let stream = self.client.watch_events(request).await;
        Watch(stream.expect("a stream").into_inner())
    }

    /// How many rows the tables hold that a call may write to.
    pub(crate) fn rows(&self) -> Vec<i64> {
        let tables = [
            "complaint",
            "event",
            "clock",
            "notice",
            "personal",
            "request",
        ];
        let counts = tables.map(|table| format!("(select count(*) from {table})"));
        let counts = sql::<Array<BigInt>>(&format!("array[{}]", counts.join(", ")));
        diesel::select(counts)
            .get_result(&mut self.database.connect())
            .expect("counts")
    }

    pub(crate) async fn stop(self) {
        self.app.stop().await.expect("the service stops");
    }
}

pub(crate) fn config(database_url: &str, time: Arc<ManualTime>) -> AppConfig {
    AppConfig {
        listen: "127.0.0.1:0".parse().expect("an address"),
        tls: None,
        probes: None,
        database_url: DatabaseUrl::parse(database_url).expect("a database"),
        migrate: false,
        pool_size: 4,
        watchers: 100,
        heartbeat: Duration::from_secs(15),
        limits: Limits::default(),
        storage: Storage::default(),
        policy_dir: Some(trusting_dir().to_path_buf()),
        calendar_dir: None,
        brand_dir: None,
        secret_key: None,
        egress: EgressSettings::default(),
        outbox: OutboxSettings::default(),
        drain: Duration::from_secs(5),
        issuers: Vec::new(),
        client_subjects: None,
        // What a caller may have is a matter of tests of its own; the others call as fast as they can.
        callers: CallerLimits {
            people: Allowance::UNLIMITED,
            integrations: Allowance::UNLIMITED,
            ..CallerLimits::default()
        },
        mail: None,
        read_record: ReadRecordSettings::default(),
        kafka: None,
        staff: None,
        staff_from: None,
        time,
        uptime: Arc::new(Stopwatch::start()),
        metrics: Metrics::off(),
    }
}

pub(crate) async fn connect(app: &App) -> ComplaintServiceClient<Channel> {
    ComplaintServiceClient::connect(format!("http://{}", app.address))
        .await
        .expect("a connection to the service")
}

/// A stream of events.
pub(crate) struct Watch(Streaming<v1::WatchEventsResponse>);

impl Watch {
    /// The next event. What does not come within a minute, never comes.
    pub(crate) async fn next(&mut self) -> Result<v1::WatchEventsResponse, Status> {
        told(&mut self.0).await
    }

    pub(crate) async fn event(&mut self) -> v1::Event {
        let response = self.next().await.expect("an event");
        response.event.expect("the event itself")
    }
}

/// The next message with an event. What does not come within a minute, never comes.
pub(crate) async fn told(
    stream: &mut Streaming<v1::WatchEventsResponse>,
) -> Result<v1::WatchEventsResponse, Status> {
    let event = async {
        loop {
            let message = stream.message().await?;
            let message = message.expect("a stream ends with a status");
            if message.event.is_some() || !message.unreachable.is_empty() {
                return Ok(message);
            }
        }
    };
    let event = tokio::time::timeout(Duration::from_secs(60), event);
    event.await.expect("an event in time")
}

/// Has `ada` do something to a complaint: `act!(client, name, assign_complaint(AssignComplaintRequest { assignee: "eve" }))`.
///
/// Somebody else does it as `act!(client, by "bea", name, …)`.
macro_rules! act {
    ($client:expr, by $actor:expr, $name:expr, $method:ident($request:ident { $($field:ident: $value:expr),* $(,)? })) => {
        $client
            .$method(redress::proto::v1::$request {
                name: $name.to_string(),
                actor: $actor.to_owned(),
                $($field: $value.into(),)*
                ..Default::default()
            })
            .await
            .map(tonic::Response::into_inner)
    };
    ($client:expr, $name:expr, $method:ident($request:ident { $($field:ident: $value:expr),* $(,)? })) => {
        $client
            .$method(redress::proto::v1::$request {
                name: $name.to_string(),
                actor: "ada".to_owned(),
                $($field: $value.into(),)*
                ..Default::default()
            })
            .await
            .map(tonic::Response::into_inner)
    };
}
pub(crate) use act;

/// What tests look at in an event or a notice.
pub(crate) trait Reading {
    /// The kind, as it is recorded.
    fn word(&self) -> String;
}

impl Reading for v1::Event {
    fn word(&self) -> String {
        let name = self.kind().as_str_name();
        name.trim_start_matches("EVENT_KIND_").to_lowercase()
    }
}

impl Reading for v1::Notice {
    fn word(&self) -> String {
        let name = self.kind().as_str_name();
        name.trim_start_matches("NOTICE_KIND_").to_lowercase()
    }
}

/// What was hashed of an event.
pub(crate) fn payload(event: &v1::Event) -> &str {
    let record = event.record.as_ref().expect("what was hashed");
    str::from_utf8(&record.payload).expect("JSON")
}

/// The clock, and its cycle, a step of which caused an event.
pub(crate) fn clock_of(event: &v1::Event) -> (&str, i32) {
    let step = event.clock_step.as_ref();
    step.map_or(("", 0), |step| (step.clock.as_str(), step.cycle))
}

/// The kind of event that is recorded by this word.
pub(crate) fn kind_named(word: &str) -> v1::EventKind {
    let name = format!("EVENT_KIND_{}", word.to_uppercase());
    v1::EventKind::from_str_name(&name).expect("a kind of event")
}

/// The code and the reason of an error.
pub(crate) fn refusal(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info().expect("an ErrorInfo");
    assert_eq!(info.domain, "redress");
    (status.code(), info.reason)
}

/// The fields that a request was refused for.
pub(crate) fn violated(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_details_bad_request().expect("a BadRequest");
    let violations = details.field_violations.into_iter();
    violations.map(|violation| violation.field).collect()
}

/// An instant as the API has it.
pub(crate) fn at(text: &str) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant(text).as_second(),
        nanos: 0,
    }
}

/// A filing that is complete and plain.
pub(crate) fn filing(channel: v1::Channel) -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        actor: "ada".to_owned(),
        channel: channel.into(),
        customer: Some(v1::Customer {
            full_name: "Sample Customer".to_owned(),
            ..Default::default()
        }),
        customer_type: v1::CustomerType::Consumer.into(),
        language: v1::Language::English.into(),
        issues: vec![v1::Issue {
            service: v1::ServiceKind::Internet.into(),
            category: v1::IssueCategory::ServiceDelivery.into(),
            description: "The line drops every evening.".to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}
