//! A complaint from its log alone: its events, the codes that bind it, and nothing that is stored beside them.

use std::sync::Arc;

use super::{
    case::Case,
    command::Identity,
    complaint::Complaint,
    event::{Event, Fact},
    record,
    standings::Standings,
};
use crate::{
    calendar::OutOfRange,
    policy::{Policy, PolicyBook, PolicyRef},
};

/// Under which codes a log is read.
#[derive(Debug, Clone)]
pub enum Under<'a> {
    /// Those that the log itself names: what was the case.
    Kept(&'a PolicyBook),
    /// This one from the first event on: what would have been the case.
    Supposed(Arc<Policy>),
}

/// Why a log cannot be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// An event is missing, stands twice or in the wrong place.
    #[error("event {expected} is missing: event {found} stands in its place")]
    Gap {
        /// The number that comes next.
        expected: i64,
        /// The number that stands there.
        found: i64,
    },
    /// The hash is not that of this event after the one before it.
    #[error("event {sequence} or the preceding one was changed: its hash does not match")]
    Broken {
        /// The event.
        sequence: i64,
    },
    /// Events are missing at its end.
    #[error("the log ends with event {found}, but {recorded} were recorded")]
    Cut {
        /// The last that there is.
        found: i64,
        /// The last that was recorded.
        recorded: i64,
    },
    /// A log begins with a filing.
    #[error("the log does not begin with a `filed` event")]
    NotFiled,
    /// A version that the log names is not known here.
    #[error("this release does not have the policy version {0}")]
    UnknownPolicy(PolicyRef),
    /// A due time lies beyond what a calendar can count.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// A log that is being read.
#[derive(Debug)]
pub struct Replay<'a> {
    log: &'a [Event],
    read: usize,
    under: Under<'a>,
    policy: Arc<Policy>,
    case: Case,
    standings: Standings,
}

impl<'a> Replay<'a> {
    /// Stands before the first event.
    ///
    /// # Errors
    /// When that is no filing, or what binds it is not known.
    pub fn new(
        identity: Identity,
        log: &'a [Event],
        under: Under<'a>,
    ) -> Result<Self, ReplayError> {
        let first = log.first().ok_or(ReplayError::NotFiled)?;
        let Fact::Filed(filed) = &first.fact else {
            return Err(ReplayError::NotFiled);
        };
        let policy = match &under {
            Under::Kept(book) => bound(book, &filed.policy, &filed.additional_policies)?,
            Under::Supposed(policy) => Arc::clone(policy),
        };
        Ok(Replay {
            log,
            read: 0,
            under,
            policy,
            case: Case {
                complaint: Complaint::filed(identity, first.at, filed),
                clocks: Vec::new(),
            },
            standings: Standings::default(),
        })
    }

    /// Reads a whole log.
    ///
    /// # Errors
    /// At the first event that cannot be what was recorded.
    pub fn all(
        identity: Identity,
        log: &'a [Event],
        under: Under<'a>,
    ) -> Result<Self, ReplayError> {
        let mut replay = Replay::new(identity, log, under)?;
        while replay.step()?.is_some() {}
        Ok(replay)
    }

    /// Reads the next event, and returns it.
    ///
    /// # Errors
    /// When it cannot be the next one that was recorded.
    pub fn step(&mut self) -> Result<Option<&'a Event>, ReplayError> {
        let Some(event) = self.log.get(self.read) else {
            return Ok(None);
        };
        self.chain(event)?;
        let recorded = (event.at, event.actor.as_str());
        match (&self.under, &event.fact) {
            (Under::Kept(book), Fact::Migrated(migrated)) => {
                let policy = bound(book, &migrated.policy, &migrated.additional_policies)?;
                let supposed = self.supposed(Arc::clone(&policy))?;
                let codes = (&*self.policy, &*policy);
                self.case
                    .apply_migration(event.at, migrated, supposed, codes)?;
                self.policy = policy;
            }
            (Under::Kept(_), fact) => {
                let firing = event.firing.as_ref();
                self.case.apply(recorded, fact, firing, &self.policy)?;
            }
            // What its own clocks caused says nothing of the supposed ones.
            (
                Under::Supposed(_),
                Fact::Migrated(_)
                | Fact::Breached { .. }
                | Fact::BreachWithdrawn { .. }
                | Fact::EscalationEligible { .. }
                | Fact::EscalationEligibilityWithdrawn { .. },
            ) => {}
            (Under::Supposed(_), fact) => {
                self.case.apply(recorded, fact, None, &self.policy)?;
            }
        }
        self.read += 1;
        if matches!(self.under, Under::Kept(_)) {
            let next = self.log.get(self.read);
            self.standings.read(event, next, &self.case.complaint);
        }
        Ok(Some(event))
    }

    /// The complaint as it would stand here under another code.
    fn supposed(&self, policy: Arc<Policy>) -> Result<Case, ReplayError> {
        let complaint = &self.case.complaint;
        let identity = Identity {
            id: complaint.id,
            tracking_number: complaint.tracking_number.clone(),
        };
        suppose(identity, &self.log[..self.read], policy)
    }

    fn chain(&mut self, event: &Event) -> Result<(), ReplayError> {
        let complaint = &mut self.case.complaint;
        let expected = complaint.last_sequence + 1;
        if event.sequence != expected {
            let found = event.sequence;
            return Err(ReplayError::Gap { expected, found });
        }
        let hash = record::chain(
            &complaint.last_hash,
            complaint.id.as_bytes(),
            event.sequence,
            event.at,
            &event.actor,
            &event.payload,
            event.firing.as_ref(),
        );
        if hash != event.hash {
            let sequence = event.sequence;
            return Err(ReplayError::Broken { sequence });
        }
        complaint.append(event.sequence, event.at, &hash);
        Ok(())
    }

    /// Where it stands after the last event that was read, with every cycle of every clock.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// What the events say of where the complaint stood.
    pub(super) fn standings(&self) -> &Standings {
        &self.standings
    }

    /// What binds it now.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }
}

/// How a complaint with this log would stand if this code had bound it from its filing on.
///
/// # Errors
/// As [`Replay::all`].
pub fn suppose(
    identity: Identity,
    log: &[Event],
    policy: Arc<Policy>,
) -> Result<Case, ReplayError> {
    Ok(Replay::all(identity, log, Under::Supposed(policy))?.case)
}

fn bound(
    book: &PolicyBook,
    own: &PolicyRef,
    additional_policies: &[PolicyRef],
) -> Result<Arc<Policy>, ReplayError> {
    book.bound(own, additional_policies).ok_or_else(|| {
        let mut named = additional_policies.iter().chain([own]);
        let unknown = named.find(|version| book.get(version).is_none());
        ReplayError::UnknownPolicy(unknown.unwrap_or(own).clone())
    })
}
