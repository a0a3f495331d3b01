//! What was last found out about a database that fails.

use std::sync::{Arc, Mutex};

use super::error::StoreError;
use crate::time_source::Stopwatch;

/// The last probe, and when it began. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence(pub(super) Arc<Mutex<Option<Probe>>>);

#[derive(Debug)]
pub(super) struct Probe {
    pub(super) began: Stopwatch,
    pub(super) result: Result<(), StoreError>,
}
