#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;

use super::*;
use crate::intake::{Code, reason};

/// What a stream holds: alive for as long as it lives.
struct Held(Arc<AtomicUsize>, i32);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn numbers(
    held: &Arc<AtomicUsize>,
    patience: Duration,
) -> Pin<Box<dyn Stream<Item = Result<i32, Problem>> + Send>> {
    crate::watchdog::watch();
    held.fetch_add(1, Ordering::Relaxed);
    let unread = |held: &Held| {
        Problem::new(
            Code::ResourceExhausted,
            reason::NOT_READ,
            held.1.to_string(),
        )
    };
    while_read(
        Held(Arc::clone(held), 0),
        patience,
        unread,
        async |mut held| {
            held.1 += 1;
            (Ok(held.1), Some(held))
        },
    )
}

#[tokio::test]
async fn a_stream_that_nobody_reads_lets_go_of_what_it_holds_and_says_where_it_stood() {
    let held = Arc::new(AtomicUsize::new(0));
    let mut streams: Vec<_> = (0..100)
        .map(|_| numbers(&held, Duration::from_millis(50)))
        .collect();
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().unwrap(), 1);
    }
    // The streams are kept, and nobody reads on.
    while held.load(Ordering::Relaxed) > 0 {
        tokio::task::yield_now().await;
    }
    for stream in &mut streams {
        let problem = stream.next().await.unwrap().unwrap_err();
        assert_eq!(
            (problem.code, problem.message.as_str()),
            (Code::ResourceExhausted, "1")
        );
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_lets_go_at_once() {
    let held = Arc::new(AtomicUsize::new(0));
    let mut stream = numbers(&held, Duration::from_secs(3_600));
    assert_eq!(stream.next().await.unwrap().unwrap(), 1);
    drop(stream);
    while held.load(Ordering::Relaxed) > 0 {
        tokio::task::yield_now().await;
    }
}
