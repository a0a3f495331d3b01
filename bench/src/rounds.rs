//! Service and Postgres in turns, round by round.

use std::{sync::Arc, time::Duration};

use indicatif::ProgressBar;

use crate::{
    error::BenchError,
    load::{Tally, Until, Work, closed, file_all, open},
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

/// How long each kind of work is done before it is measured: connections, caches, plans and prepared statements are as in
/// use by then. pgbench knows whole seconds alone.
const WARMING: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(1));
/// How many complaints there must be to acknowledge for each caller. Where they are used up, the measurement ends, and what
/// was acknowledged by then counts.
const TO_ACKNOWLEDGE: usize = 32;

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
                bar.set_message(format!("Postgres: {}, warming up", statement.title()));
                let most = plan.clients.iter().copied().max().unwrap_or(1);
                let pgbench = &mut stage.pgbench;
                pgbench.run(*statement, most, WARMING.1).await?;
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
    let most = plan.callers.iter().copied().max().unwrap_or(1);
    bar.set_message(format!("service: {}, warming up", work.title()));
    enough(work, stage, most).await?;
    closed(work, clients, most, Until::Passed(WARMING.0), stock).await?;
    for callers in plan.callers {
        enough(work, stage, *callers).await?;
        bar.set_message(format!("service: {}, {callers} callers", work.title()));
        stage.settle().await?;
        let tally = closed(work, clients, *callers, Until::Passed(plan.duration), stock).await?;
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

/// Files what there is to acknowledge, where the filings that were measured have not left enough.
async fn enough(work: Work, stage: &Stage, callers: usize) -> Result<(), BenchError> {
    let missing = (TO_ACKNOWLEDGE * callers).saturating_sub(stage.stock.waiting());
    if work == Work::Acknowledge && missing > 0 {
        let stock: &Arc<_> = &stage.stock;
        file_all(&stage.clients, callers.min(64), missing, stock).await?;
    }
    Ok(())
}
