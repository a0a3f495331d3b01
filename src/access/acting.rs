//! Who a request acts as.

use super::{Caller, Rule};
use crate::{domain::Actor, writing};

/// A request names an actor other than its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the actor is not the caller")]
pub struct NotTheCaller;

impl Caller {
    /// The actor of a request by this caller that names `actor`. An empty name stands for the caller. Names are compared as
    /// [`writing::identity`].
    ///
    /// # Errors
    /// When the request names somebody else, and the method's rule does not allow that for this caller.
    pub fn acting(&self, rule: &Rule, actor: &str) -> Result<Actor, NotTheCaller> {
        let Caller::Known(principal) = self else {
            return Ok(actor.to_owned().into());
        };
        let (subject, named) = (&principal.subject, actor.trim());
        if named.is_empty() || writing::identity(named) == writing::identity(subject) {
            return Ok(subject.clone().into());
        }
        if rule.lets_act_for_others(self) {
            return Ok(Actor {
                name: actor.to_owned(),
                entered_by: Some(subject.clone()),
            });
        }
        Err(NotTheCaller)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use super::{
        super::{Principal, Role, Scope},
        *,
    };

    fn caller(subject: &str, role: Role) -> Caller {
        Caller::Known(Arc::new(Principal {
            subject: subject.to_owned(),
            roles: BTreeSet::from([role]),
            scope: Scope::default(),
        }))
    }

    fn rule() -> Rule {
        Rule {
            roles: BTreeSet::from([Role::Adviser, Role::Integration]),
            act_for_others: BTreeSet::from([Role::Integration]),
            ..Rule::default()
        }
    }

    #[test]
    fn a_caller_acts_under_the_subject_in_whatever_spelling() {
        let ada = caller("Ada Lovelace", Role::Adviser);
        for actor in ["", "  ", "Ada Lovelace", "ada  LOVELACE"] {
            let acting = "Ada Lovelace".to_owned().into();
            assert_eq!(ada.acting(&rule(), actor), Ok(acting), "{actor:?}");
        }
    }

    #[test]
    fn only_a_role_that_the_rule_names_acts_for_others_and_stays_on_record() {
        let ada = caller("ada", Role::Adviser);
        assert_eq!(ada.acting(&rule(), "bea"), Err(NotTheCaller));
        let crm = caller("crm", Role::Integration);
        let acting = Actor {
            name: "bea".to_owned(),
            entered_by: Some("crm".to_owned()),
        };
        assert_eq!(crm.acting(&rule(), "bea"), Ok(acting));
        let nobody = Rule {
            act_for_others: BTreeSet::new(),
            ..rule()
        };
        assert_eq!(crm.acting(&nobody, "bea"), Err(NotTheCaller));
    }

    #[test]
    fn where_callers_are_not_known_the_request_says_who_acts() {
        let acting = Caller::Anyone.acting(&rule(), "bea");
        assert_eq!(acting, Ok("bea".to_owned().into()));
    }
}
