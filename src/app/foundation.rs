//! What must be ready before any part runs: a database with this program's schema, and the rules for its complaints.

use std::sync::Arc;

use super::{AppError, brands, catalog, catalog::Catalog, config::AppConfig};
use crate::{
    brand::BrandBook,
    dispatch::staff::StaffDirectory,
    engine::Rules,
    store::{Store, migrate, pending_migrations},
    time_source::{CheckedTime, SharedTime},
};

/// What is ready before any part runs.
pub(super) struct Foundation {
    pub(super) store: Store,
    pub(super) rules: Arc<Rules>,
    pub(super) directory: Option<StaffDirectory>,
    pub(super) time: SharedTime,
}

impl Foundation {
    /// Connects to the database, and loads the rules.
    ///
    /// # Errors
    /// When the database or a file cannot be used.
    pub(super) async fn lay(config: &Arc<AppConfig>) -> Result<Self, AppError> {
        let config = Arc::clone(config);
        let laid = tokio::task::spawn_blocking(move || lay(&config)).await;
        laid.map_err(|_| AppError::Lost)?
    }

    /// The active policies, as `name@version`.
    pub(super) fn policies(&self) -> Vec<String> {
        let book = self.rules.policies();
        let names = book.names();
        book.current()
            .filter(|policy| names.contains(policy.name()))
            .map(|policy| policy.reference().to_string())
            .collect()
    }
}

fn lay(config: &AppConfig) -> Result<Foundation, AppError> {
    let database_url = config.database_url.expose();
    if config.migrate {
        migrate(database_url)?;
    }
    let pending = pending_migrations(database_url)?;
    if pending > 0 {
        return Err(AppError::NotMigrated { pending });
    }
    let store = Store::connect_within(
        config.limits,
        database_url,
        config.pool_size.saturating_add(config.senders()),
        config.metrics.clone(),
    )?;
    // Rejects a database restored from another one here, not in each reader.
    if let Err(error) = store.settle_log()
        && !error.passes()
    {
        return Err(error.into());
    }
    let time: SharedTime = if config.time.is_machine_time() {
        let machine = Arc::clone(&config.time);
        Arc::new(CheckedTime::new(machine, store.time().clone()))
    } else {
        Arc::clone(&config.time)
    };
    let Catalog {
        calendars,
        policies,
    } = catalog::load(
        &store,
        config.policy_dir.as_deref(),
        config.calendar_dir.as_deref(),
        time.now(),
    )?;
    let directory = config
        .staff
        .as_ref()
        .map(|staff| StaffDirectory::load(staff.directory.clone(), calendars.clone()));
    let directory = directory.transpose()?;
    let rules = Rules::new(policies, calendars, BrandBook::default());
    // Activated versions take precedence over those that came with the program.
    rules.learn(&store.activated_after(0)?);
    let known = rules.policies();
    let brands = brands::load(&store, config.brand_dir.as_deref(), &known, time.now())?;
    rules.take_up_brands(brands);
    if rules.brands().current().next().is_none() {
        return Err(AppError::NoBrand);
    }
    Ok(Foundation {
        store,
        rules: Arc::new(rules),
        directory,
        time,
    })
}
