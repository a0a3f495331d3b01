//! The checks of how long personal data are kept.

use toml::Spanned;

use super::{
    super::{file::PolicyFile, retention::RetentionRule},
    fault::Fault,
    timing::Sample,
};
use crate::calendar::{Roll, Term};

pub(super) fn retention(
    written: &PolicyFile,
    sample: Option<&Sample<'_>>,
) -> Result<Option<RetentionRule>, Fault> {
    let Some(place) = &written.retention else {
        return Ok(None);
    };
    let rule = place.get_ref();
    if rule.source.get_ref().trim().is_empty() {
        return Err(Fault::new(
            rule.source.span(),
            "name the rule that sets these times, or say that the provider sets them",
        ));
    }
    let minimum = rule.minimum.as_ref();
    let maximum = rule.maximum.as_ref();
    if minimum.is_none() && maximum.is_none() {
        return Err(Fault::new(
            place.span(),
            "[retention] needs a minimum, a maximum or both",
        ));
    }
    for term in minimum.into_iter().chain(maximum) {
        ends_with_a_day(term)?;
    }
    if let Some(sample) = sample {
        let ends = |term: &Spanned<Term>| {
            let ends = sample
                .calendar
                .due_after_rolling(sample.start, term.get_ref(), Roll::None);
            ends.map_err(|error| Fault::new(term.span(), format!("it never ends: {error}")))
        };
        let first = minimum.map(ends).transpose()?;
        let last = maximum.map(ends).transpose()?;
        if let (Some(first), Some(last), Some(maximum)) = (first, last, maximum)
            && last < first
        {
            return Err(Fault::new(
                maximum.span(),
                "the maximum ends before the minimum does",
            ));
        }
    }
    let term = |term: &Spanned<Term>| *term.get_ref();
    Ok(Some(RetentionRule {
        minimum: minimum.map(term),
        maximum: maximum.map(term),
        source: rule.source.get_ref().clone(),
    }))
}

/// Working time says nothing of how long a record is kept.
fn ends_with_a_day(term: &Spanned<Term>) -> Result<(), Fault> {
    if term.get_ref().unit.is_calendar_days() {
        return Ok(());
    }
    Err(Fault::new(
        term.span(),
        "personal data are kept for calendar days, weeks, months or years",
    ))
}
