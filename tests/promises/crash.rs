//! A process that is killed loses nothing and repeats nothing: what was answered is committed, what was not can be asked
//! again, and what was due fires once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _,
    dsl::sql,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
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
    database::{ONE_WAITS_FOR_AN_ADVISORY_LOCK, TestDatabase},
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

type Client = ComplaintServiceClient<tonic::transport::Channel>;

/// How often something has happened; whoever waits for it is told.
type Count = watch::Sender<usize>;

async fn reaches(count: &Count, wanted: usize) {
    let mut count = count.subscribe();
    // The sender outlives the borrow.
    let _ = count.wait_for(|count| *count >= wanted).await;
}

/// One who calls again, with the same request, until there is an answer.
struct Caller {
    /// Where the process serves. It changes when the next one takes the place of one that was killed.
    address: watch::Receiver<String>,
    answers: Count,
    unanswered: Count,
}

impl Caller {
    async fn until_answered<F>(&self, call: &impl Fn(Client) -> F) -> v1::Complaint
    where
        F: Future<Output = Result<tonic::Response<v1::Complaint>, tonic::Status>>,
    {
        let mut addresses = self.address.clone();
        loop {
            let address = addresses.borrow_and_update().clone();
            if let Ok(client) = Client::connect(address).await {
                match call(client).await {
                    Ok(answer) => {
                        self.answers.send_modify(|answers| *answers += 1);
                        return answer.into_inner();
                    }
                    Err(status) => assert!(is_no_answer(&status), "{status}"),
                }
            }
            self.unanswered.send_modify(|calls| *calls += 1);
            addresses.changed().await.expect("the service comes back");
        }
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
    let (answers, unanswered) = (Count::default(), Count::default());
    let callers = (0..CALLERS).map(|_| {
        let caller = Caller {
            address: address.subscribe(),
            answers: answers.clone(),
            unanswered: unanswered.clone(),
        };
        tokio::spawn(caller.work())
    });
    let callers: Vec<_> = callers.collect();
    for kill_after in KILLS {
        reaches(&answers, kill_after).await;
        let before = *unanswered.borrow();
        process.kill();
        reaches(&unanswered, before + 1).await;
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

    let all_due = still_due(&database);
    for _ in 0..2 {
        let mut gate = database.connect();
        run(&mut gate, "select pg_advisory_lock(1)");
        gate_before_the_last(&database);
        let process = Process::serve(&database.url);
        // One sweep stands in the midst of its writing, and others have come through.
        let amid_sweeps = format!("{ONE_WAITS_FOR_AN_ADVISORY_LOCK} and {STILL_DUE} < {all_due}");
        database.until(&amid_sweeps).await;
        process.kill();
        let due = still_due(&database);
        assert!(
            due > 0 && due < all_due,
            "killed amid the sweeps: {due} of {all_due}"
        );
        run(&mut database.connect(), "drop trigger gate on event");
    }
    let process = Process::serve(&database.url);
    let all_fired = "not exists (select from clock where breached_at is null)";
    database.until(all_fired).await;
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

/// How many promises are broken and not yet on record as such.
const STILL_DUE: &str =
    "(select count(*) from clock where next_fire_at is not null and breached_at is null)";

fn still_due(database: &TestDatabase) -> i64 {
    diesel::select(sql::<BigInt>(STILL_DUE))
        .get_result(&mut database.connect())
        .unwrap()
}

fn run(connection: &mut PgConnection, statement: &str) {
    diesel::sql_query(statement).execute(connection).unwrap();
}

/// Whoever writes a breach of the last complaint with one that is due has to pass a gate: an advisory lock.
fn gate_before_the_last(database: &TestDatabase) {
    let mut connection = database.connect();
    run(
        &mut connection,
        "create or replace function pass_the_gate() returns trigger language plpgsql as \
         'begin perform pg_advisory_xact_lock(1); return new; end'",
    );
    let last = "(select max(complaint_id::text) from clock \
                where next_fire_at is not null and breached_at is null)";
    let id: String = diesel::select(sql::<Text>(last))
        .get_result(&mut connection)
        .unwrap();
    run(
        &mut connection,
        &format!(
            "create trigger gate before insert on event for each row \
             when (new.kind = 'breached' and new.complaint_id = '{id}') execute function pass_the_gate()"
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_under_load_it_drains_and_everything_answered_is_there() {
    let database = TestDatabase::create();
    let began = SystemTime.now();
    let process = Process::serve(&database.url);
    let answers = Count::default();
    let client = Client::connect(process.address.clone()).await.unwrap();
    let callers = (0..CALLERS).map(|_| {
        let (client, answers) = (client.clone(), answers.clone());
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
                answers.send_modify(|answers| *answers += 1);
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    reaches(&answers, 100).await;
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
