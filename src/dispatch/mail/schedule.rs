//! When a failed mail is retried.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::retry::Pauses;

/// The pauses after each attempt: less than a day in total. A longer relay outage is one that the operator knows of.
const PAUSES: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];

/// The retry schedule.
#[derive(Debug, Clone, Copy)]
pub struct Schedule(Pauses<'static>);

impl Schedule {
    /// With jitter from this seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Schedule(Pauses::new(&PAUSES, seed))
    }

    /// When to retry after the given number of failures, from 1. `None`: never.
    #[must_use]
    pub fn after(&self, failures: u32, of: Uuid, now: Timestamp) -> Option<Timestamp> {
        now.checked_add(self.0.after(failures, of.as_u128())?).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_mail_is_tried_for_less_than_a_day_and_then_no_more() {
        let schedule = Schedule::seeded(42);
        let now: Timestamp = "2026-06-03T12:00:00Z".parse().unwrap();
        let of = Uuid::from_u128(1);
        let mut at = now;
        for failures in 1..=7 {
            let next = schedule.after(failures, of, at).unwrap();
            assert_eq!(schedule.after(failures, of, at), Some(next));
            assert!(next > at);
            at = next;
        }
        assert!(at.duration_since(now) < SignedDuration::from_hours(27));
        assert_eq!(schedule.after(8, of, at), None);
    }
}
