//! What arrived of all that left.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts what arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::demo) struct Counts {
    /// Mail to customers, by language.
    pub(in crate::demo) letters: BTreeMap<String, usize>,
    /// Mail to staff, apart from digests.
    pub(in crate::demo) at_once: usize,
    pub(in crate::demo) digests: usize,
    /// Mail that came back.
    pub(in crate::demo) bounced: usize,
    /// Events that receivers have, whose signatures were right.
    pub(in crate::demo) events: usize,
    /// Attempts that were turned away.
    pub(in crate::demo) turned_away: usize,
    /// Events that came in their order after a receiver had been down.
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
        // Numbers alone: whole whatever panicked.
        count(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
