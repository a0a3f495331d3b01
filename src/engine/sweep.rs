//! Firing what is due. Any number of processes may sweep at once: the complaint's row lock keeps them apart, what another
//! one holds is skipped, and the clocks are read again under the lock. No leader, no lease: the effects are rows.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{EngineError, Shared, batch::Effects, batch::Workspace};
use crate::{domain::Fact, policy::PolicyRef, store::StoreError, time_source::Stopwatch};

/// How long a complaint that cannot be fired is put aside.
const PUT_ASIDE: SignedDuration = SignedDuration::from_mins(15);

/// What one sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepReport {
    /// How many complaints were claimed.
    pub claimed: usize,
    /// How many steps fired.
    pub fired: usize,
    /// Whether more may be due.
    pub more: bool,
    /// Where the next sweep of this drain goes on.
    pub up_to: Option<Timestamp>,
}

pub(super) fn sweep(shared: &Shared, from: Option<Timestamp>) -> Result<SweepReport, EngineError> {
    let stopwatch = Stopwatch::start();
    let span = tracing::info_span!(
        "engine.sweep",
        claimed = tracing::field::Empty,
        fired = tracing::field::Empty
    );
    let _entered = span.enter();
    let now = shared.time.now();
    let fired_by = |effects: &Effects| {
        effects
            .events
            .iter()
            .filter(|(_, event)| event.firing.is_some())
            .count()
    };
    let swept = shared.store.transaction(|transaction| {
        let claimed = transaction.claim_due(now, from)?;
        let count = claimed.cases.len();
        let mut workspace = Workspace::new(&shared.rules, now, claimed.cases);
        for (complaint, error) in workspace.fire_all() {
            // One poisoned complaint holds up no other.
            tracing::error!(%complaint, %error, "a due complaint cannot be fired; it is put aside");
            let until = now.saturating_add(PUT_ASIDE).unwrap_or(now);
            transaction.put_aside(complaint, now, until)?;
        }
        let (rows, effects) = workspace.into_rows()?;
        if !rows.is_empty() {
            transaction.write(&rows)?;
        }
        Ok::<_, StoreError>((count, claimed.full, claimed.up_to, effects))
    });
    let (claimed, more, up_to, effects) = swept.map_err(|error| {
        shared.metrics.sweep_failed(stopwatch.elapsed());
        EngineError::Store(std::sync::Arc::new(error))
    })?;
    let fired = fired_by(&effects);
    span.record("claimed", claimed);
    span.record("fired", fired);
    shared
        .metrics
        .swept(u64::try_from(fired).unwrap_or(0), stopwatch.elapsed());
    // How late the sweep itself is. What a late entry brings along is not the sweep's lateness, and is not seen here.
    for firing in effects
        .events
        .iter()
        .filter_map(|(_, event)| event.firing.as_ref())
    {
        shared.metrics.fired(
            &firing.clock,
            Duration::try_from(now.duration_since(firing.due)).unwrap_or_default(),
        );
    }
    shared.announce(effects);
    Ok(SweepReport {
        claimed,
        fired,
        more,
        up_to,
    })
}

impl Shared {
    /// Tells those who measure, those who read the log, and the sweeper, what was committed.
    pub(super) fn announce(&self, effects: Effects) {
        for (policy, event) in &effects.events {
            self.measure(policy, event);
        }
        if effects.wrote {
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
            Fact::Filed { channel, .. } => self.metrics.filed(channel.as_str(), &policy.name),
            _ => {}
        }
    }
}
