//! Escalation at any time: to the level that the customer asks for, and of what is settled or over.

use super::{
    commands::{close, confirm, escalate, escalate_to_level, propose, reopen, withdraw},
    recourse::sweep_at_once,
    story::{MONDAY, Story, filing, jive, t},
};
use crate::domain::{ClockState, ClosureReason, Fact, Refusal, State, notice::NoticeKind};

/// Carried out, and not closed.
fn implemented() -> Story {
    let mut story = Story::resolved();
    story.at("2026-06-08 10:00").does(confirm());
    story
}

fn closed() -> Story {
    let mut story = implemented();
    story.does(close(ClosureReason::Accepted));
    story
}

fn withdrawn() -> Story {
    let mut story = Story::in_review();
    story.at("2026-06-08 10:00").does(withdraw());
    story
}

#[test]
fn a_customer_goes_to_the_level_that_the_customer_names_and_hears_of_the_body_once() {
    let mut story = Story::in_review();
    story.does(escalate_to_level(3));
    assert_eq!(story.case.complaint.level, 3);
    let received = &story.notices_of(NoticeKind::EscalationReceived)[0].text;
    assert!(received.contains("Executive office"), "{received}");
    sweep_at_once(&mut story);
    assert_eq!(story.notices_of(NoticeKind::Recourse).len(), 1);
}

#[test]
fn a_level_that_is_not_above_the_present_one_or_does_not_exist_is_refused() {
    let mut story = Story::in_review();
    story.does(escalate_to_level(1));
    for level in [0, 1, 4, usize::MAX] {
        let refusal = story.refuses(escalate_to_level(level));
        assert!(
            matches!(refusal, Refusal::BadLevel { present: 1, top: 3 }),
            "{refusal}"
        );
    }
    let refusal = story.refuses(escalate_to_level(9));
    assert!(refusal.to_string().contains("at most 3"), "{refusal}");
    story.does(escalate_to_level(2));
    assert_eq!(story.case.complaint.level, 2);
}

#[test]
fn what_is_settled_or_over_is_reopened_and_escalated_in_one_act_and_told_once() {
    for mut story in [implemented(), closed(), withdrawn()] {
        let before = story.case.complaint.clone();
        story.at("2026-06-10 10:00").does(escalate());
        let complaint = &story.case.complaint;
        assert_eq!((complaint.state, complaint.level), (State::InReview, 1));
        assert_eq!(complaint.reopen_count, 1);
        assert_eq!(
            (complaint.closed_at, complaint.outcome.as_ref()),
            (None, None)
        );
        assert!(complaint.escalation_unacknowledged);
        assert_eq!(complaint.first_promised_at, before.first_promised_at);
        for kind in ["reopened", "escalated"] {
            let [event] = story.events_of(kind)[..] else {
                panic!("{kind} is on record once");
            };
            assert_eq!(event.at, story.now);
        }
        for clock in [
            "customer_update",
            "resolution",
            "ceiling",
            "escalation_answer",
        ] {
            assert_eq!(story.clock(clock).state, ClockState::Running, "{clock}");
            assert_eq!(story.clock(clock).start, story.now, "{clock}");
        }
        let told: Vec<_> = story.notices.iter().filter(|n| n.at == story.now).collect();
        let [notice] = told[..] else {
            panic!("one letter: {told:?}");
        };
        assert_eq!(notice.kind, NoticeKind::EscalationReceived);
        let promised = t("2026-06-24 17:00");
        assert_eq!(story.case.complaint.promised_at, Some(promised));
        for words in ["reopened your complaint", "June 24, 2026", "Support lead"] {
            assert!(notice.text.contains(words), "{words}: {}", notice.text);
        }
    }
}

#[test]
fn an_escalation_of_what_is_under_way_says_nothing_of_taking_it_up_again() {
    let mut story = Story::in_review();
    story.does(escalate());
    let told = &story.notices_of(NoticeKind::EscalationReceived)[0].text;
    assert!(!told.contains("up again"), "{told}");
}

#[test]
fn what_was_never_acknowledged_is_filed_again_at_the_higher_level() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.does(withdraw());
    story.at("2026-06-03 10:00").does(escalate());
    assert_eq!(story.case.complaint.state, State::Received);
    assert_eq!(story.case.complaint.level, 1);
    assert_eq!(story.due("acknowledgement"), t("2026-06-04 17:00"));
}

#[test]
fn an_enquiry_is_not_escalated_whether_it_is_open_answered_or_taken_back() {
    let mut enquiry = filing();
    enquiry.enquiry = true;
    let open = Story::open(&enquiry, t(MONDAY), jive()).unwrap();
    let mut answered = open.clone();
    answered.does(close(ClosureReason::EnquiryAnswered));
    let mut taken_back = open.clone();
    taken_back.does(withdraw());
    for mut story in [open, answered, taken_back] {
        let refusal = story.refuses(escalate());
        assert!(
            matches!(refusal, Refusal::NotPossibleNow { .. }),
            "{refusal}"
        );
    }
}

#[test]
fn at_the_highest_level_the_refusal_names_the_independent_body_also_when_it_is_over() {
    let mut open = Story::in_review();
    open.does(escalate_to_level(3));
    let mut over = open.clone();
    over.does(withdraw());
    for mut story in [open, over] {
        for command in [escalate(), escalate_to_level(4)] {
            let refusal = story.refuses(command).to_string();
            for words in ["highest level", "(CCTS)", "www.ccts-cprst.ca"] {
                assert!(refusal.contains(words), "{words}: {refusal}");
            }
        }
    }
}

#[test]
fn nobody_at_the_highest_level_is_told_to_escalate_and_everybody_below_is() {
    for (level, told) in [(2, true), (3, false)] {
        let mut story = Story::in_review();
        story.does(escalate_to_level(level)).does(propose());
        let proposed = story.notices_of(NoticeKind::OutcomeProposed)[0]
            .text
            .clone();
        story.does(withdraw()).does(reopen());
        let withdrawn = story.notices_of(NoticeKind::Withdrawn)[0].text.clone();
        let reopened = story.notices_of(NoticeKind::Reopened)[0].text.clone();
        for text in [proposed, withdrawn, reopened] {
            let offered = text.contains("escalated to a higher level (Executive office)");
            assert_eq!(offered, told, "{text}");
            assert!(!text.contains("\n\n\n"), "{text}");
        }
    }
}

#[test]
fn a_promise_that_moves_with_the_reopening_is_on_record() {
    let mut story = closed();
    story.at("2026-06-10 10:00").does(escalate());
    let [changed] = story.events_of("promise_changed")[..] else {
        panic!("one change");
    };
    let expected = Fact::PromiseChanged {
        first_promised_at: t("2026-06-15 17:00"),
        from: t("2026-06-15 17:00"),
        to: t("2026-06-24 17:00"),
        told_at: None,
    };
    assert_eq!(changed.fact, expected);
}
