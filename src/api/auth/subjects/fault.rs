//! What is wrong with a file of client subjects, and where.

use std::{io, ops::Range, path::PathBuf};

use toml::Spanned;

/// Why a file of client subjects is not used.
#[derive(Debug, thiserror::Error)]
pub enum ClientSubjectsError {
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
        fault: ClientSubjectsFault,
    },
}

/// What is wrong with a file of client subjects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientSubjectsFault {
    /// It is not UTF-8.
    #[error("it is not text in UTF-8")]
    NotText,
    /// It is not TOML, or not of this form; with what is expected.
    #[error("{0}")]
    Form(String),
    /// It would let nobody in.
    #[error(
        "it has no clients: add a [[client]] for each caller, with its subject, names and roles"
    )]
    NoClient,
    /// A subject that cannot stand in the audit trail.
    #[error("a subject {0}")]
    Subject(&'static str),
    /// Two clients with one subject, or with two that look alike.
    #[error(
        "line {line} already has this subject, or one that looks like it: put all names of a subject into one [[client]]"
    )]
    SubjectTwice {
        /// Where the other one stands.
        line: usize,
    },
    /// A client that no certificate can belong to.
    #[error("it has no certificate names: give it one or more of uris, dns, emails and ips")]
    NoName,
    /// A name that no certificate has.
    #[error("{0}")]
    Name(&'static str),
    /// A name that would stand for two clients, or twice for one.
    #[error("line {line} already has this name: each name may be used only once")]
    NameTwice {
        /// Where the other one stands.
        line: usize,
    },
    /// A client that may call nothing.
    #[error("it has no roles, so it could not call anything: give it one or more")]
    NoRole,
    /// A brand that cannot be.
    #[error(
        "a brand is named by 1 to 40 lower-case letters, digits, hyphens and underscores, and * stands for all"
    )]
    Brand,
    /// A queue that cannot be.
    #[error("a queue {0}; * stands for all queues, and - for what is assigned to nobody")]
    Queue(&'static str),
}

/// What is wrong, and where in the text.
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
