//! The order and the words of the steps of one clock, as far as their form states them.

use std::ops::Range;

use toml::Spanned;

use super::{
    super::{
        file::{ClockFile, StepFile},
        step::{Step, StepPoint},
        words::{Action, Missed, Trigger},
    },
    fault::Fault,
};
use crate::calendar::Unit;

/// Steps are listed in the order in which they are reached, with the due point among them: a breach is never silent.
pub(super) fn steps(written: &ClockFile, clock: Range<usize>) -> Result<Vec<Step>, Fault> {
    let steps = &written.steps;
    let mut checked: Vec<Step> = Vec::with_capacity(steps.len());
    for (index, place) in steps.iter().enumerate() {
        let step = place.get_ref();
        let span = place.span();
        if let Some(previous) = checked.last() {
            in_order(&previous.at, &step.at).map_err(|reason| Fault::new(span.clone(), reason))?;
        }
        let told = match step.action {
            Action::TellRecourse => check_recourse(step, written),
            Action::TellUpdate => check_update(step, written),
            Action::Remind => Ok(()),
        };
        told.map_err(|reason| Fault::new(span.clone(), reason))?;
        check_repeat(step, index + 1 == steps.len()).map_err(|reason| Fault::new(span, reason))?;
        checked.push(Step {
            at: step.at.clone(),
            action: step.action,
            to: step.to,
            repeat: step.repeat.clone(),
            missed: missed(step)?,
        });
    }
    let at_due = checked.iter().filter(|step| step.at == StepPoint::Due);
    match at_due.count() {
        1 => Ok(checked),
        found => Err(Fault::new(
            clock,
            format!("a clock has one step at `due`, so that lateness is seen; found {found}"),
        )),
    }
}

fn in_order(previous: &StepPoint, next: &StepPoint) -> Result<(), String> {
    let in_order = match (previous, next) {
        (StepPoint::Percent(a), StepPoint::Percent(b)) => a < b,
        (a, b) => a.phase() <= b.phase() && a != b,
    };
    if in_order {
        return Ok(());
    }
    Err(format!(
        "steps out of order: `{next}` stands after `{previous}`"
    ))
}

/// Telling of the independent body keeps the promise: a clock that ran on after it would tell nobody what it waits for.
fn check_recourse(step: &StepFile, clock: &ClockFile) -> Result<(), &'static str> {
    let restarts = names(&clock.restarts_on, Trigger::RecourseTold);
    if step.at.phase() != 0 {
        return Err("`tell_recourse` keeps the promise, so it stands before the due time");
    }
    if !restarts && !names(&clock.stops_on, Trigger::RecourseTold) {
        return Err(
            "`tell_recourse` keeps the promise, so the clock has `recourse_told` in stops_on or restarts_on",
        );
    }
    if restarts && step.at == StepPoint::Start {
        return Err(
            "a clock that restarts on `recourse_told` cannot tell at its `start`: it would tell without end",
        );
    }
    Ok(())
}

/// Standard words keep the promise of regular news, which is made anew each time. They are no answer that ends a promise.
fn check_update(step: &StepFile, clock: &ClockFile) -> Result<(), &'static str> {
    if step.at.phase() != 0 {
        return Err("`tell_update` keeps the promise, so it stands before the due time");
    }
    if !names(&clock.restarts_on, Trigger::UpdateSent) {
        return Err(
            "`tell_update` keeps the promise until the next update, so the clock has `update_sent` in restarts_on",
        );
    }
    if step.at == StepPoint::Start {
        return Err(
            "a clock that restarts on `update_sent` cannot tell at its `start`: it would tell without end",
        );
    }
    Ok(())
}

fn names(list: &[Spanned<Trigger>], trigger: Trigger) -> bool {
    list.iter().any(|word| *word.get_ref() == trigger)
}

fn check_repeat(step: &StepFile, last: bool) -> Result<(), &'static str> {
    let Some(repeat) = &step.repeat else {
        return Ok(());
    };
    if step.at.phase() != 2 || !last {
        return Err("only the last step, after the due time, can repeat");
    }
    if repeat.every.unit == Unit::Instant || !(1..=1000).contains(&repeat.times) {
        return Err("a step repeats 1 to 1000 times, with time in between");
    }
    Ok(())
}

/// A breach is recorded, and the customer told what keeps a promise, however late that comes.
fn missed(step: &StepFile) -> Result<Missed, Fault> {
    let always = match (step.action, &step.at) {
        (Action::TellRecourse, _) => Some("`tell_recourse`"),
        (Action::TellUpdate, _) => Some("`tell_update`"),
        (Action::Remind, StepPoint::Due) => Some("the step at `due`"),
        (Action::Remind, _) => None,
    };
    match (&step.missed, always) {
        (None, None) => Ok(Missed::Collapse),
        (None, Some(_)) => Ok(Missed::Late),
        (Some(written), Some(what)) if *written.get_ref() != Missed::Late => Err(Fault::new(
            written.span(),
            format!("{what} is never left out: its `missed` is `late`"),
        )),
        (Some(written), _) => Ok(*written.get_ref()),
    }
}
