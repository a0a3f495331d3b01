//! The checks of the levels, of what flags a complaint for them, and of the independent body.

use std::collections::BTreeMap;

use super::{
    super::{ClockRule, EligibleRule, EscalationRules, RecourseRules, file::PolicyFile},
    Fault, unique,
};

/// The languages in which every notice exists, and so the names of the independent body.
const LANGUAGES: [&str; 4] = ["en", "fr", "es", "de"];

pub(super) fn escalation(
    written: &PolicyFile,
    clocks: &[ClockRule],
) -> Result<EscalationRules, Fault> {
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

pub(super) fn recourse(written: &PolicyFile) -> Result<RecourseRules, Fault> {
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
        services: unique(&recourse.services)?,
        consumer_only: unique(&recourse.consumer_only)?,
        small_business_limit_cents: recourse.small_business_limit_cents,
        body: body.clone(),
    })
}
