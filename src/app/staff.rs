//! Messages to staff.

use std::sync::Arc;

use super::{
    base::Base,
    staff_ways::{Carriers, StaffConfig},
};
use crate::dispatch::staff::{StaffDirectory, StaffDispatcher, StaffParts};

/// Starts sending messages to staff, if there is a directory.
pub(super) fn start(
    base: &Base,
    config: Option<StaffConfig>,
    directory: Option<StaffDirectory>,
    carriers: Carriers,
) {
    let Some((staff, directory)) = config.zip(directory) else {
        return;
    };
    tokio::spawn(directory.clone().keep_current(base.shutdown.clone()));
    let dispatcher = StaffDispatcher::new(StaffParts {
        store: base.store.clone(),
        reader: base.reader.clone(),
        rules: Arc::clone(&base.rules),
        directory,
        post: staff.ways.post(carriers),
        url: staff.url,
        time: Arc::clone(&base.time),
        metrics: base.metrics.clone(),
        seed: rand::random(),
    });
    base.tasks
        .spawn(dispatcher.run(base.news(), base.shutdown.clone()));
}
