//! What is remembered of those who were here lately.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use parking_lot::Mutex;

/// Something for each key that was used lately: for at least `keep` after its last use, and for as long as somebody holds it.
///
/// Beyond `most` new keys within that time, those that were not used for longest are forgotten early. So the memory is bounded
/// by twice as many, and by what is held, however many keys there are.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    keep: Duration,
    most: usize,
    generations: Mutex<Generations<K, V>>,
}

#[derive(Debug)]
struct Generations<K, V> {
    /// What was used since `begun`.
    young: HashMap<K, Arc<V>>,
    /// What was used in the generation before, and not since.
    old: HashMap<K, Arc<V>>,
    begun: Duration,
    /// How many make a generation full.
    full: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    pub(super) fn new(keep: Duration, most: usize) -> Self {
        Recent {
            keep,
            most,
            generations: Mutex::new(Generations {
                young: HashMap::new(),
                old: HashMap::new(),
                begun: Duration::ZERO,
                full: most,
            }),
        }
    }

    /// What is remembered for a key, if anything is. This is no use of it.
    pub(super) fn get<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let all = self.generations.lock();
        all.young.get(key).or_else(|| all.old.get(key)).cloned()
    }

    /// What is remembered for a key, or made for it now.
    pub(super) fn of<Q>(&self, key: &Q, now: Duration, make: impl FnOnce() -> V) -> Arc<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let mut all = self.generations.lock();
        if now.saturating_sub(all.begun) >= self.keep {
            all.turn(now, self.most);
        }
        if let Some(known) = all.young.get(key) {
            return Arc::clone(known);
        }
        if all.young.len() >= all.full {
            all.turn(now, self.most);
        }
        let (key, value) = match all.old.remove_entry(key) {
            Some(known) => known,
            None => (key.to_owned(), Arc::new(make())),
        };
        all.young.insert(key, Arc::clone(&value));
        value
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    /// Begins a generation. What is old by then is forgotten, unless somebody holds it: as a new one it would count from zero.
    fn turn(&mut self, now: Duration, most: usize) {
        let young = std::mem::take(&mut self.young);
        let old = std::mem::replace(&mut self.old, young);
        let held = old
            .into_iter()
            .filter(|(_, value)| Arc::strong_count(value) > 1);
        self.young = held.collect();
        self.begun = now;
        // So that a generation of those that are held does not turn with every new key.
        self.full = most.max(2 * self.young.len());
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const KEEP: Duration = Duration::from_secs(60);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_was_used_lately_is_remembered_and_what_is_long_quiet_is_forgotten() {
        let recent = Recent::<String, u32>::new(KEEP, 100);
        let made = Cell::new(0);
        let of = |key: &str, at| {
            *recent.of(key, seconds(at), || {
                made.set(made.get() + 1);
                made.get()
            })
        };
        assert_eq!(of("ada", 0), 1);
        // Whoever comes again within the time is known, whichever generation has it.
        for at in [59, 60, 119, 178, 237] {
            assert_eq!(of("ada", at), 1, "{at}");
        }
        of("bea", 300);
        of("bea", 360);
        assert!(recent.get("ada").is_none());
        assert_eq!(of("ada", 361), 3);
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_than_two_generations() {
        let recent = Recent::<String, ()>::new(KEEP, 100);
        for number in 0..10_000 {
            recent.of(number.to_string().as_str(), seconds(1), || ());
            // Whoever comes often enough is not driven out.
            recent.of("ada", seconds(1), || ());
            let all = recent.generations.lock();
            assert!(all.young.len() + all.old.len() <= 200);
        }
        assert!(recent.get("ada").is_some());
        assert!(recent.get("9000").is_none());
    }

    #[test]
    fn what_somebody_holds_is_not_forgotten() {
        let recent = Recent::<String, ()>::new(KEEP, 100);
        let held = recent.of("ada", seconds(0), || ());
        for number in 0..1_000_u64 {
            recent.of(number.to_string().as_str(), seconds(number), || ());
        }
        let again = recent.of("ada", seconds(5_000), || ());
        assert!(Arc::ptr_eq(&held, &again));
        drop((held, again));
        recent.of("bea", seconds(5_100), || ());
        recent.of("bea", seconds(5_200), || ());
        assert!(recent.get("ada").is_none());
    }

    #[test]
    fn more_that_is_held_than_a_generation_has_makes_generations_larger() {
        let recent = Recent::<String, ()>::new(KEEP, 10);
        let of = |number: i32| recent.of(number.to_string().as_str(), seconds(1), || ());
        let held: Vec<_> = (0..100).map(of).collect();
        for (number, held) in held.iter().enumerate() {
            let known = recent.get(number.to_string().as_str());
            assert!(known.is_some_and(|known| Arc::ptr_eq(&known, held)));
        }
        drop(held);
        for number in 1_000..2_000 {
            of(number);
        }
        let all = recent.generations.lock();
        assert!(
            all.young.len() + all.old.len() <= 400,
            "{}",
            all.young.len()
        );
    }
}
