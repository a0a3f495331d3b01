//! One dispatch by mail: what it says is read when its turn has come, it is passed to the relay, and what came of it is recorded.
//!
//! Between the relay's word and the commit lies a moment in which the process may end. Then the mail is sent again, under the same
//! `Message-ID`; what came of it is recorded once, by whoever still holds the dispatch.

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

/// Between two attempts to record what came of a mail.
const PAUSE: Duration = Duration::from_secs(1);

/// With what mail is sent.
#[derive(Debug, Clone)]
pub struct MailParts {
    /// What sends it.
    pub mailer: Mailer,
    /// Where it is recorded.
    pub engine: Engine,
    /// Where it waits.
    pub store: Store,
    /// What tells the time.
    pub time: SharedTime,
    /// What measures.
    pub metrics: Metrics,
    /// Where it returns to; none to have it return to the brand's sender, where nobody knows it by its address.
    pub return_paths: Option<ReturnPaths>,
    /// When it is tried again.
    pub schedule: Schedule,
}

/// What came of an attempt.
#[derive(Debug)]
enum Attempted {
    Sent {
        message_id: String,
    },
    /// Not now.
    Later {
        outcome: MailOutcome,
        code: String,
    },
    /// Never.
    Failed {
        outcome: MailOutcome,
        failure: NoticeFailure,
        code: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct Courier {
    parts: MailParts,
    /// Whether the last mail found no relay: logged when it changes.
    without_relay: AtomicBool,
}

impl Courier {
    pub(super) fn new(parts: MailParts) -> Self {
        Courier {
            parts,
            without_relay: AtomicBool::new(false),
        }
    }

    /// Sends what was claimed, and records what came of it.
    #[tracing::instrument(name = "mail.deliver", skip_all, fields(complaint = %claimed.key.complaint, notice = claimed.key.notice, event = format!("{}-{}", claimed.key.complaint, claimed.key.notice), attempt = claimed.attempt))]
    pub(super) async fn deliver(&self, claimed: ClaimedDispatch) {
        let attempted = match self.attempt(&claimed).await {
            Ok(attempted) => attempted,
            Err(error) => {
                // Its lease ends, and then it is tried again.
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
        // Read now, so that what was corrected or erased since it was issued holds.
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

    /// The mail that the customer reads. Only where it returns to depends on the attempt, so that a bounce of an earlier one is
    /// told from a bounce of the last.
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

    /// Says so once when the relay is away, and once when it is back.
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
            // As above.
            Ok(Err(error)) => {
                tracing::warn!(%error, "failed to reschedule a mail that was not accepted; will retry");
            }
            Err(_) => {}
        }
    }

    /// Records what came of it, for as long as nobody else may have taken it over.
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

/// What tells this dispatch from all others.
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
