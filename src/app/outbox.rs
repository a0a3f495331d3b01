//! Deliveries to subscriptions.

use std::sync::Arc;

use super::{AppError, base::Base, config::AppConfig};
use crate::outbox::{Outbox, OutboxParts, Teller, Vault, egress::Egress};

/// Starts delivering. Without a key to encrypt secrets with, nothing is delivered.
///
/// # Errors
/// When the key cannot be used.
pub(super) fn start(
    base: &Base,
    config: &AppConfig,
    egress: Option<Egress>,
    teller: Arc<dyn Teller>,
) -> Result<Outbox, AppError> {
    let time = Arc::clone(&base.time);
    let Some((key, egress)) = config.secret_key.as_ref().zip(egress) else {
        return Ok(Outbox::without_key(base.store.clone(), time));
    };
    let parts = OutboxParts {
        store: base.store.clone(),
        egress,
        vault: Vault::new(&key.derive(Vault::PURPOSE))?,
        teller,
        time,
        metrics: base.metrics.clone(),
        settings: config.outbox.clone(),
    };
    Ok(Outbox::start(parts, base.news()))
}
