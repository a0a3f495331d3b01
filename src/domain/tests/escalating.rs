//! Escalation: the ladder, the flag, and what is told.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{
    commands::{
        acknowledge, acknowledge_by, answer, assign, close, confirm, contact_at, escalate,
        escalate_to, pause, promise, propose, reopen, update, withdraw,
    },
    story::{JIVE, MONDAY, Story, book, filing, policy_of, t},
};
use crate::{
    domain::{
        Answer, ClockState, ClosureReason, Command, CommandKind, Fact, Field, PauseReason, Refusal,
        State, notice::NoticeKind,
    },
    policy::{EscalationReason as R, Policy},
};

fn reasons(story: &Story) -> Vec<R> {
    story
        .case
        .complaint
        .escalation_reasons
        .iter()
        .copied()
        .collect()
}

#[test]
fn a_level_has_its_title_its_promises_and_its_own_acknowledgement() {
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00").does(escalate());
    let received = story.notices_of(NoticeKind::EscalationReceived)[0];
    assert!(received.text.contains("Support lead"), "{}", received.text);
    assert_eq!(
        story.due("escalation_acknowledgement"),
        t("2026-06-03 17:00")
    );
    assert_eq!(story.due("escalation_answer"), t("2026-06-09 17:00"));
    story.at("2026-06-03 10:00").does(acknowledge());
    assert_eq!(
        story.clock("escalation_acknowledgement").state,
        ClockState::Met
    );
    let told = &story.notices_of(NoticeKind::EscalationAcknowledged)[0].text;
    for words in ["June 9, 2026", "It is now with: Support lead"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let refusal = story.refuses(acknowledge());
    assert!(
        refusal.to_string().contains("acknowledged already"),
        "{refusal}"
    );
}

#[test]
fn a_date_given_with_an_escalations_acknowledgement_is_the_date_of_its_answer_and_of_nothing_else()
{
    for mut story in [Story::in_review(), Story::resolved()] {
        let promised = story.case.complaint.promised_at;
        story
            .does(escalate())
            .does(acknowledge_by("2026-06-08 16:00"));
        let told = &story.notices_of(NoticeKind::EscalationAcknowledged)[0].text;
        assert!(told.contains("June 8, 2026"), "{told}");
        assert_eq!(story.due("escalation_answer"), t("2026-06-08 16:00"));
        let [event] = story.events_of("escalation_acknowledged")[..] else {
            panic!("acknowledged once");
        };
        let expected = Fact::EscalationAcknowledged {
            level: 1,
            answer_by: t("2026-06-08 16:00"),
            acknowledged_at: None,
            awaited: false,
        };
        assert_eq!(event.fact, expected);
        assert_eq!(story.case.complaint.promised_at, promised);
        assert!(story.events_of("promise_changed").is_empty());
        if story.case.complaint.state == State::InReview {
            assert_eq!(story.due("resolution"), t("2026-06-15 17:00"));
        }
    }
}

#[test]
fn an_escalation_whose_answer_is_overdue_is_acknowledged_with_a_date_ahead_or_not_at_all() {
    let mut story = Story::in_review();
    story.does(escalate());
    let due = story.due("escalation_answer");
    let mut in_time = story.clone();
    in_time.at_instant(due - SignedDuration::from_micros(1));
    in_time.does(acknowledge());
    assert_eq!(in_time.due("escalation_answer"), due);
    // The outcome's own date, the 15th, still lies ahead. It belongs to the outcome, and is not given for the answer.
    for late in [due, due + SignedDuration::from_micros(1)] {
        let refusal = story.at_instant(late).refuses(acknowledge());
        asks_for_the_date_of_the_answer(&refusal);
    }
    story.at("2026-06-16 10:00");
    story.does(acknowledge_by("2026-06-19 17:00"));
    let [missed, given] = story.cycles("escalation_answer")[..] else {
        panic!("the missed one and the new one");
    };
    assert!(missed.breached_at.is_some());
    assert_eq!(given.due, Some(t("2026-06-19 17:00")));
}

/// The code with an answer to an escalation that a pause stops.
fn with_pausable_answers() -> Arc<Policy> {
    let rule = "target = \"5 working days\"\nsteps = [\n    { at = \"50%\", action = \"remind\", to = \"handler\" }";
    assert_eq!(JIVE.matches(rule).count(), 2);
    let (before, answer) = JIVE.split_once("name = \"escalation_answer\"").unwrap();
    let answer = answer.replacen(rule, &format!("pausable = true\n{rule}"), 1);
    let pausable = format!("{before}name = \"escalation_answer\"{answer}");
    policy_of(&pausable)
}

#[test]
fn the_date_of_an_answer_to_an_escalation_is_not_brought_nearer_by_a_pause() {
    let mut story = Story::open(&filing(), t(MONDAY), with_pausable_answers()).unwrap();
    story.does(acknowledge()).does(escalate());
    // In the evening, when no working time is left before it.
    story.does(acknowledge_by("2026-06-03 20:00"));
    story
        .at("2026-06-03 18:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-03 18:30")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.due("escalation_answer"), t("2026-06-03 20:00"));
    super::explaining::all_is_explained(&story);
}

fn asks_for_the_date_of_the_answer(refusal: &Refusal) {
    let Refusal::BadTime { field, why } = refusal else {
        panic!("{refusal}");
    };
    assert_eq!(*field, Field::PromisedDate);
    assert!(
        why.contains("by which the escalation is answered; give that date"),
        "{why}"
    );
}

#[test]
fn an_escalation_whose_answer_is_paused_or_not_timed_is_acknowledged_with_a_date_or_not_at_all() {
    let mut paused = Story::open(&filing(), t(MONDAY), with_pausable_answers()).unwrap();
    paused.does(acknowledge()).does(escalate());
    paused.does(pause(PauseReason::ThirdParty));
    asks_for_the_date_of_the_answer(&paused.refuses(acknowledge()));
    paused
        .does(Command::Resume { resumed_at: None })
        .does(acknowledge());
    // A code that times no answer to an escalation.
    let code = book().binding("uk-ofcom", t(MONDAY)).unwrap();
    let mut untimed = Story::open(&filing(), t(MONDAY), code).unwrap();
    untimed.does(acknowledge()).does(escalate());
    asks_for_the_date_of_the_answer(&untimed.refuses(acknowledge()));
    untimed.does(acknowledge_by("2026-06-19 17:00"));
}

#[test]
fn an_escalation_before_the_acknowledgement_is_acknowledged_with_it() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.does(escalate()).does(acknowledge());
    assert_eq!(story.case.complaint.state, State::InReview);
    assert!(!story.case.complaint.escalation_unacknowledged);
    assert_eq!(
        story.clock("escalation_acknowledgement").state,
        ClockState::Met
    );
}

#[test]
fn an_outcome_answers_an_escalation_that_nobody_acknowledged() {
    let mut story = Story::in_review();
    story
        .does(escalate())
        .at("2026-06-02 10:00")
        .does(propose());
    assert!(!story.case.complaint.escalation_unacknowledged);
    for clock in ["escalation_acknowledgement", "escalation_answer"] {
        assert_eq!(story.clock(clock).state, ClockState::Met, "{clock}");
    }
}

#[test]
fn the_remedy_answers_who_escalated_because_it_was_not_carried_out() {
    let mut story = Story::resolved();
    story.at("2026-06-09 10:00").does(escalate());
    assert_eq!(story.case.complaint.state, State::Resolved);
    story.at("2026-06-10 10:00").does(confirm());
    assert_eq!(story.clock("escalation_answer").state, ClockState::Met);
    assert_eq!(
        story.clock("escalation_acknowledgement").state,
        ClockState::Met
    );
}

#[test]
fn each_level_is_a_promise_of_its_own_and_what_the_level_below_left_late_stays_late() {
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00").does(escalate());
    story.at("2026-06-04 10:00").does(escalate());
    let [first, second] = story.cycles("escalation_acknowledgement")[..] else {
        panic!("one for each level");
    };
    assert_eq!(
        (first.state, second.state),
        (ClockState::Missed, ClockState::Running)
    );
    assert_eq!(
        story.cycles("escalation_answer")[0].state,
        ClockState::Cancelled
    );
}

#[test]
fn who_escalates_a_proposed_outcome_does_not_accept_it_and_that_is_on_record() {
    let mut story = Story::proposed();
    story.does(escalate());
    assert_eq!(story.case.complaint.state, State::InReview);
    let outcome = story.case.complaint.outcome.clone().unwrap();
    assert_eq!(outcome.answer, Some((Answer::Refused, story.now)));
    assert_eq!(story.events_of("customer_answered").len(), 1);
    assert!(reasons(&story).is_empty(), "this escalation was about it");
}

#[test]
fn nobody_escalates_beyond_the_top_where_the_refusal_points_to_the_independent_body() {
    let mut story = Story::in_review();
    story.does(escalate()).does(escalate()).does(escalate());
    assert_eq!(story.case.complaint.level, story.policy.top_level());
    let refusal = story.refuses(escalate());
    assert!(
        refusal.to_string().contains("independent body"),
        "{refusal}"
    );
    let beyond = story.now + SignedDuration::from_micros(1);
    story.at_instant(beyond).sweep();
    assert_eq!(story.notices_of(NoticeKind::Recourse).len(), 3);
    story.does(contact_at(None, true));
    assert!(
        reasons(&story).is_empty(),
        "there is no level left to be ripe for"
    );
}

#[test]
fn a_handler_may_keep_a_level_and_come_back_to_it_but_not_from_below() {
    let mut story = Story::in_review();
    story
        .does(assign("Ana"))
        .does(assign("Bo"))
        .does(assign("Ana"));
    story.does(escalate_to(Some("Cem")));
    assert_eq!(story.case.complaint.assignee.as_deref(), Some("Cem"));
    story.does(assign("Dee")).does(assign("Cem"));
    for below in ["Ana", "Bo"] {
        let refusal = story.refuses(assign(below));
        assert!(refusal.to_string().contains(below), "{refusal}");
    }
    story.does(escalate());
    assert_eq!(story.case.complaint.assignee, None, "nobody yet");
    let refusal = story.refuses(assign("Cem"));
    assert!(matches!(refusal, Refusal::SameHandler { .. }));
}

/// Each reason, how it comes about, and that an escalation clears it.
#[test]
fn every_reason_flags_the_complaint_until_it_is_escalated() {
    let stories: [(R, fn() -> Story); 8] = [
        (R::AcknowledgementOverdue, || {
            let mut story = Story::begin(MONDAY, |_| {});
            story.at("2026-06-02 17:01").sweep();
            story
        }),
        (R::UpdateOverdue, || {
            let mut story = Story::in_review();
            story.at("2026-06-08 17:01").sweep();
            story
        }),
        (R::ResolutionOverdue, || {
            let mut story = Story::in_review();
            story.at("2026-06-08 10:00").does(update());
            story.at("2026-06-15 17:00").does(update());
            story.at("2026-06-15 17:01").sweep();
            story
        }),
        (R::EscalationAnswerOverdue, || {
            let mut story = Story::in_review();
            story.does(escalate()).does(acknowledge());
            story.at("2026-06-08 10:00").does(update());
            story.at("2026-06-08 17:01").sweep();
            story
        }),
        (R::ImplementationOverdue, || {
            let mut story = Story::resolved();
            story.at("2026-06-12 17:01").sweep();
            story
        }),
        (R::OutcomeRefused, || {
            let mut story = Story::proposed();
            story.does(answer(Answer::Refused));
            story
        }),
        (R::Reopened, || {
            let mut story = Story::resolved();
            story
                .does(confirm())
                .does(close(ClosureReason::Accepted))
                .does(reopen());
            story
        }),
        (R::CustomerDissatisfied, || {
            let mut story = Story::in_review();
            story.does(contact_at(None, true));
            story
        }),
    ];
    assert_eq!(stories.map(|(reason, _)| reason), R::ALL);
    for (reason, tell) in stories {
        let mut story = tell();
        assert_eq!(reasons(&story), [reason]);
        assert_eq!(
            story.case.complaint.escalation_eligible_at,
            Some(story.now),
            "{reason}"
        );
        assert_eq!(story.events_of("escalation_eligible").len(), 1, "{reason}");
        story.does(escalate());
        assert!(reasons(&story).is_empty(), "{reason}");
        assert_eq!(story.case.complaint.escalation_eligible_at, None);
    }
}

#[test]
fn a_promise_that_is_kept_late_stays_a_reason_and_reasons_add_up() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-03 10:00").does(acknowledge());
    assert_eq!(reasons(&story), [R::AcknowledgementOverdue]);
    let since = story.case.complaint.escalation_eligible_at;
    story.at("2026-06-04 10:00").does(contact_at(None, true));
    assert_eq!(
        reasons(&story),
        [R::AcknowledgementOverdue, R::CustomerDissatisfied]
    );
    assert_eq!(story.case.complaint.escalation_eligible_at, since);
    assert_eq!(story.events_of("escalation_eligible").len(), 2);
    story.does(contact_at(None, true));
    assert_eq!(
        story.events_of("escalation_eligible").len(),
        2,
        "only what is new is recorded"
    );
}

#[test]
fn what_is_over_is_ripe_for_nothing_and_an_earlier_round_is_not_held_against_the_next() {
    let mut story = Story::in_review();
    story.at("2026-06-16 10:00").does(withdraw());
    assert!(reasons(&story).is_empty());
    story.does(reopen());
    assert_eq!(reasons(&story), [R::Reopened]);
    assert!(!story.case.complaint.escalation_unacknowledged);
}

#[test]
fn what_a_level_below_proposed_is_no_answer_to_the_escalation() {
    let mut story = Story::proposed();
    story.does(answer(Answer::Refused)).does(escalate());
    let refusal = story.refuses(close(ClosureReason::ProviderDecision));
    assert!(
        matches!(&refusal, Refusal::NotPossibleNow { possible, .. } if !possible.contains(&CommandKind::Close)),
        "{refusal}"
    );
    story.does(propose()).does(answer(Answer::Refused));
    story.does(close(ClosureReason::ProviderDecision));
    assert_eq!(story.case.complaint.state, State::Closed);
}

#[test]
fn an_update_tells_when_the_next_one_comes() {
    let mut story = Story::in_review();
    story.at("2026-06-03 10:00").does(update());
    let [notice] = story.notices_of(NoticeKind::Update)[..] else {
        panic!("told once");
    };
    // Five working days later.
    assert!(
        notice.text.contains("Wednesday, June 10, 2026"),
        "{}",
        notice.text
    );
}

#[test]
fn no_letter_gives_a_date_that_does_not_lie_ahead() {
    let due = Story::in_review().due("customer_update");
    let before = due - SignedDuration::from_mins(1);
    for (at, told) in [(before, true), (due, false)] {
        let mut story = Story::in_review();
        story.at_instant(at).does(escalate());
        let text = &story.notices_of(NoticeKind::EscalationReceived)[0].text;
        assert_eq!(text.contains("Monday, June 8, 2026"), told, "{text}");
    }
}

#[test]
fn what_took_place_at_the_earliest_possible_instant_is_recorded() {
    let mut story = Story::proposed();
    let told_at = story.case.complaint.outcome.as_ref().unwrap().told_at;
    let answered = |at| Command::RecordAnswer {
        answer: Answer::Accepted,
        comment: None,
        answered_at: Some(at),
    };
    let refusal = story.refuses(answered(told_at - SignedDuration::from_micros(1)));
    assert!(matches!(refusal, Refusal::BadTime { .. }), "{refusal}");
    story.does(answered(told_at));
}

#[test]
fn a_promise_that_proves_kept_takes_back_its_own_breach_and_no_other() {
    let mut story = Story::in_review();
    story.at("2026-06-08 10:00").does(update());
    story.at("2026-06-12 10:00").does(update());
    // The first date is missed, then the second; but that one was kept by an answer that is entered late.
    story
        .at("2026-06-16 10:00")
        .does(promise("2026-06-18 17:00"));
    story.at("2026-06-17 10:00").does(propose());
    story.at("2026-06-19 10:00").sweep();
    assert_eq!(story.events_of("breached").len(), 2);
    story.does(Command::RecordAnswer {
        answer: Answer::Accepted,
        comment: None,
        answered_at: Some(t("2026-06-18 10:00")),
    });
    let [missed, kept] = story.cycles("resolution")[..] else {
        panic!("one for each date");
    };
    assert_eq!(
        (missed.state, kept.state),
        (ClockState::Missed, ClockState::Met)
    );
    assert_eq!(reasons(&story), [R::ResolutionOverdue]);
}
