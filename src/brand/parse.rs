//! Reading a brand file, and the error that says where it is wrong.

use std::ops::Range;

use super::{check, file::BrandFile, pack::Brand};
use crate::calendar::{TextPlace, bounds};

/// The longest brand file, in bytes. It is kept for each of its versions, and read by each process that starts.
const MOST_BYTES: usize = 256 << 10;

/// Why a brand file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct BrandError {
    /// The file's name as it was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, and what is expected.
    pub reason: String,
}

impl BrandError {
    fn at(file: &str, text: &str, span: Range<usize>, reason: String) -> Self {
        let TextPlace { line, column } = TextPlace::of(text, span.start);
        BrandError {
            file: file.to_owned(),
            line,
            column,
            reason,
        }
    }
}

impl Brand {
    /// Reads and checks a brand file. `file` is its name for error messages. It has at most 256 KiB, and none of the
    /// characters that nobody can see.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Brand, BrandError> {
        bounds::check(text, MOST_BYTES)
            .map_err(|out| BrandError::at(file, text, out.span, out.reason))?;
        let written: BrandFile = toml::from_str(text).map_err(|error| {
            let reason = error.message().trim().to_owned();
            BrandError::at(file, text, error.span().unwrap_or(0..0), reason)
        })?;
        check::check(&written, text)
            .map_err(|fault| BrandError::at(file, text, fault.span, fault.reason))
    }
}
