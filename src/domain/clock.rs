//! A promise being timed. Working out instants is all that happens here; what starts and stops a clock is the policy's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    calendar::{Calendar, OutOfRange, Term, TimeBase},
    policy::{ClockRule, Repeat, StepPoint, words},
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
    /// The date that the customer was promised.
    Promised,
}

/// The next step of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextStep {
    /// Its place in the policy's list.
    pub step: usize,
    /// 0 the first time; counts the repeats.
    pub repetition: u32,
    /// It fires as soon as this instant has passed: what happens at the due time itself is in time.
    pub at: Timestamp,
}

/// One cycle of one promise on one complaint. A cycle that has ended never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// When it was kept, or fell away.
    pub stop: Option<Timestamp>,
    /// When the breach was recorded.
    pub breached_at: Option<Timestamp>,
    /// Since when it has been counting without a pause.
    pub segment_start: Timestamp,
    /// Seconds that were counted before that, in the time base of its target.
    pub counted_before: i64,
    /// While it is paused: the seconds that remain.
    pub remaining: Option<i64>,
    /// The next step; `None` when there is none, or while it is paused.
    pub next: Option<NextStep>,
    /// The calendar and its version that gave the due time.
    pub calendar: String,
    /// The digest of the calendar's text.
    pub calendar_version: String,
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
        calendar: &Calendar,
    ) -> Result<Clock, OutOfRange> {
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
        };
        clock.plan(rule, 0, calendar)?;
        Ok(clock)
    }

    /// Whether its due time has passed at `now` while it runs. At the due time itself it is not late.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.state == ClockState::Running && self.due.is_some_and(|due| due < now)
    }

    /// In which time it counts. A promised date counts in elapsed time.
    #[must_use]
    pub fn base(&self) -> TimeBase {
        match &self.target {
            Target::Term(term) => term.unit.base(),
            Target::Promised => TimeBase::Elapsed,
        }
    }

    /// Ends the cycle with the promise done at `at`.
    pub fn keep(&mut self, at: Timestamp) {
        let in_time = self.due.is_none_or(|due| at <= due);
        self.end(
            if in_time {
                ClockState::Met
            } else {
                ClockState::Missed
            },
            at,
        );
    }

    /// Ends the cycle without the promise being done: missed if it was late already, else cancelled.
    pub fn abandon(&mut self, at: Timestamp) {
        let late = self.due.is_some_and(|due| due < at);
        self.end(
            if late {
                ClockState::Missed
            } else {
                ClockState::Cancelled
            },
            at,
        );
    }

    fn end(&mut self, state: ClockState, at: Timestamp) {
        self.state = state;
        self.stop = Some(at);
        self.next = None;
    }

    /// Stops the counting. The remaining time is kept in the clock's own time base, so that a pause outside the
    /// working hours changes nothing. A clock that is late already goes on: a breach cannot be paused away.
    pub fn pause(&mut self, at: Timestamp, calendar: &Calendar) {
        let Some(due) = self
            .due
            .filter(|due| at <= *due && self.state == ClockState::Running)
        else {
            return;
        };
        self.counted_before += calendar.between(self.segment_start, at, self.base());
        self.remaining = Some(calendar.between(at, due, self.base()));
        self.state = ClockState::Paused;
        self.due = None;
        self.next = None;
    }

    /// Goes on counting.
    ///
    /// # Errors
    /// When the new due time lies beyond what the calendar can count.
    pub fn resume(
        &mut self,
        at: Timestamp,
        rule: &ClockRule,
        calendar: &Calendar,
    ) -> Result<(), OutOfRange> {
        let Some(remaining) = self.remaining.take() else {
            return Ok(());
        };
        let due = calendar.advance(at, remaining, self.base())?;
        self.state = ClockState::Running;
        self.segment_start = at;
        self.due = Some(due);
        calendar.version().clone_into(&mut self.calendar_version);
        // Steps that had fired before the pause lie at or before `at`, now as then; the first one after it is next.
        self.plan_after(rule, at, calendar)
    }

    /// Sets another due time, as told to the customer, and the steps that are still to come for it.
    ///
    /// # Errors
    /// When a step lies beyond what the calendar can count.
    pub fn promise(
        &mut self,
        due: Timestamp,
        now: Timestamp,
        rule: &ClockRule,
        calendar: &Calendar,
    ) -> Result<(), OutOfRange> {
        self.target = Target::Promised;
        // The time base becomes elapsed time: what was counted before does not mix with it.
        self.segment_start = self.start;
        self.counted_before = 0;
        match self.state {
            ClockState::Paused => {
                self.remaining = Some(calendar.between(now, due, TimeBase::Elapsed));
                Ok(())
            }
            _ => {
                self.due = Some(due);
                self.plan_after(rule, now, calendar)
            }
        }
    }

    /// Makes the first step that is not before `now` the next one, whatever was before it.
    fn plan_after(
        &mut self,
        rule: &ClockRule,
        now: Timestamp,
        calendar: &Calendar,
    ) -> Result<(), OutOfRange> {
        for step in 0..rule.steps.len() {
            self.plan(rule, step, calendar)?;
            let due_point = rule.steps[step].at == StepPoint::Due;
            if due_point || self.next.is_some_and(|next| next.at >= now) {
                break;
            }
        }
        Ok(())
    }

    /// Makes the step of this index the next one, if there is one.
    fn plan(
        &mut self,
        rule: &ClockRule,
        step: usize,
        calendar: &Calendar,
    ) -> Result<(), OutOfRange> {
        self.next = match rule.steps.get(step) {
            Some(_) => Some(NextStep {
                step,
                repetition: 0,
                at: self.step_time(rule, step, calendar)?,
            }),
            None => None,
        };
        Ok(())
    }

    fn step_time(
        &self,
        rule: &ClockRule,
        step: usize,
        calendar: &Calendar,
    ) -> Result<Timestamp, OutOfRange> {
        // A clock whose next step is planned runs, and a running clock has a due time.
        let due = self.due.unwrap_or(self.segment_start);
        let time = match &rule.steps[step].at {
            StepPoint::Start => self.start,
            StepPoint::Due => due,
            StepPoint::BeforeDue(term) => calendar.before(due, term)?.max(self.segment_start),
            StepPoint::AfterDue(term) => calendar.due_after(due, term)?,
            StepPoint::Percent(percent) => {
                let base = self.base();
                let total = self.counted_before + calendar.between(self.segment_start, due, base);
                let wanted = total.saturating_mul(i64::from(*percent)) / 100 - self.counted_before;
                calendar.advance(self.segment_start, wanted.max(0), base)?
            }
        };
        // A reminder that the calendar puts behind the due time comes with it.
        Ok(if rule.steps[step].at.phase() == 0 {
            time.min(due)
        } else {
            time
        })
    }

    /// Moves on to the step after `fired`.
    ///
    /// # Errors
    /// When it lies beyond what the calendar can count.
    pub fn step_on(
        &mut self,
        fired: NextStep,
        rule: &ClockRule,
        calendar: &Calendar,
    ) -> Result<(), OutOfRange> {
        let repeat = rule
            .steps
            .get(fired.step)
            .and_then(|step| step.repeat.as_ref());
        match repeat {
            Some(Repeat { every, times }) if fired.repetition < *times => {
                let at = calendar.due_after(fired.at, every)?;
                self.next = Some(NextStep {
                    step: fired.step,
                    repetition: fired.repetition + 1,
                    at,
                });
                Ok(())
            }
            Some(_) => {
                self.next = None;
                Ok(())
            }
            None => self.plan(rule, fired.step + 1, calendar),
        }
    }
}
