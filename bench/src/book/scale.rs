//! How large the books are, and how much is fired.

use std::time::Duration;

use crate::overload::{Due, Load};

pub(crate) const MILLION: usize = 1_000_000;
/// Filings a second, far more than a machine of some cores can serve.
const FLOOD: u32 = 20_000;

/// Sizes and repetitions of everything that is measured on a book.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    /// How many complaints are open, from the smallest book to the largest. Two or more. The smallest one is a single wave.
    pub(crate) sizes: Vec<usize>,
    /// How often each size fires a wave as large as the smallest book.
    pub(crate) repeats: usize,
    /// How many replicas fire a wave together, one number after the other.
    pub(crate) replicas: Vec<usize>,
    /// How many steps they fire.
    pub(crate) shared: usize,
    /// How often service and plain SQL take turns.
    pub(crate) rounds: usize,
    /// How often they do so while somebody holds an old snapshot. Not more often than without.
    pub(crate) held: usize,
    /// How many steps fall due at one instant in these rounds.
    pub(crate) at_once: usize,
    /// How many clients plain SQL has, and how many steps a transaction fires. Each pair is tried on a wave of its own, so
    /// there are at most as many pairs as waves that come before the rounds.
    pub(crate) clients: Vec<usize>,
    pub(crate) batches: Vec<usize>,
    /// Steps that fall due one after another, a second, and for how long.
    pub(crate) steady_rate: usize,
    pub(crate) steady: Duration,
    /// Who calls while steps fire, one after the other.
    pub(crate) beside: Vec<(Load, Due)>,
    /// How long the service is watched while nothing is due.
    pub(crate) idle: Duration,
    /// How long a wave may take. Less than [`super::layout::BETWEEN_WAVES`].
    pub(crate) patience: Duration,
}

impl Scale {
    /// Some thousand complaints: shows that everything runs.
    pub(crate) fn short() -> Scale {
        Scale {
            sizes: vec![600, 7_000],
            repeats: 1,
            replicas: vec![1, 2],
            shared: 900,
            rounds: 1,
            held: 1,
            at_once: 1_100,
            clients: vec![1, 2],
            batches: vec![200],
            steady_rate: 200,
            steady: Duration::from_secs(2),
            beside: vec![
                (Load::Callers(8), Due::AtOnce),
                (Load::Callers(8), Due::Steadily(Duration::from_secs(1))),
            ],
            idle: Duration::from_secs(1),
            patience: Duration::from_secs(60),
        }
    }

    /// A million; with a larger `largest` that many on top, with a smaller one only so many.
    pub(crate) fn full(largest: Option<usize>) -> Scale {
        let largest = largest.unwrap_or(MILLION);
        let mut scale = Scale::up_to(largest.min(MILLION));
        scale.sizes.extend(Some(largest).filter(|it| *it > MILLION));
        scale
    }

    /// Up to so many, in three sizes. What is fired grows with it: some three quarters of the largest book.
    pub(crate) fn up_to(open: usize) -> Scale {
        // Lasts as long as the book allows.
        let part_of = |seconds: usize| {
            let millis = seconds * open / (MILLION / 1_000);
            Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
        };
        Scale {
            sizes: vec![open / 100, open / 10, open],
            repeats: 3,
            replicas: vec![1, 2, 3],
            shared: open / 50,
            rounds: 3,
            held: 2,
            at_once: open / 10,
            clients: vec![1, 2, 4],
            batches: vec![500, 1_000],
            steady_rate: 500,
            steady: part_of(60),
            beside: vec![
                (Load::Callers(8), Due::AtOnce),
                (Load::Callers(64), Due::AtOnce),
                (Load::Flood(FLOOD), Due::AtOnce),
                (Load::Flood(FLOOD), Due::Steadily(part_of(20))),
            ],
            idle: Duration::from_secs(8),
            patience: Duration::from_secs(180),
        }
    }

    /// The size of the smallest book, which is that of the waves that all sizes fire.
    pub(crate) fn smallest(&self) -> usize {
        self.sizes.first().copied().unwrap_or_default()
    }

    /// How many complaints the largest book holds.
    pub(crate) fn largest(&self) -> usize {
        self.sizes.last().copied().unwrap_or_default()
    }

    /// How many measurements there are in all.
    pub(crate) fn measurements(&self) -> u64 {
        let growth = self.sizes.len() * (1 + self.repeats) + self.replicas.len();
        let firing = self.clients.len() * self.batches.len() + 2 * (self.rounds + self.held) + 1;
        u64::try_from(growth + firing + self.beside.len()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_plain_sql_has_a_wave_to_be_tried_on() {
        for scale in [Scale::short(), Scale::full(None)] {
            let waves = scale.repeats + scale.replicas.len();
            assert!(
                scale.clients.len() * scale.batches.len() <= waves,
                "{scale:?}"
            );
            assert!(scale.held <= scale.rounds && scale.sizes.len() > 1);
        }
    }

    #[test]
    fn a_larger_book_comes_on_top_of_the_others() {
        assert_eq!(Scale::full(Some(5_000_000)).sizes.last(), Some(&5_000_000));
        let smaller = Scale::full(Some(200_000));
        assert_eq!(smaller.sizes, [2_000, 20_000, 200_000]);
    }
}
