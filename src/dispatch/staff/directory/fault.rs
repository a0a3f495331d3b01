//! What is wrong with a staff directory, and where.

use std::{io, ops::Range, path::PathBuf};

use toml::Spanned;

/// Why a staff directory is not used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{line}:{column}: {fault}", file.display())]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        fault: DirectoryFault,
    },
}

/// What is wrong with a staff directory. Each names the key at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryFault {
    /// It is not UTF-8.
    #[error("it is not text in UTF-8")]
    NotText,
    /// It is not TOML, or not of this form; with what is expected.
    #[error("{0}")]
    Form(String),
    /// A name that nobody can have.
    #[error("{key}: {why}")]
    Name {
        /// Where it stands.
        key: &'static str,
        /// What a name must be.
        why: &'static str,
    },
    /// Two people or teams with one name.
    #[error(
        "name: line {line} already has this name; people and teams are distinguished by their names"
    )]
    NameTwice {
        /// Where the other one stands.
        line: usize,
    },
    /// A name that stands nowhere in the file.
    #[error("{key}: there is no {wanted} named {name:?}")]
    Unknown {
        /// Where it stands.
        key: &'static str,
        /// What was looked for.
        wanted: &'static str,
        /// Whom.
        name: String,
    },
    /// A value that cannot be.
    #[error("{key}: {why}")]
    Value {
        /// Where it stands.
        key: &'static str,
        /// What is expected.
        why: String,
    },
    /// Something is missing.
    #[error("{who:?} has no {missing}")]
    Missing {
        /// Of whom.
        who: String,
        /// What, and what to do.
        missing: &'static str,
    },
    /// A key that has no effect where it stands.
    #[error("{key}: {why}")]
    Idle {
        /// Which.
        key: &'static str,
        /// Why it has none.
        why: &'static str,
    },
}

/// What is wrong, and where in the text.
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
