//! Outgoing mail.

use std::sync::Arc;

use super::{AppError, base::Base, config::AppConfig};
use crate::dispatch::mail::{MailParts, MailWorker, Mailer, ReturnPaths, Schedule};

/// The mailer. `None` if another system sends mail.
///
/// # Errors
/// When a file or the folder cannot be used.
pub(super) fn open(config: &AppConfig) -> Result<Option<Mailer>, AppError> {
    let mailer = config.mail.clone().map(Mailer::start).transpose()?;
    if mailer.is_some() && config.secret_key.is_none() {
        tracing::warn!(
            "bounces go to the brands' sender addresses and cannot be matched to notices; give a key with --secret-key-file to use a return address for each notice"
        );
    }
    Ok(mailer)
}

/// Starts sending notices that are due.
pub(super) fn start(base: &Base, config: &AppConfig, mailer: Mailer) -> MailWorker {
    let key = config.secret_key.as_ref();
    let key = key.map(|key| key.derive(ReturnPaths::PURPOSE));
    MailWorker::start(MailParts {
        mailer,
        engine: base.engine.clone(),
        store: base.store.clone(),
        time: Arc::clone(&base.time),
        metrics: base.metrics.clone(),
        return_paths: key.map(ReturnPaths::new),
        schedule: Schedule::seeded(rand::random()),
    })
}
