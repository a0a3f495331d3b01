//! Sends due deliveries and records the outcomes. Claims, requests and results share one loop, so that one statement claims for
//! all receivers and one transaction records many results.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    attempt::{self, Outcome},
    cloud_event::{Untold, event_id},
    fates::{Consequence, Judged, judge},
    payload::Message,
    receiver::Receiver,
    schedule,
    shared::Shared,
};
use crate::{
    retry::Pauses,
    standard_webhooks::Secret,
    store::{
        ClaimedDelivery, DeliveryFate, DeliveryRoom, FinishedDelivery, StoreError, StoredEvent,
        Subscription, SubscriptionAt, SubscriptionState, TurnedOver,
    },
};

/// The most deliveries that this replica holds. Each subscription has an equal share, so that receivers that do not respond
/// cannot starve the others.
const MOST_CLAIMED: usize = 512;
/// The smallest share, when there are many subscriptions.
const SMALLEST_SHARE: usize = 4;
/// How many results are recorded at a time.
const RESULTS: usize = 256;
/// How long recording a result may take.
const RECORDING: SignedDuration = SignedDuration::from_secs(10);
/// When to retry a delivery whose event could not be converted.
const UNTOLD: SignedDuration = SignedDuration::from_secs(5);

/// A finished attempt.
struct Attempted {
    claimed: ClaimedDelivery,
    subscription: Arc<Subscription>,
    ended: Ended,
}

enum Ended {
    Sent(Outcome),
    /// Nothing was sent, through no fault of the receiver.
    Unsent(Option<Untold>),
}

/// The claimed deliveries, and the state of each receiver.
struct Sender {
    shared: Arc<Shared>,
    receivers: HashMap<Uuid, Receiver>,
    claimed: usize,
    results: mpsc::UnboundedSender<Attempted>,
    shutdown: CancellationToken,
}

/// Sends until shutdown, then waits for requests in flight.
pub(super) async fn send(shared: Arc<Shared>, shutdown: CancellationToken) {
    // Bounded by the number of claims.
    let (results, mut ended) = mpsc::unbounded_channel();
    let look_every = shared.settings.look_every;
    let mut sender = Sender {
        receivers: HashMap::new(),
        claimed: 0,
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
        let more = sender.round(std::mem::take(&mut over)).await;
        if shutdown.is_cancelled() && sender.claimed == 0 {
            return;
        }
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
    /// Records outcomes, claims as much as there is room for, and starts sending it. Returns whether there may be more.
    async fn round(&mut self, over: Vec<Attempted>) -> bool {
        let (now, known) = (self.shared.time.now(), self.shared.known());
        let results = self.judge(over, now);
        let stops = results.consequences.iter().any(|(_, what)| what.stops());
        let may_claim = !self.shutdown.is_cancelled() && self.shared.time.check().is_ok();
        let wanted = if may_claim && !stops {
            self.wanted(&known, now)
        } else {
            // The next round claims, since it knows which subscriptions are stopped.
            Wanted::default()
        };
        if results.is_empty() && wanted.is_empty() {
            return false;
        }
        let shared = Arc::clone(&self.shared);
        let lease = now.checked_add(shared.lease()).unwrap_or(Timestamp::MAX);
        let rooms = wanted.rooms.clone();
        let done = spawn_blocking(move || {
            let claimed = results.record(&shared, &wanted.rooms, (now, lease))?;
            take(&shared, claimed, &wanted.probed, (now, lease))
        });
        let taken = match done.await {
            Ok(Ok(taken)) => taken,
            Ok(Err(error)) => {
                tracing::warn!(%error, "failed to record the results of deliveries or to claim others; what was sent and not recorded is sent again when its lease has ended");
                return false;
            }
            Err(_) => return false,
        };
        let mut counted: BTreeMap<Uuid, i64> = BTreeMap::new();
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
        let is_full =
            |room: &DeliveryRoom| counted.get(&room.subscription) == Some(&room.deliveries);
        (may_claim && stops) || rooms.iter().any(is_full)
    }

    /// Which subscriptions have room, and which are to be probed.
    fn wanted(&mut self, known: &[Subscription], now: Timestamp) -> Wanted {
        self.receivers.retain(|id, receiver| {
            receiver.is_busy() || known.iter().any(|subscription| subscription.id == *id)
        });
        let active = known
            .iter()
            .filter(|it| it.state == SubscriptionState::Active);
        let share = (MOST_CLAIMED / active.clone().count().max(1)).max(SMALLEST_SHARE);
        let at_once = self.shared.settings.at_once;
        let mut wanted = Wanted::default();
        for subscription in active {
            let receiver = self.receivers.entry(subscription.id);
            let receiver = receiver.or_insert_with(|| Receiver::new(subscription.version, at_once));
            receiver.renew(subscription.version);
            match subscription.open_until {
                Some(until) if until <= now && !receiver.is_busy() => {
                    wanted.probed.push(subscription.clone());
                }
                Some(_) => {}
                None => {
                    let room = receiver.room(share, now);
                    if room > 0 {
                        wanted.rooms.push(DeliveryRoom {
                            subscription: subscription.id,
                            deliveries: i64::try_from(room).unwrap_or(i64::MAX),
                        });
                    }
                }
            }
        }
        wanted
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
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            // Dropped however this task ends, so the loop always gets a result.
            let mut report = Report {
                results,
                attempted: Some(Attempted {
                    claimed,
                    subscription: Arc::clone(&subscription),
                    ended: Ended::Unsent(None),
                }),
            };
            let turn = async {
                match slots {
                    // The semaphore is never closed.
                    Some(slots) => slots.acquire_owned().await.ok(),
                    None => None,
                }
            };
            // A request that has started is not cancelled.
            let Some(_turn) = shutdown.run_until_cancelled(turn).await else {
                return;
            };
            let Some(attempted) = &mut report.attempted else {
                return;
            };
            let span = span_of(&attempted.claimed);
            let ended = attempt(&shared, &subscription, event, lease);
            let ended = ended.instrument(span.clone()).await;
            if let Ended::Sent(outcome) = &ended {
                span.record("outcome", outcome.word());
            }
            attempted.ended = ended;
        });
    }

    /// Decides what happens to the attempted deliveries and to their subscriptions.
    fn judge(&mut self, over: Vec<Attempted>, now: Timestamp) -> Results {
        let mut results = Results::default();
        let shared = Arc::clone(&self.shared);
        let pauses = Pauses::new(&shared.settings.retry_pauses, shared.settings.seed);
        for attempted in over {
            self.claimed = self.claimed.saturating_sub(1);
            let id = attempted.subscription.id;
            if let Some(receiver) = self.receivers.get_mut(&id) {
                receiver.release();
            }
            match attempted.ended {
                Ended::Sent(outcome) => {
                    self.shared.metrics.delivery_attempted(outcome.word());
                    let receiver = self.receivers.get_mut(&id);
                    let Judged {
                        result,
                        consequences,
                    } = judge(
                        attempted.claimed,
                        &attempted.subscription,
                        outcome,
                        receiver,
                        (now, pauses),
                    );
                    results.finished.push(result);
                    let tried = SubscriptionAt {
                        id,
                        version: attempted.subscription.version,
                    };
                    let consequences = consequences.into_iter().map(|what| (tried, what));
                    results.consequences.extend(consequences);
                }
                Ended::Unsent(None) => results.unsent.push(attempted.claimed),
                Ended::Unsent(Some(why)) => {
                    tracing::warn!(subscription = %id, %why, "a delivery was postponed");
                    let due = now.checked_add(UNTOLD).unwrap_or(Timestamp::MAX);
                    results.finished.push(FinishedDelivery {
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
        results.consequences.dedup();
        results
    }
}

/// The tracing span of an attempt.
fn span_of(claimed: &ClaimedDelivery) -> tracing::Span {
    let line = &claimed.line;
    tracing::info_span!(
        "webhook.deliver",
        subscription = %line.subscription,
        complaint = %line.complaint,
        event = event_id(line.complaint, claimed.sequence),
        attempt = claimed.attempt,
        outcome = tracing::field::Empty,
    )
}

/// What to claim in a round.
#[derive(Debug, Default)]
struct Wanted {
    rooms: Vec<DeliveryRoom>,
    probed: Vec<Subscription>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.probed.is_empty()
    }
}

/// The outcomes of attempts.
#[derive(Debug, Default)]
struct Results {
    finished: Vec<FinishedDelivery>,
    /// Claimed but not sent.
    unsent: Vec<ClaimedDelivery>,
    /// What follows for each subscription.
    consequences: Vec<(SubscriptionAt, Consequence)>,
}

impl Results {
    fn is_empty(&self) -> bool {
        self.finished.is_empty() && self.unsent.is_empty() && self.consequences.is_empty()
    }

    /// Records outcomes and claims as much as there is room for. Blocks.
    fn record(
        self,
        shared: &Shared,
        rooms: &[DeliveryRoom],
        (now, lease): (Timestamp, Timestamp),
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        let store = &shared.store;
        if !self.unsent.is_empty() {
            store.give_back_deliveries(&self.unsent)?;
        }
        let TurnedOver { claimed, .. } =
            store.turn_over_deliveries(&self.finished, rooms, now, lease)?;
        if !self.consequences.is_empty()
            && let Err(error) = follow(self.consequences, shared, now)
        {
            // The claimed deliveries are sent all the same; the next attempt has the same consequences.
            tracing::warn!(%error, "failed to note how the endpoint of a subscription does");
        }
        Ok(claimed)
    }
}

/// Applies the consequences for subscriptions, effective at once. Blocks.
fn follow(
    consequences: Vec<(SubscriptionAt, Consequence)>,
    shared: &Shared,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (tried, what) in consequences {
        what.carry_out(tried, shared, now)?;
    }
    shared.learn()?;
    Ok(())
}

/// Reports the result of an attempt when dropped.
struct Report {
    results: mpsc::UnboundedSender<Attempted>,
    attempted: Option<Attempted>,
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(attempted) = self.attempted.take() {
            // The receiver is gone only after the loop has ended.
            let _ = self.results.send(attempted);
        }
    }
}

type Taken = Vec<(ClaimedDelivery, Option<StoredEvent>)>;

/// Claims, including probes, and reads the events of what was claimed. Blocks.
fn take(
    shared: &Shared,
    mut claimed: Vec<ClaimedDelivery>,
    probed: &[Subscription],
    (now, lease): (Timestamp, Timestamp),
) -> Result<Taken, StoreError> {
    let store = &shared.store;
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

impl Shared {
    /// How much of a lease must be left to start an attempt: the longest request, plus recording its result.
    fn attempt_and_record(&self) -> SignedDuration {
        let longest = self.settings.patience.try_into();
        let longest = longest.unwrap_or(SignedDuration::MAX);
        longest.saturating_add(RECORDING)
    }

    /// How long a claim lasts: as long again may be spent waiting for earlier requests to finish.
    fn lease(&self) -> SignedDuration {
        let both = self.attempt_and_record();
        both.saturating_add(both)
    }
}

/// Sends one event to one subscription.
async fn attempt(
    shared: &Shared,
    subscription: &Subscription,
    event: Option<StoredEvent>,
    lease: Timestamp,
) -> Ended {
    let now = shared.time.now();
    if lease.duration_since(now) < shared.attempt_and_record() {
        return Ended::Unsent(None);
    }
    // The subscription may have been changed, paused or deleted while this delivery waited for its turn.
    let is_current = |it: &Subscription| {
        it.id == subscription.id
            && it.version == subscription.version
            && it.state == SubscriptionState::Active
    };
    if !shared.known().iter().any(is_current) {
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

/// The secrets that a subscription's deliveries are signed with now.
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
