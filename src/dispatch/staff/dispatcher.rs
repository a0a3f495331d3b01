//! Sends staff messages in turns: reads the log, adds digests that are due, and sends due messages.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use jiff::{Timestamp, civil::Date};
use parking_lot::Mutex;
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    attempt::{Attempt, Ready, Turn},
    digest::{DueList, DueLists},
    directory::Directory,
    follow::News,
    parts::{StaffParts, asking},
    post::StaffLetter,
    schedule::LEASE,
    words::{Words, Writer},
};
use crate::store::{
    ClaimedStaffMessage, DUE_PROMISES, NewDigest, Position, PositionError, StaffMatter,
    StaffMessageKind, StoreError,
};

/// How many events are read at once.
const PAGE: i64 = 500;
/// How many messages are claimed at once and sent concurrently.
const CLAIMED: i64 = 20;
/// How many other matters a digest reports in addition to what is due.
const BESIDE: i64 = 100;
/// Commits of other replicas and digest hours are not signalled, so look this often.
const LOOK: Duration = Duration::from_secs(1);

/// Sends staff messages. Any number of them can work on one database.
pub struct StaffDispatcher {
    parts: Arc<StaffParts>,
    /// By addressee, the day of the last digest known to exist.
    digests: Mutex<BTreeMap<String, Date>>,
}

impl fmt::Debug for StaffDispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaffDispatcher").finish_non_exhaustive()
    }
}

/// The content of a digest.
struct DigestContents {
    due: Arc<DueList>,
    beside: Vec<ClaimedStaffMessage>,
}

impl StaffDispatcher {
    /// Ready to run.
    #[must_use]
    pub fn new(parts: StaffParts) -> Self {
        StaffDispatcher {
            parts: Arc::new(parts),
            digests: Mutex::default(),
        }
    }

    /// Takes turns until shutdown: after each commit, and once a second. Messages in flight at shutdown are claimed again once
    /// their lease expires.
    pub async fn run(self, mut news: watch::Receiver<u64>, shutdown: CancellationToken) {
        let turns = async {
            loop {
                news.mark_unchanged();
                if let Err(error) = self.turn().await {
                    tracing::warn!(%error, "failed to notify staff; will retry");
                }
                if let Ok(Err(_)) = tokio::time::timeout(LOOK, news.changed()).await {
                    // No sender is left; keep polling.
                    tokio::time::sleep(LOOK).await;
                }
            }
        };
        shutdown.run_until_cancelled(turns).await;
    }

    /// Reads to the end of the log, adds digests that are due, and sends due messages.
    ///
    /// # Errors
    /// When the database fails. A later turn continues.
    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let mut turn = Turn::NOTHING;
        if let Err(wrong) = self.parts.time.check() {
            tracing::warn!(%wrong, "not notifying staff, because this machine's clock is wrong");
            return Ok(turn);
        }
        while self.follow(&mut turn).await? {}
        self.add_digests().await?;
        while self.send(&mut turn).await? {}
        Ok(turn)
    }

    /// Reads a page of the log. Returns whether there is more.
    async fn follow(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        let parts = &self.parts;
        let kept = self.asking(|parts| parts.store.staff_position()).await?;
        let page = match parts.reader.log(kept, PAGE, false).await {
            Ok(page) => page,
            Err(PositionError::Store(error)) => return Err(error),
            Err(error) => {
                let from = begin_anew(&error);
                tracing::warn!(%error, "the position in the log from which staff are notified has moved");
                self.asking(move |parts| {
                    let now = parts.time.now();
                    parts.store.advance_staff_position((kept, from), &[], now)
                })
                .await?;
                return Ok(true);
            }
        };
        let more = i64::try_from(page.events.len()).is_ok_and(|read| read >= PAGE);
        let Some(last) = page.events.last() else {
            return Ok(false);
        };
        let end = Position {
            place: last.place,
            ..page.after
        };
        let (now, directory) = (parts.time.now(), parts.directory.current());
        let News {
            messages,
            unreached,
        } = News::of(&page.events, &directory, now);
        let moved = self
            .asking(move |parts| {
                parts
                    .store
                    .advance_staff_position((kept, end), &messages, now)
            })
            .await?;
        if moved && unreached > 0 {
            turn.unreached += unreached;
            parts.metrics.staff_unreached("unknown", unreached);
            tracing::warn!(
                events = unreached,
                "nobody in the staff directory was responsible, so the fallback was notified"
            );
        }
        Ok(more || !moved)
    }

    /// Adds digests that are due.
    async fn add_digests(&self) -> Result<(), StoreError> {
        let (now, directory) = (self.parts.time.now(), self.parts.directory.current());
        let mut due = Vec::new();
        for (key, addressee) in directory.addressees() {
            let Some(day) = addressee.digest_day(now) else {
                continue;
            };
            if self.digests.lock().get(key) != Some(&day) && !directory.is_away(key, day) {
                due.push(NewDigest {
                    id: Uuid::new_v4(),
                    addressee: key.to_owned(),
                    day,
                    means: addressee.first_means(),
                });
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        let added: Vec<(String, Date)> = due
            .iter()
            .map(|it| (it.addressee.clone(), it.day))
            .collect();
        self.asking(move |parts| parts.store.add_digests(&due, now))
            .await?;
        self.digests.lock().extend(added);
        Ok(())
    }

    /// Sends a batch of due messages. Returns whether there may be more.
    async fn send(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        let now = self.parts.time.now();
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let claimed = self
            .asking(move |parts| parts.store.claim_staff_messages(now, until, CLAIMED))
            .await?;
        // Messages that were handed on, or have another address, are due at once.
        let more = !claimed.is_empty();
        let directory = self.parts.directory.current();
        let mut digests = self.digests_of(&claimed, &directory, now).await?;
        let mut attempts = JoinSet::new();
        for message in claimed {
            let digest = digests.remove(&message.id);
            let ready = self.ready(&message, digest, &directory, now);
            let (parts, directory) = (Arc::clone(&self.parts), Arc::clone(&directory));
            attempts.spawn(async move {
                let attempt = Attempt {
                    parts,
                    directory,
                    message,
                };
                attempt.make(ready).await
            });
        }
        let mut failed = None;
        while let Some(attempt) = attempts.join_next().await {
            match attempt {
                Ok(Ok(made)) => turn.add(made),
                Ok(Err(error)) => failed = Some(error),
                // The panic is logged already; the message is claimed again later.
                Err(_) => {}
            }
        }
        failed.map_or(Ok(more), Err)
    }

    /// The content of the digests among these messages, all in one query.
    async fn digests_of(
        &self,
        claimed: &[ClaimedStaffMessage],
        directory: &Arc<Directory>,
        now: Timestamp,
    ) -> Result<BTreeMap<Uuid, DigestContents>, StoreError> {
        let digests = claimed.iter().filter_map(|message| {
            let whose = whose(message).to_owned();
            Some((message.id, whose, message.day?))
        });
        let digests: Vec<(Uuid, String, Date)> = digests.collect();
        if digests.is_empty() {
            return Ok(BTreeMap::new());
        }
        let directory = Arc::clone(directory);
        self.asking(move |parts| {
            let policies = parts.rules.policies();
            let people = digests.iter().map(|(_, whose, day)| (whose.clone(), *day));
            let mut lists = DueLists::of(people, &directory, &policies, now);
            let mut last = None;
            loop {
                let page = parts.store.due_promises(lists.until(), last.as_ref())?;
                page.iter().for_each(|promise| lists.add(promise));
                let read = page.len();
                last = page.into_iter().next_back();
                if read < DUE_PROMISES {
                    break;
                }
            }
            let (lists, mut contents) = (lists.into_lists(), BTreeMap::new());
            for (id, whose, _) in digests {
                // Several people may get the digest of someone who has left.
                if let Some(due) = lists.get(&whose) {
                    let due = Arc::clone(due);
                    let beside = parts.store.staff_messages_for_digest(&whose, BESIDE)?;
                    contents.insert(id, DigestContents { due, beside });
                }
            }
            Ok(contents)
        })
        .await
    }

    /// Prepares a message for sending now.
    fn ready(
        &self,
        message: &ClaimedStaffMessage,
        digest: Option<DigestContents>,
        directory: &Directory,
        now: Timestamp,
    ) -> Ready {
        let Some(to) = directory.addressee(&message.addressee) else {
            return Ready::Nobody;
        };
        if message.for_digest {
            // It waited too long for a digest.
            return Ready::Nobody;
        }
        let Some(address) = to.address(message.means) else {
            return Ready::Nobody;
        };
        let writer = Writer {
            to,
            url: self.parts.url.as_ref(),
            now,
        };
        let disabled = message.subscription.as_ref().filter(|it| it.is_disabled);
        let (words, with_it) = match (&message.about, disabled, digest) {
            (Some(about), ..) if still_holds(message.kind, about) => {
                (writer.at_once(message, about), Vec::new())
            }
            (None, Some(subscription), _) => (writer.disabled(subscription), Vec::new()),
            (None, None, Some(digest)) => match digest_words(message, &digest, writer, directory) {
                Some(words) => words,
                None => return Ready::Lapsed,
            },
            _ => return Ready::Lapsed,
        };
        let Words {
            subject,
            text,
            data,
        } = words;
        let letter = StaffLetter {
            id: message.id,
            means: message.means,
            address: address.to_owned(),
            name: to.name.clone(),
            subject,
            text,
            kind: format!("redress.staff.{}", message.kind),
            data,
            at: now,
        };
        Ready::Letter(Box::new(letter), with_it)
    }

    /// Queries the database off the runtime's threads.
    async fn asking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&StaffParts) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        asking(&self.parts, ask).await
    }
}

/// Where to resume if the log does not continue from the stored position. Keys per event prevent duplicates.
fn begin_anew(error: &PositionError) -> Position {
    match error {
        PositionError::Parted { at } => *at,
        PositionError::Ahead { end } => *end,
        PositionError::OtherLog | PositionError::Store(_) => Position::BEGINNING,
    }
}

/// Whose digest it is.
fn whose(message: &ClaimedStaffMessage) -> &str {
    if message.of_whom.is_empty() {
        &message.addressee
    } else {
        &message.of_whom
    }
}

/// Whether there is still something to act on: a promise that was kept or is paused needs nobody.
fn still_holds(kind: StaffMessageKind, about: &StaffMatter) -> bool {
    match kind {
        StaffMessageKind::Reminder | StaffMessageKind::Breached => {
            let promise = about.promise.as_ref();
            promise.is_some_and(|promise| promise.is_running)
        }
        StaffMessageKind::EscalationEligible => about.escalation_eligible,
        StaffMessageKind::NoticeFailed
        | StaffMessageKind::SubscriptionDisabled
        | StaffMessageKind::Digest => true,
    }
}

/// `None`: there is nothing to report, or its day is over.
fn digest_words(
    message: &ClaimedStaffMessage,
    digest: &DigestContents,
    writer: Writer<'_>,
    directory: &Directory,
) -> Option<(Words, Vec<Uuid>)> {
    let owner = directory.addressee(whose(message))?;
    let held = digest.beside.iter().filter_map(|held| {
        let about = held.about.clone()?;
        still_holds(held.kind, &about).then_some((held.kind, about))
    });
    let held: Vec<_> = held.collect();
    if owner.date_of(writer.now) > message.day? || (digest.due.is_empty() && held.is_empty()) {
        return None;
    }
    let of_whom = (!message.of_whom.is_empty()).then_some(owner.name.as_str());
    let told = digest.beside.iter().map(|held| held.id).collect();
    Some((writer.digest(&digest.due, &held, of_whom), told))
}
