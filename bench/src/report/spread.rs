//! One figure of several rounds.

use std::fmt;

/// One figure of every round, summed up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    /// The median; of an even number of rounds the lower one.
    pub(super) middle: f64,
    pub(super) greatest: f64,
}

impl Spread {
    /// None of no rounds, nor where one has no figure that means anything.
    pub(super) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        if !figures.iter().all(|figure| figure.is_finite()) {
            return None;
        }
        figures.sort_by(f64::total_cmp);
        Some(Spread {
            least: *figures.first()?,
            middle: *figures.get((figures.len() - 1) / 2)?,
            greatest: *figures.last()?,
        })
    }

    /// The one through the other, round by round. Where they were not measured in the same rounds, each of the one is
    /// compared with the middle of the other.
    pub(super) fn through(one: &[f64], other: &[f64]) -> Option<Spread> {
        if one.len() == other.len() {
            return Self::of(one.iter().zip(other).map(|(one, other)| one / other));
        }
        let other = Self::of(other.iter().copied())?.middle;
        Self::of(one.iter().map(|one| one / other))
    }

    /// How far the rounds lie apart, as a share of the middle.
    pub(super) fn width(&self) -> f64 {
        (self.greatest - self.least) / self.middle
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread {
            least,
            middle,
            greatest,
        } = self;
        // Two digits that tell, of a small ratio too.
        let places = if *middle < 0.1 { 3 } else { 2 };
        write!(
            f,
            "{middle:.places$} ({least:.places$}–{greatest:.places$})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(spread: Option<Spread>) -> String {
        spread.map_or_else(|| "none".to_owned(), |spread| spread.to_string())
    }

    #[test]
    fn rounds_are_compared_one_by_one_or_with_the_middle_of_others() {
        let same = Spread::through(&[300.0, 800.0, 500.0], &[200.0, 400.0, 200.0]);
        assert_eq!(told(same), "2.00 (1.50–2.50)");
        let others = Spread::through(&[300.0, 800.0, 500.0], &[100.0]);
        assert_eq!(told(others), "5.00 (3.00–8.00)");
    }

    #[test]
    fn without_figures_there_is_no_spread() {
        assert_eq!(told(Spread::of([])), "none");
        assert_eq!(told(Spread::through(&[1.0], &[])), "none");
        assert_eq!(told(Spread::through(&[1.0], &[0.0])), "none");
    }

    #[test]
    fn a_small_ratio_keeps_digits_that_tell() {
        assert_eq!(told(Spread::of([0.031, 0.052])), "0.031 (0.031–0.052)");
    }
}
