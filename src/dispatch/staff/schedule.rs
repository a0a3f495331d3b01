//! When an attempt that failed is followed by another one.

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
/// After how many attempts a message is given up whatever became of them: each of them may have ended with its process.
pub(super) const MOST_ATTEMPTS: i32 = 20;
/// How long an attempt may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// For how long a message is claimed: longer than an attempt may take, by enough to record how it ended.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(150);

/// The pauses, spread by this seed.
pub(super) const fn pauses(seed: u64) -> Pauses<'static> {
    Pauses::new(&PAUSES, seed)
}

/// The attempt after one that failed at `now`; `None`: the addressee cannot be told. Like the
/// first one, it does not come in the quiet hours.
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
