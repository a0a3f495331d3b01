//! How much each caller may have: once it is known, by its subject; before that, by its address.
//!
//! A refusal costs a look-up. It happens before anything of the message is received, so a caller who goes on regardless takes
//! little from the others.

mod addresses;
mod bucket;
mod recent;
mod subjects;
mod told;

use std::{net::IpAddr, sync::Arc};

pub(super) use self::subjects::Taken;
use self::{addresses::Addresses, subjects::Subjects};
use super::{limits::CallerLimits, methods::Kind};
use crate::{
    access::Caller, api::grpc::over_quota::OverQuota, telemetry::Metrics, time_source::Uptime,
};

/// What callers have of what each may have.
#[derive(Debug)]
pub(in crate::api) struct Quotas {
    subjects: Subjects,
    addresses: Addresses,
    uptime: Arc<dyn Uptime>,
    metrics: Metrics,
}

impl Quotas {
    pub(in crate::api) fn new(
        limits: &CallerLimits,
        uptime: Arc<dyn Uptime>,
        metrics: Metrics,
    ) -> Self {
        Quotas {
            subjects: Subjects::new(limits),
            addresses: Addresses::new(limits.failed_tokens),
            uptime,
            metrics,
        }
    }

    /// What a call takes, if its caller may make it now. Nobody is limited where nobody is known.
    pub(super) fn admit(&self, caller: &Caller, kind: Kind) -> Result<Option<Taken>, OverQuota> {
        let Caller::Known(principal) = caller else {
            return Ok(None);
        };
        let taken = self.subjects.admit(principal, kind, &self.uptime);
        taken.map(Some).map_err(|refused| self.tell(refused))
    }

    /// Whether a token that was not valid before may be looked at. An address that is not counted may always try.
    pub(super) fn may_try(&self, from: Option<IpAddr>) -> Result<(), OverQuota> {
        let Some(from) = from else {
            return Ok(());
        };
        let may = self.addresses.may_try(from, self.uptime.uptime());
        may.map_err(|refused| self.tell(refused))
    }

    /// A token proved nothing.
    pub(super) fn failed(&self, from: Option<IpAddr>) {
        if let Some(from) = from {
            self.addresses.failed(from, &self.uptime);
        }
    }

    fn tell(&self, (over, is_due): (OverQuota, bool)) -> OverQuota {
        self.metrics.over_quota(over.quota);
        if is_due {
            tracing::warn!(
                of = over.subject(),
                limit = over.limit(),
                "calls are being refused because a limit was reached; this is logged at most once a minute"
            );
        }
        over
    }
}

#[cfg(test)]
mod tests;
