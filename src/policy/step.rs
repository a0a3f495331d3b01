//! The points on a clock where something happens.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Action, Missed, Role};
use crate::calendar::{Calendar, OutOfRange, Term, TimeBase};

/// Where on its clock a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum StepPoint {
    /// As soon as the clock starts.
    Start,
    /// When this share of the counted time has gone by: 1 to 99 percent.
    Percent(u8),
    /// This long before the due time.
    BeforeDue(Term),
    /// The due time itself: what is not done now is late.
    Due,
    /// This long after the due time.
    AfterDue(Term),
}

impl StepPoint {
    /// 0 before the due point, 1 at it, 2 after it: the order in which a policy lists its steps.
    pub(crate) fn phase(&self) -> u8 {
        match self {
            StepPoint::Start | StepPoint::Percent(_) | StepPoint::BeforeDue(_) => 0,
            StepPoint::Due => 1,
            StepPoint::AfterDue(_) => 2,
        }
    }

    /// When a clock reaches this point that counts in `base` since `from`, after what was `counted` before that, and is due
    /// at `due`. A point before the due time may come out before `from`, where the term is longer than the clock.
    ///
    /// # Errors
    /// When the point lies beyond what the calendar can count.
    pub fn reached(
        &self,
        calendar: &Calendar,
        (from, due): (Timestamp, Timestamp),
        base: TimeBase,
        counted: SignedDuration,
    ) -> Result<Timestamp, OutOfRange> {
        match self {
            StepPoint::Start => Ok(from),
            StepPoint::Percent(percent) => {
                calendar.percent_point(from, due, *percent, base, counted)
            }
            StepPoint::BeforeDue(term) => calendar.before(due, term),
            StepPoint::Due => Ok(due),
            StepPoint::AfterDue(term) => calendar.past(due, term),
        }
    }
}

impl FromStr for StepPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let term = |words: &str| words.parse::<Term>().map_err(|error| error.to_string());
        if text == "start" {
            Ok(StepPoint::Start)
        } else if text == "due" {
            Ok(StepPoint::Due)
        } else if let Some(number) = text.strip_suffix('%') {
            match number.parse::<u8>() {
                Ok(percent @ 1..=99) => Ok(StepPoint::Percent(percent)),
                _ => Err(format!(
                    "{text:?}: a percentage of a step is a whole number from 1% to 99%"
                )),
            }
        } else if let Some(words) = text.strip_suffix(" before due") {
            Ok(StepPoint::BeforeDue(term(words)?))
        } else if let Some(words) = text.strip_suffix(" after due") {
            Ok(StepPoint::AfterDue(term(words)?))
        } else {
            Err(format!(
                "{text:?} is no point on a clock; write `start`, `80%`, `1 working day before due`, `due` or `2 hours after due`"
            ))
        }
    }
}

impl fmt::Display for StepPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepPoint::Start => f.write_str("start"),
            StepPoint::Percent(percent) => write!(f, "{percent}%"),
            StepPoint::BeforeDue(term) => write!(f, "{term} before due"),
            StepPoint::Due => f.write_str("due"),
            StepPoint::AfterDue(term) => write!(f, "{term} after due"),
        }
    }
}

impl TryFrom<String> for StepPoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// One step: where, what happens, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where on the clock.
    pub at: StepPoint,
    /// What happens there.
    pub action: Action,
    /// Who is reminded.
    pub to: Role,
    /// Whether, after the first time, it happens again until the promise is kept.
    pub repeat: Option<Repeat>,
    /// What becomes of it when nothing could fire at its instant.
    pub missed: Missed,
}

/// How a step after the due time repeats.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// The time from one to the next.
    pub every: Term,
    /// How often at most, the first time not counted; a bound, so that a forgotten complaint falls silent at last.
    pub times: u32,
}
