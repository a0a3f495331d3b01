//! What a caller wants to watch.

use super::{check::Check, position, problem::Problem};
use crate::{access::Scope, domain::EventKind, proto::v1, store::Position};

/// Where a caller begins to watch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Now,
    After(Position),
}

/// A checked request to watch.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) start: Start,
    /// Only events of complaints within it.
    pub(crate) scope: Scope,
    /// Only events of complaints of this brand; `None`: of any.
    pub(crate) brand: Option<String>,
    /// Only events of these kinds; none: all.
    pub(crate) kinds: Vec<EventKind>,
    /// Whether what was said or written is told.
    pub(crate) texts: bool,
}

impl Watch {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(mut check: Check, request: v1::WatchEventsRequest) -> Result<Self, Problem> {
        let scope = check.scope().clone();
        let start = check.start(&request);
        let kinds = check.choices("kinds", &request.kinds);
        let brand = check.known_brand("brand", &request.brand);
        let start = check.finish(start)?;
        Ok(Watch {
            scope,
            brand,
            start,
            kinds,
            texts: request.include_text,
        })
    }
}

impl Check {
    /// Where a stream begins.
    fn start(&mut self, request: &v1::WatchEventsRequest) -> Option<Start> {
        match (request.after_position.as_str(), request.from_beginning) {
            ("", false) => return Some(Start::Now),
            ("", true) => return Some(Start::After(Position::BEGINNING)),
            (_, true) => {
                let why = "must not be given together with after_position";
                self.violation("from_beginning", why);
            }
            (token, false) => match position::read(token) {
                Some(position) => return Some(Start::After(position)),
                None => self.violation("after_position", "must be a position as it was returned"),
            },
        }
        None
    }
}
