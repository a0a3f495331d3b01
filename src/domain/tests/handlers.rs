//! Who handled a complaint is a person, whatever they did and however they are written.

use super::{
    commands::{
        acknowledge, answer, assign, close, conclude, escalate, escalate_to, pause, propose,
        tell_conclusion, update,
    },
    story::{MONDAY, Story, book, filing, t},
};
use crate::domain::{
    Answer, ClosureReason, Command, PauseReason, Refusal, State, field::Field, notice::NoticeKind,
};

#[test]
fn whoever_acknowledged_concluded_proposed_or_decided_below_does_not_review_the_escalation() {
    let mut acknowledged = Story::begin(MONDAY, |_| {});
    acknowledged.by("Ana").does(acknowledge());
    let mut concluded = Story::in_review();
    concluded.by("Ana").does(conclude());
    let mut told = Story::in_review();
    told.does(conclude()).by("Ana").does(tell_conclusion());
    let mut proposed = Story::in_review();
    proposed.by("Ana").does(propose());
    let mut decided = Story::proposed();
    decided.does(answer(Answer::Refused));
    decided
        .by("Ana")
        .does(close(ClosureReason::ProviderDecision));
    for mut story in [acknowledged, concluded, told, proposed, decided] {
        story.by("Bo").does(escalate());
        let refusal = story.refuses(assign("ANA"));
        assert!(
            matches!(&refusal, Refusal::SameHandler { field: Field::Assignee, person } if person == "ANA"),
            "{refusal}"
        );
        for command in [acknowledge(), conclude(), propose()] {
            let refusal = story.by("ana ").refuses(command);
            assert!(
                matches!(
                    refusal,
                    Refusal::SameHandler {
                        field: Field::Actor,
                        ..
                    }
                ),
                "{refusal}"
            );
        }
        story.by("Cem").does(acknowledge()).does(propose());
        assert_eq!(story.case.complaint.state, State::Proposed);
    }
}

#[test]
fn what_does_not_judge_the_matter_makes_nobody_a_handler() {
    let mut story = Story::in_review();
    story
        .by("Ana")
        .does(update())
        .does(pause(PauseReason::ThirdParty))
        .does(Command::Resume { resumed_at: None })
        .does(escalate())
        .does(acknowledge());
    assert!(!story.case.complaint.escalation_unacknowledged);
}

#[test]
fn who_told_an_outcome_at_a_higher_level_is_not_new_to_it_thereby() {
    let mut story = Story::in_review();
    story.by("Ana").does(propose()).does(escalate());
    story.by("Bo").does(conclude());
    story.by("Ana").does(tell_conclusion());
    story.does(answer(Answer::Refused));
    let refusal = story.refuses(conclude());
    assert!(matches!(refusal, Refusal::SameHandler { .. }), "{refusal}");
}

#[test]
fn a_person_is_noted_once_however_written() {
    let mut story = Story::in_review();
    let before = story.case.complaint.handlers.len();
    for spelt in ["Ana Silva", "ana silva", "ANA  SILVA", "Ａｎａ Silva"] {
        story.does(assign(spelt));
        let assignee = story.case.complaint.assignee.as_deref();
        assert_eq!(assignee, Some(spelt), "shown as it is written");
    }
    assert_eq!(story.case.complaint.handlers.len(), before + 1);
}

#[test]
fn a_complaint_is_given_back_and_who_had_it_has_handled_it() {
    let mut story = Story::in_review();
    let refusal = story.refuses(Command::Unassign);
    assert!(refusal.to_string().contains("nobody has it"), "{refusal}");
    story.does(assign("Ana")).does(Command::Unassign);
    assert_eq!(story.case.complaint.assignee, None);
    assert_eq!(story.events_of("unassigned").len(), 1);
    story.does(escalate());
    let refusal = story.refuses(assign("Ana"));
    assert!(matches!(refusal, Refusal::SameHandler { .. }), "{refusal}");
}

#[test]
fn somebody_new_is_told_of_only_while_somebody_new_has_it() {
    let afresh = "by someone who did not handle it before";
    let told = |story: &Story| {
        let notices = story.notices_of(NoticeKind::EscalationAcknowledged);
        notices.last().unwrap().text.contains(afresh)
    };
    let mut story = Story::in_review();
    story
        .does(escalate_to(Some("Bo")))
        .by("Bo")
        .does(acknowledge());
    assert!(told(&story));
    let mut given_back = Story::in_review();
    given_back.does(escalate_to(Some("Bo")));
    given_back.does(Command::Unassign).does(acknowledge());
    assert!(!told(&given_back));
}

#[test]
fn at_the_top_the_refusal_names_the_body_in_the_customers_language() {
    let mut filing = filing();
    filing.language = crate::domain::notice::Language::French;
    let code = book().binding("ca-jive", t(MONDAY)).unwrap();
    let mut story = Story::open(&filing, t(MONDAY), code).unwrap();
    story.does(super::commands::escalate_to_level(3));
    let refusal = story.refuses(escalate());
    let Refusal::AtTopLevel { body: Some(body) } = &refusal else {
        panic!("{refusal}");
    };
    assert!(body.name.contains("CPRST"), "{}", body.name);
}
