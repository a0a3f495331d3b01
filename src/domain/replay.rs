//! A complaint from its log alone: its events, the codes that bind it, and nothing that is stored beside them.

use std::sync::Arc;

use super::{
    clock::Clock,
    command::Identity,
    complaint::Complaint,
    decision::Case,
    escalation,
    event::{self, Event, Fact},
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
    #[error("event {sequence} or the one before it was changed: its hash does not hold")]
    Broken {
        /// The event.
        sequence: i64,
    },
    /// A log begins with a filing.
    #[error("the log does not begin with a filing")]
    NotFiled,
    /// A version that the log names is not known here.
    #[error("{0} is not known here")]
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
            Under::Kept(book) => bound(book, &filed.policy, &filed.beside)?,
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
        match (&self.under, &event.fact) {
            (Under::Kept(book), Fact::Migrated(migrated)) => {
                let policy = bound(book, &migrated.policy, &migrated.beside)?;
                let supposed = self.supposed(Arc::clone(&policy))?;
                self.case
                    .migrate(event.at, supposed, &self.policy, &policy)?;
                self.policy = policy;
                self.case
                    .follow(event.at, &event.fact, None, &self.policy)?;
            }
            (Under::Kept(_), fact) => {
                let firing = event.firing.as_ref();
                self.case.follow(event.at, fact, firing, &self.policy)?;
            }
            // What its own clocks caused says nothing of the supposed ones.
            (Under::Supposed(_), Fact::Migrated(_) | Fact::Breached { .. }) => {}
            (Under::Supposed(_), fact) => {
                self.case.follow(event.at, fact, None, &self.policy)?;
            }
        }
        self.read += 1;
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
        let hash = event::chain(
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
        complaint.last_sequence = event.sequence;
        complaint.last_event_at = event.at;
        complaint.last_hash = hash;
        Ok(())
    }

    /// Where it stands after the last event that was read, with every cycle of every clock.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// What binds it now.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// How what is stored differs from what the log says. Empty: it is proved.
    #[must_use]
    pub fn differences(&self, stored: &Case) -> Vec<Difference> {
        let mut found = Vec::new();
        let complaint = &self.case.complaint;
        let replayed = Complaint {
            escalation_reasons: escalation::reasons(complaint, &self.policy),
            // Counted and dated by decisions, which the log does not tell apart.
            version: stored.complaint.version,
            escalation_eligible_at: stored.complaint.escalation_eligible_at,
            ..complaint.clone()
        };
        compare("complaint", &stored.complaint, &replayed, &mut found);
        for clock in &self.case.clocks {
            match find(stored, clock) {
                Some(known) => compare_clocks(known, clock, &mut found),
                None => {
                    let place = format!("clock {} cycle {}", clock.name, clock.cycle);
                    found.push(Difference::whole(place, "missing", "there"));
                }
            }
        }
        for clock in &stored.clocks {
            if find(&self.case, clock).is_none() {
                let place = format!("clock {} cycle {}", clock.name, clock.cycle);
                found.push(Difference::whole(place, "there", "missing"));
            }
        }
        found
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

fn find<'c>(case: &'c Case, clock: &Clock) -> Option<&'c Clock> {
    let same = |other: &&Clock| other.is(&clock.name, clock.cycle);
    case.clocks.iter().find(same)
}

fn bound(
    book: &PolicyBook,
    own: &PolicyRef,
    beside: &[PolicyRef],
) -> Result<Arc<Policy>, ReplayError> {
    book.bound(own, beside).ok_or_else(|| {
        let mut named = beside.iter().chain([own]);
        let unknown = named.find(|version| book.get(version).is_none());
        ReplayError::UnknownPolicy(unknown.unwrap_or(own).clone())
    })
}

/// One thing that is stored otherwise than the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which: `clock resolution cycle 1: due`.
    pub what: String,
    /// What is stored.
    pub stored: String,
    /// What follows from the log.
    pub replayed: String,
    /// Where it comes from.
    pub cause: Cause,
}

/// Where a difference comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// What is stored, or the log, was changed past the service.
    Contradiction,
    /// The same rule gives another instant since the rules of a time zone are others.
    Zones {
        /// The release of the tz database that gave what is stored.
        counted_with: String,
        /// The release that is in use.
        present: String,
    },
}

impl Difference {
    fn whole(what: String, stored: &str, replayed: &str) -> Self {
        Difference {
            what,
            stored: stored.to_owned(),
            replayed: replayed.to_owned(),
            cause: Cause::Contradiction,
        }
    }

    /// Whether it comes from another release of the tz database alone.
    #[must_use]
    pub fn is_by_zones(&self) -> bool {
        self.cause != Cause::Contradiction
    }
}

/// What of a clock the zone of its calendar bears on.
const BY_ZONE: [&str; 7] = [
    "start",
    "due",
    "target",
    "segment_start",
    "counted_before",
    "remaining",
    "next",
];
/// Of clocks that were timed before it was recorded.
const UNKNOWN: &str = "unknown";

/// How a clock as it is stored differs from what follows from the log. Which release of the tz database it was counted with
/// is no difference; where that is another one than now, it explains one.
fn compare_clocks(stored: &Clock, replayed: &Clock, found: &mut Vec<Difference>) {
    let place = format!("clock {} cycle {}", replayed.name, replayed.cycle);
    let (counted_with, present) = (&stored.tzdb_version, &replayed.tzdb_version);
    let same_release = Clock {
        tzdb_version: counted_with.clone(),
        ..replayed.clone()
    };
    let mut differences = Vec::new();
    compare(&place, stored, &same_release, &mut differences);
    if counted_with != present && counted_with != UNKNOWN {
        let by_zone = |difference: &&mut Difference| {
            let member = difference.what.rsplit(": ").next();
            member.is_some_and(|member| BY_ZONE.contains(&member))
        };
        for difference in differences.iter_mut().filter(by_zone) {
            difference.cause = Cause::Zones {
                counted_with: counted_with.clone(),
                present: present.clone(),
            };
        }
    }
    found.append(&mut differences);
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Difference {
            what,
            stored,
            replayed,
            cause,
        } = self;
        match cause {
            Cause::Contradiction => write!(f, "{what}: stored {stored}, by the log {replayed}"),
            Cause::Zones {
                counted_with,
                present,
            } => write!(
                f,
                "{what}: {stored}, counted with tz database {counted_with}; {present} gives {replayed}"
            ),
        }
    }
}

/// Member by member, so that what differs is named.
fn compare<T: serde::Serialize>(
    place: &str,
    stored: &T,
    replayed: &T,
    found: &mut Vec<Difference>,
) {
    let members = |value| match serde_json::to_value(value) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (stored, replayed) = (members(stored), members(replayed));
    for (name, by_log) in &replayed {
        let kept = stored.get(name).unwrap_or(&serde_json::Value::Null);
        if kept != by_log {
            found.push(Difference::whole(
                format!("{place}: {name}"),
                &kept.to_string(),
                &by_log.to_string(),
            ));
        }
    }
}
