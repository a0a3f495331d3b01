//! The rate limit for mail.

use std::{num::NonZeroU32, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Interval, MissedTickBehavior, interval},
};

/// Lets mails through evenly, one at a time: unused capacity is not saved up, because relays count by the second.
#[derive(Debug)]
pub(super) struct Pace(Mutex<Interval>);

impl Pace {
    pub(super) fn per_second(mails: NonZeroU32) -> Self {
        // At least the resolution of a timer.
        let period = Duration::from_secs(1) / mails.get();
        let mut turns = interval(period.max(Duration::from_micros(1)));
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Pace(Mutex::new(turns))
    }

    /// Waits for the next slot, in first-come order.
    pub(super) async fn turn(&self) {
        self.0.lock().await.tick().await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::time_source::Stopwatch;

    #[tokio::test]
    async fn no_second_has_more_than_its_share_even_after_a_rest() {
        let pace = Pace::per_second(NonZeroU32::new(100).unwrap());
        for _ in 0..2 {
            pace.turn().await;
            let ten = Stopwatch::start();
            for _ in 0..10 {
                pace.turn().await;
            }
            // Timers have a resolution of one millisecond.
            assert!(ten.elapsed() >= Duration::from_millis(95));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
