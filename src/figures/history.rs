//! What happened to a complaint and when it was done, in all of its rounds: a reopening begins another one.

use jiff::Timestamp;

use super::StoredComplaint;
use crate::domain::{Answer, ClosureReason, Event, EventKind, Fact, NoticeFailure};

/// The kinds of events that few complaints have, and that a stored complaint does not tell in full.
pub const RARE_KINDS: [EventKind; 4] = [
    EventKind::Reopened,
    EventKind::Escalated,
    EventKind::Referred,
    EventKind::NoticeFailed,
];

/// The kinds of events that a history consists of.
pub const KINDS_OF_HISTORY: [EventKind; 8] = [
    EventKind::OutcomeProposed,
    EventKind::CustomerAnswered,
    EventKind::Closed,
    EventKind::Withdrawn,
    EventKind::Reopened,
    EventKind::Escalated,
    EventKind::Referred,
    EventKind::NoticeFailed,
];

/// When what was done. In each list, in the order in which it was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    pub(super) closed: Vec<Timestamp>,
    /// Those of the closures that put the matter right in the first contact.
    pub(super) at_first_contact: Vec<Timestamp>,
    /// At most one in each round.
    pub(super) resolved: Vec<Timestamp>,
    pub(super) escalated: Vec<Timestamp>,
    pub(super) referred: Vec<Timestamp>,
    pub(super) reopened: Vec<Timestamp>,
    pub(super) notices_failed: Vec<Timestamp>,
}

/// How far the present round has come.
#[derive(Debug, Default)]
struct Round {
    accepted: Option<Timestamp>,
    closed: Option<(Timestamp, ClosureReason)>,
}

impl Round {
    /// A complaint is resolved when the customer accepts the outcome, or when it is closed without that. One that is withdrawn
    /// is not resolved.
    fn resolved(&self) -> Option<Timestamp> {
        match self.closed {
            Some((_, ClosureReason::Withdrawn | ClosureReason::EnquiryAnswered)) => None,
            Some((at, _)) => Some(self.accepted.unwrap_or(at)),
            None => self.accepted,
        }
    }
}

impl History {
    /// By the log, or by those of its events that are of [`KINDS_OF_HISTORY`], each with when it was recorded.
    pub fn of<'e>(events: impl IntoIterator<Item = (Timestamp, &'e Fact)>) -> Self {
        let (mut history, mut round) = (History::default(), Round::default());
        for (recorded, fact) in events {
            match fact {
                Fact::OutcomeProposed { .. } => round.accepted = None,
                Fact::CustomerAnswered {
                    answer,
                    answered_at,
                } => round.accepted = (*answer == Answer::Accepted).then_some(*answered_at),
                Fact::Closed {
                    reason, closed_at, ..
                } => history.close(&mut round, closed_at.unwrap_or(recorded), *reason),
                Fact::Withdrawn { withdrawn_at, .. } => {
                    let at = withdrawn_at.unwrap_or(recorded);
                    history.close(&mut round, at, ClosureReason::Withdrawn);
                }
                Fact::Reopened { reopened_at, .. } => {
                    history.reopened.push(reopened_at.unwrap_or(recorded));
                    history.end(std::mem::take(&mut round));
                }
                rare => history.note(recorded, rare),
            }
        }
        history.end(round);
        history
    }

    /// As [`History::of`] the whole log.
    #[must_use]
    pub fn of_log(log: &[Event]) -> Self {
        Self::of(log.iter().map(|event| (event.at, &event.fact)))
    }

    /// Of a complaint that was never reopened, by how it stands and its events of [`RARE_KINDS`].
    pub fn of_one_round<'e>(
        complaint: &StoredComplaint,
        rare: impl IntoIterator<Item = (Timestamp, &'e Fact)>,
    ) -> Self {
        let (mut history, mut round) = (History::default(), Round::default());
        for (recorded, fact) in rare {
            history.note(recorded, fact);
        }
        round.accepted = complaint.accepted_at();
        if let Some((at, reason)) = complaint.closed_at.zip(complaint.closure_reason) {
            history.close(&mut round, at, reason);
        }
        history.end(round);
        history
    }

    fn note(&mut self, recorded: Timestamp, fact: &Fact) {
        match fact {
            Fact::Escalated { requested_at, .. } => {
                self.escalated.push(requested_at.unwrap_or(recorded));
            }
            Fact::Referred { referred_at, .. } => self.referred.push(*referred_at),
            // That the personal data are gone is no failure to tell the customer.
            Fact::NoticeFailed(failed) if failed.reason != NoticeFailure::Erased => {
                let at = failed.took_place_at.unwrap_or(recorded);
                self.notices_failed.push(at);
            }
            _ => {}
        }
    }

    fn close(&mut self, round: &mut Round, at: Timestamp, reason: ClosureReason) {
        round.closed = Some((at, reason));
        if reason != ClosureReason::EnquiryAnswered {
            self.closed.push(at);
        }
        if reason == ClosureReason::FirstContact {
            self.at_first_contact.push(at);
        }
    }

    fn end(&mut self, round: Round) {
        self.resolved.extend(round.resolved());
    }
}
