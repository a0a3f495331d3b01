//! Ten thousand events to five receivers that fail in every way, from two replicas that are killed again and again.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use diesel::{RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use futures_util::{StreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::{
    proto::v1::{
        self, complaint_service_client::ComplaintServiceClient,
        subscription_service_client::SubscriptionServiceClient,
    },
    time_source::Stopwatch,
};
use tokio::sync::watch;
use tonic::{Code, Status, transport::Channel};
use uuid::Uuid;

use super::{creation, subscription};
use crate::support::{
    database::TestDatabase,
    process::Process,
    receiver::{Reaction, Received, Receiver},
    service::filing,
};

const COMPLAINTS: usize = 2_500;
/// So many events follow the one of the filing.
const NOTES: usize = 3;
const EVENTS: usize = COMPLAINTS * (1 + NOTES);
const RECEIVERS: usize = 5;
const REPLICAS: usize = 2;
const KILLS: usize = 10;
/// Between two kills, in milliseconds.
const PAUSES: std::ops::Range<u64> = 3_000..12_000;
/// So many pauses that nothing is given up: of thirty failures in a row there is no hope in this test.
const RETRY_PAUSES: [&str; 30] = ["1s"; 30];
const SEED: u64 = 20_260_604;

/// What a receiver that counts each event once knows.
#[derive(Default)]
struct Seen {
    /// How often each event came.
    events: HashMap<(Uuid, u64), usize>,
    /// The last event of each complaint.
    last: HashMap<Uuid, u64>,
    /// Requests, and those of them that were not answered well.
    requests: usize,
    failed: usize,
    disordered: Vec<String>,
}

impl Seen {
    fn note(&mut self, id: &str) {
        let (complaint, sequence) = id.rsplit_once('-').unwrap();
        let event: (Uuid, u64) = (complaint.parse().unwrap(), sequence.parse().unwrap());
        match self.events.entry(event) {
            Entry::Occupied(mut again) => *again.get_mut() += 1,
            Entry::Vacant(first) => {
                first.insert(1);
            }
        }
        let last = self.last.entry(event.0).or_default();
        // Nothing comes after what follows it, not even again.
        if event.1 < *last {
            self.disordered.push(id.to_owned());
        }
        *last = event.1.max(*last);
    }
}

/// What is done with a request. Of those that are not answered some have been taken all the same, and come again.
fn reaction(random: &mut StdRng) -> (Reaction, bool) {
    let taken = random.random_bool(0.5);
    match random.random_range(0..100) {
        0..20 => (Reaction::Answer(503), false),
        20..25 => (Reaction::Hang, taken),
        25..27 => (Reaction::Reset, taken),
        27..29 => (Reaction::With(302, "location: http://127.0.0.1:1/"), false),
        29 => (Reaction::Answer(410), false),
        _ => (Reaction::Answer(204), true),
    }
}

async fn receiver(number: u64) -> (Receiver, Arc<Mutex<Seen>>) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (noted, mut random) = (Arc::clone(&seen), StdRng::seed_from_u64(SEED + number));
    let script = move |received: &Received| {
        // A verification is no event, and has no number.
        if received.id().len() <= Uuid::nil().to_string().len() {
            return Reaction::Answer(204);
        }
        let (reaction, taken) = reaction(&mut random);
        let mut seen = noted.lock().unwrap();
        seen.requests += 1;
        seen.failed += usize::from(!matches!(reaction, Reaction::Answer(204)));
        if taken {
            seen.note(received.id());
        }
        reaction
    };
    (Receiver::forgetful(script).await, seen)
}

/// The replicas, and where they serve.
struct Replicas {
    running: [Option<Process>; REPLICAS],
    addresses: watch::Sender<[String; REPLICAS]>,
    database: Arc<TestDatabase>,
    options: Vec<String>,
}

impl Replicas {
    fn start(database: Arc<TestDatabase>, options: Vec<String>) -> Self {
        let mut replicas = Replicas {
            running: [const { None }; REPLICAS],
            addresses: watch::Sender::default(),
            database,
            options,
        };
        (0..REPLICAS).for_each(|place| replicas.put_up(place));
        replicas
    }

    fn put_up(&mut self, place: usize) {
        let process = Process::serve_with(&self.database.url, |command| {
            command.env("RUST_LOG", "off").args(&self.options);
        });
        self.addresses
            .send_modify(|addresses| addresses[place].clone_from(&process.address));
        self.running[place] = Some(process);
    }

    /// Kills replicas at random moments, each of which comes back at once.
    async fn suffer(mut self, mut random: StdRng) -> Self {
        for _ in 0..KILLS {
            let pause = Duration::from_millis(random.random_range(PAUSES));
            tokio::time::sleep(pause).await;
            let place = random.random_range(0..REPLICAS);
            self = tokio::task::spawn_blocking(move || {
                self.running[place].take().unwrap().kill();
                self.put_up(place);
                self
            })
            .await
            .unwrap();
        }
        self
    }
}

/// Calls whichever replica is there, with the same request, until there is an answer.
async fn call<F>(
    addresses: &watch::Receiver<[String; REPLICAS]>,
    mut place: usize,
    call: impl Fn(ComplaintServiceClient<Channel>) -> F,
) -> v1::Complaint
where
    F: Future<Output = Result<tonic::Response<v1::Complaint>, Status>>,
{
    loop {
        place = (place + 1) % REPLICAS;
        let address = addresses.borrow()[place].clone();
        if let Ok(client) = ComplaintServiceClient::connect(address).await {
            match call(client).await {
                Ok(answer) => return answer.into_inner(),
                Err(status) => assert!(
                    matches!(
                        status.code(),
                        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal
                    ),
                    "{status}"
                ),
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Files a complaint and adds its notes.
async fn file(addresses: watch::Receiver<[String; REPLICAS]>, place: usize) {
    let mut request = filing(v1::Channel::Form);
    request.request_id = Uuid::new_v4().to_string();
    let filed = call(&addresses, place, |mut client| {
        let request = request.clone();
        async move { client.file_complaint(request).await }
    });
    let name = filed.await.name;
    for _ in 0..NOTES {
        let request = v1::AddNoteRequest {
            name: name.clone(),
            request_id: Uuid::new_v4().to_string(),
            actor: "ada".to_owned(),
            note: "The customer called again.".to_owned(),
            ..Default::default()
        };
        let noted = call(&addresses, place, |mut client| {
            let request = request.clone();
            async move { client.add_note(request).await }
        });
        noted.await;
    }
}

fn number(database: &TestDatabase, query: &str) -> usize {
    let number: i64 = diesel::select(sql::<BigInt>(&format!("({query})")))
        .get_result(&mut database.connect())
        .unwrap();
    number.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: REDRESS_TEST_SECONDS=900 cargo test --test promises subscriptions::killed:: -- --ignored --nocapture"]
async fn every_event_arrives_in_order_and_counts_once_though_receivers_fail_and_replicas_are_killed()
 {
    let database = Arc::new(TestDatabase::create());
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let (mut receivers, mut seen) = (Vec::new(), Vec::new());
    for place in 0..RECEIVERS {
        let (receiver, noted) = receiver(place.try_into().unwrap()).await;
        receivers.push(receiver);
        seen.push(noted);
    }
    let allowed = receivers.iter().map(|it| format!("http://{}", it.address));
    let options = [
        ("--secret-key-file", key.to_str().unwrap().to_owned()),
        ("--egress-allow", allowed.collect::<Vec<_>>().join(",")),
        ("--delivery-timeout-seconds", "2".to_owned()),
        ("--delivery-retry-pauses", RETRY_PAUSES.join(",")),
    ];
    let options = options.map(|(option, value)| [option.to_owned(), value]);
    let (url, options) = (Arc::clone(&database), options.concat());
    let replicas = tokio::task::spawn_blocking(move || Replicas::start(url, options));
    let replicas = replicas.await.unwrap();
    let addresses = replicas.addresses.subscribe();
    let first = addresses.borrow()[0].clone();
    let mut subscriptions = SubscriptionServiceClient::connect(first).await.unwrap();
    for receiver in &receivers {
        let creation = creation(subscription(receiver));
        subscriptions.create_subscription(creation).await.unwrap();
    }
    drop(subscriptions);

    let stopwatch = Stopwatch::start();
    let suffering = tokio::spawn(replicas.suffer(StdRng::seed_from_u64(SEED)));
    let filing = stream::iter(0..COMPLAINTS).map(|place| file(addresses.clone(), place));
    filing.buffer_unordered(8).collect::<Vec<()>>().await;
    let filed_in = stopwatch.elapsed();
    let events = number(&database, "select count(*) from event");
    assert_eq!(
        events, EVENTS,
        "what is called again with one request is done once"
    );
    let replicas = suffering.await.unwrap();
    let killed_in = stopwatch.elapsed();
    let all = EVENTS * RECEIVERS;
    let delivered = "select count(*) from delivery where state = 'delivered'";
    // Counting them takes a while, so it is done seldom.
    while number(&database, delivered) < all {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let took = stopwatch.elapsed();

    assert_eq!(number(&database, "select count(*) from delivery"), all);
    let (mut requests, mut failed, mut again) = (0, 0, 0);
    for seen in &seen {
        let seen = seen.lock().unwrap();
        assert_eq!(seen.disordered, Vec::<String>::new());
        assert_eq!(seen.events.len(), EVENTS);
        requests += seen.requests;
        failed += seen.failed;
        again += seen.events.values().sum::<usize>() - EVENTS;
    }
    println!(
        "{EVENTS} events to {RECEIVERS} subscriptions, seed {SEED}: filed in {filed_in:.1?}, {KILLS} kills in {killed_in:.1?}, all \
         delivered in {took:.1?}; {requests} requests, {failed} of them failed, {again} events came again, none was lost or out of order"
    );
    drop(replicas);
}
