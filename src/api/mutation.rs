//! What all mutations have in common.

use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Status;

use super::{ComplaintApi, check::Check, convert, status};
use crate::{
    engine::{Envelope, RequestKey, Work},
    proto::v1,
};

/// A request that changes something.
pub(super) trait Mutation: Message {
    /// The method's name.
    const METHOD: &'static str;

    /// The fields that every mutation has.
    fn header(&self) -> Header<'_>;

    /// Reads what is wanted; what cannot be read is noted.
    fn work(self, check: &mut Check) -> Option<Work>;
}

/// What every mutation says beside its own.
#[derive(Debug)]
pub(super) struct Header<'a> {
    /// Makes it safe to repeat.
    pub(super) request_id: &'a str,
    /// Who acts.
    pub(super) actor: &'a str,
}

impl ComplaintApi {
    /// Has a request carried out: checks all of it, hands it to the engine, and answers with the complaint.
    pub(super) async fn mutate<M: Mutation>(&self, request: M) -> Result<v1::Complaint, Status> {
        let envelope = envelope(request, Check::at(self.time.now()))?;
        let changed = self.engine.submit(envelope).await;
        let changed = changed.map_err(|error| status::of_engine(&error))?;
        Ok(convert::complaint(&changed, &self.policies()))
    }
}

/// What the engine is given for a request.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub(super) fn envelope<M: Mutation>(request: M, mut check: Check) -> Result<Envelope, Status> {
    let header = request.header();
    let id = check.request_id(header.request_id);
    let actor = check.actor(header.actor);
    let key = id.map(|id| RequestKey {
        id,
        fingerprint: fingerprint(&request),
    });
    let work = request.work(&mut check);
    let (actor, work) = check.finish(actor.zip(work))?;
    Ok(Envelope {
        request: key,
        actor,
        work,
    })
}

/// SHA-256 over the method and the message. No message has a map, so that equal messages have equal bytes.
fn fingerprint<M: Mutation>(request: &M) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(M::METHOD);
    hasher.update([0]);
    hasher.update(request.encode_to_vec());
    hasher.finalize().into()
}
