//! What ends a complaint, and what begins it again.

use jiff::Timestamp;

use crate::{
    calendar::OutOfRange,
    domain::{
        case::Case,
        case_clocks,
        complaint::{ClosureReason, State},
    },
    policy::{EscalationReason, Policy, Told, Trigger},
};

impl Case {
    /// The provider closes it. An enquiry is answered with it: where the answer is still to reach the customer, the clock that
    /// times it goes on until then.
    pub(super) fn follow_closure(
        &mut self,
        reason: ClosureReason,
        at: Timestamp,
        awaited: bool,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let answered = reason == ClosureReason::EnquiryAnswered;
        if answered {
            self.tell_by_act(Trigger::EnquiryAnswered, at, awaited, policy)?;
        }
        self.trigger(Trigger::Closed, at, policy)?;
        let is_awaited = answered && awaited && policy.told == Told::Sent;
        let owed = is_awaited.then_some(Trigger::EnquiryAnswered);
        self.close(State::Closed, reason, at, owed, policy);
        Ok(())
    }

    /// Ends it, with every clock that is not owed to somebody else.
    pub(super) fn end(
        &mut self,
        state: State,
        reason: ClosureReason,
        at: Timestamp,
        policy: &Policy,
    ) {
        self.close(state, reason, at, None, policy);
    }

    fn close(
        &mut self,
        state: State,
        reason: ClosureReason,
        at: Timestamp,
        owed: Option<Trigger>,
        policy: &Policy,
    ) {
        self.drop_conclusion(at, policy);
        let complaint = &mut self.complaint;
        complaint.state = state;
        complaint.closed_at = Some(at);
        complaint.closure_reason = Some(reason);
        complaint.escalation_unacknowledged = false;
        complaint.grievances.clear();
        self.end_clocks(at, owed, policy);
    }

    /// Cycles that have ended stay as they are, new ones begin.
    pub(super) fn follow_reopening(
        &mut self,
        state: State,
        at: Timestamp,
        policy: &Policy,
    ) -> Result<(), OutOfRange> {
        let complaint = &mut self.complaint;
        complaint.state = state;
        complaint.closed_at = None;
        complaint.closure_reason = None;
        complaint.withdrawn_as_enquiry = false;
        complaint.reopened_at = Some(at);
        complaint.reopen_count += 1;
        complaint.outcome = None;
        // The date of the earlier round is history; the first promise stays on record.
        complaint.promised_at = None;
        complaint.promise_told_at = None;
        match state {
            State::Enquiry => self.trigger(Trigger::EnquiryFiled, at, policy),
            // Never acknowledged: the promises of a new complaint hold.
            State::Received => {
                self.hold_against(EscalationReason::Reopened);
                self.trigger(Trigger::Filed, at, policy)
            }
            _ => {
                self.hold_against(EscalationReason::Reopened);
                self.trigger(Trigger::Reopened, at, policy)?;
                // A clock that ran on past the closure may be overdue: its due time is not promised to anybody.
                self.complaint.promised_at = case_clocks::ahead(self.answer_due(policy), at);
                Ok(())
            }
        }
    }
}
