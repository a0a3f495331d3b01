//! What each fact does to a complaint and its clocks. Recording a fact and replaying it from the log are the same, so what
//! is stored can be proved from the log alone.

mod closing;
mod filed;
mod referral;
mod telling;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    case::Case,
    clock::Clock,
    complaint::{
        Answer, ClosureReason, Complaint, Conclusion, IdentityCheck, Outcome, Pause, State,
    },
    correction::Corrected,
    erasure::Erasure,
    event::{Fact, Firing, Migrated},
    fate::NoticeState,
    grievance::Grievance,
};
use crate::{
    calendar::OutOfRange,
    policy::{EscalationReason, Policy, Trigger},
};

pub(super) use telling::waits_for_text;

impl Complaint {
    /// Flags it for these reasons and no others; for none, it is not flagged.
    fn flag_for(&mut self, reasons: BTreeSet<EscalationReason>, at: Timestamp) {
        let since = self.escalation_eligible_at.unwrap_or(at);
        self.escalation_eligible_at = (!reasons.is_empty()).then_some(since);
        self.escalation_reasons = reasons;
    }

    /// Notes that an event was appended to its log.
    pub(super) fn append(&mut self, sequence: i64, at: Timestamp, hash: &[u8]) {
        self.last_sequence = sequence;
        self.last_event_at = at;
        self.last_hash = hash.to_vec();
    }
}

impl Case {
    /// Lets the complaint and its clocks follow a fact that `actor` recorded at `at`; `firing` is the step that caused it. The
    /// clocks go by when something was done, which may be before that.
    ///
    /// # Errors
    /// When a due time lies beyond what a calendar can count.
    pub(super) fn apply(
        &mut self,
        (at, actor): (Timestamp, &str),
        fact: &Fact,
        firing: Option<&Firing>,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        if let Some(firing) = firing {
            self.pass_step(firing, policy)?;
        }
        if fact.is_handling() {
            let level = self.complaint.level;
            self.complaint.handled_by(actor, level);
        }
        if fact.answers_reasons() {
            self.complaint.flag_for(BTreeSet::new(), at);
        }
        self.follow(at, fact, firing, policy)
    }

    /// As [`Case::apply`], of a migration: every promise is timed from now on as it is in `supposed`, the same complaint as it
    /// would stand under the new code.
    ///
    /// # Errors
    /// As [`Case::apply`].
    pub(super) fn apply_migration(
        &mut self,
        at: Timestamp,
        migrated: &Migrated,
        supposed: Case,
        (old, new): (&Policy, &Policy),
    ) -> Result<(), OutOfRange> {
        self.migrate(at, supposed, old, new)?;
        self.complaint.policy = migrated.policy.clone();
        self.complaint
            .additional_policies
            .clone_from(&migrated.additional_policies);
        Ok(())
    }

    fn follow(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        firing: Option<&Firing>,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        match fact {
            Fact::Filed(filed) => {
                let trigger = if filed.enquiry {
                    Trigger::EnquiryFiled
                } else {
                    Trigger::Filed
                };
                self.start_filed(trigger, filed.received_at, policy)
            }
            Fact::EnquiryConverted { counts_from } => {
                self.complaint.received_at = *counts_from;
                self.complaint.state = State::Received;
                self.trigger(Trigger::EnquiryConverted, *counts_from, policy)
            }
            Fact::Acknowledged {
                promised_at,
                acknowledged_at,
                awaited,
            } => {
                let told = acknowledged_at.unwrap_or(at);
                self.time_promise(*promised_at, (told, at), policy)?;
                let complaint = &mut self.complaint;
                complaint.acknowledged_at = Some(told);
                complaint.first_promised_at.get_or_insert(*promised_at);
                complaint.promised_at = Some(*promised_at);
                complaint.state = State::InReview;
                self.tell_by_act(Trigger::Acknowledged, told, *awaited, policy)
            }
            Fact::EscalationAcknowledged {
                answer_by,
                acknowledged_at,
                awaited,
                ..
            } => {
                let told = acknowledged_at.unwrap_or(at);
                self.time_escalation_answer(*answer_by, (told, at), policy)?;
                self.complaint.escalation_unacknowledged = false;
                self.complaint.escalation_answer_by = Some(*answer_by);
                self.tell_by_act(Trigger::EscalationAcknowledged, told, *awaited, policy)
            }
            Fact::IdentityVerified { verified_at } => {
                let at = verified_at.unwrap_or(at);
                // One that was made before, and is entered later, is not the last one.
                let last = self.complaint.identity.as_ref().map(|check| check.at);
                let at = last.map_or(at, |last| last.max(at));
                self.complaint.identity = Some(IdentityCheck { at });
                Ok(())
            }
            Fact::ContactRecorded {
                from_customer,
                contact_at,
                dissatisfied,
                not_reached,
                ..
            } => {
                if *from_customer {
                    let first = &mut self.complaint.first_contact_at;
                    *first = (*first).min(*contact_at);
                }
                // First, so that the contact in which the customer says so does not count as the answer to it.
                if !*from_customer && !*not_reached {
                    self.trigger(Trigger::CustomerContacted, *contact_at, policy)?;
                }
                if *dissatisfied {
                    self.follow_dissatisfaction(*contact_at, policy)?;
                }
                Ok(())
            }
            Fact::UpdateSent { sent_at, awaited } => {
                let sent = sent_at.unwrap_or(at);
                self.tell_by_act(Trigger::UpdateSent, sent, *awaited, policy)
            }
            Fact::PromiseChanged {
                first_promised_at,
                to,
                told_at,
                ..
            } => {
                let told = told_at.unwrap_or(at);
                self.time_promise(*to, (told, at), policy)?;
                let complaint = &mut self.complaint;
                complaint
                    .first_promised_at
                    .get_or_insert(*first_promised_at);
                complaint.promised_at = Some(*to);
                complaint.promise_told_at = Some(told);
                Ok(())
            }
            Fact::Paused { reason, until } => {
                self.complaint.pause = Some(Pause {
                    reason: *reason,
                    start: at,
                    end: *until,
                });
                self.pause_clocks(at, *until, policy);
                Ok(())
            }
            Fact::Resumed { at: resumed_at } => {
                self.complaint.pause = None;
                self.resume_clocks(*resumed_at, policy)
            }
            Fact::Assigned { assignee, level } => {
                let complaint = &mut self.complaint;
                complaint.handled_by(assignee, *level);
                complaint.assignee = Some(assignee.clone());
                Ok(())
            }
            Fact::Unassigned => {
                self.complaint.assignee = None;
                Ok(())
            }
            Fact::IssueAdded { issue } => {
                self.complaint.issues.push(issue.clone());
                Ok(())
            }
            Fact::CaseReferenceAdded { case_reference } => {
                self.complaint.case_references.push(case_reference.clone());
                Ok(())
            }
            Fact::AttachmentAdded { attachment } => {
                self.complaint.attachments.push(attachment.clone());
                Ok(())
            }
            Fact::Linked { link } => {
                self.complaint.links.push(link.clone());
                Ok(())
            }
            Fact::Unlinked { link } => {
                self.complaint.links.retain(|kept| kept != link);
                Ok(())
            }
            Fact::Corrected(corrected) => self.follow_correction(corrected, at, policy),
            Fact::ReviewConcluded {
                decided_at,
                root_cause,
            } => {
                self.complaint.conclusion = Some(Conclusion {
                    decided_at: *decided_at,
                    root_cause: root_cause.clone(),
                });
                self.trigger(Trigger::OutcomeDecided, *decided_at, policy)
            }
            Fact::OutcomeProposed {
                decided_at,
                told_at,
                has_remedy,
                root_cause,
            } => {
                let complaint = &mut self.complaint;
                let concluded_before = complaint.conclusion.take().is_some();
                complaint.outcome = Some(Outcome {
                    decided_at: *decided_at,
                    told_at: told_at.unwrap_or(at),
                    level: complaint.level,
                    has_remedy: *has_remedy,
                    event: complaint.last_sequence,
                    root_cause: root_cause.clone(),
                    answer: None,
                    implemented_at: None,
                });
                complaint.escalation_unacknowledged = false;
                complaint.state = State::Proposed;
                if concluded_before {
                    return Ok(());
                }
                self.trigger(Trigger::OutcomeDecided, *decided_at, policy)
            }
            Fact::CustomerAnswered {
                answer,
                answered_at,
            } => self.follow_answer(*answer, *answered_at, policy),
            Fact::RemedyCarriedOut { implemented_at } => {
                self.settle_matter();
                if let Some(outcome) = &mut self.complaint.outcome {
                    outcome.implemented_at = Some(*implemented_at);
                }
                self.trigger(Trigger::RemedyCarriedOut, *implemented_at, policy)
            }
            Fact::ResolvedAtFirstContact { resolved_at } => {
                let at = resolved_at.unwrap_or(at);
                self.trigger(Trigger::ResolvedAtFirstContact, at, policy)
            }
            Fact::Escalated {
                level,
                requested_at,
                ..
            } => self.follow_escalation(*level, requested_at.unwrap_or(at), policy),
            Fact::Referred { .. }
            | Fact::ReferralStageReached { .. }
            | Fact::ReferralReported { .. }
            | Fact::DocumentsRequested { .. }
            | Fact::DocumentsSubmitted { .. }
            | Fact::FindingsRecorded { .. }
            | Fact::FindingsCarriedOut { .. } => self.follow_referral(at, fact, policy),
            Fact::Withdrawn { withdrawn_at, .. } => {
                let at = withdrawn_at.unwrap_or(at);
                self.complaint.withdrawn_as_enquiry = self.complaint.state == State::Enquiry;
                self.trigger(Trigger::Withdrawn, at, policy)?;
                self.end(State::Withdrawn, ClosureReason::Withdrawn, at, policy);
                Ok(())
            }
            Fact::Closed {
                reason,
                closed_at,
                awaited,
            } => self.follow_closure(*reason, closed_at.unwrap_or(at), *awaited, policy),
            Fact::Reopened { state, reopened_at } => {
                self.follow_reopening(*state, reopened_at.unwrap_or(at), policy)
            }
            Fact::Breached { .. } => {
                if let Some(firing) = firing {
                    self.breach(firing, at);
                }
                Ok(())
            }
            Fact::NoticeIssued {
                notice,
                awaited,
                means,
                ..
            } => self.follow_issued(*notice, at, (*awaited, *means), policy),
            Fact::NoticeSent(delivery) => {
                self.follow_delivery(delivery, NoticeState::Sent, at, policy)
            }
            Fact::NoticePosted(delivery) => {
                self.follow_delivery(delivery, NoticeState::Posted, at, policy)
            }
            Fact::NoticeTold(delivery) => {
                self.follow_delivery(delivery, NoticeState::Told, at, policy)
            }
            Fact::NoticeDelivered(delivery) => {
                self.follow_delivery(delivery, NoticeState::Delivered, at, policy)
            }
            Fact::NoticeFailed(failed) => self.follow_failure(failed, at, policy),
            Fact::NoticeRequeued { notice, means } => {
                self.follow_requeue(*notice, *means);
                Ok(())
            }
            Fact::CustomerCorrected { reach, .. } => {
                if reach.is_some() {
                    self.complaint.reach.clone_from(reach);
                }
                Ok(())
            }
            Fact::BreachWithdrawn { clock, cycle, .. } => {
                self.withdraw_breach(clock, *cycle);
                Ok(())
            }
            Fact::EscalationEligible { reasons }
            | Fact::EscalationEligibilityWithdrawn {
                remaining: reasons, ..
            } => {
                self.complaint.flag_for(reasons.clone(), at);
                Ok(())
            }
            Fact::LegalHoldPlaced { reason } => {
                self.complaint.legal_holds.insert(*reason, at);
                Ok(())
            }
            Fact::LegalHoldReleased { reason } => {
                self.complaint.legal_holds.remove(reason);
                Ok(())
            }
            Fact::PersonalDataErased { reason } => {
                let complaint = &mut self.complaint;
                complaint.erasure = Some(Erasure {
                    at,
                    reason: *reason,
                    event: complaint.last_sequence,
                });
                // Whoever is on record from now on was never checked.
                complaint.identity = None;
                self.stop_telling(at, policy);
                Ok(())
            }
            Fact::EnteredLate { missed, .. } => self.catch_up(missed, at, policy),
            // A reminder changes nothing but the step that comes next; a promise follows from the event that makes it, and a
            // migration from more than its event: `apply_migration`.
            Fact::Reminder { .. }
            | Fact::NoteAdded
            | Fact::PromiseBoundOverridden { .. }
            | Fact::ReminderSkipped { .. }
            | Fact::Migrated(_) => Ok(()),
        }
    }

    fn follow_correction(
        &mut self,
        corrected: &Corrected,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let before = self.complaint.circumstances();
        let complaint = &mut self.complaint;
        if let Some(changed) = &corrected.customer_type {
            complaint.customer_type = changed.to;
        }
        if let Some(changed) = &corrected.language {
            complaint.language = changed.to;
        }
        if let Some(changed) = &corrected.region {
            complaint.region.clone_from(&changed.to);
        }
        if let Some(changed) = &corrected.labels {
            complaint.labels.clone_from(&changed.to);
        }
        match &corrected.urgent {
            Some(changed) => {
                complaint.urgent = changed.to;
                self.retime(&before, at, policy)
            }
            None => Ok(()),
        }
    }

    /// What was agreed is done: that settles an escalation because it was not done, and what the customer said before. A
    /// missed promise stays missed.
    fn settle_matter(&mut self) {
        let complaint = &mut self.complaint;
        complaint.state = State::Implemented;
        complaint.escalation_unacknowledged = false;
        let missed = |grievance: &Grievance| matches!(grievance, Grievance::Missed { .. });
        complaint.grievances.retain(missed);
    }

    /// Before a matter is received as a complaint, it has no promises.
    fn follow_dissatisfaction(&mut self, at: Timestamp, policy: &Policy) -> Result<(), OutOfRange> {
        self.hold_against(EscalationReason::CustomerDissatisfied);
        if self.complaint.is_enquiry() || at < self.complaint.received_at {
            return Ok(());
        }
        self.trigger(Trigger::CustomerDissatisfied, at, policy)
    }

    /// Another review begins, or there is none any more: the conclusion of the former one is no longer told.
    fn drop_conclusion(&mut self, at: Timestamp, policy: &Policy) {
        if self.complaint.conclusion.take().is_some() {
            self.abandon_started_by(Trigger::OutcomeDecided, at, policy);
        }
    }

    /// Until the complaint is escalated, settled or over.
    fn hold_against(&mut self, reason: EscalationReason) {
        let grievances = &mut self.complaint.grievances;
        grievances.insert(Grievance::Stated(reason));
    }

    fn follow_answer(
        &mut self,
        answer: Answer,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let outcome = self.complaint.outcome.as_mut();
        let has_remedy = outcome.is_some_and(|outcome| {
            outcome.answer = Some((answer, at));
            outcome.has_remedy
        });
        match (answer, has_remedy) {
            (Answer::Refused, _) => {
                self.complaint.state = State::InReview;
                self.hold_against(EscalationReason::OutcomeRefused);
                self.trigger(Trigger::OutcomeRefused, at, policy)
            }
            (Answer::Accepted, true) => {
                self.complaint.state = State::Resolved;
                self.trigger(Trigger::OutcomeAccepted, at, policy)?;
                self.trigger(Trigger::RemedyAgreed, at, policy)
            }
            (Answer::Accepted, false) => {
                self.settle_matter();
                self.trigger(Trigger::OutcomeAccepted, at, policy)?;
                // Nothing is left to carry out.
                self.trigger(Trigger::RemedyCarriedOut, at, policy)
            }
        }
    }

    fn follow_escalation(
        &mut self,
        level: usize,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        self.drop_conclusion(at, policy);
        let complaint = &mut self.complaint;
        complaint.level = level;
        complaint.assignee = None;
        complaint.escalated_at = Some(at);
        complaint.escalation_unacknowledged = true;
        complaint.escalation_answer_by = None;
        complaint.grievances.clear();
        // Each level is a promise of its own: what the level below left unanswered ends here, as late as it is.
        self.abandon_started_by(Trigger::Escalated, at, policy);
        self.trigger(Trigger::Escalated, at, policy)?;
        if level >= policy.recourse.from_level {
            self.trigger(Trigger::RecourseLevelReached, at, policy)?;
        }
        Ok(())
    }

    fn withdraw_breach(&mut self, name: &str, cycle: i32) {
        if let Some(clock) = self.clocks.iter_mut().find(|clock| clock.is(name, cycle)) {
            clock.breached_at = None;
            self.complaint.grievances.remove(&clock.as_grievance());
        }
    }

    fn breach(&mut self, firing: &Firing, at: Timestamp) {
        let breached = |clock: &&mut Clock| clock.is(&firing.clock, firing.cycle);
        if let Some(clock) = self.clocks.iter_mut().find(breached) {
            // One that a migration brought along stands: the promise was missed once.
            clock.breached_at.get_or_insert(at);
            self.complaint.grievances.insert(clock.as_grievance());
        }
    }
}
