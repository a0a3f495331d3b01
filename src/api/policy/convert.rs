//! Policies, simulations and migrations, to the API's messages.

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    api::convert::time,
    intake::POLICIES,
    policy::{Policy, PolicyBook, PolicyRef},
    proto::v1,
    simulation::{ClockChange, Detail, PastPromises, Progress, Report},
    store::{Activation, Migration, MigrationState},
};

pub(super) fn policy(
    policy: &Policy,
    book: &PolicyBook,
    now: Timestamp,
    activation: Option<&Activation>,
) -> v1::Policy {
    let is = |other: &Policy| other.reference() == policy.reference();
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let calendars = policy.code.calendars().into_values();
    let calendars = calendars.map(|calendar| v1::CalendarVersion {
        name: calendar.name().to_owned(),
        version: calendar.version().to_owned(),
    });
    v1::Policy {
        name: policy_name(&policy.reference()),
        policy: policy.name().to_owned(),
        version: policy.version().to_owned(),
        title: policy.code.title.clone(),
        source: policy.code.source.clone(),
        effective_from: day(policy.effective_from),
        effective_until: day(policy.effective_until),
        in_use: book.has_days(policy),
        in_force: book
            .in_force(policy.name(), now)
            .is_some_and(|ruling| is(ruling)),
        additional_policies: policy.additional_policies.clone(),
        calendars: calendars.collect(),
        activated_time: activation.and_then(|activation| time(activation.at)),
        activated_by: activation
            .map(|activation| activation.actor.clone())
            .unwrap_or_default(),
        clocks: policy.clocks.iter().map(|rule| rule.name.clone()).collect(),
    }
}

pub(super) fn progress(progress: Progress) -> v1::SimulationProgress {
    v1::SimulationProgress {
        open: long(progress.open),
        open_total: long(progress.open_total),
        past: long(progress.past),
    }
}

/// What a simulation found, without the version that was simulated.
pub(crate) fn report(report: Report) -> v1::SimulationReport {
    v1::SimulationReport {
        policy: String::new(),
        version: String::new(),
        open: long(report.open),
        touched: long(report.touched),
        unreadable: long(report.unreadable),
        clocks: report.clocks.into_iter().map(clock_change).collect(),
        changes: report.details.into_iter().map(promise_change).collect(),
        past: long(report.past),
        past_promises: report
            .past_promises
            .into_iter()
            .map(past_promises)
            .collect(),
    }
}

fn clock_change((clock, change): (String, ClockChange)) -> v1::ClockChange {
    v1::ClockChange {
        clock,
        earlier: long(change.earlier),
        most_earlier: duration(change.most_earlier),
        later: long(change.later),
        most_later: duration(change.most_later),
        added: long(change.added),
        removed: long(change.removed),
        paused_otherwise: long(change.paused_otherwise),
        become_late: long(change.become_late),
        no_longer_late: long(change.no_longer_late),
    }
}

fn promise_change(detail: Detail) -> v1::PromiseChange {
    v1::PromiseChange {
        tracking_number: detail.tracking_number,
        clock: detail.clock,
        previous_due_time: detail.from.and_then(time),
        due_time: detail.to.and_then(time),
        becomes_late: detail.becomes_late,
        no_longer_late: detail.no_longer_late,
    }
}

fn past_promises((clock, past): (String, PastPromises)) -> v1::PastPromises {
    v1::PastPromises {
        clock,
        promised: long(past.as_it_was.promised),
        missed: long(past.as_it_was.missed),
        running: long(past.as_it_was.running),
        would_be_promised: long(past.as_proposed.promised),
        would_be_missed: long(past.as_proposed.missed),
        would_be_running: long(past.as_proposed.running),
    }
}

pub(super) fn migration(migration: &Migration) -> v1::Migration {
    let (state, interruption) = match &migration.state {
        MigrationState::Running => (v1::MigrationState::Running, ""),
        MigrationState::Done => (v1::MigrationState::Done, ""),
        MigrationState::Interrupted(why) => (v1::MigrationState::Interrupted, why.as_str()),
    };
    let failures = migration.failures.iter();
    let failures = failures.map(|failure| v1::MigrationFailure {
        tracking_number: failure.tracking_number.clone(),
        reason: failure.reason.clone(),
    });
    let PolicyRef { name, version } = &migration.policy;
    v1::Migration {
        name: format!("{POLICIES}{name}/migrations/{}", migration.id),
        state: state.into(),
        policy: name.clone(),
        version: version.clone(),
        actor: migration.actor.clone(),
        start_time: time(migration.started_at),
        update_time: time(migration.updated_at),
        end_time: migration.ended_at.and_then(time),
        total: long(migration.total),
        seen: long(migration.seen),
        moved: long(migration.moved),
        unchanged: long(migration.unchanged),
        failed: long(migration.failed),
        failures: failures.collect(),
        interruption: interruption.to_owned(),
    }
}

fn policy_name(policy: &PolicyRef) -> String {
    let PolicyRef { name, version } = policy;
    format!("{POLICIES}{name}/versions/{version}")
}

fn duration(duration: SignedDuration) -> Option<prost_types::Duration> {
    Some(prost_types::Duration {
        seconds: duration.as_secs(),
        nanos: duration.subsec_nanos(),
    })
}

/// A count, of which none comes near the end.
fn long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
