//! Previews what a change would tell the customer. Decided like the change itself, but never written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Engine, EngineError, Envelope, batch::Workspace, shared::Shared};
use crate::{
    domain::{Complaint, Customer, Notice},
    store::{Reader, StoreError, Transaction},
};

/// The result of a preview.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The complaint as it would be.
    pub complaint: Complaint,
    /// The notices that the change would issue, with the customer's name, and the state each would be in.
    pub notices: Vec<Notice>,
    /// The customer on record. `None`: erased.
    pub customer: Option<Customer>,
}

impl Engine {
    /// Previews a change as if made now. Nothing is locked or written, and the request is not remembered.
    ///
    /// # Errors
    /// Those of [`Engine::submit`].
    pub async fn preview(
        &self,
        reader: &Reader,
        envelope: Envelope,
    ) -> Result<Preview, EngineError> {
        let shared = Arc::clone(&self.shared);
        let previewed = reader
            .at_one_moment(move |transaction| preview(&shared, &envelope, transaction))
            .await;
        previewed.map_err(|error| EngineError::Store(Arc::new(error)))?
    }
}

fn preview(
    shared: &Shared,
    envelope: &Envelope,
    transaction: &mut Transaction<'_>,
) -> Result<Result<Preview, EngineError>, StoreError> {
    let now = shared.time.now();
    if let Err(wrong) = shared.time.check() {
        return Ok(Err(wrong.into()));
    }
    let named: BTreeSet<_> = envelope.work.named().cloned().collect();
    let cases = transaction.unlocked(&named)?;
    let policies = shared.rules.policies_for(&cases, transaction)?;
    let mut workspace = Workspace::new(&shared.rules, &policies, now, cases);
    if let Some(unseen) = workspace.unseen(envelope, &BTreeMap::new()) {
        return Ok(Err(unseen));
    }
    let restated: Vec<_> = workspace.restated(&envelope.work).into_iter().collect();
    workspace.recall(transaction.remedies(&restated)?);
    let (complaint, notices) = match workspace.plan(envelope) {
        Ok(planned) => planned,
        Err(error) => return Ok(Err(error)),
    };
    let mut customers = transaction.customers([complaint.id].into())?;
    let customer = customers.remove(&complaint.id);
    let notices = notices.into_iter().map(|notice| Notice {
        addressee: customer.as_ref().map(|customer| customer.full_name.clone()),
        fate: complaint.notices.get(&notice.sequence).cloned(),
        ..notice
    });
    Ok(Ok(Preview {
        notices: notices.collect(),
        complaint,
        customer,
    }))
}
