//! What all mutations have in common.

use std::io;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{check::Check, problem::Problem};
use crate::{
    access::Scope,
    domain::Actor,
    engine::{Envelope, RequestKey, Work},
};

/// A request that changes something.
pub(crate) trait Mutation: Send {
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
    /// Whether what bounds a promise is to be overridden.
    pub(crate) overrides: bool,
}

/// What the engine is given for a request.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub(crate) fn envelope<M: Mutation>(
    request: M,
    acting: Actor,
    mut check: Check,
) -> Result<Envelope, Problem> {
    let scope = check.scope().clone();
    let id = check.request_id(request.header().request_id);
    let name = check.actor(&acting.name);
    let work = request.work(&mut check);
    let (name, work) = check.finish(name.zip(work))?;
    let actor = Actor { name, ..acting };
    Ok(keyed(M::METHOD, id, actor, scope, work))
}

/// What the engine is given for the work of a method, with the id that makes it safe to repeat.
pub(super) fn keyed(
    method: &str,
    id: Option<Uuid>,
    actor: Actor,
    scope: Scope,
    work: Work,
) -> Envelope {
    Envelope {
        request: id.map(|id| RequestKey {
            id,
            fingerprint: fingerprint(method, &actor, &work),
        }),
        actor,
        scope,
        work,
    }
}

/// SHA-256 over what is wanted, as it was read and not as it was spelled: the same telephone number written in two ways is
/// the same request. The complaints that are to be changed are left out, since each has two names; the
/// engine sees to it that they are the same ([`crate::engine::RequestKey`]). What somebody else enters is another request.
fn fingerprint(method: &str, actor: &Actor, work: &Work) -> [u8; 32] {
    let mut digest = Digesting(Sha256::new());
    if let Some(entered_by) = &actor.entered_by {
        digest.0.update(entered_by);
    }
    let actor = &actor.name;
    // Plain data, written into memory, cannot fail.
    let _ = match work {
        Work::File { filing, policy } => {
            serde_json::to_writer(&mut digest, &(method, actor, filing, policy))
        }
        Work::Change {
            version, command, ..
        } => serde_json::to_writer(&mut digest, &(method, actor, version, command)),
    };
    digest.0.finalize().into()
}

/// Digests what is written to it.
struct Digesting(Sha256);

impl io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What the engine is given for a request of whoever it names.
    pub(crate) fn envelope<M: Mutation>(request: M, check: Check) -> Result<Envelope, Problem> {
        let actor = request.header().actor.to_owned();
        super::envelope(request, actor.into(), check)
    }
}
