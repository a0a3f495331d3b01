//! Putting a policy into use while the service runs. The database says what is in use; each replica learns of it by itself.

use std::sync::Arc;

use super::{Engine, EngineError, brand_activation, shared::Shared};
use crate::{
    policy::{CannotRule, Policy, PolicyRef, Proposal, ProposalError},
    store::{Activation, StoreError, StoredPolicy, Transaction},
    time_source::WrongTime,
};

/// What an activation led to.
#[derive(Debug, Clone)]
pub struct Activated {
    /// The version that is in use.
    pub policy: Arc<Policy>,
    /// Who put it into use, and when: the first time, where it was the last one activated already.
    pub activation: Activation,
    /// Whether anything changed.
    pub is_new: bool,
}

/// Why a policy was not put into use. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// It cannot be read.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// It does not go with what is in use.
    #[error("{policy} cannot be put into use: {why}")]
    CannotRule {
        /// What was to be put into use.
        policy: PolicyRef,
        /// Why not.
        why: Box<CannotRule>,
    },
    /// This machine's time is wrong.
    #[error(transparent)]
    WrongTime(#[from] WrongTime),
    /// The database is away, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Puts a policy into use from now on, here at once and at every other replica within some seconds. Complaints that are
    /// received from then on come under it by its first and last day; open ones keep their version. Blocks.
    ///
    /// # Errors
    /// When it cannot be used, or the database fails.
    pub fn activate(&self, proposal: &Proposal, actor: &str) -> Result<Activated, ActivationError> {
        activate(&self.shared, proposal, actor)
    }

    /// Learns what other replicas have put into use since the last look; where they have not, two looks at an index. Blocks.
    ///
    /// # Errors
    /// When the database fails.
    pub fn learn_activations(&self) -> Result<(), EngineError> {
        let learnt = learn(&self.shared).and_then(|()| brand_activation::learn(&self.shared));
        learnt.map_err(|error| EngineError::Store(Arc::new(error)))
    }
}

pub(super) fn learn(shared: &Shared) -> Result<(), StoreError> {
    let learnt = shared.rules.learnt();
    if shared.store.last_activation()? > learnt {
        shared.rules.learn(&shared.store.activated_after(learnt)?);
    }
    Ok(())
}

/// As [`learn`], in a transaction.
pub(super) fn learn_in(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
) -> Result<(), StoreError> {
    let rules = &shared.rules;
    rules.learn(&transaction.activated_after(rules.learnt())?);
    Ok(())
}

fn activate(
    shared: &Shared,
    proposal: &Proposal,
    actor: &str,
) -> Result<Activated, ActivationError> {
    let (rules, store) = (&shared.rules, &shared.store);
    let (policy, kept, (activation, is_new)) = store.insist(|| {
        let done =
            store.transaction(|transaction| put_into_use(shared, transaction, proposal, actor));
        match done {
            Err(ActivationError::Store(error)) => Err(error),
            done => Ok(done),
        }
    })??;
    rules.learn(&[(activation.clone(), kept)]);
    Ok(Activated {
        policy: Arc::new(policy),
        activation,
        is_new,
    })
}

/// The policy, what is kept of it, its last activation, and whether that is this one.
fn put_into_use(
    shared: &Shared,
    transaction: &mut Transaction<'_>,
    proposal: &Proposal,
    actor: &str,
) -> Result<(Policy, StoredPolicy, (Activation, bool)), ActivationError> {
    let rules = &shared.rules;
    // One at a time, and judged by all that were committed before.
    transaction.lock_activations()?;
    learn_in(shared, transaction)?;
    shared.time.check()?;
    let (book, now) = (rules.policies(), shared.time.now());
    let policy = proposal.read(&book, rules.calendars(), now)?;
    let kept = StoredPolicy::of(&policy);
    let last = transaction.last_activation_of(policy.name())?;
    if let Some(last) = last.filter(|last| last.policy == policy.reference()) {
        return Ok((policy, kept, (last, false)));
    }
    let fits = book.with_activated(&policy, now);
    fits.map_err(|why| match why {
        CannotRule::Misfit(error) => ProposalError::Policy(error).into(),
        why => ActivationError::CannotRule {
            policy: policy.reference(),
            why: Box::new(why),
        },
    })?;
    let activation = transaction.activate(&kept, actor, now)?;
    Ok((policy, kept, (activation, true)))
}
