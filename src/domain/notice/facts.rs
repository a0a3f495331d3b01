//! The facts of one complaint that a notice tells.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::Value;

use super::{Language, NoticeKind, audience::AudienceWords, date_in_words, promised_day};
use crate::policy::RecourseRules;

/// What a notice may tell about one complaint. Words that are blank count as not given.
///
/// Instants are told as days in `zone`, by the rule of [`promised_day`]. Start from [`Facts::new`] and fill in:
///
/// ```
/// # use redress::domain::notice::Facts;
/// # use jiff::tz::TimeZone;
/// let facts = Facts {
///     reason: Some("We wait for the network report.".to_owned()),
///     ..Facts::new("GT-4F7K-2", TimeZone::UTC)
/// };
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What the customer quotes.
    pub tracking_number: String,
    /// How the complaint will be reviewed, where the adviser says more than the standard text.
    pub review: Option<String>,
    /// The date that holds now: of the outcome, of the answer to an escalation, or of the remedy, as the kind has it.
    pub expected_by: Option<Timestamp>,
    /// The date that was promised first.
    pub first_expected_by: Option<Timestamp>,
    /// When the customer hears from us next, at the latest.
    pub next_update_by: Option<Timestamp>,
    /// The adviser's own words.
    pub message: Option<String>,
    /// Why: a date moved, work waits, a complaint was closed or taken up again.
    pub reason: Option<String>,
    /// What is offered, agreed or done.
    pub remedy: Option<String>,
    /// Whether somebody who is new to the complaint has it already.
    pub new_handler: bool,
    /// Whether the complaint was settled or over, and is reopened.
    pub reopened: bool,
    /// Whether it is at the highest level, from which it cannot be escalated.
    pub top_level: bool,
    /// Whether it is over, so that nobody works on it any more.
    pub closed: bool,
    /// The title of whoever handles the escalation, in the customer's language.
    pub level_title: Option<String>,
    /// The independent body, by the policy's rules. Every text names it when it is given.
    pub recourse: Option<Arc<RecourseRules>>,
    /// The customer's time zone, in which dates are told.
    pub zone: TimeZone,
}

impl Facts {
    /// The facts with only what every notice needs.
    pub fn new(tracking_number: impl Into<String>, zone: TimeZone) -> Self {
        Self {
            tracking_number: tracking_number.into(),
            review: None,
            expected_by: None,
            first_expected_by: None,
            next_update_by: None,
            message: None,
            reason: None,
            remedy: None,
            new_handler: false,
            reopened: false,
            top_level: false,
            closed: false,
            level_title: None,
            recourse: None,
            zone,
        }
    }

    /// The value that a text sees under the fact's name; `None` if the fact is not given.
    pub(super) fn value(
        &self,
        fact: Fact,
        language: Language,
        audience: &AudienceWords,
    ) -> Option<Value> {
        let words = |text: &Option<String>| text.as_deref().and_then(told);
        let day = |due: Option<Timestamp>| {
            due.map(|due| Value::from(date_in_words(promised_day(due, &self.zone), language)))
        };
        match fact {
            Fact::TrackingNumber => told(&self.tracking_number),
            Fact::Review => words(&self.review),
            Fact::ExpectedBy => day(self.expected_by),
            Fact::FirstExpectedBy => day(self.first_expected_by),
            Fact::NextUpdateBy => day(self.next_update_by),
            Fact::Message => words(&self.message),
            Fact::Reason => words(&self.reason),
            Fact::Remedy => words(&self.remedy),
            Fact::NewHandler => holds(self.new_handler),
            Fact::Reopened => holds(self.reopened),
            Fact::TopLevel => holds(self.top_level),
            Fact::Closed => holds(self.closed),
            Fact::LevelTitle => words(&self.level_title),
            Fact::Recourse => {
                let rules = self.recourse.as_deref()?;
                recourse(rules, language, audience.lines(rules, language))
            }
        }
    }
}

/// The words with their lines ended as in the texts, so that no letter mixes line endings.
fn told(words: &str) -> Option<Value> {
    let lines: Vec<_> = words.trim().lines().map(str::trim_end).collect();
    (!lines.is_empty()).then(|| Value::from(lines.join("\n")))
}

/// A fact that does not hold counts as not given.
fn holds(condition: bool) -> Option<Value> {
    condition.then(|| Value::from(true))
}

/// What a text may tell of the independent body. A fact that the body does not have is absent. A body that cannot be named
/// or reached counts as none.
fn recourse(rules: &RecourseRules, language: Language, audience: Vec<String>) -> Option<Value> {
    let body = rules.body.get(language.code())?;
    let facts = [
        ("name", Some(told(&body.name)?)),
        ("website", Some(told(&body.website)?)),
        ("phone", body.phone.as_deref().and_then(told)),
        ("tty", body.tty.as_deref().and_then(told)),
        ("fax", body.fax.as_deref().and_then(told)),
        ("address", body.address.as_deref().and_then(told)),
        ("time_limit", body.time_limit.as_deref().and_then(told)),
        ("toll_free", Some(Value::from(rules.toll_free))),
        ("free_of_charge", Some(Value::from(rules.free_of_charge))),
        ("audience", Some(Value::from(audience))),
    ];
    let given = facts.into_iter();
    Some(Value::from_pairs(
        given.filter_map(|(name, value)| Some((name, value?))),
    ))
}

/// The name of a fact, as the texts write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    TrackingNumber,
    Review,
    ExpectedBy,
    FirstExpectedBy,
    NextUpdateBy,
    Message,
    Reason,
    Remedy,
    NewHandler,
    Reopened,
    TopLevel,
    Closed,
    LevelTitle,
    Recourse,
}

impl Fact {
    pub(super) const ALL: [Self; 14] = [
        Self::TrackingNumber,
        Self::Review,
        Self::ExpectedBy,
        Self::FirstExpectedBy,
        Self::NextUpdateBy,
        Self::Message,
        Self::Reason,
        Self::Remedy,
        Self::NewHandler,
        Self::Reopened,
        Self::TopLevel,
        Self::Closed,
        Self::LevelTitle,
        Self::Recourse,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::TrackingNumber => "tracking_number",
            Self::Review => "review",
            Self::ExpectedBy => "expected_by",
            Self::FirstExpectedBy => "first_expected_by",
            Self::NextUpdateBy => "next_update_by",
            Self::Message => "message",
            Self::Reason => "reason",
            Self::Remedy => "remedy",
            Self::NewHandler => "new_handler",
            Self::Reopened => "reopened",
            Self::TopLevel => "top_level",
            Self::Closed => "closed",
            Self::LevelTitle => "level_title",
            Self::Recourse => "recourse",
        }
    }
}

/// What a notice cannot be sent without. Of the facts in one group, one is enough.
pub(super) fn needs(kind: NoticeKind) -> &'static [&'static [Fact]] {
    const NUMBER: &[Fact] = &[Fact::TrackingNumber];
    const EXPECTED: &[Fact] = &[Fact::ExpectedBy];
    const REASON: &[Fact] = &[Fact::Reason];
    const RECOURSE: &[Fact] = &[Fact::Recourse];
    match kind {
        NoticeKind::Acknowledgement | NoticeKind::EscalationAcknowledged => &[NUMBER, EXPECTED],
        NoticeKind::Update | NoticeKind::EnquiryAnswered => &[NUMBER, &[Fact::Message]],
        NoticeKind::PromiseChanged => &[NUMBER, REASON, &[Fact::FirstExpectedBy], EXPECTED],
        NoticeKind::OutcomeProposed => &[NUMBER, &[Fact::Message, Fact::Remedy]],
        NoticeKind::Recourse | NoticeKind::ReferralRecorded | NoticeKind::Withdrawn => {
            &[NUMBER, RECOURSE]
        }
        NoticeKind::Paused => &[NUMBER, REASON],
        NoticeKind::ClosedWithRecourse => &[NUMBER, REASON, RECOURSE],
        NoticeKind::OutcomeAccepted
        | NoticeKind::RemedyCarriedOut
        | NoticeKind::ResolvedAtFirstContact
        | NoticeKind::EscalationReceived
        | NoticeKind::ClosedAccepted
        | NoticeKind::Reopened
        | NoticeKind::Resumed
        | NoticeKind::EnquiryConverted => &[NUMBER],
    }
}
