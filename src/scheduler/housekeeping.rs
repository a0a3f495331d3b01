//! What keeps the database in order.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{Rules, Summary, Verification, Verified, Weight},
    store::{Scope, Store, StoreError},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// How long a request may be repeated and gets its first answer.
const REQUESTS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// From how many transactions on an old snapshot is worth a warning: behind it dead index entries pile up, and firing
/// slows down.
const OLD_SNAPSHOT: i64 = 100_000;
/// How many differences are logged per night; the others are only counted.
const LOGGED: usize = 200;

/// What the housekeeping is built from.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) store: Store,
    pub(super) rules: Arc<Rules>,
    pub(super) time: SharedTime,
    pub(super) metrics: Metrics,
    pub(super) shutdown: CancellationToken,
}

#[derive(Debug)]
pub(super) struct Housekeeping(Parts);

/// Why a night's verification did not come to its end.
#[derive(Debug, thiserror::Error)]
enum Unfinished {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the service is shutting down")]
    Shutdown,
}

impl Housekeeping {
    pub(super) fn new(parts: Parts) -> Self {
        Housekeeping(parts)
    }

    /// Forgets the answers that nobody may ask for any more, and verifies what is open.
    pub(super) fn nightly(&self) {
        if let Err(wrong) = self.0.time.check() {
            tracing::warn!(%wrong, "skipping the nightly verification and clean-up, because this machine's clock is wrong");
            return;
        }
        self.forget_requests();
        self.verify_open();
    }

    fn forget_requests(&self) {
        let now = self.0.time.now();
        let before = now.saturating_sub(REQUESTS_KEPT);
        let before = before.unwrap_or(jiff::Timestamp::MIN);
        let mut forgotten = 0;
        loop {
            match self.0.store.forget_requests(before) {
                Ok(0) => break,
                Ok(more) => forgotten += more,
                Err(error) => {
                    tracing::warn!(%error, "failed to delete old requests; the next night will retry");
                    break;
                }
            }
        }
        tracing::info!(forgotten, "deleted old requests");
    }

    /// Compares every open complaint and its clocks with what its log gives. A difference is told, and never mended: who
    /// mends must first know which side is wrong.
    fn verify_open(&self) {
        let policies = self.0.rules.policies();
        let mut logged = 0;
        let verification = Verification::new(&self.0.store, &policies, &*self.0.time);
        let verified = verification.alone(Scope::Open, |verified| {
            self.report(verified, &mut logged);
            if self.0.shutdown.is_cancelled() {
                return Err(Unfinished::Shutdown);
            }
            Ok(())
        });
        match verified {
            Ok(Some(Summary {
                complaints,
                differences,
                by_zones,
                unknown,
                ..
            })) => {
                self.0.metrics.verification_completed();
                tracing::info!(
                    complaints,
                    differences,
                    moved_by_tz_database = by_zones,
                    under_unknown_versions = unknown,
                    "open complaints verified"
                );
            }
            Ok(None) => tracing::info!("another replica is verifying the open complaints"),
            Err(error) => {
                tracing::warn!(%error, "failed to verify all open complaints; the next night will retry");
            }
        }
    }

    fn report(&self, verified: &Verified, logged: &mut usize) {
        let mut one = Summary::default();
        one.add(verified);
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.0
            .metrics
            .verified(count(one.differences), count(one.by_zones));
        for finding in &verified.findings {
            if *logged == LOGGED {
                return;
            }
            *logged += 1;
            let complaint = verified.id;
            match finding.weight() {
                Weight::Contradicts => {
                    tracing::error!(%complaint, %finding, "a stored complaint differs from its event log; `redress verify` lists the differences");
                }
                Weight::ByZones => {
                    tracing::warn!(%complaint, %finding, "a due time differs from the log because the time zone database has changed");
                }
                Weight::Untold => {
                    tracing::warn!(%complaint, %finding, "a complaint cannot be verified by this release, which cannot read a policy that it is under");
                }
            }
        }
    }

    /// Warns of a snapshot that somebody holds for too long.
    pub(super) fn minutely(&self) {
        match self.0.store.oldest_snapshot_age() {
            Ok(age) if age > OLD_SNAPSHOT => {
                tracing::warn!(
                    age,
                    "a session holds an old snapshot of the database, which slows down firing; find it in pg_stat_activity by backend_xmin, and end it"
                );
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "failed to read the age of the oldest snapshot; will retry");
            }
        }
    }
}
