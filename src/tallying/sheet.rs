//! What is asked, of whom, and as of when.

use std::sync::Arc;

use crate::{
    access::Scope,
    figures::{Facts, Question},
    policy::PolicyBook,
    store::{FigureExtent, Position},
};

/// A question at a position, for a caller.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The question.
    pub question: Question,
    /// Only complaints that were within it at the position.
    pub scope: Scope,
    /// Up to the end of the transaction that this lies in.
    pub position: Position,
    /// The codes of practice that complaints may be under.
    pub policies: Arc<PolicyBook>,
}

impl Sheet {
    pub(super) fn extent(&self) -> FigureExtent {
        FigureExtent {
            xid: self.position.place.xid,
            from: self.question.period.from,
            to: self.question.period.to,
        }
    }

    pub(super) fn is_within_scope(&self, facts: &Facts) -> bool {
        let complaint = &facts.complaint;
        self.scope
            .includes(&complaint.brand, complaint.assignee.as_deref())
    }
}
