//! How long to wait before something that failed is tried again. Pure: the same seed gives the same pauses.

use jiff::SignedDuration;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// By how much a pause may be shorter or longer, as a share of it, so that what failed together is not tried again together.
const JITTER: f64 = 0.2;

/// The pauses after the first failure, the second, and so on, each a fifth shorter or longer at the most. Whoever tries again has
/// a table of its own.
#[derive(Debug, Clone, Copy)]
pub struct Pauses<'t> {
    table: &'t [SignedDuration],
    seed: u64,
}

impl<'t> Pauses<'t> {
    /// Those of a table. By how much they are shorter or longer follows from the seed.
    #[must_use]
    pub const fn new(table: &'t [SignedDuration], seed: u64) -> Self {
        Pauses { table, seed }
    }

    /// The pause after so many failures, from 1 on, of what is identified by `of`. `None`: it is not tried again.
    #[must_use]
    pub fn after(&self, failures: u32, of: u128) -> Option<SignedDuration> {
        let nth = usize::try_from(failures).ok()?.checked_sub(1)?;
        let pause = self.table.get(nth)?;
        let mut seed = [0; 32];
        let parts = self.seed.to_le_bytes().into_iter();
        let parts = parts.chain(of.to_le_bytes()).chain(failures.to_le_bytes());
        for (place, byte) in seed.iter_mut().zip(parts) {
            *place = byte;
        }
        let mut random = StdRng::from_seed(seed);
        let factor = random.random_range(1.0 - JITTER..=1.0 + JITTER);
        SignedDuration::try_from_secs_f64(pause.as_secs_f64() * factor).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const TABLE: [SignedDuration; 3] = [
        SignedDuration::from_secs(5),
        SignedDuration::from_mins(5),
        SignedDuration::from_hours(24),
    ];

    #[test]
    fn each_pause_is_that_of_the_table_a_fifth_more_or_less() {
        let pauses = Pauses::new(&TABLE, 42);
        let (mut least, mut most) = (f64::MAX, f64::MIN);
        for of in 0..200 {
            for (failures, wanted) in (1..).zip(TABLE) {
                let pause = pauses.after(failures, of).unwrap();
                let share = pause.as_secs_f64() / wanted.as_secs_f64();
                assert!((0.8..=1.2).contains(&share), "{failures}: {share}");
                (least, most) = (least.min(share), most.max(share));
            }
            assert_eq!(pauses.after(0, of), None);
            assert_eq!(pauses.after(4, of), None);
            assert_eq!(pauses.after(u32::MAX, of), None);
        }
        // They are spread over the whole of it.
        assert!(least < 0.82 && most > 1.18, "{least} to {most}");
    }

    #[test]
    fn the_same_seed_gives_the_same_pauses_and_whatever_differs_gives_others() {
        let pause = |seed, failures, of| Pauses::new(&TABLE, seed).after(failures, of).unwrap();
        assert_eq!(pause(42, 1, 7), pause(42, 1, 7));
        assert_ne!(pause(42, 1, 7), pause(43, 1, 7));
        assert_ne!(pause(42, 1, 7), pause(42, 1, 8));
        // Of two failures of one thing, neither tells how the other is spread.
        let share = |failures: u32, of: SignedDuration| {
            pause(42, failures, 7).as_secs_f64() / of.as_secs_f64()
        };
        assert_ne!(share(1, TABLE[0]), share(2, TABLE[1]));
    }
}
