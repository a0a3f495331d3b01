//! Pauses. They stop what the policy lets stop, have a reason and an end, and are told to the customer.

use jiff::Timestamp;

use super::{
    clock::ClockState,
    command::CommandKind,
    complaint::{Pause, PauseReason},
    decision::Refusal,
    draft::Draft,
    event::Fact,
    notice::{Facts, NoticeKind},
};

pub(super) fn pause(
    draft: &mut Draft<'_>,
    reason: PauseReason,
    until: Option<Timestamp>,
) -> Result<(), Refusal> {
    let (now, policy) = (draft.now(), draft.context.policy);
    let longest = policy.calendar.due_after(now, &policy.pause.longest)?;
    let end = match until {
        None => longest,
        Some(until) => draft.lies_ahead("end_time", until)?,
    };
    if end > longest {
        let why = format!(
            "a pause lasts {} at the longest, until {longest}",
            policy.pause.longest
        );
        return Err(Refusal::BadTime {
            field: "end_time",
            why,
        });
    }
    for clock in &mut draft.clocks {
        if policy.clock(&clock.name).is_some_and(|rule| rule.pausable) {
            clock.pause(now, &policy.calendar);
        }
    }
    if !draft
        .clocks
        .iter()
        .any(|clock| clock.state == ClockState::Paused)
    {
        let why = "no clock runs that the policy lets pause, and that is still in time";
        return Err(draft.not_possible(CommandKind::Pause, Some(why)));
    }
    draft.complaint.pause = Some(Pause {
        reason,
        start: now,
        end,
    });
    draft.record(Fact::Paused { reason, until: end });
    let words = draft
        .context
        .texts
        .reason(reason.as_str(), draft.complaint.language)?
        .to_owned();
    let facts = Facts {
        reason: Some(words),
        ..draft.facts()
    };
    draft.tell(NoticeKind::Paused, &facts)
}

pub(super) fn resume_now(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let now = draft.now();
    resume(draft, now)
}

/// Ends a pause, if there is one, at `at`: now, or when it ended by itself or by the customer's answer. The customer is
/// told the date that holds now.
pub(super) fn resume(draft: &mut Draft<'_>, at: Timestamp) -> Result<(), Refusal> {
    let Some(pause) = draft.complaint.pause.take() else {
        return Ok(());
    };
    let policy = draft.context.policy;
    let ended_by_itself = at == pause.end;
    let fact = Fact::Resumed { at };
    if ended_by_itself {
        draft.record_by_system(fact, None)
    } else {
        draft.record(fact)
    }
    for clock in draft
        .clocks
        .iter_mut()
        .filter(|clock| clock.state == ClockState::Paused)
    {
        if let Some(rule) = policy.clock(&clock.name) {
            clock.resume(at, rule, &policy.calendar)?;
        }
    }
    let Some(to) = draft.promise_clock().and_then(|(clock, _)| clock.due) else {
        return Ok(());
    };
    let Some(from) = draft.complaint.promised_at.filter(|from| *from != to) else {
        return Ok(());
    };
    let first_promised_at = draft.complaint.first_promised_at.unwrap_or(from);
    draft.complaint.promised_at = Some(to);
    let fact = Fact::PromiseChanged {
        first_promised_at,
        from,
        to,
    };
    let facts = Facts {
        expected_by: Some(to),
        first_expected_by: Some(first_promised_at),
        ..draft.facts()
    };
    if ended_by_itself {
        draft.record_by_system(fact, None);
        draft.tell_by_system(NoticeKind::Resumed, &facts, None)
    } else {
        draft.record(fact);
        draft.tell(NoticeKind::Resumed, &facts)
    }
}
