//! When a failed attempt is retried.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::directory::Addressee;
use crate::{
    retry::Pauses,
    store::{ClaimedStaffMessage, NextTry},
};

/// The pauses before each further attempt by the same means.
const PAUSES: [SignedDuration; 4] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
];
/// A message is given up after this many attempts even if no outcome was recorded: each attempt may have ended with its process.
pub(super) const MOST_ATTEMPTS: i32 = 20;
/// How long an attempt may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// The lease of a claimed message: longer than an attempt takes, with time left to record the outcome.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(150);

/// The pauses, with jitter from this seed.
pub(super) const fn pauses(seed: u64) -> Pauses<'static> {
    Pauses::new(&PAUSES, seed)
}

/// The attempt after one that failed at `now`. `None`: the addressee cannot be reached. Like the first, it avoids quiet hours.
pub(super) fn next_try(
    message: &ClaimedStaffMessage,
    addressee: &Addressee,
    pauses: Pauses<'_>,
    permanent: bool,
    now: Timestamp,
) -> Option<NextTry> {
    let tries = message.tries.saturating_add(1);
    let pause = u32::try_from(tries).ok();
    let pause = pause
        .and_then(|tries| pauses.after(tries, message.id.as_u128()))
        .filter(|_| !permanent);
    match pause {
        Some(pause) => Some(NextTry {
            means: message.means,
            tries,
            at: addressee.reachable_from(now.saturating_add(pause).unwrap_or(Timestamp::MAX)),
        }),
        None => Some(NextTry {
            means: addressee.means_after(message.means)?,
            tries: 0,
            at: now,
        }),
    }
}
