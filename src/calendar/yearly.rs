use std::{
    fmt,
    ops::Range,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// The years whose values are kept once made. Of the others the last one asked for is at hand, for questions go from year to
/// year.
const KEPT: Range<i16> = 1970..2170;

/// What follows from a calendar for each year, made when it is first asked for.
pub(super) struct Yearly<T> {
    kept: Box<[OnceLock<Arc<T>>]>,
    other: Mutex<Option<(i16, Arc<T>)>>,
}

impl<T> Default for Yearly<T> {
    fn default() -> Self {
        Self {
            kept: KEPT.map(|_| OnceLock::new()).collect(),
            other: Mutex::new(None),
        }
    }
}

impl<T> fmt::Debug for Yearly<T> {
    /// Nothing: it follows from the rest of the calendar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl<T> Yearly<T> {
    /// The value of a year; `make` gives the same one each time.
    pub(super) fn get(&self, year: i16, make: impl FnOnce() -> T) -> Arc<T> {
        let place = KEPT
            .contains(&year)
            .then(|| usize::try_from(year - KEPT.start).ok());
        match place.flatten().and_then(|place| self.kept.get(place)) {
            Some(kept) => Arc::clone(kept.get_or_init(|| Arc::new(make()))),
            None => self.other(year, make),
        }
    }

    /// How many years are kept that have been asked for.
    #[cfg(test)]
    pub(super) fn made(&self) -> usize {
        self.kept.iter().filter(|year| year.get().is_some()).count()
    }

    fn other(&self, year: i16, make: impl FnOnce() -> T) -> Arc<T> {
        // What the lock guards is whole at any time, so one who panicked has left it sound.
        let other = || self.other.lock().unwrap_or_else(PoisonError::into_inner);
        let at_hand = other().as_ref().filter(|(of, _)| *of == year).cloned();
        if let Some((_, value)) = at_hand {
            return value;
        }
        let value = Arc::new(make());
        *other() = Some((year, Arc::clone(&value)));
        value
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_year_is_made_once_and_each_has_its_own() {
        let (yearly, made) = (Yearly::default(), Cell::new(0));
        let get = |year: i16| {
            let value = yearly.get(year, || {
                made.set(made.get() + 1);
                year
            });
            assert_eq!(*value, year);
        };
        for year in [1970, 2026, 2169, 2026, 1970, 2169] {
            get(year);
        }
        assert_eq!(made.get(), 3);
        for year in [i16::MIN, 1969, 1969, 2170, i16::MAX, i16::MAX] {
            get(year);
        }
        assert_eq!(made.get(), 7, "the last of the other years is at hand");
    }
}
