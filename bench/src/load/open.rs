//! Calls that arrive on schedule, whether or not the former ones are answered.

use std::{sync::Arc, thread, time::Duration};

use redress::{client::Client, time_source::Stopwatch};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
    task::{JoinError, spawn_blocking},
};
use tonic::Status;

use super::{Stock, Tally, Until, Work};

/// How calls arrive.
#[derive(Debug, Clone)]
pub(crate) struct Arrivals {
    /// A second, evenly spread.
    pub(crate) rate: u32,
    pub(crate) until: Until,
    /// How many may wait for their answers. What arrives beyond is held back, so that the generator does not drown by
    /// itself.
    pub(crate) most_waiting: usize,
}

/// What became of arrivals on their way out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) sent: u64,
    pub(crate) held_back: u64,
    /// From the start to the last arrival.
    pub(crate) sending: Duration,
    /// From the start to the last answer.
    pub(crate) elapsed: Duration,
}

/// Starts `rate` calls a second for so long, and waits for all answers.
pub(crate) async fn open(
    work: Work,
    clients: &[Client],
    rate: u32,
    duration: Duration,
    stock: &Arc<Stock>,
) -> Result<Tally, JoinError> {
    let arrivals = Arrivals {
        rate,
        until: Until::Passed(duration),
        most_waiting: Semaphore::MAX_PERMITS,
    };
    let stock = Arc::clone(stock);
    let call = move |mut client: Client| {
        let stock = Arc::clone(&stock);
        async move { work.call(&mut client, &stock).await }
    };
    let mut tally = Tally::new();
    let record = |latency, answer: &Result<(), Status>| tally.record(latency, answer);
    let flow = flow(arrivals, clients, call, record).await?;
    tally.elapsed = flow.elapsed;
    Ok(tally)
}

/// Has calls arrive, and waits for all answers.
///
/// A latency counts from the instant at which the call was to arrive, not from that at which it was sent: a service that
/// holds up the generator is charged for it. So the percentiles are those of customers who come when they come.
pub(crate) async fn flow<F>(
    arrivals: Arrivals,
    clients: &[Client],
    call: impl Fn(Client) -> F + Send + 'static,
    mut record: impl FnMut(Duration, &Result<(), Status>),
) -> Result<Flow, JoinError>
where
    F: Future<Output = Option<Result<(), Status>>> + Send + 'static,
{
    let watch = Stopwatch::start();
    let (clients, runtime) = (clients.to_vec(), Handle::current());
    // Answers are handed over as they come: a call that is done holds no memory until the end.
    let (answers, mut answered) = mpsc::unbounded_channel();
    // A thread of its own: the runtime's timer is a whole millisecond late, which would be charged to the service.
    let sending = spawn_blocking(move || {
        let waiting = Arc::new(Semaphore::new(arrivals.most_waiting));
        let mut flow = Flow::default();
        let schedule = schedule(arrivals.rate, &arrivals.until);
        for (scheduled, client) in schedule.zip(clients.iter().cycle()) {
            thread::sleep(scheduled.saturating_sub(watch.elapsed()));
            let Ok(place) = Arc::clone(&waiting).try_acquire_owned() else {
                flow.held_back += 1;
                continue;
            };
            flow.sent += 1;
            let (call, answers) = (call(client.clone()), answers.clone());
            runtime.spawn(async move {
                if let Some(answer) = call.await {
                    // Nobody listens any more only where the run was broken off.
                    let _ = answers.send((watch.elapsed() - scheduled, answer));
                }
                drop(place);
            });
        }
        flow.sending = watch.elapsed();
        flow
    });
    while let Some((latency, answer)) = answered.recv().await {
        record(latency, &answer);
    }
    let mut flow = sending.await?;
    flow.elapsed = watch.elapsed();
    Ok(flow)
}

/// When each call arrives, from the start.
fn schedule(rate: u32, until: &Until) -> impl Iterator<Item = Duration> {
    let arrivals =
        (0..u32::MAX).map(move |number| Duration::from_secs(number.into()) / rate.max(1));
    arrivals.take_while(|arrival| !until.is_over(*arrival))
}

#[cfg(test)]
mod tests {
    use tonic::service::interceptor::InterceptedService;

    use super::*;

    #[test]
    fn arrivals_are_spread_evenly_over_the_whole_time() {
        let arrivals: Vec<_> = schedule(4, &Until::Passed(Duration::from_secs(2))).collect();
        assert_eq!(arrivals.len(), 8);
        assert_eq!(arrivals[7], Duration::from_millis(1_750));
    }

    #[test]
    fn arrivals_go_on_until_somebody_ends_them() {
        let until = Until::when_told();
        let mut arrivals = schedule(1, &until);
        assert_eq!(arrivals.nth(1_000), Some(Duration::from_secs(1_000)));
        until.tell();
        assert_eq!(arrivals.next(), None);
    }

    #[tokio::test]
    async fn what_arrives_while_too_many_wait_is_held_back_and_not_sent() {
        let arrivals = Arrivals {
            rate: 1_000,
            until: Until::Passed(Duration::from_millis(20)),
            most_waiting: 3,
        };
        // Never called: it only stands for a connection.
        let channel = tonic::transport::Channel::from_static("http://[::1]:1").connect_lazy();
        let metadata = redress::client::CallMetadata::from(redress::client::Token::none());
        let client = Client::new(InterceptedService::new(channel, metadata));
        // Nothing is answered before all have arrived: then the sender of calls is dropped, and this with it.
        let sending = tokio::sync::watch::Sender::new(());
        let call = move |_| {
            let mut sent = sending.subscribe();
            async move { sent.changed().await.is_err().then_some(Ok(())) }
        };
        let mut answers = 0;
        let clients = std::slice::from_ref(&client);
        let flow = flow(arrivals, clients, call, |_, _| answers += 1).await;
        let flow = flow.unwrap();
        assert_eq!((flow.sent, flow.held_back, answers), (3, 17, 3));
    }
}
