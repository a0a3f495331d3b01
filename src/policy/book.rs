//! All policies that are known, in all their versions.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClockRule, Policy, PolicyError};
use crate::calendar::CalendarBook;

/// The files that are built in.
const BUILTIN: [(&str, &str); 1] = [(
    "policies/ca-jive.toml",
    include_str!("../../policies/ca-jive.toml"),
)];

/// One version of one policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PolicyRef {
    /// The policy's name.
    pub name: String,
    /// The digest of its text and of the calendars that it counts in.
    pub version: String,
}

impl std::fmt::Display for PolicyRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// The policies by name and version.
///
/// A version that was loaded once stays, so that a complaint can keep the one it was received under.
#[derive(Debug, Clone, Default)]
pub struct PolicyBook {
    versions: BTreeMap<PolicyRef, Arc<Policy>>,
    /// By name, in the order of loading: where two versions are in force on a day, the later one rules.
    current: BTreeMap<String, Vec<Arc<Policy>>>,
    /// Policies with the clocks of the codes beside them, made when they are first asked for. What stands here follows from
    /// the versions alone, so copies of the book share it.
    bound: Arc<RwLock<Bound>>,
}

/// By the provider's own version, then by those beside it.
type Bound = BTreeMap<PolicyRef, BTreeMap<Vec<PolicyRef>, Arc<Policy>>>;

impl PolicyBook {
    /// The built-in policies.
    ///
    /// # Errors
    /// When a built-in file is wrong.
    pub fn builtin(calendars: &CalendarBook) -> Result<PolicyBook, PolicyError> {
        let mut book = PolicyBook::default();
        for (file, text) in BUILTIN {
            book.insert(Policy::parse(file, text, calendars)?);
        }
        Ok(book)
    }

    /// Adds a version that is in use from now on.
    pub fn insert(&mut self, policy: Policy) {
        let policy = Arc::new(policy);
        let versions = self.current.entry(policy.name().to_owned()).or_default();
        versions.retain(|known| known.version() != policy.version());
        versions.push(Arc::clone(&policy));
        self.keep(policy);
    }

    /// Adds a version that complaints may still keep, but that new ones do not come under.
    pub fn insert_former(&mut self, policy: Policy) {
        self.keep(Arc::new(policy));
    }

    fn keep(&mut self, policy: Arc<Policy>) {
        self.versions.insert(policy.reference(), policy);
    }

    /// The version by itself.
    #[must_use]
    pub fn get(&self, key: &PolicyRef) -> Option<&Arc<Policy>> {
        self.versions.get(key)
    }

    /// The version that rules what is received at this instant, by itself.
    #[must_use]
    pub fn in_force(&self, name: &str, received: Timestamp) -> Option<&Arc<Policy>> {
        self.current
            .get(name)?
            .iter()
            .rev()
            .find(|policy| policy.in_force_at(received))
    }

    /// What binds a complaint that is received at this instant: the version in force, with the clocks of those codes
    /// beside it that are in force then too.
    #[must_use]
    pub fn binding(&self, name: &str, received: Timestamp) -> Option<Arc<Policy>> {
        let own = self.in_force(name, received)?;
        let beside: Vec<PolicyRef> = own
            .beside
            .iter()
            .filter_map(|name| Some(self.in_force(name, received)?.reference()))
            .collect();
        self.bound(&own.code.policy, &beside)
    }

    /// What binds a complaint that keeps these versions; `None` while one of them is not known.
    #[must_use]
    pub fn bound(&self, own: &PolicyRef, beside: &[PolicyRef]) -> Option<Arc<Policy>> {
        if beside.is_empty() {
            return self.get(own).cloned();
        }
        let bound = self.bound.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = bound.get(own).and_then(|known| known.get(beside)) {
            return Some(Arc::clone(known));
        }
        drop(bound);
        let others = beside.iter().map(|other| self.get(other));
        let policy = Arc::new(self.get(own)?.bind(&others.collect::<Option<Vec<_>>>()?));
        let mut bound = self.bound.write().unwrap_or_else(PoisonError::into_inner);
        let known = bound.entry(own.clone()).or_default();
        known.insert(beside.to_vec(), Arc::clone(&policy));
        Some(policy)
    }

    /// Whether any version of this name is in use.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.current.contains_key(name)
    }

    /// Every version in use, by name.
    pub fn current(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.current.values().flatten()
    }
}

impl Policy {
    /// This policy with the clocks of others. They keep their own code; what is promised to the customer is timed by this
    /// policy alone, so a date that is given never moves a clock of theirs.
    fn bind(&self, others: &[&Arc<Policy>]) -> Policy {
        let theirs = others.iter().flat_map(|other| &other.clocks);
        let theirs = theirs.map(|rule| ClockRule {
            follows_promise: false,
            ..rule.clone()
        });
        Policy {
            bound_beside: others.iter().map(|other| other.reference()).collect(),
            clocks: self.clocks.iter().cloned().chain(theirs).collect(),
            ..self.clone()
        }
    }
}
