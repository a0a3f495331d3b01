//! Why a due time is what it is: the rule, what started it, every interval that was counted or skipped, what moved it, and
//! the sum. It follows from the log and the codes that the log names; nothing stored beside them is asked.

mod parts;
mod spans;
mod total;
#[cfg(test)]
mod total_tests;
mod trace;
mod whole;
mod words;

use jiff::SignedDuration;

pub use self::parts::{
    Breach, Change, ChangeKind, Chosen, Ending, Explanation, Moment, Receipt, Rule, Span, SpanKind,
    Total,
};
use self::trace::{Toward, Trace, traces};
use super::{
    case::Case,
    clock::Target,
    command::Identity,
    complaint::Complaint,
    event::{Event, EventKind},
    replay::{ReplayError, Under},
};
use crate::policy::{ClockRule, PolicyBook, TargetKind};

/// Why a clock is not explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The log does not hold.
    #[error(transparent)]
    Log(#[from] ReplayError),
    /// The complaint has no such clock.
    #[error("the complaint has no such clock")]
    NoSuchClock {
        /// Those that it has, by name and cycle.
        there_are: Vec<(String, i32)>,
    },
}

/// Explains a cycle of a clock; without a number, the latest.
///
/// # Errors
/// When the log does not hold, or there is no such clock.
pub fn explain(
    identity: &Identity,
    log: &[Event],
    policies: &PolicyBook,
    name: &str,
    cycle: Option<i32>,
) -> Result<Explanation, ExplainError> {
    let (traces, case) = traces(identity, log, Under::Kept(policies), name)?;
    let wanted = |trace: &&Trace| cycle.is_none_or(|cycle| trace.clock.cycle == cycle);
    let trace = traces.iter().rfind(wanted);
    let explained = trace.and_then(|trace| {
        let rule = trace.policy.clock(name)?;
        Some(Explanation::of(trace, rule, &case.complaint))
    });
    explained.ok_or_else(|| no_such_clock(&case))
}

fn no_such_clock(case: &Case) -> ExplainError {
    let mut there_are: Vec<_> = case
        .clocks
        .iter()
        .map(|clock| (clock.name.clone(), clock.cycle))
        .collect();
    there_are.sort();
    ExplainError::NoSuchClock { there_are }
}

impl Explanation {
    fn of(trace: &Trace, rule: &ClockRule, complaint: &Complaint) -> Self {
        let calendar = &rule.code.calendar;
        let legs = spans::of(trace, calendar, rule.roll);
        let total = Total::of(trace, &legs, rule);
        let start = trace.clock.start;
        let took_place = match trace.started.kind {
            EventKind::Filed => trace.began.received_at,
            _ => start,
        };
        let channel = trace.began.channel;
        let place = rule.code.receipt_calendars.get(&channel);
        let place = place.filter(|_| took_place < start);
        let arrival = place.map(|place| spans::before_receipt(place, took_place, start));
        Explanation {
            clock: trace.clock.clone(),
            rule: Rule::of(trace, rule),
            started: trace.started.clone(),
            took_place,
            receipt: place.map(|place| Receipt {
                channel,
                calendar: place.name().to_owned(),
                calendar_version: place.version().to_owned(),
                calendar_title: place.title().to_owned(),
                calendar_source: place.source().to_owned(),
            }),
            spans: arrival.into_iter().chain(legs).flatten().collect(),
            changes: trace.changes.clone(),
            breach: trace.breach.as_ref().map(|event| Breach {
                lag: event
                    .firing
                    .as_ref()
                    .map_or(SignedDuration::ZERO, |firing| {
                        event.at.duration_since(firing.due)
                    }),
                moment: Moment::of(event),
            }),
            ended: trace.ended.clone(),
            total,
            first_promised: complaint.first_promised_at.filter(|_| rule.follows_promise),
        }
    }

    /// How the cycle stands, in words: `met, 3 h 20 min before it was due`.
    #[must_use]
    pub fn standing(&self) -> String {
        words::standing(self.clock.state, self.late())
    }

    /// From the due time to the end; negative where it ended before.
    fn late(&self) -> Option<SignedDuration> {
        Some(self.clock.stop?.duration_since(self.clock.due?))
    }

    /// The target in words, and why this one: `5 working days (the general target)`.
    #[must_use]
    pub fn target(&self) -> String {
        let chosen = words::chosen(self.rule.chosen);
        match &self.rule.target {
            Target::Term(term) => format!("{term} ({chosen})"),
            Target::Promised(_) | Target::SetByBody(_) => chosen,
        }
    }

    /// A change in words, without its dates: `paused: third party; 12 h 30 min of working time remained`.
    #[must_use]
    pub fn tell(&self, change: &Change) -> String {
        match &change.kind {
            ChangeKind::Paused {
                reason, remaining, ..
            } => {
                let reason = words::spoken(reason.as_str());
                format!("paused: {reason}; {remaining} remained")
            }
            ChangeKind::Resumed {
                remaining,
                on_first_day: false,
            } => {
                format!("resumed: the {remaining} that remained count from the end of the pause")
            }
            ChangeKind::Resumed { remaining, .. } => {
                format!("resumed before its time counts: all {remaining} remain")
            }
            ChangeKind::Promised => match self.clock.target {
                Target::SetByBody(_) => "the independent body set another date".to_owned(),
                _ => "another date was promised to the customer".to_owned(),
            },
            ChangeKind::BoundOverridden { reason } => {
                format!("a later date was promised to the customer; the reason: {reason}")
            }
            ChangeKind::PromisedBeyond { bound, reason } => {
                let bound = words::spoken(bound);
                format!(
                    "a date beyond the {bound} was promised to the customer; the reason: {reason}"
                )
            }
            ChangeKind::Moved(policy) => format!("the complaint was moved to {policy}"),
            ChangeKind::TextIssued { notice, means } => {
                let means = means.map(|means| format!(" by {}", words::spoken(means.as_str())));
                format!(
                    "notice {notice} was issued{}: the promise is kept once it is sent, posted or told",
                    means.unwrap_or_default()
                )
            }
            ChangeKind::TextFailed { notice, reason } => {
                let reason = words::spoken(reason.as_str());
                format!(
                    "notice {notice} did not reach the customer: {reason}; the promise is still to be kept"
                )
            }
            ChangeKind::BreachTakenBack => {
                "it had been done in time and was entered late: the breach is taken back".to_owned()
            }
        }
    }
}

impl Rule {
    fn of(trace: &Trace, rule: &ClockRule) -> Self {
        let (code, calendar) = (&rule.code, &rule.code.calendar);
        let first = trace.legs.iter().find_map(|leg| match leg.toward {
            Toward::Target(term) => Some(term),
            _ => None,
        });
        let (target, chosen) = match (first, &trace.clock.target) {
            (Some(term), _) => (Target::Term(term), Chosen::Target(target_kind(rule, trace))),
            (None, Target::SetByBody(base)) => (Target::SetByBody(*base), Chosen::SetByBody),
            (None, _) => (Target::Promised(trace.clock.base()), Chosen::Promised),
        };
        let in_calendar_days = first.is_some_and(|term| term.unit.is_calendar_days());
        Rule {
            source: rule.source.clone(),
            owner: rule.owner,
            pausable: rule.pausable,
            policy: code.policy.clone(),
            policy_title: code.title.clone(),
            policy_source: code.source.clone(),
            target,
            chosen,
            roll: in_calendar_days.then_some(rule.roll),
            calendar: calendar.name().to_owned(),
            calendar_version: calendar.version().to_owned(),
            calendar_title: calendar.title().to_owned(),
            calendar_source: calendar.source().to_owned(),
            zone: calendar.zone_name().to_owned(),
            tzdb_version: calendar.tzdb_version().to_owned(),
        }
    }
}

/// Which target it was. The clock has started by it, so it is within reach of the calendar.
fn target_kind(rule: &ClockRule, trace: &Trace) -> TargetKind {
    let circumstances = trace.began.circumstances();
    let target = rule.target_for(&circumstances, trace.clock.start);
    target.map_or(TargetKind::General, |(kind, _)| kind)
}
