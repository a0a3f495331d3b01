//! Positions in the log, as readers keep them.

use uuid::Uuid;

use super::StoreError;

/// A place between two events of the log, on one of its branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The branch's id.
    pub branch: Uuid,
    /// The last event before it.
    pub place: LogPlace,
}

/// Where an event stands in the log. Places are in the order of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// The transaction that committed it.
    pub xid: i64,
    /// Its number among the events of that transaction, from 1. They are committed together and never change, so it is theirs
    /// for good.
    pub number: u32,
}

impl LogPlace {
    /// Behind all events of a transaction, however many it has.
    #[must_use]
    pub const fn behind(xid: i64) -> LogPlace {
        LogPlace {
            xid,
            number: u32::MAX,
        }
    }
}

impl Position {
    /// Before the first event of any log.
    pub const BEGINNING: Position = Position {
        branch: Uuid::nil(),
        place: LogPlace::behind(0),
    };
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
