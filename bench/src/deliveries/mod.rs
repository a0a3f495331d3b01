//! How fast events reach the systems that subscribed to them, and notices the relay: in a burst, steadily, beside a receiver that
//! is down, and while a backlog drains.

mod commits;
mod receiver;
mod relay;
mod stage;

use std::{collections::HashMap, time::Duration};

use indicatif::ProgressBar;
use jiff::Timestamp;
use redress::{
    client::Client,
    proto::v1::{self, EventKind},
    time_source::{Stopwatch, SystemTime, TimeSource as _},
};
use tokio::{sync::Semaphore, task::JoinSet};
use tonic::Status;
use uuid::Uuid;

use self::{
    commits::{Key, Mark, lags},
    receiver::Receiver,
    relay::Relay,
    stage::{Sender, Stage, Subscriptions},
};
use crate::{
    error::BenchError,
    load::{ACTOR, Arrivals, Tally, Until, filing, flow},
    plan::{DeliveriesPlan, Options},
};

/// How long the receivers take to answer.
pub(crate) const ANSWER: Duration = Duration::from_millis(5);
/// How many receivers there are that answer, beside the one that dies.
pub(crate) const WELL: usize = 4;
/// How many notes each complaint of a backlog has: so many events follow the one of its filing.
const NOTES: usize = 3;
/// How many callers file what is to be sent later.
const CALLERS: usize = 32;
/// The kind of event that is sent where one is to be sent for each filing.
const FILED: &str = "filed";
/// How long mails may take after everything else.
const MAIL_PATIENCE: Duration = Duration::from_secs(60);

/// What one round came to.
#[derive(Debug)]
pub(crate) struct Round {
    /// Deliveries a second of a burst to one receiver.
    pub(crate) burst: f64,
    /// How many events it had, and of how many complaints.
    pub(crate) burst_of: (usize, usize),
    /// From the commit of an event to its arrival.
    pub(crate) events: Tally,
    /// From the commit of a notice until the relay has the mail.
    pub(crate) notices: Tally,
    /// Of events, while another receiver never answers.
    pub(crate) beside_dead: Tally,
    /// Filings on schedule, with nothing to send.
    pub(crate) alone: Tally,
    /// The same while a backlog drains.
    pub(crate) beside_backlog: Tally,
    /// Events of the backlog, and in what time all of them arrived.
    pub(crate) backlog: (usize, Duration),
    /// What was lost, repeated or out of order: nothing.
    pub(crate) faults: Vec<String>,
}

/// What all rounds came to, in their order.
#[derive(Debug)]
pub(crate) struct Deliveries {
    /// Of Postgres, such as `17.5`.
    pub(crate) server: String,
    /// Events and notices a second where they come steadily.
    pub(crate) rate: u32,
    /// Filings a second beside the backlog.
    pub(crate) filings: u32,
    pub(crate) rounds: Vec<Round>,
}

/// Measures everything that is planned.
pub(crate) async fn run(
    options: &Options,
    plan: &DeliveriesPlan,
    bar: &ProgressBar,
) -> Result<Deliveries, BenchError> {
    bar.set_message("deliveries: starting Postgres and the services");
    let (relay, receiver, dead) = (
        Relay::start().await?,
        Receiver::start(ANSWER).await?,
        Receiver::start(ANSWER).await?,
    );
    let mut well = Vec::new();
    for _ in 0..WELL {
        well.push(Receiver::start(ANSWER).await?);
    }
    let all = well.iter().chain([&receiver, &dead]);
    let ports: Vec<u16> = all.map(|it| it.address.port()).collect();
    let stage = Stage::set(&options.folder, relay.url(), &ports).await?;
    let parts = Parts {
        plan,
        bar,
        stage: &stage,
        relay: &relay,
        well: &well,
        dead: &dead,
        receiver: &receiver,
    };
    let mut rounds = Vec::new();
    let mut telling = stage.telling.subscriptions().await?;
    for receiver in &well {
        telling.create(receiver, &[EventKind::Filed]).await?;
    }
    for _ in 0..plan.rounds {
        rounds.push(parts.round(&mut telling).await?);
    }
    drop(telling);
    let server = stage.server_version().to_owned();
    stage.strike().await?;
    Ok(Deliveries {
        server,
        rate: plan.rate,
        filings: plan.filings,
        rounds,
    })
}

/// What is measured with.
struct Parts<'p> {
    plan: &'p DeliveriesPlan,
    bar: &'p ProgressBar,
    stage: &'p Stage,
    relay: &'p Relay,
    well: &'p [Receiver],
    dead: &'p Receiver,
    receiver: &'p Receiver,
}

/// A backlog that has drained.
struct Drained {
    events: usize,
    complaints: usize,
    /// From its start to the last arrival.
    took: Duration,
    /// The filings that were made meanwhile.
    beside: Option<Tally>,
    faults: Vec<String>,
}

impl Parts<'_> {
    async fn round(&self, telling: &mut Subscriptions) -> Result<Round, BenchError> {
        let Parts {
            plan, bar, stage, ..
        } = self;
        let mut faults = Vec::new();
        bar.set_message("deliveries: a burst to one receiver");
        let burst = self.drain(plan.burst, None).await?;
        faults.extend(burst.faults);
        bar.inc(1);
        bar.set_message("deliveries: events and notices one after the other");
        stage.settle().await?;
        let (events, notices) = self.tell(&mut faults).await?;
        bar.inc(1);
        bar.set_message("deliveries: events beside a receiver that never answers");
        let dead = telling.create(self.dead, &[EventKind::Filed]).await?;
        self.dead.die();
        let (beside_dead, _) = self.tell(&mut faults).await?;
        telling.delete(&dead).await?;
        self.dead.revive();
        bar.inc(1);
        bar.set_message("deliveries: a backlog, and filings meanwhile");
        stage.settle().await?;
        let clients = stage.draining.clients(CALLERS).await?;
        let until = Until::Passed(plan.duration);
        let alone = file_steadily(&clients, plan.filings, until, filing).await?;
        let backlog = self.drain(plan.backlog, Some(plan.filings)).await?;
        faults.extend(backlog.faults);
        bar.inc(1);
        Ok(Round {
            burst: rate(burst.events, burst.took),
            burst_of: (burst.events, burst.complaints),
            events,
            notices,
            beside_dead,
            alone,
            beside_backlog: backlog.beside.unwrap_or_else(Tally::new),
            backlog: (backlog.events, backlog.took),
            faults,
        })
    }

    /// Files what makes so many events while nothing is sent, and has them sent; with so many filings a second meanwhile.
    async fn drain(&self, wanted: usize, filings: Option<u32>) -> Result<Drained, BenchError> {
        let Sender { url, .. } = &self.stage.draining;
        let mut subscriptions = self.stage.draining.subscriptions().await?;
        let clients = self.stage.draining.clients(CALLERS).await?;
        let before = self.receiver.arrived();
        let mark = Mark::now(url.clone()).await?;
        let name = subscriptions.create(self.receiver, &[]).await?;
        subscriptions.pause(&name).await?;
        let complaints = wanted.div_ceil(1 + NOTES);
        file_with_notes(&clients, complaints).await?;
        let backlog = mark.events(url.clone(), "").await?;
        self.stage.settle().await?;
        let began = SystemTime.now();
        subscriptions.resume(&name).await?;
        let until = Until::when_told();
        let meanwhile = async {
            let Some(rate) = filings else {
                return Ok(None);
            };
            let tally = file_steadily(&clients, rate, until.clone(), filing).await?;
            Ok(Some(tally))
        };
        let draining = async {
            let drained = self.receiver.until(before + backlog.len()).await;
            until.tell();
            drained
        };
        let (beside, ()) = tokio::try_join!(meanwhile, draining)?;
        let all = mark.events(url.clone(), "").await?;
        self.receiver.until(before + all.len()).await?;
        subscriptions.delete(&name).await?;
        let mut faults = Vec::new();
        received(self.receiver, &all, &mut faults);
        let log = self.receiver.log();
        let last = backlog.keys().filter_map(|key| log.arrivals.get(key)).max();
        let took = last.map(|last| last.duration_since(began));
        Ok(Drained {
            events: backlog.len(),
            complaints,
            took: took
                .and_then(|took| took.try_into().ok())
                .unwrap_or_default(),
            beside,
            faults,
        })
    }

    /// Files with an acknowledgement, and tells how long events took to the receivers, and notices to the relay.
    async fn tell(&self, faults: &mut Vec<String>) -> Result<(Tally, Tally), BenchError> {
        let DeliveriesPlan { rate, duration, .. } = *self.plan;
        let Sender { url, .. } = &self.stage.telling;
        let clients = self.stage.telling.clients(CALLERS).await?;
        let before: Vec<usize> = self.well.iter().map(Receiver::arrived).collect();
        let mark = Mark::now(url.clone()).await?;
        let until = Until::Passed(duration);
        let filed = file_steadily(&clients, rate, until, acknowledged).await?;
        if !filed.failures().is_empty() {
            return Err(BenchError::NotFiled(filed.failures()));
        }
        let committed = mark.events(url.clone(), FILED).await?;
        let mut events = Tally::new();
        for (receiver, before) in self.well.iter().zip(before) {
            receiver.until(before + committed.len()).await?;
            events.append(&received(receiver, &committed, faults));
        }
        let notices = mark.notices(url.clone()).await?;
        let watch = Stopwatch::start();
        loop {
            let (lags, missing) = lags(&notices, &self.relay.arrivals());
            if missing == 0 || watch.elapsed() > MAIL_PATIENCE {
                if missing > 0 || notices.len() < committed.len() {
                    let (filed, issued) = (committed.len(), notices.len());
                    faults.push(format!(
                        "deliveries: of {filed} filings {issued} notices were issued, and {missing} have not reached the relay"
                    ));
                }
                return Ok((events, lags));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// How long these events took to a receiver; each must have arrived, once and in order.
fn received(
    receiver: &Receiver,
    committed: &HashMap<Key, Timestamp>,
    faults: &mut Vec<String>,
) -> Tally {
    let log = receiver.log();
    let (lags, missing) = lags(committed, &log.arrivals);
    let (repeated, disordered) = (log.repeated, log.disordered.len());
    if missing + repeated + disordered > 0 {
        faults.push(format!(
            "deliveries: {missing} events are missing, {repeated} came again, those of {disordered} complaints came out of order"
        ));
    }
    lags
}

/// Files so many complaints, and adds notes to each.
async fn file_with_notes(clients: &[Client], complaints: usize) -> Result<(), BenchError> {
    let mut callers = JoinSet::new();
    for (caller, client) in (0..CALLERS).zip(clients.iter().cycle()) {
        let mut client = client.clone();
        callers.spawn(async move {
            for _ in (caller..complaints).step_by(CALLERS) {
                let filed = client.file_complaint(filing()).await?.into_inner();
                for _ in 0..NOTES {
                    client.add_note(note(&filed.name)).await?;
                }
            }
            Ok::<_, Status>(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(())
}

fn note(complaint: &str) -> v1::AddNoteRequest {
    v1::AddNoteRequest {
        name: complaint.to_owned(),
        request_id: Uuid::new_v4().to_string(),
        actor: ACTOR.to_owned(),
        note: "The customer called again, and was told when the technician comes.".to_owned(),
        ..Default::default()
    }
}

/// Has filings arrive on schedule.
async fn file_steadily(
    clients: &[Client],
    rate: u32,
    until: Until,
    request: fn() -> v1::FileComplaintRequest,
) -> Result<Tally, BenchError> {
    let arrivals = Arrivals {
        rate,
        until,
        most_waiting: Semaphore::MAX_PERMITS,
    };
    let call = move |mut client: Client| async move {
        let filed = client.file_complaint(request()).await;
        Some(filed.map(drop))
    };
    let mut tally = Tally::new();
    let record = |latency, answer: &_| tally.record(latency, answer);
    let flow = flow(arrivals, clients, call, record).await?;
    tally.elapsed = flow.elapsed;
    Ok(tally)
}

/// A filing that is acknowledged, so that there is a mail for it.
fn acknowledged() -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        acknowledgement: Some(v1::Acknowledgement::default()),
        ..filing()
    }
}

fn rate(events: usize, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE)
}

impl Deliveries {
    /// What is wrong with the figures; empty: nothing.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for round in &self.rounds {
            faults.extend(round.faults.clone());
            for (what, tally) in [
                ("with nothing to send", &round.alone),
                ("while a backlog drains", &round.beside_backlog),
            ] {
                let failures = tally.failures();
                if tally.calls() == 0 || !failures.is_empty() {
                    faults.push(format!(
                        "deliveries, filings {what}: not all succeeded: {failures:?}"
                    ));
                }
            }
        }
        faults
    }
}
