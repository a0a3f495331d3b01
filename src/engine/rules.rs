//! The rules that decisions are based on.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;

use crate::{
    brand::{Brand, BrandBook, BrandError},
    calendar::{CalendarBook, Zones},
    domain::Case,
    policy::{Policy, PolicyBook, PolicyRef},
    store::{ActivatedText, Activation, KeptPolicyError, StoreError, Transaction},
};

/// The known policies and brands. Readers keep their snapshot when new versions are learnt.
#[derive(Debug)]
struct Books {
    policies: Arc<PolicyBook>,
    brands: Arc<BrandBook>,
}

/// The policies, the calendars they use, and the brands.
#[derive(Debug)]
pub struct Rules {
    books: RwLock<Books>,
    calendars: CalendarBook,
    /// The number of the last known activation; 0: none.
    learnt: watch::Sender<i64>,
}

/// A parsed activated text.
enum ActivatedVersion {
    Policy(Policy),
    Brand(Brand),
}

/// Why this replica cannot use an activated text.
#[derive(Debug, thiserror::Error)]
enum UnreadableText {
    #[error(transparent)]
    Policy(#[from] KeptPolicyError),
    #[error(transparent)]
    Brand(#[from] BrandError),
}

impl Rules {
    /// Combines them.
    #[must_use]
    pub fn new(policies: PolicyBook, calendars: CalendarBook, brands: BrandBook) -> Self {
        let mut books = Books {
            policies: Arc::new(policies),
            brands: Arc::new(brands),
        };
        books.serve_brands();
        Rules {
            books: RwLock::new(books),
            calendars,
            learnt: watch::Sender::new(0),
        }
    }

    /// Adds the brands that came with the program or its folder. Activated brands take precedence.
    pub fn take_up_brands(&self, mut brands: BrandBook) {
        self.amend(|books| {
            for activated in books.brands.current() {
                brands.insert(Brand::clone(activated));
            }
            books.brands = Arc::new(brands);
        });
    }

    /// The policies known now.
    #[must_use]
    pub fn policies(&self) -> Arc<PolicyBook> {
        let books = self.books.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&books.policies)
    }

    /// The brands known now.
    #[must_use]
    pub fn brands(&self) -> Arc<BrandBook> {
        let books = self.books.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&books.brands)
    }

    /// Loads the brands of these complaints. A newer replica may have introduced one that this process did not find at startup;
    /// it is read from where that replica stored it.
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
                    tracing::info!(brand = name, "loaded a brand from the database");
                    self.amend(|books| Arc::make_mut(&mut books.brands).insert_former(brand));
                }
                Err(error) => {
                    tracing::error!(brand = name, %error, "failed to read a brand that another release of this service stored");
                }
            }
        }
        Ok(())
    }

    /// The calendars that this process started with.
    #[must_use]
    pub fn calendars(&self) -> &CalendarBook {
        &self.calendars
    }

    /// The number of the last known activation; 0: none.
    pub(super) fn learnt(&self) -> i64 {
        *self.learnt.borrow()
    }

    /// Changes with each activation that becomes known.
    pub(super) fn learning(&self) -> watch::Receiver<i64> {
        self.learnt.subscribe()
    }

    /// Applies activations of this or other replicas, in order. One that this program cannot parse is logged, and the previous
    /// version stays active.
    pub fn learn(&self, activated: &[(Activation, ActivatedText)]) {
        let news = activated
            .iter()
            .filter(|(activation, _)| activation.number > self.learnt());
        // Parsed before taking the lock, so that nobody waits for it.
        let read: Vec<_> = news
            .map(|(activation, text)| (activation, self.read(text)))
            .collect();
        if read.is_empty() {
            return;
        }
        self.amend(|books| {
            for (activation, version) in read {
                // Another thread may have applied it meanwhile.
                if activation.number <= self.learnt() {
                    continue;
                }
                let (kind, reference) = (activation.version.kind(), &activation.version);
                match version {
                    Ok(version) => {
                        tracing::info!(kind, version = %reference, "a version is in use from now on");
                        books.insert(version);
                    }
                    Err(error) => tracing::error!(
                        kind,
                        version = %reference,
                        %error,
                        "failed to read an activated version; the previous one stays in use at this replica until it runs a release that can read it"
                    ),
                }
                self.learnt.send_replace(activation.number);
            }
        });
    }

    fn read(&self, text: &ActivatedText) -> Result<ActivatedVersion, UnreadableText> {
        Ok(match text {
            ActivatedText::Policy(policy) => {
                ActivatedVersion::Policy(policy.read(&self.calendars, &Zones::bundled())?)
            }
            ActivatedText::Brand(brand) => {
                ActivatedVersion::Brand(Brand::parse(&brand.name, &brand.body)?)
            }
        })
    }

    fn amend(&self, change: impl FnOnce(&mut Books)) {
        let mut books = self.books.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut books);
        books.serve_brands();
    }

    /// The policies, including those that these complaints keep. A newer replica may have introduced one that this process did
    /// not find at startup; it is read from where that replica stored it.
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
        self.amend(|books| {
            let book = Arc::make_mut(&mut books.policies);
            for policy in learnt {
                tracing::info!(
                    policy = policy.name(),
                    version = policy.version(),
                    "loaded a version of a policy from the database"
                );
                book.insert_former(policy);
            }
        });
        Ok(self.policies())
    }
}

impl Books {
    /// Makes available the policies that the brands' complaints come under.
    fn serve_brands(&mut self) {
        let brands = self.brands.versions();
        let policies: BTreeSet<String> = brands.map(|brand| brand.policy.clone()).collect();
        Arc::make_mut(&mut self.policies).serve(policies);
    }

    fn insert(&mut self, version: ActivatedVersion) {
        match version {
            ActivatedVersion::Policy(policy) => Arc::make_mut(&mut self.policies).insert(policy),
            ActivatedVersion::Brand(brand) => Arc::make_mut(&mut self.brands).insert(brand),
        }
    }
}
