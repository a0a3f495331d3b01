//! All policies that are known, in all their versions.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Policy, PolicyError};
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
    /// The digest of its text.
    pub version: String,
}

/// The policies by name and version.
///
/// A version that was loaded once stays, so that a complaint can keep the one it was received under.
#[derive(Debug, Clone, Default)]
pub struct PolicyBook {
    versions: BTreeMap<PolicyRef, Arc<Policy>>,
    /// By name, in the order of loading: where two versions are in force on a day, the later one rules.
    current: BTreeMap<String, Vec<Arc<Policy>>>,
}

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
        let versions = self.current.entry(policy.name.clone()).or_default();
        versions.retain(|known| known.version != policy.version);
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

    /// The version that a complaint keeps.
    #[must_use]
    pub fn get(&self, key: &PolicyRef) -> Option<&Arc<Policy>> {
        self.versions.get(key)
    }

    /// The version that rules what is received at this instant.
    #[must_use]
    pub fn in_force(&self, name: &str, received: Timestamp) -> Option<&Arc<Policy>> {
        self.current
            .get(name)?
            .iter()
            .rev()
            .find(|policy| policy.in_force_at(received))
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
