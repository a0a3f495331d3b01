//! How the clocks of a complaint start, stop and move. Which one does is the policy's; when, the fact's.

use jiff::Timestamp;

use super::{
    case::Case,
    clock::{Clock, ClockState, Target},
    event::Firing,
};
use crate::{
    calendar::OutOfRange,
    policy::{ClockRule, Policy, Trigger},
};

impl Case {
    /// The live clock of this name.
    #[must_use]
    pub fn live_clock(&self, name: &str) -> Option<&Clock> {
        let live = |clock: &&Clock| clock.name == name && clock.state.is_live();
        self.clocks.iter().find(live)
    }

    pub(super) fn live_clock_mut(&mut self, name: &str) -> Option<&mut Clock> {
        let live = |clock: &&mut Clock| clock.name == name && clock.state.is_live();
        self.clocks.iter_mut().find(live)
    }

    /// The due time of the clock that carries the promised date.
    pub(super) fn promise_due(&self, policy: &Policy) -> Option<Timestamp> {
        self.live_clock(&promise_rule(policy)?.name)?.due
    }

    /// By when the customer is answered where no other date is given: when the clock that carries the promised date is due.
    /// Under a code in which none does, the nearest of those that an outcome keeps by being told; if there is none, by being
    /// accepted. `None` while one of these is paused, too: what it will be due at is not known, and no other clock's date
    /// stands in for it.
    pub(super) fn answer_due(&self, policy: &Policy) -> Option<Timestamp> {
        if promise_rule(policy).is_some() {
            return self.promise_due(policy);
        }
        let live = |trigger| -> Vec<&Clock> {
            let kept = policy.clocks.iter();
            let kept = kept.filter(|rule| rule.stops_on.contains(&trigger));
            kept.filter_map(|rule| self.live_clock(&rule.name))
                .collect()
        };
        let told = live(Trigger::OutcomeTold);
        let timing = if told.is_empty() {
            live(Trigger::OutcomeAccepted)
        } else {
            told
        };
        let due: Option<Vec<Timestamp>> = timing.iter().map(|clock| clock.due).collect();
        due?.into_iter().min()
    }

    /// Until when the outcome that was told waits for the customer's answer; silence beyond that may close the complaint.
    ///
    /// # Errors
    /// If that lies beyond what the calendar can count.
    pub(super) fn silence_ends(&self, policy: &Policy) -> Result<Option<Timestamp>, OutOfRange> {
        let outcome = self.complaint.outcome.as_ref();
        let ends = |told_at| policy.calendar().due_after(told_at, &policy.silence);
        outcome.map(|outcome| ends(outcome.told_at)).transpose()
    }

    /// The clock that bounds what the customer may be promised, with its due time: if it is paused, as if it resumed now.
    /// Of several, the one that is due first.
    ///
    /// # Errors
    /// If that due time lies beyond what the calendar can count.
    pub(super) fn promise_bound(
        &self,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Option<(String, Timestamp)>, OutOfRange> {
        let mut bounds = Vec::new();
        for rule in policy.clocks.iter().filter(|rule| rule.bounds_promise) {
            if let Some(mut clock) = self.live_clock(&rule.name).cloned() {
                clock.resume(now, None, rule)?;
                bounds.extend(clock.due.map(|due| (clock.name, due)));
            }
        }
        Ok(bounds.into_iter().min_by_key(|(_, due)| *due))
    }

    /// By when an escalation is answered, as it is timed now.
    pub(super) fn escalation_answer_due(&self, policy: &Policy) -> Option<Timestamp> {
        self.live_clock(&escalation_answer_rule(policy)?.name)?.due
    }

    /// Lets the clocks follow what happened at `at`, which may lie before it was recorded: a promise is kept when the thing
    /// is done, not when it is entered.
    pub(super) fn trigger(
        &mut self,
        trigger: Trigger,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        self.trigger_each(trigger, policy, None, |_| Ok(at))
    }

    /// As [`Case::trigger`], of what the customer was told at `at` by a text that was issued before: it keeps no promise that
    /// was made only after the text was written.
    pub(super) fn trigger_told(
        &mut self,
        trigger: Trigger,
        issued: Timestamp,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        self.trigger_each(trigger, policy, Some(issued), |_| Ok(at))
    }

    /// Starts what `trigger` starts, due at the date that the independent body set: it takes precedence over any target. A
    /// running cycle takes the date over; if its previous date has been missed, that cycle ends as it is, and the new date
    /// gets a cycle of its own.
    pub(super) fn start_due(
        &mut self,
        trigger: Trigger,
        date: Timestamp,
        (at, recorded): (Timestamp, Timestamp),
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        for rule in &policy.clocks {
            if !rule.starts_on.contains(&trigger) {
                continue;
            }
            match self.live_clock_mut(&rule.name) {
                Some(clock) if clock.due == Some(date) => continue,
                Some(clock) if !clock.is_late(recorded) => {
                    clock.promise(date, (recorded, recorded), rule)?;
                    clock.target = Target::SetByBody(clock.base());
                    continue;
                }
                Some(clock) => clock.abandon(recorded),
                None => {}
            }
            if self.starts(rule) {
                let target = Target::SetByBody(rule.target.unit.base());
                self.open_cycle(rule, at, target, date)?;
            }
        }
        Ok(())
    }

    /// Ends what `trigger` once started without its promise being kept: there is nothing left to do.
    pub(super) fn abandon_started_by(&mut self, trigger: Trigger, at: Timestamp, policy: &Policy) {
        for rule in &policy.clocks {
            if rule.starts_on.contains(&trigger) {
                self.end_clock(&rule.name, |clock| clock.abandon(at));
            }
        }
    }

    /// Starts what the filing of a complaint or an enquiry starts. Each code says by itself when a receipt on this channel
    /// begins to count.
    pub(super) fn start_filed(
        &mut self,
        trigger: Trigger,
        received_at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let channel = self.complaint.channel;
        self.trigger_each(trigger, policy, None, |rule| {
            rule.code.counts_from(received_at, channel)
        })
    }

    fn trigger_each(
        &mut self,
        trigger: Trigger,
        policy: &Policy,
        issued: Option<Timestamp>,
        at: impl Fn(&ClockRule) -> Result<Timestamp, OutOfRange>,
    ) -> Result<(), OutOfRange> {
        for rule in &policy.clocks {
            if issued.is_some_and(|issued| self.precedes(issued, rule)) {
                continue;
            }
            if rule.restarts_on.contains(&trigger) {
                self.restart_clock(rule, at(rule)?)?;
            } else if rule.stops_on.contains(&trigger) {
                let at = at(rule)?;
                // Where the stop ends the matter itself, its clocks end with it, whenever it took place.
                let answers = trigger == Trigger::CustomerContacted
                    || rule.starts_on.contains(&Trigger::CustomerDissatisfied);
                if !answers || !self.precedes(at, rule) {
                    self.keep_clock(&rule.name, at);
                }
            }
            if rule.starts_on.contains(&trigger) && self.live_clock(&rule.name).is_none() {
                self.start_clock(rule, at(rule)?)?;
            }
        }
        Ok(())
    }

    /// Whether `at` lies before what the live clock of this rule is about. What is entered late answers nobody who spoke
    /// up after it took place. A receipt may come before the start of its clock: on a day off it does not count yet.
    fn precedes(&self, at: Timestamp, rule: &ClockRule) -> bool {
        let on_receipt = [Trigger::Filed, Trigger::EnquiryFiled];
        let by_receipt = on_receipt.iter().any(|word| rule.starts_on.contains(word));
        let live = self.live_clock(&rule.name);
        live.is_some_and(|clock| {
            at < clock.start && !(by_receipt && at >= self.complaint.received_at)
        })
    }

    /// Keeps the promise of the live clock of this name, if there is one.
    fn keep_clock(&mut self, name: &str, at: Timestamp) {
        self.end_clock(name, |clock| clock.keep(at));
    }

    pub(super) fn end_clock(&mut self, name: &str, end: impl FnOnce(&mut Clock)) {
        if let Some(clock) = self.live_clock_mut(name) {
            end(clock);
        }
    }

    /// Keeps the promise of the live clock of this rule, if there is one, and makes it again from `at`. That never brings
    /// the due time nearer: what is entered late changes nothing if something later has restarted the clock since.
    fn restart_clock(&mut self, rule: &ClockRule, at: Timestamp) -> Result<(), OutOfRange> {
        let Some(live) = self.live_clock(&rule.name) else {
            return Ok(());
        };
        let (began, stands) = (live.start, live.due);
        let (target, due) = self.timed(rule, at)?;
        if at < began || stands.is_some_and(|stands| due < stands) {
            return Ok(());
        }
        self.keep_clock(&rule.name, at);
        self.open_cycle(rule, at, target, due)
    }

    pub(super) fn start_clock(
        &mut self,
        rule: &ClockRule,
        start: Timestamp,
    ) -> Result<(), OutOfRange> {
        if !self.starts(rule) {
            return Ok(());
        }
        let (target, due) = self.timed(rule, start)?;
        self.open_cycle(rule, start, target, due)
    }

    /// What a promise that counts from `start` is timed by, and when it is due.
    fn timed(&self, rule: &ClockRule, start: Timestamp) -> Result<(Target, Timestamp), OutOfRange> {
        let circumstances = self.complaint.circumstances();
        let (_, &target) = rule.target_for(&circumstances, start)?;
        let calendar = &rule.code.calendar;
        let due = calendar.due_after_rolling(start, &target, rule.roll)?;
        Ok((Target::Term(target), due))
    }

    /// Whether the promise is made for this complaint as it stands: if it is over, only those of clocks that outlive it
    /// are.
    fn starts(&self, rule: &ClockRule) -> bool {
        let over = self.complaint.state.is_terminal();
        (rule.outlives_closure || !over) && rule.applies_to(&self.complaint.circumstances())
    }

    pub(super) fn open_cycle(
        &mut self,
        rule: &ClockRule,
        start: Timestamp,
        target: Target,
        due: Timestamp,
    ) -> Result<(), OutOfRange> {
        let cycle = self.complaint.cycles.entry(rule.name.clone()).or_insert(0);
        *cycle += 1;
        let clock = Clock::start(rule, *cycle, start, target, due)?;
        self.complaint.usual_starts.remove(&rule.name);
        self.clocks.push(clock);
        Ok(())
    }

    /// Times the date by which the customer is promised an outcome.
    pub(super) fn time_promise(
        &mut self,
        to: Timestamp,
        (told, recorded): (Timestamp, Timestamp),
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let rule = promise_rule(policy);
        rule.map_or(Ok(()), |rule| self.time_date(rule, to, (told, recorded)))
    }

    /// Times the date by which the customer is promised an answer to the escalation.
    pub(super) fn time_escalation_answer(
        &mut self,
        to: Timestamp,
        (told, recorded): (Timestamp, Timestamp),
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let rule = escalation_answer_rule(policy);
        rule.map_or(Ok(()), |rule| self.time_date(rule, to, (told, recorded)))
    }

    /// Times a date that the customer was promised at `told`; where that is the due time already, nothing changes. Where the
    /// date before it has passed by now, that cycle ends as it stood then, and the new date has a cycle of its own.
    fn time_date(
        &mut self,
        rule: &ClockRule,
        to: Timestamp,
        (told, recorded): (Timestamp, Timestamp),
    ) -> Result<(), OutOfRange> {
        let Some(clock) = self.live_clock_mut(&rule.name) else {
            return Ok(());
        };
        if clock.due == Some(to) {
            return Ok(());
        }
        if !clock.is_late(recorded) {
            return clock.promise(to, (told, recorded), rule);
        }
        let target = Target::Promised(clock.base());
        self.end_clock(&rule.name, |clock| clock.abandon(told));
        self.open_cycle(rule, told, target, to)?;
        match self.live_clock_mut(&rule.name) {
            Some(clock) => clock.plan_anew(rule, recorded),
            None => Ok(()),
        }
    }

    pub(super) fn pause_clocks(&mut self, at: Timestamp, until: Timestamp, policy: &Policy) {
        for clock in &mut self.clocks {
            let rule = policy.clock(&clock.name);
            if let Some(rule) = rule.filter(|rule| rule.pausable) {
                clock.pause(at, until, rule);
            }
        }
    }

    pub(super) fn resume_clocks(
        &mut self,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let answers = escalation_answer_rule(policy).map(|rule| rule.name.as_str());
        for clock in self.clocks.iter_mut() {
            let rule = policy.clock(&clock.name);
            if let Some(rule) = rule.filter(|_| clock.state == ClockState::Paused) {
                let promised = if rule.follows_promise {
                    self.complaint.promised_at
                } else if answers == Some(rule.name.as_str()) {
                    self.complaint.escalation_answer_by
                } else {
                    None
                };
                clock.resume(at, promised, rule)?;
            }
        }
        Ok(())
    }

    /// Ends what runs when the complaint is over: nothing of a closed complaint can fall due, but for what the provider
    /// owes to somebody else than the customer.
    /// `owed` is what has still to happen, although it is over.
    pub(super) fn end_clocks(&mut self, at: Timestamp, owed: Option<Trigger>, policy: &Policy) {
        let outlives = |clock: &Clock| {
            let rule = policy.clock(&clock.name);
            rule.is_some_and(|rule| {
                rule.outlives_closure || owed.is_some_and(|owed| rule.stops_on.contains(&owed))
            })
        };
        for clock in &mut self.clocks {
            if clock.state.is_live() && !outlives(clock) {
                clock.abandon(at);
            }
        }
    }

    /// Passes over the reminders of these clocks that would have come by `at`.
    pub(super) fn catch_up(
        &mut self,
        clocks: &[String],
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let late = |clock: &&mut Clock| clocks.contains(&clock.name);
        for clock in self.clocks.iter_mut().filter(late) {
            if let Some(rule) = policy.clock(&clock.name) {
                clock.catch_up(at, rule)?;
            }
        }
        Ok(())
    }

    /// A step that has fired, and those before it, never fire again.
    pub(super) fn pass_step(&mut self, firing: &Firing, policy: &Policy) -> Result<(), OutOfRange> {
        let fired = |clock: &&mut Clock| clock.is(&firing.clock, firing.cycle);
        match (
            self.clocks.iter_mut().find(fired),
            policy.clock(&firing.clock),
        ) {
            (Some(clock), Some(rule)) => clock.pass(firing, rule),
            _ => Ok(()),
        }
    }
}

/// A due time that the customer may be told: one that still lies ahead. Nobody is promised the past.
pub(super) fn ahead(due: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    due.filter(|due| *due > now)
}

/// The rule whose clock carries the date that the customer was promised.
fn promise_rule(policy: &Policy) -> Option<&ClockRule> {
    policy.clocks.iter().find(|rule| rule.follows_promise)
}

/// The rule of the answer to an escalation, in the provider's own code: escalating starts it, and telling an outcome stops it,
/// while acknowledging the escalation does not.
fn escalation_answer_rule(policy: &Policy) -> Option<&ClockRule> {
    policy.clocks.iter().find(|rule| {
        rule.code == policy.code
            && rule.starts_on.contains(&Trigger::Escalated)
            && rule.stops_on.contains(&Trigger::OutcomeTold)
            && !rule.stops_on.contains(&Trigger::EscalationAcknowledged)
    })
}

/// The rule whose clock carries a date that the customer is promised: that of the outcome, or of the answer to an escalation.
pub(super) fn carries_date(policy: &Policy, of_escalation: bool) -> Option<&ClockRule> {
    if of_escalation {
        escalation_answer_rule(policy)
    } else {
        promise_rule(policy)
    }
}
