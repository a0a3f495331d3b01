//! Codes of practice as data: the clocks that a provider promised, their reminders, the escalation rules and the
//! recourse. A policy is immutable: its version is the digest of its text.

mod book;
mod check;
mod combined_policy;
mod cross_checks;
mod file;
pub mod known;
mod proposal;
mod step;
#[cfg(test)]
mod tests;
mod words;

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use self::file::Places;
pub(crate) use self::words::words;
pub use self::{
    book::{PolicyBook, PolicyRef},
    file::PolicyError,
    known::UnknownPolicy,
    proposal::{CannotRule, FileText, Proposal, ProposalError},
    step::{Repeat, Step, StepPoint},
    words::{
        Action, Channel, CustomerType, EscalationReason, Missed, Role, ServiceKind, Trigger,
        UnknownWord,
    },
};
use crate::calendar::{Calendar, OutOfRange, Roll, Term};

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
    /// [bound](PolicyBook::bound) to a complaint.
    pub bound_additional: Vec<PolicyRef>,
    /// The promises, in the order of the file; those of the codes beside it come after its own.
    pub clocks: Vec<ClockRule>,
    /// The levels and what flags a complaint for them.
    pub escalation: EscalationRules,
    /// Pauses.
    pub pause: PauseRules,
    /// How long the customer's silence to an outcome must last before it may close the complaint.
    pub silence: Term,
    /// The independent body.
    pub recourse: Arc<RecourseRules>,
    /// The file's text, kept so that every decision can be traced to it.
    pub text: String,
    /// Where in the text stands what is checked against other files.
    places: Arc<Places>,
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

    fn in_force_on(&self, day: Date) -> bool {
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

    /// The highest level there is.
    #[must_use]
    pub fn top_level(&self) -> usize {
        self.escalation.levels.len().saturating_sub(1)
    }
}

/// Which code of practice a promise belongs to, and what it counts in.
#[derive(Debug, Clone)]
pub struct Code {
    /// Its name and version.
    pub policy: PolicyRef,
    /// A name for people.
    pub title: String,
    /// Where the code of practice stands.
    pub source: String,
    /// The calendar that its clocks count in.
    pub calendar: Arc<Calendar>,
    /// If a channel is received elsewhere, that place's calendar: what arrives on a day off there counts from the next
    /// working instant there.
    pub receipt_calendars: BTreeMap<Channel, Arc<Calendar>>,
    /// The working days of its calendar with the hours in which staff are reminded; `None`: at any time. It holds for every
    /// reminder about a complaint that comes under this code, of a clock of another code too.
    pub staff_hours: Option<Arc<Calendar>>,
    /// How late a step of its clocks still fires that is [skipped](Missed::Skip) when it is missed.
    pub grace: Term,
}

impl Code {
    /// When the promises start to count for something received at this instant on this channel.
    ///
    /// Where the channel has a receipt calendar, what arrives on a day off there counts from the next working instant
    /// there. What arrives on a working day counts from its arrival, at any hour: the day of arrival is a day, and a term in
    /// days does not count it.
    ///
    /// # Errors
    /// When the place of receipt has no working instant within reach.
    pub fn counts_from(
        &self,
        received: Timestamp,
        channel: Channel,
    ) -> Result<Timestamp, OutOfRange> {
        match self.receipt_calendars.get(&channel) {
            Some(place) if !place.is_working_day(place.date_of(received)) => {
                place.next_working_instant(received)
            }
            _ => Ok(received),
        }
    }

    /// Every calendar that it counts in, by name.
    #[must_use]
    pub fn calendars(&self) -> BTreeMap<&str, &Arc<Calendar>> {
        let all = self.receipt_calendars.values().chain([&self.calendar]);
        all.map(|calendar| (calendar.name(), calendar)).collect()
    }
}

impl PartialEq for Code {
    /// A version stands for its text and its calendars.
    fn eq(&self, other: &Self) -> bool {
        self.policy == other.policy
    }
}

/// One promise: what starts it, what keeps it, and how long it may take.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockRule {
    /// Unique among all codes that bind a complaint, for example `acknowledgement`.
    pub name: String,
    /// The code that makes this promise.
    pub code: Arc<Code>,
    /// Where the promise stands.
    pub source: String,
    /// Who must act to keep it.
    pub owner: Role,
    /// What starts it, where it does not run yet.
    pub starts_on: Vec<Trigger>,
    /// What keeps the promise.
    pub stops_on: Vec<Trigger>,
    /// What keeps the promise and makes it again, in a new cycle.
    pub restarts_on: Vec<Trigger>,
    /// Whether a pause of the complaint stops the counting. Statutory clocks never pause.
    pub pausable: bool,
    /// Whether the date that the customer was promised replaces the target.
    pub follows_promise: bool,
    /// Whether no date may be promised to the customer that lies after its due time, unless staff give a reason.
    pub bounds_promise: bool,
    /// Whether it runs on when the complaint is closed or withdrawn, as an obligation to somebody else.
    pub outlives_closure: bool,
    /// Whether it runs for urgent complaints alone.
    pub urgent_only: bool,
    /// The time allowed, where no more special target fits.
    pub target: Term,
    /// The time allowed if the clock starts on this day or a later one, in the zone of the code's calendar; replaces
    /// [`Self::target`] and no other. The latest such day applies.
    pub target_by_start: BTreeMap<Date, Term>,
    /// The time allowed for what comes by a channel.
    pub target_by_channel: BTreeMap<Channel, Term>,
    /// The time allowed for a matter that was known for long; goes before the channel's.
    pub target_known_for: Option<KnownFor>,
    /// The time allowed for an urgent complaint; goes before all others.
    pub target_urgent: Option<Term>,
    /// What becomes of a last day without working time, where the target is in calendar days, weeks, months or years.
    pub roll: Roll,
    /// In the order in which they are reached. Exactly one stands at the due point.
    pub steps: Vec<Step>,
}

impl ClockRule {
    /// Whether the promise is made for such a complaint at all.
    #[must_use]
    pub fn applies_to(&self, circumstances: &Circumstances) -> bool {
        circumstances.urgent || !self.urgent_only
    }

    /// The time allowed for such a complaint, where the promise begins to count at `start`.
    ///
    /// # Errors
    /// When the calendar cannot count back how long the matter must have been known.
    pub fn target_for(
        &self,
        circumstances: &Circumstances,
        start: Timestamp,
    ) -> Result<(TargetKind, &Term), OutOfRange> {
        if let (Some(term), true) = (&self.target_urgent, circumstances.urgent) {
            return Ok((TargetKind::Urgent, term));
        }
        if let Some(KnownFor { over, target }) = &self.target_known_for
            && circumstances.known_since < self.code.calendar.before(start, over)?
        {
            return Ok((TargetKind::KnownFor, target));
        }
        let channel = circumstances.channel;
        if let Some(term) = self.target_by_channel.get(&channel) {
            return Ok((TargetKind::Channel(channel), term));
        }
        let started = self.code.calendar.date_of(start);
        let mut by_start = self.target_by_start.range(..=started);
        Ok(match by_start.next_back() {
            Some((day, term)) => (TargetKind::StartedSince(*day), term),
            None => (TargetKind::General, &self.target),
        })
    }
}

/// Which of a rule's targets it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// Where no more special one fits.
    General,
    /// For clocks that start on this day or later.
    StartedSince(Date),
    /// For what comes by this channel.
    Channel(Channel),
    /// For a matter that was known for long.
    KnownFor,
    /// For what is urgent.
    Urgent,
}

/// What about a complaint decides how long a promise to it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// By which it came.
    pub channel: Channel,
    /// Hardship, a disconnection, or safety.
    pub urgent: bool,
    /// When the customer first spoke of the matter: it was known at the latest then.
    pub known_since: Timestamp,
}

/// A target for a matter that the customer has known for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFor {
    /// For longer than this when the clock starts.
    pub over: Term,
    /// The time that is allowed then.
    pub target: Term,
}

/// The ladder that a complaint climbs, on the customer's word.
#[derive(Debug, Clone, PartialEq)]
pub struct EscalationRules {
    /// The titles of the levels by language code, from the first line upwards; at least two levels.
    pub levels: Vec<BTreeMap<String, String>>,
    /// What flags a complaint as eligible.
    pub eligible: Vec<EligibleRule>,
}

/// One reason that flags a complaint.
#[derive(Debug, Clone, PartialEq)]
pub struct EligibleRule {
    /// The reason.
    pub reason: EscalationReason,
    /// The clock that must be overdue, for the reasons that come from a clock.
    pub clock: Option<String>,
}

/// How long the internal targets may stand still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseRules {
    /// The longest that one pause may last.
    pub longest: Term,
}

/// The independent body, and when the customer is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecourseRules {
    /// From this level on, each level that is reached makes the notice due.
    pub from_level: usize,
    /// Where these rules stand.
    pub source: String,
    /// Whose complaints the body takes.
    pub customers: Vec<CustomerType>,
    /// The services that the body takes complaints about.
    pub services: Vec<ServiceKind>,
    /// Those of them that it takes from individual consumers only.
    pub consumer_only: Vec<ServiceKind>,
    /// The largest net monthly invoice, in cents, of a small business that it takes complaints from; `None`: it has no such
    /// limit.
    pub small_business_limit_cents: Option<i64>,
    /// Whether the body's help costs the customer nothing.
    pub free_of_charge: bool,
    /// The body's name and addresses, by language code. What one language gives, all give.
    pub body: BTreeMap<String, RecourseBody>,
}

impl RecourseRules {
    /// The services that the body takes complaints about from such a customer, where it takes any from them.
    #[must_use]
    pub fn services_for(&self, customer: CustomerType) -> Vec<ServiceKind> {
        let taken = |service: &ServiceKind| {
            customer == CustomerType::Consumer || !self.consumer_only.contains(service)
        };
        self.services.iter().copied().filter(taken).collect()
    }
}

/// The independent body as one language calls it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecourseBody {
    /// Its name.
    pub name: String,
    /// Its website, without a scheme.
    pub website: String,
    /// Its telephone number as it prints it; `None`: it has none.
    pub phone: Option<String>,
    /// Whether a call to that number costs the caller nothing; given wherever the number is, and nowhere else.
    pub toll_free: Option<bool>,
    /// What such a call costs, where it is not free, as words in brackets: "the price of a call to a landline". `None`: the
    /// customer is told nothing of it.
    pub phone_cost: Option<String>,
    /// Its number for text telephones.
    pub tty: Option<String>,
    /// Its fax number.
    pub fax: Option<String>,
    /// Its postal address, on one line.
    pub address: Option<String>,
    /// The time limit for turning to it, as the end of a sentence: "within 12 months of this letter".
    pub time_limit: Option<String>,
}
