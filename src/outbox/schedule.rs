//! When a failed delivery is retried. Pure.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

use crate::{retry::Pauses, store::ClaimedDelivery};

/// The waits after each failure, unless configured otherwise: the schedule of Standard Webhooks.
pub(super) const PAUSES: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];
/// The longest wait that a receiver can ask for.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// The pauses between probes: the first and the longest.
const PROBES: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(30), SignedDuration::from_mins(5));

/// The wait after so many failures of a delivery, the last of which asked for `retry_after`. `None`: that was the last attempt.
pub(super) fn wait_after(
    pauses: Pauses<'_>,
    failures: i32,
    of: u128,
    retry_after: Option<SignedDuration>,
) -> Option<SignedDuration> {
    let wait = pauses.after(u32::try_from(failures).ok()?, of)?;
    Some(wait.max(retry_after.unwrap_or_default().min(LONGEST)))
}

/// What tells apart deliveries that fail together, for jitter.
pub(super) fn identity(claimed: &ClaimedDelivery) -> u128 {
    let line = &claimed.line;
    let sequence = u128::from(claimed.sequence.unsigned_abs());
    (line.subscription.as_u128() ^ line.complaint.as_u128()).wrapping_add(sequence)
}

/// The pause before the next probe, after so many failed ones.
pub(super) fn probe_after(probes: i32) -> SignedDuration {
    let (first, longest) = PROBES;
    let doubled = 1_i32.checked_shl(u32::try_from(probes).unwrap_or(0));
    let pause = doubled.and_then(|factor| first.checked_mul(factor));
    // Shifting into the sign bit would not double.
    pause
        .filter(|pause| pause.is_positive())
        .map_or(longest, |pause| pause.min(longest))
}

/// Parses `Retry-After`: a number of seconds, or a date.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<SignedDuration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(at.duration_since(now).max(SignedDuration::ZERO))
}

/// Whether this status means that the receiver rejects this message in particular.
pub(super) fn rejects(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::CONFLICT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// Whether this status means that the receiver asks for less traffic.
pub(super) fn throttles(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn pauses() -> Pauses<'static> {
        Pauses::new(&PAUSES, 7)
    }

    #[test]
    fn ten_attempts_are_made_within_about_three_days() {
        let made = (1..).map_while(|failures| wait_after(pauses(), failures, 1, None));
        assert_eq!(made.count(), 9);
        let all: SignedDuration = PAUSES.iter().copied().sum();
        assert_eq!(all, SignedDuration::from_secs(5 + 75 * 3600 + 35 * 60));
        for failures in [i32::MIN, -1, 0, 10, i32::MAX] {
            assert_eq!(wait_after(pauses(), failures, 1, None), None);
        }
    }

    #[test]
    fn a_receiver_may_have_us_wait_longer_up_to_a_day_and_never_shorter() {
        let now: Timestamp = "2026-06-01T13:00:00Z".parse().unwrap();
        let wait = |text| wait_after(pauses(), 1, 1, retry_after(text, now)).unwrap();
        let own = wait_after(pauses(), 1, 1, None).unwrap();
        assert_eq!(wait("120"), SignedDuration::from_mins(2));
        assert_eq!(wait("1"), own);
        assert_eq!(wait("9999999"), SignedDuration::from_hours(24));
        let dated = wait("Mon, 01 Jun 2026 13:10:00 GMT");
        assert_eq!(dated, SignedDuration::from_mins(10));
        assert_eq!(wait("Mon, 01 Jun 2026 12:00:00 GMT"), own);
        for text in ["", "-5", "soon", "1.5"] {
            assert_eq!(retry_after(text, now), None, "{text}");
        }
    }

    #[test]
    fn probes_come_more_and_more_seldom_down_to_one_in_five_minutes() {
        let pauses = (0..6).map(|probes| probe_after(probes).as_secs());
        assert_eq!(pauses.collect::<Vec<_>>(), [30, 60, 120, 240, 300, 300]);
        assert_eq!(probe_after(31).as_secs(), 300);
        assert_eq!(probe_after(1_000).as_secs(), 300);
    }
}
