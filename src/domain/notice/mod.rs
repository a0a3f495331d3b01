//! Notices: what a customer is told, in the customer's language.
//!
//! A notice has a [`NoticeKind`] (what it says), a [`Language`], and [`Facts`] (the numbers, dates and words of this one
//! complaint). [`NoticeTexts`] holds the approved texts and turns the three into a [`RenderedNotice`], whose
//! `text_version` is the proof of which wording the customer was sent.
//!
//! Everything here is pure: the texts are compiled in, and no time is read.

mod dates;
mod facts;
mod reasons;
#[cfg(test)]
mod sample;
mod sources;
mod texts;
#[cfg(test)]
mod texts_tests;
#[cfg(test)]
mod wording_tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use dates::{date_in_words, promised_day};
pub use facts::Facts;
pub use reasons::ReasonWords;
pub use texts::{NoticeTextError, NoticeTexts, RenderedNotice};

/// A language that customers are written to in; the four in which the code of practice is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "fr")]
    French,
    #[serde(rename = "es")]
    Spanish,
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Every language, in the order of declaration.
    pub const ALL: [Self; 4] = [Self::English, Self::French, Self::Spanish, Self::German];

    /// The ISO 639-1 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::German => "de",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A code that names no [`Language`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no customer texts exist in the language `{0}`; use one of en, fr, es, de")]
pub struct UnknownLanguage(pub String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
            .ok_or_else(|| UnknownLanguage(code.to_owned()))
    }
}

/// What a notice tells the customer.
///
/// Each kind has one approved text per language, and says which [`Facts`] it cannot do without. The tracking number is
/// always needed. Facts given beyond the needed ones are told too, where the text has a place for them; the adviser's
/// own words and the recourse have a place in every text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The complaint was received: tracking number, how it will be reviewed, expected date, how to escalate (code of
    /// practice, part II). Needs `expected_by`.
    Acknowledgement,
    /// The regular word on where the review stands (part II). Needs `message`.
    Update,
    /// A promised date has moved: why, the date first given, the new one. Needs `reason`, `first_expected_by`,
    /// `expected_by`.
    PromiseChanged,
    /// The review is over and this is its outcome, for the customer to accept or not. Needs `message` or `remedy`.
    OutcomeProposed,
    /// The customer's agreement is recorded; `expected_by` is then the day by which the remedy is carried out.
    OutcomeAccepted,
    /// What was agreed has been done.
    RemedyCarriedOut,
    /// Settled while the customer was still on the call or chat (part II).
    ResolvedAtFirstContact,
    /// The wish to escalate has reached us (part III).
    EscalationReceived,
    /// The escalation is in hand: with whom, and by when it is answered. Needs `expected_by`.
    EscalationAcknowledged,
    /// The independent body: neutral, free of charge, how to reach it, for whom (part IV). Needs `recourse`. Its text
    /// is the one for the CCTS.
    Recourse,
    /// The complaint now lies with the independent body. Needs `recourse`.
    ReferralRecorded,
    /// Work waits for something. Needs `reason`: what it waits for.
    Paused,
    /// Work goes on. Needs `expected_by`: the date that holds now.
    Resumed,
    /// Closed without the customer's agreement; states internal and external recourse. Needs `reason`, `recourse`.
    ClosedWithRecourse,
    /// Closed with the customer's agreement.
    ClosedAccepted,
    /// Closed at the customer's own wish, which is no acceptance: states both recourses. Needs `recourse`.
    Withdrawn,
    /// Taken up again under the same tracking number.
    Reopened,
    /// What began as an enquiry is now handled as a complaint.
    EnquiryConverted,
}

impl NoticeKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 18] = [
        Self::Acknowledgement,
        Self::Update,
        Self::PromiseChanged,
        Self::OutcomeProposed,
        Self::OutcomeAccepted,
        Self::RemedyCarriedOut,
        Self::ResolvedAtFirstContact,
        Self::EscalationReceived,
        Self::EscalationAcknowledged,
        Self::Recourse,
        Self::ReferralRecorded,
        Self::Paused,
        Self::Resumed,
        Self::ClosedWithRecourse,
        Self::ClosedAccepted,
        Self::Withdrawn,
        Self::Reopened,
        Self::EnquiryConverted,
    ];

    /// The stable name: used in storage and events, and as the name of the text file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::Update => "update",
            Self::PromiseChanged => "promise_changed",
            Self::OutcomeProposed => "outcome_proposed",
            Self::OutcomeAccepted => "outcome_accepted",
            Self::RemedyCarriedOut => "remedy_carried_out",
            Self::ResolvedAtFirstContact => "resolved_at_first_contact",
            Self::EscalationReceived => "escalation_received",
            Self::EscalationAcknowledged => "escalation_acknowledged",
            Self::Recourse => "recourse",
            Self::ReferralRecorded => "referral_recorded",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::ClosedWithRecourse => "closed_with_recourse",
            Self::ClosedAccepted => "closed_accepted",
            Self::Withdrawn => "withdrawn",
            Self::Reopened => "reopened",
            Self::EnquiryConverted => "enquiry_converted",
        }
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that names no [`NoticeKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of notice; the kinds are listed in NoticeKind::ALL")]
pub struct UnknownNoticeKind(pub String);

impl FromStr for NoticeKind {
    type Err = UnknownNoticeKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownNoticeKind(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn a_kind_has_one_name_in_text_and_in_json() {
        for kind in NoticeKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            let json = format!("\"{kind}\"");
            assert_eq!(serde_json::to_string(&kind).unwrap(), json);
            assert_eq!(serde_json::from_str::<NoticeKind>(&json).unwrap(), kind);
        }
        let refused = "telegram".parse::<NoticeKind>();
        assert_eq!(refused, Err(UnknownNoticeKind("telegram".to_owned())));
    }

    #[test]
    fn a_language_has_one_code_in_text_and_in_json() {
        for language in Language::ALL {
            assert_eq!(language.code().parse(), Ok(language));
            let json = format!("\"{language}\"");
            assert_eq!(serde_json::to_string(&language).unwrap(), json);
            assert_eq!(serde_json::from_str::<Language>(&json).unwrap(), language);
        }
        let refused = "it".parse::<Language>();
        assert_eq!(refused, Err(UnknownLanguage("it".to_owned())));
    }

    /// What serde knows to be every variant, against the lists kept by hand, on which loading relies.
    #[test]
    fn the_lists_of_all_kinds_and_languages_are_whole() {
        let known = |refused: serde_json::Error| refused.to_string().matches('`').count() / 2 - 1;
        let kinds = serde_json::from_str::<NoticeKind>("\"?\"").unwrap_err();
        assert_eq!(known(kinds), NoticeKind::ALL.len());
        let languages = serde_json::from_str::<Language>("\"?\"").unwrap_err();
        assert_eq!(known(languages), Language::ALL.len());
    }
}
