//! A policy file as it is written, and the error that says where it is wrong.

use std::{collections::BTreeMap, ops::Range};

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Action, Channel, EligibleRule, EscalationReason, PauseRules, Policy, RecourseBody, Repeat,
    Role, ServiceKind, StepPoint, Trigger, check,
};
use crate::calendar::{CalendarBook, Term, TextPlace};

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

impl PolicyError {
    fn at(file: &str, text: &str, span: Range<usize>, reason: String) -> Self {
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
    /// Reads and checks a policy file. `file` is its name for error messages.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(file: &str, text: &str, calendars: &CalendarBook) -> Result<Policy, PolicyError> {
        let written: PolicyFile = toml::from_str(text).map_err(|error| {
            let reason = error.message().trim().to_owned();
            PolicyError::at(file, text, error.span().unwrap_or(0..0), reason)
        })?;
        check::check(&written, text, calendars)
            .map_err(|fault| PolicyError::at(file, text, fault.span, fault.reason))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) effective_from: Spanned<toml::value::Datetime>,
    pub(super) effective_until: Option<Spanned<toml::value::Datetime>>,
    /// Other codes that bind the same complaints.
    #[serde(default)]
    pub(super) beside: Vec<Spanned<String>>,
    pub(super) calendar: Spanned<String>,
    #[serde(default)]
    pub(super) receipt_calendars: BTreeMap<Channel, Spanned<String>>,
    pub(super) silence: Term,
    #[serde(default, rename = "clock")]
    pub(super) clocks: Vec<Spanned<ClockFile>>,
    pub(super) escalation: EscalationFile,
    pub(super) pause: PauseRules,
    pub(super) recourse: RecourseFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockFile {
    pub(super) name: Spanned<String>,
    pub(super) source: String,
    pub(super) owner: Role,
    pub(super) starts_on: Vec<Trigger>,
    #[serde(default)]
    pub(super) stops_on: Vec<Trigger>,
    #[serde(default)]
    pub(super) restarts_on: Vec<Trigger>,
    #[serde(default)]
    pub(super) pausable: bool,
    #[serde(default)]
    pub(super) follows_promise: bool,
    #[serde(default)]
    pub(super) outlives_closure: bool,
    pub(super) target: Term,
    #[serde(default)]
    pub(super) target_by_channel: BTreeMap<Channel, Term>,
    pub(super) target_urgent: Option<Term>,
    pub(super) steps: Vec<Spanned<StepFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepFile {
    pub(super) at: StepPoint,
    pub(super) action: Action,
    pub(super) to: Role,
    pub(super) repeat: Option<Repeat>,
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
pub(super) struct RecourseFile {
    pub(super) from_level: Spanned<usize>,
    pub(super) source: String,
    pub(super) services: Vec<ServiceKind>,
    #[serde(default)]
    pub(super) consumer_only: Vec<ServiceKind>,
    pub(super) small_business_limit_cents: i64,
    pub(super) body: Spanned<BTreeMap<String, RecourseBody>>,
}

/// A day of the calendar, from TOML's local date.
pub(super) fn civil_date(written: &Spanned<toml::value::Datetime>) -> Result<Date, check::Fault> {
    let fault = || check::Fault::new(written.span(), "expected a date such as 2026-04-08");
    let datetime = written.get_ref();
    let (Some(date), None, None) = (datetime.date, datetime.time, datetime.offset) else {
        return Err(fault());
    };
    let number = |value: u8| i8::try_from(value).map_err(|_| fault());
    let year = i16::try_from(date.year).map_err(|_| fault())?;
    Date::new(year, number(date.month)?, number(date.day)?).map_err(|_| fault())
}
