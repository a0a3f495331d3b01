//! What keeps the database in order.

use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::ContactMeans,
    engine::{Engine, RetentionReport, Summary, Verification, Verified, Weight},
    store::{Coverage, Store, StoreError},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// How long a request may be repeated and gets its first answer.
const REQUESTS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long deliveries are kept that are over.
const DELIVERIES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long it is kept what staff were told: longer than the log may take to be read again, so that nothing is told twice.
const STAFF_MESSAGES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// For how long a former release may run beside this one.
const ROLLOUT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// From how many transactions on an old snapshot is worth a warning: behind it dead index entries pile up, and firing
/// slows down.
const OLD_SNAPSHOT: i64 = 100_000;
/// How many differences are logged per night; the others are only counted.
const LOGGED: usize = 200;

/// What the housekeeping is built from.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) engine: Engine,
    pub(super) store: Store,
    pub(super) time: SharedTime,
    /// How long the records of reads are kept.
    pub(super) reads_kept: SignedDuration,
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

    /// Forgets the answers that nobody may ask for any more, erases and deletes what has been kept for long enough, and verifies
    /// what is open.
    pub(super) fn nightly(&self) {
        if let Err(wrong) = self.0.time.check() {
            tracing::warn!(%wrong, "skipping the nightly verification and clean-up, because this machine's clock is wrong");
            return;
        }
        self.forget_requests();
        self.erase_retained();
        self.forget_reads();
        self.forget_deliveries();
        self.forget_staff_messages();
        self.fill_search_keys();
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

    fn forget_reads(&self) {
        let before = self.0.time.now().saturating_sub(self.0.reads_kept);
        let before = before.unwrap_or(jiff::Timestamp::MIN);
        let mut forgotten = 0;
        while !self.0.shutdown.is_cancelled() {
            match self.0.store.forget_personal_reads(before) {
                Ok(0) => break,
                Ok(more) => forgotten += more,
                Err(error) => {
                    tracing::warn!(%error, "failed to delete old records of reads; the next night will retry");
                    break;
                }
            }
        }
        tracing::info!(forgotten, "deleted old records of reads");
    }

    fn forget_staff_messages(&self) {
        let before = self.0.time.now().saturating_sub(STAFF_MESSAGES_KEPT);
        let before = before.unwrap_or(jiff::Timestamp::MIN);
        let mut forgotten = 0;
        while !self.0.shutdown.is_cancelled() {
            match self.0.store.forget_staff_messages(before) {
                Ok(0) => break,
                Ok(more) => forgotten += more,
                Err(error) => {
                    tracing::warn!(%error, "failed to delete old messages to staff; the next night will retry");
                    break;
                }
            }
        }
        tracing::info!(forgotten, "deleted old messages to staff");
    }

    /// Deletes the deliveries that have been over for long enough, and what is left of deleted subscriptions.
    fn forget_deliveries(&self) {
        let before = self.0.time.now().saturating_sub(DELIVERIES_KEPT);
        let before = before.unwrap_or(jiff::Timestamp::MIN);
        let mut forgotten = 0;
        while !self.0.shutdown.is_cancelled() {
            let old = self.0.store.forget_deliveries(before);
            let left = |old| Ok(old + self.0.store.remove_deleted_subscriptions()?);
            match old.and_then(left) {
                Ok(0) => break,
                Ok(more) => forgotten += more,
                Err(error) => {
                    tracing::warn!(%error, "failed to delete old deliveries; the next night will retry");
                    break;
                }
            }
        }
        tracing::info!(forgotten, "deleted old deliveries");
    }

    /// Makes complaints findable that a release filed which knew nothing of searches, beside this one or before it.
    fn fill_search_keys(&self) {
        let since = self.0.time.now().saturating_sub(ROLLOUT);
        let since = since.unwrap_or(jiff::Timestamp::MIN);
        let mut after = None;
        while !self.0.shutdown.is_cancelled() {
            match self.0.store.fill_search_keys(since, after) {
                Ok(None) => break,
                Ok(last) => after = last,
                Err(error) => {
                    tracing::warn!(%error, "failed to look for complaints that searches do not find; the next night will retry");
                    break;
                }
            }
        }
    }

    fn erase_retained(&self) {
        match self.0.engine.erase_retained(&self.0.shutdown) {
            Ok(RetentionReport {
                erased,
                kept,
                failed,
            }) => {
                tracing::info!(
                    erased,
                    kept,
                    failed,
                    "erased personal data whose retention has ended"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "failed to erase all personal data whose retention has ended; the next night will retry");
            }
        }
    }

    /// Compares every open complaint and its clocks with what its log gives. A difference is told, and never mended: who
    /// mends must first know which side is wrong.
    fn verify_open(&self) {
        let policies = self.0.engine.rules().policies();
        let mut logged = 0;
        let verification = Verification::new(&self.0.store, &policies, &*self.0.time);
        let verified = verification.alone(Coverage::Open, |verified| {
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

    /// Measures how long notices wait, and warns of a snapshot that somebody holds for too long.
    pub(super) fn minutely(&self) {
        self.measure_waiting();
        match self.0.store.oldest_snapshot_age() {
            Ok(age) => {
                self.0.metrics.oldest_snapshot(age);
                if age > OLD_SNAPSHOT {
                    tracing::warn!(
                        age,
                        "a session holds an old snapshot of the database, which slows down firing; find it in pg_stat_activity by backend_xmin, and end it"
                    );
                }
            }
            Err(error) => {
                tracing::warn!(%error, "failed to read the age of the oldest snapshot; will retry");
            }
        }
    }

    fn measure_waiting(&self) {
        let waiting = match self.0.store.oldest_dispatches(&ContactMeans::ALL) {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, "failed to measure how long notices have been waiting; will retry");
                return;
            }
        };
        let now = self.0.time.now();
        for (means, since) in waiting {
            let waits = since.map(|since| now.duration_since(since));
            let waits = waits.and_then(|waits| Duration::try_from(waits).ok());
            self.0
                .metrics
                .oldest_dispatch(means.as_str(), waits.unwrap_or_default());
        }
    }
}
