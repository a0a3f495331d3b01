//! Whatever is damaged in the database, past the service, harms nothing else: it is named, and what is sound is read.

use std::collections::BTreeSet;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, connection::SimpleConnection as _, sql_query,
    sql_types::Text,
};
use redress::{
    app,
    engine::Verification,
    proto::v1::{self, Channel},
    store::{Coverage, StoreError},
    time_source::SystemTime,
};
use tonic::{Code, Status};

use crate::support::service::{Service, act, filing, refusal, told};

const TABLES: [&str; 8] = [
    "complaint",
    "clock",
    "event",
    "personal",
    "notice",
    "request",
    "rule_text",
    "activation",
];

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// Two complaints, of which the first will be damaged.
async fn two_complaints(service: &mut Service) -> (String, String) {
    let mut first = filing(Channel::Form);
    first.request_id = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    first.acknowledgement = Some(v1::Acknowledgement::default());
    first.assignee = "eve".to_owned();
    let first = service.file_as(first).await.name;
    let client = &mut service.client;
    let paused = act!(
        client,
        first,
        pause_complaint(PauseComplaintRequest {
            reason: v1::PauseReason::ThirdParty
        })
    );
    paused.unwrap();
    let told = act!(
        client,
        first,
        send_update(SendUpdateRequest {
            message: "We are on it."
        })
    );
    told.unwrap();
    let second = service.under_review().await.name;
    (first, second)
}

/// A copy of each table, and no constraint that would keep damage out.
fn open_to_damage(connection: &mut PgConnection) {
    let mut statements: Vec<String> = TABLES
        .iter()
        .map(|table| format!("create table sound_{table} as table {table}"))
        .collect();
    statements.push(
        "do $$ declare c record; begin for c in select conname, conrelid::regclass as of from pg_constraint \
         where contype = 'c' and conrelid <> 0 loop execute format('alter table %s drop constraint %I', c.of, c.conname); end loop; end $$"
            .to_owned(),
    );
    connection.batch_execute(&statements.join(";")).unwrap();
}

fn columns(table: &str, connection: &mut PgConnection) -> Vec<Column> {
    let columns = format!(
        "select column_name::text as name, data_type::text as kind from information_schema.columns \
         where table_name = '{table}' order by ordinal_position"
    );
    sql_query(columns).load(connection).unwrap()
}

/// The rows of the first complaint that are damaged, each by what selects it.
fn damaged_rows(table: &str, id: &str) -> Vec<String> {
    let of = |row: &str| format!("complaint_id = '{id}' and {row}");
    let last = |table: &str, such: &str| {
        let last = format!("select max(sequence) from {table} where complaint_id = '{id}'{such}");
        of(&format!("sequence = ({last})"))
    };
    match table {
        "complaint" => vec![format!("id = '{id}'")],
        "clock" => vec![of("name = 'resolution'")],
        "event" => vec![of("sequence = 1")],
        // Of the customer, of a notice, and of the words that it quotes.
        "personal" => vec![
            of("sequence = 1"),
            last("notice", ""),
            last("event", " and kind = 'update_sent'"),
        ],
        "notice" => vec![last("notice", "")],
        "request" => vec![of("true")],
        _ => vec![format!("ctid = (select min(ctid) from {table})")],
    }
}

/// What a column of this type may be damaged to.
fn damages(kind: &str) -> &'static [&'static str] {
    match kind {
        "timestamp with time zone" => &["'infinity'", "'-infinity'"],
        "json" => &["'[]'", r#"'{"text": "\u0000"}'"#, r#"'"\ud800"'"#],
        "text" => &["'damaged'", "''"],
        "integer" | "bigint" => &["-1", "2147483647"],
        "boolean" => &["true"],
        "uuid" => &["'01890a5d-ac96-774b-bcce-b302099a8058'"],
        "bytea" => &["'\\x00'"],
        "ARRAY" => &["'{damaged}'", "'{null}'"],
        "xid8" => &["'1'"],
        other => panic!("a column of the type {other}: what may it be damaged to?"),
    }
}

/// An answer, or an error that says that data were lost. A damaged name may not be found.
fn is_told<T>(answer: Result<T, Status>, damage: &str) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(status) => {
            let told = [Code::DataLoss, Code::NotFound].contains(&status.code());
            assert!(told, "{damage}: {status:?}");
            None
        }
    }
}

/// What can be read of a complaint, method by method.
async fn read_all(
    client: &mut v1::complaint_service_client::ComplaintServiceClient<tonic::transport::Channel>,
    name: &str,
    damage: &str,
) -> [bool; 5] {
    let name = name.to_owned();
    let get = v1::GetComplaintRequest {
        name: name.clone(),
        ..Default::default()
    };
    let got = client.get_complaint(get).await;
    let events = v1::ListEventsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let events = client.list_events(events).await;
    let clocks = v1::ListClocksRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let clocks = client.list_clocks(clocks).await;
    let notices = v1::ListNoticesRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let notices = client.list_notices(notices).await;
    let explain = v1::ExplainClockRequest {
        name: format!("{name}/clocks/resolution/cycles/latest"),
    };
    let explained = client.explain_clock(explain).await;
    let whole = |unreachable: &[String]| unreachable.is_empty();
    [
        is_told(got, damage).is_some(),
        is_told(events, damage).is_some_and(|events| whole(&events.get_ref().unreachable)),
        is_told(clocks, damage).is_some_and(|clocks| whole(&clocks.get_ref().unreachable)),
        is_told(notices, damage).is_some_and(|notices| whole(&notices.get_ref().unreachable)),
        is_told(explained, damage).is_some(),
    ]
}

/// The tracking numbers or ids of which anything is found, once all were looked at.
fn verified(url: &str, damage: &str) -> BTreeSet<String> {
    let opened = app::open_to_read(url);
    let (store, policies) = opened.unwrap_or_else(|error| panic!("{damage}: {error}"));
    let mut found = BTreeSet::new();
    let verification = Verification::new(&store, &policies, &SystemTime);
    let summary = verification.each::<StoreError>(Coverage::All, |verified| {
        if !verified.findings.is_empty() {
            found.insert(verified.tracking_number.clone());
        }
        Ok(())
    });
    let summary = summary.unwrap_or_else(|error| panic!("{damage}: {error}"));
    assert!(summary.complaints >= 2, "{damage}: {summary:?}");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_column_is_damaged_what_is_sound_is_read_and_the_rest_is_named() {
    crate::support::watchdog::watch_hard_work();
    let mut service = Service::start().await;
    let (first, second) = two_complaints(&mut service).await;
    let number = service.get(&first).await.tracking_number;
    let second_number = service.get(&second).await.tracking_number;
    let connection = &mut service.database.connect();
    open_to_damage(connection);
    let id = first.trim_start_matches("complaints/").to_owned();
    let url = service.database.url.clone();
    assert_eq!(verified(&url, "nothing"), BTreeSet::new());
    let client = &mut service.client;
    for table in TABLES {
        let rows = damaged_rows(table, &id);
        let columns = columns(table, connection).into_iter();
        let damages = columns.flat_map(|Column { name, kind }| {
            let values = damages(&kind).iter();
            values
                .map(|value| (name.clone(), *value))
                .collect::<Vec<_>>()
        });
        let damages: Vec<_> = damages
            .flat_map(|damage| rows.iter().map(move |row| (damage.clone(), row)))
            .collect();
        for ((column, value), which) in damages {
            let damage = format!("{table}.{column} = {value} where {which}");
            let update = format!("update {table} set {column} = {value} where {which}");
            // A key that exists already is no damage.
            if sql_query(update).execute(connection).is_err() {
                continue;
            }
            let list = v1::ListComplaintsRequest {
                read_mask: Some(prost_types::FieldMask {
                    paths: vec!["*".to_owned()],
                }),
                ..Default::default()
            };
            let listed = client.list_complaints(list).await;
            let listed = listed.unwrap_or_else(|status| panic!("{damage}: {status:?}"));
            let listed = listed.into_inner();
            let names: Vec<_> = listed.complaints.iter().map(|c| c.name.clone()).collect();
            assert!(names.contains(&second), "{damage}: {names:?}");
            assert_eq!(names.len() + listed.unreachable.len(), 2, "{damage}");

            assert_eq!(
                read_all(client, &second, &damage).await,
                [true; 5],
                "{damage}"
            );
            let read = read_all(client, &first, &damage).await;

            let found = verified(&url, &damage);
            assert!(!found.contains(&second_number), "{damage}: {found:?}");
            let unread = read.contains(&false) || !listed.unreachable.is_empty();
            // Notices, personal data and answers may be erased, and whatever can be read of them is taken for whole.
            let follows = ["complaint", "clock", "event"].contains(&table)
                && !["put_aside_until", "xid", "tzdb_version"].contains(&column.as_str());
            if follows || unread && ["personal", "notice"].contains(&table) {
                let named = found.contains(&number)
                    || found
                        .iter()
                        .any(|found| !found.starts_with("RD-") || *found != number);
                assert!(!found.is_empty() && named, "{damage}: nothing is found");
            }
            // As a replica would, so that what refers to these rows stays.
            let restore = format!(
                "set session_replication_role = replica; delete from {table}; \
                 insert into {table} select * from sound_{table}; \
                 reset session_replication_role"
            );
            connection.batch_execute(&restore).unwrap();
        }
    }
    service.stop().await;
}

/// Damages the first complaint's event, and returns its name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_is_told_of_an_event_that_cannot_be_read_and_goes_on() {
    let mut service = Service::start().await;
    let (first, second) = two_complaints(&mut service).await;
    let id = first.trim_start_matches("complaints/");
    let connection = &mut service.database.connect();
    for damage in [
        "update event set at = 'infinity' where sequence = 2 and complaint_id = ",
        r#"update personal set body = '{"text": 7}' where body -> 'text' is not null and complaint_id = "#,
    ] {
        let damaged = sql_query(format!("{damage} '{id}'")).execute(connection);
        assert_eq!(damaged.unwrap(), 1, "{damage}");
    }
    let request = v1::WatchEventsRequest {
        from_beginning: true,
        include_text: true,
        ..Default::default()
    };
    let mut stream = service
        .client
        .watch_events(request)
        .await
        .unwrap()
        .into_inner();
    let mut unreachable = Vec::new();
    loop {
        let message = told(&mut stream).await.unwrap();
        assert!(!message.position.is_empty());
        match message.event {
            Some(event) if event.complaint == second => break,
            Some(event) => assert!(event.event_time.is_some()),
            None => unreachable.push(message.unreachable),
        }
    }
    assert_eq!(unreachable.len(), 2, "{unreachable:?}");
    assert_eq!(unreachable[0], format!("{first}/events/2"));
    drop(stream);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_complaint_alone_is_data_loss_with_what_to_do() {
    let mut service = Service::start().await;
    let (first, _) = two_complaints(&mut service).await;
    let id = first.trim_start_matches("complaints/");
    let damage = format!("update complaint set body = '{{}}' where id = '{id}'");
    let damaged = sql_query(damage).execute(&mut service.database.connect());
    assert_eq!(damaged.unwrap(), 1);
    let get = v1::GetComplaintRequest {
        name: first.clone(),
        ..Default::default()
    };
    let lost = service.client.get_complaint(get).await.unwrap_err();
    assert_eq!(
        refusal(&lost),
        (Code::DataLoss, "DATA_UNREADABLE".to_owned())
    );
    assert!(lost.message().contains("redress verify"), "{lost:?}");
    // A change of it is refused likewise, and of no other.
    let client = &mut service.client;
    let refused = act!(
        client,
        first,
        assign_complaint(AssignComplaintRequest { assignee: "eve" })
    );
    assert_eq!(
        refusal(&refused.unwrap_err()),
        (Code::DataLoss, "DATA_UNREADABLE".to_owned())
    );
    // Its timeline does not need it.
    assert_eq!(service.kinds(&first).await[0], "filed");
    service.stop().await;
}
