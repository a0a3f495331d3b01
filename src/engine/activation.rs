//! Activates versions of policies and brands while the service runs. The database is the source of truth; each replica picks up
//! changes by itself.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Engine, EngineError, rules::Rules, shared::Shared};
use crate::{
    brand::{Brand, BrandConflict, BrandError, BrandRef},
    policy::{CannotRule, FileText, Policy, PolicyRef, Proposal, ProposalError},
    store::{ActivatedText, Activation, StoreError, StoredPolicy, StoredText, Transaction},
    time_source::WrongTime,
};

/// The result of an activation.
#[derive(Debug, Clone)]
pub struct Activated<T> {
    /// The active version.
    pub version: Arc<T>,
    /// Who activated it and when. For a version that was the last one activated already, the first time.
    pub activation: Activation,
    /// Whether anything changed.
    pub is_new: bool,
}

/// Why a version was not activated. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// The policy cannot be parsed.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// The policy conflicts with what is active.
    #[error("{policy} cannot be activated: {why}")]
    CannotRule {
        /// The candidate.
        policy: PolicyRef,
        /// The reason.
        why: Box<CannotRule>,
    },
    /// The brand cannot be parsed.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// The brand conflicts with what is active.
    #[error("{brand} cannot be activated: {why}")]
    BrandConflict {
        /// The candidate.
        brand: BrandRef,
        /// The reason.
        why: BrandConflict,
    },
    /// This machine's clock is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database is unavailable, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A version to be activated.
trait Candidate {
    type Version;

    /// Parses the candidate in the context of what is active. Returns the version and its text as stored.
    fn read(
        &self,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(Self::Version, ActivatedText), ActivationError>;

    /// Checks that a version is compatible with everything active.
    fn check(version: &Self::Version, rules: &Rules, now: Timestamp)
    -> Result<(), ActivationError>;
}

impl Candidate for Proposal {
    type Version = Policy;

    fn read(
        &self,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(Policy, ActivatedText), ActivationError> {
        let policy = Proposal::read(self, &rules.policies(), rules.calendars(), now)?;
        let text = ActivatedText::Policy(StoredPolicy::of(&policy));
        Ok((policy, text))
    }

    fn check(policy: &Policy, rules: &Rules, now: Timestamp) -> Result<(), ActivationError> {
        let fits = rules.policies().with_activated(policy, now);
        fits.map(|_| ()).map_err(|why| match why {
            CannotRule::Misfit(error) => ProposalError::Policy(error).into(),
            why => ActivationError::CannotRule {
                policy: policy.reference(),
                why: Box::new(why),
            },
        })
    }
}

impl Candidate for FileText {
    type Version = Brand;

    fn read(&self, _: &Rules, _: Timestamp) -> Result<(Brand, ActivatedText), ActivationError> {
        let brand = Brand::parse(&self.file, &self.text)?;
        let text = ActivatedText::Brand(StoredText::of_brand(&brand));
        Ok((brand, text))
    }

    fn check(brand: &Brand, rules: &Rules, _: Timestamp) -> Result<(), ActivationError> {
        let policies = rules.policies();
        let names = policies.current().map(|policy| policy.name());
        let accepted = rules.brands().accepts(brand, names);
        accepted.map_err(|why| ActivationError::BrandConflict {
            brand: brand.reference.clone(),
            why,
        })
    }
}

impl Engine {
    /// Activates a policy: here at once, and at every other replica within some seconds. Complaints received from then on come
    /// under it, by its first and last day; open ones keep their version. Blocks.
    ///
    /// # Errors
    /// When it cannot be used, or the database fails.
    pub fn activate_policy(
        &self,
        proposal: &Proposal,
        actor: &str,
    ) -> Result<Activated<Policy>, ActivationError> {
        activate(&self.shared, proposal, actor)
    }

    /// Activates a brand: here at once, and at every other replica within some seconds. From then on customers get its texts and
    /// contact details, including customers with open complaints. Blocks.
    ///
    /// # Errors
    /// When it cannot be used, or the database fails.
    pub fn activate_brand(
        &self,
        file: &FileText,
        actor: &str,
    ) -> Result<Activated<Brand>, ActivationError> {
        activate(&self.shared, file, actor)
    }

    /// Picks up what other replicas have activated since the last call; if nothing, this costs one index lookup. Blocks.
    ///
    /// # Errors
    /// When the database fails.
    pub fn learn_activations(&self) -> Result<(), EngineError> {
        learn(&self.shared).map_err(|error| EngineError::Store(Arc::new(error)))
    }
}

pub(super) fn learn(shared: &Shared) -> Result<(), StoreError> {
    let learnt = shared.rules.learnt();
    if shared.store.last_activation()? > learnt {
        shared.rules.learn(&shared.store.activated_after(learnt)?);
    }
    Ok(())
}

/// Like [`learn`], within a transaction.
pub(super) fn learn_in(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
) -> Result<(), StoreError> {
    let rules = &shared.rules;
    rules.learn(&transaction.activated_after(rules.learnt())?);
    Ok(())
}

fn activate<C: Candidate>(
    shared: &Shared,
    candidate: &C,
    actor: &str,
) -> Result<Activated<C::Version>, ActivationError> {
    let (activated, text) = shared.store.insist(|| {
        let done = shared
            .store
            .transaction(|transaction| put_into_use(shared, transaction, candidate, actor));
        match done {
            Err(ActivationError::Store(error)) => Err(error),
            done => Ok(done),
        }
    })??;
    shared.rules.learn(&[(activated.activation.clone(), text)]);
    Ok(activated)
}

fn put_into_use<C: Candidate>(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
    candidate: &C,
    actor: &str,
) -> Result<(Activated<C::Version>, ActivatedText), ActivationError> {
    let rules = &shared.rules;
    // One at a time, so that each is checked against all that committed before.
    transaction.lock_activations()?;
    learn_in(shared, transaction)?;
    shared.time.check()?;
    let now = shared.time.now();
    let (version, text) = candidate.read(rules, now)?;
    let reference = text.version();
    let last = transaction.last_activation_of(&reference)?;
    let (activation, is_new) = match last.filter(|last| last.version == reference) {
        Some(last) => (last, false),
        None => {
            C::check(&version, rules, now)?;
            (transaction.activate(&text, actor, now)?, true)
        }
    };
    let activated = Activated {
        version: Arc::new(version),
        activation,
        is_new,
    };
    Ok((activated, text))
}
