//! What waits is bounded, and nothing of it is forgotten.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::{
    access::{Principal, Role, Scope},
    intake::reason,
    proto::v1,
    time_source::ManualTime,
};

fn record(keeping: Keeping) -> ReadRecord {
    crate::watchdog::watch();
    let time = ManualTime::at("2026-09-23T12:00:00Z".parse().unwrap());
    ReadRecord::new(keeping, Arc::new(time), Metrics::off())
}

fn call(record: &ReadRecord) -> ReadOf {
    let ada = Caller::Known(Arc::new(Principal {
        subject: "ada".to_owned(),
        roles: BTreeSet::from([Role::Adviser]),
        scope: Scope::default(),
    }));
    record.call(&ada, "ListEvents", "call 4711").unwrap()
}

/// That the texts of so many complaints are shown, from the one with this number on.
fn texts(first: u128, count: usize) -> Shown {
    let ids = (first..).map(Uuid::from_u128).take(count);
    let event = |id: Uuid| v1::Event {
        complaint: format!("complaints/{id}"),
        text: "words".to_owned(),
        ..v1::Event::default()
    };
    Shown::by(&mut ids.map(event).collect::<Vec<_>>())
}

fn notice(id: u128) -> Shown {
    Shown::by(&mut v1::Notice {
        name: format!("complaints/{}/notices/1", Uuid::from_u128(id)),
        addressee: "A".to_owned(),
        ..v1::Notice::default()
    })
}

fn is_refused(noted: Result<(), Problem>) -> bool {
    noted.is_err_and(|problem| problem.reason == reason::READS_NOT_RECORDED)
}

#[test]
fn what_a_call_shows_of_a_complaint_is_one_read_until_it_is_taken() {
    let record = record(Keeping::Required);
    let (one, other) = (call(&record), call(&record));
    record.note(&one, texts(1, 2)).unwrap();
    record.note(&other, texts(1, 1)).unwrap();
    record.note(&one, notice(1)).unwrap();
    let taken = record.take();
    let kinds: Vec<_> = taken.iter().map(|read| read.shown.len()).collect();
    assert_eq!(kinds, [2, 1, 1]);
    record.note(&one, texts(1, 1)).unwrap();
    assert_eq!(record.take().len(), 1);
    assert!(record.take().is_empty());
}

#[test]
fn a_batch_takes_the_first_of_what_waits_and_leaves_the_rest() {
    let record = record(Keeping::Required);
    let (one, other) = (call(&record), call(&record));
    record.note(&other, texts(1, 2)).unwrap();
    record.note(&one, texts(1, BATCH)).unwrap();
    assert!(record.has_more_than_a_batch());
    let first = record.take();
    assert_eq!(first.len(), BATCH);
    assert!(record.behind() > Duration::ZERO);
    record.written();
    assert_eq!(record.take().len(), 2);
    record.written();
    assert_eq!(record.behind(), Duration::ZERO);
}

#[test]
fn once_too_much_waits_nothing_is_shown_or_what_is_shown_is_counted_as_lost() {
    let [required, best_effort] = [Keeping::Required, Keeping::BestEffort].map(record);
    for record in [&required, &best_effort] {
        record.note(&call(record), texts(1, CAPACITY - 1)).unwrap();
        // What is being written counts until it is written.
        record.take();
        record.note(&call(record), texts(1, 1)).unwrap();
    }
    let two = call(&required);
    assert!(is_refused(required.note(&two, texts(1, 1))));
    assert!(is_refused(required.note(&two, texts(1, 2))));
    let two = call(&best_effort);
    best_effort.note(&two, texts(1, 2)).unwrap();
    let lost = best_effort
        .state()
        .outage
        .as_ref()
        .map(|outage| outage.lost);
    assert_eq!(lost, Some(2));
    for record in [&required, &best_effort] {
        record.written();
        assert!(record.state().outage.is_none());
        record.note(&call(record), texts(1, 2)).unwrap();
    }
}

#[test]
fn while_writing_fails_nothing_is_shown_or_what_is_shown_waits() {
    let [required, best_effort] = [Keeping::Required, Keeping::BestEffort].map(record);
    for record in [&required, &best_effort] {
        record.note(&call(record), texts(1, 1)).unwrap();
        record.take();
        record.failed(&"no table");
    }
    let two = call(&required);
    assert!(is_refused(required.note(&two, texts(1, 1))));
    // What shows nothing is none of this.
    required.note(&two, Shown::default()).unwrap();
    best_effort.note(&call(&best_effort), texts(1, 1)).unwrap();
    for record in [&required, &best_effort] {
        record.written();
        record.note(&call(record), texts(1, 1)).unwrap();
    }
    assert_eq!((required.take().len(), best_effort.take().len()), (1, 2));
}

#[test]
fn what_nobody_would_write_any_more_is_not_shown() {
    let record = record(Keeping::Required);
    record.end();
    assert!(is_refused(record.note(&call(&record), texts(1, 1))));
}
