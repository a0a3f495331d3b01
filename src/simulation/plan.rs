//! What a simulation tries.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    brand::BrandBook,
    policy::{Policy, PolicyBook},
};

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Every policy that is known.
    pub book: Arc<PolicyBook>,
    /// The proposed version.
    pub policy: Arc<Policy>,
    /// Every brand that is known.
    pub brands: Arc<BrandBook>,
    /// The present.
    pub now: Timestamp,
    /// The period, `[from, until)`, of which the complaints that were received then are looked at too.
    pub history: Option<(Timestamp, Timestamp)>,
    /// How many open complaints are told of one by one.
    pub details: usize,
}
