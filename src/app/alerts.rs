//! Alerts about disabled subscriptions.

use std::sync::Arc;

use super::base::Base;
use crate::dispatch::{
    alerts::{AlertParts, SubscriptionAlerts},
    mail::{Mailbox, Mailer},
    staff::StaffDirectory,
};

/// Starts the alerts, if there is anybody to notify.
pub(super) fn start(
    base: &Base,
    mail: Option<(Mailer, Mailbox)>,
    directory: Option<StaffDirectory>,
) {
    if mail.is_none() && directory.is_none() {
        return;
    }
    let alerts = SubscriptionAlerts::new(AlertParts {
        store: base.store.clone(),
        mail,
        directory,
        time: Arc::clone(&base.time),
        seed: rand::random(),
    });
    base.tasks.spawn(alerts.run(base.shutdown.clone()));
}
