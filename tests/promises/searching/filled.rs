//! What a release filed that knew nothing of searches is found, too.

use redress::store::{Store, migrate};
use redress::telemetry::Metrics;

use super::*;

/// As a release before left it.
fn forget(database: &TestDatabase) {
    for statement in [
        "delete from search_key",
        "update search_progress set after = '00000000-0000-0000-0000-000000000000'",
    ] {
        sql_query(statement)
            .execute(&mut database.connect())
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_filed_before_there_were_searches_is_found_once_the_schema_is_brought_up_to_date()
{
    let mut service = Service::start().await;
    let first = service.file_as(of(ada())).await.name;
    let (mut all, page) = (vec![first], 210);
    for number in 1..page {
        let customer = called(&format!("Ada Number{number}"));
        all.push(service.file_as(of(customer)).await.name);
    }
    let keys_before = keys(&service.database);
    forget(&service.database);
    assert!(names(&mut service, by_name("ada")).await.is_empty());
    let url = service.database.url.clone();
    let run = tokio::task::spawn_blocking(move || {
        migrate(&url).unwrap();
        migrate(&url).unwrap()
    });
    assert_eq!(run.await.unwrap(), 0);
    assert_eq!(keys(&service.database), keys_before);
    let request = Request {
        page_size: 1_000,
        ..by_name("ada")
    };
    let found: BTreeSet<_> = names(&mut service, request).await.into_iter().collect();
    assert_eq!(found, all.into_iter().collect());
    assert_eq!(verified(&service), (page, Vec::new()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_former_release_files_meanwhile_is_made_up_for_each_night_and_nothing_that_was_erased()
 {
    let mut service = Service::start().await;
    let kept = service.file_as(of(ada())).await.name;
    let gone = service.file_as(of(called("Ada Byron"))).await.name;
    service.time.set(instant("2026-06-02T14:01:00Z"));
    act!(
        service.client,
        gone,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    let mut privacy = privacy(&service).await;
    erase(&mut privacy, &gone, v1::ErasureReason::Order)
        .await
        .unwrap();
    // All of it was looked at before.
    sql_query("update search_progress set after = 'ffffffff-ffff-ffff-ffff-ffffffffffff'")
        .execute(&mut service.database.connect())
        .unwrap();
    sql_query("delete from search_key")
        .execute(&mut service.database.connect())
        .unwrap();
    let url = service.database.url.clone();
    let fill = tokio::task::spawn_blocking(move || {
        let store = Store::connect(&url, 1, Metrics::off()).unwrap();
        let since = instant("2026-06-01T00:00:00Z");
        let last = store.fill_search_keys(since, None).unwrap();
        let none = store.fill_search_keys(since, last).unwrap();
        assert_eq!((last.is_some(), none), (true, None));
    });
    fill.await.unwrap();
    assert_eq!(names(&mut service, by_name("ada")).await, [kept]);
    assert_eq!(verified(&service), (2, Vec::new()));
    service.stop().await;
}

/// While somebody holds it, it is waited for; what the holder erases is not put back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_that_is_being_erased_gets_no_keys_of_what_is_erased() {
    use diesel::connection::SimpleConnection as _;
    let mut service = Service::start().await;
    service.file_as(of(ada())).await;
    forget(&service.database);
    let mut holder = service.database.connect();
    holder
        .batch_execute("begin; select from complaint for update; delete from personal")
        .unwrap();
    let url = service.database.url.clone();
    let fill = tokio::task::spawn_blocking(move || {
        let store = Store::connect(&url, 1, Metrics::off()).unwrap();
        store
            .fill_search_keys(instant("2026-06-01T00:00:00Z"), None)
            .unwrap()
    });
    let waits = sql::<BigInt>(
        "(select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '/* search.lock */%')",
    );
    let mut connection = service.database.connect();
    for _ in 0..100_000 {
        let waiting: i64 = diesel::select(waits.clone())
            .get_result(&mut connection)
            .unwrap();
        if waiting > 0 {
            break;
        }
        assert!(!fill.is_finished(), "it waits");
        std::thread::yield_now();
    }
    holder.batch_execute("commit").unwrap();
    assert!(fill.await.unwrap().is_some());
    assert_eq!(keys(&service.database), 0);
    service.stop().await;
}
