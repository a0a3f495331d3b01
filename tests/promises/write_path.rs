//! One way through: a command is carried out whole or not at all, once, and for nobody else's account.

use std::sync::Arc;

use diesel::{Connection as _, RunQueryDsl as _};
use redress::{
    app::App,
    brand::BrandBook,
    calendar::CalendarBook,
    domain::{Acknowledgement, ClockState, Command, ComplaintRef},
    engine::{EngineError, RequestKey, Rules, Work},
    policy::{Channel, Policy, PolicyBook},
    proto::v1,
    store::{Batch, LogPlace, Position, StoreError, StoredPolicy},
    time_source::ManualTime,
};
use uuid::Uuid;

use crate::support::{
    database::TestDatabase,
    office::{Office, START, filing, instant},
    policies::trusting,
    service::{self, config, connect},
};

fn key(id: Uuid, content: u8) -> Option<RequestKey> {
    Some(RequestKey {
        id,
        fingerprint: [content; 32],
    })
}

fn file() -> Work {
    Work::File {
        filing: Box::new(filing(Channel::Form)),
        policy: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_gets_its_first_answer_and_another_with_its_id_is_refused() {
    let office = Office::open();
    let id = Uuid::new_v4();
    let first = office.submit(key(id, 1), file()).await.unwrap();
    office
        .change(&first, Command::Acknowledge(Acknowledgement::default()))
        .await
        .unwrap();

    let again = office.submit(key(id, 1), file()).await.unwrap();
    assert_eq!(again, first, "as it was answered then, not as it is now");
    let other = office.submit(key(id, 2), file()).await;
    assert!(
        matches!(other, Err(EngineError::RequestReused)),
        "{other:?}"
    );
    assert_eq!(office.count_complaints(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_can_be_carried_out_soon_is_refused_at_once_and_what_was_taken_is_carried_out() {
    let office = Office::open();
    let flood = async |commands: usize| {
        let commands = (0..commands).map(|_| office.submit(None, file()));
        let answers = futures_util::future::join_all(commands).await;
        let (filed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        for answer in &refused {
            assert!(matches!(answer, Err(EngineError::Overloaded)), "{answer:?}");
        }
        (filed.len(), refused.len())
    };
    // Full batches, by which the pace is known.
    let (paced, none) = flood(1_000).await;
    assert_eq!((paced, none), (1_000, 0));
    let (filed, refused) = flood(20_000).await;
    assert!(
        filed >= 512 && refused > 0,
        "{filed} filed, {refused} refused"
    );
    // And at once there is room again.
    assert_eq!(flood(1).await, (1, 0));
    let complaints = i64::try_from(paced + filed + 1).unwrap();
    assert_eq!(office.count_complaints(), complaints);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_request_sent_a_hundred_times_at_once_files_one_complaint() {
    let office = Office::open();
    let id = Uuid::new_v4();
    let calls = (0..100).map(|_| office.submit(key(id, 1), file()));
    let answers = futures_util::future::join_all(calls).await;
    let first = answers[0].as_ref().unwrap();
    for answer in &answers {
        assert_eq!(answer.as_ref().unwrap(), first);
    }
    assert_eq!(office.count_complaints(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refusal_touches_only_its_own_command() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    let unknown = Work::Change {
        complaint: ComplaintRef::Id(Uuid::nil()),
        version: None,
        command: Box::new(Command::Resume { resumed_at: None }),
    };
    let calls = (0..60).map(|number| match number % 3 {
        0 => office.submit(None, file()),
        1 => office.submit(None, unknown.clone()),
        _ => office.submit(
            None,
            Work::Change {
                complaint: ComplaintRef::Id(complaint.id),
                version: None,
                command: Box::new(Command::Resume { resumed_at: None }),
            },
        ),
    });
    let answers = futures_util::future::join_all(calls).await;
    for (number, answer) in answers.iter().enumerate() {
        match number % 3 {
            0 => assert!(answer.is_ok(), "{answer:?}"),
            1 => assert!(matches!(answer, Err(EngineError::NotFound)), "{answer:?}"),
            _ => assert!(matches!(answer, Err(EngineError::Refused(_))), "{answer:?}"),
        }
    }
    assert_eq!(
        office.count_complaints(),
        21,
        "the complaint and the twenty that were filed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_that_the_database_refuses_is_split_until_the_culprit_stands_alone() {
    let office = Office::open();
    // No text of Postgres holds a NUL. The edge refuses it; here it stands for whatever the database will not take.
    let calls = (0..40).map(|number| {
        let mut filing = filing(Channel::Form);
        filing.assignee = Some(if number == 17 {
            "bad\0name".to_owned()
        } else {
            format!("handler {number}")
        });
        office.submit(
            None,
            Work::File {
                filing: Box::new(filing),
                policy: None,
            },
        )
    });
    let answers = futures_util::future::join_all(calls).await;
    for (number, answer) in answers.iter().enumerate() {
        match answer {
            Err(EngineError::Store(error)) if number == 17 => {
                assert!(matches!(**error, StoreError::Refused(_)), "{error}");
            }
            other => assert!(other.is_ok() && number != 17, "{number}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_change_the_same_version_one_is_told_that_it_is_stale() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    let assign = |assignee: &str| Work::Change {
        complaint: ComplaintRef::Tracking(complaint.tracking_number.clone()),
        version: Some(complaint.version()),
        command: Box::new(Command::Assign {
            assignee: assignee.to_owned(),
        }),
    };
    let (one, other) = tokio::join!(
        office.submit(None, assign("ada")),
        office.submit(None, assign("grace"))
    );
    let (won, lost) = if one.is_ok() {
        (one, other)
    } else {
        (other, one)
    };
    let present = won.unwrap().version();
    match lost {
        Err(EngineError::VersionMismatch {
            expected,
            present: told,
        }) => {
            assert_eq!((expected, told), (complaint.version(), present));
        }
        other => panic!("{other:?}"),
    }
}

/// Rebuilding Jira's SLAs rewrites what was met and missed before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cycle_that_has_ended_cannot_be_written_again() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    let acknowledge = Command::Acknowledge(Acknowledgement::default());
    office.change(&complaint, acknowledge).await.unwrap();
    let clocks = office.clocks(&complaint).await;
    let mut ended = clocks.iter().filter(|clock| clock.stop.is_some());
    let mut rewritten = ended.next().unwrap().clone();
    rewritten.state = ClockState::Missed;
    let written = office.store.transaction(|transaction| {
        let mut batch = Batch::default();
        batch.update_clock(&complaint, &rewritten)?;
        transaction.write(&batch)
    });
    assert!(
        matches!(written, Err(StoreError::Corrupt(_))),
        "{written:?}"
    );
    assert_eq!(office.clocks(&complaint).await, clocks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_never_skips_an_event_that_commits_late() {
    let office = Office::open();
    let early = office.file(filing(Channel::Form)).await;
    let end = office.log(0, 1).await[0].place.xid;

    // Another writer takes its transaction id first and commits last.
    let mut slow = office.database.connect();
    slow.begin_test_transaction().unwrap();
    diesel::sql_query(format!(
        "insert into event (complaint_id, sequence, kind, at, actor, payload, hash) \
         select complaint_id, 2, 'update_sent', at, actor, payload, hash from event where complaint_id = '{}'",
        early.id
    ))
    .execute(&mut slow)
    .unwrap();
    office.file(filing(Channel::Form)).await;
    let position = Position {
        place: LogPlace::behind(end),
        ..office.reader.log_end().await.unwrap()
    };
    let page = office.reader.log(position, 100, true).await.unwrap();
    assert!(
        page.events.is_empty(),
        "what may still be overtaken is not read yet"
    );

    diesel::sql_query("commit").execute(&mut slow).unwrap();
    let kinds: Vec<String> = office
        .log(end, 2)
        .await
        .into_iter()
        .map(|event| event.kind.unwrap().to_string())
        .collect();
    assert_eq!(kinds, ["update_sent", "filed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_the_log_in_small_pages_gives_every_event_once() {
    let office = Office::open();
    let calls = (0..50).map(|_| office.file(filing(Channel::Form)));
    futures_util::future::join_all(calls).await;
    let whole: Vec<_> = office
        .log(0, 50)
        .await
        .into_iter()
        .map(|event| (event.complaint, event.sequence))
        .collect();
    let (mut paged, mut position) = (Vec::new(), Position::BEGINNING);
    loop {
        let page = office.reader.log(position, 7, true).await.unwrap();
        let Some(last) = page.events.last() else {
            break;
        };
        position = Position {
            place: last.place,
            ..page.after
        };
        let places = page.events.iter().map(|event| event.place);
        assert!(places.is_sorted_by(|one, next| one < next));
        paged.extend(
            page.events
                .into_iter()
                .map(|event| (event.complaint, event.sequence)),
        );
    }
    assert_eq!(paged, whole);
    assert_eq!(paged.len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_kept_for_as_long_as_it_may_be_repeated_and_no_longer() {
    let office = Office::open();
    let id = Uuid::new_v4();
    office.submit(key(id, 1), file()).await.unwrap();
    let filed = instant(START);
    let forget = |before| office.store.forget_requests(before).unwrap();
    assert_eq!(
        forget(filed),
        0,
        "what came at that instant is not before it"
    );
    office.submit(key(id, 1), file()).await.unwrap();
    assert_eq!(office.count_complaints(), 1);
    assert_eq!(forget(instant("2026-06-02T14:00:01Z")), 1);
    office.submit(key(id, 1), file()).await.unwrap();
    assert_eq!(office.count_complaints(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_is_repeated_while_the_first_is_under_way_gets_the_first_answer() {
    let office = Office::open();
    let other = Office::beside(Arc::clone(&office.database), Arc::clone(&office.time));
    for round in 0..20 {
        let complaint = office.file(filing(Channel::Form)).await;
        let request = key(Uuid::new_v4(), 1);
        let acknowledge = Work::Change {
            complaint: ComplaintRef::Id(complaint.id),
            version: Some(complaint.version()),
            command: Box::new(Command::Acknowledge(Acknowledgement::default())),
        };
        let (one, two) = tokio::join!(
            office.submit(request, acknowledge.clone()),
            other.submit(request, acknowledge)
        );
        assert_eq!(one.unwrap(), two.unwrap(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_another_replica_brought_is_learnt_from_the_database() {
    let office = Office::open();
    let calendars = CalendarBook::builtin().unwrap();
    let builtin = include_str!("../../policies/ca-jive.toml");
    let text =
        trusting(builtin).replace("target = \"5 working days\"", "target = \"4 working days\"");
    let newer = Policy::parse("newer.toml", &text, &calendars).unwrap();
    let (name, version) = (newer.name().to_owned(), newer.version().to_owned());
    let kept = StoredPolicy::of(&newer);
    office
        .store
        .keep_texts(&[kept], &[], instant(START))
        .unwrap();
    let mut policies = PolicyBook::default();
    policies.insert(newer);
    let brands = BrandBook::builtin().unwrap();
    assert_eq!(brands.only().unwrap().policy, name);
    let rules = Arc::new(Rules::new(policies, calendars, brands));
    let newer = Office::with_rules(
        Arc::clone(&office.database),
        Arc::clone(&office.time),
        rules,
    );
    let complaint = newer.file(filing(Channel::Form)).await;
    assert_eq!(complaint.policy.version, version);

    let acknowledged = office
        .change(&complaint, Command::Acknowledge(Acknowledgement::default()))
        .await
        .unwrap();
    assert_eq!(
        acknowledged.policy.version, version,
        "it keeps the policy it was received under"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_may_only_read_and_write_the_tables_is_enough_to_serve() {
    let database = Arc::new(TestDatabase::create());
    let role = format!("clerk_of_{}", database.name());
    let mut owner = database.connect();
    for statement in [
        format!("create role {role} nosuperuser nologin"),
        format!("grant usage on schema public to {role}"),
        format!("grant select, insert, update, delete on all tables in schema public to {role}"),
    ] {
        diesel::sql_query(statement).execute(&mut owner).unwrap();
    }
    let url = format!("{}&options=-c%20role%3D{role}", database.url);
    let app = App::start(config(&url, Arc::new(ManualTime::at(instant(START)))))
        .await
        .unwrap();
    let mut client = connect(&app).await;
    client
        .file_complaint(service::filing(v1::Channel::Form))
        .await
        .unwrap();
    drop(client);
    app.stop().await.unwrap();
    for statement in [format!("drop owned by {role}"), format!("drop role {role}")] {
        diesel::sql_query(statement).execute(&mut owner).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_with_an_older_schema_is_refused_with_what_to_do() {
    let database = TestDatabase::create();
    diesel::sql_query("delete from __diesel_schema_migrations")
        .execute(&mut database.connect())
        .unwrap();
    let time = Arc::new(ManualTime::at(instant(START)));
    let refused = App::start(config(&database.url, time)).await.unwrap_err();
    assert!(refused.to_string().contains("redress migrate"), "{refused}");
}
