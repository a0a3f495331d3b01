//! The methods about subscriptions.

use prost_types::Timestamp as Wire;
use uuid::Uuid;

use super::{ComplaintApi, convert, convert::time, page, problems};
use crate::{
    access::{Caller, Role},
    intake::{
        Choice as _, DeliveriesList, Problem, Replay, ReplayWhich, SUBSCRIPTIONS,
        SubscriptionFields, SubscriptionUpdate, etag_of, new_subscription,
        page_token::{FilterDigest, token},
        subscription_act,
    },
    outbox::{Attempt, SubscriptionError, attempts_of, event_id},
    proto::v1,
    store::{
        Definition, Delivery, DeliveryFilter, ReplayFilter, Subscription, SubscriptionChange,
        SubscriptionState,
    },
    writing,
};

/// How many deliveries one call looks at to have them sent again.
const REPLAYED: usize = 10_000;

impl ComplaintApi {
    pub(super) async fn create_a_subscription(
        &self,
        caller: &Caller,
        request: v1::CreateSubscriptionRequest,
    ) -> Result<v1::CreateSubscriptionResponse, Problem> {
        let acting = self.acting(caller, "CreateSubscription", &request.actor)?;
        let check = self.check_of(caller);
        let (fields, actor) = new_subscription(check, request, &acting.name, &self.policies())?;
        permit_texts(caller, &fields)?;
        let known = matches!(caller, Caller::Known(_));
        let mut definition = Definition::of(actor.clone(), known, caller.scope());
        put(fields, &mut definition);
        let created = self.subscriptions.create(definition, actor).await;
        let (created, secret) = created.map_err(|error| problems::of_subscription(&error))?;
        Ok(v1::CreateSubscriptionResponse {
            subscription: Some(message(&created, Vec::new())),
            secret,
        })
    }

    pub(super) async fn read_subscription(
        &self,
        caller: &Caller,
        request: v1::GetSubscriptionRequest,
    ) -> Result<v1::Subscription, Problem> {
        let mut check = self.check_of(caller);
        let id = check.subscription("name", &request.name);
        let id = check.finish(id)?;
        let found = self.subscriptions.get(id, seen_by(caller)).await;
        let (found, changes) = found.map_err(|error| problems::of_subscription(&error))?;
        Ok(message(&found, changes))
    }

    pub(super) async fn read_subscriptions(
        &self,
        caller: &Caller,
        request: v1::ListSubscriptionsRequest,
    ) -> Result<v1::ListSubscriptionsResponse, Problem> {
        let mut check = self.check_of(caller);
        let size = check.page_size(request.page_size, 100);
        let digest = FilterDigest::of("ListSubscriptions", &[]);
        let after: Option<Uuid> = check.page_token(&request.page_token, digest);
        let after = check.finish(Some(after))?;
        let listed = self.subscriptions.list(seen_by(caller)).await;
        let mut listed = listed.map_err(|error| problems::of_subscription(&error))?;
        listed.retain(|subscription| after.is_none_or(|after| subscription.id > after));
        let more = listed.len() > size;
        listed.truncate(size);
        let items = listed
            .into_iter()
            .map(|subscription| (subscription.id, message(&subscription, Vec::new())));
        let (subscriptions, next_page_token) = page::fill(items, more, digest, page::weight);
        Ok(v1::ListSubscriptionsResponse {
            subscriptions,
            next_page_token,
        })
    }

    pub(super) async fn update_a_subscription(
        &self,
        caller: &Caller,
        request: v1::UpdateSubscriptionRequest,
    ) -> Result<v1::Subscription, Problem> {
        let acting = self.acting(caller, "UpdateSubscription", &request.actor)?;
        let check = self.check_of(caller);
        let update = SubscriptionUpdate::of(check, request, &acting.name, &self.policies())?;
        permit_texts(caller, &update.fields)?;
        let fields = update.fields;
        let edit = move |definition: &mut Definition| put(fields.clone(), definition);
        let updated = self.subscriptions.update(
            update.id,
            update.version,
            update.actor,
            seen_by(caller),
            edit,
        );
        let updated = updated.await;
        let updated = updated.map_err(|error| problems::of_subscription(&error))?;
        Ok(message(&updated, Vec::new()))
    }

    /// Pauses, resumes or ends a subscription.
    pub(super) async fn put_subscription(
        &self,
        caller: &Caller,
        method: &'static str,
        (name, actor): (&str, &str),
        to: SubscriptionState,
    ) -> Result<v1::Subscription, Problem> {
        let acting = self.acting(caller, method, actor)?;
        let (id, actor) = subscription_act(self.check_of(caller), name, &acting.name)?;
        let changed = self.subscriptions.put(id, to, actor, seen_by(caller)).await;
        let changed = changed.map_err(|error| problems::of_subscription(&error))?;
        Ok(message(&changed, Vec::new()))
    }

    pub(super) async fn rotate_secret(
        &self,
        caller: &Caller,
        request: v1::RotateSubscriptionSecretRequest,
    ) -> Result<v1::RotateSubscriptionSecretResponse, Problem> {
        let acting = self.acting(caller, "RotateSubscriptionSecret", &request.actor)?;
        let check = self.check_of(caller);
        let (id, actor) = subscription_act(check, &request.name, &acting.name)?;
        let rotated = self.subscriptions.rotate(id, actor, seen_by(caller)).await;
        let (rotated, secret) = rotated.map_err(|error| problems::of_subscription(&error))?;
        Ok(v1::RotateSubscriptionSecretResponse {
            subscription: Some(message(&rotated, Vec::new())),
            secret,
        })
    }

    pub(super) async fn test_subscription(
        &self,
        caller: &Caller,
        request: v1::TestSubscriptionRequest,
    ) -> Result<v1::TestSubscriptionResponse, Problem> {
        let mut check = self.check_of(caller);
        let id = check.subscription("name", &request.name);
        let id = check.finish(id)?;
        let tested = self.subscriptions.test(id, seen_by(caller)).await;
        let tested = tested.map_err(|error| problems::of_subscription(&error))?;
        let answer = tested.answer.filter(|_| sees_answers(caller));
        Ok(v1::TestSubscriptionResponse {
            attempt: Some(attempt(tested.attempt)),
            answer: answer.unwrap_or_default(),
        })
    }

    pub(super) async fn read_deliveries(
        &self,
        caller: &Caller,
        request: v1::ListDeliveriesRequest,
    ) -> Result<v1::ListDeliveriesResponse, Problem> {
        let wanted = DeliveriesList::of(self.check_of(caller), request)?;
        let filter = DeliveryFilter {
            only: wanted.only,
            complaint: None,
        };
        let found = self.subscriptions.deliveries(
            wanted.id,
            seen_by(caller),
            filter,
            wanted.after,
            wanted.size + 1,
        );
        let mut found = found
            .await
            .map_err(|error| problems::of_subscription(&error))?;
        let more = found.len() > wanted.size;
        found.truncate(wanted.size);
        let answers = sees_answers(caller);
        let items = found.into_iter().map(|delivery| {
            let place = (delivery.complaint, delivery.sequence);
            (place, delivery_message(delivery, answers))
        });
        let (deliveries, next_page_token) = page::fill(items, more, wanted.digest, page::weight);
        Ok(v1::ListDeliveriesResponse {
            deliveries,
            next_page_token,
        })
    }

    pub(super) async fn replay_deliveries_of(
        &self,
        caller: &Caller,
        request: v1::ReplayDeliveriesRequest,
    ) -> Result<v1::ReplayDeliveriesResponse, Problem> {
        let acting = self.acting(caller, "ReplayDeliveries", &request.actor)?;
        let replay = Replay::of(self.check_of(caller), request, &acting.name)?;
        let (which, sees) = ((replay.id, replay.actor), seen_by(caller));
        let failed = |error: SubscriptionError| problems::of_subscription(&error);
        let (replayed, next_page_token) = match replay.which {
            ReplayWhich::Events(events) => {
                let replayed = self.subscriptions.replay_events(which, sees, events).await;
                let missing =
                    |place| problems::event_not_found().with("field", format!("events[{place}]"));
                (replayed.map_err(failed)?.map_err(missing)?, String::new())
            }
            ReplayWhich::Filter {
                include_delivered,
                since,
                until,
                kinds,
                after,
                digest,
            } => {
                let filter = ReplayFilter {
                    given_up_only: !include_delivered,
                    since,
                    until,
                    kinds: kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
                };
                let replayed = self
                    .subscriptions
                    .replay(which, sees, filter, after, REPLAYED);
                let replayed = replayed.await.map_err(failed)?;
                let next = replayed.next.map(|next| token(next, digest));
                (replayed.deliveries, next.unwrap_or_default())
            }
        };
        Ok(v1::ReplayDeliveriesResponse {
            replayed_count: i32::try_from(replayed).unwrap_or(i32::MAX),
            next_page_token,
        })
    }
}

/// What the caller may see of subscriptions: those within its brands, and of a system those that it created.
fn seen_by(caller: &Caller) -> impl Fn(&Subscription) -> bool + Send + 'static {
    let caller = caller.clone();
    move |subscription| {
        let definition = &subscription.definition;
        let Caller::Known(principal) = &caller else {
            return true;
        };
        let oversees = [Role::Administrator, Role::Operator]
            .iter()
            .any(|role| principal.roles.contains(role));
        let owns = definition.owner_known
            && writing::identity(&definition.owner) == writing::identity(&principal.subject);
        (oversees || owns) && definition.is_within(caller.scope())
    }
}

/// Whether the caller is shown what receivers answer.
fn sees_answers(caller: &Caller) -> bool {
    match caller {
        Caller::Anyone => true,
        Caller::Known(principal) => principal.roles.contains(&Role::Administrator),
    }
}

fn permit_texts(caller: &Caller, fields: &SubscriptionFields) -> Result<(), Problem> {
    if fields.texts == Some(true) && !caller.sees_personal_data() {
        return Err(problems::text_not_permitted());
    }
    Ok(())
}

fn put(fields: SubscriptionFields, definition: &mut Definition) {
    let SubscriptionFields {
        title,
        endpoint,
        filter,
        texts,
        after_giving_up,
        contact_email,
    } = fields;
    if let Some(title) = title {
        definition.title = title;
    }
    if let Some(endpoint) = endpoint {
        definition.endpoint = endpoint;
    }
    if let Some(filter) = filter {
        definition.filter = filter;
    }
    if let Some(texts) = texts {
        definition.texts = texts;
    }
    if let Some(after_giving_up) = after_giving_up {
        definition.after_giving_up = after_giving_up;
    }
    if let Some(contact_email) = contact_email {
        definition.contact_email = contact_email;
    }
}

fn message(subscription: &Subscription, changes: Vec<SubscriptionChange>) -> v1::Subscription {
    let definition = &subscription.definition;
    let at = |at: Option<jiff::Timestamp>| -> Option<Wire> { at.and_then(time) };
    let filter = &definition.filter;
    let levels = filter.levels.iter();
    let state = match subscription.state {
        SubscriptionState::Active => v1::SubscriptionState::Active,
        SubscriptionState::Paused => v1::SubscriptionState::Paused,
        SubscriptionState::Disabled => v1::SubscriptionState::Disabled,
        SubscriptionState::Deleted => v1::SubscriptionState::Unspecified,
    };
    v1::Subscription {
        name: format!("{SUBSCRIPTIONS}{}", subscription.id),
        etag: etag_of(subscription.version),
        title: definition.title.clone(),
        endpoint: definition.endpoint.clone(),
        filter: Some(v1::EventFilter {
            brand: filter.brand.clone().unwrap_or_default(),
            kinds: filter.kinds.iter().map(|kind| kind.number()).collect(),
            policies: filter.policies.clone(),
            levels: levels
                .map(|level| i32::try_from(*level).unwrap_or(i32::MAX))
                .collect(),
            clocks: filter.clocks.clone(),
        }),
        include_text: definition.texts,
        dead_letters: definition.after_giving_up.number(),
        state: state.into(),
        creator: definition.owner.clone(),
        create_time: time(subscription.created_at),
        failing_since_time: at(subscription.failing_since),
        next_probe_time: at(subscription.open_until),
        former_secret_expire_time: at(subscription.former_secret.as_ref().map(|it| it.1)),
        changes: changes.into_iter().map(change).collect(),
        contact_email: definition.contact_email.clone().unwrap_or_default(),
    }
}

fn change(change: SubscriptionChange) -> v1::SubscriptionChange {
    v1::SubscriptionChange {
        kind: change.kind.number(),
        change_time: time(change.at),
        actor: change.actor,
        detail: change.detail,
    }
}

fn delivery_message(delivery: Delivery, answers: bool) -> v1::Delivery {
    let attempts = attempts_of(&delivery.attempts).into_iter();
    v1::Delivery {
        event: convert::event_name(delivery.complaint, delivery.sequence),
        webhook_id: event_id(delivery.complaint, delivery.sequence),
        state: delivery.state.number(),
        attempt_count: delivery.attempt,
        next_attempt_time: delivery.due_at.and_then(time),
        create_time: time(delivery.added_at),
        finish_time: delivery.finished_at.and_then(time),
        attempts: attempts.map(attempt).collect(),
        answer: delivery.answer.filter(|_| answers).unwrap_or_default(),
    }
}

fn attempt(attempt: Attempt) -> v1::DeliveryAttempt {
    v1::DeliveryAttempt {
        attempt_time: time(attempt.at),
        delivered: attempt.error.is_none(),
        status_code: attempt.status.map_or(0, i32::from),
        error: attempt.error.unwrap_or_default(),
    }
}
