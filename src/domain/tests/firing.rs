//! What fires, when, how often, and what is never fired.

use std::sync::Arc;

use super::{
    commands::{
        acknowledge, answer, call_at, close, confirm, escalate, propose, refer, report, stage,
        update, withdraw,
    },
    story::{CCTS, MONDAY, Story, filing, issue, jive, policy_of, t},
};
use crate::{
    domain::{
        Acknowledgement, Answer, ClockState, ClosureReason, Command, Fact, Field, ReferralStage,
        Refusal, SYSTEM_ACTOR, notice::NoticeKind,
    },
    policy::{Channel, Policy, Role, ServiceKind},
};

#[test]
fn what_is_done_at_the_deadline_is_in_time_and_a_microsecond_later_is_late() {
    let mut story = Story::begin(MONDAY, |_| {});
    let due = t("2026-06-02 17:00");
    assert_eq!(story.due("acknowledgement"), due);
    let mut late = story.clone();
    story.at_instant(due);
    assert_eq!(
        story.sweep(),
        ["reminder"],
        "at the deadline nothing is late"
    );
    story.does(acknowledge());
    assert_eq!(story.clock("acknowledgement").state, ClockState::Met);
    late.at_instant(due + jiff::SignedDuration::from_micros(1))
        .does(acknowledge());
    let clock = late.clock("acknowledgement");
    assert_eq!(
        (clock.state, clock.breached_at),
        (ClockState::Missed, Some(late.now))
    );
}

#[test]
fn nothing_is_committed_when_nothing_is_due() {
    let mut story = Story::in_review();
    assert!(
        story
            .at("2026-06-01 10:16")
            .attempt(&Command::Fire)
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_breach_is_on_record_before_what_is_done_after_it_whether_or_not_a_sweep_came_by() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-03 10:00").does(acknowledge());
    let kinds: Vec<_> = story
        .events
        .iter()
        .map(|event| event.fact.kind().as_str())
        .collect();
    let place = |kind| kinds.iter().position(|known| *known == kind).unwrap();
    assert!(place("breached") < place("acknowledged"), "{kinds:?}");
    assert_eq!(story.events_of("breached")[0].actor, SYSTEM_ACTOR);
}

/// GLPI chains its levels, each planned by the one before: a level that is lost silences all that come after it.
#[test]
fn steps_fire_in_order_each_once_and_repeat_until_the_promise_is_kept() {
    let mut story = Story::begin(MONDAY, |_| {});
    // Half of fifteen working hours; due; two working hours after it; then each working day.
    for wall in [
        "2026-06-02 09:31",
        "2026-06-02 17:01",
        "2026-06-03 11:01",
        "2026-06-04 17:01",
        "2026-06-05 17:01",
    ] {
        story.at(wall).sweep();
    }
    let fired: Vec<_> = story
        .fired("acknowledgement")
        .iter()
        .map(|event| {
            let firing = event.firing.as_ref().unwrap();
            (
                event.fact.kind().as_str(),
                firing.step,
                firing.repetition,
                firing.due,
            )
        })
        .collect();
    assert_eq!(
        fired,
        [
            ("reminder", 0, 0, t("2026-06-02 09:30")),
            ("breached", 1, 0, t("2026-06-02 17:00")),
            ("reminder", 2, 0, t("2026-06-03 11:00")),
            ("reminder", 2, 1, t("2026-06-04 17:00")),
            ("reminder", 2, 2, t("2026-06-05 17:00")),
        ]
    );
    story.does(acknowledge());
    story.at("2026-06-12 17:01").sweep();
    assert_eq!(story.fired("acknowledgement").len(), 5);
}

#[test]
fn repeats_end_after_as_many_times_as_the_policy_says() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2027-06-01 10:00").sweep();
    let last = story
        .fired("acknowledgement")
        .last()
        .unwrap()
        .firing
        .clone()
        .unwrap();
    assert_eq!((last.step, last.repetition), (2, 10));
    assert_eq!(story.clock("acknowledgement").next, None);
}

/// leoflow #129: ten hours down, and the runs that were missed were lost in silence.
#[test]
fn after_ten_hours_down_a_breach_fires_once_with_its_lateness_and_repeats_collapse_into_one() {
    let mut story = Story::begin("2026-06-01 08:00", |filing| filing.channel = Channel::Phone);
    // Due at 08:15; the reminder at 08:07:30, the first repeat at 11:00 (two working hours), the next on Tuesday.
    story.at("2026-06-01 18:15").sweep();
    let fired = story.fired("acknowledgement");
    let [breach, reminder] = fired[..] else {
        panic!("{fired:#?}");
    };
    assert_eq!(
        breach.fact,
        Fact::Breached {
            clock: "acknowledgement".to_owned(),
            to: Role::Supervisor,
            due: t("2026-06-01 08:15"),
            skipped: 1,
        }
    );
    let lateness = breach
        .at
        .duration_since(breach.firing.as_ref().unwrap().due);
    assert_eq!(lateness, jiff::SignedDuration::from_hours(10));
    assert!(matches!(
        reminder.fact,
        Fact::Reminder {
            overdue: true,
            collapsed: 0,
            ..
        }
    ));
    // Ten days more: the repeats that were missed are one.
    story.at("2026-06-11 18:15").sweep();
    let fired = story.fired("acknowledgement");
    assert_eq!(fired.len(), 3);
    assert!(
        matches!(
            fired[2].fact,
            Fact::Reminder {
                overdue: true,
                collapsed: 7,
                ..
            }
        ),
        "{:?}",
        fired[2]
    );
}

#[test]
fn a_letter_entered_weeks_late_is_summarised_and_cannot_be_promised_a_date_in_the_past() {
    let mut story = Story::begin("2026-07-20 10:00", |filing| {
        filing.channel = Channel::Mail;
        filing.received_at = Some(t("2026-06-01 10:00"));
    });
    for clock in ["acknowledgement", "resolution", "ceiling"] {
        let fired = story.fired(clock);
        assert!(fired.len() <= 2, "{clock}: {fired:#?}");
        assert_eq!(fired[0].fact.kind().as_str(), "breached");
    }
    let refusal = story.refuses(acknowledge());
    assert!(
        matches!(
            refusal,
            Refusal::BadTime {
                field: Field::PromisedDate,
                ..
            }
        ),
        "{refusal}"
    );
    // The breach stays on record; the date that is promised now has a cycle of its own.
    story.does(Command::Acknowledge(Acknowledgement {
        promised_at: Some(t("2026-07-31 17:00")),
        override_reason: Some("the letter lay in another department".to_owned()),
        ..Acknowledgement::default()
    }));
    let [first, second] = story.cycles("resolution")[..] else {
        panic!("two cycles");
    };
    assert_eq!(first.state, ClockState::Missed);
    assert_eq!(first.due, Some(t("2026-06-15 17:00")));
    assert_eq!(second.due, Some(t("2026-07-31 17:00")));
    assert_eq!(second.breached_at, None);
    // It can be missed in its turn.
    story.at("2026-08-03 10:00").sweep();
    assert_eq!(story.clock("resolution").breached_at, Some(story.now));
}

#[test]
fn what_was_done_in_time_and_is_entered_late_is_kept_and_no_longer_held_against_the_provider() {
    let mut story = Story::resolved();
    assert_eq!(story.due("implementation"), t("2026-06-12 17:00"));
    story.at("2026-06-15 10:00").sweep();
    assert_eq!(story.case.complaint.escalation_reasons.len(), 1);
    story.does(Command::ConfirmImplementation {
        implemented_at: Some(t("2026-06-12 17:00")),
    });
    let clock = story.clock("implementation");
    assert_eq!((clock.state, clock.breached_at), (ClockState::Met, None));
    assert_eq!(clock.stop, Some(t("2026-06-12 17:00")));
    assert!(story.case.complaint.grievances.is_empty());
    assert_eq!(
        story.events_of("breached").len(),
        1,
        "what was recorded stays in the log"
    );
}

#[test]
fn a_conclusion_that_is_entered_late_shows_that_its_telling_was_late() {
    let mut story = Story::in_review();
    story.does(update());
    story.at("2026-06-05 10:00");
    let mut late = propose();
    if let Command::ProposeOutcome { decided_at, .. } = &mut late {
        *decided_at = Some(t("2026-06-02 10:00"));
    }
    story.does(late);
    let clock = story.clock("outcome_notice");
    assert_eq!(
        (clock.state, clock.start),
        (ClockState::Missed, t("2026-06-02 10:00"))
    );
    assert_eq!(clock.breached_at, Some(story.now));
    assert_eq!(story.fired("outcome_notice").len(), 1);
}

#[test]
fn a_recourse_that_is_told_late_is_a_breach_and_nobody_is_reminded_of_what_is_done() {
    let told = "{ at = \"start\", action = \"tell_recourse\", to = \"supervisor\" },\n    { at = \"due\", action = \"remind\", to = \"supervisor\" },";
    let later = "{ at = \"50%\", action = \"tell_recourse\", to = \"supervisor\" },
        { at = \"due\", action = \"remind\", to = \"supervisor\" },
        { at = \"1 hour after due\", action = \"remind\", to = \"supervisor\" },";
    assert!(CCTS.contains(told));
    let policy = policy_of(&CCTS.replace(told, later));
    let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
    story.does(escalate()).does(escalate());
    assert!(story.fired("recourse_notice").is_empty());
    story.at("2026-06-01 20:00").sweep();
    let fired = story.fired("recourse_notice");
    let kinds: Vec<_> = fired
        .iter()
        .map(|event| event.fact.kind().as_str())
        .collect();
    assert_eq!(kinds, ["notice_issued", "breached"]);
    assert_eq!(story.clock("recourse_notice").state, ClockState::Missed);
}

/// chatwoot #10178: the time to the next reply went on after the conversation was resolved; chatwoot PR 15024: so did the
/// length of a miss.
#[test]
fn the_end_of_a_complaint_stops_every_clock_and_its_figures_freeze() {
    let mut withdrawn = Story::in_review();
    withdrawn.at("2026-06-02 10:00").does(withdraw());
    let mut closed = Story::resolved();
    closed.does(confirm()).does(close(ClosureReason::Accepted));
    for mut story in [withdrawn, closed] {
        assert!(story.case.clocks.is_empty());
        let history = story.history.clone();
        assert!(
            history
                .iter()
                .all(|clock| clock.stop.is_some() && clock.next.is_none())
        );
        story.at("2026-12-01 10:00");
        assert!(story.attempt(&Command::Fire).unwrap().is_none());
        assert_eq!(story.history, history);
    }
}

#[test]
fn what_is_owed_to_the_independent_body_outlives_the_end_of_the_complaint() {
    let mut story = Story::in_review();
    story
        .does(refer())
        .does(stage(ReferralStage::InitialReferral))
        .does(withdraw());
    assert_eq!(story.case.clocks.len(), 1);
    story.at("2026-06-15 10:00").sweep();
    assert_eq!(story.events_of("reminder").len(), 1);
    story.does(report());
    assert!(story.case.clocks.is_empty());
    assert_eq!(story.clock("referral_report").state, ClockState::Met);
}

/// Rebuilding Jira's SLAs destroys what was met and missed before. Here a reopened complaint is timed anew beside it.
#[test]
fn an_ended_cycle_is_never_touched_again_and_a_new_round_has_new_cycles() {
    let mut story = Story::proposed();
    story
        .does(answer(Answer::Refused))
        .does(close(ClosureReason::ProviderDecision));
    let frozen = story.history.clone();
    story.at("2026-07-06 10:00").does(super::commands::reopen());
    assert_eq!(story.history, frozen);
    assert_eq!(story.clock("resolution").cycle, 2);
    assert_eq!(
        story.case.complaint.promised_at,
        story.clock("resolution").due
    );
    let first = story.cycles("resolution")[0].due;
    assert_eq!(story.case.complaint.first_promised_at, first);
    assert_eq!(
        story.events_of("promise_changed").len(),
        1,
        "and the new date is on record"
    );
    let told = &story.notices_of(NoticeKind::Reopened)[0].text;
    assert!(told.contains("July 20, 2026"), "and told: {told}");
}

/// zammad #188: only the first reopening was seen, and what lay between a close and the next one counted.
#[test]
fn each_reopening_counts_from_itself() {
    let mut story = Story::in_review();
    for (cycle, (reopened, due)) in [
        ("2026-06-08 10:00", "2026-06-22 17:00"),
        ("2026-07-06 10:00", "2026-07-20 17:00"),
        ("2026-07-14 18:00", "2026-07-28 17:00"),
    ]
    .into_iter()
    .enumerate()
    {
        story.does(withdraw());
        story.at(reopened).does(super::commands::reopen());
        let clocks = story.cycles("resolution");
        assert_eq!(clocks.len(), cycle + 2);
        assert_eq!(story.due("resolution"), t(due));
    }
}

#[test]
fn what_is_entered_late_does_not_restart_what_has_been_restarted_since() {
    let mut story = Story::in_review();
    // Both on a weekend, so that the next update is due at the same time.
    story.at("2026-06-07 12:00").does(call_at(None));
    assert_eq!(story.clock("customer_update").cycle, 2);
    story.does(call_at(Some("2026-06-06 12:00")));
    assert_eq!(story.clock("customer_update").cycle, 2);
    story.does(call_at(Some("2026-06-07 12:00")));
    assert_eq!(
        story.clock("customer_update").cycle,
        3,
        "another of the same instant"
    );
}

/// zammad #2082: the first answer left the escalation time as it was; only the second one moved it.
#[test]
fn every_update_begins_a_new_cycle_of_regular_updates() {
    let mut story = Story::in_review();
    for (cycle, day) in [(2, "03"), (3, "04"), (4, "05")] {
        story.at(&format!("2026-06-{day} 10:00")).does(update());
        assert_eq!(story.clock("customer_update").cycle, cycle);
    }
    assert!(
        story.cycles("customer_update")[..3]
            .iter()
            .all(|c| c.state == ClockState::Met)
    );
    assert_eq!(story.due("customer_update"), t("2026-06-12 17:00"));
}

#[test]
fn an_answer_that_came_before_the_latest_update_ended_that_cycle_when_it_came() {
    let mut story = Story::proposed();
    story.at("2026-06-08 10:00").does(update());
    story.does(Command::RecordAnswer {
        answer: Answer::Accepted,
        comment: None,
        answered_at: Some(t("2026-06-05 10:00")),
    });
    let clock = story.clock("customer_update");
    assert_eq!(
        (clock.start, clock.stop),
        (t("2026-06-08 10:00"), Some(t("2026-06-05 10:00")))
    );
}

#[test]
fn a_complaint_that_cannot_be_timed_is_refused_and_nothing_else_happens() {
    let mut policy = Policy::clone(&jive());
    policy.clocks[0].target = "99999 working days".parse().unwrap();
    policy.clocks[0].target_by_channel.clear();
    let refused = Story::open(&filing(), t(MONDAY), Arc::new(policy)).map(|_| ());
    assert!(
        matches!(refused, Err(Refusal::OutOfRange(_))),
        "{refused:?}"
    );
}

#[test]
fn the_future_is_refused_wherever_something_has_happened() {
    let mut tomorrow = filing();
    tomorrow.received_at = Some(t("2026-06-02 10:00"));
    let refused = Story::open(&tomorrow, t(MONDAY), jive()).map(|_| ());
    assert!(matches!(
        refused,
        Err(Refusal::BadTime {
            field: Field::ReceivedAt,
            ..
        })
    ));
    let mut story = Story::in_review();
    let future = Some(t("2026-06-02 10:00"));
    let refusal = story.refuses(Command::Refer {
        body_reference: None,
        referred_at: future,
    });
    assert!(matches!(
        refusal,
        Refusal::BadTime {
            field: Field::ReferredAt,
            ..
        }
    ));
    let early = Some(t("2026-05-31 10:00"));
    let refusal = story.refuses(Command::Refer {
        body_reference: None,
        referred_at: early,
    });
    assert!(refusal.to_string().contains("first contact"), "{refusal}");
    story.does(Command::AddIssue(issue(ServiceKind::Tv)));
}

#[test]
fn an_acceptance_that_is_entered_late_tells_no_date_that_has_passed() {
    let mut story = Story::proposed();
    // Agreed on Friday the 5th: the remedy was due on the 12th.
    story.at("2026-06-15 10:00").does(Command::RecordAnswer {
        answer: Answer::Accepted,
        comment: None,
        answered_at: Some(t("2026-06-05 10:00")),
    });
    assert_eq!(story.due("implementation"), t("2026-06-12 17:00"));
    let told = &story.notices_of(NoticeKind::OutcomeAccepted)[0].text;
    assert!(!told.contains("12 June"), "{told}");
}
