//! The client certificate of a connection, as far as it identifies the caller.

use std::sync::Arc;

use parking_lot::RwLock;

use super::{name::AlternativeName, problem::BadCertificate};
use crate::access::Principal;

/// The caller that a certificate identifies.
pub(super) type Proof = Result<Arc<Principal>, BadCertificate>;

/// The client certificate of a connection. TLS has verified that the peer holds its key, and that it was issued by one of the
/// client CAs, for clients, and was valid when the connection was opened.
#[derive(Debug)]
pub(in crate::api) struct ClientCertificate {
    names: Vec<AlternativeName>,
    /// The caller, with the version of the file that it was looked up in.
    proved: RwLock<Option<(u64, Proof)>>,
}

impl ClientCertificate {
    /// A certificate with these names, in order. There may be none.
    pub(in crate::api) fn of(names: Vec<AlternativeName>) -> Self {
        ClientCertificate {
            names,
            proved: RwLock::new(None),
        }
    }

    /// The caller according to this version of the file; looked up once.
    pub(super) fn proved(
        &self,
        version: u64,
        find: impl FnOnce(&[AlternativeName]) -> Proof,
    ) -> Proof {
        if let Some((known, proof)) = &*self.proved.read()
            && *known == version
        {
            return proof.clone();
        }
        let proof = find(&self.names);
        *self.proved.write() = Some((version, proof.clone()));
        proof
    }
}
