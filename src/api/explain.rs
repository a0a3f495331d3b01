//! Why a promise is due when it is.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    ComplaintApi,
    convert::{self, policy_version, small, time},
    problems,
};
use crate::{
    access::Caller,
    domain::{
        Change, ChangeKind, Difference, ExplainError, Explanation, Identity, Moment, Receipt,
        Replay, Rule, Span, SpanKind, Under, explain,
    },
    intake::{COLLECTION, Choice, ClockName, Problem},
    proto::v1,
    store::{History, StoreError},
};

/// How many spans, and how many changes, are told from the beginning and from the end: together they stay below what
/// clients accept.
const MOST_AT_EITHER_END: usize = 1_000;
/// How many differences are told.
const MOST_DIFFERENCES: usize = 100;

impl ComplaintApi {
    pub(super) async fn read_explanation(
        &self,
        caller: &Caller,
        request: v1::ExplainClockRequest,
    ) -> Result<v1::ClockExplanation, Problem> {
        let mut check = self.check_of(caller);
        let name = check.clock_name(&request.name);
        let ClockName {
            complaint,
            clock,
            cycle,
        } = check.finish(name)?;

        // The whole log is held until the answer is made; who waits in vain for a turn is told so by the limit of every call.
        let turn = Arc::clone(&self.explanations).acquire_owned().await;
        let turn = turn.map_err(|error| Problem::internal(&error))?;
        let found = self.reader.history(complaint, caller.scope()).await;
        let found = found.map_err(|error| problems::of_store(&error))?;
        let found = found.ok_or_else(problems::not_found)?;
        let history = found.history.map_err(|error| match error {
            StoreError::Corrupt(why) => problems::log_broken(&found.id, &why),
            error => problems::of_store(&error),
        })?;
        // A log of ten thousands of events takes a while: off the threads that serve the other calls.
        let api = self.clone();
        let explained = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            api.explanation(&history, &clock, cycle)
        });
        explained.await.map_err(|error| Problem::internal(&error))?
    }

    fn explanation(
        &self,
        history: &History,
        clock: &str,
        cycle: Option<i32>,
    ) -> Result<v1::ClockExplanation, Problem> {
        let complaint = &history.case.complaint;
        let identity = Identity {
            id: complaint.id,
            tracking_number: complaint.tracking_number.clone(),
        };
        let policies = self.policies();
        let explanation = explain(&identity, &history.log, &policies, clock, cycle);
        let explanation = explanation.map_err(|error| match error {
            ExplainError::Log(error) => problems::of_log(&complaint.id, &error),
            ExplainError::NoSuchClock { there_are } => problems::clock_not_found(&there_are),
        })?;
        let replay = Replay::all(identity, &history.log, Under::Kept(&policies));
        let replay = replay.map_err(|error| problems::of_log(&complaint.id, &error))?;
        let differences = replay.differences(&history.case);
        if !differences.is_empty() {
            let complaint = complaint.id;
            tracing::error!(%complaint, count = differences.len(), "a stored complaint differs from its event log; `redress verify` lists the differences");
        }
        Ok(v1::ClockExplanation {
            complaint: format!("{COLLECTION}{}", complaint.id),
            tracking_number: complaint.tracking_number.to_string(),
            proved: differences.is_empty(),
            differences: differences
                .iter()
                .take(MOST_DIFFERENCES)
                .map(difference)
                .collect(),
            differences_omitted: small(differences.len().saturating_sub(MOST_DIFFERENCES)),
            log_events: replay.case().complaint.last_sequence,
            log_hash: base16ct::lower::encode_string(&replay.case().complaint.last_hash),
            clock: Some(clock_of(complaint.id, &explanation)),
            ..told(&explanation)
        })
    }
}

/// The clock, with what its own rule says: that of a cycle that has ended may be another than the one in force now.
fn clock_of(complaint: Uuid, explanation: &Explanation) -> v1::Clock {
    let rule = &explanation.rule;
    v1::Clock {
        owner: rule.owner.number(),
        pausable: rule.pausable,
        policy: rule.policy.name.clone(),
        policy_version: rule.policy.version.clone(),
        ..convert::clock(complaint, explanation.clock.clone(), None)
    }
}

/// What follows from the log.
fn told(explanation: &Explanation) -> v1::ClockExplanation {
    let total = &explanation.total;
    let (spans, spans_omitted) = ends(&explanation.spans);
    let (changes, changes_omitted) = ends(&explanation.changes);
    v1::ClockExplanation {
        rule: Some(rule(&explanation.rule, explanation.target())),
        started: Some(entry(&explanation.started)),
        occurred_time: time(explanation.took_place),
        receipt: explanation.receipt.as_ref().map(receipt),
        spans: spans.map(span).collect(),
        spans_omitted,
        changes_omitted,
        changes: changes
            .map(|change| due_change(change, explanation.tell(change)))
            .collect(),
        breach: explanation
            .breach
            .as_ref()
            .map(|breach| v1::RecordedBreach {
                event: Some(entry(&breach.moment)),
                lag: Some(duration(breach.lag)),
            }),
        ended: explanation.ended.as_ref().map(|end| entry(&end.moment)),
        standing: explanation.standing(),
        total: Some(v1::CountedTotal {
            counted: Some(duration(total.counted)),
            balanced: total.balanced,
            text: total.text.clone(),
        }),
        first_promised_time: explanation.first_promised.and_then(time),
        ..v1::ClockExplanation::default()
    }
}

/// The first and the last of them, if there are more than an answer holds, and how many are left out between these.
fn ends<T>(all: &[T]) -> (impl Iterator<Item = &T>, i32) {
    let omitted = all.len().saturating_sub(2 * MOST_AT_EITHER_END);
    let (first, last) = match omitted {
        0 => (all, &all[..0]),
        _ => (
            &all[..MOST_AT_EITHER_END],
            &all[all.len() - MOST_AT_EITHER_END..],
        ),
    };
    (first.iter().chain(last), small(omitted))
}

fn rule(rule: &Rule, target: String) -> v1::PromiseRule {
    v1::PromiseRule {
        source: rule.source.clone(),
        owner: rule.owner.number(),
        target,
        policy: Some(policy_version(&rule.policy)),
        policy_title: rule.policy_title.clone(),
        policy_source: rule.policy_source.clone(),
        business_day_convention: rule.roll.map_or(0, Choice::number),
        calendar: rule.calendar.clone(),
        calendar_version: rule.calendar_version.clone(),
        calendar_title: rule.calendar_title.clone(),
        calendar_source: rule.calendar_source.clone(),
        time_zone: rule.zone.clone(),
        tzdb_version: rule.tzdb_version.clone(),
    }
}

fn receipt(receipt: &Receipt) -> v1::Receipt {
    v1::Receipt {
        channel: receipt.channel.number(),
        calendar: receipt.calendar.clone(),
        calendar_version: receipt.calendar_version.clone(),
        calendar_title: receipt.calendar_title.clone(),
        calendar_source: receipt.calendar_source.clone(),
    }
}

fn entry(moment: &Moment) -> v1::LogEntry {
    v1::LogEntry {
        sequence: moment.event,
        kind: moment.kind.number(),
        event_time: time(moment.at),
        actor: moment.by.clone(),
    }
}

fn span(span: &Span) -> v1::TimeSpan {
    v1::TimeSpan {
        start_time: time(span.start),
        end_time: span.end.and_then(time),
        counted: span.counted,
        kind: kind(span.kind).into(),
        day: span.day.map_or(0, small),
        text: span.text.clone(),
        time: Some(duration(span.time)),
    }
}

fn kind(kind: SpanKind) -> v1::TimeSpanKind {
    match kind {
        SpanKind::Working => v1::TimeSpanKind::Working,
        SpanKind::OutsideHours => v1::TimeSpanKind::OutsideHours,
        SpanKind::DayOff => v1::TimeSpanKind::DayOff,
        SpanKind::Holiday => v1::TimeSpanKind::Holiday,
        SpanKind::Closed => v1::TimeSpanKind::Closed,
        SpanKind::FirstDay => v1::TimeSpanKind::FirstDay,
        SpanKind::CalendarDay => v1::TimeSpanKind::CalendarDay,
        SpanKind::RolledPast => v1::TimeSpanKind::RolledPast,
        SpanKind::Elapsed => v1::TimeSpanKind::Elapsed,
        SpanKind::Paused => v1::TimeSpanKind::Paused,
        SpanKind::PromiseHeld => v1::TimeSpanKind::PromiseHeld,
        SpanKind::RestOfDay => v1::TimeSpanKind::RestOfDay,
    }
}

fn due_change(change: &Change, text: String) -> v1::DueChange {
    v1::DueChange {
        event: Some(entry(&change.moment)),
        text,
        previous_due_time: change.from.and_then(time),
        due_time: change.to.and_then(time),
        pause_end_time: match change.kind {
            ChangeKind::Paused { until, .. } => time(until),
            _ => None,
        },
    }
}

fn difference(difference: &Difference) -> v1::StoredDifference {
    v1::StoredDifference {
        what: difference.what.clone(),
        stored: difference.stored.clone(),
        replayed: difference.replayed.clone(),
        by_time_zones: difference.is_by_zones(),
    }
}

fn duration(length: jiff::SignedDuration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: length.as_secs(),
        nanos: length.subsec_nanos(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_than_an_answer_holds_both_ends_are_told_and_the_rest_is_counted() {
        for (there_are, omitted) in [(0, 0), (2_000, 0), (2_001, 1), (5_000, 3_000)] {
            let all: Vec<i32> = (0..there_are).collect();
            let (told, left_out) = ends(&all);
            let told: Vec<i32> = told.copied().collect();
            assert_eq!(left_out, omitted);
            let expected: Vec<i32> = match omitted {
                0 => all,
                _ => (0..1_000).chain(there_are - 1_000..there_are).collect(),
            };
            assert_eq!(told, expected);
        }
    }
}
