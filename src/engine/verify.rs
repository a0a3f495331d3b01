//! Verifies that the stored state follows from the log. Read-only: nothing is locked, and a concurrent write is not reported as a
//! difference.

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
        WrongKeys,
    },
    time_source::TimeSource,
};

/// How many complaints are held in memory at a time.
const PAGE: i64 = 100;
/// A sweep puts a clock that it cannot fire aside for minutes. One put aside for longer than this was tampered with; the margin
/// allows for clock skew between replicas.
const PUT_ASIDE_AT_MOST: SignedDuration = SignedDuration::from_mins(30);
/// How far in the future an event may be dated: the tolerated clock skew between two working replicas.
const AHEAD_AT_MOST: SignedDuration = SignedDuration::from_secs(10);

/// A problem found with the stored state of a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It cannot be parsed.
    Unreadable(String),
    /// The log names a policy version that is not known here: nothing is proved or contradicted.
    Unknown(PolicyRef),
    /// The log cannot be replayed to its end.
    Log(ReplayError),
    /// It differs from the replayed log.
    Difference(Difference),
    /// A search column differs from the value it was derived from.
    Column(Mismatch),
    /// It has a link that the other complaint lacks.
    OneSided(Link),
    /// Personal data or a notice is missing without an erasure, present despite one, or altered.
    Stray(Stray),
    /// The dispatch of a notice is not in the state that the log gives.
    Dispatch {
        /// The sequence number of the event that issued the notice.
        notice: i64,
        /// The means.
        means: ContactMeans,
        /// The stored state. `None`: there is no dispatch.
        stored: Option<String>,
        /// The state by the log. `None`: there is no dispatch.
        by_log: Option<NoticeState>,
    },
    /// Searches find it by something else than what is on record.
    SearchKeys(WrongKeys),
    /// An event is dated in the future.
    Future {
        /// Its sequence number.
        sequence: i64,
        /// Its recorded time.
        at: Timestamp,
    },
    /// A clock is put aside for longer than any sweep would do.
    Silenced(PutAside),
    /// Its row is gone, but related rows are left.
    Orphaned {
        /// Cycles of clocks.
        clocks: i64,
        /// Events.
        events: i64,
    },
}

/// What a finding means for the stored state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It contradicts the log.
    Contradicts,
    /// Explained by another release of the tz database; nobody changed anything.
    ByZones,
    /// It cannot be decided here.
    Untold,
}

impl Finding {
    /// What it means.
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
            Finding::SearchKeys(WrongKeys { missing, surplus }) => write!(
                f,
                "search keys: {missing} missing, {surplus} that nothing on record has"
            ),
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

/// The result for one complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its id.
    pub id: Uuid,
    /// The tracking number; the id if that is no longer known.
    pub tracking_number: String,
    /// How many events were replayed.
    pub events: usize,
    /// How many clock cycles were compared.
    pub clocks: usize,
    /// Empty: the complaint is verified.
    pub findings: Vec<Finding>,
}

/// The overall result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Complaints checked.
    pub complaints: usize,
    /// Events replayed.
    pub events: usize,
    /// Clock cycles compared.
    pub clocks: usize,
    /// Findings that contradict a log.
    pub differences: usize,
    /// Differences explained by another release of the tz database.
    pub by_zones: usize,
    /// Complaints under a version that is not known here.
    pub unknown: usize,
}

impl Summary {
    /// Adds a complaint.
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

/// A verification run over stored complaints.
#[derive(Debug)]
pub struct Verification<'s> {
    store: &'s Store,
    policies: PolicyBook,
    time: &'s dyn TimeSource,
    /// Versions that are not stored anywhere, or that this program cannot parse.
    unknown: BTreeSet<PolicyRef>,
}

impl<'s> Verification<'s> {
    /// Starts a run. A version activated during the run is read from the database.
    #[must_use]
    pub fn new(store: &'s Store, policies: &PolicyBook, time: &'s dyn TimeSource) -> Self {
        Verification {
            store,
            policies: policies.clone(),
            time,
            unknown: BTreeSet::new(),
        }
    }

    /// Replays one complaint's log, and compares the result with what is stored.
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
            // Each iteration resolves one more version, so this terminates.
            match unknown {
                Some(version) if self.learn(version)? => {}
                _ => return Ok(verified),
            }
        }
    }

    /// Like [`Self::verify`], and also checks that personal data and notices are readable, and present unless erased.
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

    /// Problems with the personal data and notices of complaints. They are read after the logs, so missing data may have been
    /// erased since: the current logs decide.
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
        for (id, keys) in self.wrong_keys(page)? {
            let findings = findings.entry(id).or_default();
            // Otherwise it follows from that.
            if findings.is_empty() && !strays.contains_key(&id) {
                findings.push(Finding::SearchKeys(keys));
            }
        }
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

    /// The dispatches that are not in the state that the logs give. They are read after the logs, so complaints changed since are
    /// left to the next verification.
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

    /// The search keys that do not follow from what is stored. They are read after the logs, so complaints changed since are left to
    /// the next verification.
    fn wrong_keys(&self, page: &[&ListedHistory]) -> Result<Vec<(Uuid, WrongKeys)>, StoreError> {
        let complaints = page.iter().filter_map(|found| {
            let history = found.history.as_ref().ok()?;
            Some((found.id, &history.case.complaint))
        });
        let complaints: BTreeMap<Uuid, _> = complaints.collect();
        let wrong = self.store.wrong_search_keys(complaints.values().copied())?;
        if wrong.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = wrong.keys().copied().collect();
        let versions = self.store.versions(&ids)?;
        let unchanged = wrong.into_iter().filter(|(id, _)| {
            let read = complaints.get(id).map(|complaint| complaint.version());
            versions.get(id).copied() == read
        });
        Ok(unchanged.collect())
    }

    /// Loads a version stored after the book was made. `false`: there is none that can be parsed.
    fn learn(&mut self, version: &PolicyRef) -> Result<bool, StoreError> {
        if self.unknown.contains(version) {
            return Ok(false);
        }
        let kept = self
            .store
            .transaction(|transaction| transaction.kept_policy(version))?;
        // Stored with its calendars, so those that the program started with are not needed.
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

    /// Verifies complaints one by one, in the order of the coverage, and passes each result to `each`, which can stop the run
    /// with an error.
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

    /// Like [`Self::each`], but yields to another process that is doing the same: `None`.
    ///
    /// # Errors
    /// Those of [`Self::each`].
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

    /// Also returns whether it reached the last page.
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
                // Orphans between the last page and the end of this one, so that finding them is paged too.
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
