//! The reads of single complaints. To a caller, a complaint outside its scope does not exist.

use uuid::Uuid;

use super::{
    StoreError,
    complaint_lookup::{StoredComplaint, alone},
    read::Reader,
};
use crate::{
    access::Scope,
    domain::{Complaint, ComplaintRef},
};

impl Reader {
    /// The id of a complaint, whatever else of it can be read. What is then read by it is told to a caller who saw the complaint
    /// at this moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn id(&self, which: ComplaintRef, scope: &Scope) -> Result<Option<Uuid>, StoreError> {
        self.look_up(&self.ids, which, scope).await
    }

    /// One complaint.
    ///
    /// # Errors
    /// When the database is away, or what is stored cannot be read.
    pub async fn complaint(
        &self,
        which: ComplaintRef,
        scope: &Scope,
    ) -> Result<Option<Complaint>, StoreError> {
        self.look_up(&self.complaints, which, scope).await
    }

    /// One complaint with its personal data, as far as they are not erased.
    ///
    /// # Errors
    /// When the database is away, or what is stored cannot be read.
    pub async fn complaint_with_personal(
        &self,
        which: ComplaintRef,
        scope: &Scope,
    ) -> Result<Option<StoredComplaint>, StoreError> {
        self.look_up_or_read(&self.with_personal, which, scope, alone)
            .await
    }
}
