//! What a policy must fulfil to be used: the checks that the file's form cannot state.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use toml::Spanned;

use super::{
    Action, ClockRule, Code, EligibleRule, EscalationRules, Policy, PolicyRef, RecourseRules, Step,
    StepPoint, Trigger,
    file::{ClockFile, PolicyFile, StepFile, civil_date},
};
use crate::calendar::{Calendar, CalendarBook, Unit, version_of};

/// The languages in which every notice exists, and so the names of the independent body.
const LANGUAGES: [&str; 4] = ["en", "fr", "es", "de"];

/// What is wrong, and where in the text.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn new(span: Range<usize>, reason: impl Into<String>) -> Self {
        Fault {
            span,
            reason: reason.into(),
        }
    }
}

/// Checks a file and makes it a policy.
pub(super) fn check(
    written: &PolicyFile,
    text: &str,
    calendars: &CalendarBook,
) -> Result<Policy, Fault> {
    check_name(&written.name)?;
    let effective_from = civil_date(&written.effective_from)?;
    let effective_until = written
        .effective_until
        .as_ref()
        .map(civil_date)
        .transpose()?;
    if let (Some(last), Some(place)) = (effective_until, &written.effective_until)
        && last < effective_from
    {
        return Err(Fault::new(
            place.span(),
            "effective_until lies before effective_from",
        ));
    }
    let calendar = find_calendar(&written.calendar, calendars)?;
    let receipt_calendars = written
        .receipt_calendars
        .iter()
        .map(|(channel, name)| Ok((*channel, find_calendar(name, calendars)?)))
        .collect::<Result<BTreeMap<_, _>, Fault>>()?;
    let mut code = Code {
        policy: PolicyRef {
            name: written.name.get_ref().clone(),
            version: String::new(),
        },
        title: written.title.clone(),
        source: written.source.clone(),
        calendar,
        receipt_calendars,
    };
    code.policy.version = version(text, &code);
    let code = Arc::new(code);

    let mut clocks: Vec<ClockRule> = Vec::with_capacity(written.clocks.len());
    for clock in &written.clocks {
        let rule = check_clock(clock.get_ref(), clock.span(), &code)?;
        if clocks.iter().any(|earlier| earlier.name == rule.name) {
            return Err(Fault::new(
                clock.get_ref().name.span(),
                format!("a second clock is named {:?}", rule.name),
            ));
        }
        clocks.push(rule);
    }
    if clocks.is_empty() {
        return Err(Fault::new(
            written.name.span(),
            "a policy without a [[clock]] promises nothing",
        ));
    }
    check_promise_clock(written, &clocks)?;
    check_recourse_clock(written, &clocks)?;

    Ok(Policy {
        code,
        effective_from,
        effective_until,
        beside: check_beside(written)?,
        bound_beside: Vec::new(),
        escalation: check_escalation(written, &clocks)?,
        clocks,
        pause: written.pause.clone(),
        silence: written.silence,
        recourse: check_recourse(written)?,
        text: text.to_owned(),
    })
}

/// The same text counts otherwise in another version of a calendar: that is another version of the policy, which open
/// complaints come under only when they are moved to it.
fn version(text: &str, code: &Code) -> String {
    let calendars = code.calendars().into_values();
    let counted_in =
        calendars.map(|calendar| format!("\n{} {}", calendar.name(), calendar.version()));
    version_of(&format!("{text}\0{}", counted_in.collect::<String>()))
}

fn check_beside(written: &PolicyFile) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = Vec::with_capacity(written.beside.len());
    for place in &written.beside {
        check_name(place)?;
        let name = place.get_ref();
        if name == written.name.get_ref() || names.contains(name) {
            return Err(Fault::new(
                place.span(),
                format!("{name:?} binds these complaints already"),
            ));
        }
        names.push(name.clone());
    }
    Ok(names)
}

/// Names stand in resource names, metrics and file names.
fn check_name(name: &Spanned<String>) -> Result<(), Fault> {
    let word = name.get_ref();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if word.is_empty() || word.len() > 40 || !word.chars().all(plain) {
        let reason = format!(
            "{word:?}: a name is 1 to 40 lower-case letters, digits, hyphens and underscores"
        );
        return Err(Fault::new(name.span(), reason));
    }
    Ok(())
}

fn find_calendar(name: &Spanned<String>, calendars: &CalendarBook) -> Result<Arc<Calendar>, Fault> {
    calendars.get(name.get_ref()).cloned().ok_or_else(|| {
        Fault::new(
            name.span(),
            format!("no calendar is named {:?}", name.get_ref()),
        )
    })
}

fn check_clock(
    clock: &ClockFile,
    span: Range<usize>,
    code: &Arc<Code>,
) -> Result<ClockRule, Fault> {
    check_name(&clock.name)?;
    let name = clock.name.get_ref();
    if clock.starts_on.is_empty() {
        return Err(Fault::new(
            clock.name.span(),
            format!("clock {name:?} can never start: starts_on is empty"),
        ));
    }
    if clock.stops_on.is_empty() && clock.restarts_on.is_empty() {
        let reason = format!("clock {name:?} can never be kept: give it stops_on or restarts_on");
        return Err(Fault::new(clock.name.span(), reason));
    }
    if let Some(both) = clock
        .starts_on
        .iter()
        .find(|trigger| clock.stops_on.contains(trigger))
    {
        let reason = format!("clock {name:?} both starts and stops on `{both}`; use restarts_on");
        return Err(Fault::new(clock.name.span(), reason));
    }
    let steps = check_steps(&clock.steps, span)?;
    Ok(ClockRule {
        name: name.clone(),
        code: Arc::clone(code),
        source: clock.source.clone(),
        owner: clock.owner,
        starts_on: clock.starts_on.clone(),
        stops_on: clock.stops_on.clone(),
        restarts_on: clock.restarts_on.clone(),
        pausable: clock.pausable,
        follows_promise: clock.follows_promise,
        outlives_closure: clock.outlives_closure,
        target: clock.target,
        target_by_channel: clock.target_by_channel.clone(),
        target_urgent: clock.target_urgent,
        steps,
    })
}

/// Steps are listed in the order in which they are reached, with the due point among them: a breach is never silent.
fn check_steps(steps: &[Spanned<StepFile>], clock: Range<usize>) -> Result<Vec<Step>, Fault> {
    let mut checked: Vec<Step> = Vec::with_capacity(steps.len());
    for (index, place) in steps.iter().enumerate() {
        let step = place.get_ref();
        if let Some(previous) = checked.last() {
            let in_order = match (&previous.at, &step.at) {
                (StepPoint::Percent(a), StepPoint::Percent(b)) => a < b,
                (a, b) => a.phase() <= b.phase() && *a != *b,
            };
            if !in_order {
                let reason = format!(
                    "steps out of order: `{}` stands after `{}`",
                    step.at, previous.at
                );
                return Err(Fault::new(place.span(), reason));
            }
        }
        if step.action == Action::TellRecourse && step.at.phase() != 0 {
            return Err(Fault::new(
                place.span(),
                "`tell_recourse` keeps the promise, so it stands before the due time",
            ));
        }
        if step.repeat.is_some() && (step.at.phase() != 2 || index + 1 != steps.len()) {
            return Err(Fault::new(
                place.span(),
                "only the last step, after the due time, can repeat",
            ));
        }
        if let Some(repeat) = &step.repeat
            && (repeat.every.unit == Unit::Instant || !(1..=1000).contains(&repeat.times))
        {
            return Err(Fault::new(
                place.span(),
                "a step repeats 1 to 1000 times, with time in between",
            ));
        }
        checked.push(Step {
            at: step.at.clone(),
            action: step.action,
            to: step.to,
            repeat: step.repeat.clone(),
        });
    }
    match checked
        .iter()
        .filter(|step| step.at == StepPoint::Due)
        .count()
    {
        1 => Ok(checked),
        found => Err(Fault::new(
            clock,
            format!("a clock has one step at `due`, so that lateness is seen; found {found}"),
        )),
    }
}

fn check_escalation(written: &PolicyFile, clocks: &[ClockRule]) -> Result<EscalationRules, Fault> {
    let levels = &written.escalation.levels;
    if levels.get_ref().len() < 2 {
        return Err(Fault::new(
            levels.span(),
            "levels names the first line and at least one level above it",
        ));
    }
    if let Some(level) = levels
        .get_ref()
        .iter()
        .position(|titles| !in_every_language(titles))
    {
        let reason = format!(
            "level {level} needs its title in each of {}",
            LANGUAGES.join(", ")
        );
        return Err(Fault::new(levels.span(), reason));
    }
    let mut eligible: Vec<EligibleRule> = Vec::new();
    for place in &written.escalation.eligible {
        let rule = EligibleRule::from(place.get_ref());
        match (&rule.clock, rule.reason.needs_clock()) {
            (None, true) => {
                return Err(Fault::new(
                    place.span(),
                    format!("reason `{}` needs the clock that is overdue", rule.reason),
                ));
            }
            (Some(_), false) => {
                return Err(Fault::new(
                    place.span(),
                    format!("reason `{}` takes no clock", rule.reason),
                ));
            }
            (Some(clock), true) if !clocks.iter().any(|known| known.name == *clock) => {
                return Err(Fault::new(
                    place.span(),
                    format!("no clock of this policy is named {clock:?}"),
                ));
            }
            _ => eligible.push(rule),
        }
    }
    Ok(EscalationRules {
        levels: levels.get_ref().clone(),
        eligible,
    })
}

fn in_every_language<T>(texts: &BTreeMap<String, T>) -> bool {
    texts.len() == LANGUAGES.len()
        && LANGUAGES
            .iter()
            .all(|language| texts.contains_key(*language))
}

fn check_recourse(written: &PolicyFile) -> Result<RecourseRules, Fault> {
    let recourse = &written.recourse;
    let from_level = *recourse.from_level.get_ref();
    if from_level == 0 || from_level >= written.escalation.levels.get_ref().len() {
        return Err(Fault::new(
            recourse.from_level.span(),
            "from_level is a level of escalation, from 1 to the last",
        ));
    }
    let body = recourse.body.get_ref();
    if !in_every_language(body) {
        let reason = format!(
            "the independent body is named in each of {}, and in no other language",
            LANGUAGES.join(", ")
        );
        return Err(Fault::new(recourse.body.span(), reason));
    }
    Ok(RecourseRules {
        from_level,
        source: recourse.source.clone(),
        services: recourse.services.clone(),
        consumer_only: recourse.consumer_only.clone(),
        small_business_limit_cents: recourse.small_business_limit_cents,
        body: body.clone(),
    })
}

/// An acknowledgement gives one date, so one clock times it.
fn check_promise_clock(written: &PolicyFile, clocks: &[ClockRule]) -> Result<(), Fault> {
    let following = clocks.iter().filter(|clock| clock.follows_promise);
    match following.count() {
        1 => Ok(()),
        found => Err(Fault::new(
            written.name.span(),
            format!("one clock has `follows_promise`, to time the promised date; found {found}"),
        )),
    }
}

/// A customer is never kept from the independent body: some clock must tell of it at every level that asks for it.
fn check_recourse_clock(written: &PolicyFile, clocks: &[ClockRule]) -> Result<(), Fault> {
    let tells = |clock: &ClockRule| {
        clock.starts_on.contains(&Trigger::RecourseLevelReached)
            && clock.stops_on.contains(&Trigger::RecourseTold)
            && clock
                .steps
                .iter()
                .any(|step| step.action == Action::TellRecourse)
    };
    if clocks.iter().any(tells) {
        return Ok(());
    }
    Err(Fault::new(
        written.recourse.from_level.span(),
        "no clock starts on `recourse_level_reached`, stops on `recourse_told` and has a step `tell_recourse`",
    ))
}
