//! Moving to another version of the code, each rule by example: what is added, and what stays as it was.

use std::sync::Arc;

use super::{
    commands::{acknowledge, acknowledge_by, migrate, pause},
    story::{JIVE, MONDAY, Story, filing, other_codes, policy_of, t},
};
use crate::{
    calendar::TimeBase,
    domain::{
        ClockState, Command, Fact, Migrated, Moved, PauseReason, Refusal, ReplayError, Target,
    },
    policy::{EscalationReason, Policy},
};

/// The code with some places changed.
fn code(changes: &[(&str, &str)]) -> Arc<Policy> {
    let change = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    policy_of(&changes.iter().fold(JIVE.to_owned(), change))
}

const RESOLUTION: &str = "\"10 working days\"\ntarget_urgent";

fn resolution_within(term: &str) -> Arc<Policy> {
    code(&[(RESOLUTION, &format!("\"{term}\"\ntarget_urgent"))])
}

/// The first target of the file is that of the acknowledgement.
fn acknowledged_within(term: &str) -> Arc<Policy> {
    code(&[(
        "target = \"1 working day\"",
        &format!("target = \"{term}\""),
    )])
}

impl Story {
    fn moves_to(&mut self, policy: &Arc<Policy>) -> &mut Story {
        let command = migrate(self, policy);
        self.does(command)
    }

    fn migrated(&self) -> &Migrated {
        let [event] = self.events_of("migrated")[..] else {
            panic!("moved once");
        };
        match &event.fact {
            Fact::Migrated(migrated) => migrated,
            other => panic!("{other:?}"),
        }
    }

    fn breaches(&self, clock: &str) -> usize {
        let fired = self.fired(clock).into_iter();
        fired
            .filter(|event| matches!(event.fact, Fact::Breached { .. }))
            .count()
    }

    fn reminders(&self, clock: &str) -> usize {
        let fired = self.fired(clock).into_iter();
        fired
            .filter(|event| matches!(event.fact, Fact::Reminder { .. }))
            .count()
    }
}

/// zammad #5624: a ticket that came under a plan without an update time kept the one of the plan before, and went on
/// escalating by it.
#[test]
fn a_promise_that_the_new_code_no_longer_has_is_cancelled_with_a_record() {
    let mut story = Story::begin(MONDAY, |_| {});
    let due = story.clock("ceiling").due;
    // The new code has a limit of twenty days instead of the ceiling.
    let code = &other_codes()[1];
    assert!(code.clock("ceiling").is_none());
    let moving = migrate(&story, code);
    story.at("2026-06-01 11:00").does(moving);
    let [ceiling] = story.cycles("ceiling")[..] else {
        panic!("one cycle");
    };
    assert_eq!(
        (ceiling.state, ceiling.due, ceiling.stop, ceiling.next),
        (ClockState::Cancelled, due, Some(story.now), None)
    );
    let Fact::Migrated(migrated) = &story.events_of("migrated")[0].fact else {
        panic!("the move is on record");
    };
    let gone = Moved {
        clock: "ceiling".to_owned(),
        from: due,
        to: None,
    };
    assert!(migrated.moved.contains(&gone), "{migrated:?}");
    story.at("2026-08-03 10:00").sweep();
    assert!(story.fired("ceiling").is_empty(), "it fires no more");
    assert_eq!(
        story.fired("limit").last().unwrap().fact.kind().as_str(),
        "breached",
        "what the new code promises instead does"
    );
}

/// zammad #4353: what had escalated under a plan that was gone went on sending reminders.
#[test]
fn what_is_overdue_reminds_nobody_once_its_promise_is_gone() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-18 10:00").sweep();
    let resolution = story.clock("resolution");
    assert!(resolution.breached_at.is_some() && resolution.next.is_some());
    let fired = story.fired("resolution").len();
    story.moves_to(&policy_of(&JIVE.replace("\"resolution\"", "\"answer\"")));
    assert_eq!(story.clock("resolution").state, ClockState::Missed);
    story.at("2026-08-03 10:00").sweep();
    assert_eq!(story.fired("resolution").len(), fired);
}

/// Rebuilding Jira's SLAs destroys what was met and missed before; ServiceNow warns against editing a definition in use.
#[test]
fn a_breach_stays_on_record_though_the_new_code_gives_more_time() {
    // The first clock of the file is the acknowledgement.
    let generous = JIVE.replacen("\"1 working day\"", "\"2 working days\"", 1);
    let generous = policy_of(&generous);
    let rule = generous.clock("acknowledgement").unwrap();
    assert_eq!(rule.target.to_string(), "2 working days");
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-03 10:00").sweep();
    let breach = story.clock("acknowledgement").clone();
    assert_eq!(breach.breached_at, Some(story.now));
    let moving = migrate(&story, &generous);
    story
        .at("2026-06-03 11:00")
        .does(moving)
        .does(acknowledge());
    let [missed, kept] = story.cycles("acknowledgement")[..] else {
        panic!("two cycles");
    };
    assert_eq!(
        (missed.state, missed.due, missed.breached_at),
        (ClockState::Missed, breach.due, breach.breached_at)
    );
    assert_eq!(
        (kept.state, kept.due, kept.breached_at),
        (ClockState::Met, Some(t("2026-06-03 17:00")), None)
    );
    let reasons = &story.case.complaint.escalation_reasons;
    assert!(reasons.contains(&EscalationReason::AcknowledgementOverdue));
}

#[test]
fn what_the_customer_was_promised_stands_under_every_code() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.does(acknowledge_by("2026-06-30 17:00"));
    for code in other_codes() {
        let mut story = story.clone();
        let moving = migrate(&story, code);
        story.at("2026-06-08 10:00").does(moving);
        let complaint = &story.case.complaint;
        assert_eq!(complaint.first_promised_at, Some(t("2026-06-30 17:00")));
        assert_eq!(complaint.promised_at, complaint.first_promised_at);
        assert_eq!(story.due("resolution"), t("2026-06-30 17:00"));
    }
}

/// As Jira's rebuild: a promise that is timed otherwise from now on shows what it was before.
#[test]
fn a_promise_that_is_timed_otherwise_has_a_new_cycle_and_the_old_one_ends_as_it_stood() {
    let mut story = Story::begin(MONDAY, |_| {});
    let before = story.clock("resolution").clone();
    // Seven working days instead of ten.
    let moving = migrate(&story, &other_codes()[0]);
    story.at("2026-06-02 10:00").does(moving);
    let [old, new] = story.cycles("resolution")[..] else {
        panic!("two cycles");
    };
    assert_eq!(
        (old.state, old.due, old.start),
        (ClockState::Cancelled, before.due, before.start)
    );
    assert_eq!(
        (new.state, new.due, new.start),
        (
            ClockState::Running,
            Some(t("2026-06-10 17:00")),
            before.start
        )
    );
    assert_eq!(
        story.cycles("acknowledgement").len(),
        1,
        "what is timed as before goes on"
    );
}

#[test]
fn a_log_that_ends_before_the_complaint_does_moves_nothing() {
    let mut story = Story::begin(MONDAY, |_| {});
    let stale = migrate(&story, &other_codes()[0]);
    story.at("2026-06-01 11:00").does(acknowledge());
    let refusal = story.refuses(stale);
    assert!(
        matches!(refusal, Refusal::Log(ReplayError::Cut { .. })),
        "{refusal}"
    );
}

#[test]
fn a_breach_that_was_carried_over_is_taken_back_when_the_promise_proves_kept() {
    let mut story = Story::resolved();
    story.at("2026-06-15 10:00").sweep();
    let (before, after) = JIVE.split_at(JIVE.find("name = \"implementation\"").unwrap());
    let other = policy_of(&format!(
        "{before}{}",
        after.replacen("\"50%\"", "\"60%\"", 1)
    ));
    let moving = migrate(&story, &other);
    story.does(moving);
    let [missed, carried] = story.cycles("implementation")[..] else {
        panic!("two cycles");
    };
    assert_eq!(missed.breached_at, carried.breached_at, "on record once");
    assert_eq!(story.events_of("breached").len(), 1);
    story.does(Command::ConfirmImplementation {
        implemented_at: Some(t("2026-06-12 17:00")),
    });
    assert!(story.case.complaint.grievances.is_empty());
}

#[test]
fn a_promise_that_falls_away_is_cancelled_and_a_new_one_begins_both_on_record() {
    let policy = &other_codes()[1];
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-02 10:00").moves_to(policy);
    let ceiling = story.clock("ceiling");
    assert_eq!(ceiling.state, ClockState::Cancelled);
    let from_the_filing = Story::open(&filing(), t(MONDAY), Arc::clone(policy)).unwrap();
    assert_eq!(story.due("limit"), from_the_filing.due("limit"));
    let moved: Vec<_> = story.migrated().moved.iter().collect();
    let due = |clock: &str| {
        let of = moved.iter().find(|moved| moved.clock == clock).unwrap();
        (of.from, of.to)
    };
    assert_eq!(due("ceiling"), (ceiling.due, None));
    assert_eq!(due("limit"), (None, Some(story.due("limit"))));
    assert_eq!(moved.len(), 2);
}

#[test]
fn a_new_promise_that_is_overdue_already_is_breached_once() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-25 10:00").does(Command::Fire);
    let before = story.events.len();
    story.moves_to(&other_codes()[1]);
    assert_eq!(story.breaches("limit"), 1);
    assert_eq!(
        story.reminders("limit"),
        0,
        "nobody is reminded of the past"
    );
    assert!(story.events.len() > before);
    story.at("2026-06-25 12:00").does(Command::Fire);
    assert_eq!(story.breaches("limit"), 1);
}

#[test]
fn a_reminder_that_came_does_not_come_again_under_other_steps() {
    let mut story = Story::in_review();
    story.at("2026-06-08 10:00").does(Command::Fire);
    assert_eq!(story.reminders("customer_update"), 1);
    story.at("2026-06-08 10:30").moves_to(&other_codes()[3]);
    let [old, new] = story.cycles("customer_update")[..] else {
        panic!("two cycles");
    };
    assert_eq!(old.state, ClockState::Cancelled);
    assert_eq!(new.due, old.due, "the date is the same one");
    let moved = &story.migrated().moved;
    assert!(moved.iter().all(|moved| moved.clock != "customer_update"));
    story.at("2026-06-08 16:59").does(Command::Fire);
    assert_eq!(story.reminders("customer_update"), 1, "nor the earlier one");
    story.at("2026-06-08 17:01").does(Command::Fire);
    assert_eq!(story.breaches("customer_update"), 1, "the due point comes");
}

#[test]
fn a_breach_that_is_on_record_is_not_recorded_again_for_a_due_time_that_has_passed_too() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-04 10:00").does(Command::Fire);
    let breached_at = story.clock("acknowledgement").breached_at;
    assert_eq!(breached_at, Some(t("2026-06-04 10:00")));
    story
        .at("2026-06-04 11:00")
        .moves_to(&acknowledged_within("4 working hours"));
    let [old, new] = story.cycles("acknowledgement")[..] else {
        panic!("two cycles");
    };
    assert_eq!(old.state, ClockState::Missed);
    assert_eq!(new.breached_at, breached_at);
    story.at("2026-06-04 16:59").does(Command::Fire);
    assert_eq!(story.breaches("acknowledgement"), 1);
}

#[test]
fn a_paused_promise_keeps_what_remains_in_the_time_of_its_new_target() {
    let mut story = Story::in_review();
    story
        .at("2026-06-03 10:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-03 12:00")
        .moves_to(&resolution_within("14 calendar days"));
    let new = story.clock("resolution");
    assert_eq!(new.state, ClockState::Paused);
    assert_eq!(new.target, Target::Promised(TimeBase::Elapsed));
    let remaining = t("2026-06-15 17:00").duration_since(t("2026-06-03 10:00"));
    assert_eq!(new.remaining.map(i128::from), Some(remaining.as_micros()));
    story
        .at("2026-06-04 10:00")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.due("resolution"), t("2026-06-16 17:00"));
}

#[test]
fn a_pause_that_stops_nothing_under_the_new_code_is_over() {
    let mut story = Story::in_review();
    story
        .at("2026-06-03 10:00")
        .does(pause(PauseReason::ThirdParty));
    story.at("2026-06-03 12:00").moves_to(&other_codes()[3]);
    assert_eq!(story.case.complaint.pause, None);
    assert_eq!(story.clock("resolution").state, ClockState::Running);
    assert_eq!(
        story.due("resolution"),
        t("2026-06-15 17:00"),
        "as promised"
    );
    assert_eq!(story.events_of("resumed").len(), 1);
}

#[test]
fn a_date_that_the_customer_was_promised_stands_whatever_the_target() {
    // As the target gave it, and as the handler did: the cycle that times another date goes on.
    for (promise, cycle) in [(acknowledge(), 2), (acknowledge_by("2026-06-12 17:00"), 1)] {
        let mut story = Story::begin(MONDAY, |_| {});
        story.at("2026-06-01 10:15").does(promise);
        let promised = story.case.complaint.promised_at;
        let policy = resolution_within("7 working days");
        story.at("2026-06-02 10:00").moves_to(&policy);
        let clock = story.clock("resolution");
        assert_eq!((clock.cycle, clock.due), (cycle, promised));
        assert_eq!(story.case.complaint.promised_at, promised);
        assert_eq!(story.migrated().moved, [], "nothing to tell anybody");
    }
}

#[test]
fn moving_twice_is_moving_once() {
    let policy = resolution_within("7 working days");
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-02 10:00").moves_to(&policy);
    let (case, events) = (story.case.clone(), story.events.len());
    let again = migrate(&story, &policy);
    assert_eq!(story.attempt(&again).unwrap(), None);
    assert_eq!((&story.case, story.events.len()), (&case, events));
}

#[test]
fn what_was_recorded_before_is_as_it_was_and_nothing_fires_twice_there_and_back() {
    let mut story = Story::in_review();
    story.at("2026-06-16 10:00").does(Command::Fire);
    let before = story.events.clone();
    let back = Arc::clone(&story.policy);
    for (wall, policy) in [
        ("2026-06-16 11:00", &other_codes()[0]),
        ("2026-06-16 12:00", &other_codes()[3]),
        ("2026-06-16 13:00", &back),
    ] {
        story.at(wall).moves_to(policy);
        story.does(Command::Fire);
    }
    assert_eq!(story.events[..before.len()], before[..]);
    let later: Vec<_> = story.events[before.len()..]
        .iter()
        .filter(|event| event.firing.is_some())
        .collect();
    assert!(later.is_empty(), "{later:?}");
}
