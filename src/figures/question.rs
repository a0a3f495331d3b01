//! What is asked.

use super::{Counted, Dimension, Facts, Measure, Period};

/// Where the values of all dimensions are the same: one for each dimension of the question, in its order.
pub type Cell = Vec<String>;

/// A question for figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// About which period.
    pub period: Period,
    /// Divided by these, each at most once.
    pub by: Vec<Dimension>,
    /// What is counted or computed.
    pub measures: Vec<Measure>,
    /// Only what has all of these values.
    pub only: Vec<(Dimension, String)>,
}

impl Question {
    /// The measures that can be divided by these dimensions: by clock, those of promises alone.
    #[must_use]
    pub fn measures_by(dimensions: impl IntoIterator<Item = Dimension>) -> Vec<Measure> {
        let by_clock = dimensions
            .into_iter()
            .any(|dimension| dimension == Dimension::Clock);
        let measures = Measure::ALL.into_iter();
        measures
            .filter(|measure| !by_clock || measure.is_of_promises())
            .collect()
    }

    /// Whether a measure is asked for, or something that is computed from it.
    #[must_use]
    pub fn counts(&self, counted: Measure) -> bool {
        let mut measures = self.measures.iter();
        measures.any(|measure| measure.counts().contains(&counted))
    }

    /// Whether something that counts of a complaint has the values that the question is limited to.
    #[must_use]
    pub fn includes(&self, facts: &Facts, counted: &Counted<'_>, policy: &str) -> bool {
        self.counts(counted.measure)
            && self.only.iter().all(|(dimension, wanted)| {
                facts.value(*dimension, (counted, policy), &self.period) == *wanted
            })
    }

    /// The cell in which it counts.
    #[must_use]
    pub fn cell(&self, facts: &Facts, counted: &Counted<'_>, policy: &str) -> Cell {
        let by = self.by.iter();
        by.map(|dimension| {
            facts
                .value(*dimension, (counted, policy), &self.period)
                .into_owned()
        })
        .collect()
    }
}
