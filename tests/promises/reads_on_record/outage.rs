//! What becomes of reads while they cannot be put on record, and of those that wait when the service ends.

use std::collections::BTreeSet;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, connection::SimpleConnection as _, sql_query,
    sql_types::BigInt,
};
use futures_util::future::join_all;
use redress::{access::Role, api::read_record::Keeping, proto::v1};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use super::{Known, get, recorded};
use crate::support::{
    database::LOOK,
    service::{act, refusal},
};

fn change(known: &Known, statement: &str) {
    let mut connection = known.service.database.connect();
    connection.batch_execute(statement).unwrap();
}

const AWAY: &str = "alter table personal_read rename to taken_away";
const BACK: &str = "alter table taken_away rename to personal_read";

/// Something waits to be written.
const WAITS: &str =
    "exists (select from pg_locks where relation = 'personal_read'::regclass and not granted)";

/// Holds the table, so that nothing can be written to it.
fn locked(known: &Known) -> PgConnection {
    let mut session = known.service.database.connect();
    session
        .batch_execute("begin; lock table personal_read in access exclusive mode")
        .unwrap();
    session
}

fn is_refused(status: &Status) -> bool {
    status.code() == Code::Unavailable && refusal(status).1 == "READS_NOT_RECORDED"
}

/// With what a stream ends that shows nothing.
async fn end(stream: &mut Streaming<v1::WatchEventsResponse>) -> Status {
    loop {
        match stream.message().await {
            Ok(Some(message)) => assert_eq!(message.event.unwrap_or_default().text, ""),
            Ok(None) => panic!("it ends with a status"),
            Err(status) => return status,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_reads_cannot_be_put_on_record_nothing_personal_is_shown_and_all_else_is_served() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    let mut ada = known.client("ada", Role::Adviser).await;
    let watch = |from_beginning| v1::WatchEventsRequest {
        from_beginning,
        include_text: true,
        ..Default::default()
    };
    let mut stream = ada.watch_events(watch(false)).await.unwrap().into_inner();
    change(&known, AWAY);
    // What is read before the first attempt to write fails is shown, and kept.
    let mut shown = 0;
    let refused = loop {
        match ada.get_complaint(get(&name)).await {
            Ok(_) => shown += 1,
            Err(refused) => break refused,
        }
        tokio::time::sleep(LOOK).await;
    };
    assert!(is_refused(&refused), "{refused:?}");
    assert!(
        refused
            .get_details_retry_info()
            .unwrap()
            .retry_delay
            .is_some()
    );
    let said = refused.message();
    assert!(
        said.contains("--read-record best-effort") && said.contains("log"),
        "{said}"
    );

    // Whatever shows nothing personal goes on.
    let all = v1::ListComplaintsRequest::default();
    ada.list_complaints(all).await.unwrap();
    let clocks = v1::ListClocksRequest {
        parent: name.clone(),
        ..Default::default()
    };
    ada.list_clocks(clocks).await.unwrap();
    let mut olga = known.client("olga", Role::Auditor).await;
    olga.get_complaint(get(&name)).await.unwrap();
    act!(ada, name, add_note(AddNoteRequest { note: "Meanwhile." })).unwrap();
    // A stream ends when it comes to something personal; so does one that is begun now.
    assert!(is_refused(&end(&mut stream).await));
    let mut begun = ada.watch_events(watch(true)).await.unwrap().into_inner();
    assert!(is_refused(&end(&mut begun).await));
    assert!(
        begun.message().await.unwrap().is_none(),
        "nothing comes after"
    );

    change(&known, BACK);
    while let Err(refused) = ada.get_complaint(get(&name)).await {
        assert!(is_refused(&refused), "{refused:?}");
        tokio::time::sleep(LOOK).await;
    }
    // Nothing of what was shown is lost, and nothing else is on record.
    let reads = known.recorded(&name).await;
    assert_eq!(reads.len(), shown + 1, "{reads:?}");
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_far_as_it_goes_reads_go_on_meanwhile_and_come_on_record_afterwards() {
    let known = Known::keeping(Keeping::BestEffort).await;
    let name = known.complaint().await.name;
    let mut ada = known.client("ada", Role::Adviser).await;
    let mut session = locked(&known);
    // Two attempts to write fail meanwhile.
    for _ in 0..2 {
        ada.get_complaint(get(&name)).await.unwrap();
        known.service.database.until(WAITS).await;
        known.service.database.until(&format!("not {WAITS}")).await;
    }
    ada.get_complaint(get(&name)).await.unwrap();
    session.batch_execute("rollback").unwrap();
    let reads = known.recorded(&name).await;
    assert_eq!(reads.len(), 3, "{reads:?}");
    known.service.stop().await;
}

#[derive(QueryableByName)]
struct Transactions {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reads_are_written_by_few_statements_and_no_answer_waits_for_them() {
    let known = Known::keeping(Keeping::BestEffort).await;
    let name = known.complaint().await.name;
    let ada = known.client("ada", Role::Adviser).await;
    let mut session = locked(&known);
    // All of them are answered while nothing can be written.
    let reads = (0..1_000).map(|_| {
        let (mut ada, name) = (ada.clone(), name.clone());
        async move { ada.get_complaint(get(&name)).await }
    });
    for read in join_all(reads).await {
        read.unwrap();
    }
    session.batch_execute("rollback").unwrap();
    let all = "(select count(*) from personal_read) >= 1000";
    known.service.database.until(all).await;
    let connection = &mut known.service.database.connect();
    let count = "select count(distinct xmin::text) as count from personal_read";
    let written: Transactions = sql_query(count).get_result(connection).unwrap();
    // One that failed as long as the table was locked, with what came up to it; and the rest.
    assert!(written.count <= 3, "{}", written.count);
    let reads = recorded(&known.service.database);
    assert_eq!(reads.len(), 1_000);
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_last_is_on_record_when_the_service_has_ended() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    let mut ada = known.client("ada", Role::Adviser).await;
    ada.get_complaint(get(&name)).await.unwrap();
    drop(ada);
    let database = known.service.database.clone();
    known.service.stop().await;
    let reads = recorded(&database);
    let readers: BTreeSet<&str> = reads.iter().map(|read| read.reader.as_str()).collect();
    assert_eq!(readers, BTreeSet::from(["ada"]));
}
