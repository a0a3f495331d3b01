//! A policy file as it is written.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::{
    escalation::EligibleRule,
    places::Places,
    recourse::RecourseBody,
    step::{Repeat, StepPoint},
    words::{
        Action, Channel, CustomerType, EscalationReason, Missed, Role, ServiceKind, Told, Trigger,
    },
};
use crate::calendar::{Roll, Term};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    pub(super) source: String,
    /// A day, or that there is none yet.
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
    /// When the customer counts as told.
    pub(super) told: Option<Told>,
    #[serde(default, rename = "clock")]
    pub(super) clocks: Vec<Spanned<ClockFile>>,
    pub(super) escalation: EscalationFile,
    pub(super) pause: PauseFile,
    pub(super) retention: Option<Spanned<RetentionFile>>,
    pub(super) recourse: RecourseFile,
}

impl PolicyFile {
    pub(super) fn places(&self, file: &str) -> Places {
        let clocks = self.clocks.iter();
        Places {
            file: file.to_owned(),
            name: self.name.span(),
            effective_from: self.effective_from.span(),
            additional_policies: self.additional_policies.iter().map(Spanned::span).collect(),
            clocks: clocks.map(|clock| clock.get_ref().name.span()).collect(),
            from_level: self.recourse.from_level.span(),
        }
    }
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
pub(super) struct RetentionFile {
    pub(super) minimum: Option<Spanned<Term>>,
    pub(super) maximum: Option<Spanned<Term>>,
    pub(super) source: Spanned<String>,
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
