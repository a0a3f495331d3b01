//! More calls than the service can serve: what it serves must stay near what it can, what it cannot serve must be refused
//! at once and in a way that a caller can act on, and afterwards everything must be as before.

mod answers;
mod beside;
mod flood;
mod processor;

pub(crate) use self::{
    answers::Answers,
    beside::{Beside, Due, Load, Wave, beside},
    flood::{DEADLINE, Flood, MOST_WAITING},
};

use indicatif::ProgressBar;

use crate::{
    error::BenchError,
    load::{Tally, Until, Work, closed},
    plan::OverloadPlan,
    stage::Stage,
};

/// How many callers show what the service can do, each of which waits for its answer.
pub(crate) const AT_CAPACITY: usize = 64;
/// How many show that it is as before.
pub(crate) const BEFORE_AND_AFTER: usize = 8;

/// What one round came to.
#[derive(Debug)]
pub(crate) struct Round {
    /// Filings of [`AT_CAPACITY`] callers.
    pub(crate) capacity: Tally,
    /// Filings of [`BEFORE_AND_AFTER`] callers, before any flood.
    pub(crate) before: Tally,
    /// In the order of the plan's factors.
    pub(crate) floods: Vec<Flood>,
}

/// What all rounds came to, in their order.
#[derive(Debug, Default)]
pub(crate) struct Overload {
    pub(crate) rounds: Vec<Round>,
    /// Firing and callers at once, as far as it was measured.
    pub(crate) beside: Vec<Beside>,
}

/// Floods the service with filings, round by round.
pub(crate) async fn run(
    stage: &Stage,
    plan: &OverloadPlan,
    bar: &ProgressBar,
) -> Result<Overload, BenchError> {
    let mut overload = Overload::default();
    for _ in 0..plan.rounds {
        bar.set_message("overload: what the service can do");
        stage.settle().await?;
        callers(stage, AT_CAPACITY, Until::Passed(plan.recovering)).await?;
        let capacity = callers(stage, AT_CAPACITY, Until::Passed(plan.flooding)).await?;
        let before = callers(stage, BEFORE_AND_AFTER, Until::Passed(plan.recovering)).await?;
        bar.inc(1);
        let mut floods = Vec::new();
        for factor in plan.factors {
            bar.set_message(format!("overload: filings at {factor} times that rate"));
            stage.settle().await?;
            floods.push(flood::flood(stage, plan, *factor, capacity.per_second()).await?);
            bar.inc(1);
        }
        overload.rounds.push(Round {
            capacity,
            before,
            floods,
        });
    }
    Ok(overload)
}

/// Filings of so many callers, each of which waits for its answer.
async fn callers(stage: &Stage, callers: usize, until: Until) -> Result<Tally, BenchError> {
    Ok(closed(Work::File, &stage.clients, callers, until, &stage.stock).await?)
}

impl Overload {
    /// What is wrong with the figures; empty: nothing. `strict`: nothing but success and a refusal may be answered.
    pub(crate) fn faults(&self, strict: bool) -> Vec<String> {
        let mut faults = Vec::new();
        for round in &self.rounds {
            for (what, tally) in [("at capacity", &round.capacity), ("before", &round.before)] {
                if tally.per_second() == 0.0 || !tally.failures().is_empty() {
                    let failures = tally.failures();
                    faults.push(format!(
                        "overload, {what}: not all calls succeeded: {failures:?}"
                    ));
                }
            }
            faults.extend(round.floods.iter().flat_map(|flood| flood.faults(strict)));
        }
        faults
    }
}
