//! Problems of what is stored.

use super::waits::{LATER, SOON};
use crate::{
    intake::{Code, Problem, position, reason},
    store::{PositionError, StoreError},
};

/// What a read that failed tells the caller.
pub(in crate::api) fn of_store(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(why) => {
            database_away(why, "the database is not available; try again in a moment")
        }
        StoreError::Locked(why) => {
            tracing::warn!(
                why,
                "another session has been holding a lock for too long; find it in pg_stat_activity"
            );
            locked()
        }
        // A unique key of our own making that exists already is new at the next try.
        StoreError::Retry(_) | StoreError::Duplicate { .. } => Problem::new(
            Code::Aborted,
            reason::TRY_AGAIN,
            "another change was in the way; try again",
        )
        .retry(SOON),
        // Where nobody has judged it, it may well pass.
        StoreError::Unclear(why) => {
            database_away(why, "the database failed; try again in a moment")
        }
        StoreError::Corrupt(why) => unreadable(why),
        StoreError::Refused(_) | StoreError::Unsuitable(_) => Problem::internal(error),
    }
}

/// What a reader is told that cannot go on from its position.
pub(in crate::api) fn of_position(error: &PositionError) -> Problem {
    let refused = |reason, message: &str| Problem::new(Code::OutOfRange, reason, message);
    match error {
        PositionError::Parted { at } => refused(
            reason::LOG_PARTED,
            "a standby of the database took over that had not received the last events: drop what you received after the \
             event with the position in the metadata, and go on from there",
        )
        .with("position", position::token(*at)),
        PositionError::OtherLog => refused(
            reason::OTHER_LOG,
            "this position is of another log, such as that of another environment, or of the database from a dump of which this \
             one was restored: drop what you have, and go on from the beginning",
        ),
        PositionError::Ahead { end } => refused(
            reason::POSITION_AHEAD,
            "the log ends before this position: the database has lost its last events; drop what you have, and go on from \
             the beginning",
        )
        .with("position", position::token(*end)),
        PositionError::Store(error) => of_store(error),
    }
}

/// Somebody else holds the complaint.
pub(in crate::api) fn locked() -> Problem {
    Problem::new(
        Code::Aborted,
        reason::TRY_AGAIN,
        "the complaint is locked by another session; try again in a moment",
    )
    .retry(LATER)
}

/// The database cannot be used for now.
pub(in crate::api) fn database_away(why: &str, said: &str) -> Problem {
    tracing::warn!(why, "the database is not available");
    Problem::new(Code::Unavailable, reason::DATABASE_UNAVAILABLE, said).retry(LATER)
}

/// What is stored of a complaint cannot be read: it was changed past the service, or the storage lost it.
fn unreadable(why: &str) -> Problem {
    tracing::error!(
        why,
        "failed to read a stored complaint; `redress verify` says what is damaged"
    );
    let message = "what is stored of the complaint cannot be read, and nothing was changed; `redress verify` with its name \
                   says what it is, for an operator to restore";
    Problem::new(Code::DataLoss, reason::DATA_UNREADABLE, message)
}
