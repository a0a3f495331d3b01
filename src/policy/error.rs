//! The error that says where a policy file is wrong.

use std::ops::Range;

use crate::calendar::TextPlace;

/// Why a policy file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct PolicyError {
    /// The file's name as it was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, and what is expected.
    pub reason: String,
}

impl PolicyError {
    pub(super) fn at(file: &str, text: &str, span: Range<usize>, reason: String) -> Self {
        let TextPlace { line, column } = TextPlace::of(text, span.start);
        PolicyError {
            file: file.to_owned(),
            line,
            column,
            reason,
        }
    }
}
