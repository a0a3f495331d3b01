#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::{
    domain::Fact,
    store::{EventContent, LogPlace},
};

/// A log in memory, whose positions are the store's.
#[derive(Debug, Clone, Default)]
pub(in crate::api) struct Events(pub(in crate::api) Arc<Kept>);

#[derive(Debug, Default)]
pub(in crate::api) struct Kept {
    /// In the order of the log.
    events: Mutex<Vec<StoredEvent>>,
    /// The branch, and where it parted from the one before.
    branch: Mutex<(Uuid, i64)>,
    pub(in crate::api) reads: AtomicUsize,
}

impl Events {
    /// A transaction with these events.
    pub(in crate::api) fn commit(&self, transaction: i64, kinds: &[&str]) {
        crate::watchdog::watch();
        let mut events = self.0.events.lock().unwrap();
        for (kind, number) in kinds.iter().zip(1..) {
            let event = StoredEvent {
                complaint: Uuid::nil(),
                place: LogPlace {
                    xid: transaction,
                    number,
                },
                sequence: i64::try_from(events.len()).unwrap() + 1,
                kind: Some(kind.parse().unwrap()),
                content: Ok(EventContent {
                    at: Timestamp::UNIX_EPOCH,
                    actor: "agent 7".to_owned(),
                    entered_by: None,
                    fact: Some(Fact::UpdateSent {
                        sent_at: None,
                        awaited: false,
                    }),
                    payload: (*kind).to_owned(),
                    firing: None,
                    hash: Vec::new(),
                    after: None,
                    text: Some(format!("the words of {kind}")),
                }),
                placement: None,
            };
            events.push(event);
        }
    }

    /// A standby takes over that has received everything up to this transaction.
    pub(in crate::api) fn promote(&self, branch: Uuid, last: i64) {
        let mut events = self.0.events.lock().unwrap();
        events.retain(|event| event.place.xid <= last);
        *self.0.branch.lock().unwrap() = (branch, last);
    }
}

/// The position behind a transaction, on the first branch.
pub(in crate::api) fn at(xid: i64) -> Position {
    behind(LogPlace::behind(xid))
}

/// The position behind an event, on the first branch.
pub(in crate::api) fn behind(place: LogPlace) -> Position {
    Position {
        place,
        ..Position::BEGINNING
    }
}

impl Kept {
    /// The last event up to a transaction.
    fn last(&self, xid: i64) -> LogPlace {
        let events = self.events.lock().unwrap();
        let mut up_to = events.iter().filter(|event| event.place.xid <= xid);
        let last = up_to.next_back();
        last.map_or(Position::BEGINNING.place, |event| event.place)
    }
}

impl Log for Events {
    async fn after(
        &self,
        position: Position,
        limit: usize,
        texts: bool,
    ) -> Result<LogPage, PositionError> {
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        let after = self.position(position).await?;
        let events = self.0.events.lock().unwrap();
        let page = events.iter().filter(|event| event.place > after.place);
        let events = page.take(limit).map(|event| {
            let mut event = event.clone();
            if let Ok(content) = &mut event.content {
                content.text = content.text.take().filter(|_| texts);
            }
            event
        });
        Ok(LogPage {
            after,
            events: events.collect(),
        })
    }

    async fn position(&self, position: Position) -> Result<Position, PositionError> {
        if position == at(i64::MAX) {
            return Err(StoreError::Unavailable("gone".to_owned()).into());
        }
        let (branch, parted) = *self.0.branch.lock().unwrap();
        if position.branch != branch && position.place.xid > parted {
            let at = behind(self.0.last(parted));
            return Err(PositionError::Parted { at });
        }
        Ok(Position { branch, ..position })
    }

    async fn end(&self) -> Result<Position, StoreError> {
        Ok(Position {
            branch: self.0.branch.lock().unwrap().0,
            place: self.0.last(i64::MAX),
        })
    }
}

#[tokio::test]
async fn a_page_is_cut_between_events_wherever_a_reader_stands() {
    let log = Events::default();
    log.commit(3, &["filed"]);
    log.commit(5, &["filed", "acknowledged", "notice_issued"]);
    log.commit(8, &["closed", "notice_issued"]);
    log.commit(9, &["reopened"]);
    let within = |xid, number| behind(LogPlace { xid, number });
    let stands = [
        at(0),
        at(2),
        at(3),
        within(3, 1),
        at(4),
        within(5, 1),
        within(5, 2),
        within(5, 3),
        at(5),
        within(8, 1),
        at(8),
        at(9),
        at(10),
    ];
    for after in stands {
        let page = Page::read(&log, after, PAGE, true).await.unwrap();
        for position in stands {
            let cut: Vec<i64> = page.events[page.first_after(position)..]
                .iter()
                .map(|event| event.sequence)
                .collect();
            let place = position.place.max(after.place);
            let read = Page::read(&log, behind(place), PAGE, true).await.unwrap();
            let wanted: Vec<i64> = read.events.iter().map(|event| event.sequence).collect();
            assert_eq!(
                cut, wanted,
                "after {position:?} in the page after {after:?}"
            );
        }
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_a_gap_up_to_the_last() {
    let log = Events::default();
    let transactions = i64::try_from(PAGE).unwrap();
    for transaction in 1..=transactions {
        log.commit(transaction, &["filed", "acknowledged", "notice_issued"]);
    }
    let (mut position, mut sequences) = (at(0), Vec::new());
    loop {
        let page = Page::read(&log, position, PAGE, true).await.unwrap();
        position = page.end();
        sequences.extend(page.events.iter().map(|event| event.sequence));
        if page.is_last() {
            break;
        }
    }
    assert_eq!(sequences, (1..=3 * transactions).collect::<Vec<i64>>());
}
