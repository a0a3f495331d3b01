//! Escalation: on the customer's word, to somebody else at a higher level.

use jiff::Timestamp;

use super::{
    case_clocks, casework, closing,
    complaint::State,
    decision::Refusal,
    decision_builder::Draft,
    due_steps,
    event::Fact,
    fate::on_the_line,
    field::Field,
    notice::{Facts, NoticeKind},
    outcome, pausing,
    personal::Personal,
};
use crate::policy::Channel;

/// What the customer asks for when escalating.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// The channel by which the customer asks.
    pub(super) channel: Channel,
    /// The customer's words.
    pub(super) statement: Option<&'a str>,
    /// Who handles it at the new level.
    pub(super) assignee: Option<&'a str>,
    /// Which level; `None`: the next one.
    pub(super) level: Option<usize>,
    /// When the customer asked; `None`: now.
    pub(super) requested_at: Option<Timestamp>,
}

/// Moves the complaint to a higher level. This reopens a complaint that is settled or over.
pub(super) fn escalate(draft: &mut Draft<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    let policy = draft.context.policy;
    let complaint = &draft.case.complaint;
    let (state, present, top) = (complaint.state, complaint.level, policy.top_level());
    let level = request.level.unwrap_or(present + 1);
    if level <= present || level > top {
        return Err(Refusal::BadLevel { present, top });
    }
    let taken_up = state == State::Implemented || state.is_terminal();
    let earliest = match taken_up {
        true => complaint.last_step(),
        false => complaint.review_began(),
    };
    let at = draft.took_place(Field::EscalationAskedAt, request.requested_at, earliest)?;
    let told_at = complaint.outcome.as_ref().map(|outcome| outcome.told_at);
    if taken_up {
        closing::take_up(draft, at, Personal::default())?;
    }
    pausing::resume(draft, at)?;
    // Who escalates while an outcome lies on the table does not accept it.
    if state == State::Proposed {
        outcome::refuse(draft, told_at.map_or(at, |told| told.max(at)))?;
    }
    due_steps::tell_pending_recourse(draft)?;
    let statement = request.statement.map(Personal::text).unwrap_or_default();
    let channel = request.channel;
    let escalated = Fact::Escalated {
        level,
        channel,
        requested_at: draft.unless_now(at),
    };
    draft.record_with(escalated, statement)?;
    if let Some(assignee) = request.assignee {
        casework::assign(draft, assignee)?;
    }
    let language = draft.language().code();
    let title = policy.level_title(level, language).to_owned();
    let facts = Facts {
        level_title: Some(title),
        reopened: taken_up,
        expected_by: match taken_up {
            true => case_clocks::ahead(draft.case.answer_due(policy), draft.now()),
            false => None,
        },
        ..draft.facts()
    };
    let told = on_the_line(channel).map(|means| (means, at));
    draft.tell_in_person(NoticeKind::EscalationReceived, &facts, told)
}
