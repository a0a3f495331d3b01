//! The rule of a method: who may call it.

use std::collections::BTreeSet;

use super::{Caller, Role};

/// Who may call a method, and on whose behalf.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// The roles that may call it.
    pub roles: BTreeSet<Role>,
    /// Whether its responses may contain personal data, which are left out for callers who may not see them.
    pub personal_data: bool,
    /// The subset of its roles that may name another actor.
    pub act_for_others: BTreeSet<Role>,
    /// The subset of its roles that may override the bounds of a promise. A role that acts for others may do so only on behalf of
    /// a named person.
    pub override_promise_bound: BTreeSet<Role>,
}

impl Rule {
    /// Whether this caller may call the method.
    #[must_use]
    pub fn admits(&self, caller: &Caller) -> bool {
        caller.has_one_of(&self.roles)
    }

    /// Whether this caller may name another actor.
    #[must_use]
    pub fn lets_act_for_others(&self, caller: &Caller) -> bool {
        caller.has_one_of(&self.act_for_others)
    }
}
