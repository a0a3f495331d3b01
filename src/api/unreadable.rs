//! What is stored and cannot be read: the answer holds its name instead, the log says why, and it is counted for an alert.

use crate::{store::StoreError, telemetry::Metrics};

/// Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Unreadable(Metrics);

impl Unreadable {
    pub(super) fn new(metrics: Metrics) -> Self {
        Unreadable(metrics)
    }

    /// What was read, or the name of what cannot be read.
    pub(super) fn told<T>(
        &self,
        read: Result<T, StoreError>,
        name: impl FnOnce() -> String,
    ) -> Result<T, String> {
        read.map_err(|error| {
            let name = name();
            tracing::error!(name, %error, "failed to read a stored row; the response lists it as unreachable");
            self.0.unreadable();
            name
        })
    }
}
