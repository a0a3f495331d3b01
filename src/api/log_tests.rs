#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::{domain::Fact, store::EventContent};

/// A log in memory, whose positions are the store's.
#[derive(Debug, Clone, Default)]
pub(in crate::api) struct Events(pub(in crate::api) Arc<Kept>);

#[derive(Debug, Default)]
pub(in crate::api) struct Kept {
    /// The number of each event's transaction, with the event.
    events: Mutex<Vec<(i64, StoredEvent)>>,
    /// The branch, and where it parted from the one before.
    branch: Mutex<(Uuid, i64)>,
    pub(in crate::api) reads: AtomicUsize,
}

impl Events {
    /// A transaction with these events.
    pub(in crate::api) fn commit(&self, transaction: i64, kinds: &[&str]) {
        crate::watchdog::watch();
        let mut events = self.0.events.lock().unwrap();
        for kind in kinds {
            let event = StoredEvent {
                complaint: Uuid::nil(),
                position: 0,
                sequence: i64::try_from(events.len()).unwrap() + 1,
                kind: Some(kind.parse().unwrap()),
                content: Ok(EventContent {
                    at: Timestamp::UNIX_EPOCH,
                    actor: "agent 7".to_owned(),
                    fact: Some(Fact::UpdateSent { sent_at: None }),
                    payload: (*kind).to_owned(),
                    firing: None,
                    hash: Vec::new(),
                    after: None,
                    text: Some(format!("the words of {kind}")),
                }),
            };
            events.push((transaction, event));
        }
    }

    /// A standby takes over that has received everything up to this transaction.
    pub(in crate::api) fn promote(&self, branch: Uuid, last: i64) {
        let mut events = self.0.events.lock().unwrap();
        events.retain(|(own, _)| *own <= last);
        *self.0.branch.lock().unwrap() = (branch, last);
    }
}

/// A position on the first branch.
pub(in crate::api) fn at(xid: i64) -> Position {
    Position {
        xid,
        ..Position::BEGINNING
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
        if position == at(i64::MAX) {
            return Err(StoreError::Unavailable("gone".to_owned()).into());
        }
        let (branch, parted) = *self.0.branch.lock().unwrap();
        if position.branch != branch && position.xid > parted {
            return Err(PositionError::Parted { at: at(parted) });
        }
        let position = position.xid;
        let events = self.0.events.lock().unwrap();
        let after: Vec<_> = events.iter().filter(|(own, _)| *own > position).collect();
        let last = after.get(limit).map_or(i64::MAX, |(own, _)| *own);
        let mut complete = position;
        let page = after.iter().take_while(|(own, _)| *own <= last).enumerate();
        let events = page
            .map(|(index, (own, event))| {
                if after.get(index + 1).map(|(next, _)| next) != Some(own) {
                    complete = *own;
                }
                let mut event = StoredEvent {
                    position: complete,
                    ..event.clone()
                };
                if let Ok(content) = &mut event.content {
                    content.text = content.text.take().filter(|_| texts);
                }
                event
            })
            .collect();
        let after = Position {
            branch,
            xid: position,
        };
        Ok(LogPage { after, events })
    }

    async fn end(&self) -> Result<Position, StoreError> {
        let events = self.0.events.lock().unwrap();
        Ok(Position {
            branch: self.0.branch.lock().unwrap().0,
            xid: events.last().map_or(0, |(own, _)| *own),
        })
    }
}

#[tokio::test]
async fn a_page_is_cut_between_transactions_wherever_a_reader_stands() {
    let log = Events::default();
    log.commit(3, &["filed"]);
    log.commit(5, &["filed", "acknowledged", "notice_issued"]);
    log.commit(8, &["closed", "notice_issued"]);
    log.commit(9, &["reopened"]);
    for after in [0, 2, 3, 4, 5, 8, 9, 10] {
        let page = Page::read(&log, at(after), PAGE, true).await.unwrap();
        for position in 0..=10 {
            let cut: Vec<i64> = page.events[page.first_after(at(position))..]
                .iter()
                .map(|event| event.sequence)
                .collect();
            let read = Page::read(&log, at(position.max(after)), PAGE, true)
                .await
                .unwrap();
            let wanted: Vec<i64> = read.events.iter().map(|event| event.sequence).collect();
            assert_eq!(cut, wanted, "after {position} in the page after {after}");
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
