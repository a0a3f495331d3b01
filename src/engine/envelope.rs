//! What goes into the engine and what comes out.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    access::Scope,
    brand::UnknownBrand,
    domain::{Actor, Command, Complaint, ComplaintRef, Filing, Refusal},
    policy::UnknownPolicy,
    store::StoreError,
    time_source::WrongTime,
};

/// One command, with who gave it and how it may be repeated.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Makes the command safe to repeat.
    pub request: Option<RequestKey>,
    /// Who acts.
    pub actor: Actor,
    /// Which complaints the caller may see, and therefore change.
    pub scope: Scope,
    /// What is wanted.
    pub work: Work,
}

/// What tells a repeated request from another one with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller's id.
    pub id: Uuid,
    /// The digest of what is wanted, but for the complaints that are to be changed: each has two names.
    pub fingerprint: [u8; 32],
}

impl RequestKey {
    /// The key of a request that names this complaint beside the one of its answer.
    pub(super) fn with_other(self, other: Uuid) -> Self {
        let digest = Sha256::new().chain_update(self.fingerprint);
        RequestKey {
            fingerprint: digest.chain_update(other).finalize().into(),
            ..self
        }
    }
}

/// What is wanted.
#[derive(Debug, Clone)]
pub enum Work {
    /// A new complaint or enquiry, under the named policy or its brand's own.
    File {
        /// What is filed.
        filing: Box<Filing>,
        /// The policy's name; `None`: that of the brand.
        policy: Option<String>,
    },
    /// A change of one that exists.
    Change {
        /// Which one.
        complaint: ComplaintRef,
        /// The version that it must have.
        version: Option<i64>,
        /// What is wanted.
        command: Box<Command>,
    },
}

impl Work {
    /// The complaints that it changes, in the order in which it names them.
    pub(crate) fn named(&self) -> impl Iterator<Item = &ComplaintRef> {
        let (first, other) = match self {
            Work::File { .. } => (None, None),
            Work::Change {
                complaint, command, ..
            } => (Some(complaint), command.other()),
        };
        first.into_iter().chain(other)
    }

    /// Whether it may have been answered with this complaint.
    pub(super) fn is_of(&self, answer: &Complaint) -> bool {
        match self.named().next() {
            None => true,
            Some(ComplaintRef::Id(id)) => *id == answer.id,
            Some(ComplaintRef::Tracking(number)) => *number == answer.tracking_number,
        }
    }
}

/// Why a command was not carried out. Nothing of it was written, unless the error says that this is not known.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The domain refused it.
    #[error(transparent)]
    Refused(#[from] Arc<Refusal>),
    /// There is no such complaint, or it lies outside the caller's scope.
    #[error("no such complaint")]
    NotFound,
    /// As [`EngineError::NotFound`], of the second complaint that is named.
    #[error("the other complaint does not exist")]
    OtherNotFound,
    /// Somebody came in between.
    #[error("the complaint has changed: its version is {present}, not {expected}")]
    VersionMismatch {
        /// The version named.
        expected: i64,
        /// The version that it has.
        present: i64,
    },
    /// The id was used for another request.
    #[error("this request_id was already used for a different request")]
    RequestReused,
    /// No policy in use has this name.
    #[error(transparent)]
    UnknownPolicy(UnknownPolicy),
    /// No brand that is in use, and of the caller's scope, has that name.
    #[error(transparent)]
    UnknownBrand(UnknownBrand),
    /// This process does not know the brand that the complaint was filed with.
    #[error("the brand {name} is not loaded")]
    BrandNotLoaded {
        /// Its name.
        name: String,
    },
    /// The complaint keeps a version of its policy that this process has not loaded.
    #[error("version {version} of policy {name} is not loaded")]
    PolicyNotLoaded {
        /// The policy's name.
        name: String,
        /// Its version.
        version: String,
    },
    /// More commands are waiting than are carried out soon.
    #[error("too many commands are waiting")]
    Overloaded,
    /// Another transaction has held this complaint for too long.
    #[error("the complaint is locked by another session")]
    Contended(ComplaintRef),
    /// This machine's time is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database's disk is nearly full. What is on record is still worked on; nothing new is taken.
    #[error("the database's disk is nearly full")]
    NoRoom,
    /// The service is going down.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// The database did not answer in time. Whether the command was carried out is not known: repeat it with the same
    /// request id.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The database is away, or refused the command.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}
