//! The complaints that calls are about.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// Names of complaints, by what may be done to them. Shared by all callers.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    /// Filed before anything was measured, and only read: they stay as long as what Postgres reads in comparison.
    pub(crate) only_read: Vec<String>,
    /// Filed, and not acknowledged yet.
    filed: Mutex<Vec<String>>,
    acknowledged: Mutex<Vec<String>>,
    turn: AtomicUsize,
}

impl Stock {
    pub(crate) fn filed(&self, name: String) {
        lock(&self.filed).push(name);
    }

    pub(crate) fn acknowledged(&self, name: String) {
        lock(&self.acknowledged).push(name);
    }

    /// One to acknowledge; nobody else gets it. None when they are used up.
    pub(crate) fn to_acknowledge(&self) -> Option<String> {
        lock(&self.filed).pop()
    }

    /// How many there are to acknowledge.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.filed).len()
    }

    /// One that is under review. Callers get them in turn, so that they seldom meet at one.
    pub(crate) fn under_review(&self) -> Option<String> {
        let names = lock(&self.acknowledged);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        names.get(turn.checked_rem(names.len())?).cloned()
    }

    /// One to read: all over the stock, so that neighbours are not read one after the other.
    pub(crate) fn to_read(&self) -> Option<String> {
        // A prime greater than any stock: each is read as often as any other.
        const STRIDE: usize = 1_000_003;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let place = turn
            .wrapping_mul(STRIDE)
            .checked_rem(self.only_read.len())?;
        self.only_read.get(place).cloned()
    }

    /// Sets apart what was filed so far, to be read and nothing else.
    pub(crate) fn keep_for_reading(&mut self) {
        self.only_read.append(&mut lock(&self.filed));
    }
}

/// What a panicked caller left behind is whole: each change is one push or pop.
fn lock(names: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_complaint_is_acknowledged_once_and_read_as_often_as_any_other() {
        let mut stock = Stock::default();
        for number in 0..200 {
            stock.filed(number.to_string());
        }
        stock.keep_for_reading();
        assert_eq!(stock.to_acknowledge(), None);
        let read: BTreeSet<_> = (0..200).map(|_| stock.to_read()).collect();
        assert_eq!(read.len(), 200);
        stock.filed("one".to_owned());
        assert_eq!(stock.waiting(), 1);
        assert_eq!(stock.to_acknowledge().as_deref(), Some("one"));
        assert_eq!(stock.to_acknowledge(), None);
    }

    #[test]
    fn an_empty_stock_gives_nothing() {
        let stock = Stock::default();
        assert_eq!((stock.to_read(), stock.under_review()), (None, None));
    }
}
