//! The lookup table from certificate names to callers.

use std::{collections::HashMap, sync::Arc};

use super::super::{
    certificate::Proof,
    name::AlternativeName,
    problem::{BadCertificate, Names},
};
use crate::access::Principal;

/// Callers by certificate name.
#[derive(Debug)]
pub(super) struct Table {
    clients: usize,
    by_name: HashMap<AlternativeName, Arc<Principal>>,
}

impl Table {
    /// No name may belong to two of these clients.
    pub(super) fn new(clients: usize, by_name: HashMap<AlternativeName, Arc<Principal>>) -> Self {
        Table { clients, by_name }
    }

    /// The number of clients.
    pub(super) fn clients(&self) -> usize {
        self.clients
    }

    /// The caller with these names, if they belong to exactly one.
    pub(super) fn principal(&self, names: &[AlternativeName]) -> Proof {
        let mut known = names.iter().filter_map(|name| self.by_name.get(name));
        let Some(principal) = known.next() else {
            return Err(match names {
                [] => BadCertificate::NoName,
                names => BadCertificate::Unknown(Names::of(names)),
            });
        };
        if known.any(|other| !Arc::ptr_eq(principal, other)) {
            return Err(BadCertificate::Several(Names::of(names)));
        }
        Ok(Arc::clone(principal))
    }
}
