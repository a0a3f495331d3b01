//! Whether what is stored follows from the log. Only reads: nothing is locked, and a write in between is not a difference.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    calendar::{CalendarBook, Zones},
    domain::{
        Astray, Attachable, ContactMeans, Difference, Identity, Link, NoticeState, Replay,
        ReplayError, Stray, Under, dispatches,
    },
    policy::{PolicyBook, PolicyRef},
    store::{
        Coverage, HistoryPlace, ListedHistory, Mismatch, Orphans, PutAside, Store, StoreError,
    },
    time_source::TimeSource,
};

/// How many complaints are held in memory at a time.
const PAGE: i64 = 100;
/// A sweep puts a clock that it cannot fire aside for minutes. What is put aside for longer than this was silenced; the rest
/// is room for replicas whose clocks do not agree.
const PUT_ASIDE_AT_MOST: SignedDuration = SignedDuration::from_mins(30);
/// How far ahead of the present an event may be dated: what the times of two replicas that work may differ by.
const AHEAD_AT_MOST: SignedDuration = SignedDuration::from_secs(10);

/// One thing that speaks against what is stored of a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It cannot be read.
    Unreadable(String),
    /// The log names a version of a policy that is not known here: nothing is proved, and nothing contradicted.
    Unknown(PolicyRef),
    /// The log cannot be followed to its end.
    Log(ReplayError),
    /// It is not what the log gives.
    Difference(Difference),
    /// A column that is searched by says otherwise than what it was taken from.
    Column(Mismatch),
    /// It has a link that the other complaint does not have.
    OneSided(Link),
    /// Personal data or a notice are missing although nothing erased them, there although something did, or altered.
    Stray(Stray),
    /// The sending of a notice does not stand where the log says.
    Dispatch {
        /// The number of the event that issued the notice.
        notice: i64,
        /// The means.
        means: ContactMeans,
        /// Where it stands as it is stored; `None`: there is none.
        stored: Option<String>,
        /// Where it stands by the log; `None`: there is none.
        by_log: Option<NoticeState>,
    },
    /// An event is dated in the future.
    Future {
        /// Its number.
        sequence: i64,
        /// When it was recorded, as it says.
        at: Timestamp,
    },
    /// A clock fires nothing for longer than any sweep would have it.
    Silenced(PutAside),
    /// Its row is gone, and what belongs to it is left.
    Orphaned {
        /// Cycles of clocks.
        clocks: i64,
        /// Events.
        events: i64,
    },
}

/// What a finding says of what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It contradicts the log.
    Contradicts,
    /// Another release of the tz database gives it; nobody changed anything.
    ByZones,
    /// It cannot be told here.
    Untold,
}

impl Finding {
    /// What it says.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Finding::Difference(difference) if difference.is_by_zones() => Weight::ByZones,
            Finding::Unknown(_) => Weight::Untold,
            _ => Weight::Contradicts,
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Unreadable(why) => f.write_str(why),
            Finding::Unknown(policy) => ReplayError::UnknownPolicy(policy.clone()).fmt(f),
            Finding::Log(error) => error.fmt(f),
            Finding::Difference(difference) => difference.fmt(f),
            Finding::Column(mismatch) => mismatch.fmt(f),
            Finding::OneSided(link) => write!(
                f,
                "links: {} {}, which does not have the link from its side",
                link.kind, link.tracking_number
            ),
            Finding::Stray(stray) => stray.fmt(f),
            Finding::Dispatch {
                notice,
                means,
                stored,
                by_log,
            } => {
                let stored = stored.as_deref().unwrap_or("missing");
                let by_log = by_log.map_or("missing", |state| state.as_str());
                write!(
                    f,
                    "dispatch of notice {notice} by {means}: stored {stored}, by the log {by_log}"
                )
            }
            Finding::Silenced(PutAside {
                clock,
                cycle,
                until,
            }) => write!(
                f,
                "clock {clock} cycle {cycle}: put_aside_until: it fires nothing before {until}"
            ),
            Finding::Future { sequence, at } => {
                write!(f, "event {sequence}: at: it is dated in the future: {at}")
            }
            Finding::Orphaned { clocks, events } => write!(
                f,
                "the complaint is gone; {clocks} cycles of clocks and {events} events are left of it"
            ),
        }
    }
}

/// What was found of one complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its id.
    pub id: Uuid,
    /// What the customer quotes; the id where that is not known any more.
    pub tracking_number: String,
    /// How many events were replayed.
    pub events: usize,
    /// How many cycles of clocks were compared.
    pub clocks: usize,
    /// None: it is proved.
    pub findings: Vec<Finding>,
}

/// What was found in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Complaints that were looked at.
    pub complaints: usize,
    /// Events that were replayed.
    pub events: usize,
    /// Cycles of clocks that were compared.
    pub clocks: usize,
    /// Findings that contradict a log.
    pub differences: usize,
    /// Differences that come from another release of the tz database alone.
    pub by_zones: usize,
    /// Complaints under a version that is not known here.
    pub unknown: usize,
}

impl Summary {
    /// Counts one more complaint.
    pub fn add(&mut self, verified: &Verified) {
        self.complaints += 1;
        self.events += verified.events;
        self.clocks += verified.clocks;
        for finding in &verified.findings {
            match finding.weight() {
                Weight::Contradicts => self.differences += 1,
                Weight::ByZones => self.by_zones += 1,
                Weight::Untold => self.unknown += 1,
            }
        }
    }
}

/// A look at what is stored, complaint after complaint.
#[derive(Debug)]
pub struct Verification<'s> {
    store: &'s Store,
    policies: PolicyBook,
    time: &'s dyn TimeSource,
    /// Versions that are kept nowhere, or that this program cannot read.
    unknown: BTreeSet<PolicyRef>,
}

impl<'s> Verification<'s> {
    /// Begins one. A version that is activated while it runs is read from where it is kept.
    #[must_use]
    pub fn new(store: &'s Store, policies: &PolicyBook, time: &'s dyn TimeSource) -> Self {
        Verification {
            store,
            policies: policies.clone(),
            time,
            unknown: BTreeSet::new(),
        }
    }

    /// Replays one complaint's log, and compares what it gives with what is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verify(&mut self, found: &ListedHistory) -> Result<Verified, StoreError> {
        loop {
            let verified = verify(found, &self.policies, self.time.now());
            let unknown = verified.findings.iter().find_map(|finding| match finding {
                Finding::Unknown(version) => Some(version),
                _ => None,
            });
            // Each turn makes one more known, so this comes to its end.
            match unknown {
                Some(version) if self.learn(version)? => {}
                _ => return Ok(verified),
            }
        }
    }

    /// As [`Self::verify`], and looks at the personal data and the notices: whether they can be read, and whether all are there
    /// that nothing has erased.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verify_wholly(&mut self, found: &ListedHistory) -> Result<Verified, StoreError> {
        let mut verified = self.verify(found)?;
        let mut beside = self.beside(&[found])?;
        verified
            .findings
            .extend(beside.remove(&found.id).unwrap_or_default());
        Ok(verified)
    }

    /// What is wrong with the personal data and the notices of complaints. They are read after the logs, so what is missing may
    /// have been erased since: the present logs say.
    fn beside(&self, page: &[&ListedHistory]) -> Result<BTreeMap<Uuid, Vec<Finding>>, StoreError> {
        let ids: Vec<Uuid> = page.iter().map(|found| found.id).collect();
        let mut beside = self.store.beside(&ids)?;
        let mut strays: BTreeMap<Uuid, Vec<Stray>> = BTreeMap::new();
        let mut findings: BTreeMap<Uuid, Vec<Finding>> = BTreeMap::new();
        for found in page {
            let beside = beside.remove(&found.id).unwrap_or_default();
            if let Ok(history) = &found.history {
                strays.insert(found.id, beside.attached.strays(&history.log));
            }
            let unreadable = beside.unreadable.iter();
            let unreadable = unreadable.map(|error| Finding::Unreadable(error.to_string()));
            findings.entry(found.id).or_default().extend(unreadable);
        }
        for (id, misplaced) in self.misplaced(page)? {
            findings.entry(id).or_default().extend(misplaced);
        }
        strays.retain(|_, strays| !strays.is_empty());
        if strays.is_empty() {
            return Ok(findings);
        }
        let ids: Vec<Uuid> = strays.keys().copied().collect();
        let erased = self.store.erased_up_to(&ids)?;
        for (id, strays) in strays {
            let erased = erased.get(&id).copied().unwrap_or_default();
            let kept = |stray: &Stray| {
                let gone = stray.how == Astray::Missing && stray.what != Attachable::Notice;
                !gone || stray.sequence > erased
            };
            let kept = strays.into_iter().filter(kept).map(Finding::Stray);
            findings.entry(id).or_default().extend(kept);
        }
        Ok(findings)
    }

    /// The dispatches that do not stand where the logs say. They are read after the logs, so a complaint that has changed since
    /// is left to the next verification.
    fn misplaced(
        &self,
        page: &[&ListedHistory],
    ) -> Result<BTreeMap<Uuid, Vec<Finding>>, StoreError> {
        let ids: Vec<Uuid> = page.iter().map(|found| found.id).collect();
        let mut stored = self.store.dispatch_states(&ids)?;
        let mut misplaced: BTreeMap<Uuid, (i64, Vec<Finding>)> = BTreeMap::new();
        for found in page {
            let Ok(history) = &found.history else {
                continue;
            };
            let mut stored = stored.remove(&found.id).unwrap_or_default();
            let mut findings: Vec<Finding> = Vec::new();
            let mut note = |(notice, means), stored: Option<String>, by_log| {
                findings.push(Finding::Dispatch {
                    notice,
                    means,
                    stored,
                    by_log,
                });
            };
            for (key, by_log) in dispatches(&history.log) {
                let stored = stored.remove(&key);
                if stored.as_deref() != Some(by_log.as_str()) {
                    note(key, stored, Some(by_log));
                }
            }
            for (key, stored) in stored {
                note(key, Some(stored), None);
            }
            if !findings.is_empty() {
                let version = history.case.complaint.version();
                misplaced.insert(found.id, (version, findings));
            }
        }
        if misplaced.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<Uuid> = misplaced.keys().copied().collect();
        let versions = self.store.versions(&ids)?;
        let unchanged = misplaced
            .into_iter()
            .filter_map(|(id, (version, findings))| {
                let same = versions.get(&id).is_none_or(|now| *now == version);
                same.then_some((id, findings))
            });
        Ok(unchanged.collect())
    }

    /// Reads a version that was kept after the book was made; `false`: there is none that can be read.
    fn learn(&mut self, version: &PolicyRef) -> Result<bool, StoreError> {
        if self.unknown.contains(version) {
            return Ok(false);
        }
        let kept = self
            .store
            .transaction(|transaction| transaction.kept_policy(version))?;
        // Kept with its calendars: those that the program was started with are not needed.
        let read = kept.map(|kept| kept.read(&CalendarBook::default(), &Zones::bundled()));
        match read {
            Some(Ok(policy)) => {
                self.policies.insert_former(policy);
                return Ok(true);
            }
            Some(Err(error)) => {
                tracing::error!(%error, "failed to read a stored version of a policy");
            }
            None => {}
        }
        self.unknown.insert(version.clone());
        Ok(false)
    }

    /// Verifies complaint after complaint, in the order of the coverage, and passes each to `each`, which ends it early with
    /// an error.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// When the database fails, or what `each` returns.
    pub fn each<E: From<StoreError>>(
        self,
        coverage: Coverage,
        each: impl FnMut(&Verified) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let store = self.store;
        let page = |after: Option<&HistoryPlace>| store.histories(coverage, after, PAGE).map(Some);
        Ok(self.walk(coverage, page, each)?.0)
    }

    /// As [`Self::each`], but gives way where another process is found at it: `None`.
    ///
    /// # Errors
    /// As [`Self::each`].
    pub fn alone<E: From<StoreError>>(
        self,
        coverage: Coverage,
        each: impl FnMut(&Verified) -> Result<(), E>,
    ) -> Result<Option<Summary>, E> {
        let store = self.store;
        let page = |after: Option<&HistoryPlace>| store.histories_alone(coverage, after, PAGE);
        let (summary, whole) = self.walk(coverage, page, each)?;
        Ok(whole.then_some(summary))
    }

    /// Whether it came to the end of the pages is told with what was found.
    fn walk<E: From<StoreError>>(
        mut self,
        coverage: Coverage,
        page: impl Fn(Option<&HistoryPlace>) -> Result<Option<Vec<ListedHistory>>, StoreError>,
        mut each: impl FnMut(&Verified) -> Result<(), E>,
    ) -> Result<(Summary, bool), E> {
        let (mut summary, mut after) = (Summary::default(), None::<HistoryPlace>);
        loop {
            let Some(page) = page(after.as_ref())? else {
                return Ok((summary, false));
            };
            let last = page.last().map(|found| found.place.clone());
            let mut beside = match coverage {
                Coverage::All => self.beside(&page.iter().collect::<Vec<_>>())?,
                Coverage::Open => BTreeMap::new(),
            };
            for found in &page {
                let mut verified = self.verify(found)?;
                verified
                    .findings
                    .extend(beside.remove(&found.id).unwrap_or_default());
                summary.add(&verified);
                each(&verified)?;
            }
            if coverage == Coverage::All {
                // Those between the last page and the end of this one, so that they cost a page too.
                let (after, last) = (after.as_ref(), last.as_ref());
                let (after, last) = (after.map(|place| place.id), last.map(|place| place.id));
                for orphans in self.store.orphans(after, last)? {
                    let verified = orphaned(&orphans);
                    summary.add(&verified);
                    each(&verified)?;
                }
            }
            if last.is_none() {
                return Ok((summary, true));
            }
            after = last;
        }
    }
}

fn orphaned(orphans: &Orphans) -> Verified {
    let Orphans {
        complaint_id,
        clocks,
        events,
    } = *orphans;
    Verified {
        id: complaint_id,
        tracking_number: complaint_id.to_string(),
        events: 0,
        clocks: 0,
        findings: vec![Finding::Orphaned { clocks, events }],
    }
}

fn verify(found: &ListedHistory, policies: &PolicyBook, now: Timestamp) -> Verified {
    let nothing = |findings| Verified {
        id: found.id,
        tracking_number: found.tracking_number.clone(),
        events: 0,
        clocks: 0,
        findings,
    };
    let history = match &found.history {
        Ok(history) => history,
        Err(error) => return nothing(vec![Finding::Unreadable(error.to_string())]),
    };
    let complaint = &history.case.complaint;
    if (complaint.id, complaint.tracking_number.as_str()) != (found.id, &*found.tracking_number) {
        let why = format!(
            "it is stored under another name: {} {}",
            complaint.id, complaint.tracking_number
        );
        return nothing(vec![Finding::Unreadable(why)]);
    }
    let identity = Identity {
        id: complaint.id,
        tracking_number: complaint.tracking_number.clone(),
    };
    let mut findings = match Replay::all(identity, &history.log, Under::Kept(policies)) {
        Ok(replay) => {
            let differences = replay.differences(&history.case).into_iter();
            differences.map(Finding::Difference).collect()
        }
        Err(ReplayError::UnknownPolicy(policy)) => vec![Finding::Unknown(policy)],
        Err(error) => vec![Finding::Log(error)],
    };
    let mismatches = history.mismatches.iter().cloned();
    findings.extend(mismatches.map(Finding::Column));
    findings.extend(history.one_sided.iter().cloned().map(Finding::OneSided));
    let silenced = history.put_aside.iter().filter(|put_aside| {
        let ahead = put_aside.until.duration_since(now);
        ahead > PUT_ASIDE_AT_MOST
    });
    findings.extend(silenced.cloned().map(Finding::Silenced));
    let future = history.log.iter().filter(|event| {
        let ahead = event.at.duration_since(now);
        ahead > AHEAD_AT_MOST
    });
    findings.extend(future.map(|event| Finding::Future {
        sequence: event.sequence,
        at: event.at,
    }));
    Verified {
        events: history.log.len(),
        clocks: history.case.clocks.len(),
        ..nothing(findings)
    }
}
