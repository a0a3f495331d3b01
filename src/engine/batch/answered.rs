//! Answers that need no decision: for complaints that the caller may not see, and for repeated requests.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Workspace;
use crate::{
    access::Scope,
    domain::{Complaint, ComplaintRef},
    engine::{EngineError, Envelope, RequestKey},
    store::{Placement, StoredRequest},
};

impl Workspace<'_> {
    /// Rejects a command that names a complaint outside the caller's scope, as if the complaint did not exist. Checked before
    /// anything else, so that no other answer reveals the difference. For a complaint locked by another transaction, its last
    /// committed state is checked: a caller who may not see it does not wait for it.
    pub(in crate::engine) fn unseen(
        &self,
        envelope: &Envelope,
        contended: &BTreeMap<ComplaintRef, Placement>,
    ) -> Option<EngineError> {
        let scope = &envelope.scope;
        let is_seen = |which: &ComplaintRef| match self.id_of(which) {
            Some(id) => self.is_within(id, scope),
            None => contended.get(which).is_some_and(|it| it.is_within(scope)),
        };
        let place = envelope.work.named().position(|which| !is_seen(which));
        place.map(|place| match place {
            0 => EngineError::NotFound,
            _ => EngineError::OtherNotFound,
        })
    }

    /// Whether a complaint of the batch is within a scope.
    fn is_within(&self, id: Uuid, scope: &Scope) -> bool {
        self.entries.get(&id).is_some_and(|entry| {
            let Complaint {
                brand, assignee, ..
            } = &entry.now.complaint;
            scope.includes(brand, assignee.as_deref())
        })
    }

    /// The answer to a repeated request, from `known` or from this very batch. Returned only to callers who may see the complaint
    /// as it is now.
    pub(in crate::engine) fn answered(
        &self,
        envelope: &Envelope,
        known: &[StoredRequest],
    ) -> Option<Result<Complaint, EngineError>> {
        let key = self.key(envelope)?;
        let stored = known.iter().find(|stored| stored.id == key.id);
        let (fingerprint, answer) = match stored {
            Some(stored) => (stored.fingerprint.as_slice(), &stored.answer),
            None => {
                let mut requests = self.requests.iter();
                let (known, answer) = requests.find(|(known, _)| known.id == key.id)?;
                (known.fingerprint.as_slice(), answer)
            }
        };
        let is_the_same = key.fingerprint == fingerprint && envelope.work.is_of(answer);
        // A complaint that this batch did not lock is as it was read with the request.
        let is_seen = match stored.filter(|_| !self.entries.contains_key(&answer.id)) {
            Some(stored) => stored.placement.is_within(&envelope.scope),
            None => self.is_within(answer.id, &envelope.scope),
        };
        Some(match (is_the_same, is_seen) {
            (true, true) => Ok(answer.clone()),
            (true, false) => Err(EngineError::NotFound),
            (false, _) => Err(EngineError::RequestReused),
        })
    }

    /// The key that identifies a repeated request. The answer determines its first complaint; the second is identified by its id,
    /// so that either of its names will do. `None` if the second is not available: it is contended, or does not exist.
    pub(super) fn key(&self, envelope: &Envelope) -> Option<RequestKey> {
        let key = envelope.request?;
        match envelope.work.named().nth(1) {
            None => Some(key),
            Some(other) => Some(key.with_other(self.id_of(other)?)),
        }
    }
}
