//! Sends what is due, and records what came of it: claims, requests and results go round in one loop, so that one statement
//! claims for all receivers, and one transaction records the results of many requests.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    attempt::{self, Outcome},
    cloud_event::Untold,
    fates::{Judged, judge},
    payload::Message,
    receiver::Receiver,
    schedule,
    shared::Shared,
};
use crate::{
    standard_webhooks::Secret,
    store::{
        ClaimedDelivery, DeliveryFate, DeliveryRoom, FinishedDelivery, StoreError, StoredEvent,
        Subscription, SubscriptionState,
    },
};

/// How many requests are under way at this replica.
const AT_ONCE: usize = 64;
/// How many deliveries are claimed at a time, and held by this replica at the most.
const MOST_CLAIMED: usize = 512;
/// How many results are recorded at a time.
const RESULTS: usize = 256;
/// How long a claim lasts.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How much of it must be left for an attempt to begin: the longest request, and the recording.
const LEFT: SignedDuration = SignedDuration::from_secs(30);
/// When something is tried again that could not be told.
const UNTOLD: SignedDuration = SignedDuration::from_secs(5);

/// An attempt that is over.
struct Attempted {
    claimed: ClaimedDelivery,
    subscription: Arc<Subscription>,
    ended: Ended,
}

enum Ended {
    Sent(Outcome),
    /// Nothing was sent, for no fault of the receiver.
    Unsent(Option<Untold>),
}

/// What is claimed, and what is known of each receiver.
struct Sender {
    shared: Arc<Shared>,
    receivers: HashMap<Uuid, Receiver>,
    requests: Arc<Semaphore>,
    claimed: usize,
    draws: StdRng,
    /// Behind which subscription the next round of claims begins.
    turn: Uuid,
    results: mpsc::UnboundedSender<Attempted>,
    shutdown: CancellationToken,
}

/// Sends until shutdown, and then waits for the requests that are under way.
pub(super) async fn send(shared: Arc<Shared>, shutdown: CancellationToken) {
    // At most as many as are claimed.
    let (results, mut ended) = mpsc::unbounded_channel();
    let look_every = shared.settings.look_every;
    let mut sender = Sender {
        receivers: HashMap::new(),
        requests: Arc::new(Semaphore::new(AT_ONCE)),
        claimed: 0,
        draws: StdRng::seed_from_u64(shared.settings.seed),
        turn: Uuid::nil(),
        results,
        shutdown: shutdown.clone(),
        shared,
    };
    let mut over = Vec::new();
    loop {
        while over.len() < RESULTS
            && let Ok(attempted) = ended.try_recv()
        {
            over.push(attempted);
        }
        sender.record(std::mem::take(&mut over)).await;
        let more = if shutdown.is_cancelled() {
            if sender.claimed == 0 {
                return;
            }
            false
        } else {
            sender.claim().await
        };
        if more {
            continue;
        }
        let shared = Arc::clone(&sender.shared);
        tokio::select! {
            Some(attempted) = ended.recv() => over.push(attempted),
            () = shared.due.notified() => {}
            () = tokio::time::sleep(look_every) => {}
            () = shutdown.cancelled(), if !shutdown.is_cancelled() => {}
        }
    }
}

impl Sender {
    /// Claims what there is room for, and begins to send it. Returns whether there may be more.
    async fn claim(&mut self) -> bool {
        let known = self.shared.known();
        let now = self.shared.time.now();
        if self.shared.time.check().is_err() {
            return false;
        }
        self.receivers.retain(|id, receiver| {
            receiver.is_busy() || known.iter().any(|subscription| subscription.id == *id)
        });
        let active = known
            .iter()
            .filter(|it| it.state == SubscriptionState::Active);
        let active: Vec<&Subscription> = active.collect();
        let (mut rooms, mut probed) = (Vec::new(), Vec::new());
        let mut left = MOST_CLAIMED.saturating_sub(self.claimed);
        let behind = active.partition_point(|subscription| subscription.id <= self.turn);
        let (before, after) = active.split_at(behind);
        for subscription in after.iter().chain(before) {
            let receiver = self.receivers.entry(subscription.id);
            let receiver = receiver.or_insert_with(|| Receiver::new(subscription.version));
            receiver.renew(subscription.version);
            match subscription.open_until {
                Some(until) if until <= now && !receiver.is_busy() => probed.push(*subscription),
                Some(_) => {}
                None => {
                    let room = receiver.room(now).min(left);
                    if room > 0 {
                        left -= room;
                        self.turn = subscription.id;
                        rooms.push(DeliveryRoom {
                            subscription: subscription.id,
                            deliveries: i64::try_from(room).unwrap_or(i64::MAX),
                        });
                    }
                }
            }
        }
        if rooms.is_empty() && probed.is_empty() {
            return false;
        }
        let probed: Vec<Subscription> = probed.into_iter().cloned().collect();
        let (shared, asked) = (Arc::clone(&self.shared), rooms.clone());
        let found = tokio::task::spawn_blocking(move || take(&shared, &asked, &probed, now)).await;
        let taken = match found {
            Ok(Ok(taken)) => taken,
            Ok(Err(error)) => {
                tracing::warn!(%error, "failed to claim deliveries; will retry");
                return false;
            }
            Err(_) => return false,
        };
        let mut counted: BTreeMap<Uuid, i64> = BTreeMap::new();
        let lease = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        let subscriptions: HashMap<Uuid, Arc<Subscription>> = known
            .iter()
            .map(|subscription| (subscription.id, Arc::new(subscription.clone())))
            .collect();
        for (claimed, event) in taken {
            let id = claimed.line.subscription;
            *counted.entry(id).or_default() += 1;
            if let (Some(subscription), Some(receiver)) =
                (subscriptions.get(&id), self.receivers.get_mut(&id))
            {
                receiver.claim(1);
                self.claimed += 1;
                self.begin(Arc::clone(subscription), claimed, event, lease);
            }
        }
        rooms
            .iter()
            .any(|room| counted.get(&room.subscription) == Some(&room.deliveries))
    }

    fn begin(
        &self,
        subscription: Arc<Subscription>,
        claimed: ClaimedDelivery,
        event: Option<StoredEvent>,
        lease: Timestamp,
    ) {
        let (shared, results) = (Arc::clone(&self.shared), self.results.clone());
        let slots = self.receivers.get(&subscription.id);
        let slots = slots.map(|receiver| Arc::clone(&receiver.slots));
        let (requests, shutdown) = (Arc::clone(&self.requests), self.shutdown.clone());
        tokio::spawn(async move {
            // Whatever becomes of this task, the loop hears of it.
            let mut report = Report {
                results,
                attempted: Some(Attempted {
                    claimed,
                    subscription: Arc::clone(&subscription),
                    ended: Ended::Unsent(None),
                }),
            };
            let turn = async {
                // Neither is ever closed.
                let own = match slots {
                    Some(slots) => slots.acquire_owned().await.ok(),
                    None => None,
                };
                (own, requests.acquire_owned().await.ok())
            };
            // A request that has begun is waited for.
            let Some(_turn) = shutdown.run_until_cancelled(turn).await else {
                return;
            };
            let ended = attempt(&shared, &subscription, event, lease).await;
            if let Some(attempted) = &mut report.attempted {
                attempted.ended = ended;
            }
        });
    }

    /// Records what came of attempts, and what follows from it for their subscriptions.
    async fn record(&mut self, over: Vec<Attempted>) {
        if over.is_empty() {
            return;
        }
        let now = self.shared.time.now();
        let (mut finished, mut unsent, mut judgements) = (Vec::new(), Vec::new(), Vec::new());
        for attempted in over {
            self.claimed = self.claimed.saturating_sub(1);
            let id = attempted.subscription.id;
            if let Some(receiver) = self.receivers.get_mut(&id) {
                receiver.release();
            }
            match attempted.ended {
                Ended::Sent(outcome) => {
                    self.shared.metrics.delivery_attempted(outcome.word());
                    let draw = self.draws.random::<f64>();
                    let receiver = self.receivers.get_mut(&id);
                    let Judged {
                        result,
                        consequences,
                    } = judge(
                        attempted.claimed,
                        &attempted.subscription,
                        outcome,
                        receiver,
                        (now, draw),
                    );
                    finished.push(result);
                    judgements.extend(consequences.into_iter().map(|what| (id, what)));
                }
                Ended::Unsent(None) => unsent.push(attempted.claimed),
                Ended::Unsent(Some(why)) => {
                    tracing::warn!(subscription = %id, %why, "a delivery is put off");
                    let due = now.checked_add(UNTOLD).unwrap_or(Timestamp::MAX);
                    finished.push(FinishedDelivery {
                        fate: DeliveryFate::Again {
                            due,
                            failures: attempted.claimed.failures,
                        },
                        attempts: attempted.claimed.attempts.clone(),
                        answer: None,
                        claimed: attempted.claimed,
                    });
                }
            }
        }
        judgements.dedup();
        let shared = Arc::clone(&self.shared);
        let recorded = tokio::task::spawn_blocking(move || -> Result<(), StoreError> {
            if !unsent.is_empty() {
                shared.store.give_back_deliveries(&unsent)?;
            }
            if !finished.is_empty() {
                shared.store.finish_deliveries(&finished, now)?;
            }
            let changes = !judgements.is_empty();
            for (id, what) in judgements {
                what.carry_out(id, &shared, now)?;
            }
            if changes {
                // What was decided holds for the next round of claims.
                shared.learn()?;
            }
            Ok(())
        });
        if let Ok(Err(error)) = recorded.await {
            tracing::warn!(%error, "failed to record the results of deliveries; they are sent again when their leases have ended");
        }
    }
}

/// Hands over what came of an attempt when it is dropped.
struct Report {
    results: mpsc::UnboundedSender<Attempted>,
    attempted: Option<Attempted>,
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(attempted) = self.attempted.take() {
            // Nobody listens only after the loop has ended.
            let _ = self.results.send(attempted);
        }
    }
}

type Taken = Vec<(ClaimedDelivery, Option<StoredEvent>)>;

/// Claims, and reads the events that were claimed. Blocks.
fn take(
    shared: &Shared,
    rooms: &[DeliveryRoom],
    probed: &[Subscription],
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let store = &shared.store;
    let lease = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
    let mut claimed = if rooms.is_empty() {
        Vec::new()
    } else {
        store.claim_deliveries(rooms, now, lease)?
    };
    for subscription in probed {
        let pause = schedule::probe_after(subscription.probes.saturating_add(1));
        let next = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        if store.may_probe(subscription.id, now, next)? {
            match store.claim_probe(subscription.id, now, lease)? {
                Some(probe) => claimed.push(probe),
                None => store.close_breaker(subscription.id)?,
            }
            shared.learn()?;
        }
    }
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let keys = claimed.iter().map(|it| (it.line.complaint, it.sequence));
    let events = store.events_to_send(&keys.collect::<Vec<_>>())?;
    let with_event = claimed.into_iter().map(|claimed| {
        let event = events.get(&(claimed.line.complaint, claimed.sequence));
        (event.cloned(), claimed)
    });
    Ok(with_event
        .map(|(event, claimed)| (claimed, event))
        .collect())
}

/// Sends one event to one subscription.
async fn attempt(
    shared: &Shared,
    subscription: &Subscription,
    event: Option<StoredEvent>,
    lease: Timestamp,
) -> Ended {
    let now = shared.time.now();
    if lease.duration_since(now) < LEFT {
        return Ended::Unsent(None);
    }
    let Some(event) = event else {
        let why = "the event is not in the log".to_owned();
        return Ended::Sent(Outcome::unsent(now, why));
    };
    let secrets = match secrets_of(shared, subscription, now) {
        Ok(secrets) => secrets,
        Err(why) => return Ended::Unsent(Some(Untold::NoSecret(why))),
    };
    let message = match Message::of_event(&*shared.teller, event, subscription) {
        Ok(message) => message,
        Err(untold) => return Ended::Unsent(Some(untold)),
    };
    let outcome = attempt::send(
        &shared.egress,
        &subscription.definition.endpoint,
        &secrets,
        message,
        now,
        shared.settings.patience,
    );
    Ended::Sent(outcome.await)
}

/// What the deliveries of a subscription are signed with now.
pub(super) fn secrets_of(
    shared: &Shared,
    subscription: &Subscription,
    now: Timestamp,
) -> Result<Vec<Secret>, String> {
    let open = |sealed: &[u8]| {
        let opened = shared.vault.open(subscription.id, sealed);
        opened.map_err(|error| error.to_string())
    };
    let mut secrets = vec![open(&subscription.secret)?];
    if let Some((former, until)) = &subscription.former_secret
        && now < *until
    {
        secrets.push(open(former)?);
    }
    Ok(secrets)
}
