//! What can go wrong between us and the database.

use diesel::result::{DatabaseErrorKind, Error};

/// Why the database did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had, or it broke. Passes by itself when the database is back.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Another transaction was in the way; the same again may succeed.
    #[error(
        "the database aborted the transaction because it conflicted with another one; try again: {0}"
    )]
    Retry(String),
    /// Somebody else held the row for longer than we wait.
    #[error("the complaint is locked by another session: {0}")]
    Locked(String),
    /// A unique key exists already.
    #[error("a row with the same {constraint} already exists")]
    Duplicate {
        /// The constraint's name.
        constraint: String,
    },
    /// What is stored cannot be understood.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// This database is none for Redress.
    #[error("this database cannot be used: {0}")]
    Unsuitable(String),
    /// The database refused it, and will again.
    #[error("the database rejected a statement: {0}")]
    Refused(String),
    /// The database failed, and nothing yet says whether the same again may succeed: [`Store::judge`](super::Store::judge)
    /// finds out.
    #[error("the database failed: {0}")]
    Unclear(String),
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
    pub(crate) fn abandoned() -> Self {
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
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction => StoreError::Unavailable(message),
            DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::ExclusionViolation => StoreError::Refused(message),
            // A full disk, a deadlock, a cancelled statement, a damaged page: diesel keeps the SQLSTATE that tells them
            // apart to itself, and the message is in the server's language.
            _ => StoreError::Unclear(message),
        }
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        StoreError::Unavailable(error.to_string())
    }
}
