//! For how long the personal data of a complaint are kept once it is over.

use jiff::{SignedDuration, Timestamp};

use crate::calendar::{Calendar, OutOfRange, Roll, Term};

/// What one code of practice says of it. Both terms count from the closure and end with a day; whether that is a working day
/// is of no matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    /// For how long the record must be kept; `None`: the code does not say.
    pub minimum: Option<Term>,
    /// After what time nobody has a reason to keep it any more; `None`: it is kept until somebody has it erased.
    pub maximum: Option<Term>,
    /// Where that stands.
    pub source: String,
}

/// What follows for one complaint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// The last instant at which it must be kept. `None`: no code says so.
    pub kept_until: Option<Timestamp>,
    /// The last instant at which it may be kept. `None`: no code says so.
    pub erased_after: Option<Timestamp>,
}

/// What these rules together say of a complaint that was closed at this instant: the longest minimum, and the shortest
/// maximum, which never comes before that.
///
/// # Errors
/// When a term ends beyond what the calendar can count.
pub(super) fn retention(
    rules: &[RetentionRule],
    closed_at: Timestamp,
    calendar: &Calendar,
) -> Result<Retention, OutOfRange> {
    let ends = |term: Term| calendar.due_after_rolling(closed_at, &term, Roll::None);
    let minimums = rules.iter().filter_map(|rule| rule.minimum);
    let minimums: Vec<Timestamp> = minimums.map(ends).collect::<Result<_, _>>()?;
    let maximums = rules.iter().filter_map(|rule| rule.maximum);
    let maximums: Vec<Timestamp> = maximums.map(ends).collect::<Result<_, _>>()?;
    let kept_until = minimums.into_iter().max();
    let shortest = maximums.into_iter().min();
    Ok(Retention {
        kept_until,
        erased_after: shortest.map(|at| kept_until.map_or(at, |kept| kept.max(at))),
    })
}

/// What a term that ends with a day may reach beyond the same number of days before: the rest of that day, and what the end of
/// a shorter month takes from a month.
const ROUNDING: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Nothing that was closed after this instant has passed its longest retention now. `None`: that has no end, or none that the
/// calendar reaches.
pub(super) fn closed_before(
    rules: &[RetentionRule],
    now: Timestamp,
    calendar: &Calendar,
) -> Option<Timestamp> {
    let maximums = rules.iter().filter_map(|rule| rule.maximum);
    let began = maximums.filter_map(|term| calendar.before(now, &term).ok());
    let latest = began.max()?;
    Some(latest.saturating_add(ROUNDING).unwrap_or(now))
}
