//! Outgoing HTTP for all parts.

use std::sync::Arc;

use super::{AppError, config::AppConfig};
use crate::outbox::egress::Egress;

/// The egress shared by all parts, so that one set of rules applies. `None` if no part sends anything.
///
/// # Errors
/// When requests are not possible.
pub(super) fn open(config: &AppConfig) -> Result<Option<Egress>, AppError> {
    let to_staff = config.staff.as_ref();
    let to_staff = to_staff.is_some_and(|staff| staff.ways.has_webhooks());
    if config.secret_key.is_none() && !to_staff {
        return Ok(None);
    }
    let egress = Egress::new(config.egress.clone(), Arc::clone(&config.uptime))?;
    Ok(Some(egress))
}
