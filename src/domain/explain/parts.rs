//! What an explanation consists of.

use jiff::{SignedDuration, Timestamp};

use super::super::{
    clock::{Clock, Target},
    complaint::PauseReason,
    customer::ContactMeans,
    event::EventKind,
    fate::NoticeFailure,
};
use crate::{
    calendar::{Roll, TimeBase},
    policy::{Channel, PolicyRef, Role, TargetKind, words},
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
    /// The text that keeps the promise was issued, and is still to reach the customer.
    TextIssued {
        notice: i64,
        /// None: somebody tells it, or there is no address.
        means: Option<ContactMeans>,
    },
    /// That text did not reach the customer.
    TextFailed { notice: i64, reason: NoticeFailure },
    /// What was promised had been done in time, and was entered late: there was no breach.
    BreachTakenBack,
}

/// How much of a clock's time remained when it was paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    pub(super) length: SignedDuration,
    pub(super) measure: Measure,
}

impl Remaining {
    pub(super) fn of(paused: &Clock) -> Self {
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

/// The measure of a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Working,
    Elapsed,
    /// Wall time, a day of which is a day whatever its length.
    Days,
}

impl From<TimeBase> for Measure {
    fn from(base: TimeBase) -> Self {
        match base {
            TimeBase::Working => Measure::Working,
            TimeBase::Elapsed => Measure::Elapsed,
        }
    }
}
