//! What this replica knows of a subscription's receiver: how much may be on its way to it, and whether it is failing. Pure.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

/// How many requests to one receiver are under way.
pub(super) const AT_ONCE: usize = 8;
/// How many deliveries are claimed for it at the most, those included that wait for a request before them to end.
const MOST_CLAIMED: usize = 128;
/// After how many failures in a row only probes are sent.
const FAILURES: u32 = 10;
/// For how long nothing is sent to a receiver that wants less, unless it says for how long; and at the most.
const SLOW: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(5), SignedDuration::from_mins(5));

/// A receiver.
#[derive(Debug)]
pub(super) struct Receiver {
    /// The version of the subscription that all this is known of.
    version: i64,
    pub(super) slots: Arc<Semaphore>,
    claimed: usize,
    /// How many deliveries may be claimed: more while all of them arrive.
    room: usize,
    failures: u32,
    slow_until: Option<Timestamp>,
}

impl Receiver {
    pub(super) fn new(version: i64) -> Self {
        Receiver {
            version,
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            claimed: 0,
            room: AT_ONCE,
            failures: 0,
            slow_until: None,
        }
    }

    /// A subscription that was changed is tried afresh.
    pub(super) fn renew(&mut self, version: i64) {
        if self.version != version {
            self.version = version;
            (self.room, self.failures, self.slow_until) = (AT_ONCE, 0, None);
        }
    }

    /// How many more deliveries may be claimed.
    pub(super) fn room(&self, now: Timestamp) -> usize {
        if self.slow_until.is_some_and(|until| now < until) {
            return 0;
        }
        self.room.saturating_sub(self.claimed)
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

    /// Something arrived.
    pub(super) fn well(&mut self) {
        self.failures = 0;
        self.room = (self.room + 1).min(MOST_CLAIMED);
    }

    /// Something did not. Returns whether that makes it too many in a row.
    pub(super) fn failed(
        &mut self,
        throttles: bool,
        retry_after: Option<SignedDuration>,
        now: Timestamp,
    ) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.room = self.room.min(AT_ONCE);
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

    fn now() -> Timestamp {
        "2026-06-01T13:00:00Z".parse().unwrap()
    }

    #[test]
    fn more_is_claimed_while_all_arrives_and_little_once_something_does_not() {
        let mut receiver = Receiver::new(1);
        assert_eq!(receiver.room(now()), AT_ONCE);
        for _ in 0..1_000 {
            receiver.well();
        }
        assert_eq!(receiver.room(now()), MOST_CLAIMED);
        receiver.claim(MOST_CLAIMED);
        assert_eq!(receiver.room(now()), 0);
        receiver.release();
        assert_eq!(receiver.room(now()), 1);
        assert!(!receiver.failed(false, None, now()));
        (0..MOST_CLAIMED).for_each(|_| receiver.release());
        assert_eq!(receiver.room(now()), AT_ONCE);
    }

    #[test]
    fn ten_failures_in_a_row_are_too_many() {
        let mut receiver = Receiver::new(1);
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
        let mut receiver = Receiver::new(1);
        receiver.failed(true, None, now());
        assert_eq!(receiver.room(now()), 0);
        let later = |seconds| now() + SignedDuration::from_secs(seconds);
        assert_eq!(receiver.room(later(5)), 1);
        receiver.failed(true, Some(SignedDuration::from_secs(60)), now());
        assert_eq!(receiver.room(later(59)), 0);
        assert_eq!(receiver.room(later(60)), 1);
        receiver.well();
        assert_eq!(receiver.room(later(60)), 2);
    }
}
