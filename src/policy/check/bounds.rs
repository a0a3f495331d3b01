//! How much a policy may ask for. Every complaint under it pays: each clock is a row, each firing an event in its log.

use std::fmt::Display;

use super::{
    super::file::{ClockFile, PolicyFile},
    fault::Fault,
};
use crate::calendar::{Term, Unit};

/// A complaint's clocks are read and written as a whole. The largest code that is known has ten.
const MOST_CLOCKS: usize = 50;
/// Between two events, every step of a clock is looked at.
const MOST_STEPS: usize = 50;
/// How many firings the clocks of one complaint have together if nobody ever does anything, each an event that is kept for
/// good.
const MOST_FIRINGS: usize = 5_000;
/// Nobody acts on reminders that come faster than this.
const SHORTEST_REPEAT_SECONDS: u32 = 60;
/// Days on which a target changes, for one clock.
const MOST_TARGETS: usize = 100;
/// Levels of escalation.
const MOST_LEVELS: usize = 20;
/// Rules that flag a complaint for escalation; each is looked at in every decision.
const MOST_RULES: usize = 100;
/// Codes that bind the same complaints; a complaint has the clocks of all of them.
const MOST_BESIDE: usize = 10;
/// The longest text that notices and explanations take from a policy, in characters.
const LONGEST_TEXT: usize = 1_000;

/// Looks at a policy that somebody hands in, before anything that grows with it is done.
pub(super) fn check(written: &PolicyFile) -> Result<(), Fault> {
    let name = || written.name.span();
    at_most("clocks", written.clocks.len(), MOST_CLOCKS, name)?;
    at_most(
        "codes in `additional_policies`",
        written.additional_policies.len(),
        MOST_BESIDE,
        name,
    )?;
    let levels = &written.escalation.levels;
    at_most("levels", levels.get_ref().len(), MOST_LEVELS, || {
        levels.span()
    })?;
    let rules = written.escalation.eligible.len();
    at_most("rules in `eligible`", rules, MOST_RULES, name)?;
    let mut firings = 0;
    for place in &written.clocks {
        firings += clock(place.get_ref())?;
    }
    at_most(
        "firings of all its clocks, each step counted with its repetitions",
        firings,
        MOST_FIRINGS,
        name,
    )?;
    texts(written)
}

/// How often the clock fires at most.
fn clock(clock: &ClockFile) -> Result<usize, Fault> {
    let span = || clock.name.span();
    at_most("steps", clock.steps.len(), MOST_STEPS, span)?;
    let targets = clock.target_by_start.len();
    at_most("targets in `target_by_start`", targets, MOST_TARGETS, span)?;
    let mut firings = clock.steps.len();
    for step in &clock.steps {
        let Some(repeat) = &step.get_ref().repeat else {
            continue;
        };
        if seconds(&repeat.every).is_some_and(|seconds| seconds < SHORTEST_REPEAT_SECONDS) {
            return Err(Fault::new(
                step.span(),
                format!(
                    "a step repeats at intervals of at least {SHORTEST_REPEAT_SECONDS} seconds"
                ),
            ));
        }
        firings = firings.saturating_add(usize::try_from(repeat.times).unwrap_or(usize::MAX));
    }
    Ok(firings)
}

/// None for a term that is at least a minute whatever it counts. An instant is refused elsewhere.
fn seconds(term: &Term) -> Option<u32> {
    (term.unit == Unit::Seconds).then_some(term.count)
}

fn texts(written: &PolicyFile) -> Result<(), Fault> {
    let fits = |text: &str| text.chars().count() <= LONGEST_TEXT;
    let too_long = |span, what: &dyn Display| {
        let reason = format!("{what} has more than {LONGEST_TEXT} characters");
        Err(Fault::new(span, reason))
    };
    if !fits(&written.title) || !fits(&written.source) {
        return too_long(written.name.span(), &"`title` or `source`");
    }
    if let Some(clock) = written
        .clocks
        .iter()
        .map(|clock| clock.get_ref())
        .find(|clock| !fits(clock.source.get_ref()))
    {
        return too_long(clock.source.span(), &"`source`");
    }
    if let Some(retention) = &written.retention
        && !fits(retention.get_ref().source.get_ref())
    {
        return too_long(retention.span(), &"`source` of [retention]");
    }
    let levels = &written.escalation.levels;
    let mut titles = levels.get_ref().iter().flat_map(|level| level.values());
    if !titles.all(|title| fits(title)) {
        return too_long(levels.span(), &"the title of a level");
    }
    let body = &written.recourse.body;
    let mut told = body.get_ref().values().flat_map(|body| {
        [Some(&body.name), Some(&body.website)]
            .into_iter()
            .chain(
                [
                    &body.phone,
                    &body.phone_cost,
                    &body.tty,
                    &body.fax,
                    &body.address,
                    &body.time_limit,
                ]
                .map(Option::as_ref),
            )
            .flatten()
    });
    if !fits(&written.recourse.source) || !told.all(|text| fits(text)) {
        return too_long(body.span(), &"a text about the independent body");
    }
    Ok(())
}

fn at_most(
    what: &str,
    count: usize,
    most: usize,
    span: impl FnOnce() -> std::ops::Range<usize>,
) -> Result<(), Fault> {
    if count <= most {
        return Ok(());
    }
    let reason = format!("the policy has {count} {what}, which is more than the limit of {most}");
    Err(Fault::new(span(), reason))
}
