//! What follows from the fate of a notice: the promise to tell it is kept once the customer was told.

use jiff::Timestamp;

use crate::{
    calendar::OutOfRange,
    domain::{
        case::Case,
        clock::{Clock, ClockState},
        complaint::Complaint,
        customer::ContactMeans,
        fate::{
            Delivery, FailedDelivery, MOST_FOLLOWED, NoticeFailure, NoticeFate, NoticeState,
            first_to_forget,
        },
        notice::NoticeKind,
    },
    policy::{ClockRule, Policy, Told, Trigger},
};

impl Case {
    /// Lets the clocks follow an act by which the customer is told something: at once, unless it counts only once the text has
    /// left.
    pub(super) fn tell_by_act(
        &mut self,
        trigger: Trigger,
        at: Timestamp,
        awaited: bool,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        if awaited && policy.told == Told::Sent {
            return Ok(());
        }
        self.trigger(trigger, at, policy)
    }

    /// Follows the notice that the last event issued. Where another system is trusted to deliver it, only its being issued
    /// counts.
    pub(super) fn follow_issued(
        &mut self,
        kind: NoticeKind,
        at: Timestamp,
        (awaited, means): (bool, Option<ContactMeans>),
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        if awaited {
            let complaint = &mut self.complaint;
            if complaint.notices.len() >= MOST_FOLLOWED
                && let Some(forgotten) = first_to_forget(&complaint.notices)
            {
                complaint.notices.remove(&forgotten);
            }
            let fate = NoticeFate {
                kind,
                issued_at: at,
                state: NoticeState::Waiting,
                since: None,
                means,
                failure: None,
                reached: false,
            };
            complaint.notices.insert(complaint.last_sequence, fate);
        }
        match kind {
            NoticeKind::OutcomeProposed => {
                let outcome = self.complaint.outcome.as_ref();
                let told = outcome.map_or(at, |outcome| outcome.told_at);
                self.tell_by_act(Trigger::OutcomeTold, told, awaited, policy)
            }
            NoticeKind::Recourse => {
                if awaited && policy.told == Told::Sent {
                    self.pass_recourse(policy)?;
                }
                self.tell_by_act(Trigger::RecourseTold, at, awaited, policy)
            }
            NoticeKind::ReviewContinues => {
                self.tell_by_act(Trigger::UpdateSent, at, awaited, policy)
            }
            _ => Ok(()),
        }
    }

    /// One word of the independent body keeps every promise of it, so none is written while one is on its way.
    fn pass_recourse(&mut self, policy: &Policy) -> Result<(), OutOfRange> {
        for clock in &mut self.clocks {
            let rule = policy.clock(&clock.name);
            let rule = rule.filter(|rule| rule.stops_on.contains(&Trigger::RecourseTold));
            if let Some(rule) = rule.filter(|_| clock.state == ClockState::Running) {
                clock.pass_telling(rule)?;
            }
        }
        Ok(())
    }

    /// A notice has left, arrived, or was told. The first time that it reaches the customer counts.
    pub(super) fn follow_delivery(
        &mut self,
        delivery: &Delivery,
        state: NoticeState,
        recorded: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let at = delivery.took_place_at.unwrap_or(recorded);
        let Some(fate) = self.complaint.notices.get_mut(&delivery.notice) else {
            return Ok(());
        };
        let first = !std::mem::replace(&mut fate.reached, true);
        fate.state = state;
        fate.since = Some(at);
        fate.means = Some(delivery.means);
        fate.failure = None;
        let (kind, issued_at) = (fate.kind, fate.issued_at);
        if first
            && policy.told == Told::Sent
            && let Some(trigger) = kind.tells()
        {
            self.tell(trigger, (delivery.notice, issued_at), at, policy)?;
        }
        self.trigger(Trigger::NoticeTold, at, policy)
    }

    /// The customer was told what this notice says. That keeps no promise which was made only after it was issued, and an
    /// outcome of a level below is no answer to an escalation.
    fn tell(
        &mut self,
        trigger: Trigger,
        (notice, issued_at): (i64, Timestamp),
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        if trigger == Trigger::OutcomeTold {
            let level = self.complaint.level;
            let outcome = self.complaint.outcome.as_mut();
            let Some(outcome) = outcome.filter(|told| told.event < notice && told.level == level)
            else {
                return Ok(());
            };
            // The customer cannot have answered before.
            let answered = outcome.answer.map(|(_, answered)| answered);
            outcome.told_at = answered.map_or(at, |answered| at.min(answered));
        }
        self.trigger_told(trigger, issued_at, at, policy)
    }

    /// A failure neither stops nor reopens a clock: it may start one.
    pub(super) fn follow_failure(
        &mut self,
        failed: &FailedDelivery,
        recorded: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let at = failed.took_place_at.unwrap_or(recorded);
        let Some(fate) = self.complaint.notices.get_mut(&failed.notice) else {
            return Ok(());
        };
        fate.state = NoticeState::Failed;
        fate.since = Some(at);
        fate.means = failed.means;
        fate.failure = Some(failed.reason);
        if failed.reason == NoticeFailure::Erased {
            return Ok(());
        }
        self.trigger(Trigger::NoticeFailed, at, policy)
    }

    /// It is to be sent again.
    pub(super) fn follow_requeue(&mut self, notice: i64, means: ContactMeans) {
        if let Some(fate) = self.complaint.notices.get_mut(&notice) {
            fate.state = NoticeState::Waiting;
            fate.since = None;
            fate.means = Some(means);
            fate.failure = None;
        }
    }

    /// Nobody is written to any more: what waits for that ends as it is.
    pub(super) fn stop_telling(&mut self, at: Timestamp, policy: &Policy) {
        for rule in &policy.clocks {
            if waits_for_text(&self.complaint, rule, policy) {
                self.end_clock(&rule.name, |clock: &mut Clock| clock.abandon(at));
            }
        }
        self.complaint.notices.clear();
        if let Some(reach) = &mut self.complaint.reach {
            *reach = Default::default();
        }
    }
}

/// Whether a clock of this rule, if it runs, waits for nothing but that a text reaches the customer.
pub(in crate::domain) fn waits_for_text(
    complaint: &Complaint,
    rule: &ClockRule,
    policy: &Policy,
) -> bool {
    let told = |trigger: &Trigger| complaint.awaits(*trigger);
    rule.starts_on.contains(&Trigger::NoticeFailed)
        || (policy.told == Told::Sent && rule.stops_on.iter().any(told))
}
