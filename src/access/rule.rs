//! The rule of a method: who may call it.

use std::collections::BTreeSet;

use super::{Caller, Role};

/// Who may call a method, and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Who may call it: whoever has one of these roles.
    pub roles: BTreeSet<Role>,
    /// Whether its answers may hold personal data, which are left out for whoever may not see any.
    pub personal_data: bool,
    /// Of its roles, those that may name somebody else as who acts.
    pub act_for_others: BTreeSet<Role>,
    /// Of its roles, those that may override what bounds a promise. One that acts for others may do so in the name of somebody
    /// alone.
    pub override_promise_bound: BTreeSet<Role>,
}

impl Rule {
    /// Whether this caller may call the method.
    #[must_use]
    pub fn admits(&self, caller: &Caller) -> bool {
        caller.has_one_of(&self.roles)
    }

    /// Whether this caller may name somebody else as who acts.
    #[must_use]
    pub fn lets_act_for_others(&self, caller: &Caller) -> bool {
        caller.has_one_of(&self.act_for_others)
    }
}
