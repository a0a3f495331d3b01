//! Service and Postgres in turns, round by round.

use indicatif::ProgressBar;

use crate::{
    error::BenchError,
    load::{Tally, Work, closed, open},
    pgbench::{Ran, Statement},
    plan::Plan,
    stage::Stage,
};

/// How calls arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// So many callers, each of which waits for its answer.
    Callers(usize),
    /// So many a second, on schedule.
    Rate(u32),
}

/// What one round came to.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) service: Vec<(Work, Arrival, Tally)>,
    pub(crate) postgres: Vec<(Statement, usize, Ran)>,
}

/// What all rounds came to, in their order.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) rounds: Vec<Round>,
}

/// What follows on what within a round: each work of the service directly before what Postgres does for the same end, so
/// that both meet the machine in the same mood.
const PROGRAMME: [(&[Work], &[Statement]); 4] = [
    (&[Work::File], &[Statement::Transaction, Statement::AtOnce]),
    (&[Work::Acknowledge, Work::Update], &[]),
    (&[Work::Read], &[Statement::ReadOne]),
    (&[Work::ReadClocks, Work::List], &[Statement::ReadClocks]),
];

/// Measures everything that is planned.
pub(crate) async fn run(
    stage: &mut Stage,
    plan: &Plan,
    bar: &ProgressBar,
) -> Result<Results, BenchError> {
    let mut results = Results::default();
    for _ in 0..plan.rounds {
        let mut round = Round::default();
        for (works, statements) in PROGRAMME {
            for work in works {
                serve(*work, stage, plan, bar, &mut round).await?;
            }
            for statement in statements {
                for clients in plan.clients {
                    bar.set_message(format!(
                        "Postgres: {}, {clients} clients",
                        statement.title()
                    ));
                    stage.settle().await?;
                    let pgbench = &mut stage.pgbench;
                    let ran = pgbench.run(*statement, *clients, plan.duration).await?;
                    round.postgres.push((*statement, *clients, ran));
                    bar.inc(1);
                }
            }
        }
        results.rounds.push(round);
    }
    Ok(results)
}

/// One work of the service with each number of callers; of filings those on schedule as well.
async fn serve(
    work: Work,
    stage: &Stage,
    plan: &Plan,
    bar: &ProgressBar,
    round: &mut Round,
) -> Result<(), BenchError> {
    let (clients, stock) = (&stage.clients, &stage.stock);
    for callers in plan.callers {
        bar.set_message(format!("service: {}, {callers} callers", work.title()));
        stage.settle().await?;
        let tally = closed(work, clients, *callers, plan.duration, stock).await?;
        round
            .service
            .push((work, Arrival::Callers(*callers), tally));
        bar.inc(1);
    }
    if work == Work::File {
        bar.set_message(format!("service: {}, {} a second", work.title(), plan.rate));
        stage.settle().await?;
        let tally = open(work, clients, plan.rate, plan.duration, stock).await?;
        round.service.push((work, Arrival::Rate(plan.rate), tally));
        bar.inc(1);
    }
    Ok(())
}
