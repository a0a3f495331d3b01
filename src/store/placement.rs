//! What determines who may see a record.
//!
//! Statements are shared: lookups by callers with different scopes are batched, and one page of the log serves all watchers. So a
//! scope cannot be a condition of such a statement. Instead, what determines access is read along, and checked against each
//! caller's scope when a result is handed out.

use diesel::{Queryable, Selectable};

use super::{StoreError, schema};
use crate::access::Scope;

/// What determines who may see a complaint.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = schema::complaint)]
pub struct Placement {
    /// Its brand.
    pub brand: String,
    /// Its assignee, if any, in any spelling.
    pub assignee: Option<String>,
}

impl Placement {
    /// Whether a caller with this scope may see the complaint.
    #[must_use]
    pub fn is_within(&self, scope: &Scope) -> bool {
        scope.includes(&self.brand, self.assignee.as_deref())
    }
}

/// Data read of a complaint, with what determines who may see it.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) placement: Placement,
    /// An error if the stored data is unreadable. It, too, is only for callers who may see the complaint.
    pub(super) read: Result<T, StoreError>,
}

impl<T> Placed<T> {
    /// The result for a caller with this scope. `None`: to the caller, there is no such complaint.
    pub(super) fn told(self, scope: &Scope) -> Result<Option<T>, StoreError> {
        if self.placement.is_within(scope) {
            self.read.map(Some)
        } else {
            Ok(None)
        }
    }
}
