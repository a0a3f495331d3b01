//! Calls that arrive on schedule, whether or not the former ones are answered.

use std::{sync::Arc, thread, time::Duration};

use redress::{client::Client, time_source::Stopwatch};
use tokio::{
    runtime::Handle,
    task::{JoinError, JoinSet, spawn_blocking},
};

use super::{Stock, Tally, Work};

/// Starts `rate` calls a second for so long, and waits for all answers.
///
/// A latency counts from the instant at which the call was to arrive, not from that at which it was sent: a service that
/// holds up the generator is charged for it. So the percentiles are those of customers who come when they come.
pub(crate) async fn open(
    work: Work,
    clients: &[Client],
    rate: u32,
    duration: Duration,
    stock: &Arc<Stock>,
) -> Result<Tally, JoinError> {
    let watch = Stopwatch::start();
    let (clients, stock, runtime) = (clients.to_vec(), Arc::clone(stock), Handle::current());
    // A thread of its own: the runtime's timer is a whole millisecond late, which would be charged to the service.
    let sending = spawn_blocking(move || {
        let mut running = JoinSet::new();
        for (scheduled, client) in schedule(rate, duration).zip(clients.iter().cycle()) {
            thread::sleep(scheduled.saturating_sub(watch.elapsed()));
            let (mut client, stock) = (client.clone(), Arc::clone(&stock));
            let call = async move {
                let answer = work.call(&mut client, &stock).await;
                answer.map(|answer| (watch.elapsed() - scheduled, answer))
            };
            running.spawn_on(call, &runtime);
        }
        running
    });
    let mut running = sending.await?;
    let mut tally = Tally::new();
    while let Some(ended) = running.join_next().await {
        if let Some((latency, answer)) = ended? {
            tally.record(latency, &answer);
        }
    }
    tally.elapsed = watch.elapsed();
    Ok(tally)
}

/// When each call arrives, from the start.
fn schedule(rate: u32, duration: Duration) -> impl Iterator<Item = Duration> {
    let arrivals =
        (0..u32::MAX).map(move |number| Duration::from_secs(number.into()) / rate.max(1));
    arrivals.take_while(move |arrival| *arrival < duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_spread_evenly_over_the_whole_time() {
        let arrivals: Vec<_> = schedule(4, Duration::from_secs(2)).collect();
        assert_eq!(arrivals.len(), 8);
        assert_eq!(arrivals[7], Duration::from_millis(1_750));
    }
}
