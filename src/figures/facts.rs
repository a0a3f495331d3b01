//! What counts of one complaint.

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Dimension, History, Kept, Measure, NONE, Period, Promise, PromiseRules, StoredComplaint,
};
use crate::writing;

/// A complaint as figures see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its id.
    pub id: Uuid,
    /// How it stands.
    pub complaint: StoredComplaint,
    /// Its promises; at least those that fell due in the period.
    pub promises: Vec<Promise>,
    /// What happened to it.
    pub history: History,
}

/// Something that counts for a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'f> {
    /// For which.
    pub measure: Measure,
    /// When it counts.
    pub at: Timestamp,
    /// Of a resolution, how many days it took.
    pub days: Option<i32>,
    /// The promise, if it is one.
    pub promise: Option<&'f Promise>,
}

impl Facts {
    /// Gives everything that counts in a period to `count`, with the name of the policy that it counts under.
    pub fn count<'f>(
        &'f self,
        period: &Period,
        rules: &mut PromiseRules,
        mut count: impl FnMut(Counted<'f>, &str),
    ) {
        self.count_promises(period, rules, &mut count);
        let complaint = &self.complaint;
        if complaint.is_enquiry() {
            return;
        }
        let policy = complaint.policy.name.as_str();
        let received = [complaint.received_at];
        let history = &self.history;
        let done: [(Measure, &[Timestamp]); 8] = [
            (Measure::Received, &received),
            (Measure::Closed, &history.closed),
            (Measure::Resolved, &history.resolved),
            (Measure::ResolvedAtFirstContact, &history.at_first_contact),
            (Measure::Escalated, &history.escalated),
            (Measure::Referred, &history.referred),
            (Measure::Reopened, &history.reopened),
            (Measure::NoticesFailed, &history.notices_failed),
        ];
        for (measure, times) in done {
            for &at in times.iter().filter(|at| period.contains(**at)) {
                let took = || period.days_between(complaint.received_at, at);
                let counted = Counted {
                    measure,
                    at,
                    days: (measure == Measure::Resolved).then(took),
                    promise: None,
                };
                count(counted, policy);
            }
        }
    }

    fn count_promises<'f>(
        &'f self,
        period: &Period,
        rules: &mut PromiseRules,
        count: &mut impl FnMut(Counted<'f>, &str),
    ) {
        let due = |promise: &&Promise| period.contains(promise.due);
        let mut promises = self.promises.iter().filter(due).peekable();
        if promises.peek().is_none() {
            return;
        }
        let complaint = &self.complaint;
        let bound = (
            complaint.policy.clone(),
            complaint.additional_policies.clone(),
        );
        for promise in promises {
            let rule = rules.rule(&bound, &promise.clock);
            let mut measured = |measure| {
                let counted = Counted {
                    measure,
                    at: promise.due,
                    days: None,
                    promise: Some(promise),
                };
                count(counted, &rule.policy);
            };
            match promise.kept {
                Kept::InTime => {
                    measured(Measure::PromisesKept);
                    if rule.acknowledges {
                        measured(Measure::AcknowledgedInTime);
                    }
                }
                Kept::Missed => {
                    measured(Measure::PromisesMissed);
                    if rule.acknowledges {
                        measured(Measure::AcknowledgedLate);
                    }
                    if rule.informs {
                        measured(Measure::UpdatesOverdue);
                    }
                }
                Kept::Open => measured(Measure::PromisesOpen),
            }
        }
    }

    /// The value of a dimension for something that counts under a policy.
    pub(super) fn value<'f>(
        &'f self,
        dimension: Dimension,
        (counted, policy): (&Counted<'f>, &'f str),
        period: &Period,
    ) -> Cow<'f, str> {
        let complaint = &self.complaint;
        let first = complaint.issues.first();
        let known = |value: Option<&'f str>| Cow::Borrowed(value.unwrap_or(NONE));
        match dimension {
            Dimension::Clock => known(counted.promise.map(|promise| promise.clock.as_str())),
            Dimension::Policy => Cow::Borrowed(policy),
            Dimension::Brand => Cow::Borrowed(&complaint.brand),
            Dimension::Assignee => match &complaint.assignee {
                Some(assignee) => Cow::Owned(writing::identity(assignee)),
                None => Cow::Borrowed(NONE),
            },
            Dimension::Level => Cow::Owned(complaint.level.to_string()),
            Dimension::Channel => Cow::Borrowed(complaint.channel.as_str()),
            Dimension::Language => Cow::Borrowed(complaint.language.as_str()),
            Dimension::Region => known(complaint.region.as_deref()),
            Dimension::Service => known(first.map(|issue| issue.service.as_str())),
            Dimension::Category => known(first.map(|issue| issue.category.as_str())),
            Dimension::Month => Cow::Owned(period.day(counted.at).strftime("%Y-%m").to_string()),
            Dimension::Day => Cow::Owned(period.day(counted.at).to_string()),
        }
    }
}
