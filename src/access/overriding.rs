//! Who may override the bounds of a promise.

use super::{Caller, Rule};
use crate::domain::Actor;

/// The request overrides the bounds of a promise, and its caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the caller may not override the limit of a promise")]
pub struct MayNotOverride;

impl Caller {
    /// Checks that a request by this caller, on behalf of `acting`, may override the bounds of a promise. Somebody must be
    /// accountable: a system that acts for others may do so only on behalf of a person whom it has authenticated and authorized.
    ///
    /// # Errors
    /// When the method's rule does not allow it for this caller.
    pub fn overriding(&self, rule: &Rule, acting: &Actor) -> Result<(), MayNotOverride> {
        let in_a_name = acting.entered_by.is_some();
        let roles = rule.override_promise_bound.iter().copied();
        let roles = roles.filter(|role| in_a_name || !rule.act_for_others.contains(role));
        if self.has_one_of(&roles.collect()) {
            Ok(())
        } else {
            Err(MayNotOverride)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use super::{
        super::{Principal, Role, Scope},
        *,
    };

    fn overrides(roles: &[Role], actor: &str) -> bool {
        let caller = Caller::Known(Arc::new(Principal {
            subject: "crm".to_owned(),
            roles: roles.iter().copied().collect(),
            scope: Scope::default(),
        }));
        let rule = Rule {
            roles: BTreeSet::from([Role::Adviser, Role::Supervisor, Role::Integration]),
            act_for_others: BTreeSet::from([Role::Integration]),
            override_promise_bound: BTreeSet::from([Role::Supervisor, Role::Integration]),
            personal_data: false,
        };
        let acting = caller.acting(&rule, actor);
        acting.is_ok_and(|acting| caller.overriding(&rule, &acting).is_ok())
    }

    #[test]
    fn only_a_role_that_the_rule_names_overrides_and_a_system_in_the_name_of_a_person_alone() {
        assert!(overrides(&[Role::Supervisor], ""));
        assert!(overrides(&[Role::Adviser, Role::Supervisor], "crm"));
        assert!(!overrides(&[Role::Adviser], ""));
        assert!(!overrides(&[], ""));
        assert!(overrides(&[Role::Integration], "bea"));
        for own in ["", "crm", "CRM"] {
            assert!(!overrides(&[Role::Integration], own), "{own:?}");
        }
        assert!(overrides(&[Role::Integration, Role::Supervisor], ""));
    }

    #[test]
    fn where_callers_are_not_known_whoever_is_named_overrides() {
        let acting = "bea".to_owned().into();
        assert_eq!(Caller::Anyone.overriding(&Rule::default(), &acting), Ok(()));
    }
}
