//! Counts what was delivered.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What was delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::demo) struct Counts {
    /// Mail to customers, by language.
    pub(in crate::demo) letters: BTreeMap<String, usize>,
    /// Mail to staff, apart from digests.
    pub(in crate::demo) at_once: usize,
    pub(in crate::demo) digests: usize,
    /// Mail that bounced.
    pub(in crate::demo) bounced: usize,
    /// Events received with valid signatures.
    pub(in crate::demo) events: usize,
    /// Attempts that were rejected.
    pub(in crate::demo) turned_away: usize,
    /// Events that arrived in order after an outage of their receiver.
    pub(in crate::demo) caught_up: usize,
}

/// Shared by all who count. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(in crate::demo) struct Tally(Arc<Mutex<Counts>>);

impl Tally {
    pub(in crate::demo) fn counts(&self) -> Counts {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Counts)) {
        // Only numbers, so consistent even after a panic.
        count(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
