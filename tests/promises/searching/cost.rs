//! A search costs what it looks at, and it looks at no more than its bound, however many have what is searched for.

use redress::store::{Extent, Reader, SEARCHED, Search, Store};

use super::*;
use crate::page_cost::{Case, too_dear};

/// Complaints that have a name in common, beside those that were filed.
const COMMON: u32 = 200_000;

/// Keys of complaints that were filed later than any other: all have the first name, and each ten-thousandth the second.
fn crowd(database: &TestDatabase, count: u32) {
    let (smith, pair) = (key("smith"), pair("smith", "zoe"));
    let zoe = key("zoe");
    let connection = &mut database.connect();
    let id = "('f' || lpad(to_hex(n), 31, '0'))::uuid";
    for first in (1..=count).step_by(20_000) {
        let last = (first + 19_999).min(count);
        for statement in [
            format!(
                "insert into search_key select {smith}, {id} from generate_series({first}, {last}) n"
            ),
            format!(
                "insert into search_key select k, {id} from generate_series({first}, {last}) n, unnest(array[{zoe}, {pair}]::bigint[]) k \
                 where n % 10000 = 0"
            ),
            // And what everybody else has.
            format!(
                "insert into search_key select n, {id} from generate_series({first}, {last}) n"
            ),
        ] {
            sql_query(statement).execute(connection).unwrap();
        }
    }
    sql_query("vacuum analyze search_key")
        .execute(connection)
        .unwrap();
}

fn pair(one: &str, other: &str) -> i64 {
    Criterion::name(&format!("{one} {other}"))[0].terms()[0].key("jive")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_ends_at_its_bound_says_so_and_the_next_page_goes_on_from_there() {
    let mut service = Service::start().await;
    let name = service.file_as(of(called("Zoe Smith"))).await.name;
    let beyond = u32::try_from(SEARCHED).unwrap() * 2 + 100;
    crowd(&service.database, beyond);
    let (mut request, mut pages) = (by_name("smith"), 0);
    loop {
        let page = found(&mut service, request.clone()).await;
        pages += 1;
        if page.next_page_token.is_empty() {
            let names: Vec<_> = page.complaints.iter().map(|it| &it.name).collect();
            assert_eq!(names, [&name]);
            assert!(!page.stopped_early);
            break;
        }
        assert!(page.stopped_early && page.complaints.is_empty(), "{page:?}");
        request.page_token = page.next_page_token;
    }
    assert_eq!(pages, 3);
    // With what is rarer beside it, in one.
    for request in [
        by_name("zoe smith"),
        Request {
            name: "smith".to_owned(),
            case_reference: "none".to_owned(),
            ..Default::default()
        },
    ] {
        let page = found(&mut service, request.clone()).await;
        assert!(!page.stopped_early, "{request:?}");
        assert_eq!(
            page.complaints.len(),
            usize::from(request.case_reference.is_empty())
        );
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_search_walks_all_that_have_a_common_name() {
    let mut service = Service::start().await;
    for number in 0..60 {
        let customer = v1::Customer {
            phone: "514 555 0142".to_owned(),
            ..called(&format!("Zoe Smith Jones{number}"))
        };
        service.file_as(of(customer)).await;
    }
    let database = Arc::clone(&service.database);
    service.stop().await;
    crowd(&database, COMMON);
    let mut connection = database.connect();
    sql_query("vacuum analyze")
        .execute(&mut connection)
        .unwrap();
    let runtime = tokio::runtime::Handle::current();
    let search = |reader: &Reader, criteria: Vec<Criterion>| {
        let search = Search {
            brands: [("jive".to_owned(), criteria)].into(),
            ..Search::default()
        };
        let extent = Extent {
            rows: 50,
            bytes: usize::MAX,
        };
        let found = reader.search(search, None, extent, false);
        runtime.block_on(found).unwrap()
    };
    let phone = || Criterion::phone("+15145550142").unwrap();
    let with = |mut criteria: Vec<Criterion>, more| {
        criteria.push(more);
        criteria
    };
    let cases: [Case<'_>; 5] = [
        (
            "what few have",
            &|_: &Store, reader: &Reader| search(reader, vec![phone()]).items.len(),
            50,
        ),
        (
            "two names that many have, but not together",
            &|_: &Store, reader: &Reader| search(reader, Criterion::name("smith zoe")).items.len(),
            50,
        ),
        (
            "a name that many have, with a number that few have",
            &|_: &Store, reader: &Reader| {
                search(reader, with(Criterion::name("smith"), phone()))
                    .items
                    .len()
            },
            50,
        ),
        (
            "what nobody has",
            &|_: &Store, reader: &Reader| search(reader, Criterion::name("nobody")).items.len(),
            0,
        ),
        (
            "what nobody has, with a name that many have",
            &|_: &Store, reader: &Reader| {
                let nobody = Criterion::email("nobody@example.com").unwrap();
                search(reader, with(Criterion::name("smith"), nobody))
                    .items
                    .len()
            },
            0,
        ),
    ];
    let dear = tokio::task::block_in_place(|| too_dear(&database, &mut connection, &cases));
    assert_eq!(dear, Vec::<String>::new());
    // What is bounded touches as many complaints as its bound, and no table as a whole.
    let bounded = tokio::task::block_in_place(|| {
        let store = Store::connect(&database.url, 1, redress::telemetry::Metrics::off()).unwrap();
        let reader = Reader::new(store, 0);
        search(&reader, Criterion::name("smith"))
    });
    assert!(bounded.stopped_at.is_some() && bounded.items.is_empty());
}
