//! The reads of single complaints.

use uuid::Uuid;

use super::{
    StoreError,
    complaint_lookup::{StoredComplaint, WithPersonal, alone},
    read::Reader,
};
use crate::domain::{Complaint, ComplaintRef};

impl Reader {
    /// The id of a complaint, whatever else of it can be read.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn id(&self, which: ComplaintRef) -> Result<Option<Uuid>, StoreError> {
        self.patiently(self.look_up(&self.ids, which)).await
    }

    /// One complaint.
    ///
    /// # Errors
    /// When the database is away, or what is stored cannot be read.
    pub async fn complaint(&self, which: ComplaintRef) -> Result<Option<Complaint>, StoreError> {
        self.patiently(self.look_up(&self.complaints, which)).await
    }

    /// One complaint with its personal data, as far as they are not erased.
    ///
    /// # Errors
    /// When the database is away, or what is stored cannot be read.
    pub async fn complaint_with_personal(
        &self,
        which: ComplaintRef,
    ) -> Result<Option<StoredComplaint>, StoreError> {
        let look_up = self.look_up(&self.with_personal, which.clone());
        match self.patiently(look_up).await? {
            Some(WithPersonal::All(stored)) => Ok(Some(stored)),
            None => Ok(None),
            Some(WithPersonal::Large) => {
                self.read(move |connection| alone(&which, connection)).await
            }
        }
    }
}
