//! Personal data stand in one place: whatever is entered, in one row of one table, also where a notice tells it again.

use diesel::{
    PgConnection, RunQueryDsl as _,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use redress::{
    proto::v1::{self, ErasureReason},
    store,
};
use uuid::Uuid;

use crate::support::{
    entry::{MARK, entered},
    privacy::{erase, export, privacy, verified},
    rows::{every_row, rows_with},
    service::{Service, act},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_text_that_is_entered_stands_in_one_row_of_one_table() {
    crate::support::watchdog::watch_hard_work();
    let mut service = Service::start().await;
    let (entry, names) = entered(&mut service).await;
    let rows = every_row(&service);
    let mut told = Vec::new();
    for name in &names {
        let notices = service.notices(name).await.into_iter();
        told.extend(notices.map(|notice| notice.text));
    }
    let mut told_again = 0;
    // A number of a telephone is not made up anew for each field.
    for text in entry.entered.iter().filter(|it| it.starts_with(MARK)) {
        let with = rows_with(&rows, text);
        assert_eq!(with.len(), 1, "{text}: {with:?}");
        assert!(with[0].starts_with("public.personal: "), "{with:?}");
        told_again += usize::from(told.iter().any(|it| it.contains(text.as_str())));
    }
    // The words of an update, of an outcome with its remedy, and others.
    assert!(told_again > 5, "{told_again}");
    service.stop().await;
}

/// The notices of a complaint, and the export of its personal data.
async fn read(service: &mut Service, name: &str) -> (Vec<v1::Notice>, serde_json::Value) {
    let mut privacy = privacy(service).await;
    let notices = service.notices(name).await;
    (notices, export(&mut privacy, name).await.unwrap())
}

/// A complaint with notices that tell what was entered.
async fn told(service: &mut Service) -> String {
    let name = service.under_review().await.name;
    let client = &mut service.client;
    act!(
        client,
        name,
        verify_identity(VerifyIdentityRequest { method: "passport" })
    )
    .unwrap();
    act!(
        client,
        name,
        propose_outcome(ProposeOutcomeRequest {
            message: "zqmark1x: the cabinet was repaired.",
            remedy: "zqmark2x: a credit."
        })
    )
    .unwrap();
    act!(
        client,
        name,
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: v1::CustomerAnswer::Accepted
        })
    )
    .unwrap();
    name
}

/// Puts the words of its notices where the former release had them.
fn write_as_before(name: &str, notices: &[v1::Notice], connection: &mut PgConnection) {
    let id: Uuid = name.trim_start_matches("complaints/").parse().unwrap();
    for notice in notices {
        let (_, sequence) = notice.name.rsplit_once('/').unwrap();
        let sequence: i64 = sequence.parse().unwrap();
        let words = notice.text.split_once("\n\n").unwrap().1;
        sql_query("delete from personal where complaint_id = $1 and sequence = $2")
            .bind::<SqlUuid, _>(id)
            .bind::<BigInt, _>(sequence)
            .execute(connection)
            .unwrap();
        let written = sql_query(
            "with former as (delete from notice where complaint_id = $1 and sequence = $2 returning *) \
             insert into notice (complaint_id, sequence, kind, text_version, language, channel, at, text) \
             select complaint_id, sequence, kind, text_version, language, channel, at, $3 from former",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<BigInt, _>(sequence)
        .bind::<Text, _>(words)
        .execute(connection);
        assert_eq!(written.unwrap(), 1);
    }
}

/// It reads as it did, is proved, and goes with an erasure.
async fn is_as_before(
    service: &mut Service,
    name: &str,
    before: &(Vec<v1::Notice>, serde_json::Value),
) {
    assert!(before.0.len() > 2, "{:?}", before.0);
    assert_eq!(&read(service, name).await, before);
    assert_eq!(verified(service), (1, Vec::new()));
    for row in rows_with(&every_row(service), "zqmark") {
        assert!(row.starts_with("public.personal: "), "{row}");
    }
    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    let mut privacy = privacy(service).await;
    erase(&mut privacy, name, ErasureReason::Request)
        .await
        .unwrap();
    assert_eq!(
        rows_with(&every_row(service), "zqmark"),
        Vec::<String>::new()
    );
    let notices = service.notices(name).await;
    assert!(notices.iter().all(|notice| notice.text.is_empty()));
    assert_eq!(verified(service), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_replica_of_the_former_release_writes_while_it_still_runs_is_kept_where_all_else_is()
{
    let mut service = Service::start().await;
    let name = told(&mut service).await;
    let before = read(&mut service, &name).await;
    write_as_before(&name, &before.0, &mut service.database.connect());
    is_as_before(&mut service, &name, &before).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_former_release_wrote_is_moved_when_the_schema_is_brought_up_to_date() {
    let mut service = Service::start().await;
    let name = told(&mut service).await;
    let before = read(&mut service, &name).await;
    let connection = &mut service.database.connect();
    let undo = "delete from __diesel_schema_migrations where version in ('20261201000200', '20261201000201'); \
                drop trigger notice_words on notice; drop function notice_words()";
    connection.batch_execute(undo).unwrap();
    write_as_before(&name, &before.0, connection);
    let moved = rows_with(&every_row(&service), "zqmark1x");
    assert!(moved.iter().any(|row| row.starts_with("public.notice: ")));
    assert_eq!(store::migrate(&service.database.url).unwrap(), 2);
    assert_eq!(store::migrate(&service.database.url).unwrap(), 0);
    is_as_before(&mut service, &name, &before).await;
    service.stop().await;
}
