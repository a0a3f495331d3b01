//! Requests that change something.

use super::{ComplaintApi, convert, problems};
use crate::{
    intake::{Mutation, Problem, envelope},
    proto::v1,
};

impl ComplaintApi {
    /// Has a request carried out: checks all of it, hands it to the engine, and answers with the complaint.
    pub(super) async fn mutate<M: Mutation>(&self, request: M) -> Result<v1::Complaint, Problem> {
        let envelope = envelope(request, self.check())?;
        let changed = self.engine.submit(envelope).await;
        let changed = changed.map_err(|error| problems::of_engine(&error))?;
        Ok(convert::complaint(&changed, &self.policies()))
    }
}
