//! The facts of one complaint that a notice tells.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::Value;

use super::{
    Language, NoticeKind,
    dates::{Day, promised_day},
    names::Names,
    variety::Variety,
};
use crate::{domain::issue::Issue, policy::RecourseRules};

/// What the head of every notice tells: which complaint it is about, and when it was issued.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// What the customer quotes.
    pub tracking_number: String,
    /// When the notice is issued.
    pub issued_at: Timestamp,
    /// When the complaint reached the provider.
    pub received_at: Timestamp,
    /// What it is about.
    pub issues: Vec<Issue>,
}

/// What a notice may tell about one complaint. Words that are blank count as not given.
///
/// Instants are told as days in `zone`: those by which something is promised by the rule of [`promised_day`], others as the
/// day on which they fall. Start from [`Facts::new`] and fill in:
///
/// ```
/// # use redress::domain::notice::{Facts, Head};
/// # use jiff::{Timestamp, tz::TimeZone};
/// let head = Head {
///     tracking_number: "GT-4F7K-2".to_owned(),
///     issued_at: Timestamp::UNIX_EPOCH,
///     received_at: Timestamp::UNIX_EPOCH,
///     issues: Vec::new(),
/// };
/// let facts = Facts {
///     reason: Some("We wait for the network report.".to_owned()),
///     ..Facts::new(head, TimeZone::UTC)
/// };
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Which complaint, and when.
    pub head: Head,
    /// How the complaint will be reviewed, where the adviser says more than the standard text.
    pub review: Option<String>,
    /// The date that holds now: of the outcome, of the answer to an escalation, or of the remedy, as the kind has it.
    pub expected_by: Option<Timestamp>,
    /// The date that was promised first.
    pub first_expected_by: Option<Timestamp>,
    /// When the customer hears from us next, at the latest. Not told where the date that holds now is no later: the customer
    /// hears by then.
    pub next_update_by: Option<Timestamp>,
    /// By when the customer is asked for an answer. After silence the complaint may be closed or, where work waits for the
    /// answer, goes on without it.
    pub answer_by: Option<Timestamp>,
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
    /// The titles of the levels that it can be escalated to, in the customer's language; none at the highest one.
    pub higher_levels: Vec<String>,
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
    #[must_use]
    pub fn new(head: Head, zone: TimeZone) -> Self {
        Self {
            head,
            review: None,
            expected_by: None,
            first_expected_by: None,
            next_update_by: None,
            answer_by: None,
            message: None,
            reason: None,
            remedy: None,
            new_handler: false,
            reopened: false,
            higher_levels: Vec::new(),
            closed: false,
            level_title: None,
            recourse: None,
            zone,
        }
    }

    /// The value that a text sees under the fact's name; `None` if the fact is not given.
    pub(super) fn value(&self, fact: Variable, variety: Variety, names: &Names) -> Option<Value> {
        let words = |text: &Option<String>| text.as_deref().and_then(told);
        let promised = |due: Timestamp| promised_day(due, &self.zone);
        let day = |due: Option<Timestamp>| {
            let date = promised(due?);
            Some(Value::from_object(Day { date, variety }))
        };
        let past = |at: Timestamp| {
            let date = self.zone.to_datetime(at).date();
            Some(Value::from(Day { date, variety }.without_weekday()))
        };
        match fact {
            Variable::TrackingNumber => told(&self.head.tracking_number),
            Variable::IssuedOn => past(self.head.issued_at),
            Variable::ReceivedOn => past(self.head.received_at),
            Variable::About => names.matters(&self.head.issues, variety).map(Value::from),
            Variable::Review => words(&self.review),
            Variable::ExpectedBy => day(self.expected_by),
            Variable::FirstExpectedBy => day(self.first_expected_by),
            Variable::NextUpdateBy => {
                let expected = self.expected_by.map(promised);
                let sooner = |next: &Timestamp| expected.is_none_or(|day| promised(*next) < day);
                day(self.next_update_by.filter(sooner))
            }
            Variable::AnswerBy => day(self.answer_by),
            Variable::Message => words(&self.message),
            Variable::Reason => words(&self.reason),
            Variable::Remedy => words(&self.remedy),
            Variable::NewHandler => holds(self.new_handler),
            Variable::Reopened => holds(self.reopened),
            Variable::HigherLevels => told(&self.higher_levels.join(", ")),
            Variable::Closed => holds(self.closed),
            Variable::LevelTitle => words(&self.level_title),
            Variable::Recourse => {
                let rules = self.recourse.as_deref()?;
                recourse(rules, variety.language(), names.audience(rules, variety))
            }
        }
    }
}

/// The words with their lines ended as in the texts, so that no letter mixes line endings. `None`: they are blank. Notices on
/// record are put together with it, so what it makes of any words never changes.
pub(super) fn told_words(words: &str) -> Option<String> {
    let lines: Vec<_> = words.trim().lines().map(str::trim_end).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn told(words: &str) -> Option<Value> {
    told_words(words).map(Value::from)
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
        ("toll_free", body.toll_free.map(Value::from)),
        ("phone_cost", body.phone_cost.as_deref().and_then(told)),
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
pub(super) enum Variable {
    TrackingNumber,
    IssuedOn,
    ReceivedOn,
    About,
    Review,
    ExpectedBy,
    FirstExpectedBy,
    NextUpdateBy,
    AnswerBy,
    Message,
    Reason,
    Remedy,
    NewHandler,
    Reopened,
    HigherLevels,
    Closed,
    LevelTitle,
    Recourse,
}

impl Variable {
    pub(super) const ALL: [Self; 18] = [
        Self::TrackingNumber,
        Self::IssuedOn,
        Self::ReceivedOn,
        Self::About,
        Self::Review,
        Self::ExpectedBy,
        Self::FirstExpectedBy,
        Self::NextUpdateBy,
        Self::AnswerBy,
        Self::Message,
        Self::Reason,
        Self::Remedy,
        Self::NewHandler,
        Self::Reopened,
        Self::HigherLevels,
        Self::Closed,
        Self::LevelTitle,
        Self::Recourse,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::TrackingNumber => "tracking_number",
            Self::IssuedOn => "issued_on",
            Self::ReceivedOn => "received_on",
            Self::About => "about",
            Self::Review => "review",
            Self::ExpectedBy => "expected_by",
            Self::FirstExpectedBy => "first_expected_by",
            Self::NextUpdateBy => "next_update_by",
            Self::AnswerBy => "answer_by",
            Self::Message => "message",
            Self::Reason => "reason",
            Self::Remedy => "remedy",
            Self::NewHandler => "new_handler",
            Self::Reopened => "reopened",
            Self::HigherLevels => "higher_levels",
            Self::Closed => "closed",
            Self::LevelTitle => "level_title",
            Self::Recourse => "recourse",
        }
    }
}

/// What no notice can be issued without, in groups: of the facts in one group, one is enough.
pub(super) const HEAD: &[&[Variable]] = &[
    &[Variable::TrackingNumber],
    &[Variable::IssuedOn],
    &[Variable::ReceivedOn],
];

/// What a notice of this kind cannot be issued without beside the [`HEAD`], in groups likewise.
pub(super) fn needs(kind: NoticeKind) -> &'static [&'static [Variable]] {
    const EXPECTED: &[Variable] = &[Variable::ExpectedBy];
    const REASON: &[Variable] = &[Variable::Reason];
    const RECOURSE: &[Variable] = &[Variable::Recourse];
    match kind {
        NoticeKind::Acknowledgement | NoticeKind::EscalationAcknowledged => &[EXPECTED],
        NoticeKind::Update | NoticeKind::EnquiryAnswered => &[&[Variable::Message]],
        NoticeKind::PromiseChanged => &[REASON, &[Variable::FirstExpectedBy], EXPECTED],
        NoticeKind::OutcomeProposed => &[&[Variable::Message, Variable::Remedy]],
        NoticeKind::Recourse | NoticeKind::ReferralRecorded | NoticeKind::Withdrawn => &[RECOURSE],
        NoticeKind::Paused => &[REASON],
        NoticeKind::ClosedWithRecourse => &[REASON, RECOURSE],
        NoticeKind::OutcomeAccepted
        | NoticeKind::RemedyCarriedOut
        | NoticeKind::ResolvedAtFirstContact
        | NoticeKind::EscalationReceived
        | NoticeKind::ClosedAccepted
        | NoticeKind::Reopened
        | NoticeKind::Resumed
        | NoticeKind::EnquiryConverted
        | NoticeKind::ReviewContinues => &[],
    }
}

/// The parts of facts that are given wherever the whole is.
pub(super) const PARTS: [&str; 7] = [
    "expected_by.alone",
    "first_expected_by.alone",
    "next_update_by.alone",
    "answer_by.alone",
    "recourse.name",
    "recourse.website",
    "recourse.audience",
];

/// The parts of facts that are lists.
pub(super) const LISTS: [&str; 1] = ["recourse.audience"];
