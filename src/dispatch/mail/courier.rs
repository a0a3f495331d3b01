//! Sends one dispatch by mail: reads the text when its turn comes, passes it to the relay, and records the outcome.
//!
//! The process may end between the relay's acceptance and the commit. Then the mail is sent again with the same `Message-ID`; the
//! outcome is recorded once, by whoever still holds the dispatch.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use uuid::Uuid;

use super::{
    compose,
    error::MailError,
    letter::{Mail, Mailbox},
    mailer::Mailer,
    return_path::{NoticeName, ReturnPaths, Returned},
    schedule::Schedule,
};
use crate::{
    access::Scope,
    brand::Brand,
    domain::{Command, ComplaintRef, DeliveryReport, NoticeFailure, NoticeState, SYSTEM_ACTOR},
    engine::{Engine, EngineError, Envelope, Work},
    store::{ClaimedDispatch, Letter, Store, StoreError},
    telemetry::{MailOutcome, Metrics},
    time_source::SharedTime,
};

/// The pause between two attempts to record an outcome.
const PAUSE: Duration = Duration::from_secs(1);

/// The dependencies of a courier.
#[derive(Debug, Clone)]
pub struct MailParts {
    /// Sends mail.
    pub mailer: Mailer,
    /// Records outcomes.
    pub engine: Engine,
    /// Holds the dispatches.
    pub store: Store,
    /// The clock.
    pub time: SharedTime,
    /// Where metrics are recorded.
    pub metrics: Metrics,
    /// Makes return addresses. `None`: mail returns to the brand's sender, and bounces cannot be matched.
    pub return_paths: Option<ReturnPaths>,
    /// When to retry.
    pub schedule: Schedule,
}

/// The outcome of an attempt.
#[derive(Debug)]
enum Attempted {
    Sent {
        message_id: String,
    },
    /// To be retried.
    Later {
        outcome: MailOutcome,
        code: String,
    },
    /// Failed for good.
    Failed {
        outcome: MailOutcome,
        failure: NoticeFailure,
        code: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct Courier {
    parts: MailParts,
    /// Whether the relay was unreachable for the last mail. Changes are logged.
    without_relay: AtomicBool,
}

impl Courier {
    pub(super) fn new(parts: MailParts) -> Self {
        Courier {
            parts,
            without_relay: AtomicBool::new(false),
        }
    }

    /// Sends a claimed dispatch and records the outcome.
    #[tracing::instrument(name = "mail.deliver", skip_all, fields(complaint = %claimed.key.complaint, notice = claimed.key.notice, event = format!("{}-{}", claimed.key.complaint, claimed.key.notice), attempt = claimed.attempt))]
    pub(super) async fn deliver(&self, claimed: ClaimedDispatch) {
        let attempted = match self.attempt(&claimed).await {
            Ok(attempted) => attempted,
            Err(error) => {
                // The dispatch is retried once its lease expires.
                tracing::warn!(%error, "failed to read a notice that is to be sent; will retry");
                return;
            }
        };
        let (state, outcome, failure, code, reference) = match attempted {
            Attempted::Sent { message_id } => {
                let id = Some(message_id);
                (NoticeState::Sent, MailOutcome::Sent, None, None, id)
            }
            Attempted::Failed {
                outcome,
                failure,
                code,
            } => (NoticeState::Failed, outcome, Some(failure), code, None),
            Attempted::Later { outcome, code } => {
                let failures = claimed.failures.saturating_add(1);
                let now = self.parts.time.now();
                let next = self.parts.schedule.after(failures, id_of(&claimed), now);
                if let Some(next) = next {
                    self.parts.metrics.mail_attempted(outcome);
                    self.put_off(&claimed, next, code).await;
                    return;
                }
                let (given_up, failure) = (MailOutcome::GivenUp, Some(NoticeFailure::GivenUp));
                (NoticeState::Failed, given_up, failure, Some(code), None)
            }
        };
        self.parts.metrics.mail_attempted(outcome);
        let report = DeliveryReport {
            notice: claimed.key.notice,
            means: claimed.key.means,
            state,
            failure,
            code,
            took_place_at: None,
            reference,
            attempt: Some(claimed.attempt),
            sent_attempt: None,
        };
        self.record(&claimed, report).await;
    }

    /// Tries to send it.
    async fn attempt(&self, claimed: &ClaimedDispatch) -> Result<Attempted, StoreError> {
        let turn = self.parts.mailer.turn().await;
        // Read now, so that corrections and erasures since it was issued apply.
        let letter = self.letter(claimed).await?;
        let brands = self.parts.engine.rules().brands();
        let Some((brand, sender)) = brands
            .get(&claimed.brand)
            .and_then(|brand| Some((brand, brand.mail_sender.as_deref()?)))
        else {
            return Ok(Attempted::Later {
                outcome: MailOutcome::Later,
                code: "no_sender".to_owned(),
            });
        };
        if letter.notice.text.is_empty() {
            return Ok(failed(MailOutcome::Erased, NoticeFailure::Erased));
        }
        let Some(address) = letter.address.clone() else {
            return Ok(failed(MailOutcome::NoAddress, NoticeFailure::NoAddress));
        };
        let Some(mail) = self.mail((brand, sender), &letter, address, claimed.attempt) else {
            return Err(StoreError::Corrupt("a tracking number is none".to_owned()));
        };
        let sent = turn.send(&mail).await;
        self.tell(&sent);
        Ok(match sent {
            Ok(()) => Attempted::Sent {
                message_id: mail.message_id(),
            },
            Err(error) if error.is_permanent() => Attempted::Failed {
                outcome: MailOutcome::Refused,
                failure: NoticeFailure::Refused,
                code: Some(error.code()),
            },
            Err(error) => Attempted::Later {
                outcome: match error {
                    MailError::NoRelay(_) => MailOutcome::NoRelay,
                    _ => MailOutcome::Later,
                },
                code: error.code(),
            },
        })
    }

    async fn letter(&self, claimed: &ClaimedDispatch) -> Result<Letter, StoreError> {
        let (store, key) = (self.parts.store.clone(), claimed.key);
        let read = tokio::task::spawn_blocking(move || store.dispatch_letters(&[key])).await;
        let missing = || StoreError::Corrupt("the notice is missing".to_owned());
        let mut read = read.map_err(|_| StoreError::Unavailable("shutting down".to_owned()))??;
        read.remove(&key).unwrap_or_else(|| Err(missing()))
    }

    /// The mail for the customer. Only its return path depends on the attempt, which tells a bounce of an earlier attempt from
    /// one of the last.
    fn mail(
        &self,
        (brand, sender): (&Brand, &str),
        letter: &Letter,
        address: String,
        attempt: i32,
    ) -> Option<Mail> {
        let name = NoticeName {
            complaint: letter.tracking_number.parse().ok()?,
            notice: letter.notice.sequence,
        };
        let id = name.to_string();
        let (_, domain) = sender.rsplit_once('@')?;
        let sent = Returned {
            notice: name,
            attempt: Some(attempt),
        };
        let return_paths = self.parts.return_paths.as_ref();
        let number = &letter.tracking_number;
        let contact = brand.contact.get(&letter.notice.language);
        let reply_to = contact.and_then(|contact| contact.reply_to.as_ref());
        Some(Mail {
            id,
            from: Mailbox {
                name: Some(brand.title.clone()),
                address: sender.to_owned(),
            },
            reply_to: reply_to.map(|address| Mailbox {
                name: Some(brand.title.clone()),
                address: address.clone(),
            }),
            to: Mailbox {
                name: letter.notice.addressee.clone(),
                address,
            },
            return_path: return_paths
                .map_or_else(|| sender.to_owned(), |paths| paths.of(&sent, domain)),
            subject: compose::subject(&brand.title, number, &letter.notice),
            text: letter.notice.letter(),
            language: letter.notice.language,
            at: self.parts.time.now(),
        })
    }

    /// Logs once when the relay becomes unreachable, and once when it is back.
    fn tell(&self, sent: &Result<(), MailError>) {
        match sent {
            Err(error @ MailError::NoRelay(_)) => {
                if !self.without_relay.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "mail cannot be sent at the moment; it is queued and will be retried");
                }
            }
            Ok(()) => {
                if self.without_relay.swap(false, Ordering::Relaxed) {
                    tracing::info!("the mail relay accepts mail again");
                }
            }
            Err(_) => {}
        }
    }

    async fn put_off(&self, claimed: &ClaimedDispatch, next: jiff::Timestamp, code: String) {
        let (store, key, attempt) = (self.parts.store.clone(), claimed.key, claimed.attempt);
        let put_off = move || store.put_off_dispatch(key, attempt, next, &code);
        match tokio::task::spawn_blocking(put_off).await {
            Ok(Ok(true)) => tracing::debug!(%next, "a mail was not accepted; will retry"),
            Ok(Ok(false)) => {
                tracing::info!(
                    "a mail was not accepted, and has meanwhile been claimed by another attempt"
                );
            }
            // Retried once the lease expires.
            Ok(Err(error)) => {
                tracing::warn!(%error, "failed to reschedule a mail that was not accepted; will retry");
            }
            Err(_) => {}
        }
    }

    /// Records the outcome, unless the lease may have passed to someone else.
    async fn record(&self, claimed: &ClaimedDispatch, report: DeliveryReport) {
        loop {
            let recorded = self.parts.engine.submit(envelope(claimed, &report)).await;
            let error = match recorded {
                Ok(_) => return,
                Err(EngineError::Refused(refusal)) => {
                    tracing::info!(%refusal, "the result of a mail was not recorded");
                    return;
                }
                Err(error) => error,
            };
            let is_late = self.parts.time.now() >= claimed.leased_until;
            if is_late || matches!(error, EngineError::ShuttingDown | EngineError::NotFound) {
                tracing::warn!(%error, "failed to record the result of a mail; it may be sent twice");
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The unique id of this dispatch.
fn id_of(claimed: &ClaimedDispatch) -> Uuid {
    let notice = u128::try_from(claimed.key.notice).unwrap_or_default();
    Uuid::from_u128(claimed.key.complaint.as_u128() ^ notice)
}

fn failed(outcome: MailOutcome, failure: NoticeFailure) -> Attempted {
    Attempted::Failed {
        outcome,
        failure,
        code: None,
    }
}

fn envelope(claimed: &ClaimedDispatch, report: &DeliveryReport) -> Envelope {
    Envelope {
        request: None,
        actor: SYSTEM_ACTOR.to_owned().into(),
        scope: Scope::default(),
        work: Work::Change {
            complaint: ComplaintRef::Id(claimed.key.complaint),
            version: None,
            command: Box::new(Command::RecordDispatch(report.clone())),
        },
    }
}
