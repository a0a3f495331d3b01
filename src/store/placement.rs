//! What decides who may see what is read.
//!
//! Statements are shared: callers of different scopes are looked up together, and one page of the log is told to all who watch.
//! So a scope is no condition of such a statement. What decides is read along, and held against the scope of each caller where
//! an answer is handed out.

use diesel::{Queryable, Selectable};

use super::{StoreError, schema};
use crate::access::Scope;

/// What decides who may see a complaint.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = schema::complaint)]
pub struct Placement {
    /// The name of its brand.
    pub brand: String,
    /// Whom it is assigned to, if it is, in any spelling.
    pub assignee: Option<String>,
}

impl Placement {
    /// Whether the complaint can be seen by a caller of this scope.
    #[must_use]
    pub fn is_within(&self, scope: &Scope) -> bool {
        scope.includes(&self.brand, self.assignee.as_deref())
    }
}

/// What was read of a complaint, with what decides who may see it.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) placement: Placement,
    /// An error where what is stored cannot be read. That, too, is only told to whoever may see the complaint.
    pub(super) read: Result<T, StoreError>,
}

impl<T> Placed<T> {
    /// What a caller of this scope is told; `None`: to the caller, there is no such complaint.
    pub(super) fn told(self, scope: &Scope) -> Result<Option<T>, StoreError> {
        if self.placement.is_within(scope) {
            self.read.map(Some)
        } else {
            Ok(None)
        }
    }
}
