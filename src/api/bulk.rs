//! Requests that change many complaints, each by a command of its own.

use futures_util::{StreamExt as _, stream};

use super::{ComplaintApi, problems};
use crate::{
    access::Caller,
    intake::{Bulk, Problem, envelopes, etag_of},
};

/// So many commands of one call are with the engine at once: enough for full batches, and no more than others can be carried out
/// beside.
const AT_ONCE: usize = 64;

/// What became of one complaint, by the name that the request has for it: its etag after the change, or why there was none.
pub(super) type Changed = (String, Result<String, Problem>);

impl ComplaintApi {
    /// Has a request carried out for each of its complaints; the results are in their order.
    ///
    /// # Errors
    /// When the request itself is wrong, or its caller may not make it.
    pub(super) async fn mutate_each<B: Bulk + Sync>(
        &self,
        caller: &Caller,
        request: B,
    ) -> Result<Vec<Changed>, Problem> {
        let acting = self.acting_by(caller, B::METHOD, &request.header())?;
        let each = envelopes(&request, &acting, self.check_of(caller))?;
        let changed = stream::iter(each).map(|(name, envelope)| async {
            let changed = self.engine.submit(envelope).await;
            let etag = changed.map(|complaint| etag_of(complaint.version()));
            (name, etag.map_err(|error| problems::of_engine(&error)))
        });
        Ok(changed.buffered(AT_ONCE).collect().await)
    }
}
