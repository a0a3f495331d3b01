//! Positions in the log, as readers keep them.

use uuid::Uuid;

use super::{StoreError, events::StoredEvent};

/// A place between two transactions of the log, on one of its branchs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The branch's id.
    pub branch: Uuid,
    /// The last transaction before it.
    pub xid: i64,
}

impl Position {
    /// Before the first event of any log.
    pub const BEGINNING: Position = Position {
        branch: Uuid::nil(),
        xid: 0,
    };
}

/// A piece of the log.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// The position that it was read after, on the branch that is being written.
    pub after: Position,
    /// Whole transactions, in commit order.
    pub events: Vec<StoredEvent>,
}

/// Why the log cannot be read from a position on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PositionError {
    /// The log went another way before the position.
    #[error("the log has diverged from the one that this position belongs to")]
    Parted {
        /// Up to here both are the same: the position of the last event that both have.
        at: Position,
    },
    /// It is of a log that this one does not know.
    #[error("this position belongs to another log")]
    OtherLog,
    /// The log ends before it.
    #[error("the log ends before this position")]
    Ahead {
        /// Where it ends.
        end: Position,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for PositionError {
    fn from(error: diesel::result::Error) -> Self {
        PositionError::Store(error.into())
    }
}
