//! The caller of a request.

use std::{collections::BTreeSet, sync::Arc};

use super::{Role, Scope};

/// The scope of callers without restrictions.
static EVERYTHING: Scope = Scope {
    brands: None,
    queues: None,
};

/// The caller of a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Anyone who can reach a service without authentication, which therefore listens on loopback only. May do everything, as any
    /// actor that a request names.
    Anyone,
    /// An authenticated caller.
    Known(Arc<Principal>),
}

/// An authenticated caller, identified by a token or a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The name by which the log records the caller.
    pub subject: String,
    /// The caller's roles.
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

    /// Whether the caller has one of these roles, or is unrestricted.
    pub(super) fn has_one_of(&self, roles: &BTreeSet<Role>) -> bool {
        match self {
            Caller::Anyone => true,
            Caller::Known(principal) => !principal.roles.is_disjoint(roles),
        }
    }
}
