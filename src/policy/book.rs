//! All policies that are known, in all their versions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;

use super::{
    code::PolicyRef,
    known::{self, UnknownPolicy},
    version::Policy,
};

/// The policies by name and version.
///
/// A version that was loaded once stays, so that a complaint can keep the one it was received under.
#[derive(Debug, Clone, Default)]
pub struct PolicyBook {
    versions: BTreeMap<PolicyRef, Arc<Policy>>,
    /// By name, in the order of loading.
    current: BTreeMap<String, Vec<Arc<Policy>>>,
    /// The names of those that came with the program, and that nobody has put into use.
    shelved: BTreeSet<String>,
    /// The policies of the brands that are served. `None`: none are, as when files are checked, and everything is at hand.
    of_brands: Option<BTreeSet<String>>,
    /// Policies with the clocks of the codes beside them, made when they are first asked for. What stands here follows from
    /// the versions alone, so copies of the book share it.
    bound: Arc<RwLock<Bound>>,
}

/// By the provider's own version, then by those beside it.
type Bound = BTreeMap<PolicyRef, BTreeMap<Vec<PolicyRef>, Arc<Policy>>>;

impl PolicyBook {
    /// Adds a version that is in use from now on, whatever the others say.
    pub fn insert(&mut self, policy: Policy) {
        self.use_from_now_on(Arc::new(policy));
    }

    /// No version of this name is in use any more; all stay known.
    pub(super) fn take_out_of_use(&mut self, name: &str) {
        self.current.remove(name);
    }

    /// What is in use came with the program, and nobody has put it into use.
    pub(super) fn shelve(&mut self) {
        self.shelved = self.current.keys().cloned().collect();
    }

    pub(super) fn use_from_now_on(&mut self, policy: Arc<Policy>) {
        self.shelved.remove(policy.name());
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

    /// The version that rules what is received at this instant, by itself: of several in force the one that came into force
    /// last, and of equal ones the one that was loaded last.
    #[must_use]
    pub fn in_force(&self, name: &str, received: Timestamp) -> Option<&Arc<Policy>> {
        self.ruling(name, |policy| policy.in_force_at(received))
    }

    /// The version with this name that is in use without a first day, such as a regulator's proposal. Of several, the one
    /// that was loaded last.
    #[must_use]
    pub fn without_first_day(&self, name: &str) -> Option<&Arc<Policy>> {
        let mut versions = self.versions_in_use(name).iter();
        versions.rfind(|policy| policy.effective_from.is_none())
    }

    pub(super) fn ruling(
        &self,
        name: &str,
        in_force: impl Fn(&Policy) -> bool,
    ) -> Option<&Arc<Policy>> {
        let versions = self.versions_in_use(name).iter();
        let in_force = versions.filter(|policy| in_force(policy));
        in_force.max_by_key(|policy| policy.effective_from)
    }

    /// Whether there is a day on which a complaint can be received under this version: it is in use, has a first day, and no
    /// other version of its name takes all of its days.
    #[must_use]
    pub fn has_days(&self, policy: &Policy) -> bool {
        // It can come into force on its first day, or when one that goes before it ends.
        let others = self.versions_in_use(policy.name()).iter();
        let after = others.filter_map(|other| other.effective_until?.tomorrow().ok());
        policy.effective_from.into_iter().chain(after).any(|day| {
            let ruling = self.ruling(policy.name(), |other| other.in_force_on(day));
            ruling.is_some_and(|ruling| ruling.reference() == policy.reference())
        })
    }

    /// In the order of loading.
    pub(super) fn versions_in_use(&self, name: &str) -> &[Arc<Policy>] {
        self.current.get(name).map_or(&[], |versions| versions)
    }

    /// What binds a complaint that is received at this instant: the version in force, with the clocks of those codes
    /// beside it that are in force then too.
    #[must_use]
    pub fn binding(&self, name: &str, received: Timestamp) -> Option<Arc<Policy>> {
        let own = self.in_force(name, received)?;
        let additional_policies: Vec<PolicyRef> = own
            .additional_policies
            .iter()
            .filter_map(|name| Some(self.in_force(name, received)?.reference()))
            .collect();
        self.bound(&own.code.policy, &additional_policies)
    }

    /// What binds a complaint that keeps these versions; `None` while one of them is not known.
    #[must_use]
    pub fn bound(&self, own: &PolicyRef, additional_policies: &[PolicyRef]) -> Option<Arc<Policy>> {
        if additional_policies.is_empty() {
            return self.get(own).cloned();
        }
        let bound = self.bound.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = bound
            .get(own)
            .and_then(|known| known.get(additional_policies))
        {
            return Some(Arc::clone(known));
        }
        drop(bound);
        let others = additional_policies.iter().map(|other| self.get(other));
        let policy = Arc::new(self.get(own)?.bind(&others.collect::<Option<Vec<_>>>()?));
        let mut bound = self.bound.write().unwrap_or_else(PoisonError::into_inner);
        let known = bound.entry(own.clone()).or_default();
        known.insert(additional_policies.to_vec(), Arc::clone(&policy));
        Some(policy)
    }

    /// Says under which policies the complaints of the brands come, including those of brands that take none any more. What
    /// came with the program for others is no longer at hand: nobody meets the code of another country.
    pub fn serve(&mut self, of_brands: BTreeSet<String>) {
        self.of_brands = Some(of_brands);
    }

    /// The names of the policies that callers meet: those of the brands and of their countries, those that somebody put into
    /// use, and those beside any of these. Complaints may be under any of them, including those no longer in use.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        match &self.of_brands {
            None => self.versions.keys().map(|key| key.name.as_str()).collect(),
            Some(of_brands) => self.at_hand(of_brands.iter().map(String::as_str)),
        }
    }

    /// The names of those that may be filed under with a brand whose own policy is this one. The policy of another brand is
    /// not among them.
    fn names_for(&self, own: &str) -> BTreeSet<&str> {
        let mut names = match &self.of_brands {
            None => self.names(),
            Some(_) => self.at_hand([own]),
        };
        names.retain(|name| self.knows(name));
        names
    }

    /// Those of these names that are known, those that count in the calendar of one of them and so are of its country, those
    /// that somebody put into use, and those beside any of these.
    fn at_hand<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<&str> {
        let names: BTreeSet<&str> = names.into_iter().collect();
        let named = self.versions().filter(|it| names.contains(it.name()));
        let calendars: BTreeSet<&str> = named.map(|policy| policy.calendar().name()).collect();
        let mut added: BTreeSet<&str> = self
            .versions()
            .filter(|it| {
                calendars.contains(it.calendar().name()) || !self.shelved.contains(it.name())
            })
            .map(|policy| policy.name())
            .collect();
        let mut at_hand = BTreeSet::new();
        while !added.is_empty() {
            let beside: BTreeSet<&str> = self
                .versions()
                .filter(|policy| added.contains(policy.name()))
                .flat_map(|policy| policy.additional_policies.iter().map(String::as_str))
                .collect();
            at_hand.append(&mut added);
            added = &beside - &at_hand;
        }
        at_hand
    }

    /// Whether any version of this name is in use, at hand or not.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.current.contains_key(name)
    }

    /// Why a name is refused that no policy at hand has.
    #[must_use]
    pub fn unknown(&self, name: &str) -> UnknownPolicy {
        let mut names = self.names();
        names.retain(|name| self.knows(name));
        refused(name, names)
    }

    /// Whether a complaint that is filed with a brand whose own policy is `own` may be filed under the policy of this name.
    ///
    /// # Errors
    /// When it may not, with those that may be named.
    pub fn check_filing(&self, name: &str, own: &str) -> Result<(), UnknownPolicy> {
        if name == own && self.knows(name) {
            return Ok(());
        }
        let names = self.names_for(own);
        if names.contains(name) {
            return Ok(());
        }
        Err(refused(name, names))
    }

    /// The names of the clocks that may run on a complaint under a policy of this name, whichever version it keeps and
    /// whichever codes stand beside it; `None`: under any policy.
    #[must_use]
    pub fn clock_names(&self, policy: Option<&str>) -> BTreeSet<&str> {
        let names = self.named(policy);
        let is_named = |version: &&Arc<Policy>| names.contains(version.name());
        let own: Vec<&Arc<Policy>> = self.versions().filter(is_named).collect();
        let additional_policies: BTreeSet<&str> = own
            .iter()
            .flat_map(|version| version.additional_policies.iter().map(String::as_str))
            .collect();
        let others = self
            .versions()
            .filter(|version| additional_policies.contains(version.name()));
        let clocks = own.into_iter().chain(others);
        let clocks = clocks.flat_map(|version| &version.clocks);
        clocks.map(|rule| rule.name.as_str()).collect()
    }

    /// The highest level of escalation that a complaint under a policy of this name may reach; `None`: under any policy.
    #[must_use]
    pub fn highest_level(&self, policy: Option<&str>) -> usize {
        let names = self.named(policy);
        let levels = self.versions();
        let levels = levels.filter(|version| names.contains(version.name()));
        let levels = levels.map(|version| version.top_level());
        levels.max().unwrap_or_default()
    }

    /// This name, or those at hand where none is named.
    fn named<'n>(&'n self, policy: Option<&'n str>) -> BTreeSet<&'n str> {
        policy.map_or_else(|| self.names(), |name| BTreeSet::from([name]))
    }

    /// Every version whose name is at hand.
    pub fn versions_at_hand(&self) -> impl Iterator<Item = &Arc<Policy>> {
        let names = self.names();
        self.versions()
            .filter(move |policy| names.contains(policy.name()))
    }

    /// Every version that is known, those included that only complaints still keep.
    pub fn versions(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.versions.values()
    }

    /// Every version in use, by name.
    pub fn current(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.current.values().flatten()
    }
}

fn refused<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> UnknownPolicy {
    UnknownPolicy {
        expected: known::expected(name, names),
        name: name.to_owned(),
    }
}
