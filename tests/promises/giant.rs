//! A complaint on which fifty thousand things happened is read at the cost of any other.

use diesel::{PgConnection, connection::SimpleConnection as _};
use redress::{
    access::Scope,
    domain::{Command, ComplaintRef},
    policy::Channel,
    store::{Extent, Filter, Reader, Store},
};

use super::page_cost::{Case, too_dear};
use crate::support::office::{Office, filing};

/// So many events, of which so many are contacts of ten thousand characters, and so many restarted a clock.
const EVENTS: u32 = 50_000;
const CONTACTS: u32 = 2_000;
const CYCLES: u32 = 20_000;

/// Adds them to the only complaint there is, as a service that was kept busy would have. Their hashes are made up.
fn grow(connection: &mut PgConnection) {
    let contact = "json_build_object('text', repeat('𝄞', 10000))";
    let statements = [
        format!(
            "insert into event (complaint_id, sequence, kind, at, actor, payload, hash) \
             select id, n, 'contact_recorded', filed_at + n * interval '1 minute', 'ada', '{{}}', sha256(n::text::bytea) \
             from complaint, generate_series(100, {EVENTS}) n"
        ),
        format!(
            "insert into personal select id, n, contact.body from complaint, (select {contact} as body) contact, \
             generate_series(100, {}) n",
            99 + CONTACTS
        ),
        format!(
            "insert into notice select id, n, 'promise_changed', 'v1', 'en', 'form', filed_at + n * interval '1 minute' \
             from complaint, generate_series(100, {CYCLES}) n"
        ),
        format!(
            "insert into personal select id, n, json_build_object('notice', json_build_array('We are on it. ', \
             json_build_object('event', 100 + n % {CONTACTS}, 'of', 'text'))) \
             from complaint, generate_series({}, {CYCLES}) n",
            100 + CONTACTS
        ),
        format!(
            "insert into clock select (jsonb_populate_record(k, jsonb_build_object('cycle', n, 'state', 'met', \
             'started_at', k.started_at + n * interval '1 minute', 'stopped_at', k.started_at + n * interval '2 minutes', \
             'next_fire_at', null, 'next_step', null, 'next_repetition', null))).* \
             from clock k, generate_series(2, {CYCLES}) n where k.name = 'customer_update'"
        ),
        "vacuum analyze".to_owned(),
    ];
    for statement in statements {
        connection.batch_execute(&statement).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_with_fifty_thousand_events_is_read_at_the_cost_of_any_other() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    let acknowledge = Command::Acknowledge(Default::default());
    office.change(&complaint, acknowledge).await.unwrap();
    let database = office.database.clone();
    drop(office);
    let mut connection = database.connect();
    grow(&mut connection);
    let runtime = tokio::runtime::Handle::current();
    let which = || ComplaintRef::Id(complaint.id);
    let scope = Scope::default();
    let extent = Extent {
        rows: 100,
        bytes: 3 << 20,
    };
    let cases: [Case<'_>; 7] = [
        (
            "GetComplaint",
            &|_: &Store, reader: &Reader| {
                let found = runtime.block_on(reader.complaint_with_personal(which(), &scope));
                found.unwrap().unwrap().personal.len()
            },
            1,
        ),
        (
            "ListComplaints with personal data",
            &|_: &Store, reader: &Reader| {
                let found = reader.complaints(Filter::default(), None, extent, true);
                runtime.block_on(found).unwrap().items.len()
            },
            1,
        ),
        (
            "ListClocks",
            &|_: &Store, reader: &Reader| {
                let found = runtime.block_on(reader.clocks(which(), &scope)).unwrap();
                found.unwrap().clocks.len()
            },
            100,
        ),
        (
            "ListClocks, a later page",
            &|_: &Store, reader: &Reader| {
                let found = runtime.block_on(reader.clocks(which(), &scope)).unwrap();
                let place = found.unwrap().clocks.pop().map(|listed| listed.place);
                let found = reader.clocks_after(complaint.id, place, 100);
                runtime.block_on(found).unwrap().unwrap().clocks.len()
            },
            100,
        ),
        (
            "ListEvents",
            &|_: &Store, reader: &Reader| {
                let found = reader.events(complaint.id, 40_000, extent, true);
                runtime.block_on(found).unwrap().items.len()
            },
            100,
        ),
        (
            "ListNotices",
            &|_: &Store, reader: &Reader| {
                let found = reader.notices(complaint.id, 10_000, extent);
                runtime.block_on(found).unwrap().items.len()
            },
            100,
        ),
        (
            "a change",
            &|store: &Store, _: &Reader| {
                let locked = store.transaction(|transaction| transaction.lock(&[which()].into()));
                let locked: Result<_, redress::store::StoreError> = locked;
                locked.unwrap().cases.len()
            },
            1,
        ),
    ];
    let dear = tokio::task::block_in_place(|| too_dear(&database, &mut connection, &cases));
    assert_eq!(dear, Vec::<String>::new());
}
