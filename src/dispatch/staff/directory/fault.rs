//! What is wrong with a staff directory, and where.

use std::{io, ops::Range, path::PathBuf};

use toml::Spanned;

/// Why a staff directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Its content is invalid.
    #[error("{}:{line}:{column}: {fault}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        fault: DirectoryFault,
    },
}

/// A fault in a staff directory. Each names the key at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryFault {
    /// It is not UTF-8.
    #[error("it is not text in UTF-8")]
    NotText,
    /// It is not TOML, or does not match the schema; says what is expected.
    #[error("{0}")]
    Form(String),
    /// An invalid name.
    #[error("{key}: {why}")]
    Name {
        /// The key.
        key: &'static str,
        /// What a name must be.
        why: &'static str,
    },
    /// Two people or teams have the same name.
    #[error(
        "name: line {line} already has this name; people and teams are distinguished by their names"
    )]
    NameTwice {
        /// The line of the other one.
        line: usize,
    },
    /// A name that is not in the file.
    #[error("{key}: there is no {wanted} named {name:?}")]
    Unknown {
        /// The key that refers to it.
        key: &'static str,
        /// What kind was expected.
        wanted: &'static str,
        /// The name.
        name: String,
    },
    /// An invalid value.
    #[error("{key}: {why}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is expected.
        why: String,
    },
    /// Something is missing.
    #[error("{who:?} has no {missing}")]
    Missing {
        /// Whose entry.
        who: String,
        /// What is missing, and how to fix it.
        missing: &'static str,
    },
    /// A key that has no effect here.
    #[error("{key}: {why}")]
    Idle {
        /// The key.
        key: &'static str,
        /// Why it has no effect.
        why: &'static str,
    },
}

/// A fault and its position in the text.
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) fault: DirectoryFault,
}

impl Fault {
    pub(super) fn at<T>(place: &Spanned<T>, fault: DirectoryFault) -> Self {
        Fault {
            span: place.span(),
            fault,
        }
    }

    pub(super) fn value<T>(place: &Spanned<T>, key: &'static str, why: impl Into<String>) -> Self {
        let why = why.into();
        Fault::at(place, DirectoryFault::Value { key, why })
    }
}
