//! How often something may happen.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};

use crate::time_source::Uptime;

/// A bucket that is full at first, and fills again at an even rate.
#[derive(Debug)]
pub(super) struct Bucket(
    RateLimiter<NotKeyed, InMemoryState, Monotonic, StateInformationMiddleware>,
);

/// The bucket is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Empty {
    /// Until when it is: an uptime.
    pub(super) until: Duration,
}

impl Bucket {
    /// Holds `size` at the most, and gets one back after each `interval`, which is not zero.
    pub(super) fn new(size: NonZeroU32, interval: Duration, uptime: &Arc<dyn Uptime>) -> Self {
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(NonZeroU32::MAX));
        Bucket(RateLimiter::new(
            quota.allow_burst(size),
            InMemoryState::default(),
            Monotonic(Arc::clone(uptime)),
        ))
    }

    /// Takes one out, and says how many are left.
    pub(super) fn take(&self) -> Result<u32, Empty> {
        match self.0.check() {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(not) => Err(Empty {
                until: not.earliest_possible(),
            }),
        }
    }
}

/// The time by which buckets fill, whatever happens to the machine's clock.
#[derive(Debug, Clone)]
struct Monotonic(Arc<dyn Uptime>);

impl Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.uptime()
    }
}
