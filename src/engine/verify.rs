//! Whether what is stored follows from the log. Reads alone: nothing is locked, and a write in between is no difference.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    calendar::{CalendarBook, Zones},
    domain::{Difference, Identity, Replay, ReplayError, Under},
    policy::{PolicyBook, PolicyRef},
    store::{Found, Scope, Store, StoreError},
};

/// How many complaints are held in memory at a time.
const PAGE: i64 = 100;

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
        }
    }
}

/// What was found of one complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its id.
    pub id: Uuid,
    /// What the customer quotes.
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
    /// Versions that are kept nowhere, or that this program cannot read.
    unknown: BTreeSet<PolicyRef>,
}

impl<'s> Verification<'s> {
    /// Begins one. A version that is activated while it runs is read from where it is kept.
    #[must_use]
    pub fn new(store: &'s Store, policies: &PolicyBook) -> Self {
        Verification {
            store,
            policies: policies.clone(),
            unknown: BTreeSet::new(),
        }
    }

    /// Replays one complaint's log, and compares what it gives with what is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub fn verify(&mut self, found: &Found) -> Result<Verified, StoreError> {
        loop {
            let verified = verify(found, &self.policies);
            let [Finding::Unknown(version)] = verified.findings.as_slice() else {
                return Ok(verified);
            };
            // Each turn makes one more known, so this comes to its end.
            if !self.learn(version)? {
                return Ok(verified);
            }
        }
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
            Some(Err(error)) => tracing::error!(%error, "a kept policy cannot be read"),
            None => {}
        }
        self.unknown.insert(version.clone());
        Ok(false)
    }

    /// Verifies complaint after complaint, in the order of their ids, and tells each. `each` ends it early by an error.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// When the database fails, or what `each` returns.
    pub fn each<E: From<StoreError>>(
        self,
        scope: Scope,
        each: impl FnMut(&Verified) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let store = self.store;
        let page = |after| store.histories(scope, after, PAGE).map(Some);
        Ok(self.walk(page, each)?.0)
    }

    /// As [`Self::each`], but gives way where another process is found at it: `None`.
    ///
    /// # Errors
    /// As [`Self::each`].
    pub fn alone<E: From<StoreError>>(
        self,
        scope: Scope,
        each: impl FnMut(&Verified) -> Result<(), E>,
    ) -> Result<Option<Summary>, E> {
        let store = self.store;
        let page = |after| store.histories_alone(scope, after, PAGE);
        let (summary, whole) = self.walk(page, each)?;
        Ok(whole.then_some(summary))
    }

    /// Whether it came to the end of the pages is told with what was found.
    fn walk<E: From<StoreError>>(
        mut self,
        page: impl Fn(Option<Uuid>) -> Result<Option<Vec<Found>>, StoreError>,
        mut each: impl FnMut(&Verified) -> Result<(), E>,
    ) -> Result<(Summary, bool), E> {
        let (mut summary, mut after) = (Summary::default(), None);
        loop {
            let Some(page) = page(after)? else {
                return Ok((summary, false));
            };
            let Some(last) = page.last() else {
                return Ok((summary, true));
            };
            after = Some(last.id);
            for found in &page {
                let verified = self.verify(found)?;
                summary.add(&verified);
                each(&verified)?;
            }
        }
    }
}

fn verify(found: &Found, policies: &PolicyBook) -> Verified {
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
    let findings = match Replay::all(identity, &history.log, Under::Kept(policies)) {
        Ok(replay) => {
            let differences = replay.differences(&history.case).into_iter();
            differences.map(Finding::Difference).collect()
        }
        Err(ReplayError::UnknownPolicy(policy)) => vec![Finding::Unknown(policy)],
        Err(error) => vec![Finding::Log(error)],
    };
    Verified {
        events: history.log.len(),
        clocks: history.case.clocks.len(),
        ..nothing(findings)
    }
}
