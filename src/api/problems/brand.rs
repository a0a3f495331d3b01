//! Problems of brands.

use crate::intake::{Code, Problem, reason};

pub(in crate::api) fn brand_not_found() -> Problem {
    Problem::new(
        Code::NotFound,
        reason::BRAND_NOT_FOUND,
        "no brand has this name; ListBrands says which there are",
    )
}
