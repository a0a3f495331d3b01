//! Why a due time is what it is: the rule, what started it, every interval that was counted or skipped, what moved it, and
//! the sum. It follows from the log and the codes that the log names; nothing stored beside them is asked.

mod spans;
mod total;
mod trace;
mod whole;
mod words;

use jiff::{SignedDuration, Timestamp};

use self::{
    trace::{Toward, Trace, traces},
    words::Measure,
};
use super::{
    clock::{Clock, Target},
    command::Identity,
    complaint::{Complaint, PauseReason},
    decision::Case,
    event::{Event, EventKind},
    replay::{ReplayError, Under},
};
use crate::{
    calendar::Roll,
    policy::{Channel, ClockRule, PolicyBook, PolicyRef, Role, TargetKind, words},
};

words! {
    /// What an interval is.
    SpanKind {
        /// Within the working hours: counted.
        Working = "working",
        /// A night, or a break.
        OutsideHours = "outside_hours",
        /// A weekday without working hours, such as a Sunday.
        DayOff = "day_off",
        Holiday = "holiday",
        /// A date on which the calendar is closed for once.
        Closed = "closed",
        /// The day of the start, which a term in days does not count.
        FirstDay = "first_day",
        /// A day of a term of calendar days, weeks, months or years: counted.
        CalendarDay = "calendar_day",
        /// A last day without working time: the term ends with a later day.
        RolledPast = "rolled_past",
        /// Time of a term in hours, minutes or seconds, or of what remained of a term after a pause: counted.
        Elapsed = "elapsed",
        /// The complaint was paused.
        Paused = "paused",
        /// After a pause, between what the remaining time gave and the later date that the customer had been promised.
        PromiseHeld = "promise_held",
        /// After a pause, the rest of the day at whose end a term in calendar days is due.
        RestOfDay = "rest_of_day",
    }
}

/// An interval `[start, end)`, never empty. The next one begins where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub start: Timestamp,
    /// None: the clock stands still from the start on.
    pub end: Option<Timestamp>,
    pub kind: SpanKind,
    /// Whether it counts towards the target.
    pub counted: bool,
    /// Which day of the target it is, from 1, where that is in days.
    pub day: Option<u32>,
    /// What it is, in words.
    pub text: String,
    /// The working or elapsed time in it, by which pauses and percentages go; on the first day too.
    pub time: SignedDuration,
}

/// An event that bears on a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Its number in the log.
    pub event: i64,
    pub kind: EventKind,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
}

/// Something that moved a due time, or took it away for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub moment: Moment,
    pub kind: ChangeKind,
    /// The due time before; none while paused.
    pub from: Option<Timestamp>,
    /// The due time after; none while paused.
    pub to: Option<Timestamp>,
}

/// What kind of change it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was paused, with this much left.
    Paused {
        reason: PauseReason,
        remaining: Remaining,
        /// When the pause ends by itself.
        until: Timestamp,
    },
    /// It resumes with this much left.
    Resumed {
        remaining: Remaining,
        /// The pause lay on the first day of a term in days, which is not counted: it took nothing.
        on_first_day: bool,
    },
    /// The customer was told another date, or the independent body set one.
    Promised,
    /// A date after the due time of this clock, which bounds it, was promised. Nothing moved.
    BoundOverridden { reason: String },
    /// The date that is promised with the next change lies after the due time of another clock, which bounds it.
    PromisedBeyond { bound: String, reason: String },
    /// The complaint came under another code.
    Moved(PolicyRef),
    /// What was promised had been done in time, and was entered late: there was no breach.
    BreachTakenBack,
}

/// How much of a clock's time remained when it was paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    length: SignedDuration,
    measure: Measure,
}

impl Remaining {
    fn of(paused: &Clock) -> Self {
        Remaining {
            length: SignedDuration::from_micros(paused.remaining.unwrap_or_default()),
            measure: match paused.in_calendar_days() {
                Some(_) => Measure::Days,
                None => paused.base().into(),
            },
        }
    }
}

/// Why an arrival counts only from a later time: it was on a day off at the place of receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub channel: Channel,
    /// The calendar of the place.
    pub calendar: String,
    pub calendar_version: String,
    pub calendar_title: String,
    pub calendar_source: String,
}

/// What ended a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub moment: Moment,
    /// When it was done, which may be before it was entered.
    pub at: Timestamp,
}

/// A promise that was not kept in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub moment: Moment,
    /// From the due time of then to its record.
    pub lag: SignedDuration,
}

/// Which of a rule's targets applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    Target(TargetKind),
    /// None of them: a date that the customer was promised.
    Promised,
    /// None of the targets: a date that the independent body set.
    SetByBody,
}

/// The rule that a due time follows, with its sources and versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where the promise stands.
    pub source: String,
    pub owner: Role,
    pub pausable: bool,
    /// The code of practice that makes the promise.
    pub policy: PolicyRef,
    pub policy_title: String,
    pub policy_source: String,
    /// The target by which it was timed at first.
    pub target: Target,
    pub chosen: Chosen,
    /// What becomes of a last day without working time; none where the target knows no such day.
    pub roll: Option<Roll>,
    pub calendar: String,
    pub calendar_version: String,
    pub calendar_title: String,
    pub calendar_source: String,
    /// The IANA name of the calendar's zone.
    pub zone: String,
    /// The release of the tz database.
    pub tzdb_version: String,
}

/// What was counted, and whether it makes up the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The time in all counted spans.
    pub counted: SignedDuration,
    /// The time in the clock's own base, the first day's included.
    pub time: SignedDuration,
    /// Whether the spans follow one another from the start to the due time and add up to the whole target: what was counted
    /// before, between and after the pauses.
    pub balanced: bool,
    /// The sum in words.
    pub text: String,
}

/// Why a clock is due when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The cycle, as it follows from the log.
    pub clock: Clock,
    pub rule: Rule,
    /// The event that started it.
    pub started: Moment,
    /// When that took place, which may be before it was entered: the arrival of a letter, the decision, the answer.
    pub took_place: Timestamp,
    /// Why it counts from a later time than that, if it does.
    pub receipt: Option<Receipt>,
    /// From when it took place to the due time or, if there is none, to the end or the last pause.
    pub spans: Vec<Span>,
    pub changes: Vec<Change>,
    pub breach: Option<Breach>,
    pub ended: Option<Ending>,
    pub total: Total,
    /// The first date that the customer was promised, where this clock carries that date.
    pub first_promised: Option<Timestamp>,
}

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
        let set_by_body = matches!(trace.clock.target, Target::SetByBody(_));
        let target = match first {
            Some(term) => Target::Term(term),
            None if set_by_body => trace.clock.target.clone(),
            None => Target::Promised(trace.clock.base()),
        };
        let in_calendar_days = first.is_some_and(|term| term.unit.is_calendar_days());
        Rule {
            source: rule.source.clone(),
            owner: rule.owner,
            pausable: rule.pausable,
            policy: code.policy.clone(),
            policy_title: code.title.clone(),
            policy_source: code.source.clone(),
            chosen: match first {
                Some(_) => Chosen::Target(target_kind(rule, trace)),
                None if set_by_body => Chosen::SetByBody,
                None => Chosen::Promised,
            },
            target,
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
