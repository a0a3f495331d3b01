//! The list of who was shown personal data.

use std::collections::BTreeSet;

use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::BigInt};
use redress::{
    access::{Caller, Role},
    proto::v1,
    store::ReadFilter,
};
use tonic::{Code, Response, Status};

use super::{Known, get};
use crate::{
    cost::NOBODY_ELSE_IS_CONNECTED,
    support::{
        callers::{Desk, of_brands, of_queues},
        database::TestDatabase,
        office::{Office, instant},
        service::{at, filing, refusal, violated},
    },
};

type Reads = Result<Response<v1::ListPersonalDataReadsResponse>, Status>;

/// Puts on record that these were shown, one a second from `first` on: the reader and the complaint.
fn record(database: &TestDatabase, first: &str, count: usize, reader: &str, complaint: &str) {
    let complaint = complaint.trim_start_matches("complaints/");
    sql_query(format!(
        "insert into personal_read select '{first}'::timestamptz + n * interval '1 second', gen_random_uuid(), '{complaint}', \
         '{reader}', lower('{reader}'), 'GetComplaint', '{{customer}}', n::text from generate_series(0, {count} - 1) n"
    ))
    .execute(&mut database.connect())
    .unwrap();
}

fn page(size: i32, token: &str) -> v1::ListPersonalDataReadsRequest {
    v1::ListPersonalDataReadsRequest {
        page_size: size,
        page_token: token.to_owned(),
        ..Default::default()
    }
}

/// Follows the pages of a request to their end; what each said of its purpose, and how many pages there were.
async fn follow(
    mut request: v1::ListPersonalDataReadsRequest,
    mut call: impl AsyncFnMut(v1::ListPersonalDataReadsRequest) -> Reads,
) -> (Vec<v1::PersonalDataRead>, usize) {
    let (mut reads, mut pages) = (Vec::new(), 0);
    loop {
        let answer = call(request.clone()).await.unwrap().into_inner();
        pages += 1;
        reads.extend(answer.reads);
        if answer.next_page_token.is_empty() {
            return (reads, pages);
        }
        request.page_token = answer.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_is_listed_with_who_when_how_and_what_for_and_reading_the_list_is_no_read() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    let mut ada = known.client("Ada Lovelace", Role::Adviser).await;
    let mut request = tonic::Request::new(get(&name));
    let metadata = request.metadata_mut();
    metadata.insert("redress-purpose", "call 4711".parse().unwrap());
    ada.get_complaint(request).await.unwrap();
    known.recorded_of("Ada Lovelace").await;
    for role in [Role::Auditor, Role::Compliance] {
        let mut olga = known.privacy("olga", role).await;
        let wanted = v1::ListPersonalDataReadsRequest {
            complaints: vec![name.clone()],
            reader: "ada  LOVELACE".to_owned(),
            ..Default::default()
        };
        let listed = olga.list_personal_data_reads(wanted).await.unwrap();
        let expected = v1::PersonalDataRead {
            complaint: name.clone(),
            reader: "Ada Lovelace".to_owned(),
            read_time: Some(at("2026-06-02T14:00:00Z")),
            method: "GetComplaint".to_owned(),
            kinds: vec![
                v1::PersonalDataKind::Customer.into(),
                v1::PersonalDataKind::IssueText.into(),
            ],
            purpose: "call 4711".to_owned(),
        };
        let listed = listed.into_inner();
        assert_eq!(
            (listed.reads, listed.next_page_token),
            (vec![expected], String::new())
        );
    }
    assert_eq!(known.recorded(&name).await.len(), 1);
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_the_last_reads_first_each_once_whatever_comes_on_record_meanwhile() {
    let desk = Desk::open();
    let database = &desk.office.database;
    let mine = file(&desk, "jive", "Bob").await;
    record(database, "2026-06-01T10:00:00Z", 25, "ada", &mine);
    // Some of one instant.
    record(database, "2026-06-01T10:00:00Z", 5, "bea", &mine);
    let mut privacy = desk.privacy(&Caller::Anyone);
    let mut newer = 0;
    let (reads, pages) = follow(page(7, ""), async |request| {
        let answer = privacy.list_personal_data_reads(request).await;
        newer += 1;
        record(
            database,
            &format!("2026-06-01T11:00:{newer:02}Z"),
            1,
            "cleo",
            &mine,
        );
        answer
    })
    .await;
    assert_eq!((reads.len(), pages), (30, 5));
    let times: Vec<i64> = reads
        .iter()
        .map(|read| read.read_time.unwrap().seconds)
        .collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    let each: BTreeSet<_> = reads
        .iter()
        .map(|read| (&read.reader, &read.purpose))
        .collect();
    assert_eq!(each.len(), 30, "each once");

    // The filters, by the second of each read.
    let filtered = |change: &dyn Fn(&mut v1::ListPersonalDataReadsRequest)| {
        let mut request = page(4, "");
        change(&mut request);
        request
    };
    let other = file(&desk, "jive", "").await;
    record(database, "2026-06-01T10:00:02Z", 3, "ada", &other);
    for (request, found) in [
        (filtered(&|it| it.reader = "BEA".to_owned()), 5),
        (filtered(&|it| it.reader = "nobody".to_owned()), 0),
        (filtered(&|it| it.complaints = vec![other.clone()]), 3),
        (
            filtered(&|it| it.complaints = vec![mine.clone(), other.clone(), other.clone()]),
            38,
        ),
        (
            filtered(&|it| {
                it.complaints = vec![mine.clone(), other.clone()];
                it.reader = "ada".to_owned();
            }),
            28,
        ),
        (
            filtered(&|it| {
                it.start_time = Some(at("2026-06-01T10:00:03Z"));
                it.end_time = Some(at("2026-06-01T10:00:05Z"));
            }),
            6,
        ),
        (
            filtered(&|it| {
                it.complaints = vec![mine.clone()];
                it.start_time = Some(at("2026-06-01T10:00:03Z"));
                it.end_time = Some(at("2026-06-01T10:00:05Z"));
            }),
            4,
        ),
    ] {
        let (reads, pages) = follow(request.clone(), async |request| {
            privacy.list_personal_data_reads(request).await
        })
        .await;
        assert_eq!(reads.len(), found, "{request:?}");
        assert_eq!(pages, found.div_ceil(4).max(1), "{request:?}");
    }
    let first = privacy.list_personal_data_reads(page(4, "")).await.unwrap();
    let mut elsewhere = page(4, &first.into_inner().next_page_token);
    elsewhere.reader = "ada".to_owned();
    let refused = privacy
        .list_personal_data_reads(elsewhere)
        .await
        .unwrap_err();
    assert_eq!(violated(&refused), ["page_token"]);
    let mut backwards = page(0, "");
    backwards.start_time = Some(at("2026-06-02T10:00:00Z"));
    backwards.end_time = backwards.start_time;
    let refused = privacy
        .list_personal_data_reads(backwards)
        .await
        .unwrap_err();
    assert_eq!(violated(&refused), ["end_time"]);
    let mut many = page(0, "");
    many.complaints = vec![mine; 101];
    let refused = privacy.list_personal_data_reads(many).await.unwrap_err();
    assert_eq!(violated(&refused), ["complaints"]);
}

async fn file(desk: &Desk, brand: &str, assignee: &str) -> String {
    let filing = v1::FileComplaintRequest {
        brand: brand.to_owned(),
        assignee: assignee.to_owned(),
        ..filing(v1::Channel::Form)
    };
    let filed = desk.client(&Caller::Anyone).file_complaint(filing).await;
    filed.unwrap().into_inner().name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_are_listed_within_the_scope_however_much_lies_outside() {
    let desk = Desk::open();
    let database = &desk.office.database;
    let (bobs, eves) = (
        file(&desk, "jive", "Bob").await,
        file(&desk, "harbour", "Eve").await,
    );
    record(database, "2026-06-01T10:00:00Z", 3, "ada", &bobs);
    // More than one page looks at.
    record(database, "2026-06-01T11:00:00Z", 6_000, "ada", &eves);
    for (caller, seen, unseen) in [
        (of_brands(&["jive"]), 3, Some(&eves)),
        (of_queues(&["bob"], true), 3, Some(&eves)),
        (of_brands(&["harbour"]), 6_000, Some(&bobs)),
        (of_brands(&[]), 0, Some(&bobs)),
        (Caller::Anyone, 6_003, None),
    ] {
        let mut privacy = desk.privacy(&caller);
        let (reads, _) = follow(page(1_000, ""), async |request| {
            privacy.list_personal_data_reads(request).await
        })
        .await;
        assert_eq!(reads.len(), seen, "{caller:?}");
        let Some(unseen) = unseen else {
            continue;
        };
        assert!(reads.iter().all(|read| read.complaint != *unseen));
        let named = v1::ListPersonalDataReadsRequest {
            complaints: vec![unseen.clone()],
            ..Default::default()
        };
        let refused = privacy.list_personal_data_reads(named).await.unwrap_err();
        let not_found = (Code::NotFound, "COMPLAINT_NOT_FOUND".to_owned());
        assert_eq!(refusal(&refused), not_found);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_record_for_long_enough_is_deleted_page_by_page_and_nothing_else() {
    let office = Office::open();
    let complaint = "01890a5d-ac96-774b-bcce-b302099a8057";
    record(
        &office.database,
        "2024-01-01T00:00:00Z",
        12_000,
        "ada",
        complaint,
    );
    let before = instant("2024-01-01T03:19:59Z");
    let forgotten = || office.store.forget_personal_reads(before).unwrap();
    assert_eq!(
        [forgotten(), forgotten(), forgotten()],
        [5_000, 5_000, 1_999]
    );
    assert_eq!(
        forgotten(),
        0,
        "what was read at that instant is not before it"
    );
    let left = super::recorded(&office.database);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].purpose, "11999");
}

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = BigInt)]
    walked: i64,
    #[diesel(sql_type = BigInt)]
    taken: i64,
}

/// Neither with the plans that Postgres makes for the values of the first calls, nor with those that it keeps for all later
/// ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_read_from_the_part_of_an_index_that_it_is_in() {
    let office = Office::open();
    let (often, seldom) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    // Whoever walks back from the last read meets these first.
    record(
        &office.database,
        "2026-06-01T10:00:00Z",
        20_000,
        "ada",
        &often.to_string(),
    );
    record(
        &office.database,
        "2026-05-01T10:00:00Z",
        5,
        "bea",
        &seldom.to_string(),
    );
    let mut connection = office.database.connect();
    let took = |connection: &mut diesel::PgConnection| -> Rows {
        for statement in ["select pg_stat_force_next_flush()", "select 1"] {
            sql_query(statement).execute(connection).unwrap();
        }
        let rows = "select (select seq_scan from pg_stat_user_tables where relname = 'personal_read') as walked, \
                    (select sum(idx_tup_read)::bigint from pg_stat_user_indexes where relname = 'personal_read') as taken";
        sql_query(rows).get_result(connection).unwrap()
    };
    sql_query("analyze").execute(&mut connection).unwrap();
    let before = took(&mut connection);
    let filters = [
        (ReadFilter::default(), 10),
        (
            ReadFilter {
                reader: Some("bea".to_owned()),
                ..Default::default()
            },
            5,
        ),
        (
            ReadFilter {
                complaints: Some([seldom].into()),
                reader: Some("bea".to_owned()),
                ..Default::default()
            },
            5,
        ),
        (
            ReadFilter {
                complaints: Some([seldom].into()),
                ..Default::default()
            },
            5,
        ),
        (
            ReadFilter {
                until: Some(instant("2026-05-15T00:00:00Z")),
                ..Default::default()
            },
            5,
        ),
    ];
    let rounds = 12;
    for _ in 0..rounds {
        for (filter, found) in filters.clone() {
            let page = office
                .reader
                .personal_reads(filter, None, 10)
                .await
                .unwrap();
            assert_eq!(page.reads.len(), found);
        }
    }
    let database = std::sync::Arc::clone(&office.database);
    drop(office);
    database.until(NOBODY_ELSE_IS_CONNECTED).await;
    let after = took(&mut connection);
    assert_eq!(after.walked, before.walked);
    let taken = after.taken - before.taken;
    assert!(taken > 0 && taken < rounds * 5 * 25, "{taken}");
}
