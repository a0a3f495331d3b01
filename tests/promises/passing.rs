//! Faults of the database that pass are taken for what they are, whatever language its server speaks: here it speaks German.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command as Program,
    sync::Arc,
    time::Duration,
};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _, connection::SimpleConnection as _, dsl::sql,
    sql_types::BigInt,
};
use redress::{
    access::Scope,
    domain::{Command, Complaint, ComplaintRef},
    embedded::{Durability, PrivatePostgres, Settings},
    engine::{EngineError, Envelope, RequestKey, Work},
    policy::Channel,
    store::{Limits, Store, StoreError},
    telemetry::Metrics,
    time_source::ManualTime,
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::{
    database::{LOOK, ReachableFolder, TestDatabase},
    office::{Office, START, filing, instant, rules},
};

const WAIT: &str =
    "from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
const WAITS: &str = "from pg_stat_activity where datname = current_database() and \
    application_name = 'redress' and wait_event_type = 'Lock'";
const CONNECTED: &str =
    "from pg_stat_activity where datname = current_database() and application_name = 'redress'";
const PUT_ASIDE: &str =
    "(select count(distinct complaint_id) from clock where put_aside_until is not null)";

fn office() -> Option<Office> {
    let time = Arc::new(ManualTime::at(instant(START)));
    Some(Office::beside(Arc::new(TestDatabase::german()?), time))
}

/// Waits for a lock for longer than any test takes, however busy the machine is.
fn patient_office() -> Option<Office> {
    office_within(Limits {
        lock: Duration::from_secs(60),
        ..Limits::default()
    })
}

fn office_within(limits: Limits) -> Option<Office> {
    let database = Arc::new(TestDatabase::german()?);
    let store = Store::connect_within(limits, &database.url, 4, Metrics::off()).unwrap();
    let time = Arc::new(ManualTime::at(instant(START)));
    Some(Office::on(store, database, time, rules(), Metrics::off()))
}

fn run(connection: &mut PgConnection, statements: &str) {
    connection.batch_execute(statements).unwrap();
}

fn count(office: &Office, expression: &str) -> i64 {
    let count = diesel::select(sql::<BigInt>(expression));
    count.get_result(&mut office.database.connect()).unwrap()
}

/// Calls in the background.
fn submit(
    office: &Office,
    request: Uuid,
    work: Work,
) -> JoinHandle<Result<Complaint, EngineError>> {
    let engine = office.engine.clone();
    let envelope = Envelope {
        request: Some(RequestKey {
            id: request,
            fingerprint: [1; 32],
        }),
        actor: "ada".to_owned().into(),
        scope: Default::default(),
        work,
    };
    tokio::spawn(async move { engine.submit(envelope).await })
}

fn file(office: &Office) -> JoinHandle<Result<Complaint, EngineError>> {
    let work = Work::File {
        filing: Box::new(filing(Channel::Form)),
        policy: None,
    };
    submit(office, Uuid::new_v4(), work)
}

fn assign(complaint: &Complaint) -> Work {
    Work::Change {
        complaint: ComplaintRef::Id(complaint.id),
        version: None,
        command: Box::new(Command::Assign {
            assignee: "eve".to_owned(),
        }),
    }
}

async fn sweep(office: &Office) -> Result<usize, EngineError> {
    let engine = office.engine.clone();
    let swept = tokio::task::spawn_blocking(move || engine.sweep(None)).await;
    swept.unwrap().map(|report| report.fired)
}

fn passes<T: std::fmt::Debug>(result: &Result<T, EngineError>) {
    match result {
        Err(EngineError::Store(error)) if error.passes() => {}
        Err(EngineError::NoRoom) => {}
        other => panic!("{other:?}"),
    }
}

/// Until the connections that broke have been found out.
async fn file_in_the_end(office: &Office) {
    loop {
        match file(office).await.unwrap() {
            Ok(_) => return,
            refusal => passes(&refusal),
        }
    }
}

/// Holds up whoever writes.
fn lock(office: &Office) -> PgConnection {
    let mut lock = office.database.connect();
    run(&mut lock, "begin; lock table request in exclusive mode");
    lock
}

async fn one_waits(office: &Office) {
    let one = format!("exists (select {WAITS})");
    office.database.until(&one).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_statement_is_carried_out_all_the_same() {
    let Some(office) = patient_office() else {
        return;
    };
    let mut lock = lock(&office);
    let call = file(&office);
    one_waits(&office).await;
    let cancel = format!("select pg_cancel_backend(pid) {WAITS}");
    run(&mut office.database.connect(), &cancel);
    run(&mut lock, "rollback");
    call.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_read_is_read_again() {
    let Some(office) = patient_office() else {
        return;
    };
    let complaint = file(&office).await.unwrap().unwrap();
    let mut lock = office.database.connect();
    run(
        &mut lock,
        "begin; lock table clock in access exclusive mode",
    );
    let (reader, which) = (office.reader.clone(), ComplaintRef::Id(complaint.id));
    let read = tokio::spawn(async move { reader.clocks(which, &Scope::default()).await });
    one_waits(&office).await;
    let cancel = format!("select pg_cancel_backend(pid) {WAITS}");
    run(&mut office.database.connect(), &cancel);
    run(&mut lock, "rollback");
    assert!(read.await.unwrap().unwrap().is_some());
}

/// Who looks for what takes long may well look twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cancelled_again_and_again_may_be_tried_again() {
    let Some(office) = patient_office() else {
        return;
    };
    let complaint = file(&office).await.unwrap().unwrap();
    // Not what the database is tried with.
    let mut lock = office.database.connect();
    run(
        &mut lock,
        "begin; lock table complaint in exclusive mode; lock table clock in access exclusive mode",
    );
    let mut administrator = office.database.connect();
    let mut cancel_all = async |over: &dyn Fn() -> bool| {
        while !over() {
            let cancel = format!("select pg_cancel_backend(pid) {WAITS}");
            run(&mut administrator, &cancel);
            tokio::time::sleep(LOOK).await;
        }
    };
    let call = file(&office);
    cancel_all(&|| call.is_finished()).await;
    match call.await.unwrap() {
        Err(EngineError::Store(error)) if matches!(*error, StoreError::Retry(_)) => {}
        other => panic!("{other:?}"),
    }
    let (reader, which) = (office.reader.clone(), ComplaintRef::Id(complaint.id));
    let read = tokio::spawn(async move { reader.clocks(which, &Scope::default()).await });
    cancel_all(&|| read.is_finished()).await;
    let refused = read.await.unwrap().unwrap_err();
    assert!(matches!(refused, StoreError::Retry(_)), "{refused:?}");
    run(&mut lock, "rollback");
    file(&office).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_lock_for_too_long_may_be_tried_again() {
    let Some(office) = office() else { return };
    let mut lock = lock(&office);
    let refused = file(&office).await.unwrap();
    // Its caller may have been told before that no answer came in time.
    if !matches!(refused, Err(EngineError::TimedOut)) {
        passes(&refused);
    }
    run(&mut lock, "rollback");
    file(&office).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ended_because_it_takes_too_long_may_be_tried_again() {
    let limits = Limits {
        statement: Duration::from_secs(1),
        lock: Duration::from_millis(500),
        ..Limits::default()
    };
    let Some(office) = office_within(limits) else {
        return;
    };
    let mut owner = office.database.connect();
    run(
        &mut owner,
        "create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$; \
         create trigger dawdle before insert on complaint for each row execute function dawdle()",
    );
    passes(&file(&office).await.unwrap());
    run(&mut owner, "drop trigger dawdle on complaint");
    file(&office).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_loses_a_deadlock_is_carried_out_afterwards() {
    let Some(office) = patient_office() else {
        return;
    };
    let complaint = file(&office).await.unwrap().unwrap();
    let request = Uuid::new_v4();
    // The other one never looks for a deadlock, so ours is the one that is broken off.
    let mut other = office.database.connect();
    let insert = format!(
        "set deadlock_timeout = '1h'; begin; \
         insert into request (id, fingerprint, complaint_id, at, answer) \
         select '{request}', fingerprint, complaint_id, at, answer from request"
    );
    run(&mut other, &insert);
    // A server looks for a deadlock only once in each wait. So ours, which has the complaint, is held up until the other one
    // waits for that, and only then asks for what the other one has.
    let mut holder = office.database.connect();
    run(
        &mut holder,
        "begin; lock table clock in access exclusive mode",
    );
    let call = submit(&office, request, assign(&complaint));
    one_waits(&office).await;
    let other = tokio::task::spawn_blocking(move || {
        run(&mut other, "select from complaint for update");
        run(&mut other, "rollback");
    });
    let both = format!("(select count(*) = 2 {WAIT})");
    office.database.until(&both).await;
    run(&mut holder, "rollback");
    other.await.unwrap();
    call.await.unwrap().unwrap();
    let deadlocks = "(select deadlocks from pg_stat_database where datname = current_database())";
    office.database.until(&format!("{deadlocks} > 0")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_is_terminated_is_no_fault_of_what_it_did() {
    let Some(office) = office() else { return };
    let mut lock = lock(&office);
    let call = file(&office);
    one_waits(&office).await;
    let terminate = format!("select pg_terminate_backend(pid) {WAITS}");
    run(&mut office.database.connect(), &terminate);
    passes(&call.await.unwrap());
    run(&mut lock, "rollback");
    file_in_the_end(&office).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_only_be_read_is_not_available_to_those_who_write() {
    let Some(office) = office() else { return };
    file(&office).await.unwrap().unwrap();
    let name = office.database.name().to_owned();
    let terminate = format!("select pg_terminate_backend(pid) {CONNECTED}");
    let mut owner = office.database.connect();
    let read_only = format!("alter database {name} set default_transaction_read_only = on");
    run(&mut owner, &read_only);
    run(&mut owner, &terminate);
    // Some find a connection that was ended.
    for _ in 0..4 {
        passes(&file(&office).await.unwrap());
    }
    let read_write = format!("alter database {name} reset default_transaction_read_only");
    run(&mut owner, &read_write);
    run(&mut owner, &terminate);
    file_in_the_end(&office).await;
    assert_eq!(office.count_complaints(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_no_connection_left_is_not_available() {
    let folder = ReachableFolder::create();
    let settings = Settings {
        data_dir: folder.join("data"),
        durability: Durability::None,
        extra: vec![("max_connections".to_owned(), "10".to_owned())],
    };
    let postgres = PrivatePostgres::start(&settings).unwrap();
    let url = postgres.url("postgres");
    let all = std::iter::from_fn(|| PgConnection::establish(&url).ok());
    let all: Vec<PgConnection> = all.collect();
    assert!(!all.is_empty());
    let refused = Store::connect(&url, 1, Metrics::off()).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
}

/// A disk of its own for a tablespace; the server's log has room elsewhere.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, said aloud, where this account may not mount one.
    #[expect(clippy::print_stderr, reason = "what is skipped is said aloud")]
    fn mount(place: &Path) -> Option<SmallDisk> {
        std::fs::create_dir(place).unwrap();
        let tmpfs = ["-t", "tmpfs", "-o", "size=64m", "tmpfs"];
        let mounted = Program::new("mount").args(tmpfs).arg(place).status();
        if !mounted.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: this account may not mount a tmpfs");
            return None;
        }
        Some(SmallDisk(place.to_owned()))
    }

    fn fill(&self) {
        let mut file = File::create(self.0.join("ballast")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still uses it goes on until it ends.
        let _ = Program::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_nothing_is_put_aside_and_with_room_everything_fires_at_once() {
    let folder = ReachableFolder::create();
    let Some(disk) = SmallDisk::mount(&folder.join("disk")) else {
        return;
    };
    let space = disk.0.join("space");
    std::fs::create_dir(&space).unwrap();
    let Some(database) = TestDatabase::german_in(&space) else {
        return;
    };
    let time = Arc::new(ManualTime::at(instant(START)));
    let office = Office::beside(Arc::new(database), time);
    for _ in 0..200 {
        file(&office).await.unwrap().unwrap();
    }
    office.time.set(instant("2027-06-02T14:00:00Z"));

    disk.fill();
    // First, what little room there is within the pages is used up.
    let mut refused = 0;
    while refused < 5 {
        match file(&office).await.unwrap() {
            Ok(_) => {}
            refusal => {
                passes(&refusal);
                refused += 1;
            }
        }
    }
    let refused = file(&office).await.unwrap();
    assert!(matches!(refused, Err(EngineError::NoRoom)), "{refused:?}");
    for _ in 0..3 {
        passes(&sweep(&office).await);
    }
    assert_eq!(count(&office, PUT_ASIDE), 0);

    disk.free();
    let mut fired = 0;
    loop {
        match sweep(&office).await.unwrap() {
            0 => break,
            more => fired += more,
        }
    }
    assert!(fired >= 200, "{fired}");
    assert!(office.due_at("2027-06-02T14:00:00Z").is_empty());
    file(&office).await.unwrap().unwrap();
}

/// A trigger that lets nobody write of some complaints stands for a damaged page.
const DAMAGED: &str = "create table damaged (id uuid); \
    create function refuse() returns trigger language plpgsql as $$ begin \
    if exists (select from damaged d where d.id = new.complaint_id) then \
    raise exception 'damaged' using errcode = 'XX001'; end if; return new; end $$; \
    create trigger refuse before insert on event for each row execute function refuse()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_alone_is_put_aside_and_the_first_success_brings_the_others_back() {
    let Some(office) = office() else { return };
    let mut owner = office.database.connect();
    run(&mut owner, DAMAGED);
    let mut complaints = Vec::new();
    for _ in 0..20 {
        complaints.push(file(&office).await.unwrap().unwrap());
    }
    for Complaint { id, .. } in &complaints[..10] {
        run(&mut owner, &format!("insert into damaged values ('{id}')"));
    }
    // A call on one of them is refused for good, and no other with it.
    let bad = submit(&office, Uuid::new_v4(), assign(&complaints[0]));
    let good = submit(&office, Uuid::new_v4(), assign(&complaints[19]));
    match bad.await.unwrap() {
        Err(EngineError::Store(error)) => {
            assert!(matches!(*error, StoreError::Refused(_)), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
    good.await.unwrap().unwrap();

    office.time.set(instant("2026-06-03T21:00:01Z"));
    assert!(sweep(&office).await.unwrap() >= 10, "the others fire");
    assert_eq!(count(&office, PUT_ASIDE), 10);
    assert_eq!(sweep(&office).await.unwrap(), 0);

    // The cause has gone, and one comes back by itself.
    run(&mut owner, "delete from damaged");
    let back = format!(
        "update clock set put_aside_until = '2026-06-01Z' \
         where put_aside_until is not null and complaint_id = '{}'",
        complaints[3].id
    );
    run(&mut owner, &back);
    assert!(sweep(&office).await.unwrap() > 0);
    assert_eq!(count(&office, PUT_ASIDE), 0);
    assert!(sweep(&office).await.unwrap() >= 9);
}
