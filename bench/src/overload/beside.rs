//! Callers and due steps at once: the sweep keeps its lag while callers flood, and callers keep theirs while many steps
//! fire.

use std::{sync::Arc, time::Duration};

use redress::client::Client;

use super::{Answers, flood::filings};
use crate::{
    error::BenchError,
    load::{Stock, Until, Work, closed, connect},
    report::Lag,
};

/// Who calls meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// So many callers who file, each of which waits for its answer.
    Callers(usize),
    /// So many filings a second, whether or not they can be served.
    Flood(u32),
}

/// How steps fall due meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// As many as in the rounds without callers, at one instant.
    AtOnce,
    /// One after another at the steady rate, for so long.
    Steadily(Duration),
}

/// Steps that fall due, as somebody else watches them.
#[derive(Debug)]
pub(crate) struct Wave<D, F> {
    pub(crate) steps: u64,
    /// From the first of them to the last; nothing: at one instant.
    pub(crate) spread: Duration,
    /// Ends when they fall due.
    pub(crate) due: D,
    /// Ends when all of them have fired, and says how late they were.
    pub(crate) fired: F,
}

/// How both got on.
#[derive(Debug)]
pub(crate) struct Beside {
    pub(crate) load: Load,
    pub(crate) steps: u64,
    /// From the first due time to the last.
    pub(crate) spread: Duration,
    /// The calls until the wave fell due.
    pub(crate) before: Answers,
    /// The calls while it fired.
    pub(crate) meanwhile: Answers,
    pub(crate) lag: Lag,
}

/// Has callers call at a service while a wave falls due and fires there. Both begin at once: there must be some seconds
/// until the wave falls due, in which the callers have the service to themselves.
pub(crate) async fn beside<D, F>(
    load: Load,
    address: &str,
    wave: Wave<D, F>,
) -> Result<Beside, BenchError>
where
    D: Future<Output = ()>,
    F: Future<Output = Result<Lag, BenchError>>,
{
    let most = match load {
        Load::Callers(callers) => callers,
        // As many connections as elsewhere where many call.
        Load::Flood(_) => 512,
    };
    let clients = connect(address, most).await?;
    let stock = Arc::new(Stock::default());
    let until = Until::when_told();
    let due = async {
        wave.due.await;
        until.tell();
        Ok(())
    };
    let (before, ()) = tokio::try_join!(calls(load, &clients, &stock, until.clone()), due)?;
    let until = Until::when_told();
    let fired = async {
        let lag = wave.fired.await;
        // Whatever became of it: nobody else ends the callers.
        until.tell();
        lag
    };
    let (meanwhile, lag) = tokio::try_join!(calls(load, &clients, &stock, until.clone()), fired)?;
    Ok(Beside {
        load,
        steps: wave.steps,
        spread: wave.spread,
        before,
        meanwhile,
        lag,
    })
}

async fn calls(
    load: Load,
    clients: &[Client],
    stock: &Arc<Stock>,
    until: Until,
) -> Result<Answers, BenchError> {
    match load {
        Load::Callers(callers) => {
            let served = closed(Work::File, clients, callers, until, stock).await?;
            Ok(Answers::to_callers(served))
        }
        Load::Flood(rate) => {
            let (_, answers) = filings(clients, stock, rate, until).await?;
            Ok(answers)
        }
    }
}
