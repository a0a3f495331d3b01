//! A promise being timed. Working out instants is all that happens here; what starts and stops a clock is the policy's.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{event::Firing, grievance::Grievance};
use crate::{
    calendar::{OutOfRange, Term, TimeBase},
    policy::{Action, ClockRule, Repeat, Step, StepPoint, words},
};

words! {
    /// How a clock stands.
    ClockState {
        Running = "running",
        Paused = "paused",
        /// Kept: done at or before the due time.
        Met = "met",
        /// Not kept in time.
        Missed = "missed",
        /// Fell away before it was due.
        Cancelled = "cancelled",
    }
}

impl ClockState {
    /// Whether the cycle has not ended.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, ClockState::Running | ClockState::Paused)
    }
}

/// What the due time came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The policy's target.
    Term(Term),
    /// The date that the customer was promised. What leads up to it, and a pause of it, count in the time of the target
    /// that it replaced, so that no reminder of a date in working days comes at night.
    Promised(TimeBase),
    /// The date that the independent body set for something it is owed. Counts like a promised one.
    SetByBody(TimeBase),
}

/// The next step of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NextStep {
    /// Its place in the policy's list.
    pub step: usize,
    /// 0 the first time; counts the repeats.
    pub repetition: u32,
    /// It fires as soon as this instant has passed: what happens at the due time itself is in time. While the clock is
    /// paused: when the pause ends by itself; the step's time is worked out again then.
    pub at: Timestamp,
}

/// One cycle of one promise on one complaint. A cycle that has ended never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// The policy's name of the promise.
    pub name: String,
    /// From 1.
    pub cycle: i32,
    /// How it stands.
    pub state: ClockState,
    /// When the promise began to count.
    pub start: Timestamp,
    /// The last instant at which it is kept. `None` while it is paused, and where it ended paused.
    pub due: Option<Timestamp>,
    /// What the due time came from.
    pub target: Target,
    /// When it was kept, or fell away. Before its start if the thing was done before the promise began to count: for
    /// example, a letter that arrived on a day off and was acknowledged that day.
    pub stop: Option<Timestamp>,
    /// When the breach was recorded. `None` on a cycle that was kept in time, also where that was entered late.
    pub breached_at: Option<Timestamp>,
    /// Since when it has been counting without a pause; while it is paused, since when it has been paused.
    pub segment_start: Timestamp,
    /// Microseconds that were counted before that, in the time base of its target. Those of the first day of a term in days
    /// are among them, whether it was paused on it or not.
    pub counted_before: i64,
    /// The microseconds that remained of its time when it was last paused, and so from `segment_start` on. For a term of
    /// calendar days, weeks, months or years they are wall time, so that a day is a day whatever its length; otherwise they
    /// are in the time base of the target. `None` if it was never paused, or another date has been promised since.
    pub remaining: Option<i64>,
    /// The next step; `None` when none is left. Those before it have fired or were passed over, and never fire again.
    pub next: Option<NextStep>,
    /// The calendar and its version that gave the due time.
    pub calendar: String,
    /// The digest of the calendar's text.
    pub calendar_version: String,
    /// The release of the tz database that gave the due time; `unknown` where that was not recorded.
    pub tzdb_version: String,
}

impl Clock {
    /// Starts a cycle that counts from `start` (which may lie in the past).
    ///
    /// # Errors
    /// When the due time lies beyond what the calendar can count.
    pub fn start(
        rule: &ClockRule,
        cycle: i32,
        start: Timestamp,
        target: Target,
        due: Timestamp,
    ) -> Result<Clock, OutOfRange> {
        let calendar = &rule.code.calendar;
        let mut clock = Clock {
            name: rule.name.clone(),
            cycle,
            state: ClockState::Running,
            start,
            due: Some(due),
            target,
            stop: None,
            breached_at: None,
            segment_start: start,
            counted_before: 0,
            remaining: None,
            next: None,
            calendar: calendar.name().to_owned(),
            calendar_version: calendar.version().to_owned(),
            tzdb_version: calendar.tzdb_version().to_owned(),
        };
        clock.plan(rule, 0)?;
        Ok(clock)
    }

    /// Whether it is this cycle of this promise.
    #[must_use]
    pub fn is(&self, name: &str, cycle: i32) -> bool {
        self.name == name && self.cycle == cycle
    }

    /// Whether its due time has passed at `now` while it runs. At the due time itself it is not late.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.state == ClockState::Running && self.due.is_some_and(|due| due < now)
    }

    /// The missed promise that it stands for.
    pub(super) fn as_grievance(&self) -> Grievance {
        Grievance::Missed {
            clock: self.name.clone(),
            cycle: self.cycle,
        }
    }

    /// In which time it counts.
    #[must_use]
    pub fn base(&self) -> TimeBase {
        match &self.target {
            Target::Term(term) => term.unit.base(),
            Target::Promised(base) | Target::SetByBody(base) => *base,
        }
    }

    /// Ends the cycle with the promise done at `at`.
    pub fn keep(&mut self, at: Timestamp) {
        if self.due.is_none_or(|due| at <= due) {
            self.end(ClockState::Met, at);
        } else {
            self.end(ClockState::Missed, at);
        }
    }

    /// Ends the cycle without the promise being done: missed if it was late already, else cancelled.
    pub fn abandon(&mut self, at: Timestamp) {
        if self.is_late(at) {
            self.end(ClockState::Missed, at);
        } else {
            self.end(ClockState::Cancelled, at);
        }
    }

    /// When it was due, where a breach is on record that never was: it ended in time, and that was entered late.
    pub(super) fn refuted_breach(&self) -> Option<Timestamp> {
        let in_time = matches!(self.state, ClockState::Met | ClockState::Cancelled);
        self.due.filter(|_| in_time && self.breached_at.is_some())
    }

    fn end(&mut self, state: ClockState, at: Timestamp) {
        self.state = state;
        self.stop = Some(at);
        self.remaining = None;
        self.next = None;
    }

    /// Whether a pause at `now` would stop it. A breach cannot be paused away.
    #[must_use]
    pub fn can_pause(&self, now: Timestamp) -> bool {
        self.state == ClockState::Running && !self.is_late(now)
    }

    /// Stops the counting, at the latest until `until`. The remaining time is kept in the clock's own time, so that a pause
    /// of time that it does not count changes nothing. A clock that is already overdue keeps running.
    pub fn pause(&mut self, at: Timestamp, until: Timestamp, rule: &ClockRule) {
        let Some(due) = self.due.filter(|_| self.can_pause(at)) else {
            return;
        };
        // A letter's promises may start to count only later.
        let at = at.max(self.segment_start);
        self.remaining = Some(self.left(at, due, rule));
        self.counted_before += self.count(self.segment_start, at, rule);
        self.segment_start = at;
        self.state = ClockState::Paused;
        self.due = None;
        if let Some(next) = &mut self.next {
            next.at = until;
        }
    }

    /// Resumes counting. A pause of its first day takes nothing from a term in days. A pause never brings the due time
    /// nearer than `not_before`, the date that the customer has: a date outside the working hours has no working time of
    /// its own.
    ///
    /// # Errors
    /// When the new due time lies beyond what the calendar can count.
    pub fn resume(
        &mut self,
        at: Timestamp,
        not_before: Option<Timestamp>,
        rule: &ClockRule,
    ) -> Result<(), OutOfRange> {
        let Some(remaining) = self.remaining.filter(|_| self.state == ClockState::Paused) else {
            return Ok(());
        };
        let at = at.max(self.segment_start);
        let (counts_from, calendar) = (self.counts_from(rule), &rule.code.calendar);
        let left = SignedDuration::from_micros(remaining);
        let due = match self.in_calendar_days() {
            Some(_) => {
                let ends = calendar.days_after(at, counts_from, left, rule.roll)?;
                ends.due
            }
            None => calendar.advance_by(at.max(counts_from), left, self.base())?,
        };
        self.due = Some(not_before.map_or(due, |date| due.max(date)));
        self.state = ClockState::Running;
        self.counted_before += self.count(self.segment_start, at.min(counts_from), rule);
        self.segment_start = at;
        calendar.version().clone_into(&mut self.calendar_version);
        calendar.tzdb_version().clone_into(&mut self.tzdb_version);
        self.plan_anew(rule, at)
    }

    /// Sets another due time, as the customer was told at `told`, and the steps that are still to come for it, as it is
    /// recorded. Not for a clock that is late by then: the new date is a new cycle.
    ///
    /// # Errors
    /// When a step lies beyond what the calendar can count.
    pub fn promise(
        &mut self,
        due: Timestamp,
        (told, recorded): (Timestamp, Timestamp),
        rule: &ClockRule,
    ) -> Result<(), OutOfRange> {
        self.target = Target::Promised(self.base());
        if self.state == ClockState::Paused {
            // The customer was told the date during the pause: an end of it from before, that is entered only later, does
            // not bring it nearer.
            self.segment_start = self.segment_start.max(told);
            self.remaining = Some(self.count(self.segment_start, due, rule));
            return Ok(());
        }
        self.remaining = None;
        self.due = Some(due);
        self.plan_anew(rule, recorded)
    }

    /// Its target, if that is in calendar days, weeks, months or years.
    pub(super) fn in_calendar_days(&self) -> Option<Term> {
        match self.target {
            Target::Term(term) if term.unit.is_calendar_days() => Some(term),
            _ => None,
        }
    }

    /// From when its time counts: not from its start if the target is a term in days, which does not count its first day.
    pub(super) fn counts_from(&self, rule: &ClockRule) -> Timestamp {
        match self.target {
            Target::Term(term) => rule.code.calendar.first_day_ends(self.start, term.unit),
            Target::Promised(_) | Target::SetByBody(_) => self.start,
        }
    }

    /// The microseconds that remain at an instant since `segment_start`.
    fn left(&self, at: Timestamp, due: Timestamp, rule: &ClockRule) -> i64 {
        let (counts_from, calendar) = (self.counts_from(rule), &rule.code.calendar);
        let Some(term) = self.in_calendar_days() else {
            return self.count(at.max(counts_from), due, rule);
        };
        let left = match self.remaining {
            None => calendar.days_left(self.start, &term, at),
            Some(before) => {
                let since = self.segment_start.max(counts_from);
                let passed = calendar.days_between(since, at.max(counts_from));
                SignedDuration::from_micros(before).saturating_sub(passed)
            }
        };
        micros(left.max(SignedDuration::ZERO))
    }

    /// The microseconds counted in its time base.
    fn count(&self, from: Timestamp, to: Timestamp, rule: &ClockRule) -> i64 {
        micros(rule.code.calendar.counted(from, to, self.base()))
    }

    /// Works out again when the steps that have not fired yet will fire. A reminder that would have been before `from` is
    /// passed over; the due point never is, nor what keeps the promise by itself.
    pub(super) fn plan_anew(
        &mut self,
        rule: &ClockRule,
        from: Timestamp,
    ) -> Result<(), OutOfRange> {
        let Some(NextStep { step: first, .. }) = self.next else {
            return Ok(());
        };
        for (index, step) in rule.steps.iter().enumerate().skip(first) {
            self.plan(rule, index)?;
            let passed_over = step.at != StepPoint::Due && step.action == Action::Remind;
            if !passed_over || self.next.is_some_and(|next| next.at >= from) {
                break;
            }
        }
        Ok(())
    }

    /// Makes the step of this index the next one, if there is one.
    fn plan(&mut self, rule: &ClockRule, step: usize) -> Result<(), OutOfRange> {
        self.next = self.planned(rule, step)?;
        Ok(())
    }

    /// The step of this index, if there is one, and when it fires.
    fn planned(&self, rule: &ClockRule, step: usize) -> Result<Option<NextStep>, OutOfRange> {
        let there = rule.steps.get(step);
        let planned = there.map(|_| {
            Ok(NextStep {
                step,
                repetition: 0,
                at: self.step_time(rule, step)?,
            })
        });
        planned.transpose()
    }

    /// When a step is reached, before it is moved into the staff hours.
    fn reached(&self, rule: &ClockRule, step: usize) -> Result<Timestamp, OutOfRange> {
        let counted = SignedDuration::from_micros(self.counted_before);
        let (point, span) = (&rule.steps[step].at, (self.segment_start, self.deadline()));
        point.reached(&rule.code.calendar, span, self.base(), counted)
    }

    /// The due time. A clock whose next step is planned runs, and a running clock has one.
    fn deadline(&self) -> Timestamp {
        self.due.unwrap_or(self.segment_start)
    }

    fn step_time(&self, rule: &ClockRule, step: usize) -> Result<Timestamp, OutOfRange> {
        let (due, time) = (self.deadline(), self.reached(rule, step)?);
        match &rule.steps[step].at {
            StepPoint::Due => Ok(time),
            StepPoint::AfterDue(_) => in_staff_hours(time, rule, step),
            // A reminder that the calendar puts behind the due time comes with it.
            _ => self.ahead_of(due, time.max(self.segment_start).min(due), rule, step),
        }
    }

    /// Where a reminder comes that is due ahead of the due time: in the staff's hours. Where they begin again only after it,
    /// the reminder comes as they end, and where that is before the clock began, with the due time. (One that is planned
    /// anew once they have ended is passed over.)
    fn ahead_of(
        &self,
        due: Timestamp,
        at: Timestamp,
        rule: &ClockRule,
        step: usize,
    ) -> Result<Timestamp, OutOfRange> {
        let later = in_staff_hours(at, rule, step)?;
        let Some(hours) = rule.code.staff_hours.as_ref().filter(|_| later > due) else {
            return Ok(later);
        };
        let earlier = hours.previous_working_instant(at)?;
        Ok(if earlier < self.segment_start {
            due
        } else {
            earlier
        })
    }

    /// Passes over the reminders that would have come by `at`, and over a breach that is on record already. A breach that is
    /// not, and what keeps the promise by itself, is never passed over.
    pub(super) fn catch_up(&mut self, at: Timestamp, rule: &ClockRule) -> Result<(), OutOfRange> {
        while let Some(next) = self.next.filter(|_| self.state == ClockState::Running) {
            let step = &rule.steps[next.step];
            let recorded = step.at == StepPoint::Due && self.breached_at.is_some();
            let reminds = step.at != StepPoint::Due && step.action == Action::Remind;
            if next.at >= at || !(recorded || reminds) {
                break;
            }
            self.step_on(next, rule)?;
        }
        Ok(())
    }

    /// Makes sure that a step that has fired, and those before it, never fire again.
    ///
    /// # Errors
    /// When the step after it lies beyond what the calendar can count.
    pub(super) fn pass(&mut self, firing: &Firing, rule: &ClockRule) -> Result<(), OutOfRange> {
        let fired = NextStep {
            step: firing.step,
            repetition: firing.repetition,
            at: firing.due,
        };
        let ahead = |next: NextStep| (next.step, next.repetition) > (fired.step, fired.repetition);
        match self.next {
            Some(next) if !ahead(next) => self.step_on(fired, rule),
            _ => Ok(()),
        }
    }

    /// Moves on to the step after `fired`.
    ///
    /// # Errors
    /// When it lies beyond what the calendar can count.
    pub fn step_on(&mut self, fired: NextStep, rule: &ClockRule) -> Result<(), OutOfRange> {
        self.next = self.step_after(fired, rule)?;
        Ok(())
    }

    /// Passes over the steps that would tell the customer what is on its way already.
    ///
    /// # Errors
    /// When the step after them lies beyond what the calendar can count.
    pub(super) fn pass_telling(&mut self, rule: &ClockRule) -> Result<(), OutOfRange> {
        let tells = |step: &Step| step.action == Action::TellRecourse;
        let Some(last) = rule.steps.iter().rposition(tells) else {
            return Ok(());
        };
        while let Some(next) = self.next.filter(|next| next.step <= last) {
            self.step_on(next, rule)?;
        }
        Ok(())
    }

    /// The step that comes after one, with when it fires.
    ///
    /// # Errors
    /// When it lies beyond what the calendar can count.
    pub(super) fn step_after(
        &self,
        fired: NextStep,
        rule: &ClockRule,
    ) -> Result<Option<NextStep>, OutOfRange> {
        let step = rule.steps.get(fired.step);
        match step.and_then(|step| step.repeat.as_ref()) {
            Some(repeat) => self.repetition_after(fired, repeat, rule),
            None => self.planned(rule, fired.step + 1),
        }
    }

    /// The repetition after one that has fired: the nth comes n intervals after the instant at which the step was first
    /// reached, as it was before it was moved into the staff hours. So an interval of a month keeps the day of the month.
    /// Of several that these hours move to one instant, the first comes.
    fn repetition_after(
        &self,
        fired: NextStep,
        repeat: &Repeat,
        rule: &ClockRule,
    ) -> Result<Option<NextStep>, OutOfRange> {
        let anchor = self.reached(rule, fired.step)?;
        for repetition in fired.repetition + 1..=repeat.times {
            let every = Term {
                count: repeat.every.count.saturating_mul(repetition),
                ..repeat.every
            };
            // Reminders end where the calendar can count no further.
            let Ok(at) = rule.code.calendar.past(anchor, &every) else {
                break;
            };
            let at = in_staff_hours(at, rule, fired.step)?;
            if at > fired.at {
                return Ok(Some(NextStep {
                    step: fired.step,
                    repetition,
                    at,
                }));
            }
        }
        Ok(None)
    }
}

fn micros(length: SignedDuration) -> i64 {
    // The whole range of timestamps is some 6 × 10¹⁷ microseconds.
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

/// When a step reaches the staff: at its instant within their hours or as these end, else as they begin again. What is told
/// to the customer is told at any hour.
fn in_staff_hours(at: Timestamp, rule: &ClockRule, step: usize) -> Result<Timestamp, OutOfRange> {
    match &rule.code.staff_hours {
        Some(hours) if rule.steps[step].action == Action::Remind => {
            if hours.previous_working_instant(at)? == at {
                return Ok(at);
            }
            hours.next_working_instant(at)
        }
        _ => Ok(at),
    }
}
