use jiff::Timestamp;

use super::HORIZON_YEARS;

/// A calendar file that cannot be used, and where to mend it. Line and column count from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct CalendarError {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub reason: String,
}

impl CalendarError {
    /// An error at a byte offset of the file's text.
    pub(super) fn at(file: &str, text: &str, offset: usize, reason: impl Into<String>) -> Self {
        let TextPlace { line, column } = TextPlace::of(text, offset);
        Self {
            file: file.to_owned(),
            line,
            column,
            reason: reason.into(),
        }
    }
}

/// Where in a text something stands. Both count from one, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextPlace {
    pub line: usize,
    pub column: usize,
}

impl TextPlace {
    /// The place of a byte offset; that of the end for one that lies in no text.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The asked instant lies outside what the calendar can reach.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "calendar {calendar} has no such point within {HORIZON_YEARS} years of {from}: shorten the term, or give the calendar \
     working time there"
)]
pub struct OutOfRange {
    pub calendar: String,
    pub from: Timestamp,
}
