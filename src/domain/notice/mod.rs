//! Notices: what a customer is told, in the customer's language.
//!
//! A notice has a [`NoticeKind`] (what it says), a [`Language`], and [`Facts`] (the numbers, dates and words of this one
//! complaint). [`NoticeTexts`] holds the approved texts and turns the three into a [`RenderedNotice`], whose
//! `text_version` is the proof of which wording the customer was sent.
//!
//! Everything here is pure: the texts are compiled in, and no time is read.

mod dates;
mod error;
mod facts;
#[cfg(test)]
mod fairness_tests;
#[cfg(test)]
mod means_tests;
mod names;
mod passages;
pub(crate) mod placeholders;
mod reasons;
#[cfg(test)]
mod recourse_tests;
#[cfg(test)]
pub(crate) mod sample;
mod sources;
mod subject;
mod texts;
#[cfg(test)]
mod texts_tests;
mod variety;
#[cfg(test)]
mod wording_tests;
mod words_in_languages;

pub use dates::promised_day;
pub use error::NoticeTextError;
pub use facts::{Facts, Head};
pub use passages::{Passage, Quotation, Quoted, Quotes, text_of};
pub use reasons::ReasonWords;
pub(crate) use sources::Sources;
pub use subject::subject_of;
pub use texts::{NoticeTexts, RenderedNotice};

use crate::policy::words;

words! {
    /// A language that customers are written to in, by its ISO 639-1 code; the four in which the code of practice is
    /// published.
    Language { English = "en", French = "fr", Spanish = "es", German = "de" }
}

impl Language {
    /// The ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.as_str()
    }
}

words! {
    /// What a notice tells the customer.
    ///
    /// Each kind has one approved text per language, and says which [`Facts`] it cannot do without; the [`Head`] is always
    /// needed. Facts given beyond the needed ones are told too, where the text has a place for them; the adviser's own words
    /// have one in every text, and the recourse in every text about a complaint. Its word is the name of the text's file.
    NoticeKind {
        /// The complaint was received: tracking number, how it will be reviewed, expected date, how to escalate (code of
        /// practice, part II). Needs `expected_by`.
        Acknowledgement = "acknowledgement",
        /// The regular word on where the review stands (part II). Needs `message`.
        Update = "update",
        /// A promised date has moved: why, the date first given, the new one. Needs `reason`, `first_expected_by`,
        /// `expected_by`.
        PromiseChanged = "promise_changed",
        /// The review is over and this is its outcome, for the customer to accept or not. Needs `message` or `remedy`.
        OutcomeProposed = "outcome_proposed",
        /// The customer's agreement is recorded; `expected_by` is then the day by which the remedy is carried out.
        OutcomeAccepted = "outcome_accepted",
        /// What was agreed has been done.
        RemedyCarriedOut = "remedy_carried_out",
        /// Settled while the customer was still on the call or chat (part II).
        ResolvedAtFirstContact = "resolved_at_first_contact",
        /// The wish to escalate has reached us (part III).
        EscalationReceived = "escalation_received",
        /// The escalation is in hand: with whom, and by when it is answered. Needs `expected_by`.
        EscalationAcknowledged = "escalation_acknowledged",
        /// The independent body: neutral, free of charge, how to reach it, for whom (part IV). Needs `recourse`.
        Recourse = "recourse",
        /// The complaint now lies with the independent body. Needs `recourse`.
        ReferralRecorded = "referral_recorded",
        /// Work waits for something. Needs `reason`: what it waits for. `message` is what the customer is asked, and
        /// `answer_by` the end of a pause that waits for the answer.
        Paused = "paused",
        /// Work goes on. Needs `expected_by`: the date that holds now.
        Resumed = "resumed",
        /// Closed without the customer's agreement; states internal and external recourse. Needs `reason`, `recourse`.
        ClosedWithRecourse = "closed_with_recourse",
        /// Closed with the customer's agreement.
        ClosedAccepted = "closed_accepted",
        /// Closed at the customer's own wish, which is no acceptance: states both recourses. Needs `recourse`.
        Withdrawn = "withdrawn",
        /// Taken up again under the same tracking number.
        Reopened = "reopened",
        /// The answer to an enquiry, which is closed with it. Needs `message`.
        EnquiryAnswered = "enquiry_answered",
        /// What began as an enquiry is now handled as a complaint.
        EnquiryConverted = "enquiry_converted",
        /// The regular word in standard words, where nobody has written one: the review goes on (part II).
        ReviewContinues = "review_continues",
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
        let refused = "telegram".parse::<NoticeKind>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "\"telegram\" is not a known NoticeKind"
        );
    }

    #[test]
    fn a_language_has_one_code_in_text_and_in_json() {
        for language in Language::ALL {
            assert_eq!(language.code().parse(), Ok(language));
            let json = format!("\"{language}\"");
            assert_eq!(serde_json::to_string(&language).unwrap(), json);
            assert_eq!(serde_json::from_str::<Language>(&json).unwrap(), language);
        }
        let refused = "it".parse::<Language>().unwrap_err();
        assert_eq!(refused.to_string(), "\"it\" is not a known Language");
    }
}
