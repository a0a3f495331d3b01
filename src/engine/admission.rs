//! How many commands may wait, so that none waits long.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// How many commands wait at most, however fast they are carried out.
const MOST: usize = 4096;
/// How long a command may have to wait for its batch. Beyond that a caller is better served by an honest refusal at once
/// than by an answer that comes when nobody waits for it any more.
const WAIT: Duration = Duration::from_secs(1);

/// The room in front of the committers: as large as what they carry out within [`WAIT`], by the pace of their last full
/// batch. Where no batch is full, none has to wait.
#[derive(Debug)]
pub(super) struct Admission {
    waiting: AtomicUsize,
    places: AtomicUsize,
    committers: usize,
    batch: usize,
}

impl Admission {
    /// For this many committers, which take up to this many commands as a batch.
    pub(super) fn new(committers: usize, batch: usize) -> Self {
        Admission {
            waiting: AtomicUsize::new(0),
            places: AtomicUsize::new(MOST),
            committers,
            batch,
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Takes a place; whether there was one.
    pub(super) fn enter(&self) -> bool {
        let places = self.places.load(Ordering::Relaxed);
        let enter = |waiting| (waiting < places).then_some(waiting + 1);
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter)
            .is_ok()
    }

    /// Gives back this many places, each of which was taken.
    pub(super) fn leave(&self, places: usize) {
        self.waiting.fetch_sub(places, Ordering::Relaxed);
    }

    /// Learns how long a committer took for a batch of this many.
    pub(super) fn carried_out(&self, batch: usize, took: Duration) {
        if batch < self.batch {
            return;
        }
        let batches = WAIT.as_micros() / took.as_micros().max(1);
        let places = usize::try_from(batches).map_or(MOST, |batches| {
            batches.saturating_mul(batch * self.committers)
        });
        // What the next batches take need not wait for one before it.
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
