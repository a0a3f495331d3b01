//! From a policy's text to the policy.

use std::ops::Range;

use super::{
    check::{self, Trial},
    error::PolicyError,
    file::PolicyFile,
    version::Policy,
};
use crate::calendar::{CalendarBook, bounds};

/// The longest policy, in bytes. It is kept for each of its versions, and read by each process that starts.
pub(super) const MOST_BYTES: usize = 256 << 10;

impl Policy {
    /// Reads and checks a policy file. `file` is its name for error messages. It has at most 256 KiB, 50 clocks, and none of
    /// the characters that nobody can see.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(file: &str, text: &str, calendars: &CalendarBook) -> Result<Policy, PolicyError> {
        bounds::check(text, MOST_BYTES)
            .map_err(|out| PolicyError::at(file, text, out.span, out.reason))?;
        Self::read(file, text, calendars, Trial::OnAMorning)
    }

    /// Reads a text again that was taken before. Its terms are not tried anew: the calendars may have become others since,
    /// and a complaint keeps its policy all the same.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place.
    pub fn parse_kept(
        file: &str,
        text: &str,
        calendars: &CalendarBook,
    ) -> Result<Policy, PolicyError> {
        Self::read(file, text, calendars, Trial::None)
    }

    fn read(
        file: &str,
        text: &str,
        calendars: &CalendarBook,
        trial: Trial,
    ) -> Result<Policy, PolicyError> {
        let written: PolicyFile = toml::from_str(text).map_err(|error| {
            let reason = error.message().trim().to_owned();
            PolicyError::at(file, text, error.span().unwrap_or(0..0), reason)
        })?;
        check::check(&written, (file, text), calendars, trial)
            .map_err(|fault| PolicyError::at(file, text, fault.span, fault.reason))
    }

    /// An error at a place in the text that this policy was read from.
    pub(super) fn error_at(&self, span: Range<usize>, reason: String) -> PolicyError {
        PolicyError::at(&self.places.file, &self.text, span, reason)
    }
}
