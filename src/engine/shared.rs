//! What those share who write.

use std::sync::Arc;

use tokio::sync::watch;

use super::{batch::Effects, pulse::Pulse, rules::Rules, running_migration::Migrations};
use crate::{
    domain::Fact, policy::PolicyRef, store::Store, telemetry::Metrics, time_source::SharedTime,
};

/// What the committers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) rules: Arc<Rules>,
    pub(super) time: SharedTime,
    pub(super) metrics: Metrics,
    /// Bumped after each commit, for those who read the log.
    pub(super) committed: watch::Sender<u64>,
    /// Bumped when a clock got a next fire time, for the sweeper that sleeps until the earliest.
    pub(super) planned: watch::Sender<Option<jiff::Timestamp>>,
    pub(super) migrations: Migrations,
    pub(super) pulse: Arc<Pulse>,
}

impl Shared {
    /// Tells those who measure, those who read the log, and the sweeper, what was committed.
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
            // The earliest that is still ahead, so that a nearer plan is not hidden by one that comes after it.
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
