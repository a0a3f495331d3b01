//! What a page costs goes with what it returns, and never with the complaints that are over.
//!
//! Measured as the database counts it: the blocks of tables and indexes that the service's own statements touch, with the
//! plans that Postgres makes for the first calls and with those that it keeps for all later ones.

use std::sync::Arc;

use diesel::{PgConnection, RunQueryDsl as _, dsl::sql, sql_query, sql_types::BigInt};
use redress::{
    access::{Queues, Scope},
    domain::{State, notice::Language},
    policy::Channel,
    store::{
        Board, CountGroup, Counting, Coverage, Extent, Filter, Order, Reader, Store, StoreError,
    },
    telemetry::Metrics,
};
use uuid::Uuid;

use crate::support::{
    database::TestDatabase,
    office::{Office, filing, instant},
};

/// Many complaints of one kind, and few of the other.
const MANY: u32 = 20_000;
const FEW: u32 = 200;
/// Each is asked for so often: after five times Postgres may keep a plan.
const TIMES: i64 = 12;
/// A page of a hundred complaints with their clocks, each looked up in an index: far below the blocks of the table.
const MOST: i64 = 900;
/// Two thousand complaints that are looked through, with the pages of the index: far below the blocks of the table.
const LOOKED_THROUGH: i64 = 4_500;

/// A table of complaints, each received a second after the one before: so many are over, and then so many are open.
async fn book(over: u32, open: u32) -> (Arc<TestDatabase>, PgConnection) {
    let office = Office::open();
    office.file(filing(Channel::Form)).await;
    let database = Arc::clone(&office.database);
    drop(office);
    let mut connection = database.connect();
    for table in ["complaint", "clock"] {
        let copy = format!("create table original_{table} as table {table}");
        sql_query(copy).execute(&mut connection).unwrap();
    }
    // In small transactions: readers of a log wait for the oldest one of the whole cluster, and other tests read theirs.
    for first in (1..=over + open).step_by(500) {
        let numbers = format!(
            "(select n, n <= {over} as over, lpad(to_hex(n), 32, '0')::uuid as id from generate_series({first}, {}) n) copy",
            (first + 499).min(over + open)
        );
        for statement in [
            format!(
                "insert into complaint select (jsonb_populate_record(c, jsonb_build_object( \
                 'id', copy.id, 'tracking_number', copy.number, \
                 'state', case when over then 'closed' else 'received' end, \
                 'closed_at', case when over then c.received_at end, \
                 'brand', case when n % 200 = 0 then 'small' else c.brand end, \
                 'assignee', case when n % 100 = 0 then 'ada' end, \
                 'undelivered', n % 400 = 0, 'referred', n % 400 = 0, \
                 'level', case when n % 200 = 0 then 1 else 0 end, \
                 'next_due_at', case when not over then c.next_due_at end, \
                 'received_at', c.received_at + n * interval '1 second', \
                 'body', c.body::jsonb || jsonb_build_object('id', copy.id)))).* \
                 from original_complaint c, (select *, 'RD-11111-' || \
                 translate(upper(lpad(to_hex(n), 5, '0')), '0', 'Z') as number from {numbers}) copy"
            ),
            format!(
                "insert into clock select (jsonb_populate_record(k, jsonb_build_object('complaint_id', copy.id) || \
                 case when over then jsonb_build_object('state', 'met', 'stopped_at', k.started_at, \
                 'next_fire_at', null, 'next_step', null, 'next_repetition', null) else '{{}}' end)).* \
                 from original_clock k, {numbers}"
            ),
        ] {
            sql_query(statement).execute(&mut connection).unwrap();
        }
    }
    sql_query("vacuum analyze")
        .execute(&mut connection)
        .unwrap();
    (database, connection)
}

/// As many copies of the only complaint, without its region, that are filed before it.
pub(crate) fn copies(connection: &mut PgConnection, count: u32) {
    for statement in [
        "create table original as table complaint".to_owned(),
        format!(
            "insert into complaint select (jsonb_populate_record(c, jsonb_build_object( \
             'id', lpad(to_hex(n), 32, '0')::uuid, 'tracking_number', 'RD-11111-' || \
             translate(upper(lpad(to_hex(n), 5, '0')), '0', 'Z'), \
             'body', c.body::jsonb - 'region'))).* from original c, generate_series(1, {count}) n"
        ),
        "vacuum analyze complaint".to_owned(),
    ] {
        sql_query(statement).execute(connection).unwrap();
    }
}

/// How many blocks of the tables of complaints were touched so far by sessions that have ended.
fn touched(connection: &mut PgConnection) -> i64 {
    for statement in ["select pg_stat_force_next_flush()", "select 1"] {
        sql_query(statement).execute(connection).unwrap();
    }
    let blocks = sql::<BigInt>(
        "(select sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit + coalesce(toast_blks_read, 0) \
         + coalesce(toast_blks_hit, 0))::bigint from pg_statio_user_tables where relname in \
         ('complaint', 'clock', 'event', 'personal', 'notice', 'search_key'))",
    );
    diesel::select(blocks).get_result(connection).unwrap()
}

/// Nobody signals that a session of the server has ended.
fn until_nobody_is_connected(connection: &mut PgConnection) {
    let others = "(select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())";
    for _ in 0..100_000 {
        let others: i64 = diesel::select(sql::<BigInt>(others))
            .get_result(connection)
            .unwrap();
        if others == 0 {
            return;
        }
        std::thread::yield_now();
    }
    panic!("the service did not let go of its connections");
}

/// A call by name, and how many rows it returns.
pub(crate) type Case<'a> = (&'a str, &'a dyn Fn(&Store, &Reader) -> usize, usize);

/// The calls that touch too many blocks, each with how many.
pub(crate) fn too_dear(
    database: &TestDatabase,
    connection: &mut PgConnection,
    cases: &[Case<'_>],
) -> Vec<String> {
    dearer_than(MOST, database, connection, cases)
}

fn dearer_than(
    most: i64,
    database: &TestDatabase,
    connection: &mut PgConnection,
    cases: &[Case<'_>],
) -> Vec<String> {
    let mut dear = Vec::new();
    for (name, call, rows) in cases {
        until_nobody_is_connected(connection);
        let before = touched(connection);
        {
            let store = Store::connect(&database.url, 1, Metrics::off()).unwrap();
            let reader = Reader::new(store.clone(), 0);
            for _ in 0..TIMES {
                assert_eq!(call(&store, &reader), *rows, "{name}");
            }
        }
        until_nobody_is_connected(connection);
        let blocks = (touched(connection) - before) / TIMES;
        if blocks > most {
            dear.push(format!("{name}: {blocks} blocks"));
        }
    }
    dear
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_walks_past_what_is_over() {
    costs_what_it_returns(MANY, FEW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_walks_past_what_is_open_and_beyond_it() {
    costs_what_it_returns(FEW, MANY).await;
}

async fn costs_what_it_returns(over: u32, open_ones: u32) {
    let (database, mut connection) = book(over, open_ones).await;
    let runtime = tokio::runtime::Handle::current();
    let list = |reader: &Reader, filter: Filter| {
        let extent = Extent {
            rows: 50,
            bytes: usize::MAX,
        };
        let listed = reader.complaints(filter, None, extent, false);
        runtime.block_on(listed).unwrap().items.len()
    };
    let states = |states: &[State]| Filter {
        states: states.to_vec(),
        ..Filter::default()
    };
    let of_small = |filter: Filter| Filter {
        brand: Some("small".to_owned()),
        ..filter
    };
    let handled = || Filter {
        assignee: Some("ada".to_owned()),
        ..Filter::default()
    };
    let undelivered = |filter: Filter| Filter {
        undelivered: true,
        ..filter
    };
    let start = instant("2026-06-02T14:00:00Z");
    let seconds = |seconds: u32| start + jiff::SignedDuration::from_secs(seconds.into());
    let received = |reader: &Reader, period| {
        let policy = "ca-jive".to_owned();
        let found = reader.received_histories(policy, period, None, 100);
        runtime.block_on(found).unwrap().len()
    };
    let open = |reader: &Reader, policy: Option<&str>| {
        let found = reader.open_histories(policy.map(str::to_owned), None, 100);
        runtime.block_on(found).unwrap()
    };
    let within = |brands: Option<&[&str]>, queues: Option<Queues>| Filter {
        scope: Scope {
            brands: brands.map(|brands| brands.iter().map(|&name| name.to_owned()).collect()),
            queues,
        },
        ..Filter::default()
    };
    let of_ada = || Some(Queues::of(["Ada", "nobody else", "and yet another"]));
    let unassigned = || {
        let mut queues = Queues::of(["ada"]);
        queues.unassigned = true;
        Some(queues)
    };
    let ordered = |order: Order, filter: Filter| Filter { order, ..filter };
    let board = |reader: &Reader, group: CountGroup, filter: Filter| {
        let counting = Counting {
            filter,
            group,
            board: Board {
                now: instant("2026-06-02T14:00:00Z"),
                hour: instant("2026-06-02T15:00:00Z"),
                tomorrow: instant("2026-06-03T04:00:00Z"),
                after_tomorrow: instant("2026-06-04T04:00:00Z"),
            },
        };
        let counted = runtime.block_on(reader.counts(counting)).unwrap();
        counted.0.len()
    };
    let cases: [Case<'_>; 44] = [
        (
            "list within a brand that has few",
            &|_, reader| list(reader, within(Some(&["small"]), None)),
            50,
        ),
        (
            "list within several brands that have few",
            &|_, reader| list(reader, within(Some(&["none", "small", "tiny"]), None)),
            50,
        ),
        (
            "list within a queue, of any brand",
            &|_, reader| list(reader, within(None, of_ada())),
            50,
        ),
        (
            "list of what is over, within a queue",
            &|_, reader| {
                let filter = Filter {
                    states: vec![State::Closed],
                    ..within(None, of_ada())
                };
                list(reader, filter).min(1)
            },
            1,
        ),
        (
            "list in the order of receipt, within a queue",
            &|_, reader| {
                let filter = Filter {
                    policy: Some("ca-jive".to_owned()),
                    order: Order::Received,
                    ..within(None, of_ada())
                };
                list(reader, filter)
            },
            50,
        ),
        (
            "list within a queue and what nobody handles",
            &|_, reader| list(reader, within(None, unassigned())),
            50,
        ),
        (
            "list of what nobody handles, where all is in somebody's hands",
            &|_, reader| {
                let filter = Filter {
                    assignee: Some("-".to_owned()),
                    ..within(Some(&["small"]), unassigned())
                };
                list(reader, filter)
            },
            0,
        ),
        (
            "list within the queues of people who have nothing",
            &|_, reader| list(reader, within(None, Some(Queues::of(["bo", "eve"])))),
            0,
        ),
        (
            "list of one brand that has few",
            &|_, reader| list(reader, of_small(Filter::default())),
            50,
        ),
        (
            "list of one state of that brand",
            &|_, reader| list(reader, of_small(states(&[State::Received]))).min(1),
            1,
        ),
        (
            "list of what somebody handles, of any brand",
            &|_, reader| list(reader, handled()),
            50,
        ),
        (
            "list of what somebody handles, of one brand",
            &|_, reader| list(reader, of_small(handled())),
            50,
        ),
        (
            "verify --open",
            &|store, _| store.histories(Coverage::Open, None, 100).unwrap().len(),
            100,
        ),
        (
            "verify --open, the second page",
            &|store, _| {
                let first = store.histories(Coverage::Open, None, 100).unwrap();
                let after = first.last().map(|found| &found.place);
                store.histories(Coverage::Open, after, 50).unwrap().len()
            },
            50,
        ),
        (
            "verify --all",
            &|store, _| store.histories(Coverage::All, None, 100).unwrap().len(),
            100,
        ),
        (
            "verify --all, what is left of a complaint",
            &|store, _| {
                let (from, to) = (Uuid::from_u128(9_000), Uuid::from_u128(9_100));
                store.orphans(Some(from), Some(to)).unwrap().len()
            },
            0,
        ),
        (
            "simulate --zoneinfo",
            &|_, reader| open(reader, None).len(),
            100,
        ),
        (
            "simulate, what is open",
            &|_, reader| open(reader, Some("ca-jive")).len(),
            100,
        ),
        (
            "simulate, an early period of the past",
            &|_, reader| received(reader, (seconds(10), seconds(60))),
            50,
        ),
        (
            "simulate, a late period of the past",
            &|_, reader| received(reader, (seconds(over - 60), seconds(over - 10))),
            50,
        ),
        (
            "migrate",
            &|store, _| {
                let page = store.transaction(|transaction| {
                    let page = transaction.open_under("ca-jive", None, 50)?;
                    Ok::<_, StoreError>(page.len())
                });
                page.unwrap()
            },
            50,
        ),
        (
            "list of one state",
            &|_, reader| list(reader, states(&[State::Received])),
            50,
        ),
        (
            "list of several states",
            &|_, reader| {
                let open = [State::Received, State::InReview, State::Proposed];
                list(reader, states(&open))
            },
            50,
        ),
        (
            "list of what nobody handles",
            &|_, reader| {
                let nobody = Filter {
                    assignee: Some("-".to_owned()),
                    ..Filter::default()
                };
                list(reader, nobody)
            },
            50,
        ),
        (
            "list of one state, level, channel and policy",
            &|_, reader| {
                let filter = Filter {
                    level: Some(0),
                    channels: vec![Channel::Form, Channel::Chat],
                    policy: Some("ca-jive".to_owned()),
                    assignee: Some("-".to_owned()),
                    ..states(&[State::Received, State::InReview])
                };
                list(reader, filter)
            },
            50,
        ),
        (
            "list of what may be escalated",
            &|_, reader| {
                let eligible = Filter {
                    escalation_eligible: true,
                    ..Filter::default()
                };
                list(reader, eligible)
            },
            0,
        ),
        (
            "list of what did not reach its customer",
            &|_, reader| list(reader, undelivered(Filter::default())),
            50,
        ),
        (
            "list of what of somebody's did not reach its customer",
            &|_, reader| list(reader, undelivered(handled())),
            50,
        ),
        (
            "list of what did not reach its customer, by receipt",
            &|_, reader| {
                let filter = Filter {
                    policy: Some("ca-jive".to_owned()),
                    order: Order::Received,
                    ..Filter::default()
                };
                list(reader, undelivered(filter))
            },
            50,
        ),
        (
            "list of what to act on, by due time",
            &|_, reader| list(reader, ordered(Order::Due, Filter::default())),
            50,
        ),
        (
            "list of what to act on of one brand that has few, by due time",
            &|_, reader| list(reader, ordered(Order::Due, of_small(Filter::default()))).min(1),
            1,
        ),
        (
            "list of what somebody has to act on, by due time",
            &|_, reader| list(reader, ordered(Order::Due, handled())).min(1),
            1,
        ),
        (
            "list of what is overdue, by due time",
            &|_, reader| {
                let late = Filter {
                    due_before: Some(instant("2027-01-01T00:00:00Z")),
                    ..Filter::default()
                };
                list(reader, ordered(Order::Due, late))
            },
            50,
        ),
        (
            "list within a queue and what nobody handles, by due time",
            &|_, reader| list(reader, ordered(Order::Due, within(None, unassigned()))),
            50,
        ),
        (
            "list by level",
            &|_, reader| list(reader, ordered(Order::Level, Filter::default())),
            50,
        ),
        (
            "list by the last contact",
            &|_, reader| list(reader, ordered(Order::LastContact, Filter::default())),
            50,
        ),
        (
            "list by the last contact, of what nobody handles",
            &|_, reader| {
                let nobody = Filter {
                    assignee: Some("-".to_owned()),
                    ..Filter::default()
                };
                list(reader, ordered(Order::LastContact, nobody))
            },
            50,
        ),
        (
            "list of what is over, as it was closed",
            &|_, reader| list(reader, ordered(Order::Closed, Filter::default())),
            50,
        ),
        (
            "list of what is over, the last closed first",
            &|_, reader| list(reader, ordered(Order::ClosedLast, Filter::default())),
            50,
        ),
        (
            "list in the order of receipt, of any policy",
            &|_, reader| list(reader, ordered(Order::Received, Filter::default())),
            50,
        ),
        (
            "list of those received last, of any policy",
            &|_, reader| list(reader, ordered(Order::ReceivedLast, Filter::default())),
            50,
        ),
        (
            "list of what the independent body has",
            &|_, reader| {
                let filter = Filter {
                    referred: true,
                    ..Filter::default()
                };
                list(reader, filter)
            },
            50,
        ),
        (
            "count of each queue",
            &|_, reader| board(reader, CountGroup::Queue, Filter::default()),
            2,
        ),
        (
            "list of what did not reach its customer, in a state that has none",
            &|_, reader| list(reader, undelivered(states(&[State::Proposed]))),
            0,
        ),
    ];
    // What is due is found first, so a list of it costs what is due: here, whatever is open.
    let due: [Case<'_>; 2] = [
        (
            "list of what is late",
            &|_, reader| {
                let late = Filter {
                    due_before: Some(instant("2027-01-01T00:00:00Z")),
                    ..Filter::default()
                };
                list(reader, late)
            },
            50,
        ),
        (
            "list of what is late by one clock, in two states",
            &|_, reader| {
                let late = Filter {
                    due_before: Some(instant("2027-01-01T00:00:00Z")),
                    clock: Some("acknowledgement".to_owned()),
                    ..states(&[State::Received, State::InReview])
                };
                list(reader, late)
            },
            50,
        ),
    ];
    // What no index answers is looked for among a bounded number.
    let rare: [Case<'_>; 2] = [
        (
            "list of what matches nothing, by due time",
            &|_, reader| {
                let filter = Filter {
                    region: Some("CA-NU".to_owned()),
                    ..Filter::default()
                };
                list(reader, ordered(Order::Due, filter))
            },
            0,
        ),
        (
            "list of what matches nothing, as it was filed",
            &|_, reader| {
                let filter = Filter {
                    languages: vec![Language::German],
                    ..Filter::default()
                };
                list(reader, filter)
            },
            0,
        ),
    ];
    let dear = tokio::task::block_in_place(|| {
        dearer_than(LOOKED_THROUGH, &database, &mut connection, &rare)
    });
    assert_eq!(dear, Vec::<String>::new());
    let due: &[Case<'_>] = if open_ones == FEW { &due } else { &[] };
    for cases in [&cases[..], due] {
        let dear = tokio::task::block_in_place(|| too_dear(&database, &mut connection, cases));
        assert_eq!(dear, Vec::<String>::new());
    }
}
