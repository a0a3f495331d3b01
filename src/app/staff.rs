//! Telling staff what they have to know.

use std::sync::Arc;

use super::{base::Base, staff_ways::StaffConfig};
use crate::dispatch::{
    mail::Mailer,
    staff::{StaffDirectory, StaffDispatcher, StaffParts},
};

/// Begins to tell staff what they have to know, if it is said who they are. `mailer`: what mail leaves by.
pub(super) fn start(
    base: &Base,
    config: Option<StaffConfig>,
    directory: Option<StaffDirectory>,
    mailer: Option<Mailer>,
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
        post: staff.ways.post(mailer),
        url: staff.url,
        time: Arc::clone(&base.time),
        metrics: base.metrics.clone(),
    });
    tokio::spawn(dispatcher.run(base.news(), base.shutdown.clone()));
}
