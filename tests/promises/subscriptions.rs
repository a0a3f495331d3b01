//! Events reach the systems that subscribed to them: signed, at least once, in order for each complaint.

mod alerts;
mod catching_up;
mod failing;
mod killed;
mod lines;
mod managing;
mod replaying;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use redress::{
    app::{App, AppConfig, SecretKey},
    outbox::{
        OutboxSettings,
        egress::{EgressRules, EgressSettings},
    },
    proto::v1::{self, subscription_service_client::SubscriptionServiceClient},
    time_source::{ManualTime, TimeSource as _},
};
use tonic::transport::Channel;

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    receiver::{Received, Receiver, is_signed},
    service::{Service, config, connect},
};

/// A service that may send to some receivers.
pub(crate) struct Sending {
    pub(crate) service: Service,
    client: SubscriptionServiceClient<Channel>,
    /// Where else it may send.
    receivers: Vec<String>,
}

fn key() -> SecretKey {
    SecretKey::from_base64(STANDARD.encode([9; 32])).unwrap()
}

fn sending_to(database: &TestDatabase, time: &Arc<ManualTime>, receivers: &[String]) -> AppConfig {
    let allowed = receivers.iter().map(|url| url.parse().unwrap());
    AppConfig {
        secret_key: Some(key()),
        egress: EgressSettings {
            rules: EgressRules::new(allowed.collect(), vec![443]),
            authorities: None,
        },
        outbox: OutboxSettings {
            look_every: Duration::from_millis(20),
            seed: 7,
            patience: Duration::from_secs(2),
            ..OutboxSettings::default()
        },
        ..config(&database.url, Arc::clone(time))
    }
}

impl Sending {
    pub(crate) async fn to(receivers: &[&Receiver]) -> Sending {
        let receivers = receivers.iter();
        let receivers: Vec<String> = receivers
            .map(|it| format!("http://{}", it.address))
            .collect();
        let database = Arc::new(TestDatabase::create());
        let time = Arc::new(ManualTime::at(instant(START)));
        Self::beside(database, time, receivers).await
    }

    /// Another replica.
    async fn beside(
        database: Arc<TestDatabase>,
        time: Arc<ManualTime>,
        receivers: Vec<String>,
    ) -> Sending {
        let config = sending_to(&database, &time, &receivers);
        Self::of(config, database, time, receivers).await
    }

    /// The service of these settings.
    async fn of(
        config: AppConfig,
        database: Arc<TestDatabase>,
        time: Arc<ManualTime>,
        receivers: Vec<String>,
    ) -> Sending {
        let app = App::start(config).await.expect("the service starts");
        let client = connect(&app).await;
        let address = format!("http://{}", app.address);
        Sending {
            client: SubscriptionServiceClient::connect(address).await.unwrap(),
            service: Service {
                app,
                client,
                time,
                database,
            },
            receivers,
        }
    }

    async fn replica(&self) -> Sending {
        let (database, time) = (&self.service.database, &self.service.time);
        let receivers = self.receivers.clone();
        Self::beside(Arc::clone(database), Arc::clone(time), receivers).await
    }

    pub(crate) async fn subscribe(&mut self, to: &Receiver) -> (v1::Subscription, String) {
        self.subscribe_as(subscription(to)).await
    }

    async fn subscribe_as(&mut self, wanted: v1::Subscription) -> (v1::Subscription, String) {
        let created = self.client.create_subscription(creation(wanted)).await;
        let created = created.unwrap().into_inner();
        (created.subscription.unwrap(), created.secret)
    }

    async fn get(&mut self, name: &str) -> v1::Subscription {
        let name = name.to_owned();
        let got = self
            .client
            .get_subscription(v1::GetSubscriptionRequest { name });
        got.await.unwrap().into_inner()
    }

    /// The subscription, as soon as this is so of it.
    async fn once(
        &mut self,
        name: &str,
        so: impl Fn(&v1::Subscription) -> bool,
    ) -> v1::Subscription {
        let looking = async {
            loop {
                let subscription = self.get(name).await;
                if so(&subscription) {
                    return subscription;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(60), looking).await;
        found.expect("it comes to that")
    }

    async fn deliveries(&mut self, name: &str, filter: v1::DeliveryFilter) -> Vec<v1::Delivery> {
        let request = v1::ListDeliveriesRequest {
            parent: name.to_owned(),
            page_size: 1_000,
            filter: filter.into(),
            ..Default::default()
        };
        let listed = self.client.list_deliveries(request).await.unwrap();
        listed.into_inner().deliveries
    }

    /// The deliveries, as soon as this is so of them.
    async fn once_deliveries(
        &mut self,
        name: &str,
        so: impl Fn(&[v1::Delivery]) -> bool,
    ) -> Vec<v1::Delivery> {
        let looking = async {
            loop {
                let all = self.deliveries(name, v1::DeliveryFilter::Unspecified).await;
                if so(&all) {
                    return all;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(60), looking).await;
        found.expect("it comes to that")
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let time = &self.service.time;
        time.set(time.now() + by);
    }

    async fn note(&mut self, name: &str, note: &str) {
        let request = v1::AddNoteRequest {
            name: name.to_owned(),
            actor: "ada".to_owned(),
            note: note.to_owned(),
            ..Default::default()
        };
        self.service.client.add_note(request).await.unwrap();
    }

    pub(crate) async fn file(&mut self) -> String {
        self.service.file(v1::Channel::Form).await.name
    }
}

fn subscription(to: &Receiver) -> v1::Subscription {
    v1::Subscription {
        title: "Contact centre".to_owned(),
        endpoint: to.url(),
        ..Default::default()
    }
}

/// Of the notes of complaints alone, so that a test knows what comes.
fn of_notes(to: &Receiver) -> v1::Subscription {
    v1::Subscription {
        filter: Some(v1::EventFilter {
            kinds: vec![v1::EventKind::NoteAdded.into()],
            ..Default::default()
        }),
        ..subscription(to)
    }
}

fn creation(wanted: v1::Subscription) -> v1::CreateSubscriptionRequest {
    v1::CreateSubscriptionRequest {
        subscription: Some(wanted),
        actor: "ada".to_owned(),
    }
}

/// The numbers of the events of a complaint, in the order in which they came.
fn sequences(events: &[Received], complaint: &str) -> Vec<String> {
    let of_it = events.iter().map(Received::place);
    of_it
        .filter(|(source, _)| *source == format!("/{complaint}"))
        .map(|(_, sequence)| sequence)
        .collect()
}

fn ordered(sequences: &[String]) -> bool {
    sequences.windows(2).all(|two| two[0] < two[1])
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_arrives_signed_as_a_cloud_event_with_what_the_api_tells_of_it() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (created, secret) = sending.subscribe(&receiver).await;
    // Verified before it got anything, with a signature of the secret that nobody has yet.
    let [verification] = receiver.everything().try_into().unwrap();
    assert_eq!(verification.word(), "subscription.verification");
    assert!(is_signed(&verification, &secret));

    let complaint = sending.file().await;
    sending.note(&complaint, "A secret word.").await;
    let told = |events: &[Received]| events.iter().any(|it| it.word() == "note_added");
    let events = receiver.until(told).await;
    let kinds: Vec<String> = events.iter().map(Received::word).collect();
    assert_eq!(kinds.first().map(String::as_str), Some("filed"));
    let log = sending.service.events(&complaint).await;
    assert_eq!(events.len(), log.len());
    for (received, event) in events.iter().zip(&log) {
        assert!(is_signed(received, &secret));
        assert!(!is_signed(received, "whsec_bm9ib2R5"));
        assert_eq!(
            received.headers["content-type"],
            "application/cloudevents+json"
        );
        let sent = received.event();
        assert_eq!(sent["specversion"], "1.0");
        assert_eq!(sent["id"], received.id());
        assert!(!received.id().contains('.'));
        assert_eq!(sent["source"], format!("/{complaint}"));
        assert_eq!(sent["subject"], event.name);
        assert_eq!(sent["sequence"], format!("{:019}", event.sequence));
        assert_eq!(
            format!("complaints/{}", sent["partitionkey"].as_str().unwrap()),
            complaint
        );
        let at: Timestamp = sent["recordedtime"].as_str().unwrap().parse().unwrap();
        assert_eq!(Some(at.as_second()), event.event_time.map(|at| at.seconds));
        assert_eq!(sent["data"]["name"], event.name);
        assert_eq!(sent["data"]["kind"], event.kind().as_str_name());
        assert_eq!(sent["data"]["complaint_after"]["brand"], "jive");
        assert!(received.body.len() <= 20_000);
    }
    // What was said or written is for those who ask for it.
    let everything = format!(
        "{:?}",
        receiver
            .everything()
            .iter()
            .map(Received::event)
            .collect::<Vec<_>>()
    );
    assert!(!everything.contains("A secret word."));
    assert_eq!(created.state(), v1::SubscriptionState::Active);
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_is_sent_to_those_alone_who_ask_for_it() {
    let (mut with, mut without) = (Receiver::well().await, Receiver::well().await);
    let mut sending = Sending::to(&[&with, &without]).await;
    let texts = v1::Subscription {
        include_text: true,
        ..of_notes(&with)
    };
    sending.subscribe_as(texts).await;
    sending.subscribe_as(of_notes(&without)).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "A secret word.").await;
    let [told] = with.count(1).await.try_into().unwrap();
    assert_eq!(told.event()["data"]["text"], "A secret word.");
    let [told] = without.count(1).await.try_into().unwrap();
    assert_eq!(told.event()["data"].get("text"), None);
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_lets_through_what_it_names_and_no_more() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let filters = [
        v1::EventFilter {
            brand: "jive".to_owned(),
            kinds: vec![v1::EventKind::NoteAdded.into()],
            policies: vec!["ca-jive".to_owned()],
            levels: vec![0],
            ..Default::default()
        },
        // At a level that nothing here is at, and of a clock that has not run.
        v1::EventFilter {
            levels: vec![1],
            ..Default::default()
        },
        v1::EventFilter {
            clocks: vec!["resolution".to_owned()],
            ..Default::default()
        },
    ];
    for filter in filters {
        let wanted = v1::Subscription {
            filter: Some(filter),
            ..subscription(&receiver)
        };
        sending.subscribe_as(wanted).await;
    }
    let complaint = sending.file().await;
    sending.note(&complaint, "One.").await;
    sending.note(&complaint, "Two.").await;
    let events = receiver.count(2).await;
    assert!(events.iter().all(|event| event.word() == "note_added"));
    // A clock's own events come by the third.
    sending.service.time.set(instant("2026-08-01T14:00:00Z"));
    let events = receiver.until(|events| events.len() > 2).await;
    let step = &events[2].event()["data"]["clock_step"]["clock"];
    assert_eq!(step, "resolution");
    sending.service.stop().await;
}
