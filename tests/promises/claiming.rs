//! What a sweep claims is its own, is due still when it is claimed, and needs nobody to be there.

use std::sync::Arc;

use diesel::{RunQueryDsl as _, sql_query};
use redress::{
    domain::{Command, EventKind},
    policy::Channel,
    proto::v1,
    store::{Store, StoreError, StoredEvent},
    telemetry::Metrics,
    time_source::ManualTime,
};

use crate::support::{
    database::ONE_WAITS_FOR_AN_ADVISORY_LOCK,
    office::{Office, START, content, filing, instant, rules},
    service::Service,
};

/// When the first reminder of what is filed by form at the start is due: half of the time to acknowledge it has passed.
const REMINDER: &str = "2026-06-03T13:30:00Z";
const AFTER_IT: &str = "2026-06-03T13:30:01Z";

/// airflow #64710: the lock that it took, FOR KEY SHARE, does not conflict with itself, so two schedulers held the same row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_sweep_has_claimed_no_other_one_claims() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    let now = instant(AFTER_IT);
    let claims: Result<_, StoreError> = office.store.transaction(|first| {
        let ours = first.claim_due(now, None)?;
        let theirs = office
            .store
            .transaction(|second| second.claim_due(now, None))?;
        Ok((ours, theirs))
    });
    let (ours, theirs) = claims.unwrap();
    let claimed = ours.cases.iter().map(|case| case.complaint.id);
    assert_eq!(claimed.collect::<Vec<_>>(), [complaint.id]);
    assert!(theirs.cases.is_empty(), "{theirs:?}");
    // What was claimed and not fired is let go.
    office.time.set(now);
    assert_eq!(office.drain().await, 1);
}

/// Zammad finds out by a LIKE whether it has told of something before. Here a unique key has the last word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_is_on_record_cannot_be_recorded_again() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    office.time.set(instant(AFTER_IT));
    assert_eq!(office.drain().await, 1);
    let again = "insert into event (complaint_id, sequence, kind, at, actor, payload, hash, clock, cycle, step, repetition, \
                 step_due_at) select complaint_id, sequence + 1, kind, at, actor, payload, hash, clock, cycle, step, \
                 repetition, step_due_at from event where clock is not null";
    let refused = sql_query(again)
        .execute(&mut office.database.connect())
        .unwrap_err();
    assert!(refused.to_string().contains("event_step"), "{refused}");
    assert_eq!(office.events(&complaint).await.len(), 2);
}

/// libredesk #70, osTicket #2333, zammad #904: alerts for what had been closed, deleted or merged before. Here the customer
/// withdraws at the last instant before the step is due, after the sweep has found it and before it has the lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_ends_while_a_sweep_comes_to_it_is_not_fired() {
    let office = Office::open();
    let withdrawn = office.file(filing(Channel::Form)).await;
    let sound = office.file(filing(Channel::Form)).await;
    let sweeper = held_at_a_gate(&office);
    office.time.set(instant(REMINDER));
    sweeper.time.set(instant(AFTER_IT));

    let mut gate = office.database.connect();
    sql_query("select pg_advisory_lock(1)")
        .execute(&mut gate)
        .unwrap();
    let (fired, ()) = tokio::join!(sweeper.drain(), async {
        office.database.until(ONE_WAITS_FOR_AN_ADVISORY_LOCK).await;
        let withdraw = Command::Withdraw {
            withdrawn_at: None,
            channel: Channel::Phone,
            statement: "Never mind.".to_owned(),
        };
        office.change(&withdrawn, withdraw).await.unwrap();
        drop(gate);
    });
    assert_eq!(fired, 1);
    assert_eq!(
        office.events(&sound).await[1].kind,
        Some(EventKind::Reminder)
    );
    let events = office.events(&withdrawn).await;
    let caused_by_a_clock = |event: &StoredEvent| content(event).firing.is_some();
    assert!(!events.iter().any(caused_by_a_clock), "{events:?}");
}

/// A replica that has to pass a gate with each complaint that it looks at: row security makes its role take an advisory lock,
/// which is after its statement took its snapshot and before it locks a row.
fn held_at_a_gate(office: &Office) -> Office {
    let database = &office.database;
    let role = format!("sweeper_of_{}", database.name());
    let mut owner = database.connect();
    for statement in [
        format!("create role {role} nosuperuser nologin"),
        format!("grant usage on schema public to {role}"),
        format!("grant select, insert, update, delete on all tables in schema public to {role}"),
        "create function passes_the_gate() returns boolean volatile language plpgsql as \
         'begin perform pg_advisory_xact_lock_shared(1); return true; end'"
            .to_owned(),
        "alter table complaint enable row level security".to_owned(),
        format!("create policy gate on complaint to {role} using (passes_the_gate())"),
    ] {
        sql_query(statement).execute(&mut owner).unwrap();
    }
    let url = format!("{}&options=-c%20role%3D{role}", database.url);
    let store = Store::connect(&url, 2, Metrics::off()).unwrap();
    let time = Arc::new(ManualTime::at(instant(START)));
    Office::on(store, Arc::clone(database), time, rules(), Metrics::off())
}

/// osTicket #4095: the alert for what was late went out when somebody logged in, and not before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlines_fire_though_nobody_calls_and_nobody_watches() {
    let mut service = Service::start().await;
    service.file(v1::Channel::Form).await;
    let Service {
        app,
        client,
        time,
        database,
    } = service;
    drop(client);
    // It reads the log, and sweeps nothing.
    let reader = Office::beside(database, Arc::clone(&time));
    time.set(instant("2026-06-03T21:00:01Z"));
    let log = reader.log(0, 3).await;
    let kinds: Vec<_> = log
        .iter()
        .map(|event| event.kind.unwrap().as_str())
        .collect();
    assert_eq!(kinds, ["filed", "breached", "escalation_eligible"]);
    app.stop().await.unwrap();
}
