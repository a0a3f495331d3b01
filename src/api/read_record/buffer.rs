//! Reads that are not written yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use uuid::Uuid;

use super::settings::Keeping;
use crate::{
    access::{Caller, PersonalKind},
    api::{personal::Shown, problems},
    engine::time_ordered_id,
    intake::Problem,
    store::NewRead,
    telemetry::Metrics,
    time_source::{SharedTime, Stopwatch},
};

/// The most reads waiting to be written: some ten megabytes.
const CAPACITY: usize = 50_000;
/// The most reads written by one statement.
pub(super) const BATCH: usize = 10_000;

/// Collects reads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReadRecord(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    keeping: Keeping,
    time: SharedTime,
    metrics: Metrics,
    calls: AtomicU64,
    state: Mutex<State>,
    /// Signals that the buffer is no longer empty.
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// By call and complaint, earlier calls first: what one call shows of a complaint within a batch becomes one row.
    waiting: BTreeMap<(u64, Uuid), NewRead>,
    /// How long the oldest of them has been waiting.
    waiting_since: Option<Stopwatch>,
    /// How many are being written.
    taken: usize,
    /// How long the oldest of those has been waiting.
    taken_since: Option<Stopwatch>,
    outage: Option<Outage>,
    /// Writing has ended.
    over: bool,
}

/// Reads cannot be recorded now.
#[derive(Debug, Default)]
struct Outage {
    lost: u64,
}

impl State {
    fn unwritten(&self) -> usize {
        self.waiting.len() + self.taken
    }
}

/// A call by an authenticated caller, as recorded.
#[derive(Debug, Clone)]
pub(in crate::api) struct ReadOf {
    number: u64,
    reader: Arc<str>,
    method: &'static str,
    purpose: Arc<str>,
}

impl ReadRecord {
    pub(super) fn new(keeping: Keeping, time: SharedTime, metrics: Metrics) -> Self {
        let record = ReadRecord(Arc::new(Shared {
            keeping,
            time,
            metrics: metrics.clone(),
            calls: AtomicU64::default(),
            state: Mutex::default(),
            news: Notify::new(),
        }));
        let (behind, failing) = (record.clone(), record.clone());
        metrics.observe_reads(
            move || behind.behind().as_secs_f64(),
            move || failing.state().outage.is_some(),
        );
        record
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Consistent even after a panic: no update is ever half done.
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// A call of a method. `None`: the caller is anonymous.
    pub(in crate::api) fn call(
        &self,
        caller: &Caller,
        method: &'static str,
        purpose: &str,
    ) -> Option<ReadOf> {
        let Caller::Known(principal) = caller else {
            return None;
        };
        Some(ReadOf {
            number: self.0.calls.fetch_add(1, Ordering::Relaxed),
            reader: principal.subject.as_str().into(),
            method,
            purpose: purpose.into(),
        })
    }

    /// Records what a call is about to show.
    ///
    /// # Errors
    /// When it must not be shown, because it cannot be recorded.
    pub(in crate::api) fn note(&self, call: &ReadOf, shown: Shown) -> Result<(), Problem> {
        if shown.is_empty() {
            return Ok(());
        }
        let now = self.0.time.now();
        let shown: Vec<(Uuid, BTreeSet<PersonalKind>)> = shown.into_iter().collect();
        let mut state = self.state();
        let is_new = |complaint: &Uuid| !state.waiting.contains_key(&(call.number, *complaint));
        let new = shown.iter().filter(|(id, _)| is_new(id)).count();
        let full = state.over || state.unwritten() + new > CAPACITY;
        match self.0.keeping {
            Keeping::Required if full || state.outage.is_some() => {
                return Err(problems::reads_not_recorded());
            }
            Keeping::BestEffort if full => {
                self.lose(&mut state, new);
                return Ok(());
            }
            Keeping::Required | Keeping::BestEffort => {}
        }
        for (complaint, kinds) in shown {
            let read = state.waiting.entry((call.number, complaint));
            let read = read.or_insert_with(|| NewRead {
                at: now,
                id: time_ordered_id(now),
                complaint,
                reader: Arc::clone(&call.reader),
                method: call.method,
                shown: BTreeSet::new(),
                purpose: Arc::clone(&call.purpose),
            });
            read.shown.extend(kinds);
        }
        state.waiting_since.get_or_insert_with(Stopwatch::start);
        drop(state);
        self.0.news.notify_one();
        Ok(())
    }

    /// Counts reads that are missing from the record.
    fn lose(&self, state: &mut State, reads: usize) {
        let outage = state.outage.get_or_insert_default();
        if outage.lost == 0 {
            tracing::error!(
                "reads of personal data are not being recorded, because the database does not accept the records; they are allowed all the same (--read-record best-effort)"
            );
        }
        let reads = u64::try_from(reads).unwrap_or(u64::MAX);
        outage.lost = outage.lost.saturating_add(reads);
        self.0.metrics.reads_lost(reads);
    }

    /// How long the oldest unwritten read has been waiting.
    fn behind(&self) -> Duration {
        let state = self.state();
        let since = state.taken_since.or(state.waiting_since);
        since.map_or(Duration::ZERO, Stopwatch::elapsed)
    }

    /// Waits until there is something to write.
    pub(super) async fn something(&self) {
        while self.state().waiting.is_empty() {
            self.0.news.notified().await;
        }
    }

    /// Whether there is more than one batch.
    pub(super) fn has_more_than_a_batch(&self) -> bool {
        self.state().waiting.len() > BATCH
    }

    /// Takes the next batch; empty if there is nothing to write.
    pub(super) fn take(&self) -> Vec<NewRead> {
        let mut state = self.state();
        let rest = match state.waiting.keys().nth(BATCH).copied() {
            Some(first_left) => state.waiting.split_off(&first_left),
            None => BTreeMap::new(),
        };
        let taken = std::mem::replace(&mut state.waiting, rest);
        (state.taken, state.taken_since) = (taken.len(), state.waiting_since);
        if state.waiting.is_empty() {
            state.waiting_since = None;
        }
        taken.into_values().collect()
    }

    /// Marks the batch as written.
    pub(super) fn written(&self) {
        let mut state = self.state();
        let written = std::mem::take(&mut state.taken);
        state.taken_since = None;
        if let Some(Outage { lost }) = state.outage.take() {
            tracing::info!(lost, "reads of personal data are being recorded again");
        }
        let written = u64::try_from(written).unwrap_or(u64::MAX);
        self.0.metrics.reads_recorded(written);
    }

    /// Marks writing the batch as failed. It stays taken, and is retried.
    pub(super) fn failed(&self, error: &dyn std::fmt::Display) {
        let mut state = self.state();
        if state.outage.is_none() {
            let consequence = match self.0.keeping {
                Keeping::Required => {
                    "none are shown until it succeeds (--read-record best-effort shows them all the same)"
                }
                Keeping::BestEffort => "they are shown all the same",
            };
            tracing::error!(%error, "failed to record who reads personal data; will retry, and {consequence}");
        }
        state.outage.get_or_insert_default();
    }

    /// Ends writing: what is still waiting is lost.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.over = true;
        let lost = state.unwritten();
        if lost > 0 {
            tracing::error!(
                lost,
                "reads of personal data were not recorded, because the database did not accept the records before the shutdown"
            );
            let lost = u64::try_from(lost).unwrap_or(u64::MAX);
            self.0.metrics.reads_lost(lost);
        }
        state.waiting.clear();
        (state.waiting_since, state.taken_since) = (None, None);
        state.taken = 0;
    }
}

#[cfg(test)]
#[path = "buffer_tests.rs"]
mod tests;
