//! Limits how many commands may wait, so that none waits long.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// The most commands that may wait, however fast they are processed.
const MOST: usize = 4096;
/// The longest that a command should wait for its batch. Beyond that, rejecting it at once is better than an answer after the
/// caller has given up.
const WAIT: Duration = Duration::from_secs(1);

/// The capacity of the queue in front of the committers: what they process within [`WAIT`] at the pace of their last full batch.
/// While no batch is full, no command has to wait.
#[derive(Debug)]
pub(super) struct Admission {
    waiting: AtomicUsize,
    places: AtomicUsize,
    committers: usize,
    batch: usize,
}

impl Admission {
    /// For this many committers, with batches of up to this many commands.
    pub(super) fn new(committers: usize, batch: usize) -> Self {
        Admission {
            waiting: AtomicUsize::new(0),
            places: AtomicUsize::new(MOST),
            committers,
            batch,
        }
    }

    /// How many commands are waiting.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Takes a place. Returns whether there was one.
    pub(super) fn enter(&self) -> bool {
        let places = self.places.load(Ordering::Relaxed);
        let enter = |waiting| (waiting < places).then_some(waiting + 1);
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter)
            .is_ok()
    }

    /// Releases this many places.
    pub(super) fn leave(&self, places: usize) {
        self.waiting.fetch_sub(places, Ordering::Relaxed);
    }

    /// Records how long a batch of this size took.
    pub(super) fn carried_out(&self, batch: usize, took: Duration) {
        if batch < self.batch {
            return;
        }
        let batches = WAIT.as_micros() / took.as_micros().max(1);
        let places = usize::try_from(batches).map_or(MOST, |batches| {
            batches.saturating_mul(batch * self.committers)
        });
        // Commands that fit into the next batches do not wait for an earlier one.
        let places = places.clamp(self.batch * self.committers, MOST);
        self.places.store(places, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(admission: &Admission) -> usize {
        let entered = (0..2 * MOST).take_while(|_| admission.enter()).count();
        admission.leave(entered);
        entered
    }

    #[test]
    fn as_many_may_wait_as_are_carried_out_within_a_second() {
        let admission = Admission::new(2, 100);
        assert_eq!(entered(&admission), MOST);
        admission.carried_out(100, Duration::from_millis(200));
        assert_eq!(entered(&admission), 1_000);
        admission.carried_out(100, Duration::from_millis(1));
        assert_eq!(entered(&admission), MOST);
    }

    #[test]
    fn the_next_batches_always_find_room() {
        let admission = Admission::new(2, 100);
        admission.carried_out(100, Duration::from_secs(8));
        assert_eq!(entered(&admission), 200);
    }

    #[test]
    fn a_batch_that_was_not_full_says_nothing_of_the_pace() {
        let admission = Admission::new(2, 100);
        admission.carried_out(99, Duration::from_secs(8));
        assert_eq!(entered(&admission), MOST);
    }

    #[test]
    fn a_place_that_was_given_back_is_free() {
        let admission = Admission::new(1, 1);
        admission.carried_out(1, Duration::from_secs(1));
        assert!(admission.enter());
        assert!(!admission.enter());
        assert_eq!(admission.waiting(), 1);
        admission.leave(1);
        assert_eq!(admission.waiting(), 0);
        assert!(admission.enter());
    }
}
