//! Adds up what counts, in cells, and computes the figures from the sums.

use std::collections::BTreeMap;

use super::{Cell, Facts, Measure, PromiseRules, Question};

/// How many cells figures have at most.
pub const MOST_CELLS: usize = 4_000;

/// There are more cells than [`MOST_CELLS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the figures have more than {MOST_CELLS} cells")]
pub struct TooManyCells;

/// The sums so far.
#[derive(Debug, Clone)]
pub struct Tally {
    question: Question,
    rules: PromiseRules,
    cells: BTreeMap<Cell, Sums>,
    total: Sums,
}

/// The figures of a cell, in the order of the question's measures. `None`: there is nothing to compute it from.
#[derive(Debug, Clone, PartialEq)]
pub struct CellFigures {
    /// The cell; empty for the total.
    pub cell: Cell,
    /// Its figures.
    pub figures: Vec<(Measure, Option<f64>)>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Sums {
    counts: BTreeMap<Measure, u64>,
    /// How many were resolved within so many days.
    days: BTreeMap<i32, u64>,
}

impl Tally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(question: Question, rules: PromiseRules) -> Self {
        Tally {
            question,
            rules,
            cells: BTreeMap::new(),
            total: Sums::default(),
        }
    }

    /// Counts a complaint.
    ///
    /// # Errors
    /// When there are too many cells. Nothing more need be counted then.
    pub fn add(&mut self, facts: &Facts) -> Result<(), TooManyCells> {
        let (question, cells, total) = (&self.question, &mut self.cells, &mut self.total);
        facts.count(&question.period, &mut self.rules, |counted, policy| {
            if question.includes(facts, &counted, policy) {
                total.add(counted.measure, counted.days);
                if !question.by.is_empty() {
                    let cell = question.cell(facts, &counted, policy);
                    let sums = cells.entry(cell).or_default();
                    sums.add(counted.measure, counted.days);
                }
            }
        });
        if self.cells.len() > MOST_CELLS {
            return Err(TooManyCells);
        }
        Ok(())
    }

    /// The figures: those of each cell, in the order of their keys, and those over all.
    #[must_use]
    pub fn figures(&self) -> (Vec<CellFigures>, CellFigures) {
        let figures = |cell: &Cell, sums: &Sums| CellFigures {
            cell: cell.clone(),
            figures: self
                .question
                .measures
                .iter()
                .map(|measure| (*measure, sums.figure(*measure)))
                .collect(),
        };
        let cells = self.cells.iter().map(|(cell, sums)| figures(cell, sums));
        (cells.collect(), figures(&Cell::new(), &self.total))
    }

    /// What is counted.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }
}

impl Sums {
    fn add(&mut self, measure: Measure, days: Option<i32>) {
        *self.counts.entry(measure).or_default() += 1;
        if let Some(days) = days {
            *self.days.entry(days).or_default() += 1;
        }
    }

    fn count(&self, measure: Measure) -> u64 {
        self.counts.get(&measure).copied().unwrap_or(0)
    }

    fn figure(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::PromisesKeptPercent => {
                let kept = self.count(Measure::PromisesKept);
                quotient(100 * kept, kept + self.count(Measure::PromisesMissed))
            }
            Measure::MeanDaysToResolve => {
                let days = self.days.iter();
                let sum: u64 = days
                    .map(|(days, count)| u64::from(days.unsigned_abs()) * count)
                    .sum();
                quotient(sum, self.count(Measure::Resolved))
            }
            Measure::MedianDaysToResolve => percentile(&self.days, 50).map(f64::from),
            Measure::DaysToResolve80Percent => percentile(&self.days, 80).map(f64::from),
            Measure::DaysToResolve95Percent => percentile(&self.days, 95).map(f64::from),
            counted => Some(exact(self.count(counted))),
        }
    }
}

/// The smallest value that at least `percent` of all values do not exceed: the nearest rank. `None`: there are no values.
#[must_use]
pub fn percentile(counts: &BTreeMap<i32, u64>, percent: u64) -> Option<i32> {
    let all: u64 = counts.values().sum();
    // From 1 to the number of values.
    let rank = (all * percent).div_ceil(100);
    let mut passed = 0;
    let reached = counts.iter().find(|(_, count)| {
        passed += **count;
        passed >= rank
    });
    reached.map(|(value, _)| *value)
}

fn quotient(dividend: u64, divisor: u64) -> Option<f64> {
    (divisor > 0).then(|| exact(dividend) / exact(divisor))
}

/// Exact below 2⁵³, which is more than can be counted.
fn exact(count: u64) -> f64 {
    count as f64
}
