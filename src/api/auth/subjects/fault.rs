//! What is wrong with a file of client subjects, and where.

use std::{io, ops::Range, path::PathBuf};

use toml::Spanned;

/// Why a file of client subjects cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientSubjectsError {
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
        fault: ClientSubjectsFault,
    },
}

/// A fault in a file of client subjects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientSubjectsFault {
    /// It is not UTF-8.
    #[error("it is not text in UTF-8")]
    NotText,
    /// It is not TOML, or does not match the schema; says what is expected.
    #[error("{0}")]
    Form(String),
    /// It has no clients.
    #[error(
        "it has no clients: add a [[client]] for each caller, with its subject, names and roles"
    )]
    NoClient,
    /// A subject that the audit trail cannot hold.
    #[error("a subject {0}")]
    Subject(&'static str),
    /// Two clients have the same subject, or subjects that look alike.
    #[error(
        "line {line} already has this subject, or one that looks like it: put all names of a subject into one [[client]]"
    )]
    SubjectTwice {
        /// The line of the other one.
        line: usize,
    },
    /// A client without certificate names.
    #[error("it has no certificate names: give it one or more of uris, dns, emails and ips")]
    NoName,
    /// A name that no certificate can have.
    #[error("{0}")]
    Name(&'static str),
    /// A name used by two clients, or twice by one.
    #[error("line {line} already has this name: each name may be used only once")]
    NameTwice {
        /// The line of the other one.
        line: usize,
    },
    /// A client without roles.
    #[error("it has no roles, so it could not call anything: give it one or more")]
    NoRole,
    /// An invalid brand.
    #[error(
        "a brand is named by 1 to 40 lower-case letters, digits, hyphens and underscores, and * stands for all"
    )]
    Brand,
    /// An invalid queue.
    #[error("a queue {0}; * stands for all queues, and - for what is assigned to nobody")]
    Queue(&'static str),
}

/// A fault and its position in the text.
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) fault: ClientSubjectsFault,
}

impl Fault {
    pub(super) fn at<T>(place: &Spanned<T>, fault: ClientSubjectsFault) -> Self {
        Fault {
            span: place.span(),
            fault,
        }
    }
}
