//! What callers can do with subscriptions.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    attempt::{self, Outcome},
    attempts::Attempt,
    payload::Message,
    sender::secrets_of,
    shared::Shared,
    vault::VaultError,
};
use crate::{
    standard_webhooks::{NoRandomness, Secret},
    store::{
        AfterGivingUp, Definition, Delivery, DeliveryFilter, Position, ReplayFilter, Replayed,
        Store, StoreError, Subscription, SubscriptionChange, SubscriptionChangeKind,
        SubscriptionState,
    },
    time_source::SharedTime,
};

/// How long an endpoint may take to answer its verification.
const VERIFICATION: Duration = Duration::from_secs(10);
/// How long the previous secret stays valid.
const ROTATION: SignedDuration = SignedDuration::from_hours(24);
/// How many held deliveries are released in one transaction.
const RELEASED: i64 = 500;

/// What callers can do with subscriptions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    store: Store,
    time: SharedTime,
    /// `None`: there is no key to encrypt secrets with, so nothing is sent.
    sending: Option<Arc<Shared>>,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// There is no key to encrypt secrets with.
    #[error("the service has no key with which to encrypt the secrets of subscriptions")]
    NoSecretKey,
    /// There is no such subscription, or the caller may not see it.
    #[error("there is no such subscription")]
    NotFound,
    /// The endpoint was not verified.
    #[error("the endpoint was not verified: {0}")]
    NotVerified(String),
    /// The limit on subscriptions is reached.
    #[error("the limit on subscriptions has been reached")]
    TooMany,
    /// It was changed in the meantime.
    #[error("the subscription has changed in the meantime")]
    Changed {
        /// Its current version.
        present: i64,
    },
    /// The secret is invalid.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No secret could be generated.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Stored data cannot be used.
    #[error("{0}")]
    Unopened(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The outcome of a test.
#[derive(Debug, Clone)]
pub struct Tested {
    /// The attempt.
    pub attempt: Attempt,
    /// The start of the response body, for administrators.
    pub answer: Option<String>,
}

type Result<T> = std::result::Result<T, SubscriptionError>;

impl Subscriptions {
    pub(super) fn new(store: Store, time: SharedTime, sending: Option<Arc<Shared>>) -> Self {
        Subscriptions {
            store,
            time,
            sending,
        }
    }

    fn sending(&self) -> Result<&Arc<Shared>> {
        self.sending.as_ref().ok_or(SubscriptionError::NoSecretKey)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.map_err(|_| StoreError::Unavailable("the work was abandoned".to_owned()))?
    }

    /// Wakes the sending tasks to pick up a change.
    fn tell(&self) {
        if let Some(shared) = &self.sending {
            shared.changed.notify_one();
        }
    }

    /// Creates a subscription after verifying its endpoint. Returns it with its secret.
    ///
    /// # Errors
    /// Why not.
    pub async fn create(
        &self,
        definition: Definition,
        actor: String,
    ) -> Result<(Subscription, String)> {
        let shared = self.sending()?;
        let (id, secret, now) = (Uuid::new_v4(), Secret::random()?, self.time.now());
        let sealed = shared.vault.seal(id, &secret)?;
        verify(
            shared,
            id,
            &definition.endpoint,
            std::slice::from_ref(&secret),
        )
        .await?;
        let new = Subscription {
            id,
            version: 1,
            state: SubscriptionState::Active,
            created_at: now,
            definition,
            secret: sealed,
            former_secret: None,
            position: Position::BEGINNING,
            failing_since: None,
            open_until: None,
            probes: 0,
            gone_at: None,
        };
        let change = change(SubscriptionChangeKind::Created, now, actor);
        let created =
            self.blocking(
                move |store| match store.create_subscription(&new, &change)? {
                    true => Ok(new),
                    false => Err(SubscriptionError::TooMany),
                },
            );
        let created = created.await?;
        self.tell();
        Ok((created, secret.text()))
    }

    /// A subscription that the caller may see, with its state.
    ///
    /// # Errors
    /// When there is none, or the database is unavailable.
    pub async fn get(
        &self,
        id: Uuid,
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
    ) -> Result<(Subscription, Vec<SubscriptionChange>)> {
        self.blocking(move |store| {
            let found = store.subscription(id)?.filter(sees);
            let found = found.ok_or(SubscriptionError::NotFound)?;
            let changes = store.subscription_changes(id)?;
            Ok((found, changes))
        })
        .await
    }

    /// All subscriptions that the caller may see, ordered by id.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn list(
        &self,
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
    ) -> Result<Vec<Subscription>> {
        self.blocking(move |store| {
            let mut all = store.subscriptions()?;
            all.retain(sees);
            Ok(all)
        })
        .await
    }

    /// Changes what a subscription wants, with `edit`. A new endpoint is verified first. `version`: the version it must have.
    ///
    /// # Errors
    /// Why not.
    pub async fn update(
        &self,
        id: Uuid,
        version: Option<i64>,
        actor: String,
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
        edit: impl Fn(&mut Definition) + Send + 'static,
    ) -> Result<Subscription> {
        let (before, _) = self.get(id, sees).await?;
        let mut definition = before.definition.clone();
        edit(&mut definition);
        let now = self.time.now();
        if definition.endpoint != before.definition.endpoint {
            let shared = self.sending()?;
            let secrets = secrets_of(shared, &before, now).map_err(SubscriptionError::Unopened)?;
            verify(shared, id, &definition.endpoint, &secrets).await?;
        }
        let letting_go = before.definition.after_giving_up == AfterGivingUp::Hold
            && definition.after_giving_up == AfterGivingUp::Skip;
        let read = before.version;
        let updated = self.blocking(move |store| {
            let updated = store.change_subscription(id, |subscription| {
                let present = subscription.version;
                if version.is_some_and(|version| version != present) || read != present {
                    return Err(SubscriptionError::Changed { present });
                }
                if definition.endpoint != subscription.definition.endpoint {
                    // What is known of the former endpoint does not hold for this one, which has just been verified.
                    subscription.forget_health();
                }
                subscription.definition = definition;
                let change = change(SubscriptionChangeKind::Updated, now, actor);
                Ok(((), Some(change)))
            })?;
            let (_, updated) = updated.ok_or(SubscriptionError::NotFound)?;
            while letting_go && store.release_held(id, RELEASED, now)? > 0 {}
            Ok(updated)
        });
        let updated = updated.await?;
        self.tell();
        Ok(updated)
    }

    /// Pauses, resumes or deletes a subscription, as `to` says.
    ///
    /// # Errors
    /// Why not.
    pub async fn put(
        &self,
        id: Uuid,
        to: SubscriptionState,
        actor: String,
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
    ) -> Result<Subscription> {
        let (before, _) = self.get(id, sees).await?;
        let now = self.time.now();
        if to == SubscriptionState::Active && before.state == SubscriptionState::Disabled {
            let shared = self.sending()?;
            let secrets = secrets_of(shared, &before, now).map_err(SubscriptionError::Unopened)?;
            verify(shared, id, &before.definition.endpoint, &secrets).await?;
        }
        let changed = self.blocking(move |store| {
            let changed = store.change_subscription(id, |subscription| {
                if subscription.state == to {
                    return Ok::<_, SubscriptionError>(((), None));
                }
                subscription.state = to;
                subscription.forget_health();
                let kind = match to {
                    SubscriptionState::Active => SubscriptionChangeKind::Resumed,
                    SubscriptionState::Paused => SubscriptionChangeKind::Paused,
                    SubscriptionState::Disabled => SubscriptionChangeKind::Disabled,
                    SubscriptionState::Deleted => SubscriptionChangeKind::Deleted,
                };
                Ok(((), Some(change(kind, now, actor))))
            })?;
            Ok(changed.ok_or(SubscriptionError::NotFound)?.1)
        });
        let changed = changed.await?;
        self.tell();
        Ok(changed)
    }

    /// Generates a new secret; the previous one stays valid for a day. Returns the new one in its receiver's format.
    ///
    /// # Errors
    /// Why not.
    pub async fn rotate(
        &self,
        id: Uuid,
        actor: String,
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
    ) -> Result<(Subscription, String)> {
        let shared = self.sending()?;
        let secret = Secret::random()?;
        let (sealed, now) = (shared.vault.seal(id, &secret)?, self.time.now());
        self.get(id, sees).await?;
        let rotated = self.blocking(move |store| {
            let rotated = store.change_subscription(id, |subscription| {
                let former = std::mem::replace(&mut subscription.secret, sealed);
                let until = now.checked_add(ROTATION).unwrap_or(Timestamp::MAX);
                subscription.former_secret = Some((former, until));
                let change = change(SubscriptionChangeKind::SecretRotated, now, actor);
                Ok::<_, SubscriptionError>(((), Some(change)))
            })?;
            Ok(rotated.ok_or(SubscriptionError::NotFound)?.1)
        });
        let rotated = rotated.await?;
        self.tell();
        Ok((rotated, secret.text()))
    }

    /// Sends a test message, without retries.
    ///
    /// # Errors
    /// When there is no such subscription, or sending is not configured.
    pub async fn test(
        &self,
        id: Uuid,
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
    ) -> Result<Tested> {
        let shared = self.sending()?;
        let (subscription, _) = self.get(id, sees).await?;
        let secrets = secrets_of(shared, &subscription, self.time.now());
        let secrets = secrets.map_err(SubscriptionError::Unopened)?;
        let endpoint = &subscription.definition.endpoint;
        let patience = shared.settings.patience;
        let outcome = post(shared, (id, "test"), endpoint, &secrets, patience).await;
        Ok(Tested {
            attempt: outcome.attempt,
            answer: outcome.answer,
        })
    }

    /// Lists deliveries of a subscription, from the start or after a given one.
    ///
    /// # Errors
    /// When there is no such subscription, or the database is unavailable.
    pub async fn deliveries(
        &self,
        id: Uuid,
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
        filter: DeliveryFilter,
        after: Option<(Uuid, i64)>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        self.get(id, sees).await?;
        self.blocking(move |store| Ok(store.deliveries(id, filter, after, limit)?))
            .await
    }

    /// Sends again the deliveries that pass a filter. Examines a limited number per call.
    ///
    /// # Errors
    /// When there is no such subscription, or the database is unavailable.
    pub async fn replay(
        &self,
        (id, actor): (Uuid, String),
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
        filter: ReplayFilter,
        after: Option<(Uuid, i64)>,
        limit: usize,
    ) -> Result<Replayed> {
        self.get(id, sees).await?;
        let now = self.time.now();
        let replayed = self.blocking(move |store| {
            let replayed = store.replay_deliveries(id, &filter, after, limit, now)?;
            note_replay(store, id, replayed.deliveries, (now, actor))?;
            Ok(replayed)
        });
        let replayed = replayed.await?;
        self.tell();
        Ok(replayed)
    }

    /// Sends these events of complaints within the subscription's scope. The inner error is the index of an event that does not
    /// exist.
    ///
    /// # Errors
    /// When there is no such subscription, or the database is unavailable.
    pub async fn replay_events(
        &self,
        (id, actor): (Uuid, String),
        sees: impl Fn(&Subscription) -> bool + Send + 'static,
        events: Vec<(Uuid, i64)>,
    ) -> Result<std::result::Result<usize, usize>> {
        let (subscription, _) = self.get(id, sees).await?;
        let now = self.time.now();
        let replayed = self.blocking(move |store| {
            let scope = subscription.definition.scope();
            let found = store.events_to_send(&events)?;
            let is_there =
                |key: &(Uuid, i64)| found.get(key).is_some_and(|it| it.is_within(&scope));
            if let Some(missing) = events.iter().position(|key| !is_there(key)) {
                return Ok(Err(missing));
            }
            let replayed = store.replay_events(id, &events, now)?;
            note_replay(store, id, replayed, (now, actor))?;
            Ok(Ok(replayed))
        });
        let replayed = replayed.await?;
        self.tell();
        Ok(replayed)
    }
}

fn change(kind: SubscriptionChangeKind, at: Timestamp, actor: String) -> SubscriptionChange {
    SubscriptionChange {
        kind,
        at,
        actor,
        detail: String::new(),
    }
}

fn note_replay(
    store: &Store,
    id: Uuid,
    deliveries: usize,
    (now, actor): (Timestamp, String),
) -> Result<()> {
    if deliveries > 0 {
        store.change_subscription(id, |_| {
            let change = SubscriptionChange {
                detail: format!("{deliveries} deliveries"),
                ..change(SubscriptionChangeKind::Replayed, now, actor)
            };
            Ok::<_, SubscriptionError>(((), Some(change)))
        })?;
    }
    Ok(())
}

/// Verifies that an endpoint accepts deliveries.
async fn verify(shared: &Shared, id: Uuid, endpoint: &str, secrets: &[Secret]) -> Result<()> {
    let outcome = post(
        shared,
        (id, "verification"),
        endpoint,
        secrets,
        VERIFICATION,
    )
    .await;
    match outcome.attempt.error {
        None => Ok(()),
        Some(why) => Err(SubscriptionError::NotVerified(why)),
    }
}

async fn post(
    shared: &Shared,
    (id, word): (Uuid, &str),
    endpoint: &str,
    secrets: &[Secret],
    within: Duration,
) -> Outcome {
    let now = shared.time.now();
    let message = Message::of_word(word, id, now);
    attempt::send(&shared.egress, endpoint, secrets, message, now, within).await
}
