//! One attempt to send a staff message, and what follows from its outcome.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    directory::{Addressee, Directory},
    parts::{StaffParts, asking},
    post::{PostError, StaffLetter},
    schedule::{MOST_ATTEMPTS, PATIENCE, next_try, pauses},
};
use crate::store::{ClaimedStaffMessage, LastResort, StoreError};

/// Counts the outcomes of a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turn {
    /// How many were sent.
    pub told: u64,
    /// How many attempts failed.
    pub failed: u64,
    /// How many reached nobody that they are meant for.
    pub unreached: u64,
}

impl Turn {
    pub(super) const NOTHING: Turn = Turn {
        told: 0,
        failed: 0,
        unreached: 0,
    };

    pub(super) fn add(&mut self, other: Turn) {
        self.told += other.told;
        self.failed += other.failed;
        self.unreached += other.unreached;
    }
}

/// A message to send, or why there is none.
pub(super) enum Ready {
    Letter(Box<StaffLetter>, Vec<Uuid>),
    /// It no longer applies.
    Lapsed,
    /// There is nobody to send it to.
    Nobody,
}

/// One attempt to send a staff message.
pub(super) struct Attempt {
    pub(super) parts: Arc<StaffParts>,
    pub(super) directory: Arc<Directory>,
    pub(super) message: ClaimedStaffMessage,
}

impl Attempt {
    #[tracing::instrument(name = "staff.deliver", skip_all, fields(message = %self.message.id, kind = %self.message.kind, means = %self.message.means, complaint = self.message.about.as_ref().map(|about| tracing::field::display(about.complaint)), attempt = self.message.attempt))]
    pub(super) async fn make(self, ready: Ready) -> Result<Turn, StoreError> {
        match ready {
            Ready::Lapsed => {
                self.ended(false, Vec::new()).await?;
                Ok(Turn::NOTHING)
            }
            Ready::Nobody => self.give_up("gone").await,
            Ready::Letter(letter, with_it) => {
                let sent = tokio::time::timeout(PATIENCE, self.parts.post.send(&letter)).await;
                let silent = |_| Err(PostError::NotNow("it takes too long".to_owned()));
                match sent.unwrap_or_else(silent) {
                    Ok(()) => {
                        let (kind, means) = (self.message.kind.as_str(), letter.means.as_str());
                        self.parts.metrics.staff_told(kind, means);
                        self.ended(true, with_it).await?;
                        Ok(Turn {
                            told: 1,
                            ..Turn::NOTHING
                        })
                    }
                    Err(error) => self.failed(&error).await,
                }
            }
        }
    }

    async fn ended(self, sent: bool, with_it: Vec<Uuid>) -> Result<(), StoreError> {
        let message = self.message;
        let ended = asking(&self.parts, move |parts| {
            let now = parts.time.now();
            parts
                .store
                .staff_message_ended(&message, sent, &with_it, now)
        });
        ended.await.map(|_| ())
    }

    async fn failed(self, error: &PostError) -> Result<Turn, StoreError> {
        let (message, now) = (&self.message, self.parts.time.now());
        let means = message.means.as_str();
        self.parts.metrics.staff_failed(means);
        tracing::warn!(%error, message = %message.id, means, "failed to notify staff");
        let permanent = matches!(error, PostError::Never(_)) || message.attempt >= MOST_ATTEMPTS;
        let to = self.directory.addressee(&message.addressee);
        let mut turn = Turn {
            failed: 1,
            ..Turn::NOTHING
        };
        let pauses = pauses(self.parts.seed);
        match to.and_then(|to| next_try(message, to, pauses, permanent, now)) {
            Some(next) => {
                let message = self.message;
                let noted = asking(&self.parts, move |parts| {
                    parts.store.staff_message_failed(&message, next)
                });
                noted.await?;
            }
            None => turn.add(self.give_up("failed").await?),
        }
        Ok(turn)
    }

    /// Hands the message on to the fallback. One that was already for the fallback is lost.
    async fn give_up(self, why: &'static str) -> Result<Turn, StoreError> {
        let Attempt {
            parts,
            directory,
            message,
        } = self;
        let now = parts.time.now();
        let fallback = directory.fallback(now).into_iter();
        let fallback = fallback.filter(|_| !message.last_resort);
        let others = fallback.filter(|key| *key != message.addressee);
        let to = others.filter_map(|key| {
            let addressee = directory.addressee(key)?;
            Some(last_resort(key, addressee, now))
        });
        let to: Vec<LastResort> = to.collect();
        let lost = to.is_empty();
        let (id, addressee) = (message.id, message.addressee.clone());
        let given_up = asking(&parts, move |parts| {
            parts.store.staff_message_given_up(&message, &to, now)
        });
        if !given_up.await? {
            return Ok(Turn::NOTHING);
        }
        let reason = if lost { "lost" } else { why };
        parts.metrics.staff_unreached(reason, 1);
        if lost {
            tracing::error!(message = %id, addressee, "neither the responsible staff nor the fallback could be notified");
        } else {
            tracing::warn!(message = %id, addressee, "the responsible staff could not be notified, so the fallback was");
        }
        Ok(Turn {
            unreached: 1,
            ..Turn::NOTHING
        })
    }
}

/// The message to the fallback in place of the addressee, due as soon as the fallback can be reached.
pub(in crate::dispatch) fn last_resort(
    key: &str,
    addressee: &Addressee,
    now: Timestamp,
) -> LastResort {
    LastResort {
        id: Uuid::new_v4(),
        addressee: key.to_owned(),
        means: addressee.first_means(),
        send_at: addressee.reachable_from(now),
    }
}
