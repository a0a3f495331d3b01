//! What a change would do before it is made: to the open complaints, and to the promises of the past. Reads alone, page by
//! page, each page as of one moment; nothing is locked, and no more is kept in memory than the report.
//!
//! Driven by whoever wants the report: who stops asking has stopped the work.

mod history;
mod open;
mod plan;
mod report;
mod zones;

use std::sync::Arc;

pub use self::{
    plan::Plan,
    report::{ClockChange, Detail, PastPromises, PromiseCounts, Report},
    zones::OtherZones,
};
use crate::{
    policy::{Policy, PolicyBook},
    store::{HistoryPlace, ListedHistory, Reader, StoreError},
};

/// How many complaints are read at a time.
const PAGE: i64 = 100;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Open complaints that were looked at.
    pub open: u64,
    /// How many there were at the beginning.
    pub open_total: u64,
    /// Complaints of the past that were looked at.
    pub past: u64,
}

/// A simulation in progress.
#[derive(Debug)]
pub struct Simulation {
    reader: Reader,
    plan: Arc<Plan>,
    /// The proposed version with the codes beside it, as it would bind a complaint now.
    bound: Arc<Policy>,
    open_total: u64,
    report: Report,
    stage: Stage,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Open(Option<HistoryPlace>),
    Past(Option<HistoryPlace>),
    Over,
}

impl Simulation {
    /// Begins.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn begin(reader: Reader, plan: Plan) -> Result<Self, StoreError> {
        let bound = bound(&plan);
        let open_total = reader.count_open_under(plan.policy.name()).await?;
        Ok(Simulation {
            reader,
            bound,
            open_total: u64::try_from(open_total).unwrap_or(0),
            report: Report::default(),
            plan: Arc::new(plan),
            stage: Stage::Open(None),
        })
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            open: self.report.open,
            open_total: self.open_total,
            past: self.report.past,
        }
    }

    /// Looks at some more complaints; `false`: there are no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn go_on(&mut self) -> Result<bool, StoreError> {
        let name = self.plan.policy.name().to_owned();
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        self.stage = match (stage, self.plan.history) {
            (Stage::Open(after), history) => {
                let page = self.reader.open_histories(Some(name), after, PAGE).await?;
                match self.look_at(page, open::look_at).await? {
                    Some(after) => Stage::Open(Some(after)),
                    None if history.is_some() => Stage::Past(None),
                    None => Stage::Over,
                }
            }
            (Stage::Past(after), Some(period)) => {
                let page = self.reader.received_histories(name, period, after, PAGE);
                match self.look_at(page.await?, history::look_at).await? {
                    Some(after) => Stage::Past(Some(after)),
                    None => Stage::Over,
                }
            }
            (Stage::Past(_), None) | (Stage::Over, _) => Stage::Over,
        };
        Ok(self.stage != Stage::Over)
    }

    /// What it found.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }

    /// Works out a page off the async threads. Returns its last place, after which the next page begins, if there is one.
    async fn look_at(
        &mut self,
        page: Vec<ListedHistory>,
        look: fn(&Plan, &Arc<Policy>, ListedHistory, &mut Report),
    ) -> Result<Option<HistoryPlace>, StoreError> {
        let next = next_after(&page);
        let (plan, bound) = (Arc::clone(&self.plan), Arc::clone(&self.bound));
        let mut report = std::mem::take(&mut self.report);
        let worked = tokio::task::spawn_blocking(move || {
            for found in page {
                look(&plan, &bound, found, &mut report);
            }
            report
        });
        self.report = worked
            .await
            .map_err(|_| StoreError::Corrupt("working out a page panicked".to_owned()))?;
        Ok(next)
    }
}

/// The place after which the next page begins; `None`: there is none. A page may have fewer than were asked for: only one
/// without any is the last.
fn next_after(page: &[ListedHistory]) -> Option<HistoryPlace> {
    page.last().map(|found| found.place.clone())
}

/// The proposed version as it would bind a complaint that is moved to it now. A code beside it that has no first day yet
/// binds too: the simulation is there to show what it would do. Made in a book of its own: the one that is in use remembers
/// what it binds together.
fn bound(plan: &Plan) -> Arc<Policy> {
    let mut book = PolicyBook::default();
    book.insert_former(Policy::clone(&plan.policy));
    let mut additional_policies = Vec::new();
    for name in &plan.policy.additional_policies {
        let in_force = plan.book.in_force(name, plan.now);
        if let Some(other) = in_force.or_else(|| plan.book.without_first_day(name)) {
            additional_policies.push(other.reference());
            book.insert_former(Policy::clone(other));
        }
    }
    // Each of them is in the book.
    book.bound(&plan.policy.reference(), &additional_policies)
        .unwrap_or_else(|| Arc::clone(&plan.policy))
}
