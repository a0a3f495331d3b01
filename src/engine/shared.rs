//! State shared by the writers.

use std::sync::Arc;

use tokio::sync::watch;

use super::{batch::Effects, pulse::Pulse, rules::Rules, running_migration::Migrations};
use crate::{
    domain::Fact, policy::PolicyRef, store::Store, telemetry::Metrics, time_source::SharedTime,
};

/// State shared by the committers.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) rules: Arc<Rules>,
    pub(super) time: SharedTime,
    pub(super) metrics: Metrics,
    /// Incremented after each commit, for readers of the log.
    pub(super) committed: watch::Sender<u64>,
    /// Updated when a clock gets a next fire time, for the sweeper, which sleeps until the earliest.
    pub(super) planned: watch::Sender<Option<jiff::Timestamp>>,
    pub(super) migrations: Migrations,
    pub(super) pulse: Arc<Pulse>,
}

impl Shared {
    /// Announces a commit to the metrics, the readers of the log, and the sweeper.
    pub(super) fn announce(&self, effects: Effects) {
        for (policy, event) in &effects.events {
            self.measure(policy, event);
        }
        if effects.wrote {
            self.store.space().could_write();
            self.committed.send_modify(|commits| *commits += 1);
        }
        if let Some(next) = effects.next_fire {
            let now = self.time.now();
            // Keeps the earliest time that is still ahead, so that a later plan does not hide it.
            self.planned.send_modify(|earliest| {
                *earliest = earliest
                    .filter(|at| *at > now)
                    .into_iter()
                    .chain([next])
                    .min();
            });
        }
    }

    fn measure(&self, policy: &PolicyRef, event: &crate::domain::Event) {
        match &event.fact {
            Fact::Breached { clock, .. } => self.metrics.breached(&policy.name, clock),
            Fact::Filed(filed) => self.metrics.filed(filed.channel.as_str(), &policy.name),
            _ => {}
        }
    }
}
