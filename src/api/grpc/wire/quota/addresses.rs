//! How often callers from one address may fail to prove who they are.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{bucket::Bucket, recent::Recent, told::Told};
use crate::{
    api::grpc::over_quota::{Limited, OverQuota},
    telemetry::Quota,
    time_source::Uptime,
};

/// How many addresses are remembered before those are forgotten early that failed longest ago. An address that is forgotten may
/// fail as often again as a new one: whoever has so many addresses gains nothing by it.
const MOST: usize = 32 * 1024;
/// In which time the failures are counted.
const PERIOD: Duration = Duration::from_secs(60);

/// The addresses from which a token has failed lately.
#[derive(Debug)]
pub(super) struct Addresses {
    /// How many may fail in a period; none for no limit.
    most: Option<NonZeroU32>,
    failing: Recent<IpAddr, Failing>,
}

/// An address from which a token has failed.
#[derive(Debug)]
struct Failing {
    failures: Bucket,
    /// Until when no token is looked at: an uptime.
    refused_until: Mutex<Duration>,
    told: Told,
}

impl Addresses {
    pub(super) fn new(most: u32) -> Self {
        Addresses {
            most: NonZeroU32::new(most),
            // After a period without a failure all may fail again.
            failing: Recent::new(PERIOD, MOST),
        }
    }

    /// Whether a token from here may be looked at that was not valid before. The second value of an error says whether the
    /// refusal is to be logged.
    pub(super) fn may_try(&self, from: IpAddr, now: Duration) -> Result<(), (OverQuota, bool)> {
        let Some((most, failing)) = self.most.zip(self.failing.get(&from)) else {
            return Ok(());
        };
        let retry = failing.refused_until.lock().saturating_sub(now);
        if retry.is_zero() {
            return Ok(());
        }
        let over = OverQuota {
            quota: Quota::FailedTokens,
            of: Limited::Address(from),
            value: most.get(),
            burst: None,
            retry: Some(retry),
        };
        Err((over, failing.told.is_due(now)))
    }

    /// A token from here proved nothing.
    pub(super) fn failed(&self, from: IpAddr, uptime: &Arc<dyn Uptime>) {
        let Some(most) = self.most else {
            return;
        };
        let make = || Failing {
            failures: Bucket::new(most, PERIOD / most.get(), uptime),
            refused_until: Mutex::default(),
            told: Told::default(),
        };
        let failing = self.failing.of(&from, uptime.uptime(), make);
        // The last one that may fail leaves an empty bucket, which says until when it is.
        let left = failing.failures.take();
        if left.is_ok_and(|left| left > 0) {
            return;
        }
        if let Err(empty) = failing.failures.take() {
            let mut until = failing.refused_until.lock();
            *until = empty.until.max(*until);
        }
    }
}
