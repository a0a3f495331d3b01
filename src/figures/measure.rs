//! What is counted, and what is computed from counts.

use crate::policy::words;

words! {
    /// A measure. [`super::definition`] says what it means.
    Measure {
        PromisesKept = "promises_kept",
        PromisesMissed = "promises_missed",
        PromisesOpen = "promises_open",
        PromisesKeptPercent = "promises_kept_percent",
        AcknowledgedInTime = "acknowledged_in_time",
        AcknowledgedLate = "acknowledged_late",
        UpdatesOverdue = "updates_overdue",
        Received = "received",
        Closed = "closed",
        Resolved = "resolved",
        ResolvedAtFirstContact = "resolved_at_first_contact",
        MeanDaysToResolve = "mean_days_to_resolve",
        MedianDaysToResolve = "median_days_to_resolve",
        DaysToResolve80Percent = "days_to_resolve_80_percent",
        DaysToResolve95Percent = "days_to_resolve_95_percent",
        Escalated = "escalated",
        Referred = "referred",
        Reopened = "reopened",
        NoticesFailed = "notices_failed",
    }
}

impl Measure {
    /// Whether it is about promises, and can be divided by clock.
    #[must_use]
    pub const fn is_of_promises(self) -> bool {
        matches!(
            self,
            Measure::PromisesKept
                | Measure::PromisesMissed
                | Measure::PromisesOpen
                | Measure::PromisesKeptPercent
                | Measure::AcknowledgedInTime
                | Measure::AcknowledgedLate
                | Measure::UpdatesOverdue
        )
    }

    /// What is counted for it: the measure itself, or those that it is computed from.
    #[must_use]
    pub const fn counts(self) -> &'static [Measure] {
        match self {
            Measure::PromisesKept => &[Measure::PromisesKept],
            Measure::PromisesMissed => &[Measure::PromisesMissed],
            Measure::PromisesOpen => &[Measure::PromisesOpen],
            Measure::PromisesKeptPercent => &[Measure::PromisesKept, Measure::PromisesMissed],
            Measure::AcknowledgedInTime => &[Measure::AcknowledgedInTime],
            Measure::AcknowledgedLate => &[Measure::AcknowledgedLate],
            Measure::UpdatesOverdue => &[Measure::UpdatesOverdue],
            Measure::Received => &[Measure::Received],
            Measure::Closed => &[Measure::Closed],
            Measure::Resolved
            | Measure::MeanDaysToResolve
            | Measure::MedianDaysToResolve
            | Measure::DaysToResolve80Percent
            | Measure::DaysToResolve95Percent => &[Measure::Resolved],
            Measure::ResolvedAtFirstContact => &[Measure::ResolvedAtFirstContact],
            Measure::Escalated => &[Measure::Escalated],
            Measure::Referred => &[Measure::Referred],
            Measure::Reopened => &[Measure::Reopened],
            Measure::NoticesFailed => &[Measure::NoticesFailed],
        }
    }
}
