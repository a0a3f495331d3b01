//! What each caller may have, once it is known.

use std::{collections::BTreeSet, num::NonZeroU32, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{bucket::Bucket, recent::Recent, told::Told};
use crate::{
    access::{Principal, Role},
    api::grpc::{
        over_quota::{Limited, OverQuota},
        wire::{
            limits::{Allowance, CallerLimits},
            methods::Kind,
        },
    },
    telemetry::Quota,
    time_source::Uptime,
};

/// How many callers of a class are remembered before those are forgotten early that were away for longest.
const MOST: usize = 8 * 1024;
/// For how long a caller is remembered at least.
const KEEP: Duration = Duration::from_secs(60);

/// The callers that were here lately, by their subjects, over all connections.
#[derive(Debug)]
pub(super) struct Subjects {
    people: Class,
    integrations: Class,
    /// Whoever is both.
    both: Class,
}

/// Those who may have equally much.
#[derive(Debug)]
struct Class {
    allowance: Allowance,
    present: Recent<String, Subject>,
}

/// A caller.
#[derive(Debug)]
struct Subject {
    /// None if there is no limit.
    calls: Option<Bucket>,
    in_flight: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    told: Told,
}

/// What a call takes of what its caller may have, until it is dropped.
#[derive(Debug)]
pub(in crate::api::grpc::wire) struct Taken {
    _place: OwnedSemaphorePermit,
    /// Held, so that it is not forgotten.
    _subject: Arc<Subject>,
}

impl Subjects {
    pub(super) fn new(limits: &CallerLimits) -> Self {
        let (people, integrations) = (limits.people, limits.integrations);
        Subjects {
            people: Class::new(people),
            integrations: Class::new(integrations),
            both: Class::new(people.most(integrations)),
        }
    }

    /// A call, if its caller may make one now. The second value says whether a refusal is to be logged.
    pub(super) fn admit(
        &self,
        caller: &Principal,
        kind: Kind,
        uptime: &Arc<dyn Uptime>,
    ) -> Result<Taken, (OverQuota, bool)> {
        let class = self.class(&caller.roles);
        let now = uptime.uptime();
        let make = || Subject::new(&class.allowance, uptime);
        let subject = class.present.of(caller.subject.as_str(), now, make);
        let refused = |quota, value, burst, retry| {
            let of = Limited::Caller(caller.subject.clone());
            let over = OverQuota {
                quota,
                of,
                value,
                burst,
                retry,
            };
            (over, subject.told.is_due(now))
        };
        let Allowance {
            calls_per_second,
            burst,
            in_flight,
            streams,
        } = class.allowance;
        let (places, quota, most) = match kind {
            Kind::Unary => (&subject.in_flight, Quota::CallsInFlight, in_flight),
            Kind::Stream | Kind::Watch | Kind::Exchange => {
                (&subject.streams, Quota::OpenStreams, streams)
            }
        };
        let place = Arc::clone(places).try_acquire_owned();
        // Before the rate, so that a call without a place uses up nothing.
        let place = place.map_err(|_| refused(quota, most, None, None))?;
        if let Some(calls) = &subject.calls
            && let Err(empty) = calls.take()
        {
            let retry = empty.until.saturating_sub(now);
            let quota = Quota::CallsPerSecond;
            return Err(refused(quota, calls_per_second, Some(burst), Some(retry)));
        }
        Ok(Taken {
            _place: place,
            _subject: subject,
        })
    }

    fn class(&self, roles: &BTreeSet<Role>) -> &Class {
        let integration = roles.contains(&Role::Integration);
        match (integration, roles.len()) {
            (false, _) => &self.people,
            (true, ..=1) => &self.integrations,
            (true, _) => &self.both,
        }
    }
}

impl Class {
    fn new(allowance: Allowance) -> Self {
        // Whoever is forgotten has had time to get everything back.
        let refilled = allowance.burst.checked_div(allowance.calls_per_second);
        let refilled = Duration::from_secs(u64::from(refilled.unwrap_or(0)) + 1);
        Class {
            allowance,
            present: Recent::new(KEEP.max(refilled), MOST),
        }
    }
}

impl Subject {
    fn new(allowance: &Allowance, uptime: &Arc<dyn Uptime>) -> Self {
        let places = |most: u32| {
            let most = usize::try_from(most).ok().filter(|most| *most > 0);
            Arc::new(Semaphore::new(most.unwrap_or(Semaphore::MAX_PERMITS)))
        };
        let rate = NonZeroU32::new(allowance.calls_per_second);
        Subject {
            calls: rate.map(|rate| {
                let size = NonZeroU32::new(allowance.burst).unwrap_or(NonZeroU32::MIN);
                Bucket::new(size, Duration::from_secs(1) / rate.get(), uptime)
            }),
            in_flight: places(allowance.in_flight),
            streams: places(allowance.streams),
            told: Told::default(),
        }
    }
}
