//! Who makes a call.

use std::{collections::BTreeSet, sync::Arc};

use super::{Role, Scope};

/// Everything can be seen by whoever is not restricted.
static EVERYTHING: Scope = Scope {
    brands: None,
    queues: None,
};

/// Who makes a call.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Anyone who reaches a service that authenticates nobody, and therefore listens on loopback alone. May do everything, as
    /// whoever a request names.
    Anyone,
    /// Somebody whose identity was proved.
    Known(Arc<Principal>),
}

/// Somebody whose identity was proved, by a token or by a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The name by which the log knows the caller.
    pub subject: String,
    /// What the caller is to the provider.
    pub roles: BTreeSet<Role>,
    /// Which complaints the caller may see.
    pub scope: Scope,
}

impl Caller {
    /// Which complaints the caller may see.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        match self {
            Caller::Anyone => &EVERYTHING,
            Caller::Known(principal) => &principal.scope,
        }
    }

    /// Whether the caller may see personal data at all.
    #[must_use]
    pub fn sees_personal_data(&self) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Known(principal) => {
                let mut roles = principal.roles.iter();
                roles.any(|role| role.sees_personal_data())
            }
        }
    }

    /// Whether the caller has one of these roles, or everybody has.
    pub(super) fn has_one_of(&self, roles: &BTreeSet<Role>) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Known(principal) => !principal.roles.is_disjoint(roles),
        }
    }
}
