//! Proposals, from the API's form.

use super::check::{Check, LINE};
use crate::{
    policy::{FileText, Proposal},
    proto::v1,
};

/// The most calendars of one proposal: more than any policy counts in.
const MOST_CALENDARS: usize = 20;

impl Check {
    /// A proposed change of a policy.
    pub(crate) fn proposal(
        &mut self,
        name: &str,
        policy: Option<v1::TextFile>,
        calendars: Vec<v1::TextFile>,
    ) -> Option<Proposal> {
        if calendars.len() > MOST_CALENDARS {
            self.violation("calendars", format!("must be at most {MOST_CALENDARS}"));
            return None;
        }
        let name = self.optional("policy", name, LINE);
        let policy = policy.map(|file| self.text_file("policy_file", file));
        let files = calendars.into_iter().enumerate();
        let calendars: Vec<_> = files
            .map(|(place, file)| self.text_file(&format!("calendars[{place}]"), file))
            .collect();
        Some(Proposal {
            name,
            policy: match policy {
                Some(read) => Some(read?),
                None => None,
            },
            calendars: calendars.into_iter().collect::<Option<_>>()?,
        })
    }

    /// A file as it was written: a digest of it is kept, so nothing is cut off.
    pub(crate) fn text_file(&mut self, field: &str, file: v1::TextFile) -> Option<FileText> {
        let v1::TextFile { file, text } = file;
        let named = self.optional(&format!("{field}.file"), &file, LINE);
        if text.trim().is_empty() {
            self.violation(format!("{field}.text"), "is required");
            return None;
        }
        Some(FileText {
            file: named.unwrap_or_else(|| field.to_owned()),
            text,
        })
    }
}
