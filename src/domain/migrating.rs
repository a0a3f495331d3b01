//! Moving a complaint to other versions of the codes that bind it: an explicit, recorded act. It adds and never rewrites:
//! a promise that is timed otherwise from now on has a new cycle, and the old one ends as it stands.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    case::Case,
    clock::{Clock, ClockState},
    command::Identity,
    decision::Refusal,
    decision_builder::Draft,
    event::{Event, Migrated, Moved},
    pausing,
    replay::{self, ReplayError},
};
use crate::{
    calendar::OutOfRange,
    policy::{ClockRule, Policy},
};

/// Moves the complaint as if the new code had bound it from its filing on. Nothing happens where it does so already.
pub(super) fn migrate<'a>(
    draft: &mut Draft<'a>,
    policy: &'a Arc<Policy>,
    log: &[Event],
) -> Result<(), Refusal> {
    let complaint = &draft.case.complaint;
    let (own, additional_policies) = (policy.reference(), policy.bound_additional.clone());
    if complaint.policy == own && complaint.additional_policies == additional_policies {
        return Ok(());
    }
    let identity = Identity {
        id: complaint.id,
        tracking_number: complaint.tracking_number.clone(),
    };
    let log = [log, draft.events()].concat();
    let supposed = replay::suppose(identity, &log, Arc::clone(policy))?;
    let (found, recorded) = (supposed.complaint.last_sequence, complaint.last_sequence);
    if found != recorded {
        return Err(ReplayError::Cut { found, recorded }.into());
    }
    let mut afterwards = draft.case.clone();
    afterwards.migrate(draft.now(), supposed.clone(), draft.context.policy, policy)?;
    let migrated = Migrated {
        policy: own,
        additional_policies,
        moved: draft.case.moved_to(&afterwards),
    };
    draft.record_migration(migrated, supposed, policy)?;
    // A pause that stops nothing under the new code is over.
    let paused = |clock: &Clock| clock.state == ClockState::Paused;
    if draft.case.complaint.pause.is_some() && !draft.case.clocks.iter().any(paused) {
        let now = draft.now();
        pausing::resume_to_end(draft, now)?;
    }
    Ok(())
}

impl Case {
    /// Times every promise as it is in `supposed`, the same complaint as it would stand under the new code.
    ///
    /// A date that the customer was promised stands in both. A breach that is on record stays, and is not recorded again
    /// for a due time that has passed under the new code too. Reminders that would have come by now are passed over.
    pub(super) fn migrate(
        &mut self,
        at: Timestamp,
        mut supposed: Case,
        old: &Policy,
        new: &Policy,
    ) -> Result<(), OutOfRange> {
        if let Some(promised) = self.complaint.promised_at
            && supposed.promise_due(new).is_some()
        {
            supposed.time_promise(promised, (at, at), new)?;
        }
        let live = |clock: &Clock| clock.state.is_live();
        let supposed: Vec<Clock> = supposed.clocks.into_iter().filter(live).collect();
        let wanted = |name: &str| supposed.iter().find(|clock| clock.name == name);
        let mut missed: Vec<Clock> = Vec::new();
        for clock in self.clocks.iter_mut().filter(|clock| live(clock)) {
            match (wanted(&clock.name), new.clock(&clock.name)) {
                (Some(other), Some(rule)) if clock.stays(other, old.clock(&clock.name), rule) => {
                    clock.recount(other, at, rule)?;
                }
                _ => {
                    missed.extend(clock.breached_at.map(|_| clock.clone()));
                    clock.abandon(at);
                }
            }
        }
        for other in &supposed {
            let Some(rule) = new.clock(&other.name) else {
                continue;
            };
            if self.live_clock(&other.name).is_some() {
                continue;
            }
            let missed = missed.iter().find(|old| old.name == other.name);
            let breach = missed.filter(|_| other.is_late(at));
            let cycle = self.complaint.cycles.entry(rule.name.clone()).or_insert(0);
            *cycle += 1;
            let mut clock = Clock {
                cycle: *cycle,
                breached_at: breach.and_then(|old| old.breached_at),
                ..other.clone()
            };
            // One promise, one breach: it is taken back if this cycle proves kept in time.
            let grievances = &mut self.complaint.grievances;
            if breach.is_some_and(|old| grievances.remove(&old.as_grievance())) {
                grievances.insert(clock.as_grievance());
            }
            clock.catch_up(at, rule)?;
            self.clocks.push(clock);
        }
        Ok(())
    }

    /// The promises whose due time is another one there.
    #[must_use]
    pub fn moved_to(&self, other: &Case) -> Vec<Moved> {
        let live = |case: &Case| -> Vec<String> {
            let live = case.clocks.iter().filter(|clock| clock.state.is_live());
            live.map(|clock| clock.name.clone()).collect()
        };
        let mut names = [live(self), live(other)].concat();
        names.sort();
        names.dedup();
        let due = |case: &Case, name: &str| case.live_clock(name).and_then(|clock| clock.due);
        let moved = names.into_iter().map(|clock| Moved {
            from: due(self, &clock),
            to: due(other, &clock),
            clock,
        });
        moved.filter(|moved| moved.from != moved.to).collect()
    }
}

impl Clock {
    /// Whether the cycle goes on under the new rule: nothing that anybody was told of changes, and its steps are the same.
    fn stays(&self, other: &Clock, old: Option<&ClockRule>, new: &ClockRule) -> bool {
        old.is_some_and(|old| old.steps == new.steps)
            && self.start == other.start
            && self.target == other.target
            && self.state == other.state
            && self.due == other.due
            && self.remaining == other.remaining
    }

    /// Goes on in the calendar of the new rule.
    fn recount(
        &mut self,
        other: &Clock,
        at: Timestamp,
        rule: &ClockRule,
    ) -> Result<(), OutOfRange> {
        self.calendar.clone_from(&other.calendar);
        self.calendar_version.clone_from(&other.calendar_version);
        self.tzdb_version.clone_from(&other.tzdb_version);
        self.segment_start = other.segment_start;
        self.counted_before = other.counted_before;
        if self.state == ClockState::Running && self.breached_at.is_none() {
            self.plan_anew(rule, at)?;
        }
        Ok(())
    }
}
