//! Notifies the contact of a subscription by mail when the subscription is disabled; if that is impossible, the fallback of the
//! staff directory. Pending alerts are rows, so they survive a restart, and any number of replicas can send them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    mail::{Mail, MailError, Mailbox, Mailer},
    staff::{StaffDirectory, how_to_resume, last_resort},
};
use crate::{
    domain::notice::Language,
    retry::Pauses,
    store::{ClaimedAlert, LastResort, Store, StoreError},
    time_source::SharedTime,
};

/// The pauses after each failed attempt by mail. After one more failure, staff are notified.
const PAUSES: [SignedDuration; 4] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_hours(1),
];
/// After this many attempts staff are notified even if no outcome was recorded: each attempt may have ended with its process.
const MOST_ATTEMPTS: i32 = 20;
/// The same where there is nobody else to notify: hourly attempts, for five days.
const MOST_ATTEMPTS_ALONE: i32 = 124;
/// How often to look for pending alerts, which are rare.
const LOOK: Duration = Duration::from_secs(1);
/// How many are claimed at once.
const CLAIMED: i64 = 10;
/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The lease of a claim: longer than all attempts of it take one after the other, with time left to record the outcomes.
const LEASE: SignedDuration = SignedDuration::from_secs(900);

/// The dependencies of the alerts.
#[derive(Debug, Clone)]
pub struct AlertParts {
    /// The database.
    pub store: Store,
    /// The mailer and the sender. `None`: only staff are notified.
    pub mail: Option<(Mailer, Mailbox)>,
    /// Names the fallback, if there is one.
    pub directory: Option<StaffDirectory>,
    /// Where `now` comes from.
    pub time: SharedTime,
    /// Seeds the jitter of the pauses.
    pub seed: u64,
}

/// Notifies contacts that their subscriptions are disabled.
#[derive(Debug)]
pub struct SubscriptionAlerts(AlertParts);

impl SubscriptionAlerts {
    /// Ready to run.
    #[must_use]
    pub fn new(parts: AlertParts) -> Self {
        SubscriptionAlerts(parts)
    }

    /// Looks for pending alerts once a second until shutdown. Those in flight at shutdown are claimed again once their lease
    /// expires.
    pub async fn run(self, shutdown: CancellationToken) {
        let turns = async {
            loop {
                if let Err(error) = self.turn().await {
                    tracing::warn!(%error, "failed to tell that subscriptions are disabled; will retry");
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        shutdown.run_until_cancelled(turns).await;
    }

    async fn turn(&self) -> Result<(), StoreError> {
        // With a wrong clock it would claim alerts that are not due.
        if self.0.time.check().is_err() {
            return Ok(());
        }
        let now = self.0.time.now();
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let claimed = self
            .asking(move |store| store.claim_subscription_alerts(now, until, CLAIMED))
            .await?;
        for alert in claimed {
            self.tell(alert).await?;
        }
        Ok(())
    }

    async fn tell(&self, alert: ClaimedAlert) -> Result<(), StoreError> {
        let contact = alert.definition.contact_email.clone();
        let Some(((mailer, from), contact)) = self.0.mail.as_ref().zip(contact) else {
            return self.hand_on(alert).await;
        };
        let mail = mail_of(&alert, from.clone(), contact, self.0.time.now());
        let sent = tokio::time::timeout(PATIENCE, mailer.send(&mail)).await;
        let id = alert.subscription;
        match sent.unwrap_or(Err(MailError::Silent(PATIENCE.as_secs()))) {
            Ok(()) => {
                self.asking(move |store| store.subscription_alert_ended(&alert))
                    .await?;
                tracing::info!(subscription = %id, "the contact of a disabled subscription was written to");
                Ok(())
            }
            Err(error) => {
                tracing::warn!(subscription = %id, %error, "failed to write to the contact of a disabled subscription");
                match self.next(&alert, &error) {
                    Some(again) => {
                        self.asking(move |store| store.subscription_alert_failed(&alert, again))
                            .await
                    }
                    None => self.hand_on(alert).await,
                }
            }
        }
    }

    /// When to try again. `None`: staff are notified instead. Where there are none to notify, the longest pause is repeated.
    fn next(&self, alert: &ClaimedAlert, error: &MailError) -> Option<Timestamp> {
        let now = self.0.time.now();
        let alone = self.fallback(now).is_empty();
        let most = if alone {
            MOST_ATTEMPTS_ALONE
        } else {
            MOST_ATTEMPTS
        };
        if error.is_permanent() || alert.attempt >= most {
            return None;
        }
        let pauses = Pauses::new(&PAUSES, self.0.seed);
        let failures = usize::try_from(alert.tries).ok()?.saturating_add(1);
        let failures = if alone {
            failures.min(PAUSES.len())
        } else {
            failures
        };
        let pause = pauses.after(u32::try_from(failures).ok()?, alert.id.as_u128())?;
        now.checked_add(pause).ok()
    }

    /// Whom to notify instead of the contact.
    fn fallback(&self, now: Timestamp) -> Vec<LastResort> {
        let directory = self.0.directory.as_ref().map(StaffDirectory::current);
        let to = directory.iter().flat_map(|directory| {
            let keys = directory.fallback(now).into_iter();
            keys.filter_map(|key| Some(last_resort(key, directory.addressee(key)?, now)))
        });
        to.collect()
    }

    /// Hands the alert on to the fallback.
    async fn hand_on(&self, alert: ClaimedAlert) -> Result<(), StoreError> {
        let now = self.0.time.now();
        let to = self.fallback(now);
        let (id, nobody) = (alert.subscription, to.is_empty());
        let handed_on = self
            .asking(move |store| store.subscription_alert_handed_on(&alert, &to, now))
            .await?;
        if handed_on && nobody {
            tracing::error!(
                subscription = %id,
                "nobody could be told that a subscription is disabled: give it a contact that mail reaches, or name a fallback in the staff directory"
            );
        }
        Ok(())
    }

    /// Queries the database off the runtime's threads.
    async fn asking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.0.store.clone();
        let asked = tokio::task::spawn_blocking(move || ask(&store)).await;
        asked.map_err(|_| StoreError::abandoned())?
    }
}

fn mail_of(alert: &ClaimedAlert, from: Mailbox, contact: String, now: Timestamp) -> Mail {
    let title = &alert.definition.title;
    let text = format!(
        "The complaint service no longer sends events to your subscription \"{title}\": {}.\n\n\
         - Subscription: subscriptions/{}\n- Created by: {}\n- Disabled at: {}\n\n{}",
        alert.reason,
        alert.subscription,
        alert.definition.owner,
        alert.disabled_at.strftime("%Y-%m-%d %H:%M UTC"),
        how_to_resume(alert.subscription)
    );
    Mail {
        id: format!("subscription.{}", alert.id),
        return_path: from.address.clone(),
        from,
        reply_to: None,
        to: Mailbox {
            name: None,
            address: contact,
        },
        subject: format!("Subscription disabled: {title}"),
        text,
        language: Language::English,
        at: now,
    }
}
