//! The first and the last day of a policy.

use jiff::civil::Date;
use toml::Spanned;

use super::{super::file::PolicyFile, fault::Fault};

/// The `effective_from` of a policy that has no first day yet, such as one that a regulator proposes. It has to be
/// explicit, so that a file without the line is an error and not a policy that silently is never in force.
const NO_FIRST_DAY: &str = "not set";

/// The first and the last day of a policy, where it has them.
pub(super) fn effective_dates(written: &PolicyFile) -> Result<(Option<Date>, Option<Date>), Fault> {
    let from = first_day(&written.effective_from)?;
    let Some(place) = &written.effective_until else {
        return Ok((from, None));
    };
    let until = civil_date(place)?;
    let wrong = match from {
        None => Some("a policy without a first day cannot have a last one"),
        Some(from) if until < from => Some("effective_until lies before effective_from"),
        Some(_) => None,
    };
    if let Some(reason) = wrong {
        return Err(Fault::new(place.span(), reason));
    }
    Ok((from, Some(until)))
}

/// The first day of a policy; `None`: it has none yet.
fn first_day(written: &Spanned<toml::Value>) -> Result<Option<Date>, Fault> {
    let day = match written.get_ref() {
        toml::Value::String(word) if word == NO_FIRST_DAY => return Ok(None),
        toml::Value::Datetime(day) => day_of(day),
        _ => None,
    };
    let expected = format!("expected a date such as 2026-04-08, or {NO_FIRST_DAY:?}");
    day.map(Some)
        .ok_or_else(|| Fault::new(written.span(), expected))
}

/// A day of the calendar, from TOML's local date.
fn civil_date(written: &Spanned<toml::value::Datetime>) -> Result<Date, Fault> {
    let expected = "expected a date such as 2026-04-08";
    day_of(written.get_ref()).ok_or_else(|| Fault::new(written.span(), expected))
}

fn day_of(written: &toml::value::Datetime) -> Option<Date> {
    let (Some(date), None, None) = (written.date, written.time, written.offset) else {
        return None;
    };
    let number = |value: u8| i8::try_from(value).ok();
    let year = i16::try_from(date.year).ok()?;
    Date::new(year, number(date.month)?, number(date.day)?).ok()
}
