//! What is answered without deciding anything: a command on what its caller cannot see, and a request that was carried out
//! before.

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
    /// Why a command is refused that names a complaint which its caller cannot see, as it is now: as one that names no
    /// complaint. Looked at before anything else, so that no other answer tells the one from the other. Of a complaint that
    /// another transaction holds, what was before is looked at: whoever cannot see it does not wait for it.
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

    /// Whether a complaint of the batch lies within a scope.
    fn is_within(&self, id: Uuid, scope: &Scope) -> bool {
        self.entries.get(&id).is_some_and(|entry| {
            let Complaint {
                brand, assignee, ..
            } = &entry.now.complaint;
            scope.includes(brand, assignee.as_deref())
        })
    }

    /// The answer to a request that was carried out before: it is in `known`, or this very batch has carried it out. Given
    /// again to whoever may see the complaint as it is now.
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
        // One that this batch did not lock is as it was read with the request.
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

    /// By what a request is known again. Of its complaints, the answer tells the first; the second is told by its id, so that
    /// either of its names will do. `None` where that one is not at hand: it is contended, or there is none.
    pub(super) fn key(&self, envelope: &Envelope) -> Option<RequestKey> {
        let key = envelope.request?;
        match envelope.work.named().nth(1) {
            None => Some(key),
            Some(other) => Some(key.with_other(self.id_of(other)?)),
        }
    }
}
