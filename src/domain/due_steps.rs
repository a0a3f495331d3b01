//! What falls due: the steps of clocks, and pauses that have run out.
//!
//! The rule for what was missed, while the service was down for instance: a breach is recorded once, with how late; what
//! keeps a promise by itself, such as telling of the independent body, always happens; of a reminder the policy says
//! whether it comes late all the same, collapses with others into the last, or is skipped. A complaint that is entered late
//! is summed up instead.

use jiff::Timestamp;

use super::{
    clock::{Clock, ClockState, NextStep},
    complaint::State,
    decision::Refusal,
    decision_builder::Draft,
    event::{Fact, Firing},
    notice::NoticeKind,
    pausing,
};
use crate::{
    calendar::OutOfRange,
    policy::{Action, ClockRule, Missed, StepPoint, Trigger},
};

/// Lets everything happen that fell due before now, in the order in which it fell due. Afterwards no step of the
/// complaint is due.
pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.now();
    settle_until(draft, now)
}

/// As [`settle`], of what fell due before something was done that is entered now.
pub(super) fn settle_until(draft: &mut Draft<'_>, until: Timestamp) -> Result<(), Refusal> {
    let pause = draft.case.complaint.pause.as_ref();
    let run_out = pause.map(|pause| pause.end).filter(|end| *end < until);
    let mut due = reached(draft, until)?;
    if let Some(end) = run_out {
        due.truncate(due.partition_point(|step| step.next.at <= end));
        due.iter().try_for_each(|step| fire(draft, step))?;
        pausing::record_end(draft, end, pausing::EndedBy::Itself)?;
        // Those after it, and those of the clocks that go on.
        due = reached(draft, until)?;
    }
    due.iter().try_for_each(|step| fire(draft, step))
}

/// What the clocks that run have reached, in the order in which it fell due. Moves none of them: that is up to the events.
fn reached(draft: &Draft<'_>, until: Timestamp) -> Result<Vec<DueStep>, Refusal> {
    let policy = draft.context.policy;
    let mut due = Vec::new();
    for (index, clock) in draft.case.clocks.iter().enumerate() {
        let rule = policy.clock(&clock.name);
        if let Some(rule) = rule.filter(|_| clock.state == ClockState::Running) {
            due.extend(of_clock(index, clock, rule, until)?);
        }
    }
    due.sort_by_key(|step| step.next.at);
    Ok(due)
}

/// Tells of the independent body where that was promised and the sweep has not come to it yet.
///
/// Each level has a notice of its own, and one promise has one live cycle: before the next level starts one, the cycle of
/// the level below must be kept. No step fires here: it is the escalation that brings this about. What is still to be told
/// below the first of those levels, for instance because the customer was dissatisfied, is told together with that level.
pub(super) fn tell_pending_recourse(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.case.complaint.level < draft.context.policy.recourse.from_level {
        return Ok(());
    }
    // On its way already, it keeps that cycle once it has left.
    if draft.awaits_telling() && draft.case.complaint.is_on_its_way(NoticeKind::Recourse) {
        return Ok(());
    }
    let rules = draft.context.policy.clocks.iter();
    let mut tells = rules.filter(|rule| rule.starts_on.contains(&Trigger::RecourseLevelReached));
    if tells.any(|rule| draft.case.live_clock(&rule.name).is_some()) {
        let facts = draft.facts();
        draft.tell_by_system(NoticeKind::Recourse, &facts, None)?;
    }
    Ok(())
}

/// As [`settle`], for a complaint that is filed. Where it is entered so late that promises are missed already, each breach
/// is put on record, and the reminders of those promises that would have come by now are told of in one event: nobody can
/// keep them any more. What can still be kept is reminded of as ever.
pub(super) fn settle_filing(draft: &mut Draft<'_>, until: Timestamp) -> Result<(), Refusal> {
    let mut due = reached(draft, until)?;
    let late: Vec<usize> = due
        .iter()
        .filter(|step| step.is_breach())
        .map(|step| step.clock)
        .collect();
    if late.is_empty() {
        return settle_until(draft, until);
    }
    let is_late = |step: &DueStep| late.contains(&step.clock);
    let of_late = due.iter().filter(|step| is_late(step));
    let reminders = of_late.map(DueStep::reminders).sum();
    let tells = |step: &DueStep| matches!(step.what, StepOutcome::Tell(_));
    due.retain(|step| !is_late(step) || step.is_breach() || tells(step));
    due.iter().try_for_each(|step| fire(draft, step))?;
    let missed = late
        .iter()
        .map(|&clock| draft.case.clocks[clock].name.clone());
    let missed = missed.collect();
    draft.record_by_system(Fact::EnteredLate { missed, reminders }, None)
}

/// A step to fire, with what it stands for.
#[derive(Debug)]
struct DueStep {
    clock: usize,
    next: NextStep,
    what: StepOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepOutcome {
    /// Tells the customer what was promised.
    Tell(NoticeKind),
    Remind {
        overdue: bool,
        /// How many earlier ones it stands for.
        collapsed: u32,
    },
    /// A reminder that comes too late to be of use.
    Skip,
    Breach {
        /// How many reminders before it did not fire.
        skipped: u32,
    },
}

impl DueStep {
    fn is_breach(&self) -> bool {
        matches!(self.what, StepOutcome::Breach { .. })
    }

    /// How many reminders it is, or stands for.
    fn reminders(&self) -> u32 {
        match self.what {
            StepOutcome::Remind { collapsed, .. } => collapsed + 1,
            StepOutcome::Skip => 1,
            StepOutcome::Breach { skipped } => skipped,
            StepOutcome::Tell(_) => 0,
        }
    }
}

/// Every step that the clock has reached, in order, and what becomes of each. Ends: each turn moves to a later step,
/// or to one of a bounded number of repeats.
fn of_clock(
    index: usize,
    clock: &Clock,
    rule: &ClockRule,
    now: Timestamp,
) -> Result<Vec<DueStep>, OutOfRange> {
    let mut reached = Vec::new();
    // The due time itself is still in time; and so is what is told at once, by the sweep that comes next.
    let mut next = clock.next;
    while let Some(step) = next.filter(|next| next.at < now) {
        reached.push(step);
        next = clock.step_after(step, rule)?;
    }
    let is_due = |next: &NextStep| rule.steps[next.step].at == StepPoint::Due;
    let is_overdue = |next: &NextStep| matches!(rule.steps[next.step].at, StepPoint::AfterDue(_));
    let late = reached.iter().any(is_due);
    // Reminders alone: a breach and what tells the customer always happen.
    let collapses = |next: &NextStep| rule.steps[next.step].missed == Missed::Collapse;
    let (mut steps, mut collapsed) = (Vec::new(), 0);
    for (place, next) in reached.iter().enumerate() {
        let step = &rule.steps[next.step];
        let overdue = is_overdue(next);
        let mut later = reached[place + 1..].iter();
        let what = match (step.action, step.missed) {
            (Action::TellRecourse, _) => StepOutcome::Tell(NoticeKind::Recourse),
            (Action::TellUpdate, _) => StepOutcome::Tell(NoticeKind::ReviewContinues),
            (Action::Remind, _) if is_due(next) => StepOutcome::Breach {
                skipped: std::mem::take(&mut collapsed),
            },
            (Action::Remind, Missed::Collapse) => {
                let stands_for_it =
                    |other: &NextStep| collapses(other) && is_overdue(other) == overdue;
                if later.any(stands_for_it) || (late && !overdue) {
                    collapsed += 1;
                    continue;
                }
                let collapsed = std::mem::take(&mut collapsed);
                StepOutcome::Remind { overdue, collapsed }
            }
            (Action::Remind, Missed::Skip) if too_late(next, rule, now)? => StepOutcome::Skip,
            (Action::Remind, Missed::Skip | Missed::Late) => StepOutcome::Remind {
                overdue,
                collapsed: 0,
            },
        };
        steps.push(DueStep {
            clock: index,
            next: *next,
            what,
        });
    }
    Ok(steps)
}

fn too_late(next: &NextStep, rule: &ClockRule, now: Timestamp) -> Result<bool, OutOfRange> {
    let code = &rule.code;
    Ok(code.calendar.due_after(next.at, &code.grace)? < now)
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
    let fact = match step.what {
        StepOutcome::Breach { skipped } => Fact::Breached {
            clock: name,
            to,
            due: clock.due.unwrap_or(step.next.at),
            skipped,
        },
        // The promise was kept by an earlier step of this very moment: it is not kept twice, and nobody needs reminding.
        _ if clock.state != ClockState::Running => return Ok(()),
        // It was passed over: another clock's step of this very drain has the word on its way.
        StepOutcome::Tell(_) if clock.next.is_none_or(|next| next.step > step.next.step) => {
            return Ok(());
        }
        // The words would not be true: somebody has to find those that are.
        StepOutcome::Tell(NoticeKind::ReviewContinues) if !review_continues(draft) => {
            Fact::Reminder {
                clock: name,
                to,
                overdue: false,
                collapsed: 0,
            }
        }
        StepOutcome::Tell(kind) => {
            let facts = match kind {
                NoticeKind::ReviewContinues => draft.facts_once_updated()?,
                _ => draft.facts(),
            };
            return draft.tell_by_system(kind, &facts, firing);
        }
        StepOutcome::Remind { overdue, collapsed } => Fact::Reminder {
            clock: name,
            to,
            overdue,
            collapsed,
        },
        StepOutcome::Skip => Fact::ReminderSkipped { clock: name, to },
    };
    draft.record_by_system(fact, firing)
}

/// Whether the customer may be told that the review goes on: it has begun, has no outcome yet, and does not wait.
fn review_continues(draft: &Draft<'_>) -> bool {
    let complaint = &draft.case.complaint;
    complaint.state == State::InReview && complaint.pause.is_none()
}
