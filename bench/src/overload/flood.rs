//! Filings that arrive faster than they can be served.

use std::{sync::Arc, time::Duration};

use redress::client::Client;

use super::{Answers, BEFORE_AND_AFTER, callers, processor};
use crate::{
    error::BenchError,
    load::{Arrivals, Flow, Stock, Tally, Until, file_within, flow},
    plan::OverloadPlan,
    stage::Stage,
};

/// How long a caller waits for its answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);
/// How many callers wait at most: twice what the service lets wait, so that it is the service that refuses.
pub(crate) const MOST_WAITING: usize = 8_192;

/// One flood, and what came after it.
#[derive(Debug)]
pub(crate) struct Flood {
    /// How many times what the service can do.
    pub(crate) factor: f64,
    pub(crate) flow: Flow,
    pub(crate) answers: Answers,
    /// How many processors the generator took, on average, of those that it shares with the service.
    pub(crate) generator: f64,
    /// Filings of a few callers who wait for their answers, from the last answer of the flood on.
    pub(crate) after: Tally,
}

impl Flood {
    /// Arrivals a second, those held back included.
    pub(crate) fn offered(&self) -> f64 {
        let offered = self.flow.sent + self.flow.held_back;
        per_second(offered, self.flow.sending)
    }

    /// Refusals a second.
    pub(crate) fn refused(&self) -> f64 {
        per_second(self.answers.refused.calls(), self.flow.sending)
    }

    /// What is wrong with the figures; empty: nothing. `strict`: no answer may be late.
    pub(super) fn faults(&self, strict: bool) -> Vec<String> {
        let (answers, factor) = (&self.answers, self.factor);
        let mut faults = Vec::new();
        let mut fault = |what: String| faults.push(format!("overload, {factor} times: {what}"));
        if answers.served.per_second() == 0.0 {
            fault("no call was served".to_owned());
        }
        if answers.count() != self.flow.sent {
            let (answered, sent) = (answers.count(), self.flow.sent);
            fault(format!("{answered} answers to {sent} calls"));
        }
        if !answers.other().is_empty() {
            fault(format!("answers without a place: {:?}", answers.other()));
        }
        if strict && answers.late > 0 {
            fault(format!("{} answers were late", answers.late));
        }
        let failures = self.after.failures();
        if self.after.per_second() == 0.0 || !failures.is_empty() {
            fault(format!("afterwards not all calls succeeded: {failures:?}"));
        }
        faults
    }
}

/// Has filings arrive at so many times the capacity, and looks at once whether all is as before.
pub(super) async fn flood(
    stage: &Stage,
    plan: &OverloadPlan,
    factor: f64,
    capacity: f64,
) -> Result<Flood, BenchError> {
    let (rate, until) = (rate(factor, capacity), Until::Passed(plan.flooding));
    let before = processor::used();
    let (flow, answers) = filings(&stage.clients, &stage.stock, rate, until).await?;
    let used = processor::used().saturating_sub(before);
    let after = callers(stage, BEFORE_AND_AFTER, Until::Passed(plan.recovering)).await?;
    Ok(Flood {
        factor,
        flow,
        answers,
        generator: used.as_secs_f64() / flow.elapsed.as_secs_f64().max(f64::MIN_POSITIVE),
        after,
    })
}

/// Has so many filings arrive a second, whether or not they can be served.
pub(super) async fn filings(
    clients: &[Client],
    stock: &Arc<Stock>,
    rate: u32,
    until: Until,
) -> Result<(Flow, Answers), BenchError> {
    let arrivals = Arrivals {
        rate,
        until,
        most_waiting: MOST_WAITING,
    };
    let stock = Arc::clone(stock);
    let call = move |mut client: Client| {
        let stock = Arc::clone(&stock);
        async move { Some(file_within(DEADLINE, &mut client, &stock).await) }
    };
    let mut answers = Answers::new();
    let record = |latency, answer: &_| answers.record(latency, answer);
    let flow = flow(arrivals, clients, call, record).await?;
    answers.served.elapsed = flow.elapsed;
    answers.refused.elapsed = flow.elapsed;
    Ok((flow, answers))
}

/// A whole rate, and at least one a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no machine serves as many calls as a u32 counts; beyond, it is as many"
)]
fn rate(factor: f64, capacity: f64) -> u32 {
    (factor * capacity).round().max(1.0) as u32
}

fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() {
        return 0.0;
    }
    count as f64 / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use tonic::Status;

    use super::*;

    fn flooded(answers: &[Result<(), Status>], sent: u64) -> Flood {
        let mut flood = Flood {
            factor: 2.0,
            flow: Flow {
                sent,
                held_back: 2,
                sending: Duration::from_secs(2),
                elapsed: Duration::from_secs(3),
            },
            answers: Answers::new(),
            generator: 0.5,
            after: Tally::new(),
        };
        for answer in answers {
            flood.answers.record(Duration::from_millis(1), answer);
        }
        flood.answers.served.elapsed = flood.flow.elapsed;
        flood.after.record(Duration::from_millis(1), &Ok(()));
        flood.after.elapsed = Duration::from_secs(1);
        flood
    }

    #[test]
    fn what_is_offered_counts_what_was_held_back_and_refusals_the_time_of_sending() {
        let full = Err(Status::resource_exhausted("full"));
        let flood = flooded(&[Ok(()), full.clone(), full], 4);
        assert_eq!((flood.offered(), flood.refused()), (3.0, 1.0));
    }

    #[test]
    fn a_late_answer_is_a_fault_only_where_one_is_strict_and_a_lost_one_always() {
        let late = [Ok(()), Err(Status::cancelled("too late"))];
        assert_eq!(flooded(&late, 2).faults(false), [""; 0]);
        assert_eq!(flooded(&late, 2).faults(true).len(), 1);
        assert_eq!(flooded(&late, 3).faults(false).len(), 1);
        let fault = [Ok(()), Err(Status::internal("a fault"))];
        assert_eq!(flooded(&fault, 2).faults(false).len(), 1);
    }

    #[test]
    fn a_rate_is_never_nothing() {
        assert_eq!((rate(2.0, 1_000.4), rate(4.0, 0.0)), (2_001, 1));
    }
}
