//! What became of many calls.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use tonic::{Code, Status};

/// An hour. What takes longer counts as this.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// Calls and how long each took.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    /// In microseconds, of all calls, to three digits.
    latencies: Histogram<u64>,
    succeeded: u64,
    /// By the number of the gRPC code.
    failed: BTreeMap<i32, u64>,
    /// From the start of the first call to the end of the last one.
    pub(crate) elapsed: Duration,
}

impl Tally {
    pub(crate) fn new() -> Self {
        // Of constants, so it fails always or never.
        #[expect(
            clippy::expect_used,
            reason = "1 to 5 digits, and any bound from 2 upwards, are allowed"
        )]
        let latencies =
            Histogram::new_with_max(LONGEST_MICROS, 3).expect("a histogram of three digits");
        Tally {
            latencies,
            succeeded: 0,
            failed: BTreeMap::new(),
            elapsed: Duration::ZERO,
        }
    }

    pub(crate) fn record(&mut self, latency: Duration, answer: &Result<(), Status>) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(micros);
        match answer {
            Ok(()) => self.succeeded += 1,
            Err(status) => *self.failed.entry(status.code().into()).or_default() += 1,
        }
    }

    /// Adds the calls of somebody who called at the same time.
    pub(crate) fn join(&mut self, other: &Tally) {
        self.add(other);
        self.elapsed = self.elapsed.max(other.elapsed);
    }

    /// Adds the calls of another round.
    pub(crate) fn append(&mut self, other: &Tally) {
        self.add(other);
        self.elapsed += other.elapsed;
    }

    fn add(&mut self, other: &Tally) {
        // Cannot fail: both have the same bounds.
        let _ = self.latencies.add(&other.latencies);
        self.succeeded += other.succeeded;
        for (code, count) in &other.failed {
            *self.failed.entry(*code).or_default() += count;
        }
    }

    /// Calls, whatever became of them.
    pub(crate) fn calls(&self) -> u64 {
        self.latencies.len()
    }

    /// Calls that succeeded, a second.
    pub(crate) fn per_second(&self) -> f64 {
        if self.elapsed.is_zero() {
            return 0.0;
        }
        self.succeeded as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which this share of the calls, from 0 to 1, were answered.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        Duration::from_micros(self.latencies.value_at_quantile(share))
    }

    /// The codes of the calls that failed, with how often.
    pub(crate) fn failures(&self) -> Vec<(Code, u64)> {
        let failed = self.failed.iter();
        failed
            .map(|(code, count)| (Code::from(*code), *count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_counts_what_succeeded_and_the_percentiles_all_calls() {
        let mut tally = Tally::new();
        for millis in 1..=99 {
            tally.record(Duration::from_millis(millis), &Ok(()));
        }
        let away = Err(Status::unavailable("away"));
        tally.record(Duration::from_millis(100), &away);
        tally.elapsed = Duration::from_secs(3);
        assert_eq!(tally.per_second(), 33.0);
        assert_eq!(tally.quantile(0.5).as_millis(), 50);
        assert_eq!(tally.quantile(1.0).as_millis(), 100);
        assert_eq!(tally.failures(), [(Code::Unavailable, 1)]);
    }

    #[test]
    fn callers_of_one_time_share_it_and_rounds_follow_one_another() {
        let mut one = Tally::new();
        one.record(Duration::from_millis(1), &Ok(()));
        one.elapsed = Duration::from_secs(1);
        let (mut beside, mut after) = (one.clone(), one.clone());
        beside.join(&one);
        after.append(&one);
        assert_eq!((beside.per_second(), after.per_second()), (2.0, 1.0));
    }
}
