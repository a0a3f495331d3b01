#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use jiff::Timestamp;
use tonic::Code;
use uuid::Uuid;

use super::*;
use crate::api::check::tests::check;

/// A log in memory.
#[derive(Debug, Clone, Default)]
struct Events(Arc<Mutex<Vec<StoredEvent>>>);

impl Events {
    fn commit(&self, position: i64, kind: &str) {
        self.0.lock().unwrap().push(StoredEvent {
            complaint: Uuid::nil(),
            position,
            sequence: position,
            kind: kind.to_owned(),
            at: Timestamp::UNIX_EPOCH,
            actor: "agent 7".to_owned(),
            payload: "{}".to_owned(),
            firing: None,
            hash: Vec::new(),
            text: None,
        });
    }
}

impl Log for Events {
    async fn after(&self, position: i64, limit: i64) -> Result<Vec<StoredEvent>, StoreError> {
        if position == i64::MAX {
            return Err(StoreError::Unavailable("gone".to_owned()));
        }
        let events = self.0.lock().unwrap();
        let after = events.iter().filter(|event| event.position > position);
        Ok(after
            .take(usize::try_from(limit).unwrap())
            .cloned()
            .collect())
    }

    async fn end(&self) -> Result<i64, StoreError> {
        Ok(self
            .0
            .lock()
            .unwrap()
            .last()
            .map_or(0, |event| event.position))
    }
}

struct Watched {
    log: Events,
    news: watch::Sender<u64>,
    shutdown: CancellationToken,
}

impl Watched {
    fn new(committed: &[(i64, &str)]) -> Self {
        let log = Events::default();
        for (position, kind) in committed {
            log.commit(*position, kind);
        }
        Watched {
            log,
            news: watch::Sender::new(0),
            shutdown: CancellationToken::new(),
        }
    }

    async fn watch(&self, after: Option<i64>, kinds: &[&str]) -> Result<EventStream, Status> {
        let request = v1::WatchEventsRequest {
            after_position: after,
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        let signals = Signals {
            news: self.news.subscribe(),
            shutdown: self.shutdown.clone(),
        };
        watch(check(), request, self.log.clone(), signals).await
    }
}

async fn position(stream: &mut EventStream) -> i64 {
    stream.next().await.unwrap().unwrap().position
}

#[tokio::test]
async fn a_stream_from_a_position_begins_after_it() {
    let watched = Watched::new(&[(1, "filed"), (5, "acknowledged"), (6, "filed")]);
    let mut all = watched.watch(Some(0), &[]).await.unwrap();
    assert_eq!(
        [
            position(&mut all).await,
            position(&mut all).await,
            position(&mut all).await
        ],
        [1, 5, 6]
    );
    let mut some = watched.watch(Some(1), &[]).await.unwrap();
    assert_eq!(position(&mut some).await, 5);
}

#[tokio::test]
async fn a_stream_from_now_on_sees_what_is_committed_after_the_call() {
    let watched = Watched::new(&[(1, "filed")]);
    let mut stream = watched.watch(None, &[]).await.unwrap();
    watched.log.commit(2, "acknowledged");
    assert_eq!(position(&mut stream).await, 2);
    let next = tokio::spawn(async move { position(&mut stream).await });
    watched.log.commit(9, "closed");
    watched.news.send_modify(|count| *count += 1);
    assert_eq!(next.await.unwrap(), 9);
}

#[tokio::test]
async fn what_another_replica_commits_is_seen_without_news() {
    let watched = Watched::new(&[]);
    let mut stream = watched.watch(None, &[]).await.unwrap();
    let log = watched.log.clone();
    let ((), seen) = tokio::join!(
        async {
            // The stream has found the log empty by the time that this runs.
            tokio::task::yield_now().await;
            log.commit(3, "filed");
        },
        position(&mut stream)
    );
    assert_eq!(seen, 3);
}

#[tokio::test]
async fn only_the_wanted_kinds_are_streamed_however_many_pages_lie_between() {
    let watched = Watched::new(&[]);
    for position in 1..=3 * PAGE {
        watched.log.commit(position, "reminder");
    }
    watched.log.commit(3 * PAGE + 1, "breached");
    let mut stream = watched
        .watch(Some(0), &["breached", "filed"])
        .await
        .unwrap();
    assert_eq!(position(&mut stream).await, 3 * PAGE + 1);
}

#[tokio::test]
async fn a_stream_ends_with_unavailable_when_the_service_goes_down() {
    let watched = Watched::new(&[(1, "filed"), (2, "filed")]);
    let mut busy = watched.watch(Some(0), &[]).await.unwrap();
    let mut idle = watched.watch(None, &[]).await.unwrap();
    assert_eq!(position(&mut busy).await, 1);
    let idle = tokio::spawn(async move { (idle.next().await, idle.next().await.is_none()) });
    watched.shutdown.cancel();
    let status = busy.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(busy.next().await.is_none());
    let (last, over) = idle.await.unwrap();
    assert_eq!(last.unwrap().unwrap_err().code(), Code::Unavailable);
    assert!(over);
}

#[tokio::test]
async fn a_stream_ends_with_unavailable_when_the_database_is_away() {
    let watched = Watched::new(&[]);
    let mut stream = watched.watch(Some(i64::MAX), &[]).await.unwrap();
    let status = stream.next().await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn an_unknown_kind_and_a_negative_position_are_refused() {
    let watched = Watched::new(&[]);
    let Err(status) = watched.watch(Some(-1), &["filed", "celebrated"]).await else {
        panic!("refused");
    };
    let violations = tonic_types::StatusExt::get_details_bad_request(&status);
    let fields: Vec<_> = violations
        .unwrap()
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["after_position", "kinds[1]"]);
}
