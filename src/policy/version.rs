//! One version of a policy.

use std::{fmt, sync::Arc};

use jiff::{Timestamp, civil::Date};

use super::{
    clock_rule::ClockRule,
    code::{Code, PolicyRef},
    escalation::EscalationRules,
    places::Places,
    recourse::RecourseRules,
    retention::{Retention, RetentionRule, closed_before, retention},
    words::Told,
};
use crate::calendar::{Calendar, OutOfRange, Term};

/// One version of a code of practice, checked and complete.
#[derive(Clone)]
pub struct Policy {
    /// Which code of practice it is.
    pub code: Arc<Code>,
    /// The first day, in the zone of its calendar, on which a complaint is received under it. `None`: not set yet, as for a
    /// rule that is only proposed; such a version is never in force.
    pub effective_from: Option<Date>,
    /// The last such day; `None`: until further notice.
    pub effective_until: Option<Date>,
    /// The names of other codes that bind the same complaints, such as the regulator's.
    pub additional_policies: Vec<String>,
    /// The versions of those codes whose clocks are among [`Self::clocks`]: none until the policy is
    /// [bound](super::PolicyBook::bound) to a complaint.
    pub bound_additional: Vec<PolicyRef>,
    /// The promises, in the order of the file; those of the codes beside it come after its own.
    pub clocks: Vec<ClockRule>,
    /// The levels and what flags a complaint for them.
    pub escalation: EscalationRules,
    /// Pauses.
    pub pause: PauseRules,
    /// How long the customer's silence to an outcome must last before it may close the complaint.
    pub silence: Term,
    /// When a customer counts as told what a notice says.
    pub told: Told,
    /// For how long personal data are kept: what this code says, and those bound to it. Empty: none says anything, so they
    /// are kept until somebody has them erased.
    pub retention: Vec<RetentionRule>,
    /// The independent body.
    pub recourse: Arc<RecourseRules>,
    /// The file's text, kept so that every decision can be traced to it.
    pub text: String,
    /// Where in the text stands what is checked against other files.
    pub(super) places: Arc<Places>,
}

impl fmt::Debug for Policy {
    /// Its versions: the rest follows from them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("Policy");
        tuple.field(&self.code.policy);
        tuple.field(&self.bound_additional).finish()
    }
}

impl Policy {
    /// What complaints that keep this version name it by.
    #[must_use]
    pub fn reference(&self) -> PolicyRef {
        self.code.policy.clone()
    }

    /// What callers name it by, for example `ca-jive`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.code.policy.name
    }

    /// The version of this text with these calendars.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.code.policy.version
    }

    /// The calendar that its own clocks count in.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.code.calendar
    }

    /// The rule of a clock by name.
    #[must_use]
    pub fn clock(&self, name: &str) -> Option<&ClockRule> {
        self.clocks.iter().find(|rule| rule.name == name)
    }

    /// Whether a complaint that is received at this instant comes under this version.
    #[must_use]
    pub fn in_force_at(&self, received: Timestamp) -> bool {
        let day = self.calendar().zone().to_datetime(received).date();
        self.in_force_on(day)
    }

    pub(super) fn in_force_on(&self, day: Date) -> bool {
        self.effective_from.is_some_and(|first| first <= day)
            && self.effective_until.is_none_or(|last| day <= last)
    }

    /// The title of a level of escalation, in the language of this code; 0 is the first line.
    #[must_use]
    pub fn level_title(&self, level: usize, language: &str) -> &str {
        self.escalation
            .levels
            .get(level)
            .and_then(|titles| titles.get(language))
            .map_or("", |title| title)
    }

    /// For how long the personal data are kept of a complaint that was closed at this instant, by all codes that are bound
    /// together.
    ///
    /// # Errors
    /// When that ends beyond what the calendar can count.
    pub fn retention_of(&self, closed_at: Timestamp) -> Result<Retention, OutOfRange> {
        retention(&self.retention, closed_at, self.calendar())
    }

    /// Nothing that was closed after this instant has passed its longest retention now; something that was closed before it
    /// may not have either. `None`: personal data are kept until somebody has them erased.
    #[must_use]
    pub fn closed_before_retention(&self, now: Timestamp) -> Option<Timestamp> {
        closed_before(&self.retention, now, self.calendar())
    }

    /// The highest level there is.
    #[must_use]
    pub fn top_level(&self) -> usize {
        self.escalation.levels.len().saturating_sub(1)
    }
}

/// How long the internal targets may stand still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseRules {
    /// The longest that one pause may last.
    pub longest: Term,
}
