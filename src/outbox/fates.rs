//! What follows from an attempt, for the delivery and for its subscription.

use jiff::{SignedDuration, Timestamp};

use super::{attempt::Outcome, attempts, receiver::Receiver, schedule, shared::Shared};
use crate::{
    retry::Pauses,
    store::{
        AfterGivingUp, ClaimedDelivery, DeliveryFate, FinishedDelivery, StoreError, Subscription,
        SubscriptionAt, SubscriptionChange, SubscriptionChangeKind, SubscriptionState,
    },
};

/// A subscription is disabled after this long without a successful delivery.
const FAILING: SignedDuration = SignedDuration::from_hours(5 * 24);
/// A receiver counts as gone only if it says so twice, at least this far apart: a single such response may come from a proxy in
/// front of a receiver that is down.
const GONE: SignedDuration = SignedDuration::from_mins(1);
/// The actor recorded for what the service does by itself.
const SERVICE: &str = "redress";

/// What follows for a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consequence {
    /// It works again.
    Well,
    /// It has begun to fail.
    Failing,
    /// It said for the first time that it is gone.
    Gone,
    /// Too many consecutive failures: only probes are sent.
    Open,
    /// It rejected a probe, so it works: the circuit breaker closes.
    Working,
    /// It is disabled, on these grounds.
    Disabled(Grounds),
}

/// Why a subscription is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grounds {
    NothingArrives,
    Gone,
}

impl Grounds {
    /// Whether they hold for a subscription.
    fn hold(self, subscription: &Subscription, now: Timestamp) -> bool {
        let (since, lasted) = match self {
            Grounds::NothingArrives => (subscription.failing_since, FAILING),
            Grounds::Gone => (subscription.gone_at, GONE),
        };
        since.is_some_and(|since| now.duration_since(since) >= lasted)
    }

    fn describe(self) -> &'static str {
        match self {
            Grounds::NothingArrives => "nothing has arrived for five days",
            Grounds::Gone => "its endpoint answers that it is gone (410)",
        }
    }
}

pub(super) struct Judged {
    pub(super) result: FinishedDelivery,
    pub(super) consequences: Vec<Consequence>,
}

/// What follows from a finished attempt. `pauses` are the waits between attempts.
pub(super) fn judge(
    claimed: ClaimedDelivery,
    subscription: &Subscription,
    outcome: Outcome,
    mut receiver: Option<&mut Receiver>,
    (now, pauses): (Timestamp, Pauses<'_>),
) -> Judged {
    let (mut consequences, probing) = (Vec::new(), subscription.open_until.is_some());
    let fate = if outcome.arrived() {
        if let Some(receiver) = &mut receiver {
            receiver.well();
        }
        if subscription.is_failing() {
            consequences.push(Consequence::Well);
        }
        DeliveryFate::Delivered
    } else {
        // Rejecting a message says nothing about the others, so it must not hold them up.
        let too_many = !outcome.rejects
            && receiver.is_some_and(|receiver| {
                receiver.failed(outcome.throttles, outcome.retry_after, now)
            });
        consequences.extend(of_failure(subscription, &outcome, too_many, now));
        match (probing, outcome.rejects) {
            // A delivery used as a probe keeps its retries.
            (true, false) => DeliveryFate::Again {
                due: now,
                failures: claimed.failures,
            },
            (true, true) => {
                consequences.push(Consequence::Working);
                failed(&claimed, subscription, &outcome, (now, pauses))
            }
            (false, _) => failed(&claimed, subscription, &outcome, (now, pauses)),
        }
    };
    Judged {
        result: FinishedDelivery {
            attempts: attempts::with(&claimed.attempts, &outcome.attempt),
            answer: outcome.answer,
            fate,
            claimed,
        },
        consequences,
    }
}

fn failed(
    claimed: &ClaimedDelivery,
    subscription: &Subscription,
    outcome: &Outcome,
    (now, pauses): (Timestamp, Pauses<'_>),
) -> DeliveryFate {
    let failures = claimed.failures.saturating_add(1);
    let of = schedule::identity(claimed);
    let wait = schedule::wait_after(pauses, failures, of, outcome.retry_after);
    match (wait, subscription.definition.after_giving_up) {
        (Some(wait), _) => DeliveryFate::Again {
            due: now.checked_add(wait).unwrap_or(Timestamp::MAX),
            failures,
        },
        (None, AfterGivingUp::Skip) => DeliveryFate::Dead,
        (None, AfterGivingUp::Hold) => DeliveryFate::Held,
    }
}

fn of_failure(
    subscription: &Subscription,
    outcome: &Outcome,
    too_many: bool,
    now: Timestamp,
) -> Vec<Consequence> {
    let mut consequences = Vec::new();
    if subscription.failing_since.is_none() {
        consequences.push(Consequence::Failing);
    } else if Grounds::NothingArrives.hold(subscription, now) {
        consequences.push(Consequence::Disabled(Grounds::NothingArrives));
    }
    if outcome.gone && subscription.gone_at.is_none() {
        consequences.push(Consequence::Gone);
    } else if outcome.gone && Grounds::Gone.hold(subscription, now) {
        consequences.push(Consequence::Disabled(Grounds::Gone));
    }
    if too_many && subscription.open_until.is_none() {
        consequences.push(Consequence::Open);
    }
    consequences
}

impl Consequence {
    /// Whether it changes which subscriptions are sent to.
    pub(super) fn stops(self) -> bool {
        matches!(self, Consequence::Open | Consequence::Disabled(_))
    }

    /// Stores it, unless the subscription was changed since the attempt. Blocks.
    pub(super) fn carry_out(
        self,
        tried: SubscriptionAt,
        shared: &Shared,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let store = &shared.store;
        match self {
            Consequence::Well => store.note_well(tried),
            Consequence::Failing => store.note_failing(tried, now),
            Consequence::Gone => store.note_gone(tried, now),
            Consequence::Working => store.note_working(tried),
            Consequence::Open => {
                let first = now.checked_add(schedule::probe_after(0));
                if store.open_breaker(tried, first.unwrap_or(Timestamp::MAX))? {
                    tracing::warn!(subscription = %tried.id, "all deliveries to a subscription's endpoint fail; sending only probes");
                }
                Ok(())
            }
            Consequence::Disabled(grounds) => disable(tried, grounds, shared, now),
        }
    }
}

/// Disables a subscription if it is as it was tried, and the grounds still hold: meanwhile another replica may have delivered.
fn disable(
    tried: SubscriptionAt,
    grounds: Grounds,
    shared: &Shared,
    now: Timestamp,
) -> Result<(), StoreError> {
    let disabled = shared.store.change_subscription(tried.id, |subscription| {
        let tried_as_it_is = subscription.version == tried.version;
        if subscription.state != SubscriptionState::Active
            || !tried_as_it_is
            || !grounds.hold(subscription, now)
        {
            return Ok::<_, StoreError>((false, None));
        }
        subscription.state = SubscriptionState::Disabled;
        let change = SubscriptionChange {
            kind: SubscriptionChangeKind::Disabled,
            at: now,
            actor: SERVICE.to_owned(),
            detail: grounds.describe().to_owned(),
        };
        Ok((true, Some(change)))
    })?;
    if disabled.is_some_and(|(disabled, _)| disabled) {
        shared.metrics.subscription_disabled();
        tracing::error!(subscription = %tried.id, why = grounds.describe(), "a subscription was disabled; once its endpoint works again, resume it with `redress subscriptions resume`");
    }
    Ok(())
}
