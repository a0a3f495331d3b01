//! What this replica knows about a subscription's receiver: how many deliveries it may claim, and whether it is failing. Pure.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

/// How many deliveries are claimed for a receiver that is new or has just failed.
const FIRST: usize = 8;
/// Deliveries claimed per concurrent request: the surplus waits here, so that the next request starts without a database query.
const WAITING: usize = 4;
/// After this many consecutive failures, only probes are sent.
const FAILURES: u32 = 10;
/// How long to send nothing to a receiver that throttles without saying for how long, and the maximum.
const SLOW: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(5), SignedDuration::from_mins(5));

/// The state of a receiver.
#[derive(Debug)]
pub(super) struct Receiver {
    /// The version of the subscription that this state belongs to.
    version: i64,
    pub(super) slots: Arc<Semaphore>,
    claimed: usize,
    /// How many deliveries may be claimed. Grows up to a limit while all attempts succeed.
    room: usize,
    most: usize,
    failures: u32,
    slow_until: Option<Timestamp>,
}

impl Receiver {
    /// A receiver that takes this many concurrent requests.
    pub(super) fn new(version: i64, at_once: usize) -> Self {
        let most = at_once.saturating_mul(WAITING);
        Receiver {
            version,
            slots: Arc::new(Semaphore::new(at_once)),
            claimed: 0,
            room: FIRST.min(most),
            most,
            failures: 0,
            slow_until: None,
        }
    }

    /// Resets the state of a subscription that was changed.
    pub(super) fn renew(&mut self, version: i64) {
        if self.version != version {
            self.version = version;
            (self.room, self.failures, self.slow_until) = (FIRST.min(self.most), 0, None);
        }
    }

    /// How many more deliveries may be claimed, given its share of this replica's capacity.
    pub(super) fn room(&self, share: usize, now: Timestamp) -> usize {
        if self.slow_until.is_some_and(|until| now < until) {
            return 0;
        }
        self.room.min(share).saturating_sub(self.claimed)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.claimed > 0
    }

    pub(super) fn claim(&mut self, deliveries: usize) {
        self.claimed += deliveries;
    }

    pub(super) fn release(&mut self) {
        self.claimed = self.claimed.saturating_sub(1);
    }

    /// Records a success.
    pub(super) fn well(&mut self) {
        self.failures = 0;
        self.room = (self.room + 1).min(self.most);
    }

    /// Records a failure. Returns whether there are now too many consecutive ones.
    pub(super) fn failed(
        &mut self,
        throttles: bool,
        retry_after: Option<SignedDuration>,
        now: Timestamp,
    ) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.room = self.room.min(FIRST);
        if throttles {
            let (least, most) = SLOW;
            let pause = retry_after.unwrap_or(least).clamp(least, most);
            self.room = 1;
            self.slow_until = now.checked_add(pause).ok();
        }
        self.failures >= FAILURES
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const AT_ONCE: usize = 32;
    const ALL: usize = usize::MAX;

    fn now() -> Timestamp {
        "2026-06-01T13:00:00Z".parse().unwrap()
    }

    #[test]
    fn more_is_claimed_while_all_arrives_and_little_once_something_does_not() {
        let mut receiver = Receiver::new(1, AT_ONCE);
        assert_eq!(receiver.room(ALL, now()), FIRST);
        for _ in 0..1_000 {
            receiver.well();
        }
        assert_eq!(receiver.room(ALL, now()), WAITING * AT_ONCE);
        assert_eq!(receiver.room(20, now()), 20, "no more than its share");
        receiver.claim(WAITING * AT_ONCE);
        assert_eq!(receiver.room(ALL, now()), 0);
        receiver.release();
        assert_eq!(receiver.room(ALL, now()), 1);
        assert!(!receiver.failed(false, None, now()));
        (0..WAITING * AT_ONCE).for_each(|_| receiver.release());
        assert_eq!(receiver.room(ALL, now()), FIRST);
    }

    #[test]
    fn ten_failures_in_a_row_are_too_many() {
        let mut receiver = Receiver::new(1, AT_ONCE);
        for _ in 0..9 {
            assert!(!receiver.failed(false, None, now()));
        }
        receiver.well();
        for _ in 0..9 {
            assert!(!receiver.failed(false, None, now()));
        }
        assert!(receiver.failed(false, None, now()));
        receiver.renew(2);
        assert!(!receiver.failed(false, None, now()));
    }

    #[test]
    fn a_receiver_that_wants_less_gets_nothing_for_a_while_and_then_one_at_a_time() {
        let mut receiver = Receiver::new(1, AT_ONCE);
        receiver.failed(true, None, now());
        assert_eq!(receiver.room(ALL, now()), 0);
        let later = |seconds| now() + SignedDuration::from_secs(seconds);
        assert_eq!(receiver.room(ALL, later(5)), 1);
        receiver.failed(true, Some(SignedDuration::from_secs(60)), now());
        assert_eq!(receiver.room(ALL, later(59)), 0);
        assert_eq!(receiver.room(ALL, later(60)), 1);
        receiver.well();
        assert_eq!(receiver.room(ALL, later(60)), 2);
    }
}
