//! Problems of figures.

use super::store::of_store;
use crate::{
    figures::{MOST_CELLS, TooManyCells},
    intake::{Code, Problem, reason},
    tallying::TallyError,
};

/// Why there are no figures.
pub(in crate::api) fn of_tally(error: &TallyError) -> Problem {
    match error {
        TallyError::TooManyCells(TooManyCells) => {
            let message = "the figures have more cells than a response holds: use fewer dimensions, a shorter period or a filter";
            Problem::new(Code::FailedPrecondition, reason::TOO_MANY_CELLS, message)
                .with("limit", MOST_CELLS)
                .precondition("by")
        }
        TallyError::Store(error) => of_store(error),
    }
}
