//! Terms and steps, tried on a working morning: whether they come due at all, and in the order in which they are listed.

use jiff::{SignedDuration, Timestamp};
use toml::Spanned;

use super::{
    super::{
        clock_rule::ClockRule,
        file::{ClockFile, StepFile},
        step::Repeat,
    },
    fault::Fault,
};
use crate::calendar::{Calendar, OutOfRange, Roll, Term};

/// When a promise is made, to try its terms.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    pub(super) calendar: &'a Calendar,
    /// An opening.
    pub(super) start: Timestamp,
}

/// The term, which must come due within what the calendar can count, where that is tried.
pub(super) fn comes_due(term: &Spanned<Term>, sample: Option<&Sample<'_>>) -> Result<Term, Fault> {
    if let Some(sample) = sample {
        due(term, Roll::default(), sample)?;
    }
    Ok(*term.get_ref())
}

fn due(term: &Spanned<Term>, roll: Roll, sample: &Sample<'_>) -> Result<Timestamp, Fault> {
    let due = sample
        .calendar
        .due_after_rolling(sample.start, term.get_ref(), roll);
    due.map_err(|error| Fault::new(term.span(), never_due(&error)))
}

fn never_due(error: &OutOfRange) -> String {
    format!("it never comes due: {error}")
}

/// Tries each target of a clock, and its steps with each.
pub(super) fn check_terms(
    written: &ClockFile,
    rule: &ClockRule,
    sample: &Sample<'_>,
) -> Result<(), Fault> {
    let by_start = written.target_by_start.values();
    let special = by_start.chain(written.target_by_channel.values());
    let known = written.target_known_for.iter().map(|known| &known.target);
    let targets = [&written.target].into_iter().chain(special).chain(known);
    for target in targets.chain(&written.target_urgent) {
        let due = due(target, rule.roll, sample)?;
        check_steps(&written.steps, target.get_ref(), due, sample)?;
    }
    Ok(())
}

fn check_steps(
    steps: &[Spanned<StepFile>],
    target: &Term,
    due: Timestamp,
    sample: &Sample<'_>,
) -> Result<(), Fault> {
    let mut previous = (sample.start, None);
    for place in steps {
        let StepFile { at, repeat, .. } = place.get_ref();
        let fault = |reason| Fault::new(place.span(), reason);
        let span = (sample.start, due);
        let reached = at
            .reached(
                sample.calendar,
                span,
                target.unit.base(),
                SignedDuration::ZERO,
            )
            .map_err(|error| fault(never_due(&error)))?;
        if reached < sample.start {
            return Err(fault(format!(
                "`{at}` comes before the clock starts where the target is {target}"
            )));
        }
        if let (true, Some(earlier)) = (reached < previous.0, previous.1) {
            return Err(fault(format!(
                "steps out of order: where the target is {target}, `{at}` comes before `{earlier}`"
            )));
        }
        if let Some(repeat) = repeat {
            check_repeat(repeat, reached, sample).map_err(|error| fault(never_due(&error)))?;
        }
        previous = (reached, Some(at));
    }
    Ok(())
}

/// The last repetition, not only the first, is within reach.
fn check_repeat(repeat: &Repeat, from: Timestamp, sample: &Sample<'_>) -> Result<(), OutOfRange> {
    let whole = Term {
        count: repeat.every.count.saturating_mul(repeat.times),
        ..repeat.every
    };
    sample.calendar.due_after(from, &whole).map(|_| ())
}
