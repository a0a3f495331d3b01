//! What can go wrong between us and the database.

use diesel::result::{DatabaseErrorKind, Error};

/// Why the database did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had, or it broke. Passes by itself when the database is back.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Another transaction was in the way; the same again may succeed.
    #[error("the database asks to try again: {0}")]
    Retry(String),
    /// Somebody else held the row for longer than we wait.
    #[error("the complaint is locked by somebody else: {0}")]
    Locked(String),
    /// A unique key exists already.
    #[error("{constraint} exists already")]
    Duplicate {
        /// The constraint's name.
        constraint: String,
    },
    /// What is stored cannot be understood.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// Anything else that the database refused.
    #[error("the database refused: {0}")]
    Refused(String),
}

impl StoreError {
    /// Whether it passes by itself, so that the same again may succeed later.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            StoreError::Unavailable(_) | StoreError::Retry(_) | StoreError::Locked(_)
        )
    }

    /// The thread that was to read ended without an answer.
    pub(super) fn abandoned() -> Self {
        StoreError::Unavailable("the read was abandoned".to_owned())
    }

    /// Something stored that this program cannot have written.
    pub(super) fn corrupt(what: &str, why: impl std::fmt::Display) -> Self {
        StoreError::Corrupt(format!("{what}: {why}"))
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let Error::DatabaseError(kind, info) = &error else {
            return match error {
                Error::BrokenTransactionManager => StoreError::Unavailable(error.to_string()),
                Error::RollbackErrorOnCommit { rollback_error, .. } => (*rollback_error).into(),
                other => StoreError::Refused(other.to_string()),
            };
        };
        let message = info.message().to_owned();
        match kind {
            DatabaseErrorKind::UniqueViolation => StoreError::Duplicate {
                constraint: info.constraint_name().unwrap_or("a unique key").to_owned(),
            },
            DatabaseErrorKind::SerializationFailure => StoreError::Retry(message),
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                StoreError::Unavailable(message)
            }
            DatabaseErrorKind::ReadOnlyTransaction => StoreError::Unavailable(message),
            // diesel names no kind for these. The texts are Postgres's own, in English; of a server that speaks another
            // language they count as refusals, which loses nothing but the second try.
            _ if message.contains("deadlock detected") => StoreError::Retry(message),
            _ if message.contains("lock timeout") => StoreError::Locked(message),
            _ if [
                "terminating connection",
                "server closed the connection",
                "shutting down",
                "starting up",
                "no connection to the server",
                "could not receive data",
                "could not send data",
                "canceling statement due to statement timeout",
                "recovery mode",
            ]
            .iter()
            .any(|sign| message.contains(sign)) =>
            {
                StoreError::Unavailable(message)
            }
            _ => StoreError::Refused(message),
        }
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        StoreError::Unavailable(error.to_string())
    }
}
