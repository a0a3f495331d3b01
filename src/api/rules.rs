//! The rules of the methods, as the options in the API's files have them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use prost_reflect::{DescriptorPool, MethodDescriptor, ReflectMessage as _, Value};

use crate::{
    access::{Role, Rule},
    proto::{DESCRIPTORS, v1},
};

/// The option that has the rule of a method.
const OPTION: &str = "redress.v1.rule";

/// The rules by the names of their methods, which are unique across services.
#[derive(Debug)]
pub struct Rules(BTreeMap<String, Arc<Rule>>);

/// Why the rules cannot be enforced. The program was built wrongly.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The descriptors cannot be read.
    #[error(transparent)]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// A method that anybody could call.
    #[error(
        "the method {method} has no rule that says who may call it: give it the option ({OPTION}) in its .proto file"
    )]
    Missing {
        /// Its full name.
        method: String,
    },
    /// A rule that cannot be meant.
    #[error("the rule of the method {method} is wrong: {why}")]
    Wrong {
        /// Its full name.
        method: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Rules {
    /// The rules of the API.
    ///
    /// # Errors
    /// When a method has none, or one that cannot be meant.
    pub fn read() -> Result<Self, RulesError> {
        Self::of(&DescriptorPool::decode(DESCRIPTORS)?)
    }

    fn of(pool: &DescriptorPool) -> Result<Self, RulesError> {
        let mut rules = BTreeMap::new();
        let services = pool.services();
        for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let rule = Arc::new(rule_of(pool, &method)?);
            if rules.insert(method.name().to_owned(), rule).is_some() {
                return Err(wrong(&method, "another service has a method of this name"));
            }
        }
        Ok(Rules(rules))
    }

    /// The rule of a method, by its own name.
    #[must_use]
    pub fn of_method(&self, name: &str) -> Option<&Arc<Rule>> {
        self.0.get(name)
    }

    /// Every method with its rule, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.0.iter().map(|(name, rule)| (name.as_str(), &**rule))
    }
}

fn rule_of(pool: &DescriptorPool, method: &MethodDescriptor) -> Result<Rule, RulesError> {
    let missing = || RulesError::Missing {
        method: method.full_name().to_owned(),
    };
    let option = pool.get_extension_by_name(OPTION).ok_or_else(missing)?;
    let options = method.options();
    if !options.has_extension(&option) {
        return Err(missing());
    }
    let value = options.get_extension(&option);
    let Value::Message(message) = &*value else {
        return Err(wrong(method, "it is no message"));
    };
    if message.descriptor().full_name() != "redress.v1.Rule" {
        return Err(wrong(method, "it is another message"));
    }
    let rule: v1::Rule = message.transcode_to().map_err(|_| missing())?;
    let unknown = || wrong(method, "it names an unknown role");
    let rule = Rule {
        roles: roles(rule.roles()).ok_or_else(unknown)?,
        personal_data: rule.personal_data,
        act_for_others: roles(rule.act_for_others()).ok_or_else(unknown)?,
        override_promise_bound: roles(rule.override_promise_bound()).ok_or_else(unknown)?,
    };
    if rule.roles.is_empty() {
        return Err(wrong(method, "it names no role"));
    }
    if !rule.act_for_others.is_subset(&rule.roles) {
        let why = "a role that may not call the method acts for others";
        return Err(wrong(method, why));
    }
    if !rule.override_promise_bound.is_subset(&rule.roles) {
        let why = "a role that may not call the method overrides what bounds a promise";
        return Err(wrong(method, why));
    }
    Ok(rule)
}

fn wrong(method: &MethodDescriptor, why: &'static str) -> RulesError {
    RulesError::Wrong {
        method: method.full_name().to_owned(),
        why,
    }
}

fn roles(roles: impl Iterator<Item = v1::CallerRole>) -> Option<BTreeSet<Role>> {
    roles.map(known).collect()
}

fn known(role: v1::CallerRole) -> Option<Role> {
    let word = role.as_str_name().strip_prefix("CALLER_ROLE_")?;
    word.to_lowercase().parse().ok()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
