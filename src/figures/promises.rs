//! Promises as they count: which code makes them, whether they were kept, and when they fell due.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    domain::{Clock, ClockState},
    policy::{ClockRule, PolicyBook, PolicyRef, Trigger},
};

/// Whether a promise was kept, as far as the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// At or before its due time.
    InTime,
    /// Later or not at all, or its breach is on record.
    Missed,
    /// Neither yet.
    Open,
}

/// One promise that has or had a due time, and did not lapse before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The clock.
    pub clock: String,
    /// Its cycle.
    pub cycle: i32,
    /// The last instant at which it is kept.
    pub due: Timestamp,
    /// Whether it was.
    pub kept: Kept,
}

/// The promises of these cycles of clocks. A cycle whose breach a migration carried over into the next one is the same promise as
/// that, and counts there.
#[must_use]
pub fn promises_of(clocks: &[Clock]) -> Vec<Promise> {
    let carried_over = |clock: &Clock| {
        clock.breached_at.is_some()
            && clocks.iter().any(|next| {
                next.is(&clock.name, clock.cycle.saturating_add(1))
                    && next.breached_at == clock.breached_at
            })
    };
    let promises = clocks.iter().filter_map(|clock| {
        let kept = match clock.state {
            ClockState::Cancelled => return None,
            ClockState::Met => Kept::InTime,
            ClockState::Missed => Kept::Missed,
            ClockState::Running | ClockState::Paused if clock.breached_at.is_some() => Kept::Missed,
            ClockState::Running | ClockState::Paused => Kept::Open,
        };
        Some(Promise {
            clock: clock.name.clone(),
            cycle: clock.cycle,
            due: clock.due.filter(|_| !carried_over(clock))?,
            kept,
        })
    });
    promises.collect()
}

/// What the codes that bind a complaint say of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PromiseRule {
    /// The name of the code that makes it.
    pub(super) policy: String,
    /// Whether acknowledging the complaint keeps it.
    pub(super) acknowledges: bool,
    /// Whether it is about updates: each one keeps it and makes it again.
    pub(super) informs: bool,
}

impl PromiseRule {
    fn of(rule: &ClockRule) -> Self {
        PromiseRule {
            policy: rule.code.policy.name.clone(),
            acknowledges: rule.stops_on.contains(&Trigger::Acknowledged),
            informs: rule.restarts_on.contains(&Trigger::UpdateSent),
        }
    }
}

type Bound = (PolicyRef, Vec<PolicyRef>);

/// What is known of promises, by the codes that bind their complaints. Remembers what it was asked.
#[derive(Debug, Clone)]
pub struct PromiseRules {
    book: Arc<PolicyBook>,
    known: BTreeMap<Bound, BTreeMap<String, Arc<PromiseRule>>>,
}

impl PromiseRules {
    /// By the codes in a book.
    #[must_use]
    pub fn of(book: Arc<PolicyBook>) -> Self {
        PromiseRules {
            book,
            known: BTreeMap::new(),
        }
    }

    /// The rule of a clock. A cycle that ended before its complaint was moved to other versions may have a clock that these no
    /// longer have: then any version tells.
    pub(super) fn rule(&mut self, bound: &Bound, clock: &str) -> Arc<PromiseRule> {
        if let Some(rule) = self.known.get(bound).and_then(|rules| rules.get(clock)) {
            return Arc::clone(rule);
        }
        let (own, additional) = bound;
        let policy = self.book.bound(own, additional);
        let rule = policy.as_ref().and_then(|policy| policy.clock(clock));
        let rule = rule.map(PromiseRule::of).or_else(|| {
            let mut versions = self.book.versions();
            versions.find_map(|version| version.clock(clock).map(PromiseRule::of))
        });
        let rule = Arc::new(rule.unwrap_or_else(|| PromiseRule {
            policy: own.name.clone(),
            acknowledges: false,
            informs: false,
        }));
        let rules = self.known.entry(bound.clone()).or_default();
        rules.insert(clock.to_owned(), Arc::clone(&rule));
        rule
    }
}
