//! What leaves the service by HTTP, whichever part sends it.

use std::sync::Arc;

use super::{AppError, config::AppConfig};
use crate::outbox::egress::Egress;

/// What all parts send by, so that one set of rules holds for all of them; none if no part sends anything.
///
/// # Errors
/// When nothing can be sent.
pub(super) fn open(config: &AppConfig) -> Result<Option<Egress>, AppError> {
    let to_staff = config.staff.as_ref();
    let to_staff = to_staff.is_some_and(|staff| staff.ways.has_webhooks());
    if config.secret_key.is_none() && !to_staff {
        return Ok(None);
    }
    let egress = Egress::new(config.egress.clone(), Arc::clone(&config.uptime))?;
    Ok(Some(egress))
}
