//! A policy file as it is written, and the error that says where it is wrong.

use std::{collections::BTreeMap, ops::Range};

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Action, Channel, CustomerType, EligibleRule, EscalationReason, Missed, Policy, RecourseBody,
    Repeat, Role, ServiceKind, StepPoint, Trigger, check,
};
use crate::calendar::{CalendarBook, Roll, Term, TextPlace, bounds};

/// Why a policy file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct PolicyError {
    /// The file's name as it was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, and what is expected.
    pub reason: String,
}

/// The longest policy, in bytes. It is kept for each of its versions, and read by each process that starts.
pub(super) const MOST_BYTES: usize = 256 << 10;

/// Whether the terms of a policy are tried in its calendars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trial {
    /// On the first working morning of its effective period.
    OnAMorning,
    None,
}

impl PolicyError {
    pub(super) fn at(file: &str, text: &str, span: Range<usize>, reason: String) -> Self {
        let TextPlace { line, column } = TextPlace::of(text, span.start);
        PolicyError {
            file: file.to_owned(),
            line,
            column,
            reason,
        }
    }
}

impl Policy {
    /// Reads and checks a policy file. `file` is its name for error messages. It has at most 256 KiB, 50 clocks, and none of
    /// the characters that nobody can see.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(file: &str, text: &str, calendars: &CalendarBook) -> Result<Policy, PolicyError> {
        bounds::check(text, MOST_BYTES)
            .map_err(|out| PolicyError::at(file, text, out.span, out.reason))?;
        Self::read(file, text, calendars, Trial::OnAMorning)
    }

    /// Reads a text again that was taken before. Its terms are not tried anew: the calendars may have become others since,
    /// and a complaint keeps its policy all the same.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place.
    pub fn parse_kept(
        file: &str,
        text: &str,
        calendars: &CalendarBook,
    ) -> Result<Policy, PolicyError> {
        Self::read(file, text, calendars, Trial::None)
    }

    fn read(
        file: &str,
        text: &str,
        calendars: &CalendarBook,
        trial: Trial,
    ) -> Result<Policy, PolicyError> {
        let written: PolicyFile = toml::from_str(text).map_err(|error| {
            let reason = error.message().trim().to_owned();
            PolicyError::at(file, text, error.span().unwrap_or(0..0), reason)
        })?;
        check::check(&written, (file, text), calendars, trial)
            .map_err(|fault| PolicyError::at(file, text, fault.span, fault.reason))
    }

    /// An error at a place in the text that this policy was read from.
    pub(super) fn error_at(&self, span: Range<usize>, reason: String) -> PolicyError {
        PolicyError::at(&self.places.file, &self.text, span, reason)
    }
}

/// Where in a policy's text stands what is checked against other files.
#[derive(Debug)]
pub(super) struct Places {
    /// The file's name as it was given.
    pub(super) file: String,
    pub(super) name: Range<usize>,
    pub(super) effective_from: Range<usize>,
    /// In the order of [`Policy::beside`].
    pub(super) additional_policies: Vec<Range<usize>>,
    /// The names of its own clocks, in their order.
    pub(super) clocks: Vec<Range<usize>>,
    pub(super) from_level: Range<usize>,
}

impl Places {
    pub(super) fn of(file: &str, written: &PolicyFile) -> Self {
        let clocks = written.clocks.iter();
        Places {
            file: file.to_owned(),
            name: written.name.span(),
            effective_from: written.effective_from.span(),
            additional_policies: written
                .additional_policies
                .iter()
                .map(Spanned::span)
                .collect(),
            clocks: clocks.map(|clock| clock.get_ref().name.span()).collect(),
            from_level: written.recourse.from_level.span(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    pub(super) source: String,
    /// A day, or [`NO_FIRST_DAY`].
    pub(super) effective_from: Spanned<toml::Value>,
    pub(super) effective_until: Option<Spanned<toml::value::Datetime>>,
    /// Other codes that bind the same complaints.
    #[serde(default)]
    pub(super) additional_policies: Vec<Spanned<String>>,
    pub(super) calendar: Spanned<String>,
    #[serde(default)]
    pub(super) receipt_calendars: BTreeMap<Channel, Spanned<String>>,
    pub(super) staff_hours: Option<Spanned<String>>,
    pub(super) grace: Option<Spanned<Term>>,
    pub(super) silence: Spanned<Term>,
    #[serde(default, rename = "clock")]
    pub(super) clocks: Vec<Spanned<ClockFile>>,
    pub(super) escalation: EscalationFile,
    pub(super) pause: PauseFile,
    pub(super) recourse: RecourseFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockFile {
    pub(super) name: Spanned<String>,
    pub(super) source: Spanned<String>,
    pub(super) owner: Role,
    pub(super) starts_on: Vec<Spanned<Trigger>>,
    #[serde(default)]
    pub(super) stops_on: Vec<Spanned<Trigger>>,
    #[serde(default)]
    pub(super) restarts_on: Vec<Spanned<Trigger>>,
    #[serde(default)]
    pub(super) pausable: bool,
    #[serde(default)]
    pub(super) follows_promise: bool,
    #[serde(default)]
    pub(super) bounds_promise: bool,
    #[serde(default)]
    pub(super) outlives_closure: bool,
    #[serde(default)]
    pub(super) urgent_only: bool,
    pub(super) target: Spanned<Term>,
    #[serde(default)]
    pub(super) target_by_start: BTreeMap<Date, Spanned<Term>>,
    #[serde(default)]
    pub(super) target_by_channel: BTreeMap<Channel, Spanned<Term>>,
    pub(super) target_known_for: Option<KnownForFile>,
    pub(super) target_urgent: Option<Spanned<Term>>,
    #[serde(default)]
    pub(super) roll: Roll,
    pub(super) steps: Vec<Spanned<StepFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownForFile {
    pub(super) over: Spanned<Term>,
    pub(super) target: Spanned<Term>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepFile {
    pub(super) at: StepPoint,
    pub(super) action: Action,
    pub(super) to: Role,
    pub(super) repeat: Option<Repeat>,
    pub(super) missed: Option<Spanned<Missed>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EscalationFile {
    pub(super) levels: Spanned<Vec<BTreeMap<String, String>>>,
    #[serde(default)]
    pub(super) eligible: Vec<Spanned<EligibleFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EligibleFile {
    pub(super) reason: EscalationReason,
    pub(super) clock: Option<String>,
}

impl From<&EligibleFile> for EligibleRule {
    fn from(written: &EligibleFile) -> Self {
        EligibleRule {
            reason: written.reason,
            clock: written.clock.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PauseFile {
    pub(super) longest: Spanned<Term>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecourseFile {
    pub(super) from_level: Spanned<usize>,
    pub(super) source: String,
    pub(super) customers: Spanned<Vec<Spanned<CustomerType>>>,
    pub(super) services: Vec<Spanned<ServiceKind>>,
    #[serde(default)]
    pub(super) consumer_only: Vec<Spanned<ServiceKind>>,
    pub(super) small_business_limit_cents: Option<Spanned<i64>>,
    pub(super) free_of_charge: bool,
    pub(super) body: Spanned<BTreeMap<String, RecourseBody>>,
}

/// The `effective_from` of a policy that has no first day yet, such as one that a regulator proposes. It has to be
/// explicit, so that a file without the line is an error and not a policy that silently is never in force.
const NO_FIRST_DAY: &str = "not set";

/// The first day of a policy; `None`: it has none yet.
pub(super) fn first_day(written: &Spanned<toml::Value>) -> Result<Option<Date>, check::Fault> {
    let day = match written.get_ref() {
        toml::Value::String(word) if word == NO_FIRST_DAY => return Ok(None),
        toml::Value::Datetime(day) => day_of(day),
        _ => None,
    };
    let expected = format!("expected a date such as 2026-04-08, or {NO_FIRST_DAY:?}");
    day.map(Some)
        .ok_or_else(|| check::Fault::new(written.span(), expected))
}

/// A day of the calendar, from TOML's local date.
pub(super) fn civil_date(written: &Spanned<toml::value::Datetime>) -> Result<Date, check::Fault> {
    let expected = "expected a date such as 2026-04-08";
    day_of(written.get_ref()).ok_or_else(|| check::Fault::new(written.span(), expected))
}

fn day_of(written: &toml::value::Datetime) -> Option<Date> {
    let (Some(date), None, None) = (written.date, written.time, written.offset) else {
        return None;
    };
    let number = |value: u8| i8::try_from(value).ok();
    let year = i16::try_from(date.year).ok()?;
    Date::new(year, number(date.month)?, number(date.day)?).ok()
}
