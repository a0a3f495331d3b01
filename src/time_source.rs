//! The one reading of time. Everything else is given `now`.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, Unit};
use tokio::sync::watch;

mod checked;

pub use self::checked::{CheckedTime, DatabaseTime};

/// From this offset on, a machine's time is reported as off.
pub const OFF: SignedDuration = SignedDuration::from_secs(2);
/// From this offset on, a machine's time is too wrong to work by.
pub const WRONG: SignedDuration = SignedDuration::from_secs(5);

/// Where `now` comes from. Readings are whole microseconds, as the database keeps them, so that what was decided and
/// what is read back are equal.
pub trait TimeSource: fmt::Debug + Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Waits until `now` is past this instant. May come back early; never waits for ever on an instant in the past.
    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Whether it is a machine's time, which may be wrong.
    fn is_machine_time(&self) -> bool {
        false
    }

    /// By how much the machine's time is ahead of the database's, at least; negative: behind. Zero where that is not checked.
    fn offset(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    /// Whether it may be worked by.
    ///
    /// # Errors
    /// When it is off by more than [`WRONG`]: what is recorded by it would be dated wrongly.
    fn check(&self) -> Result<(), WrongTime> {
        match self.offset() {
            offset if offset.abs() > WRONG => Err(WrongTime { offset }),
            _ => Ok(()),
        }
    }
}

/// A machine's time is too far from the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this replica's clock is {:.3} s {} the database's",
    .offset.abs().as_secs_f64(),
    if .offset.is_negative() { "behind" } else { "ahead of" }
)]
pub struct WrongTime {
    /// By how much it is ahead, at least; negative: behind.
    pub offset: SignedDuration,
}

/// A shared time source.
pub type SharedTime = Arc<dyn TimeSource>;

/// The machine's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTime;

impl TimeSource for SystemTime {
    fn now(&self) -> Timestamp {
        whole_microseconds(system_now())
    }

    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let wait = real_wait(self.now(), at);
        Box::pin(tokio::time::sleep(wait))
    }

    fn is_machine_time(&self) -> bool {
        true
    }
}

/// Time that stands still until it is moved: for tests.
#[derive(Debug)]
pub struct ManualTime {
    now: watch::Sender<Timestamp>,
    awaited: watch::Sender<Option<Timestamp>>,
}

impl ManualTime {
    /// Stands at this instant.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        ManualTime {
            now: watch::Sender::new(whole_microseconds(start)),
            awaited: watch::Sender::new(None),
        }
    }

    /// Moves to this instant; never backwards.
    pub fn set(&self, to: Timestamp) {
        self.now
            .send_modify(|now| *now = whole_microseconds(to).max(*now));
    }

    /// The instant that somebody has begun to wait for last. It changes with every wait: a sweeper that waits has fired what
    /// was due.
    #[must_use]
    pub fn awaited(&self) -> watch::Receiver<Option<Timestamp>> {
        self.awaited.subscribe()
    }
}

impl TimeSource for ManualTime {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut changes = self.now.subscribe();
        self.awaited.send_replace(Some(at));
        Box::pin(async move {
            // The sender is `self`, so it outlives the wait.
            let _ = changes.wait_for(|now| *now > at).await;
        })
    }
}

/// Monotonic time: how long something has been running.
pub trait Uptime: fmt::Debug + Send + Sync {
    /// For how long.
    fn uptime(&self) -> Duration;
}

/// Since 1970.
impl Uptime for ManualTime {
    fn uptime(&self) -> Duration {
        let since = self.now().duration_since(Timestamp::UNIX_EPOCH);
        Duration::try_from(since).unwrap_or_default()
    }
}

/// A stopwatch for measurements of this process: monotonic, and of no meaning as a date.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts to measure.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reading of monotonic time"
    )]
    pub fn start() -> Self {
        Stopwatch(std::time::Instant::now())
    }

    /// The time since the start.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reading of monotonic time"
    )]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

impl Uptime for Stopwatch {
    fn uptime(&self) -> Duration {
        self.elapsed()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one reading of the time")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

fn whole_microseconds(at: Timestamp) -> Timestamp {
    at.round(Unit::Microsecond).unwrap_or(at)
}

/// How long to wait, in real time, until `at` has passed: a microsecond longer than the difference, at most a day, so
/// that a change of the machine's time is noticed.
fn real_wait(now: Timestamp, at: Timestamp) -> Duration {
    let ahead = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
    (ahead + Duration::from_micros(1)).min(Duration::from_secs(86_400))
}
