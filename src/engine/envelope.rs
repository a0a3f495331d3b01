//! The input and output of the engine.

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

/// A command, with its actor and its idempotency key.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Makes the command idempotent.
    pub request: Option<RequestKey>,
    /// The actor.
    pub actor: Actor,
    /// The complaints that the caller may see, and therefore change.
    pub scope: Scope,
    /// The work to do.
    pub work: Work,
}

/// Distinguishes a repeated request from another one with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller's request id.
    pub id: Uuid,
    /// A digest of the work, without the complaints to change, because each has two names.
    pub fingerprint: [u8; 32],
}

impl RequestKey {
    /// The key of a request that names this complaint in addition to the one of its answer.
    pub(super) fn with_other(self, other: Uuid) -> Self {
        let digest = Sha256::new().chain_update(self.fingerprint);
        RequestKey {
            fingerprint: digest.chain_update(other).finalize().into(),
            ..self
        }
    }
}

/// The work to do.
#[derive(Debug, Clone)]
pub enum Work {
    /// Files a new complaint or enquiry, under the named policy or its brand's own.
    File {
        /// The filing.
        filing: Box<Filing>,
        /// The policy's name. `None`: that of the brand.
        policy: Option<String>,
    },
    /// Changes an existing complaint.
    Change {
        /// The complaint.
        complaint: ComplaintRef,
        /// The version that it must have.
        version: Option<i64>,
        /// The change.
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

/// Why a command failed. Nothing was written, unless the error says that the outcome is unknown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The domain rejected it.
    #[error(transparent)]
    Refused(#[from] Arc<Refusal>),
    /// There is no such complaint, or it is outside the caller's scope.
    #[error("no such complaint")]
    NotFound,
    /// Like [`EngineError::NotFound`], for the second complaint named.
    #[error("the other complaint does not exist")]
    OtherNotFound,
    /// The complaint was changed concurrently.
    #[error("the complaint has changed: its version is {present}, not {expected}")]
    VersionMismatch {
        /// The expected version.
        expected: i64,
        /// The current version.
        present: i64,
    },
    /// The request id was used for a different request.
    #[error("this request_id was already used for a different request")]
    RequestReused,
    /// No active policy has this name.
    #[error(transparent)]
    UnknownPolicy(UnknownPolicy),
    /// No active brand within the caller's scope has this name.
    #[error(transparent)]
    UnknownBrand(UnknownBrand),
    /// This process has not loaded the brand that the complaint was filed with.
    #[error("the brand {name} is not loaded")]
    BrandNotLoaded {
        /// Its name.
        name: String,
    },
    /// This process has not loaded the policy version that the complaint keeps.
    #[error("version {version} of policy {name} is not loaded")]
    PolicyNotLoaded {
        /// The policy's name.
        name: String,
        /// Its version.
        version: String,
    },
    /// The queue is full.
    #[error("too many commands are waiting")]
    Overloaded,
    /// Another transaction has locked the complaint for too long.
    #[error("the complaint is locked by another session")]
    Contended(ComplaintRef),
    /// This machine's clock is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database's disk is nearly full. Existing complaints can be changed; nothing new is accepted.
    #[error("the database's disk is nearly full")]
    NoRoom,
    /// The service is shutting down.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// The database did not answer in time. The outcome is unknown: repeat the command with the same request id.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The database is unavailable, or rejected the command.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}
