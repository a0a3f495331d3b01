//! When a mail is tried again that was not taken.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

/// The pauses after each attempt: less than a day in all. A relay that is away for longer is an outage that somebody knows of.
const PAUSES: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];
/// By how much a pause may be shorter or longer, so that what failed together is not tried again together.
const JITTER: f64 = 0.2;

/// When to try again.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    seed: u64,
}

impl Schedule {
    /// With pauses that follow from this seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Schedule { seed }
    }

    /// When to try again what has just failed for the how many-th time, from 1. `None`: never.
    #[must_use]
    pub fn after(&self, failures: u32, of: Uuid, now: Timestamp) -> Option<Timestamp> {
        let nth = usize::try_from(failures).ok()?.checked_sub(1)?;
        let pause = PAUSES.get(nth)?;
        let (high, low) = of.as_u64_pair();
        let mut random = StdRng::seed_from_u64(self.seed ^ high ^ low.rotate_left(failures));
        let factor = random.random_range(1.0 - JITTER..=1.0 + JITTER);
        let pause = SignedDuration::try_from_secs_f64(pause.as_secs_f64() * factor).ok()?;
        now.checked_add(pause).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn pauses_grow_within_their_bounds_and_come_to_an_end() {
        let schedule = Schedule::seeded(42);
        let now: Timestamp = "2026-06-03T12:00:00Z".parse().unwrap();
        let mut seen = Vec::new();
        for of in (0..200).map(Uuid::from_u128) {
            let minutes = [1.0, 5.0, 15.0, 60.0, 180.0, 360.0, 720.0];
            for (failures, minutes) in (1..).zip(minutes) {
                let next = schedule.after(failures, of, now).unwrap();
                let share = next.duration_since(now).as_secs_f64() / 60.0 / minutes;
                assert!((0.8..=1.2).contains(&share), "{failures}: {share}");
                seen.push(share);
                assert_eq!(schedule.after(failures, of, now), Some(next));
            }
            assert_eq!(schedule.after(8, of, now), None);
            assert_eq!(schedule.after(0, of, now), None);
        }
        let (least, most) = seen.iter().fold((2.0, 0.0), |(least, most), share| {
            (f64::min(least, *share), f64::max(most, *share))
        });
        assert!(least < 0.82 && most > 1.18, "{least} to {most}");
        let other = Schedule::seeded(43).after(1, Uuid::from_u128(1), now);
        assert_ne!(other, schedule.after(1, Uuid::from_u128(1), now));
    }
}
