//! What a command leads to: a decision, or a refusal.

use jiff::Timestamp;

use super::{
    case::Case,
    command::CommandKind,
    complaint::State,
    customer::ContactMeans,
    event::Event,
    fate::{NoticeFate, NoticeState},
    field::Field,
    link::LinkKind,
    notice::{Language, NoticeKind, NoticeTextError},
    personal::Personal,
    referred::ReferralStage,
    replay::ReplayError,
};
use crate::{
    calendar::OutOfRange,
    policy::{Channel, RecourseBody},
};

/// Everything that is to be committed together.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The complaint afterwards. Of its clocks, those that were live before, and those that are new.
    pub case: Case,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The personal data that came with an event, by the event's sequence number.
    pub personal: Vec<(i64, Personal)>,
    /// What the customer is told.
    pub notices: Vec<Notice>,
    /// How it is sent, in order.
    pub dispatched: Vec<Dispatched>,
    /// The number of the event up to which whatever is personal is erased: what came with it and those before it, in this
    /// decision and on record. `None`: nothing is.
    pub erased_up_to: Option<i64>,
}

/// Where the sending of a notice by a means stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// The number of the event that issued the notice.
    pub notice: i64,
    /// The means by which it was to be sent.
    pub means: ContactMeans,
    /// Where it stands.
    pub state: NoticeState,
    /// Since when.
    pub at: Timestamp,
    /// The attempt that must hold it for this to hold; `None`: whoever does.
    pub attempt: Option<i32>,
}

/// Something told to the customer, kept as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The number of the event that records it.
    pub sequence: i64,
    /// What it is about.
    pub kind: NoticeKind,
    /// Which approved text.
    pub text_version: String,
    /// Its language.
    pub language: Language,
    /// How it is told.
    pub channel: Channel,
    /// When it was decided.
    pub at: Timestamp,
    /// The words as they were issued: what the digest in the log is of. Empty once erased.
    pub text: String,
    /// The customer's name as it is known where the notice is read.
    ///
    /// It is not among the words that are issued. To have it there, each decision would have to read personal data, and whoever
    /// fires ten thousand notices would read ten thousand names. It would stand in the letter misspelt for ever, although it
    /// was corrected before the letter was sent; and once it was erased with the rest, nobody could check the digest of a
    /// text that was kept. So the name is set above the text when somebody reads or sends it, and the text below it is proven
    /// as it stands.
    pub addressee: Option<String>,
    /// What became of it, as it is known where the notice is read, as far as that is followed.
    pub fate: Option<NoticeFate>,
    /// How often it was tried by then.
    pub attempts: u32,
}

impl Notice {
    /// The letter as the customer reads it: below the name, if it is known. Nothing once the words are erased.
    #[must_use]
    pub fn letter(&self) -> String {
        match &self.addressee {
            Some(name) if !self.text.is_empty() => format!("{name}\n\n{}", self.text),
            _ => self.text.clone(),
        }
    }
}

/// Why a command was refused. Nothing changes.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The complaint's state does not allow it.
    #[error("{command} is not possible in the state {state}: {why}")]
    NotPossibleNow {
        /// What was wanted.
        command: CommandKind,
        /// Where the complaint stands.
        state: State,
        /// What is in the way, and what has to come first.
        why: &'static str,
        /// What would be accepted.
        possible: Vec<CommandKind>,
    },
    /// Whoever handled a complaint at a lower level, as its assignee or by acknowledging or deciding it, can neither be
    /// assigned it again, nor acknowledge its escalation, nor conclude the review at the higher level.
    #[error(
        "{person} handled this complaint at a lower level; somebody else has to do so at this one"
    )]
    SameHandler {
        /// What names them.
        field: Field,
        /// Who was named, or is acting.
        person: String,
    },
    /// The provider has no higher level.
    #[error("it is already at the provider's highest level{}", open_to_all(.body))]
    AtTopLevel {
        /// The independent body, in the customer's language: the customer may turn to it.
        body: Option<Box<RecourseBody>>,
    },
    /// Escalation leads to a level above the present one.
    #[error("must be higher than the current level, {present}, and at most {top}")]
    BadLevel {
        /// The present level.
        present: usize,
        /// The highest level.
        top: usize,
    },
    /// Something was given with an earlier command, and cannot be given again.
    #[error("{earlier} already recorded the {}", listed(.fields))]
    GivenAlready {
        /// What was given.
        fields: Vec<Field>,
        /// The command that gave it.
        earlier: CommandKind,
    },
    /// The customer still has time to answer.
    #[error("the customer has until {until} to respond to the outcome; close it after that")]
    StillWaitingForAnswer {
        /// The end of that time.
        until: Timestamp,
    },
    /// A promised date after the due time of the clock that bounds it needs a reason.
    #[error(
        "the {field} must not be after {latest}, when {clock} is due; promise an earlier date, or say why it has to be this one"
    )]
    PromiseBeyondCeiling {
        /// What was given.
        field: Field,
        /// The clock that bounds what is promised.
        clock: String,
        /// Its due time: the latest date that can be promised without a reason.
        latest: Timestamp,
    },
    /// The body's process does not go backwards.
    #[error("the referral has reached {reached}; {wanted} does not come after it")]
    StageNotAhead {
        /// The stage reached.
        reached: ReferralStage,
        /// The stage named.
        wanted: ReferralStage,
    },
    /// The complaint already has as many of something as it may have; the limit keeps it small enough to be read as a
    /// whole.
    #[error("a complaint has at most {limit} {field}")]
    LimitReached {
        /// Of what.
        field: Field,
        /// How many it may have.
        limit: usize,
    },
    /// Complaints are linked within one brand.
    #[error("the other complaint is of another brand; only complaints of one brand are linked")]
    OtherBrand,
    /// Of two complaints there is one link at most.
    #[error("the two complaints are linked already, as {kind}; unlink them first")]
    AlreadyLinked {
        /// What the complaint is to the other one.
        kind: LinkKind,
    },
    /// Personal data that must not be erased.
    #[error(
        "its personal data must not be erased ({}): release the legal hold, or wait until the referral is concluded",
        .holds.join(", ")
    )]
    OnLegalHold {
        /// The holds, in words.
        holds: Vec<&'static str>,
    },
    /// Personal data that must be kept for longer.
    #[error("its personal data must be kept until {until}; they can be erased after that")]
    Retained {
        /// The last instant at which they must be.
        until: Timestamp,
    },
    /// The notice is none of those whose fate is followed.
    #[error(
        "the complaint has no notice {notice} whose delivery is tracked: it does not exist, another system delivers it, or it is too old"
    )]
    NoticeNotFollowed {
        /// The number of its event.
        notice: i64,
    },
    /// What is reported of a notice cannot follow what is on record.
    #[error("notice {notice} cannot be recorded as {wanted}: it is {state}{}", stood(*.means, *.since))]
    NoticeStands {
        /// The number of its event.
        notice: i64,
        /// What was to be recorded.
        wanted: NoticeState,
        /// Where it stands.
        state: NoticeState,
        /// By which means.
        means: Option<ContactMeans>,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// What came back was sent again since: the notice stands as it does.
    #[error("notice {notice} was sent again after this attempt, and is {state}{}", by(*.means))]
    AttemptSuperseded {
        /// The number of its event.
        notice: i64,
        /// Where it stands.
        state: NoticeState,
        /// By which means.
        means: Option<ContactMeans>,
    },
    /// Somebody else has the dispatch by now.
    #[error("the claim on notice {notice} is over: {}", held_by(*.present))]
    ClaimLost {
        /// The number of its event.
        notice: i64,
        /// The attempt that holds it now.
        present: Option<i32>,
    },
    /// The notice cannot be sent by the means that is wanted, or by any.
    #[error("notice {notice} cannot be sent{}: {why}", by(*.means))]
    CannotBeSent {
        /// The number of its event.
        notice: i64,
        /// By which means it was wanted to be.
        means: Option<ContactMeans>,
        /// What is in the way.
        why: &'static str,
    },
    /// The outcome has not reached the customer, whose silence is therefore no answer.
    #[error("the outcome has not reached the customer yet; deliver its notice first")]
    OutcomeNotTold,
    /// There is no link to remove.
    #[error("the two complaints are not linked")]
    NotLinked,
    /// A value in the request contradicts the complaint.
    #[error("the {field} {why}")]
    BadValue {
        /// What has the value.
        field: Field,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A time in the request contradicts the complaint or the present.
    #[error("the {field} {why}")]
    BadTime {
        /// What was given.
        field: Field,
        /// What is wrong with it.
        why: String,
    },
    /// No version of the policy rules what was received then.
    #[error("policy {name:?} has no version in force for what was received at {received}")]
    NoPolicyInForce {
        /// The policy's name.
        name: String,
        /// When it was received.
        received: Timestamp,
    },
    /// A due time lies beyond the calendar's reach.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// The log of the complaint does not hold. A fault of what is stored, not of the caller.
    #[error("the log of the complaint cannot be read: {0}")]
    Log(#[from] ReplayError),
    /// A text could not be made. A fault of the texts, not of the caller.
    #[error("the notice to the customer could not be rendered: {0}")]
    Notice(#[from] NoticeTextError),
}

fn open_to_all(body: &Option<Box<RecourseBody>>) -> String {
    let body = body.as_ref().map(|body| {
        format!(
            "; the independent body is open to the customer: {}, {}",
            body.name, body.website
        )
    });
    body.unwrap_or_default()
}

fn stood(means: Option<ContactMeans>, since: Option<Timestamp>) -> String {
    let means = means.map(|means| format!(", by {means}"));
    let since = since.map(|since| format!(", since {since}"));
    [means, since].into_iter().flatten().collect()
}

fn held_by(present: Option<i32>) -> String {
    match present {
        Some(attempt) => format!("attempt {attempt} has it now"),
        None => "nothing of it waits any more".to_owned(),
    }
}

fn by(means: Option<ContactMeans>) -> String {
    means
        .map(|means| format!(" by {means}"))
        .unwrap_or_default()
}

fn listed(fields: &[Field]) -> String {
    let words: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
    words.join(" and the ")
}
