//! A text on the command line, or on standard input, where no shell's history keeps it.

use std::{
    convert::Infallible,
    io::{self, Read as _},
    path::PathBuf,
    str::FromStr,
};

use crate::cli::Failure;

/// The most that is read of standard input, in bytes; no request may be as large.
const MOST: u64 = 1 << 20;

/// A text; `-` stands for standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Typed(String);

impl FromStr for Typed {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Typed(text.to_owned()))
    }
}

impl Typed {
    /// The text itself.
    pub(super) fn text(&self) -> Result<String, Failure> {
        if self.0 != "-" {
            return Ok(self.0.clone());
        }
        let mut text = String::new();
        let read = io::stdin().take(MOST).read_to_string(&mut text);
        read.map_err(|source| Failure::Unreadable {
            file: PathBuf::from("standard input"),
            source,
        })?;
        Ok(text)
    }

    /// The text of an option that may be left out.
    pub(super) fn of(given: Option<&Typed>) -> Result<String, Failure> {
        given.map_or(Ok(String::new()), Typed::text)
    }
}
