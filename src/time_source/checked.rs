//! The machine's time, checked against the database's.
//!
//! Whoever reads the time with an error dates facts wrongly and fires promises early, and every replica has a machine of its
//! own. They share one database, so its time is what all are checked against. It is read about once a second; in between,
//! monotonic time says how far it has come, so a jump of the machine's clock is noticed at once.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{SharedTime, Stopwatch, SystemTime, TimeSource, Uptime, real_wait, whole_microseconds};

/// By how much the clocks of two machines drift apart at most: a thousandth. Those that are being corrected do so more slowly.
const DRIFT: u32 = 1_000;

/// What is known of the database's time: bounds around it, from when it was last read. They grow apart by two thousandths of
/// the time since then: two milliseconds a second, seven seconds an hour. Cheap to clone; the clones share what they know.
#[derive(Debug, Clone)]
pub struct DatabaseTime {
    uptime: Arc<dyn Uptime>,
    reading: Arc<RwLock<Option<Reading>>>,
}

impl Default for DatabaseTime {
    fn default() -> Self {
        DatabaseTime::by(Arc::new(Stopwatch::start()))
    }
}

/// When the answer arrived, the database's time lay between these.
#[derive(Debug, Clone, Copy)]
struct Reading {
    answered: Duration,
    bounds: Bounds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    earliest: Timestamp,
    latest: Timestamp,
}

impl Reading {
    fn at(&self, uptime: Duration) -> Bounds {
        let age = uptime.saturating_sub(self.answered);
        let drift = age / DRIFT;
        Bounds {
            earliest: later(self.bounds.earliest, age - drift),
            latest: later(self.bounds.latest, age + drift),
        }
    }
}

impl DatabaseTime {
    /// Nothing is known yet.
    #[must_use]
    pub fn by(uptime: Arc<dyn Uptime>) -> Self {
        DatabaseTime {
            uptime,
            reading: Arc::default(),
        }
    }

    /// Reads it: `ask` gets it from the database.
    ///
    /// # Errors
    /// What `ask` returns; what was known before stays.
    pub fn read<E>(&self, ask: impl FnOnce() -> Result<Timestamp, E>) -> Result<(), E> {
        let asked = self.uptime.uptime();
        let said = ask()?;
        let answered = self.uptime.uptime();
        // It was that time at some moment between the two.
        let new = Bounds {
            earliest: said,
            latest: later(said, answered.saturating_sub(asked)),
        };
        let mut reading = self.reading.write().unwrap_or_else(PoisonError::into_inner);
        let known = reading.map(|reading| reading.at(answered));
        // Both hold, unless the database's clock was set meanwhile, or another server has taken over: then the new one does.
        let bounds = known.map_or(new, |known| known.within(new).unwrap_or(new));
        *reading = Some(Reading { answered, bounds });
        Ok(())
    }

    fn bounds(&self) -> Option<Bounds> {
        let reading = *self.reading.read().unwrap_or_else(PoisonError::into_inner);
        reading.map(|reading| reading.at(self.uptime.uptime()))
    }
}

/// For whoever reads what others have recorded: the latest that it may be. As long as it was never read, the machine's time.
impl TimeSource for DatabaseTime {
    fn now(&self) -> Timestamp {
        let latest = self.bounds().map(|bounds| bounds.latest);
        latest.map_or_else(|| SystemTime.now(), whole_microseconds)
    }

    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(real_wait(self.now(), at)))
    }
}

impl Bounds {
    fn within(self, other: Bounds) -> Option<Bounds> {
        let both = Bounds {
            earliest: self.earliest.max(other.earliest),
            latest: self.latest.min(other.latest),
        };
        (both.earliest <= both.latest).then_some(both)
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// A machine's time, but never later than the database's.
#[derive(Debug)]
pub struct CheckedTime {
    machine: SharedTime,
    database: DatabaseTime,
}

impl CheckedTime {
    /// Checks this machine's time against the database's.
    #[must_use]
    pub fn new(machine: SharedTime, database: DatabaseTime) -> Self {
        CheckedTime { machine, database }
    }
}

impl TimeSource for CheckedTime {
    fn now(&self) -> Timestamp {
        let machine = self.machine.now();
        let earliest = self.database.bounds().map(|bounds| bounds.earliest);
        whole_microseconds(earliest.map_or(machine, |earliest| machine.min(earliest)))
    }

    /// Waits by the database's time too, however far ahead the machine's is.
    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            while self.now() <= at {
                tokio::time::sleep(real_wait(self.now(), at)).await;
            }
        })
    }

    fn offset(&self) -> SignedDuration {
        let machine = self.machine.now();
        match self.database.bounds() {
            Some(Bounds { latest, .. }) if machine > latest => machine.duration_since(latest),
            Some(Bounds { earliest, .. }) if machine < earliest => machine.duration_since(earliest),
            _ => SignedDuration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{convert::Infallible, sync::Mutex};

    use futures_util::FutureExt as _;

    use super::{super::ManualTime, *};

    #[derive(Debug, Default)]
    struct Manual(Mutex<Duration>);

    impl Uptime for Manual {
        fn uptime(&self) -> Duration {
            *self.0.lock().unwrap()
        }
    }

    /// A machine and its database, each with a time of its own, and what is known of one at the other.
    struct Stage {
        uptime: Arc<Manual>,
        machine: Arc<ManualTime>,
        database: Timestamp,
        known: DatabaseTime,
        time: CheckedTime,
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    impl Stage {
        /// Both at this second.
        fn at(second: i64) -> Stage {
            let start = Timestamp::from_second(second).unwrap();
            let uptime = Arc::new(Manual::default());
            let machine = Arc::new(ManualTime::at(start));
            let known = DatabaseTime::by(Arc::<Manual>::clone(&uptime));
            let time = CheckedTime::new(Arc::<ManualTime>::clone(&machine), known.clone());
            Stage {
                uptime,
                machine,
                database: start,
                known,
                time,
            }
        }

        fn pass(&mut self, while_: Duration) {
            *self.uptime.0.lock().unwrap() += while_;
            self.database += while_;
            self.machine.set(self.machine.now() + while_);
        }

        /// Reads the database's time; the question and the answer each take this long.
        fn read(&mut self, way: Duration) {
            let known = self.known.clone();
            known
                .read(|| {
                    self.pass(way);
                    let said = self.database;
                    self.pass(way);
                    Ok::<_, Infallible>(said)
                })
                .unwrap();
        }

        fn off(&self) -> f64 {
            self.time.offset().as_secs_f64()
        }
    }

    #[test]
    fn now_is_never_later_than_the_databases_time_however_the_machine_errs() {
        let mut stage = Stage::at(1_000);
        stage.machine.set(stage.database + 90 * SECOND);
        for turn in 0..200_u32 {
            stage.read(Duration::from_millis(u64::from(turn * 7 % 40)));
            assert!(stage.time.now() <= stage.database, "turn {turn}");
            let behind = stage.database.duration_since(stage.time.now());
            assert!(behind <= SignedDuration::from_millis(40), "{behind:?}");
            stage.pass(SECOND);
            assert!(stage.time.now() <= stage.database, "turn {turn}");
        }
    }

    #[test]
    fn a_slow_answer_after_a_quick_one_takes_nothing_back() {
        let mut stage = Stage::at(1_000);
        stage.machine.set(stage.database + 90 * SECOND);
        stage.read(Duration::ZERO);
        let before = stage.time.now();
        stage.read(SECOND);
        assert!(stage.time.now() >= before + seconds(1.99));
        // And what cannot be known of a slow answer is not held against the machine.
        assert!((89.9..=90.1).contains(&stage.off()), "{}", stage.off());
    }

    #[test]
    fn a_jump_of_the_machines_clock_is_noticed_without_another_reading() {
        let mut stage = Stage::at(10_000);
        stage.read(Duration::ZERO);
        stage.pass(SECOND);
        assert_eq!(stage.time.check(), Ok(()));
        stage.machine.set(stage.database + 3_600 * SECOND);
        assert!(stage.off() > 3_599.0, "{}", stage.off());
        let words = stage.time.check().unwrap_err().to_string();
        assert!(words.contains("3599.999 s ahead of"), "{words}");
        assert!(stage.time.now() <= stage.database);
    }

    #[test]
    fn a_machine_that_is_behind_says_so_and_keeps_its_own_time() {
        let mut stage = Stage::at(10_000);
        stage.database += 30 * SECOND;
        stage.read(Duration::ZERO);
        assert_eq!(stage.off(), -30.0);
        let words = stage.time.check().unwrap_err().to_string();
        assert!(words.contains("30.000 s behind"), "{words}");
        assert_eq!(stage.time.now(), stage.machine.now());
    }

    #[test]
    fn a_database_that_was_away_for_an_hour_accuses_nobody_who_is_within_the_drift() {
        let mut stage = Stage::at(10_000);
        stage.read(Duration::ZERO);
        stage.pass(3_600 * SECOND);
        assert_eq!(stage.off(), 0.0);
        stage.machine.set(stage.database + 3 * SECOND);
        assert_eq!(stage.off(), 0.0);
        stage.machine.set(stage.database + 9 * SECOND);
        assert!((5.3..=5.5).contains(&stage.off()), "{}", stage.off());
        stage.read(Duration::ZERO);
        assert_eq!(stage.off(), 9.0, "known again");
    }

    #[test]
    fn another_server_with_another_clock_is_believed_at_once() {
        for other in [-3_600_i64, 3_600] {
            let mut stage = Stage::at(10_000);
            stage.read(seconds(0.01));
            stage.database += SignedDuration::from_secs(other);
            stage.read(seconds(0.01));
            assert!(stage.time.now() <= stage.database);
            assert!(stage.time.check().is_err(), "{other}");
        }
    }

    #[tokio::test]
    async fn a_sleep_lasts_until_the_databases_time_has_passed() {
        let mut stage = Stage::at(1_000);
        stage.read(Duration::ZERO);
        stage.machine.set(stage.database + 90 * SECOND);
        let at = stage.database + Duration::from_millis(20);
        let mut sleep = stage.time.past(at);
        assert!(sleep.as_mut().now_or_never().is_none());
        *stage.uptime.0.lock().unwrap() += SECOND;
        sleep.await;
        assert!(stage.time.now() > at);
    }
}
