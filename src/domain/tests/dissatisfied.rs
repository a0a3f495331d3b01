//! A customer who is not satisfied, and says so: while the complaint is under way, and after it.

use super::{
    commands::{
        call_at, close, confirm, contact_at, escalate, escalate_to_level, propose, reopen, update,
        withdraw,
    },
    recourse::sweep_at_once,
    story::{MONDAY, Story, filing, jive, t},
};
use crate::{
    domain::{Answer, ClockState, ClosureReason, Command, notice::NoticeKind},
    policy::EscalationReason,
};

const NOTICE: &str = "dissatisfaction_notice";
const ANSWER: &str = "dissatisfaction_answer";

fn told(story: &Story) -> usize {
    story.notices_of(NoticeKind::Recourse).len()
}

/// Carried out and closed with the customer's agreement, on a Monday.
fn closed() -> Story {
    let mut story = Story::resolved();
    story
        .at("2026-06-08 10:00")
        .does(confirm())
        .does(close(ClosureReason::Accepted));
    story
}

#[test]
fn each_time_a_customer_says_so_the_customer_is_told_of_the_independent_body_once() {
    for mut story in [Story::in_review(), closed()] {
        story.at("2026-06-09 10:00").does(contact_at(None, true));
        assert_eq!(told(&story), 0, "left to the sweep");
        sweep_at_once(&mut story);
        assert_eq!(told(&story), 1);
        let text = &story.notices_of(NoticeKind::Recourse)[0].text;
        let over = story.case.complaint.state.is_terminal();
        assert_eq!(text.contains("we continue to work"), !over, "{text}");
        assert_eq!(story.clock(NOTICE).state, ClockState::Met);
        story.at("2026-06-10 10:00").does(contact_at(None, false));
        sweep_at_once(&mut story);
        assert_eq!(told(&story), 1, "nothing to tell who is content");
        story.does(contact_at(None, true));
        sweep_at_once(&mut story);
        assert_eq!(told(&story), 2);
    }
}

#[test]
fn a_customer_who_escalates_while_the_notice_is_pending_is_told_once_and_both_promises_are_kept() {
    for level in [0, 1, 2] {
        let mut story = Story::in_review();
        for _ in 0..level {
            story.does(escalate());
            sweep_at_once(&mut story);
        }
        story.does(contact_at(None, true)).does(escalate());
        sweep_at_once(&mut story);
        assert_eq!(told(&story), level + 1, "from level {level}");
        for clock in [NOTICE, "recourse_notice"] {
            assert_eq!(story.clock(clock).state, ClockState::Met, "{clock}");
        }
    }
}

#[test]
fn a_closed_complaint_is_answered_and_flagged_and_what_is_done_keeps_the_promise() {
    for answer in [reopen(), escalate()] {
        let mut story = closed();
        story.at("2026-06-09 10:00").does(contact_at(None, true));
        assert_eq!(story.due(ANSWER), t("2026-06-11 17:00"));
        let complaint = &story.case.complaint;
        assert!(complaint.state.is_terminal());
        let flagged = [EscalationReason::CustomerDissatisfied].into();
        assert_eq!(complaint.escalation_reasons, flagged);
        assert_eq!(complaint.escalation_eligible_at, Some(story.now));
        let fired = story.at("2026-06-10 14:00").sweep();
        assert!(fired.contains(&"reminder"), "{fired:?}");
        story.does(answer);
        assert_eq!(story.clock(ANSWER).state, ClockState::Met);
    }
}

#[test]
fn a_closed_complaint_that_nobody_answers_is_a_breach() {
    let mut story = closed();
    story.at("2026-06-09 10:00").does(contact_at(None, true));
    sweep_at_once(&mut story);
    let fired = story.at("2026-06-11 17:01").sweep();
    assert!(fired.contains(&"breached"), "{fired:?}");
}

#[test]
fn closing_and_an_update_both_answer_a_dissatisfied_customer() {
    for answer in [update(), withdraw()] {
        let mut story = Story::in_review();
        story.does(contact_at(None, true));
        assert_eq!(story.clock(ANSWER).state, ClockState::Running);
        story.does(answer);
        assert_eq!(story.clock(ANSWER).state, ClockState::Met);
    }
}

#[test]
fn a_contact_from_before_the_customer_said_so_is_no_answer_to_it() {
    for mut story in [Story::in_review(), closed()] {
        story.at("2026-06-10 10:00").does(contact_at(None, true));
        story
            .at("2026-06-10 11:00")
            .does(call_at(Some("2026-06-09 15:00")));
        let pending = story.clock(ANSWER);
        assert_eq!(
            (pending.state, pending.stop),
            (ClockState::Running, None),
            "a call of the day before"
        );
        story.does(call_at(Some("2026-06-10 10:30")));
        assert_eq!(story.clock(ANSWER).state, ClockState::Met);
        assert_eq!(story.clock(ANSWER).stop, Some(t("2026-06-10 10:30")));
    }
}

#[test]
fn an_acceptance_from_before_the_customer_said_so_is_no_answer_to_it() {
    let mut story = Story::in_review();
    story.at("2026-06-08 10:00").does(propose());
    story.at("2026-06-09 10:00").does(contact_at(None, true));
    story.at("2026-06-10 10:00").does(Command::RecordAnswer {
        answer: Answer::Accepted,
        comment: None,
        answered_at: Some(t("2026-06-08 15:00")),
    });
    assert_eq!(story.clock("resolution").state, ClockState::Met);
    assert_eq!(story.clock(ANSWER).state, ClockState::Running);
    story.does(call_at(None));
    assert_eq!(story.clock(ANSWER).state, ClockState::Met);
}

#[test]
fn what_is_entered_late_counts_from_the_contact() {
    let mut story = closed();
    story
        .at("2026-06-09 10:20")
        .does(contact_at(Some("2026-06-09 10:00"), true));
    for clock in [NOTICE, ANSWER] {
        assert_eq!(story.clock(clock).start, t("2026-06-09 10:00"), "{clock}");
    }
    assert_eq!(told(&story), 1, "it is due already");
    assert!(
        story.events_of("breached").is_empty(),
        "a call that lasts a while is no breach"
    );
}

#[test]
fn at_the_highest_level_a_closed_complaint_is_answered_and_flagged_for_nothing() {
    let mut story = Story::in_review();
    story.does(escalate_to_level(3)).does(withdraw());
    story.does(contact_at(None, true));
    assert_eq!(story.clock(ANSWER).state, ClockState::Running);
    assert!(story.case.complaint.escalation_reasons.is_empty());
}

#[test]
fn what_a_customer_says_after_the_remedy_flags_it_and_what_was_said_before_does_not() {
    let mut story = Story::resolved();
    story.does(contact_at(None, true)).does(confirm());
    assert!(story.case.complaint.escalation_reasons.is_empty());
    story.does(contact_at(None, true));
    assert_eq!(story.case.complaint.escalation_reasons.len(), 1);
}

#[test]
fn no_promise_about_a_complaint_runs_for_a_question() {
    let mut enquiry = filing();
    enquiry.enquiry = true;
    let mut open = Story::open(&enquiry, t(MONDAY), jive()).unwrap();
    let mut answered = open.clone();
    answered.does(close(ClosureReason::EnquiryAnswered));
    for story in [&mut open, &mut answered] {
        story.does(contact_at(None, true));
        assert!(story.cycles(NOTICE).is_empty() && story.cycles(ANSWER).is_empty());
        assert!(story.case.complaint.escalation_reasons.is_empty());
    }
}
