//! What falls due: the steps of clocks, and pauses that have run out.
//!
//! The rule for what was missed (the service was down, or a letter is entered late): a breach is recorded once, with how
//! late; reminders that lie before it are skipped; repeats collapse into the last. What keeps a promise by itself, such
//! as telling of the independent body, always happens.

use super::{
    clock::{Clock, ClockState, NextStep},
    decision::Refusal,
    draft::Draft,
    event::{Fact, Firing},
    notice::NoticeKind,
    pausing,
};
use crate::{
    calendar::OutOfRange,
    policy::{Action, ClockRule, Trigger},
};

/// Lets everything happen that fell due before now, in the order in which it fell due. Afterwards no step of the
/// complaint is due.
pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.now();
    let pause = draft.case.complaint.pause.as_ref();
    let run_out = pause.map(|pause| pause.end).filter(|end| *end < now);
    let mut due = reached(draft)?;
    if let Some(end) = run_out {
        let later = due.split_off(due.partition_point(|step| step.next.at <= end));
        due.iter().try_for_each(|step| fire(draft, step))?;
        pausing::record_end(draft, end, pausing::EndedBy::Itself)?;
        due = later;
        due.extend(reached(draft)?);
        due.sort_by_key(|step| step.next.at);
    }
    due.iter().try_for_each(|step| fire(draft, step))
}

/// Takes what was reached off the clocks that run, in the order in which it fell due.
fn reached(draft: &mut Draft<'_>) -> Result<Vec<DueStep>, Refusal> {
    let (now, policy) = (draft.now(), draft.context.policy);
    let mut due = Vec::new();
    for (index, clock) in draft.case.clocks.iter_mut().enumerate() {
        let rule = policy.clock(&clock.name);
        if let Some(rule) = rule.filter(|_| clock.state == ClockState::Running) {
            due.extend(Reached::take(clock, rule, now)?.into_steps(index));
        }
    }
    due.sort_by_key(|step| step.next.at);
    Ok(due)
}

/// Tells of the independent body where that was promised and the sweep has not come to it yet.
///
/// Each level has a notice of its own, and one promise has one live cycle: before the next level starts one, the cycle of
/// the level below must be kept. No step fires here: it is the escalation that brings this about.
pub(super) fn tell_pending_recourse(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let rules = draft.context.policy.clocks.iter();
    let mut tells = rules.filter(|rule| rule.starts_on.contains(&Trigger::RecourseLevelReached));
    if tells.any(|rule| draft.case.live_clock(&rule.name).is_some()) {
        let facts = draft.facts_with_recourse();
        draft.tell_by_system(NoticeKind::Recourse, &facts, None)?;
    }
    Ok(())
}

/// A step to fire, with what it stands for.
#[derive(Debug)]
struct DueStep {
    clock: usize,
    next: NextStep,
    phase: Phase,
    /// How many earlier steps of the same phase it stands for.
    collapsed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Does what was promised.
    Act,
    Before,
    Due,
    After,
}

/// The steps of one clock that have been reached, at most one of each phase.
#[derive(Debug, Default)]
struct Reached {
    act: Option<NextStep>,
    before: Option<(NextStep, u32)>,
    due: Option<NextStep>,
    after: Option<(NextStep, u32)>,
}

impl Reached {
    /// Takes every reached step off the clock. Ends: each turn moves to a later step, or to one of a bounded number of
    /// repeats.
    fn take(clock: &mut Clock, rule: &ClockRule, now: jiff::Timestamp) -> Result<Self, OutOfRange> {
        let mut reached = Reached::default();
        while let Some(next) = clock.next {
            // The due time itself is still in time; and so is what is told at once, by the sweep that comes next.
            if next.at >= now {
                break;
            }
            let step = &rule.steps[next.step];
            let again = |earlier: Option<(NextStep, u32)>| {
                Some((next, earlier.map_or(0, |(_, count)| count + 1)))
            };
            match (step.action, step.at.phase()) {
                (Action::TellRecourse, _) => reached.act = Some(next),
                (Action::Remind, 0) => reached.before = again(reached.before),
                (Action::Remind, 1) => reached.due = Some(next),
                (Action::Remind, _) => reached.after = again(reached.after),
            }
            clock.step_on(next, rule)?;
        }
        Ok(reached)
    }

    fn into_steps(self, clock: usize) -> impl Iterator<Item = DueStep> {
        let skipped = self.before.map_or(0, |(_, collapsed)| collapsed + 1);
        let late = self.due.is_some();
        let step = move |next, phase, collapsed| DueStep {
            clock,
            next,
            phase,
            collapsed,
        };
        let act = self.act.map(|next| step(next, Phase::Act, 0));
        let before = self
            .before
            .filter(|_| !late)
            .map(|(next, collapsed)| step(next, Phase::Before, collapsed));
        let due = self.due.map(|next| step(next, Phase::Due, skipped));
        let after = self
            .after
            .map(|(next, collapsed)| step(next, Phase::After, collapsed));
        [act, before, due, after].into_iter().flatten()
    }
}

fn fire(draft: &mut Draft<'_>, step: &DueStep) -> Result<(), Refusal> {
    let clock = &draft.case.clocks[step.clock];
    let Some(rule) = draft.context.policy.clock(&clock.name) else {
        return Ok(());
    };
    let firing = Some(Firing {
        clock: clock.name.clone(),
        cycle: clock.cycle,
        step: step.next.step,
        repetition: step.next.repetition,
        due: step.next.at,
    });
    let (name, to) = (clock.name.clone(), rule.steps[step.next.step].to);
    match step.phase {
        Phase::Due => {
            let due = clock.due.unwrap_or(step.next.at);
            draft.record_by_system(
                Fact::Breached {
                    clock: name,
                    to,
                    due,
                    skipped: step.collapsed,
                },
                firing,
            )
        }
        // The promise was kept by an earlier step of this very moment: it is not kept twice, and nobody needs reminding.
        _ if clock.state != ClockState::Running => Ok(()),
        Phase::Act => {
            let facts = draft.facts_with_recourse();
            draft.tell_by_system(NoticeKind::Recourse, &facts, firing)
        }
        Phase::Before | Phase::After => {
            let overdue = step.phase == Phase::After;
            draft.record_by_system(
                Fact::Reminder {
                    clock: name,
                    to,
                    overdue,
                    collapsed: step.collapsed,
                },
                firing,
            )
        }
    }
}
