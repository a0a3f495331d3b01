//! The certificate that a connection shows, as far as it says who calls.

use std::sync::Arc;

use parking_lot::RwLock;

use super::{name::AlternativeName, problem::BadCertificate};
use crate::access::Principal;

/// Whom a certificate proves.
pub(super) type Proof = Result<Arc<Principal>, BadCertificate>;

/// The certificate of a connection, whose other end has proved to hold the key: it was issued by one of the client CAs, for
/// clients, and was valid when the connection began.
#[derive(Debug)]
pub(in crate::api) struct ClientCertificate {
    names: Vec<AlternativeName>,
    /// Whom it proved by a version of the file that says so.
    proved: RwLock<Option<(u64, Proof)>>,
}

impl ClientCertificate {
    /// One with these names, in the order in which they stand in it. There may be none.
    pub(in crate::api) fn of(names: Vec<AlternativeName>) -> Self {
        ClientCertificate {
            names,
            proved: RwLock::new(None),
        }
    }

    /// Whom it proves by this version, which is found out once.
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
