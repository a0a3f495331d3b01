//! Liveness: whether the background threads make progress.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use crate::time_source::{Stopwatch, WrongTime};

/// How long the committers (while commands wait) and the sweeper may go without an answer from the database. Callers do not wait
/// longer either.
const STALLED: Duration = super::limits::DEADLINE;

/// The liveness of one process.
#[derive(Debug)]
pub struct Pulse {
    clock: Stopwatch,
    silence: Duration,
    database: Sign,
    committers: Sign,
    sweeper: Sign,
    started: usize,
    running: AtomicUsize,
    working: AtomicUsize,
}

/// Why this process should not get calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ailment {
    /// The database does not respond, or rejects writes.
    #[error("the database has not answered, or has taken no writes, for {0:?}")]
    Database(Duration),
    /// A committer thread has ended.
    #[error("a committer thread has ended; restart the service")]
    CommitterLost,
    /// Commands are accepted but not carried out.
    #[error("the committers have had no answer from the database for {0:?}")]
    Committers(Duration),
    /// This machine's clock is wrong.
    #[error(transparent)]
    Time(#[from] WrongTime),
    /// Due steps do not fire.
    #[error("the sweeper has had no answer from the database for {0:?}")]
    Sweeper(Duration),
}

impl Pulse {
    /// For this many committers, on a database that may be silent for up to `silence`.
    pub(super) fn new(committers: usize, silence: Duration) -> Self {
        Pulse {
            clock: Stopwatch::start(),
            silence,
            database: Sign::default(),
            committers: Sign::default(),
            sweeper: Sign::default(),
            started: committers,
            running: AtomicUsize::new(committers),
            working: AtomicUsize::new(0),
        }
    }

    /// Records a successful check of the database.
    pub fn database_is_well(&self) {
        self.database.give(self.clock.elapsed());
    }

    /// Records that the database answered a committer, whatever the answer.
    pub(super) fn committed(&self) {
        self.committers.give(self.clock.elapsed());
    }

    /// Records that the database answered the sweeper, whatever the answer.
    pub(super) fn swept(&self) {
        self.sweeper.give(self.clock.elapsed());
    }

    /// Marks a committer as working until the returned value is dropped.
    pub(super) fn working(&self) -> Kept<'_> {
        self.working_since(self.clock.elapsed())
    }

    fn working_since(&self, now: Duration) -> Kept<'_> {
        // The first to start working: an older sign of life says nothing about this work.
        if self.working.fetch_add(1, Ordering::Relaxed) == 0 {
            self.committers.give(now);
        }
        Kept(&self.working)
    }

    /// Marks a committer as running until the returned value is dropped.
    pub(super) fn running(&self) -> Kept<'_> {
        Kept(&self.running)
    }

    /// Checks the liveness of the process.
    ///
    /// # Errors
    /// The first problem found.
    pub fn check(&self) -> Result<(), Ailment> {
        self.ailment(self.clock.elapsed()).map_or(Ok(()), Err)
    }

    fn ailment(&self, now: Duration) -> Option<Ailment> {
        if let Some(since) = self.database.missed(now, self.silence) {
            return Some(Ailment::Database(since));
        }
        if self.running.load(Ordering::Relaxed) < self.started {
            return Some(Ailment::CommitterLost);
        }
        if self.working.load(Ordering::Relaxed) > 0
            && let Some(since) = self.committers.missed(now, STALLED)
        {
            return Some(Ailment::Committers(since));
        }
        self.sweeper.missed(now, STALLED).map(Ailment::Sweeper)
    }
}

/// Decrements a counter on drop, so also in a panic.
#[derive(Debug)]
pub(super) struct Kept<'p>(&'p AtomicUsize);

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The time of the last sign of life, in milliseconds of uptime. The start counts as one.
#[derive(Debug, Default)]
struct Sign(AtomicU64);

impl Sign {
    fn give(&self, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.0.store(now, Ordering::Relaxed);
    }

    /// How long ago the last sign was, if longer than this.
    fn missed(&self, now: Duration, longest: Duration) -> Option<Duration> {
        let last = Duration::from_millis(self.0.load(Ordering::Relaxed));
        let since = now.saturating_sub(last);
        (since > longest).then_some(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_secs(6);
    const LATER: Duration = Duration::from_secs(3600);

    /// All signs of life are fresh.
    fn well_at(now: Duration) -> Pulse {
        let pulse = Pulse::new(2, SILENCE);
        for sign in [&pulse.database, &pulse.committers, &pulse.sweeper] {
            sign.give(now);
        }
        pulse
    }

    #[test]
    fn one_sign_that_comes_late_is_not_missed() {
        let pulse = well_at(LATER);
        assert_eq!(pulse.ailment(LATER + SILENCE), None);
    }

    #[test]
    fn a_database_that_falls_silent_is_noticed() {
        let pulse = well_at(LATER);
        let (since, now) = (SILENCE * 2, LATER + SILENCE * 2);
        assert_eq!(pulse.ailment(now), Some(Ailment::Database(since)));
        pulse.database.give(now);
        assert_eq!(pulse.ailment(now), Some(Ailment::Sweeper(since)));
        pulse.sweeper.give(now);
        assert_eq!(pulse.ailment(now), None);
    }

    #[test]
    fn committers_are_missed_only_while_they_have_work() {
        let pulse = well_at(Duration::ZERO);
        let working = pulse.working();
        for sign in [&pulse.database, &pulse.sweeper] {
            sign.give(LATER);
        }
        assert!(matches!(pulse.ailment(LATER), Some(Ailment::Committers(_))));
        pulse.committers.give(LATER);
        assert_eq!(pulse.ailment(LATER), None);
        pulse.committers.give(Duration::ZERO);
        drop(working);
        assert_eq!(pulse.ailment(LATER), None);
    }

    #[test]
    fn work_is_waited_for_from_its_beginning_and_more_of_it_changes_nothing() {
        let pulse = well_at(Duration::ZERO);
        let well = |now| {
            for sign in [&pulse.database, &pulse.sweeper] {
                sign.give(now);
            }
        };
        let _first = pulse.working_since(LATER);
        well(LATER);
        assert_eq!(pulse.ailment(LATER), None, "they were idle until now");
        let now = LATER + STALLED * 2;
        let _second = pulse.working_since(now);
        well(now);
        assert_eq!(pulse.ailment(now), Some(Ailment::Committers(STALLED * 2)));
    }

    #[test]
    fn each_sign_is_given_as_of_the_present() {
        type Give = fn(&Pulse);
        // The clock starts at zero, so the sign is missing an hour later.
        for (give, expected) in [
            (Pulse::database_is_well as Give, "the database has not"),
            (Pulse::committed, "the committers have"),
            (Pulse::swept, "the sweeper has"),
        ] {
            let pulse = well_at(LATER);
            let _working = pulse.working_since(LATER);
            assert_eq!(pulse.ailment(LATER), None);
            give(&pulse);
            let ailment = pulse.ailment(LATER).map(|ailment| ailment.to_string());
            assert!(ailment.is_some_and(|told| told.starts_with(expected)));
        }
    }

    #[test]
    fn a_committer_that_ends_is_missed() {
        let pulse = well_at(LATER);
        drop(pulse.running());
        assert_eq!(pulse.ailment(LATER), Some(Ailment::CommitterLost));
    }
}
