//! A process that is killed loses nothing and repeats nothing: what was answered is committed, what was not can be asked
//! again, and what was due fires once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use diesel::{
    QueryableByName, RunQueryDsl as _,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use futures_util::future::join_all;
use redress::{
    policy::Channel,
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    time_source::{ManualTime, SystemTime, TimeSource as _},
};
use tokio::sync::watch;
use tonic::Code;
use uuid::Uuid;

use crate::support::{
    database::TestDatabase,
    ledger::Ledger,
    office::{self, Office, instant},
    process::Process,
    service,
};

const CALLERS: usize = 8;
/// How many complaints each of them files and acknowledges.
const FILINGS: usize = 40;
/// After how many answers the process is killed.
const KILLS: [usize; 4] = [100, 400, 700, 1_000];
/// How long we look for what must come, a hundredth of a second each time.
const LOOKS: u32 = 6_000;
const LOOK: Duration = Duration::from_millis(10);

type Client = ComplaintServiceClient<tonic::transport::Channel>;

/// One who calls again, with the same request, until there is an answer.
struct Caller {
    address: watch::Receiver<String>,
    answers: Arc<AtomicUsize>,
    repeats: Arc<AtomicUsize>,
}

impl Caller {
    async fn until_answered<F>(&self, call: &impl Fn(Client) -> F) -> v1::Complaint
    where
        F: Future<Output = Result<tonic::Response<v1::Complaint>, tonic::Status>>,
    {
        for _ in 0..LOOKS {
            let address = self.address.borrow().clone();
            if let Ok(client) = Client::connect(address).await {
                match call(client).await {
                    Ok(answer) => {
                        self.answers.fetch_add(1, Ordering::Relaxed);
                        return answer.into_inner();
                    }
                    Err(status) => assert!(is_no_answer(&status), "{status}"),
                }
            }
            self.repeats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(LOOK).await;
        }
        panic!("the service did not come back");
    }

    /// Calls once more after the answer, as one does whose answer was lost on the way.
    async fn twice<F>(&self, call: impl Fn(Client) -> F) -> v1::Complaint
    where
        F: Future<Output = Result<tonic::Response<v1::Complaint>, tonic::Status>>,
    {
        let first = self.until_answered(&call).await;
        assert_eq!(
            self.until_answered(&call).await,
            first,
            "the first answer again"
        );
        first
    }

    /// Files complaints and acknowledges them. Returns what each request did to which complaint.
    async fn work(self) -> Vec<(Uuid, v1::Complaint)> {
        let mut done = Vec::new();
        for _ in 0..FILINGS {
            let file = Uuid::new_v4();
            let filed = self.twice(|client| file_with(client, file)).await;
            done.push((file, filed.clone()));
            let acknowledge = Uuid::new_v4();
            let request = v1::AcknowledgeComplaintRequest {
                name: filed.name,
                request_id: acknowledge.to_string(),
                actor: "ada".to_owned(),
                ..Default::default()
            };
            let call = |mut client: Client| {
                let request = request.clone();
                async move { client.acknowledge_complaint(request).await }
            };
            done.push((acknowledge, self.twice(call).await));
        }
        done
    }
}

async fn file_with(
    mut client: Client,
    request_id: Uuid,
) -> Result<tonic::Response<v1::Complaint>, tonic::Status> {
    let request_id = request_id.to_string();
    client
        .file_complaint(v1::FileComplaintRequest {
            request_id,
            ..service::filing(v1::Channel::Form)
        })
        .await
}

/// Whether the call ended with its connection, or at a service that goes down: what became of it is not known. What the
/// service itself says has no source.
fn is_no_answer(status: &tonic::Status) -> bool {
    status.code() == Code::Unavailable || std::error::Error::source(status).is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_a_kill_left_unanswered_are_repeated_and_take_effect_once() {
    let database = TestDatabase::create();
    let began = SystemTime.now();
    let mut process = Process::serve(&database.url);
    let address = watch::Sender::new(process.address.clone());
    let (answers, repeats) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let callers = (0..CALLERS).map(|_| {
        let caller = Caller {
            address: address.subscribe(),
            answers: Arc::clone(&answers),
            repeats: Arc::clone(&repeats),
        };
        tokio::spawn(caller.work())
    });
    let callers: Vec<_> = callers.collect();
    for kill_after in KILLS {
        eventually(|| answers.load(Ordering::Relaxed) >= kill_after).await;
        let repeated = repeats.load(Ordering::Relaxed);
        process.kill();
        eventually(|| repeats.load(Ordering::Relaxed) > repeated).await;
        process = Process::serve(&database.url);
        address.send_replace(process.address.clone());
    }
    let done: Vec<(Uuid, v1::Complaint)> = join_all(callers)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    assert!(process.terminate().await.success());

    let ledger = Ledger::read(&mut database.connect());
    ledger.check(began);
    assert_eq!(
        ledger.complaints.len(),
        CALLERS * FILINGS,
        "one for each request to file"
    );
    let acknowledged = ledger
        .events
        .iter()
        .filter(|event| event.kind == "acknowledged");
    let acknowledged: Vec<Uuid> = acknowledged.map(|event| event.complaint_id).collect();
    assert_eq!(
        acknowledged.len(),
        CALLERS * FILINGS,
        "each acknowledged once"
    );
    assert_eq!(
        acknowledged.iter().collect::<BTreeSet<_>>().len(),
        acknowledged.len()
    );
    let requests = requests_of(&database);
    assert_eq!(requests.len(), done.len());
    for (request, answer) in done {
        assert_eq!(format!("complaints/{}", requests[&request]), answer.name);
    }
}

#[derive(QueryableByName)]
struct Request {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
}

/// Which complaint each request was about.
fn requests_of(database: &TestDatabase) -> BTreeMap<Uuid, Uuid> {
    let requests: Vec<Request> = diesel::sql_query("select id, complaint_id from request")
        .load(&mut database.connect())
        .unwrap();
    requests
        .into_iter()
        .map(|request| (request.id, request.complaint_id))
        .collect()
}

/// akash console PR 3278: who claims before the effect loses it when killed in between, and who claims after it repeats it.
/// Here the claim and the effect are one commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_due_step_fires_once_though_the_process_is_killed_amid_its_sweeps() {
    // A book of long ago: everything in it is due.
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant("2015-06-02T14:00:00Z")));
    let office = Office::beside(Arc::clone(&database), time);
    let filings = (0..2_000).map(|_| office.file(office::filing(Channel::Form)));
    assert_eq!(join_all(filings).await.len(), 2_000);
    drop(office);

    let mut connection = database.connect();
    let mut count = |what: &str| {
        let query = format!("select count(*) as count from {what}");
        diesel::sql_query(query)
            .get_result::<Count>(&mut connection)
            .unwrap()
            .count
    };
    let all_due = count("clock where next_fire_at is not null");
    let mut due = all_due;
    for _ in 0..2 {
        let process = Process::serve(&database.url);
        let before = due;
        eventually(|| {
            due = count("clock where next_fire_at is not null and breached_at is null");
            due < before
        })
        .await;
        process.kill();
        due = count("clock where next_fire_at is not null and breached_at is null");
        assert!(
            due > 0 && due < all_due,
            "killed amid the sweeps: {due} of {all_due}"
        );
    }
    let process = Process::serve(&database.url);
    eventually(|| count("clock where breached_at is null") == 0).await;
    assert!(process.terminate().await.success());

    let ledger = Ledger::read(&mut database.connect());
    ledger.check(SystemTime.now());
    let breaches = ledger
        .events
        .iter()
        .filter(|event| event.kind == "breached")
        .count();
    assert_eq!(
        breaches,
        3 * 2_000,
        "acknowledgement, resolution and ceiling of each"
    );
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_under_load_it_drains_and_everything_answered_is_there() {
    let database = TestDatabase::create();
    let began = SystemTime.now();
    let process = Process::serve(&database.url);
    let answers = Arc::new(AtomicUsize::new(0));
    let client = Client::connect(process.address.clone()).await.unwrap();
    let callers = (0..CALLERS).map(|_| {
        let (client, answers) = (client.clone(), Arc::clone(&answers));
        tokio::spawn(async move {
            let mut names = Vec::new();
            loop {
                match file_with(client.clone(), Uuid::new_v4()).await {
                    Ok(filed) => names.push(filed.into_inner().name),
                    Err(status) => {
                        assert!(is_no_answer(&status), "{status}");
                        return names;
                    }
                }
                answers.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    eventually(|| answers.load(Ordering::Relaxed) >= 100).await;
    let status = process.terminate().await;
    assert_eq!(status.code(), Some(0), "{status}");

    let answered: Vec<String> = join_all(callers)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    let ledger = Ledger::read(&mut database.connect());
    ledger.check(began);
    let filed = ledger
        .complaints
        .iter()
        .map(|complaint| format!("complaints/{}", complaint.id));
    let filed: BTreeSet<String> = filed.collect();
    assert!(answered.len() >= 100);
    assert!(answered.iter().all(|name| filed.contains(name)));
    // It drained: nobody was left with a complaint that is filed and an answer that never came.
    assert_eq!(answered.len(), filed.len());
}

/// Waits, within bounds, until something holds that nobody signals.
async fn eventually(mut holds: impl FnMut() -> bool) {
    for _ in 0..LOOKS {
        if holds() {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("it did not come to hold");
}
