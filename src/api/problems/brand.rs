//! Problems of brands.

use super::{engine::wrong_time, store::of_store};
use crate::{
    engine::BrandActivationError,
    intake::{Code, Problem, reason},
};

/// What an activation that was refused tells the caller.
pub(in crate::api) fn of_brand(error: &BrandActivationError) -> Problem {
    match error {
        BrandActivationError::Brand(wrong) => Problem::of_field("brand_file", wrong.to_string()),
        BrandActivationError::Conflict { brand, .. } => Problem::new(
            Code::FailedPrecondition,
            reason::BRAND_CONFLICT,
            error.to_string(),
        )
        .with("brand", &brand.name)
        .with("version", &brand.version)
        .precondition("brand_file"),
        BrandActivationError::WrongTime(wrong) => wrong_time(wrong),
        BrandActivationError::Store(error) => of_store(error),
    }
}

pub(in crate::api) fn brand_not_found() -> Problem {
    Problem::new(
        Code::NotFound,
        reason::BRAND_NOT_FOUND,
        "no brand has this name; ListBrands says which there are",
    )
}
