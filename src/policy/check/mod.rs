//! What a policy must satisfy before it is used: the checks that the form of the file cannot express.

mod bounds;
mod clock;
mod dates;
mod fault;
mod reach;
mod retention;
mod rules;
mod steps;
mod timing;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{
    Timestamp,
    civil::{Date, Time, date},
};
use toml::Spanned;

use self::{
    dates::effective_dates,
    fault::Fault,
    timing::{Sample, comes_due},
    words::check_name,
};
use super::{
    clock_rule::ClockRule,
    code::{Code, PolicyRef},
    file::PolicyFile,
    version::{PauseRules, Policy},
    words::Told,
};
use crate::calendar::{Calendar, CalendarBook, Term, Unit, Window, version_of};

/// The grace of a policy that names none.
const GRACE: Term = Term {
    count: 1,
    unit: Unit::Hours,
};

/// The day from which the terms of a policy without a first day are tried: one that every calendar reaches.
const TRIED_FROM: Date = date(2026, 1, 1);

/// Whether the terms of a policy are tried in its calendars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trial {
    /// On the first working morning of its effective period.
    OnAMorning,
    None,
}

/// Checks a file and makes it a policy.
pub(super) fn check(
    written: &PolicyFile,
    (file, text): (&str, &str),
    calendars: &CalendarBook,
    trial: Trial,
) -> Result<Policy, Fault> {
    check_name(&written.name)?;
    // A text that was taken before stays readable, whatever the bounds are by now.
    if trial == Trial::OnAMorning {
        bounds::check(written)?;
    }
    let (effective_from, effective_until) = effective_dates(written)?;
    let code = Arc::new(code(written, text, calendars)?);
    let sample = match trial {
        Trial::OnAMorning => Some(sample(
            written,
            &code,
            effective_from.unwrap_or(TRIED_FROM),
        )?),
        Trial::None => None,
    };
    let sample = sample.as_ref();
    if let Some(grace) = &written.grace {
        comes_due(grace, sample)?;
    }
    let silence = comes_due(&written.silence, sample)?;
    let longest = comes_due(&written.pause.longest, sample)?;
    let clocks = clocks(written, &code, sample)?;
    let retention = retention::retention(written, sample)?;
    Ok(Policy {
        code,
        effective_from,
        effective_until,
        additional_policies: additional_policies(written)?,
        bound_additional: Vec::new(),
        escalation: rules::escalation(written, &clocks)?,
        clocks,
        pause: PauseRules { longest },
        silence,
        told: written.told.unwrap_or(Told::Sent),
        retention: retention.into_iter().collect(),
        recourse: Arc::new(rules::recourse(written)?),
        text: text.to_owned(),
        places: Arc::new(written.places(file)),
    })
}

fn code(written: &PolicyFile, text: &str, calendars: &CalendarBook) -> Result<Code, Fault> {
    let calendar = find_calendar(&written.calendar, calendars)?;
    let receipt_calendars = written
        .receipt_calendars
        .iter()
        .map(|(channel, name)| Ok((*channel, find_calendar(name, calendars)?)))
        .collect::<Result<BTreeMap<_, _>, Fault>>()?;
    let hours = written.staff_hours.as_ref();
    let staff_hours = hours
        .map(|hours| staff_hours(hours, &calendar))
        .transpose()?;
    let mut code = Code {
        policy: PolicyRef {
            name: written.name.get_ref().clone(),
            version: String::new(),
        },
        title: written.title.clone(),
        source: written.source.clone(),
        calendar,
        receipt_calendars,
        staff_hours,
        grace: written
            .grace
            .as_ref()
            .map_or(GRACE, |grace| *grace.get_ref()),
    };
    code.policy.version = version(text, &code);
    Ok(code)
}

fn staff_hours(hours: &Spanned<String>, calendar: &Calendar) -> Result<Arc<Calendar>, Fault> {
    let window = hours.get_ref().parse::<Window>();
    let derived = window.and_then(|window| calendar.with_hours(&[window]));
    match derived {
        Ok(calendar) => Ok(Arc::new(calendar)),
        Err(error) => Err(Fault::new(hours.span(), error.to_string())),
    }
}

/// The first working morning of the effective period, by which its terms are tried. Every calendar that is counted in has
/// one.
fn sample<'a>(written: &PolicyFile, code: &'a Code, from: Date) -> Result<Sample<'a>, Fault> {
    let receipts = written.receipt_calendars.iter();
    let receipts = receipts.filter_map(|(channel, name)| {
        let calendar = code.receipt_calendars.get(channel)?;
        Some((name, calendar))
    });
    for (name, calendar) in receipts {
        first_morning(name, calendar, written, from)?;
    }
    Ok(Sample {
        calendar: &code.calendar,
        start: first_morning(&written.calendar, &code.calendar, written, from)?,
    })
}

fn first_morning(
    name: &Spanned<String>,
    calendar: &Calendar,
    written: &PolicyFile,
    from: Date,
) -> Result<Timestamp, Fault> {
    let midnight = calendar
        .zone()
        .to_timestamp(from.to_datetime(Time::midnight()));
    let midnight = midnight.map_err(|_| {
        let reason = format!("effective_from lies beyond the times that can be counted: {from}");
        Fault::new(written.effective_from.span(), reason)
    })?;
    let morning = calendar.next_working_instant(midnight);
    morning.map_err(|error| Fault::new(name.span(), error.to_string()))
}

fn clocks(
    written: &PolicyFile,
    code: &Arc<Code>,
    sample: Option<&Sample<'_>>,
) -> Result<Vec<ClockRule>, Fault> {
    let mut clocks: Vec<ClockRule> = Vec::with_capacity(written.clocks.len());
    for place in &written.clocks {
        let rule = clock::clock(place.get_ref(), place.span(), code, sample)?;
        let span = place.get_ref().name.span();
        if clocks.iter().any(|earlier| earlier.name == rule.name) {
            return Err(Fault::new(
                span,
                format!("a second clock is named {:?}", rule.name),
            ));
        }
        if rule.follows_promise && clocks.iter().any(|earlier| earlier.follows_promise) {
            return Err(Fault::new(
                span,
                "a second clock has `follows_promise`; an acknowledgement gives one date",
            ));
        }
        if rule.bounds_promise && clocks.iter().any(|earlier| earlier.bounds_promise) {
            return Err(Fault::new(span, "a second clock has `bounds_promise`"));
        }
        if rule.bounds_promise && rule.follows_promise {
            return Err(Fault::new(
                span,
                "a clock with `bounds_promise` cannot follow what it bounds",
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
    Ok(clocks)
}

/// The same text counts otherwise in another version of a calendar: that is another version of the policy, which open
/// complaints come under only when they are moved to it.
fn version(text: &str, code: &Code) -> String {
    let calendars = code.calendars().into_values();
    let counted_in =
        calendars.map(|calendar| format!("\n{} {}", calendar.name(), calendar.version()));
    version_of(&format!("{text}\0{}", counted_in.collect::<String>()))
}

fn additional_policies(written: &PolicyFile) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = Vec::with_capacity(written.additional_policies.len());
    for place in &written.additional_policies {
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

fn find_calendar(name: &Spanned<String>, calendars: &CalendarBook) -> Result<Arc<Calendar>, Fault> {
    calendars.get(name.get_ref()).cloned().ok_or_else(|| {
        Fault::new(
            name.span(),
            format!("no calendar is named {:?}", name.get_ref()),
        )
    })
}
