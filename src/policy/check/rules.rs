//! The checks of the levels, of what flags a complaint for them, and of the independent body.

use std::collections::BTreeMap;

use toml::Spanned;

use super::{
    super::{
        clock_rule::ClockRule,
        escalation::{EligibleRule, EscalationRules},
        file::PolicyFile,
        recourse::{RecourseBody, RecourseRules},
        words::{CustomerType, ServiceKind},
    },
    fault::Fault,
    words::unique,
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
    let customers = unique(recourse.customers.get_ref())?;
    if customers.is_empty() {
        return Err(Fault::new(
            recourse.customers.span(),
            "customers must name at least one kind of customer whose complaints the independent body takes",
        ));
    }
    let services = unique(&recourse.services)?;
    let not_taken = |place: &&Spanned<ServiceKind>| !services.contains(place.get_ref());
    if let Some(place) = recourse.consumer_only.iter().find(not_taken) {
        let reason = format!("`{}` is not among services", place.get_ref());
        return Err(Fault::new(place.span(), reason));
    }
    let limit = recourse.small_business_limit_cents.as_ref();
    if let Some(limit) = limit.filter(|_| !customers.contains(&CustomerType::SmallBusiness)) {
        return Err(Fault::new(
            limit.span(),
            "the body takes no complaints from small businesses, so they have no limit",
        ));
    }
    Ok(RecourseRules {
        from_level,
        source: recourse.source.clone(),
        customers,
        consumer_only: unique(&recourse.consumer_only)?,
        services,
        small_business_limit_cents: limit.map(|limit| *limit.get_ref()),
        free_of_charge: recourse.free_of_charge,
        body: body(written)?,
    })
}

/// In how many languages there is something to say of what a call costs: where the number is not free. A number must be
/// declared toll-free or not, since a wrong label costs the caller money.
fn costs_of_calls(bodies: &BTreeMap<String, RecourseBody>) -> Result<usize, &'static str> {
    let mut charged = 0;
    for body in bodies.values() {
        match (body.phone.is_some(), body.toll_free, &body.phone_cost) {
            (true, None, _) => {
                return Err(
                    "the body has a phone: say with toll_free whether a call to it is free",
                );
            }
            (true, Some(true), Some(_)) => {
                return Err("a call to the body's phone is free, so phone_cost does not apply");
            }
            (true, Some(free), _) => charged += usize::from(!free),
            (false, None, None) => {}
            (false, ..) => {
                return Err("the body has no phone, so toll_free and phone_cost do not apply");
            }
        }
    }
    Ok(charged)
}

/// The body in each language. What one language gives, all give.
fn body(written: &PolicyFile) -> Result<BTreeMap<String, RecourseBody>, Fault> {
    let place = &written.recourse.body;
    let body = place.get_ref();
    if !in_every_language(body) {
        let reason = format!(
            "the independent body is named in each of {}, and in no other language",
            LANGUAGES.join(", ")
        );
        return Err(Fault::new(place.span(), reason));
    }
    type Field = fn(&RecourseBody) -> Option<&str>;
    let fields: [(&str, Field); 8] = [
        ("name", |body| Some(&body.name)),
        ("website", |body| Some(&body.website)),
        ("phone", |body| body.phone.as_deref()),
        ("phone_cost", |body| body.phone_cost.as_deref()),
        ("tty", |body| body.tty.as_deref()),
        ("fax", |body| body.fax.as_deref()),
        ("address", |body| body.address.as_deref()),
        ("time_limit", |body| body.time_limit.as_deref()),
    ];
    for (field, value) in fields {
        let told = body.values().filter_map(value);
        if told.clone().any(|value| value.trim().is_empty()) {
            let reason = format!("the body's `{field}` is empty: leave it out if there is none");
            return Err(Fault::new(place.span(), reason));
        }
        let all = match field {
            "phone_cost" => costs_of_calls(body).map_err(|why| Fault::new(place.span(), why))?,
            _ => body.len(),
        };
        if ![0, all].contains(&told.count()) {
            let reason =
                format!("the body's `{field}` is given in some languages but not in others");
            return Err(Fault::new(place.span(), reason));
        }
    }
    Ok(body.clone())
}
