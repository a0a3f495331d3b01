//! Putting a brand into use while the service runs. The database says what is in use; each replica learns of it by itself.

use std::sync::Arc;

use super::{Engine, shared::Shared};
use crate::{
    brand::{Brand, BrandConflict, BrandError, BrandRef},
    policy::FileText,
    store::{BrandActivation, StoreError, StoredText, Transaction},
    time_source::WrongTime,
};

/// What an activation led to.
#[derive(Debug, Clone)]
pub struct ActivatedBrand {
    /// The version that is in use.
    pub brand: Arc<Brand>,
    /// Who put it into use, and when: the first time, where it was the last one activated already.
    pub activation: BrandActivation,
    /// Whether anything changed.
    pub is_new: bool,
}

/// Why a brand was not put into use. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum BrandActivationError {
    /// It cannot be read.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// It does not go with what is in use.
    #[error("{brand} cannot be put into use: {why}")]
    Conflict {
        /// What was to be put into use.
        brand: BrandRef,
        /// Why not.
        why: BrandConflict,
    },
    /// This machine's time is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database is away, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Puts a brand into use from now on, here at once and at every other replica within some seconds: customers are told its
    /// texts and contact data from then on, those of open complaints too. Blocks.
    ///
    /// # Errors
    /// When it cannot be used, or the database fails.
    pub fn activate_brand(
        &self,
        file: &FileText,
        actor: &str,
    ) -> Result<ActivatedBrand, BrandActivationError> {
        let shared = &self.shared;
        let brand = Brand::parse(&file.file, &file.text)?;
        let kept = StoredText::of_brand(&brand);
        let (activation, is_new) = shared.store.insist(|| {
            let done = shared
                .store
                .transaction(|transaction| put_into_use(shared, transaction, &brand, &kept, actor));
            match done {
                Err(BrandActivationError::Store(error)) => Err(error),
                done => Ok(done),
            }
        })??;
        shared.rules.learn_brands(&[(activation.clone(), kept)]);
        Ok(ActivatedBrand {
            brand: Arc::new(brand),
            activation,
            is_new,
        })
    }
}

/// Learns what other replicas have put into use since the last look; where they have not, one look at an index.
pub(super) fn learn(shared: &Shared) -> Result<(), StoreError> {
    let learnt = shared.rules.learnt_brands();
    if shared.store.last_brand_activation()? > learnt {
        let activated = shared.store.brands_activated_after(learnt)?;
        shared.rules.learn_brands(&activated);
    }
    Ok(())
}

/// The last activation of the brand, and whether that is this one.
fn put_into_use(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
    brand: &Brand,
    kept: &StoredText,
    actor: &str,
) -> Result<(BrandActivation, bool), BrandActivationError> {
    let rules = &shared.rules;
    // One at a time, and judged by all that were committed before.
    transaction.lock_activations()?;
    rules.learn_brands(&transaction.brands_activated_after(rules.learnt_brands())?);
    shared.time.check()?;
    let last = transaction.last_activation_of_brand(brand.name())?;
    if let Some(last) = last.filter(|last| last.brand == brand.reference) {
        return Ok((last, false));
    }
    let (brands, policies) = (rules.brands(), rules.policies());
    let accepted = brands.accepts(brand, policies.current().map(|policy| policy.name()));
    accepted.map_err(|why| BrandActivationError::Conflict {
        brand: brand.reference.clone(),
        why,
    })?;
    let activation = transaction.activate_brand(kept, actor, shared.time.now())?;
    Ok((activation, true))
}
