//! All brands that are known, in all their versions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    pack::{Brand, BrandRef},
    parse::BrandError,
};
use crate::{domain::TrackingPrefix, policy::known};

/// The file of the built-in brand, as this program was built with it.
const BUILTIN: (&str, &str) = ("brands/jive.toml", include_str!("../../brands/jive.toml"));

/// The brands by name and version.
///
/// The latest version of a name is used, for complaints that were filed under an earlier one as well: a customer is told the
/// telephone number that is answered now. A brand that is no longer in use stays for the complaints that were filed with it.
#[derive(Debug, Clone, Default)]
pub struct BrandBook {
    versions: BTreeMap<BrandRef, Arc<Brand>>,
    latest: BTreeMap<String, Arc<Brand>>,
    /// Those that complaints can be filed with.
    in_use: BTreeSet<String>,
}

/// A name that no brand in use has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}")]
pub struct UnknownBrand {
    /// What was named; empty: nothing.
    pub name: String,
    /// What is known, in words.
    pub expected: String,
}

/// Why a brand does not go with those in use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrandConflict {
    /// A tracking number would not tell which brand it is of.
    #[error("{other:?} already has the tracking prefix {prefix}: choose another one")]
    Prefix {
        /// The prefix.
        prefix: TrackingPrefix,
        /// The brand that has it.
        other: String,
    },
    /// What is filed with it would come under no policy.
    #[error("no policy is named {policy:?}; {expected}")]
    Policy {
        /// What was named.
        policy: String,
        /// What is known, in words.
        expected: String,
    },
}

impl BrandBook {
    /// The built-in brand.
    ///
    /// # Errors
    /// When its file is wrong.
    pub fn builtin() -> Result<BrandBook, BrandError> {
        let mut book = BrandBook::default();
        book.insert(Brand::parse(BUILTIN.0, BUILTIN.1)?);
        Ok(book)
    }

    /// Adds a version that is in use from now on, in place of the one before.
    pub fn insert(&mut self, brand: Brand) {
        self.in_use.insert(brand.name().to_owned());
        self.keep(brand);
    }

    /// Adds a brand for the complaints that were filed with it; it takes no new ones. One that is known under its name stays
    /// as it is.
    pub fn insert_former(&mut self, brand: Brand) {
        let brand = Arc::new(brand);
        let latest = self.latest.entry(brand.name().to_owned());
        latest.or_insert_with(|| Arc::clone(&brand));
        self.versions
            .entry(brand.reference.clone())
            .or_insert(brand);
    }

    /// The brands of these names, in all their versions; `None`: all of them.
    #[must_use]
    pub fn of(self: &Arc<Self>, names: Option<&BTreeSet<String>>) -> Arc<BrandBook> {
        let Some(names) = names else {
            return Arc::clone(self);
        };
        let BrandBook {
            versions,
            latest,
            in_use,
        } = &**self;
        let versions = versions.iter().filter(|(key, _)| names.contains(&key.name));
        let latest = latest.iter().filter(|(name, _)| names.contains(*name));
        Arc::new(BrandBook {
            versions: versions
                .map(|(key, it)| (key.clone(), Arc::clone(it)))
                .collect(),
            latest: latest
                .map(|(name, it)| (name.clone(), Arc::clone(it)))
                .collect(),
            in_use: in_use.intersection(names).cloned().collect(),
        })
    }

    fn keep(&mut self, brand: Brand) {
        let brand = Arc::new(brand);
        self.latest
            .insert(brand.name().to_owned(), Arc::clone(&brand));
        self.versions.insert(brand.reference.clone(), brand);
    }

    /// Whether a brand goes with those in use, of which it would replace the one of its name.
    ///
    /// # Errors
    /// Why it does not.
    pub fn accepts<'p>(
        &self,
        brand: &Brand,
        policies: impl IntoIterator<Item = &'p str>,
    ) -> Result<(), BrandConflict> {
        let mut others = self.current().filter(|other| other.name() != brand.name());
        if let Some(other) = others.find(|other| other.tracking_prefix == brand.tracking_prefix) {
            return Err(BrandConflict::Prefix {
                prefix: brand.tracking_prefix.clone(),
                other: other.name().to_owned(),
            });
        }
        let policies: BTreeSet<&str> = policies.into_iter().collect();
        if !policies.contains(brand.policy.as_str()) {
            return Err(BrandConflict::Policy {
                policy: brand.policy.clone(),
                expected: known::expected(&brand.policy, policies),
            });
        }
        Ok(())
    }

    /// The latest version of this name, whether or not it still takes complaints.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Brand>> {
        self.latest.get(name)
    }

    /// Exactly this version.
    #[must_use]
    pub fn version(&self, key: &BrandRef) -> Option<&Arc<Brand>> {
        self.versions.get(key)
    }

    /// The brand that a filing goes to: the one that it names or, if it names none, the only one in use.
    ///
    /// # Errors
    /// When no brand in use has the name, or none is named although there are several.
    pub fn of_filing(&self, name: Option<&str>) -> Result<&Arc<Brand>, UnknownBrand> {
        let named = match name {
            Some(name) => self.current().find(|brand| brand.name() == name),
            None => self.only(),
        };
        named.ok_or_else(|| {
            let name = name.unwrap_or_default();
            UnknownBrand {
                expected: known::expected(name, self.in_use.iter().map(String::as_str)),
                name: name.to_owned(),
            }
        })
    }

    /// The brand in use, if there is only one.
    #[must_use]
    pub fn only(&self) -> Option<&Arc<Brand>> {
        let mut current = self.current();
        current.next().filter(|_| self.in_use.len() == 1)
    }

    /// Whether complaints can be filed with a brand of this name.
    #[must_use]
    pub fn is_in_use(&self, name: &str) -> bool {
        self.in_use.contains(name)
    }

    /// The latest version of each brand in use, by name.
    pub fn current(&self) -> impl Iterator<Item = &Arc<Brand>> {
        self.in_use.iter().filter_map(|name| self.latest.get(name))
    }

    /// The names of all brands that complaints may be of, including those no longer in use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.latest.keys().map(String::as_str)
    }

    /// Every version that is known, by name.
    pub fn versions(&self) -> impl Iterator<Item = &Arc<Brand>> {
        self.versions.values()
    }
}
