//! What each measure means, and where that comes from. A change of what is computed changes a definition.

use sha2::{Digest as _, Sha256};

use super::Measure;

/// The meaning of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// A name for people.
    pub title: &'static str,
    /// In what it is given.
    pub unit: &'static str,
    /// When something counts.
    pub definition: &'static str,
    /// The standard or the rule that it follows.
    pub source: &'static str,
}

/// Which clause asks for which figures: 8.2 for the analysis of complaints, 8.4 for monitoring how they are handled.
const ANALYSIS: &str = "ISO 10002:2018, 8.2 (analysis and evaluation of complaints)";
const MONITORING: &str = "ISO 10002:2018, 8.4 (monitoring of the complaints-handling process)";

/// The meaning of a measure.
#[must_use]
pub const fn definition(measure: Measure) -> Definition {
    match measure {
        Measure::PromisesKept => Definition {
            title: "Promises kept",
            unit: "promises",
            definition: "Cycles of clocks that fell due in the period and were kept at or before their due time. A cycle that \
                         lapsed before it was due counts nowhere. An act that was done in time and entered late keeps it.",
            source: MONITORING,
        },
        Measure::PromisesMissed => Definition {
            title: "Promises missed",
            unit: "promises",
            definition: "Cycles of clocks that fell due in the period and were kept later or not at all, or whose breach is on \
                         record. A breach that was withdrawn is none. A breach that a migration carried over into another cycle \
                         counts once, with that cycle.",
            source: MONITORING,
        },
        Measure::PromisesOpen => Definition {
            title: "Promises open",
            unit: "promises",
            definition: "Cycles of clocks that are due in the period, run, and have no breach on record. A paused clock has no due \
                         time and counts nowhere.",
            source: MONITORING,
        },
        Measure::PromisesKeptPercent => Definition {
            title: "Promises kept, share",
            unit: "percent",
            definition: "Promises kept in percent of promises kept and missed. Open promises are left out.",
            source: MONITORING,
        },
        Measure::AcknowledgedInTime => Definition {
            title: "Acknowledged in time",
            unit: "promises",
            definition: "Promises kept of those that the acknowledgement of a complaint keeps. Each code that binds the complaint \
                         may make one.",
            source: "ISO 10002:2018, 7.4 (acknowledgement of complaint) and 8.4",
        },
        Measure::AcknowledgedLate => Definition {
            title: "Acknowledged late",
            unit: "promises",
            definition: "Promises missed of those that the acknowledgement of a complaint keeps.",
            source: "ISO 10002:2018, 7.4 (acknowledgement of complaint) and 8.4",
        },
        Measure::UpdatesOverdue => Definition {
            title: "Updates overdue",
            unit: "promises",
            definition: "Promises missed of those that each update to the customer keeps and makes again.",
            source: "ISO 10002:2018, 7.3 (tracking of complaint) and 8.4",
        },
        Measure::Received => Definition {
            title: "Received",
            unit: "complaints",
            definition: "Complaints received in the period. A converted enquiry was received when its conversion began to count; an \
                         enquiry that was not converted is no complaint.",
            source: "ISO 10002:2018, 7.2 (receipt of complaint) and 8.2",
        },
        Measure::Closed => Definition {
            title: "Closed",
            unit: "closures",
            definition: "Closures of complaints in the period, withdrawals included. A complaint that is reopened and closed again \
                         counts with each closure.",
            source: "ISO 10002:2018, 7.9 (closing the complaint) and 8.2",
        },
        Measure::Resolved => Definition {
            title: "Resolved",
            unit: "resolutions",
            definition: "Resolutions in the period: a complaint is resolved when the customer accepts the outcome, or when it is \
                         closed without that. One that is withdrawn is not resolved. A complaint that is reopened and resolved \
                         again counts with each resolution.",
            source: ANALYSIS,
        },
        Measure::ResolvedAtFirstContact => Definition {
            title: "Resolved at first contact",
            unit: "closures",
            definition: "Closures in the period of complaints that were put right while the customer was on the call or chat.",
            source: MONITORING,
        },
        Measure::MeanDaysToResolve => Definition {
            title: "Days to resolve, mean",
            unit: "days, with fractions",
            definition: "The mean of the days that the resolutions in the period took: calendar days from the day of receipt to the \
                         day of the resolution, in the time zone of the figures; 0 on the same day.",
            source: "F2018L00721 (Australia, record-keeping rules): average number of days to resolve",
        },
        Measure::MedianDaysToResolve => Definition {
            title: "Days to resolve, median",
            unit: "days",
            definition: "The days within which at least 50 percent of the resolutions in the period came, by nearest rank. Days \
                         are counted as for the mean.",
            source: ANALYSIS,
        },
        Measure::DaysToResolve80Percent => Definition {
            title: "Days to resolve, 80 percent",
            unit: "days",
            definition: "The days within which at least 80 percent of the resolutions in the period came, by nearest rank. Days \
                         are counted as for the mean.",
            source: "F2018L00721 (Australia, record-keeping rules): days within which at least 80 percent were resolved",
        },
        Measure::DaysToResolve95Percent => Definition {
            title: "Days to resolve, 95 percent",
            unit: "days",
            definition: "The days within which at least 95 percent of the resolutions in the period came, by nearest rank. Days \
                         are counted as for the mean.",
            source: "Orden IET/1090/2014 (Spain, quality of service): time to resolve complaints, 95th percentile",
        },
        Measure::Escalated => Definition {
            title: "Escalated",
            unit: "escalations",
            definition: "Escalations of complaints in the period, each level by itself.",
            source: MONITORING,
        },
        Measure::Referred => Definition {
            title: "Referred",
            unit: "referrals",
            definition: "Referrals of complaints to the independent body in the period. A complaint that is referred again counts \
                         again.",
            source: "ISO 10002:2018, 7.9 (external recourse) and 8.4",
        },
        Measure::Reopened => Definition {
            title: "Reopened",
            unit: "reopenings",
            definition: "Reopenings of complaints in the period, including those by an escalation.",
            source: MONITORING,
        },
        Measure::NoticesFailed => Definition {
            title: "Notices failed",
            unit: "failures",
            definition: "Times in the period that a notice about a complaint did not reach the customer. Notices that were not sent \
                         because the personal data were erased are left out.",
            source: MONITORING,
        },
    }
}

/// The version of all definitions: the first twelve digits of their digest.
#[must_use]
pub fn definitions_version() -> String {
    let mut digest = Sha256::new();
    for measure in Measure::ALL {
        let Definition {
            title,
            unit,
            definition,
            source,
        } = definition(measure);
        for text in [measure.as_str(), title, unit, definition, source] {
            digest.update(text);
            digest.update([0]);
        }
    }
    let digest: [u8; 32] = digest.finalize().into();
    base16ct::lower::encode_string(&digest[..6])
}
