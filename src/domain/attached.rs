//! What came with the events and stands beside their log, so that it can be erased: whether what was erased is gone, and
//! everything else is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::event::{Event, Fact};

/// What stands beside a log, by the numbers of the events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attached {
    /// The events that have personal data, whatever these are.
    pub personal: BTreeSet<i64>,
    /// The events that have a notice.
    pub notices: BTreeSet<i64>,
    /// The events of notices that have their words, with the SHA-256 of these; `None` where they cannot be read.
    pub words: BTreeMap<i64, Option<Vec<u8>>>,
}

/// What of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachable {
    /// The personal data that came with the event.
    PersonalData,
    /// The notice that the event records, without its words.
    Notice,
    /// The words of the notice that the event records.
    NoticeText,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Astray {
    /// It is not there, and was not erased.
    Missing,
    /// It is there although the event of this number erased it.
    Left(i64),
    /// It is not what the log has the digest of.
    Altered,
}

/// Something beside a log that is not as the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// The event.
    pub sequence: i64,
    /// What of it.
    pub what: Attachable,
    /// What is wrong with it.
    pub how: Astray,
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sequence = self.sequence;
        match self.what {
            Attachable::PersonalData => write!(f, "personal data of event {sequence}: ")?,
            Attachable::Notice => write!(f, "notice {sequence}: ")?,
            Attachable::NoticeText => write!(f, "notice {sequence}: text: ")?,
        }
        match self.how {
            // Nothing erases a notice itself.
            Astray::Missing if self.what == Attachable::Notice => f.write_str("missing"),
            Astray::Missing => f.write_str("missing, and no event says that it was erased"),
            Astray::Left(event) => {
                write!(f, "there, although event {event} says that it was erased")
            }
            Astray::Altered => {
                f.write_str("its words are not those that the log has the digest of")
            }
        }
    }
}

impl Attached {
    /// Where what is stored differs from what follows from the log.
    #[must_use]
    pub fn strays(&self, log: &[Event]) -> Vec<Stray> {
        let erased = |event: &&Event| matches!(event.fact, Fact::PersonalDataErased { .. });
        let erased = log.iter().rfind(erased).map(|event| event.sequence);
        let mut strays: Vec<Stray> = log
            .iter()
            .filter_map(|event| {
                let is_erased = erased.is_some_and(|erased| event.sequence <= erased);
                let (what, how) = self.stray(event, is_erased)?;
                Some(Stray {
                    sequence: event.sequence,
                    what,
                    how,
                })
            })
            .collect();
        if let Some(erased) = erased {
            strays.extend(self.personal.range(..=erased).map(|sequence| Stray {
                sequence: *sequence,
                what: Attachable::PersonalData,
                how: Astray::Left(erased),
            }));
        }
        strays
    }

    /// What is missing of an event, or altered.
    fn stray(&self, event: &Event, is_erased: bool) -> Option<(Attachable, Astray)> {
        let sequence = event.sequence;
        let Fact::NoticeIssued { text_sha256, .. } = &event.fact else {
            let wanted = brings_personal_data(&event.fact) && !is_erased;
            let missing = wanted && !self.personal.contains(&sequence);
            return missing.then_some((Attachable::PersonalData, Astray::Missing));
        };
        if !self.notices.contains(&sequence) {
            return Some((Attachable::Notice, Astray::Missing));
        }
        match self.words.get(&sequence) {
            _ if is_erased => None,
            None => Some((Attachable::NoticeText, Astray::Missing)),
            Some(Some(digest)) if digest != text_sha256 => {
                Some((Attachable::NoticeText, Astray::Altered))
            }
            Some(_) => None,
        }
    }
}

/// Whether personal data come with every fact of its kind. With others they may.
const fn brings_personal_data(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Filed(_)
            | Fact::IdentityVerified { .. }
            | Fact::ContactRecorded { .. }
            | Fact::UpdateSent { .. }
            | Fact::IssueAdded { .. }
            | Fact::AttachmentAdded { .. }
            | Fact::NoteAdded
            | Fact::CustomerCorrected { .. }
            | Fact::ReviewConcluded { .. }
            | Fact::OutcomeProposed { .. }
            | Fact::ResolvedAtFirstContact { .. }
            | Fact::ReferralReported { .. }
            | Fact::DocumentsRequested { .. }
            | Fact::DocumentsSubmitted { .. }
            | Fact::FindingsRecorded { .. }
            | Fact::Withdrawn {
                channel: Some(_),
                ..
            }
    )
}
