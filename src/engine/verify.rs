//! Whether what is stored follows from the log. Reads alone: nothing is locked, and a write in between is no difference.

use uuid::Uuid;

use crate::{
    domain::{Difference, Identity, Replay, ReplayError, Under},
    policy::PolicyBook,
    store::{Found, Scope, Store, StoreError},
};

/// How many complaints are held in memory at a time.
const PAGE: i64 = 100;

/// One thing that speaks against what is stored of a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It cannot be read.
    Unreadable(String),
    /// The log cannot be followed to its end.
    Log(ReplayError),
    /// It is not what the log gives.
    Difference(Difference),
}

impl Finding {
    /// Whether it comes from another release of the tz database alone.
    #[must_use]
    pub fn is_by_zones(&self) -> bool {
        matches!(self, Finding::Difference(difference) if difference.is_by_zones())
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Unreadable(why) => f.write_str(why),
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
    /// Findings, without those by the tz database.
    pub differences: usize,
    /// Differences that come from another release of the tz database alone.
    pub by_zones: usize,
}

impl Summary {
    /// Counts one more complaint.
    pub fn add(&mut self, verified: &Verified) {
        let by_zones = verified.findings.iter().filter(|f| f.is_by_zones()).count();
        self.complaints += 1;
        self.events += verified.events;
        self.clocks += verified.clocks;
        self.by_zones += by_zones;
        self.differences += verified.findings.len() - by_zones;
    }
}

/// Replays one complaint's log, and compares what it gives with what is stored.
#[must_use]
pub fn verify(found: &Found, policies: &PolicyBook) -> Verified {
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
        Err(error) => vec![Finding::Log(error)],
    };
    Verified {
        events: history.log.len(),
        clocks: history.case.clocks.len(),
        ..nothing(findings)
    }
}

/// Verifies complaint after complaint, in the order of their ids, and tells each. `each` ends it early by an error.
///
/// Blocks; not for an async task.
///
/// # Errors
/// When the database fails, or what `each` returns.
pub fn verify_each<E: From<StoreError>>(
    store: &Store,
    policies: &PolicyBook,
    scope: Scope,
    each: impl FnMut(&Verified) -> Result<(), E>,
) -> Result<Summary, E> {
    let page = |after| store.histories(scope, after, PAGE);
    walk(page, policies, each)
}

/// As [`verify_each`], but ends where another process is found at it.
///
/// # Errors
/// As [`verify_each`].
pub fn verify_alone<E: From<StoreError>>(
    store: &Store,
    policies: &PolicyBook,
    scope: Scope,
    each: impl FnMut(&Verified) -> Result<(), E>,
) -> Result<Summary, E> {
    let page = |after| store.histories_alone(scope, after, PAGE);
    walk(page, policies, each)
}

fn walk<E: From<StoreError>>(
    page: impl Fn(Option<Uuid>) -> Result<Vec<Found>, StoreError>,
    policies: &PolicyBook,
    mut each: impl FnMut(&Verified) -> Result<(), E>,
) -> Result<Summary, E> {
    let (mut summary, mut after) = (Summary::default(), None);
    loop {
        let page = page(after)?;
        let Some(last) = page.last() else {
            return Ok(summary);
        };
        after = Some(last.id);
        for found in &page {
            let verified = verify(found, policies);
            summary.add(&verified);
            each(&verified)?;
        }
    }
}
