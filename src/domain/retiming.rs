//! What becomes of the clocks when a complaint turns out to be urgent, or not to be.
//!
//! A cycle never changes its target: it ends, and another one begins. What is overdue stays so, and a date that the customer
//! was promised, or the independent body set, stands.

use jiff::Timestamp;

use super::{
    case::Case,
    case_clocks,
    clock::{Clock, ClockState, Target},
    complaint::{Answer, State},
};
use crate::{
    calendar::OutOfRange,
    policy::{Circumstances, ClockRule, Policy, Told, Trigger},
};

impl Case {
    /// Times the clocks that urgency bears on, which changed at `at`; `before` is how it was until then.
    ///
    /// What becomes urgent has the shorter target from now on, unless it is due before that anyway. What no longer is has the
    /// usual one as if it had never been urgent, so that no time is gained. Nothing that was counted before a pause is taken
    /// over, as the two targets need not count in the same time.
    pub(super) fn retime(
        &mut self,
        before: &Circumstances,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let now = self.complaint.circumstances();
        for rule in &policy.clocks {
            match self.live_clock(&rule.name).cloned() {
                // A breach stands.
                Some(clock) if clock.is_late(at) => {}
                Some(clock) if !rule.applies_to(&now) => {
                    self.end_clock(&clock.name, |clock| clock.abandon(at));
                }
                Some(_) if self.carries_promise(rule, policy) => {}
                Some(clock) => self.retarget(&clock, rule, (before, &now), at)?,
                None if self.would_run(rule, before, &now, policy) => {
                    self.start_clock(rule, at)?;
                    if rule.pausable {
                        self.pause_clock(rule, at);
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Whether the due time of this clock is a date that the customer was promised, which its target may have given.
    fn carries_promise(&self, rule: &ClockRule, policy: &Policy) -> bool {
        let complaint = &self.complaint;
        [
            (false, complaint.promised_at),
            (true, complaint.escalation_answer_by),
        ]
        .into_iter()
        .any(|(of_escalation, promised)| {
            let carries = case_clocks::carries_date(policy, of_escalation);
            promised.is_some() && carries.is_some_and(|carries| carries.name == rule.name)
        })
    }

    fn retarget(
        &mut self,
        clock: &Clock,
        rule: &ClockRule,
        (before, now): (&Circumstances, &Circumstances),
        at: Timestamp,
    ) -> Result<(), OutOfRange> {
        let (_, former) = rule.target_for(before, clock.start)?;
        let (_, target) = rule.target_for(now, clock.start)?;
        let follows_target = matches!(&clock.target, Target::Term(term) if term == former);
        if former == target || !follows_target {
            return Ok(());
        }
        let was_paused = clock.remaining.is_some();
        let usual_start = self.complaint.usual_starts.get(&rule.name);
        let usual_start = *usual_start.unwrap_or(&clock.start);
        let start = match now.urgent || was_paused {
            true => at,
            false => usual_start,
        };
        let calendar = &rule.code.calendar;
        let due = calendar.due_after_rolling(start, target, rule.roll)?;
        if now.urgent && clock.due.is_some_and(|stands| stands <= due) {
            return Ok(());
        }
        let target = Target::Term(*target);
        self.end_clock(&rule.name, |clock| clock.abandon(at));
        self.open_cycle(rule, start, target, due)?;
        if now.urgent && !was_paused {
            let starts = &mut self.complaint.usual_starts;
            starts.insert(rule.name.clone(), usual_start);
        }
        if let Some(clock) = self.live_clock_mut(&rule.name) {
            clock.plan_anew(rule, at)?;
        }
        if clock.state == ClockState::Paused {
            self.pause_clock(rule, at);
        }
        Ok(())
    }

    /// Whether a clock for urgent complaints alone would be running, had the complaint been urgent all along.
    fn would_run(
        &self,
        rule: &ClockRule,
        before: &Circumstances,
        now: &Circumstances,
        policy: &Policy,
    ) -> bool {
        let begins = [Trigger::Filed, Trigger::EnquiryConverted];
        let from_the_start = begins
            .iter()
            .any(|trigger| rule.starts_on.contains(trigger));
        let bears = rule.applies_to(now) && !rule.applies_to(before) && from_the_start;
        let open = !self.complaint.state.is_terminal() && !self.complaint.is_enquiry();
        bears
            && open
            && !rule
                .stops_on
                .iter()
                .any(|trigger| self.has_happened(*trigger, policy))
    }

    /// Whether this has happened in the present round of the complaint.
    fn has_happened(&self, trigger: Trigger, policy: &Policy) -> bool {
        let complaint = &self.complaint;
        if policy.told == Told::Sent && complaint.awaits(trigger) {
            return false;
        }
        let answer = complaint.outcome.as_ref().and_then(|o| o.answer);
        let answered = |wanted| matches!(answer, Some((answer, _)) if answer == wanted);
        match trigger {
            Trigger::Acknowledged => complaint.state != State::Received,
            Trigger::OutcomeDecided => {
                complaint.conclusion.is_some() || complaint.outcome.is_some()
            }
            Trigger::OutcomeTold => complaint.outcome.is_some(),
            Trigger::OutcomeAccepted => answered(Answer::Accepted),
            Trigger::OutcomeRefused => answered(Answer::Refused),
            Trigger::RemedyCarriedOut => complaint.state == State::Implemented,
            _ => false,
        }
    }

    /// Pauses a clock that begins during a pause.
    fn pause_clock(&mut self, rule: &ClockRule, at: Timestamp) {
        let Some(until) = self.complaint.pause.as_ref().map(|pause| pause.end) else {
            return;
        };
        if let Some(clock) = self.live_clock_mut(&rule.name) {
            clock.pause(at, until, rule);
        }
    }
}
