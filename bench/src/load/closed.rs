//! Callers that each wait for an answer before they call again.

use std::sync::Arc;

use redress::{client::Client, time_source::Stopwatch};
use tokio::task::{JoinError, JoinSet};

use super::{Stock, Tally, Until, Work};

/// Has so many callers call until then. Ends early when there is nothing left to call about; the time that is counted is
/// that until the last answer.
pub(crate) async fn closed(
    work: Work,
    clients: &[Client],
    callers: usize,
    until: Until,
    stock: &Arc<Stock>,
) -> Result<Tally, JoinError> {
    let watch = Stopwatch::start();
    spread(clients, callers, |_, client| {
        caller(work, client, watch, until.clone(), Arc::clone(stock))
    })
    .await
}

/// Files so many complaints.
pub(crate) async fn file_all(
    clients: &[Client],
    callers: usize,
    count: usize,
    stock: &Arc<Stock>,
) -> Result<Tally, JoinError> {
    spread(clients, callers, |caller, mut client| {
        let stock = Arc::clone(stock);
        async move {
            let mut tally = Tally::new();
            let watch = Stopwatch::start();
            for _ in (caller..count).step_by(callers) {
                let began = watch.elapsed();
                if let Some(answer) = Work::File.call(&mut client, &stock).await {
                    tally.record(watch.elapsed() - began, &answer);
                }
            }
            tally.elapsed = watch.elapsed();
            tally
        }
    })
    .await
}

async fn caller(
    work: Work,
    mut client: Client,
    watch: Stopwatch,
    until: Until,
    stock: Arc<Stock>,
) -> Tally {
    let mut tally = Tally::new();
    let mut began = watch.elapsed();
    while !until.is_over(began) {
        let Some(answer) = work.call(&mut client, &stock).await else {
            break;
        };
        let ended = watch.elapsed();
        tally.record(ended - began, &answer);
        tally.elapsed = ended;
        began = ended;
    }
    tally
}

/// Runs callers side by side, spread over the connections, and adds up what they say.
async fn spread<F>(
    clients: &[Client],
    callers: usize,
    call: impl Fn(usize, Client) -> F,
) -> Result<Tally, JoinError>
where
    F: Future<Output = Tally> + Send + 'static,
{
    let mut running = JoinSet::new();
    for (number, client) in (0..callers).zip(clients.iter().cycle()) {
        running.spawn(call(number, client.clone()));
    }
    let mut all = Tally::new();
    while let Some(one) = running.join_next().await {
        all.join(&one?);
    }
    Ok(all)
}
