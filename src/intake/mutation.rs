//! What all mutations have in common.

use prost::Message;
use sha2::{Digest, Sha256};

use super::{check::Check, problem::Problem};
use crate::engine::{Envelope, RequestKey, Work};

/// A request that changes something.
pub(crate) trait Mutation: Message {
    /// The method's name.
    const METHOD: &'static str;

    /// The fields that every mutation has.
    fn header(&self) -> Header<'_>;

    /// Reads what is wanted; what cannot be read is noted.
    fn work(self, check: &mut Check) -> Option<Work>;
}

/// What every mutation says beside its own.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    /// Makes it safe to repeat.
    pub(crate) request_id: &'a str,
    /// Who acts.
    pub(crate) actor: &'a str,
}

/// What the engine is given for a request.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub(crate) fn envelope<M: Mutation>(request: M, mut check: Check) -> Result<Envelope, Problem> {
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
