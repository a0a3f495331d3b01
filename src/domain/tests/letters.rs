//! What customers read is so.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::{
    commands::{acknowledge, answer, close, confirm, escalate, propose},
    story::{Story, t},
};
use crate::domain::{
    Answer, ClosureReason, Command, Refusal,
    notice::{Language, NoticeKind},
};

fn last(story: &Story, kind: NoticeKind) -> &str {
    &story.notices_of(kind).last().unwrap().text
}

#[test]
fn an_outcome_names_the_day_after_which_silence_closes_the_complaint() {
    let mut story = Story::proposed();
    let told = last(&story, NoticeKind::OutcomeProposed);
    assert!(
        told.contains("We ask for your answer by Thursday, June 18, 2026."),
        "{told}"
    );
    let refusal = story
        .at("2026-06-18 17:00")
        .refuses(close(ClosureReason::NoAnswer));
    let Refusal::StillWaitingForAnswer { until } = refusal else {
        panic!("{refusal}");
    };
    assert_eq!(until, t("2026-06-18 17:00"));
    story
        .at("2026-06-18 17:01")
        .does(close(ClosureReason::NoAnswer));
}

#[test]
fn what_was_agreed_is_told_again_whenever_a_letter_speaks_of_it() {
    const REMEDY: &str = "We credit 90 dollars.";
    let mut story = Story::resolved();
    story.does(confirm()).does(close(ClosureReason::Accepted));
    for (kind, words) in [
        (NoticeKind::OutcomeAccepted, "What we agreed: "),
        (NoticeKind::RemedyCarriedOut, "What we agreed: "),
        (NoticeKind::ClosedAccepted, "What we agreed: "),
    ] {
        let text = last(&story, kind);
        assert!(text.contains(&format!("{words}{REMEDY}")), "{kind}: {text}");
    }
    let mut unanswered = Story::proposed();
    unanswered
        .at("2026-06-19 10:00")
        .does(close(ClosureReason::NoAnswer));
    let text = last(&unanswered, NoticeKind::ClosedWithRecourse);
    assert!(
        text.contains(&format!("What we proposed: {REMEDY}")),
        "{text}"
    );
}

#[test]
fn a_later_outcome_without_a_remedy_is_not_told_with_the_remedy_of_the_former_one() {
    let mut story = Story::proposed();
    story.does(answer(Answer::Refused));
    story.does(Command::ProposeOutcome {
        message: "There is nothing to credit.".to_owned(),
        told_at: None,
        remedy: None,
        decided_at: None,
        root_cause: None,
        told_by: None,
    });
    story.does(answer(Answer::Accepted));
    let text = last(&story, NoticeKind::OutcomeAccepted);
    assert!(!text.contains("90 dollars"), "{text}");
}

#[test]
fn somebody_new_is_said_to_look_at_an_escalation_only_once_somebody_has_it() {
    for (assigned, words) in [
        (None, "It will be looked at afresh by someone who"),
        (
            Some("grace"),
            "It is being looked at afresh, by someone who",
        ),
    ] {
        let mut story = Story::in_review();
        story.does(escalate());
        if let Some(assignee) = assigned {
            let assignee = assignee.to_owned();
            story.does(Command::Assign { assignee });
        }
        story.by("joan").does(acknowledge());
        let text = last(&story, NoticeKind::EscalationAcknowledged);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn the_levels_that_a_letter_offers_are_those_above_in_the_language_of_the_customer() {
    let mut story = Story::begin(super::story::MONDAY, |filing| {
        filing.language = Language::German;
    });
    story.does(acknowledge());
    let first = last(&story, NoticeKind::Acknowledgement);
    assert!(
        first.contains("(Supportleitung, Senior Management, Geschäftsleitung)"),
        "{first}"
    );
    story.does(escalate()).does(acknowledge()).does(propose());
    let above = last(&story, NoticeKind::OutcomeProposed);
    assert!(
        above.contains("(Senior Management, Geschäftsleitung)"),
        "{above}"
    );
}
