//! Moving to another version of the code: what is added, and what stays as it was.

use super::{
    commands::{acknowledge, acknowledge_by, migrate},
    story::{JIVE, MONDAY, Story, other_codes, policy_of, t},
};
use crate::{
    domain::{ClockState, Command, Fact, Moved, Refusal, ReplayError},
    policy::EscalationReason,
};

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
