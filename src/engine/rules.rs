//! What decisions are made from.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;

use crate::{
    brand::{Brand, BrandBook, BrandRef},
    calendar::{CalendarBook, Zones},
    domain::Case,
    policy::{PolicyBook, PolicyRef},
    store::{Activation, BrandActivation, StoreError, StoredPolicy, StoredText, Transaction},
};

/// The brands that are known.
#[derive(Debug)]
struct Brands {
    book: Arc<BrandBook>,
    /// The number of the last activation that was learnt; 0: none.
    learnt: i64,
}

impl Brands {
    fn of(book: BrandBook) -> Self {
        Brands {
            book: Arc::new(book),
            learnt: 0,
        }
    }
}

/// The policies, the calendars they count in, and the brands.
#[derive(Debug)]
pub struct Rules {
    policies: RwLock<Arc<PolicyBook>>,
    calendars: CalendarBook,
    /// The number of the last activation that was learnt.
    learnt: watch::Sender<i64>,
    brands: RwLock<Brands>,
}

impl Rules {
    /// Puts them together.
    #[must_use]
    pub fn new(policies: PolicyBook, calendars: CalendarBook, brands: BrandBook) -> Self {
        let rules = Rules {
            policies: RwLock::new(Arc::new(policies)),
            calendars,
            learnt: watch::Sender::new(0),
            brands: RwLock::new(Brands::of(brands)),
        };
        rules.serve_brands();
        rules
    }

    /// With these brands in place of those before.
    #[must_use]
    pub fn with_brands(self, brands: BrandBook) -> Self {
        let rules = Rules {
            brands: RwLock::new(Brands::of(brands)),
            ..self
        };
        rules.serve_brands();
        rules
    }

    /// Has the policies at hand that the complaints of the brands come under.
    fn serve_brands(&self) {
        let brands = self.brands();
        let policies: BTreeSet<String> = brands.versions().map(|it| it.policy.clone()).collect();
        self.amend(|book| book.serve(policies));
    }

    /// The policies that are known now.
    #[must_use]
    pub fn policies(&self) -> Arc<PolicyBook> {
        Arc::clone(&self.policies.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The brands that are known now.
    #[must_use]
    pub fn brands(&self) -> Arc<BrandBook> {
        let brands = self.brands.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&brands.book)
    }

    /// The number of the last activation of a brand that was learnt; 0: none.
    pub(super) fn learnt_brands(&self) -> i64 {
        let brands = self.brands.read().unwrap_or_else(PoisonError::into_inner);
        brands.learnt
    }

    /// Takes brands into use that were activated, here or by another replica, in their order. What this program cannot read
    /// is logged, and what was in use before goes on.
    pub fn learn_brands(&self, activated: &[(BrandActivation, StoredText)]) {
        let read = |text: &StoredText| Brand::parse(&text.name, &text.body);
        let read: Vec<_> = activated
            .iter()
            .map(|(it, text)| (it, read(text)))
            .collect();
        if read.is_empty() {
            return;
        }
        let mut brands = self.brands.write().unwrap_or_else(PoisonError::into_inner);
        let mut book = BrandBook::clone(&brands.book);
        for (activation, brand) in read {
            // Somebody else may have learnt it meanwhile.
            if activation.number <= brands.learnt {
                continue;
            }
            let BrandRef { name, version } = &activation.brand;
            match brand {
                Ok(brand) => {
                    tracing::info!(brand = name, version, "a brand is in use from now on");
                    book.insert(brand);
                }
                Err(error) => tracing::error!(
                    brand = name,
                    version,
                    %error,
                    "an activated brand cannot be read; the one before it stays in use here"
                ),
            }
            brands.learnt = activation.number;
        }
        brands.book = Arc::new(book);
        drop(brands);
        self.serve_brands();
    }

    /// Learns the brands of these complaints. A replica of a newer version may have brought one that this process did not find
    /// when it started: it is read from where that replica kept it.
    pub(super) fn learn_brands_of(
        &self,
        cases: &[Case],
        transaction: &mut Transaction<'_>,
    ) -> Result<(), StoreError> {
        let known = self.brands();
        let brands = cases.iter().map(|case| case.complaint.brand.as_str());
        let missing: BTreeSet<&str> = brands.filter(|name| known.get(name).is_none()).collect();
        for name in missing {
            let Some(text) = transaction.kept_brand(name)? else {
                continue;
            };
            match Brand::parse(&text.name, &text.body) {
                Ok(brand) => {
                    tracing::info!(brand = name, "a brand was learnt from the database");
                    let mut brands = self.brands.write().unwrap_or_else(PoisonError::into_inner);
                    let mut book = BrandBook::clone(&brands.book);
                    book.insert_former(brand);
                    brands.book = Arc::new(book);
                    drop(brands);
                    self.serve_brands();
                }
                Err(error) => {
                    tracing::error!(%error, "a brand of another version of this service cannot be read");
                }
            }
        }
        Ok(())
    }

    /// The calendars that this process was started with.
    #[must_use]
    pub fn calendars(&self) -> &CalendarBook {
        &self.calendars
    }

    /// The number of the last activation that was learnt; 0: none.
    pub(super) fn learnt(&self) -> i64 {
        *self.learnt.borrow()
    }

    /// Changes with each activation that is learnt.
    pub(super) fn learning(&self) -> watch::Receiver<i64> {
        self.learnt.subscribe()
    }

    /// Takes into use what was activated, here or by another replica, in its order. What this program cannot read is logged,
    /// and what was in use before goes on.
    pub fn learn(&self, activated: &[(Activation, StoredPolicy)]) {
        let news = activated
            .iter()
            .filter(|(activation, _)| activation.number > self.learnt());
        // Read before anybody has to wait.
        let read: Vec<_> = news
            .map(|(activation, kept)| {
                let policy = kept.read(&self.calendars, &Zones::bundled());
                (activation, policy)
            })
            .collect();
        if read.is_empty() {
            return;
        }
        self.amend(|book| {
            for (activation, policy) in read {
                // Somebody else may have learnt it meanwhile.
                if activation.number <= self.learnt() {
                    continue;
                }
                let (policy_name, version) = (&activation.policy.name, &activation.policy.version);
                match policy {
                    Ok(policy) => {
                        tracing::info!(
                            policy = policy_name,
                            version,
                            "a version of a policy is in use from now on"
                        );
                        book.insert(policy);
                    }
                    Err(error) => tracing::error!(
                        policy = policy_name,
                        version,
                        %error,
                        "failed to read an activated version of a policy; the one before it stays in use at this replica"
                    ),
                }
                self.learnt.send_replace(activation.number);
            }
        });
    }

    /// Replaces the book by one that was changed; who reads it now keeps the one before.
    fn amend(&self, change: impl FnOnce(&mut PolicyBook)) -> Arc<PolicyBook> {
        let mut current = self
            .policies
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let mut book = PolicyBook::clone(&current);
        change(&mut book);
        *current = Arc::new(book);
        Arc::clone(&current)
    }

    /// The policies, with those that these complaints keep. A replica of a newer version may have brought one that this
    /// process did not find when it started: it is read from where that replica kept it.
    pub(super) fn policies_for(
        &self,
        cases: &[Case],
        transaction: &mut Transaction<'_>,
    ) -> Result<Arc<PolicyBook>, StoreError> {
        self.learn_brands_of(cases, transaction)?;
        let book = self.policies();
        let kept = cases.iter().flat_map(|case| {
            let complaint = &case.complaint;
            complaint
                .additional_policies
                .iter()
                .chain([&complaint.policy])
        });
        let missing: BTreeSet<&PolicyRef> = kept.filter(|kept| book.get(kept).is_none()).collect();
        if missing.is_empty() {
            return Ok(book);
        }
        let mut learnt = Vec::new();
        for missing in missing {
            let Some(kept) = transaction.kept_policy(missing)? else {
                continue;
            };
            match kept.read(&self.calendars, &Zones::bundled()) {
                Ok(policy) => learnt.push(policy),
                Err(error) => {
                    tracing::error!(%error, "failed to read a version of a policy that another release of this service stored");
                }
            }
        }
        Ok(self.amend(|book| {
            for policy in learnt {
                tracing::info!(
                    policy = policy.name(),
                    version = policy.version(),
                    "loaded a version of a policy from the database"
                );
                book.insert_former(policy);
            }
        }))
    }
}
