//! Problems of putting a policy or a brand into use.

use super::{engine::wrong_time, policy::of_proposal, store::of_store};
use crate::{
    engine::ActivationError,
    intake::{Code, Problem, reason},
};

/// What an activation that was refused tells the caller.
pub(in crate::api) fn of_activation(error: &ActivationError) -> Problem {
    match error {
        ActivationError::Proposal(error) => of_proposal(error),
        ActivationError::CannotRule { policy, .. } => Problem::new(
            Code::FailedPrecondition,
            reason::POLICY_CANNOT_RULE,
            error.to_string(),
        )
        .with("policy", &policy.name)
        .with("version", &policy.version)
        .precondition("policy_file"),
        ActivationError::Brand(wrong) => Problem::of_field("brand_file", wrong.to_string()),
        ActivationError::BrandConflict { brand, .. } => Problem::new(
            Code::FailedPrecondition,
            reason::BRAND_CONFLICT,
            error.to_string(),
        )
        .with("brand", &brand.name)
        .with("version", &brand.version)
        .precondition("brand_file"),
        ActivationError::WrongTime(wrong) => wrong_time(wrong),
        ActivationError::Store(error) => of_store(error),
    }
}
