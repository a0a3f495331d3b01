//! The log on a bus: every event gets there, in order for each complaint, whatever is away and whoever is killed.
//!
//! Those with a cluster need `.ci/run bus`.

mod cluster;
mod tls;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use diesel::{RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use jiff::SignedDuration;
use redress::{
    app::{App, AppConfig},
    outbox::{
        CloudEvents, Teller, Untold,
        bus::{Bus, BusMessage, BusParts, KafkaSettings, Sink, SinkError},
    },
    policy::Channel,
    proto::v1,
    store::{LogPlace, Position, Published, StoredEvent, Subscription},
    telemetry::Metrics,
    time_source::ManualTime,
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use self::cluster::{Cluster, TOPIC, first_of_each};
use crate::support::{
    database::{LOOK, TestDatabase},
    office::{self, Office, START, instant},
    process::Process,
    service::{Service, act, config, connect, filing},
};

/// A bus in memory that can be away.
#[derive(Debug, Clone, Default)]
struct Shelf(Arc<Mutex<Shelved>>);

#[derive(Debug, Default)]
struct Shelved {
    messages: Vec<BusMessage>,
    /// How many times it takes half of what it is given, and fails.
    fails: usize,
    attempts: usize,
}

impl Shelf {
    fn with<T>(&self, look: impl FnOnce(&mut Shelved) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ids of the events on it, once there are so many different ones.
    async fn ids(&self, different: usize) -> Vec<String> {
        loop {
            let ids: Vec<String> = self.with(|shelved| {
                let ids = shelved.messages.iter().map(|message| {
                    let event: Value = serde_json::from_slice(&message.body).unwrap();
                    event["id"].as_str().unwrap().to_owned()
                });
                ids.collect()
            });
            let mut known = ids.clone();
            known.sort();
            known.dedup();
            if known.len() >= different {
                return ids;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Sink for Shelf {
    async fn publish(&mut self, messages: Vec<BusMessage>) -> Result<(), SinkError> {
        self.with(|shelved| {
            shelved.attempts += 1;
            if shelved.fails > 0 {
                shelved.fails -= 1;
                let half = messages.len().div_ceil(2);
                shelved.messages.extend(messages.into_iter().take(half));
                return Err(SinkError("away".to_owned()));
            }
            shelved.messages.extend(messages);
            Ok(())
        })
    }
}

#[derive(Debug)]
struct NoData;

impl Teller for NoData {
    fn tell(&self, _: StoredEvent, _: Option<&Subscription>) -> Result<Value, Untold> {
        Ok(json!({}))
    }
}

fn follow(office: &Office, shelf: &Shelf) -> Bus {
    Bus::start(BusParts {
        sink: shelf.clone(),
        topic: TOPIC.to_owned(),
        store: office.store.clone(),
        reader: office.reader.clone(),
        events: CloudEvents::told_by(Arc::new(NoData)),
        news: office.engine.committed(),
        time: Arc::<ManualTime>::clone(&office.time),
        metrics: Metrics::off(),
    })
}

/// Without those that came before.
fn first_times(ids: &[String]) -> Vec<String> {
    let mut first = Vec::new();
    for id in ids {
        if !first.contains(id) {
            first.push(id.clone());
        }
    }
    first
}

async fn log_ids(office: &Office, events: usize) -> Vec<String> {
    let log = office.log(0, events).await;
    let ids = log.iter().map(|event| {
        let StoredEvent {
            complaint,
            sequence,
            ..
        } = event;
        format!("{complaint}-{sequence}")
    });
    ids.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bus_fails_to_take_comes_again_and_nothing_is_lost_or_out_of_order() {
    let office = Office::open();
    let shelf = Shelf::default();
    shelf.with(|shelved| shelved.fails = 2);
    let bus = follow(&office, &shelf);
    for _ in 0..5 {
        office.file(office::filing(Channel::Form)).await;
    }
    shelf.ids(5).await;
    bus.stop().await;
    // Another one goes on where the first has come to, and what was published stays published.
    let (before, seen) = shelf.with(|shelved| (shelved.attempts, shelved.messages.len()));
    assert!(before >= 3);
    let bus = follow(&office, &shelf);
    office.file(office::filing(Channel::Form)).await;
    let ids = shelf.ids(6).await;
    bus.stop().await;
    assert_eq!(first_times(&ids), log_ids(&office, 6).await);
    assert_eq!(ids.len(), seen + 1, "{ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_publishes_and_the_other_goes_on_after_it() {
    let one = Office::open();
    let other = Office::beside(Arc::clone(&one.database), Arc::clone(&one.time));
    let shelves = [Shelf::default(), Shelf::default()];
    let first = follow(&one, &shelves[0]);
    one.file(office::filing(Channel::Form)).await;
    shelves[0].ids(1).await;
    let second = follow(&other, &shelves[1]);
    other.file(office::filing(Channel::Form)).await;
    shelves[0].ids(2).await;
    first.stop().await;
    other.file(office::filing(Channel::Form)).await;
    let ids = shelves[1].ids(1).await;
    second.stop().await;
    assert_eq!(ids, log_ids(&one, 3).await[2..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_lost_the_lease_moves_nothing_any_more() {
    let office = Office::open();
    office.file(office::filing(Channel::Form)).await;
    let log = office.log(0, 1).await;
    let branch = office.reader.log_end().await.unwrap().branch;
    let (store, now) = (&office.store, instant(START));
    let second = SignedDuration::from_secs(1);
    let mut lost = store.lease_bus(TOPIC, now, now + second).unwrap().unwrap();
    assert!(store.lease_bus(TOPIC, now, now + second).unwrap().is_none());
    assert!(store.keep_bus(&lost, now + second).unwrap());
    let after = now + second;
    let next = store.lease_bus(TOPIC, after, after + second).unwrap();
    let next = next.expect("the lease has ended");
    assert_eq!(next.published, None);
    lost.published = Some(Published::up_to(&log[0], branch));
    assert!(!store.keep_bus(&lost, after + second).unwrap());
    let last = store.lease_bus(TOPIC, after + second, after + second);
    assert_eq!(last.unwrap().unwrap().published, None);
    // Each topic has its own.
    assert!(store.lease_bus("other", now, after).unwrap().is_some());
}

/// A dump has the log and how far it was published, as of one moment; the numbers of its transactions are others'.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_the_bus_gets_what_it_may_not_have() {
    let office = Office::open();
    let shelf = Shelf::default();
    let bus = follow(&office, &shelf);
    for _ in 0..3 {
        office.file(office::filing(Channel::Form)).await;
    }
    shelf.ids(3).await;
    bus.stop().await;
    office.file(office::filing(Channel::Form)).await;
    let (waiting, database) = (
        office.store.bus_lag(TOPIC).unwrap(),
        Arc::clone(&office.database),
    );
    let expected = log_ids(&office, 4).await;
    assert!(waiting.events <= 1, "{waiting:?}");
    drop(office);
    let restored = database.copy();
    redress::store::migrate(&restored.url).unwrap();
    let office = Office::beside(Arc::new(restored), Arc::new(ManualTime::at(instant(START))));
    let shelf = Shelf::default();
    let bus = follow(&office, &shelf);
    let ids = shelf.ids(1).await;
    let ids = if ids.contains(&expected[3]) {
        ids
    } else {
        shelf.ids(2).await
    };
    bus.stop().await;
    assert!(
        ids.len() <= 2,
        "what it has is not published again from the beginning: {ids:?}"
    );
    assert!(ids.contains(&expected[3]), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_measured_how_many_events_wait_and_for_how_long() {
    let office = Office::open();
    let lag = || office.store.bus_lag(TOPIC).unwrap();
    assert_eq!((lag().events, lag().oldest), (0, None));
    for _ in 0..3 {
        office.file(office::filing(Channel::Form)).await;
    }
    office.log(0, 3).await;
    assert_eq!((lag().events, lag().oldest), (3, Some(instant(START))));
    let log = office.log(0, 3).await;
    let branch = office.reader.log_end().await.unwrap().branch;
    let now = instant(START);
    let mut lease = office.store.lease_bus(TOPIC, now, now).unwrap().unwrap();
    lease.published = Some(Published::up_to(&log[1], branch));
    assert!(office.store.keep_bus(&lease, now).unwrap());
    assert_eq!(lag().events, 1);
    let kept = office.store.lease_bus(TOPIC, now, now).unwrap().unwrap();
    let position = Position {
        branch,
        place: log[1].place,
    };
    assert_eq!(kept.published.unwrap().position, position);
    // Of a log that was restored, the whole transaction may be others' too.
    let around = office.store.around(kept.published.as_ref()).unwrap();
    assert_eq!(around.place, LogPlace::behind(log[1].place.xid - 1));
}

fn kafka(brokers: &[String]) -> KafkaSettings {
    KafkaSettings {
        brokers: brokers.to_vec(),
        topic: TOPIC.to_owned(),
        tls: None,
        sasl: None,
    }
}

/// Passes on to a broker what comes to a port.
async fn pass_on(listener: TcpListener, broker: String) {
    while let Ok((mut from, _)) = listener.accept().await {
        let broker = broker.clone();
        tokio::spawn(async move {
            if let Ok(mut to) = TcpStream::connect(broker).await {
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            }
        });
    }
}

/// Waits until publishing has failed once more: then the lease is given up, and taken anew.
async fn failed_again(database: &TestDatabase) {
    let leases = "(select coalesce(max(lease), 0) from bus)";
    let now = diesel::select(sql::<BigInt>(leases));
    let now: i64 = now.get_result(&mut database.connect()).unwrap();
    database.until(&format!("{leases} > {now}")).await;
}

/// First nobody listens, later nobody answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a cluster of Kafka: .ci/run bus"]
async fn a_cluster_that_was_away_has_everything_in_order_and_delays_nobody() {
    let mut cluster = Cluster::start();
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = first.local_addr().unwrap();
    drop(first);
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(AppConfig {
        kafka: Some(kafka(&[address.to_string()])),
        ..config(&database.url, Arc::clone(&time))
    });
    let app = app.await.unwrap();
    let client = connect(&app).await;
    let mut service = Service {
        app,
        client,
        time,
        database,
    };
    let mut names = Vec::new();
    for round in 0..3 {
        for _ in 0..4 {
            let name = service.under_review().await.name;
            act!(
                service.client,
                name,
                record_contact(RecordContactRequest {
                    channel: v1::Channel::Phone,
                    direction: v1::Direction::FromCustomer,
                    summary: "It drops at nine, says the neighbour."
                })
            )
            .unwrap();
            names.push(name);
        }
        match round {
            0 => {
                failed_again(&service.database).await;
                let listener = TcpListener::bind(address).await.unwrap();
                tokio::spawn(pass_on(listener, cluster.brokers[0].clone()));
                let got = tokio::task::block_in_place(|| cluster.read(16));
                assert_eq!(first_of_each(&got).0.len(), 4);
                cluster.falls_silent();
            }
            // Nobody has noticed, but for the bus.
            1 => failed_again(&service.database).await,
            _ => cluster.comes_back(),
        }
    }
    let got = tokio::task::block_in_place(|| cluster.read(48));
    let (seen, again) = first_of_each(&got);
    println!("{} messages, {again} of them again", got.len());
    let mut partitions = BTreeMap::new();
    for name in &names {
        let id = name.trim_start_matches("complaints/");
        let events = service.events(name).await;
        let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(seen[id], sequences, "{name}");
        for event in &events {
            let subject = event.name.as_str();
            let message = got
                .iter()
                .find(|message| message.event["subject"] == subject)
                .unwrap();
            assert_eq!(
                message.content_type,
                "application/cloudevents+json; charset=UTF-8"
            );
            assert_eq!(message.event["specversion"], "1.0");
            assert_eq!(message.event["source"], format!("/{name}"));
            assert_eq!(message.event["partitionkey"], message.key);
            assert_eq!(message.event["data"]["complaint"], *name);
            assert_eq!(message.event["data"]["complaint_after"]["brand"], "jive");
            let place = partitions
                .entry(message.key.clone())
                .or_insert(message.partition);
            assert_eq!(*place, message.partition);
        }
    }
    assert_eq!(seen.len(), names.len());
    // Nobody's words, nor who somebody is.
    for message in &got {
        let told = message.event.to_string();
        for words in ["neighbour", "Sample Customer", "every evening"] {
            assert!(!told.contains(words), "{told}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a cluster of Kafka: .ci/run bus"]
async fn a_service_that_is_killed_in_the_middle_leaves_the_rest_to_another_and_nothing_is_missing()
{
    const CALLERS: usize = 8;
    const AFTER: usize = 50;
    let mut cluster = Cluster::start();
    let database = Arc::new(TestDatabase::create());
    let brokers = cluster.brokers.join(",");
    let serve = || {
        Process::serve_with(&database.url, |command| {
            command.env("RUST_LOG", "off").args([
                "--kafka-brokers",
                &brokers,
                "--kafka-topic",
                TOPIC,
            ]);
        })
    };
    let one = serve();
    let channel = tonic::transport::Channel::from_shared(one.address.clone()).unwrap();
    let client = v1::complaint_service_client::ComplaintServiceClient::connect(channel).await;
    let client = client.unwrap();
    let other = serve();
    let file = |mut client: v1::complaint_service_client::ComplaintServiceClient<_>| async move {
        let mut filing = filing(v1::Channel::Form);
        filing.acknowledgement = Some(v1::Acknowledgement::default());
        client.file_complaint(filing).await.is_ok()
    };
    // They go on for as long as there is somebody to call.
    let callers = (0..CALLERS).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { while file(client.clone()).await {} })
    });
    let callers: Vec<_> = callers.collect();
    tokio::task::block_in_place(|| cluster.arrive(100));
    one.kill();
    for caller in callers {
        caller.await.unwrap();
    }
    let office = Office::beside(
        Arc::clone(&database),
        Arc::new(ManualTime::at(instant(START))),
    );
    let waiting = office.store.bus_lag(TOPIC).unwrap().events;
    assert!(waiting > 0, "it was killed in the middle");
    let channel = tonic::transport::Channel::from_shared(other.address.clone()).unwrap();
    let client = v1::complaint_service_client::ComplaintServiceClient::connect(channel).await;
    let client = client.unwrap();
    for _ in 0..AFTER {
        assert!(file(client.clone()).await);
    }
    // Also those that were committed and not answered.
    let events = diesel::select(sql::<BigInt>("(select count(*) from event)"));
    let events: i64 = events.get_result(&mut database.connect()).unwrap();
    let log = office.log(0, events.try_into().unwrap()).await;
    let got = tokio::task::block_in_place(|| cluster.read(log.len()));
    let (seen, again) = first_of_each(&got);
    println!(
        "{} events of {} complaints, {waiting} of them waited, {again} messages again",
        log.len(),
        seen.len()
    );
    let mut expected = BTreeMap::<String, Vec<i64>>::new();
    for event in &log {
        let sequences = expected.entry(event.complaint.to_string()).or_default();
        sequences.push(event.sequence);
    }
    assert_eq!(seen, expected);
    drop(other);
}
