#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::StreamExt;
use tokio::sync::watch as signal;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::api::{
    live_log::Signals,
    log::{
        PAGE,
        tests::{Events, at, behind},
    },
};
use crate::{
    intake::{Choice as _, Code, check::tests::check},
    store::LogPlace,
    telemetry::Metrics,
    time_source::Stopwatch,
};

/// So many may watch.
const WATCHERS: usize = 50;
/// What does not happen within this, does not happen.
const FOR_EVER: Duration = Duration::from_secs(60);

struct Watched {
    log: Events,
    news: signal::Sender<u64>,
    shutdown: CancellationToken,
    tail: Tail<Events>,
    heartbeat: Duration,
}

impl Watched {
    fn new(committed: &[(i64, &str)]) -> Self {
        let log = Events::default();
        for (position, kind) in committed {
            log.commit(*position, &[kind]);
        }
        let (news, shutdown) = (signal::Sender::new(0), CancellationToken::new());
        let signals = Signals {
            news: news.subscribe(),
            shutdown: shutdown.clone(),
        };
        Watched {
            tail: Tail::new(log.clone(), signals, WATCHERS),
            log,
            news,
            shutdown,
            heartbeat: FOR_EVER,
        }
    }

    /// Commits, and says so.
    fn commit(&self, position: i64, kinds: &[&str]) {
        self.log.commit(position, kinds);
        self.news.send_modify(|count| *count += 1);
    }

    async fn watch(&self, after: Option<i64>, kinds: &[&str]) -> Result<EventStream, Problem> {
        let after_position = after.filter(|after| *after != 0).map(at);
        let request = v1::WatchEventsRequest {
            brand: String::new(),
            after_position: after_position.map(position::token).unwrap_or_default(),
            from_beginning: after == Some(0),
            kinds: kinds.iter().map(|kind| number(kind)).collect(),
            include_text: false,
        };
        self.ask(request).await
    }

    async fn ask(&self, request: v1::WatchEventsRequest) -> Result<EventStream, Problem> {
        let unreadable = Unreadable::new(Metrics::off());
        let wanted = Watch::of(check(), request)?;
        let pace = Pace {
            patience: FOR_EVER,
            heartbeat: self.heartbeat,
        };
        watch(wanted, self.tail.clone(), unreadable, pace).await
    }

    fn reads(&self) -> usize {
        self.log.0.reads.load(Ordering::Relaxed)
    }
}

fn number(kind: &str) -> i32 {
    kind.parse::<EventKind>().unwrap().number()
}

/// The next message.
async fn message(stream: &mut EventStream) -> v1::WatchEventsResponse {
    let next = tokio::time::timeout(FOR_EVER, stream.next());
    next.await.expect("a message in time").unwrap().unwrap()
}

/// The next message with an event.
async fn next(stream: &mut EventStream) -> v1::WatchEventsResponse {
    loop {
        let message = message(stream).await;
        if message.event.is_some() {
            return message;
        }
    }
}

/// Where the stream begins, which is told first and alone.
async fn start(stream: &mut EventStream) -> Position {
    let first = message(stream).await;
    let position = position::read(&first.position).unwrap();
    let alone = v1::WatchEventsResponse {
        position: position::token(position),
        ..Default::default()
    };
    assert_eq!(first, alone);
    position
}

async fn sequence(stream: &mut EventStream) -> i64 {
    next(stream).await.event.unwrap().sequence
}

async fn position(stream: &mut EventStream) -> i64 {
    position::read(&next(stream).await.position)
        .unwrap()
        .place
        .xid
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
    watched.log.commit(2, &["acknowledged"]);
    assert_eq!(position(&mut stream).await, 2);
    let next = tokio::spawn(async move { position(&mut stream).await });
    watched.commit(9, &["closed"]);
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
            log.commit(3, &["filed"]);
        },
        position(&mut stream)
    );
    assert_eq!(seen, 3);
}

#[tokio::test]
async fn only_the_wanted_kinds_are_streamed_however_many_pages_lie_between() {
    let watched = Watched::new(&[]);
    let last = 3 * i64::try_from(PAGE).unwrap() + 1;
    for position in 1..last {
        watched.log.commit(position, &["reminder"]);
    }
    watched.log.commit(last, &["breached"]);
    let mut stream = watched
        .watch(Some(0), &["breached", "filed"])
        .await
        .unwrap();
    assert_eq!(position(&mut stream).await, last);
}

#[tokio::test]
async fn what_is_committed_is_read_once_for_all_who_watch() {
    let watched = Watched::new(&[(1, "filed")]);
    let mut streams = Vec::new();
    for _ in 0..WATCHERS {
        streams.push(watched.watch(Some(0), &[]).await.unwrap());
    }
    // One commit after which everybody has caught up: they have seen the tail begin.
    for (transaction, seen) in [(2, 1), (3, 2)] {
        let all = streams.iter_mut().map(sequence);
        let all = futures_util::future::join_all(all).await;
        assert_eq!(all, [seen; WATCHERS]);
        watched.commit(transaction, &["acknowledged"]);
    }
    let before = watched.reads();
    let all = futures_util::future::join_all(streams.iter_mut().map(sequence)).await;
    assert_eq!(all, [3; WATCHERS]);
    let reads = watched.reads() - before;
    assert!(reads < WATCHERS / 2, "{reads} reads");
}

#[tokio::test]
async fn whoever_joins_or_falls_behind_sees_every_event_once_in_order() {
    const TRANSACTIONS: i64 = 2_000;
    let watched = Watched::new(&[(1, "filed")]);
    // Everybody is live before the load begins; the slow one looks again when it is over.
    let mut slow = watched.watch(Some(0), &[]).await.unwrap();
    assert_eq!(sequence(&mut slow).await, 1);
    let mut readers = Vec::new();
    for transaction in 2..=TRANSACTIONS {
        watched.commit(transaction, &["acknowledged", "notice_issued", "assigned"]);
        if transaction % 400 == 0 {
            let mut stream = watched.watch(Some(0), &[]).await.unwrap();
            readers.push(tokio::spawn(async move {
                let mut seen = Vec::new();
                while seen.last() != Some(&(3 * TRANSACTIONS - 2)) {
                    seen.push(sequence(&mut stream).await);
                }
                seen
            }));
        }
        tokio::task::yield_now().await;
    }
    let all: Vec<i64> = (1..=3 * TRANSACTIONS - 2).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), all);
    }
    for wanted in &all[1..] {
        assert_eq!(sequence(&mut slow).await, *wanted);
    }
}

#[tokio::test]
async fn nobody_reads_the_log_when_nobody_watches_and_the_next_one_begins_anew() {
    let watched = Watched::new(&[(1, "filed")]);
    for round in 1..=2 {
        let mut stream = watched.watch(Some(round - 1), &[]).await.unwrap();
        assert_eq!(position(&mut stream).await, round);
        watched.commit(round + 1, &["filed"]);
        assert_eq!(position(&mut stream).await, round + 1);
        drop(stream);
        let ended = async {
            // The log, the tail's handle on it, and a reader's while it runs.
            while Arc::strong_count(&watched.log.0) > 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(FOR_EVER, ended).await.expect("an end");
    }
}

#[tokio::test]
async fn a_stream_ends_with_unavailable_when_the_service_goes_down() {
    let watched = Watched::new(&[(1, "filed"), (2, "filed")]);
    let mut busy = watched.watch(Some(0), &[]).await.unwrap();
    let mut idle = watched.watch(None, &[]).await.unwrap();
    assert_eq!(position(&mut busy).await, 1);
    start(&mut idle).await;
    let idle = tokio::spawn(async move { (idle.next().await, idle.next().await.is_none()) });
    watched.shutdown.cancel();
    let problem = busy.next().await.unwrap().unwrap_err();
    assert_eq!(problem.code, Code::Unavailable);
    assert!(busy.next().await.is_none());
    let (last, over) = idle.await.unwrap();
    assert_eq!(last.unwrap().unwrap_err().code, Code::Unavailable);
    assert!(over);
}

#[tokio::test]
async fn a_stream_ends_with_unavailable_when_the_database_is_away() {
    let watched = Watched::new(&[]);
    let Err(problem) = watched.watch(Some(i64::MAX), &[]).await else {
        panic!("nothing can be told");
    };
    assert_eq!(problem.code, Code::Unavailable);
}

#[tokio::test]
async fn an_unknown_kind_and_a_position_that_is_none_are_refused() {
    let watched = Watched::new(&[]);
    let request = v1::WatchEventsRequest {
        after_position: "7".to_owned(),
        kinds: vec![number("filed"), 999],
        ..Default::default()
    };
    let Err(problem) = watched.ask(request).await else {
        panic!("refused");
    };
    let fields: Vec<_> = problem
        .violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["after_position", "kinds[1]"]);
}

#[tokio::test]
async fn a_live_reader_learns_where_the_log_has_parted_and_one_that_was_not_so_far_goes_on() {
    let watched = Watched::new(&[(1, "filed"), (2, "filed")]);
    let mut ahead = watched.watch(Some(0), &[]).await.unwrap();
    assert_eq!(
        [position(&mut ahead).await, position(&mut ahead).await],
        [1, 2]
    );
    let parted = tokio::spawn(async move { ahead.next().await.unwrap().unwrap_err() });
    tokio::task::yield_now().await;
    watched.log.promote(uuid::Uuid::from_u128(2), 1);
    watched.commit(2, &["closed"]);
    watched.commit(3, &["reopened"]);
    let problem = tokio::time::timeout(FOR_EVER, parted)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(problem.code, Code::OutOfRange, "{problem:?}");
    assert_eq!(problem.reason, "LOG_PARTED");
    let first = LogPlace { xid: 1, number: 1 };
    assert_eq!(problem.metadata["position"], position::token(behind(first)));

    let mut behind = watched.watch(Some(1), &[]).await.unwrap();
    for (xid, kind) in [(2, "closed"), (3, "reopened")] {
        let response = next(&mut behind).await;
        let record = response.event.unwrap().record.unwrap();
        assert_eq!(record.payload, kind.as_bytes());
        let position = position::read(&response.position).unwrap();
        let place = LogPlace { xid, number: 1 };
        assert_eq!((position.branch.as_u128(), position.place), (2, place));
    }
}

#[tokio::test]
async fn one_more_than_may_watch_is_refused_until_another_leaves() {
    let watched = Watched::new(&[(1, "filed")]);
    let mut streams = Vec::new();
    for _ in 0..WATCHERS {
        streams.push(watched.watch(Some(0), &[]).await.unwrap());
    }
    let Err(refused) = watched.watch(Some(0), &[]).await else {
        panic!("one too many");
    };
    assert_eq!(refused.code, Code::ResourceExhausted);
    streams.pop();
    let left = async {
        while watched.watch(Some(0), &[]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(FOR_EVER, left).await.expect("a place");
}

/// Where a stream from now on begins is behind the last event, whatever it asks for.
#[tokio::test]
async fn the_first_message_tells_at_once_where_the_stream_begins() {
    let watched = Watched::new(&[(1, "filed"), (5, "acknowledged")]);
    let last = behind(LogPlace { xid: 5, number: 1 });
    let mut now = watched.watch(None, &["breached"]).await.unwrap();
    assert_eq!(start(&mut now).await, last);
    let mut all = watched.watch(Some(0), &[]).await.unwrap();
    assert_eq!(start(&mut all).await, at(0));
    assert_eq!(position(&mut all).await, 1);
    let nothing = Watched::new(&[]);
    let mut stream = nothing.watch(None, &[]).await.unwrap();
    assert_eq!(start(&mut stream).await, at(0));
}

#[tokio::test]
async fn a_quiet_stream_tells_every_so_often_how_far_it_has_come() {
    let mut watched = Watched::new(&[(1, "filed")]);
    watched.heartbeat = Duration::from_millis(50);
    let mut stream = watched.watch(Some(0), &["breached"]).await.unwrap();
    let stopwatch = Stopwatch::start();
    start(&mut stream).await;
    let passed = start(&mut stream).await;
    assert_eq!(passed, behind(LogPlace { xid: 1, number: 1 }));
    watched.commit(7, &["acknowledged", "assigned"]);
    // It may have been seen by the second heartbeat only.
    while start(&mut stream).await != behind(LogPlace { xid: 7, number: 2 }) {}
    watched.commit(8, &["breached"]);
    assert_eq!(next(&mut stream).await.event.unwrap().sequence, 4);
    // An event is as good as a heartbeat: the next one is as far from it.
    let quiet = Stopwatch::start();
    let last = start(&mut stream).await;
    assert_eq!(last, behind(LogPlace { xid: 8, number: 1 }));
    let nearly = watched.heartbeat * 9 / 10;
    assert!(quiet.elapsed() >= nearly, "{:?}", quiet.elapsed());
    assert!(
        stopwatch.elapsed() >= 3 * nearly,
        "{:?}",
        stopwatch.elapsed()
    );
}

/// The clock is no help to whoever comes for a moment.
#[tokio::test]
async fn a_reader_of_little_gets_past_much_that_it_does_not_ask_for() {
    let watched = Watched::new(&[]);
    let crowd = vec!["reminder"; PASSED_OVER];
    for transaction in 1..=3 {
        watched.log.commit(transaction, &crowd);
    }
    watched.log.commit(4, &["breached"]);
    let (mut after, mut runs) = (String::new(), 0);
    loop {
        let request = v1::WatchEventsRequest {
            from_beginning: after.is_empty(),
            after_position: after,
            kinds: vec![number("breached")],
            ..Default::default()
        };
        let mut stream = watched.ask(request).await.unwrap();
        start(&mut stream).await;
        let told = message(&mut stream).await;
        if told.event.is_some() {
            break;
        }
        (after, runs) = (told.position, runs + 1);
    }
    assert_eq!(runs, 3);
}

/// Whoever takes one event a run, whatever the transaction that it belongs to.
#[tokio::test]
async fn a_stream_that_is_cut_after_any_event_goes_on_with_the_next_one() {
    let watched = Watched::new(&[(1, "filed")]);
    watched.log.commit(2, &vec!["assigned"; PAGE + 3]);
    watched.log.commit(4, &["acknowledged", "notice_issued"]);
    let events = i64::try_from(PAGE).unwrap() + 6;
    let mut after = String::new();
    for sequence in 1..=events {
        let request = v1::WatchEventsRequest {
            from_beginning: after.is_empty(),
            after_position: after,
            ..Default::default()
        };
        let mut stream = loop {
            match watched.ask(request.clone()).await {
                Ok(stream) => break stream,
                // Those that were cut have not all left yet.
                Err(refused) => assert_eq!(refused.code, Code::ResourceExhausted),
            }
            tokio::task::yield_now().await;
        };
        let told = next(&mut stream).await;
        assert_eq!(told.event.unwrap().sequence, sequence);
        after = told.position;
    }
}
