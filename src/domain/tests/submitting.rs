//! What the provider hands in to the independent body: its report, and what the body asks for beyond it.

use super::{
    commands::{ask_for_documents, refer, report, stage, submit_documents, withdraw},
    story::{Story, t},
};
use crate::domain::{
    ClockState, Command, Fact, Field, ReferralAnswer, ReferralStage, Refusal, Target, explain,
};

const DOCUMENTS: &str = "referral_documents";

/// The body has handed the complaint over, on a Wednesday.
fn referred() -> Story {
    let mut story = Story::in_review();
    story
        .at("2026-06-03 10:00")
        .does(refer())
        .does(stage(ReferralStage::InitialReferral));
    story
}

fn waits(story: &Story) -> bool {
    let referral = story.case.complaint.referral.as_ref();
    referral.unwrap().request.is_some()
}

#[test]
fn the_report_says_what_kind_of_answer_it_is() {
    for answer in ReferralAnswer::ALL {
        let mut story = referred();
        story.does(Command::SubmitReferralReport {
            submitted_at: None,
            report: "What we did.".to_owned(),
            answer,
        });
        let referral = story.case.complaint.referral.as_ref().unwrap();
        assert_eq!(referral.answer, Some(answer));
        let [event] = story.events_of("referral_reported")[..] else {
            panic!("one report");
        };
        let answer = Some(answer);
        assert_eq!(
            event.fact,
            Fact::ReferralReported {
                answer,
                submitted_at: None
            }
        );
    }
}

#[test]
fn a_report_from_before_its_answer_was_recorded_reads_and_hashes_as_it_did() {
    let payload = r#"{"kind":"referral_reported"}"#;
    let fact: Fact = serde_json::from_str(payload).unwrap();
    assert_eq!(
        fact,
        Fact::ReferralReported {
            answer: None,
            submitted_at: None
        }
    );
    assert_eq!(serde_json::to_string(&fact).unwrap(), payload);
}

#[test]
fn the_report_goes_once_more_only_when_the_body_asks_and_answers_what_it_asked() {
    let mut story = referred();
    story.does(report());
    let refusal = story.refuses(report());
    assert!(
        refusal.to_string().contains("asked for nothing"),
        "{refusal}"
    );
    story.does(ask_for_documents(None)).does(report());
    assert!(!waits(&story));
    assert_eq!(story.clock(DOCUMENTS).state, ClockState::Met);
    assert_eq!(story.events_of("referral_reported").len(), 2);
    story.refuses(report());
}

#[test]
fn a_date_that_the_body_names_again_is_the_same_promise_even_when_it_was_missed() {
    let mut story = referred();
    story.does(ask_for_documents(Some("2026-06-03 10:00")));
    assert_eq!(
        story.due(DOCUMENTS),
        t("2026-06-03 10:00"),
        "that very instant"
    );
    story
        .at("2026-06-03 12:00")
        .does(Command::RecordDocumentRequest {
            request: "As we wrote.".to_owned(),
            requested_at: Some(t("2026-06-03 10:00")),
            due: Some(t("2026-06-03 10:00")),
        });
    assert_eq!(story.clock(DOCUMENTS).cycle, 1);
    assert_eq!(story.clock(DOCUMENTS).state, ClockState::Running);
}

#[test]
fn documents_go_back_and_forth_in_any_number_of_rounds() {
    let mut story = referred();
    for round in 1..=3 {
        story.does(ask_for_documents(None));
        assert!(waits(&story));
        let clock = story.clock(DOCUMENTS);
        assert_eq!((clock.cycle, clock.state), (round, ClockState::Running));
        assert_eq!(clock.due, Some(t("2026-06-10 17:00")), "5 working days");
        story.does(submit_documents());
        assert!(!waits(&story));
        assert_eq!(story.clock(DOCUMENTS).state, ClockState::Met);
    }
    // Nobody has to ask.
    story.does(submit_documents());
    assert_eq!(story.cycles(DOCUMENTS).len(), 3);
}

#[test]
fn the_date_that_the_body_sets_takes_precedence_over_the_target_and_explains_itself() {
    let mut story = referred();
    story.does(ask_for_documents(Some("2026-06-30 12:00")));
    let clock = story.clock(DOCUMENTS);
    assert_eq!(clock.due, Some(t("2026-06-30 12:00")));
    assert!(matches!(clock.target, Target::SetByBody(_)));
    let identity = crate::domain::Identity {
        id: story.case.complaint.id,
        tracking_number: story.case.complaint.tracking_number.clone(),
    };
    let explained = explain(&identity, &story.events, story.policies(), DOCUMENTS, None);
    let target = explained.unwrap().target();
    assert_eq!(target, "a date that the independent body set");
    let fired = story.at("2026-06-30 12:01").sweep();
    assert!(fired.contains(&"breached"), "{fired:?}");
}

#[test]
fn while_something_is_outstanding_the_last_date_that_the_body_set_holds_for_all_of_it() {
    let mut story = referred();
    story.does(ask_for_documents(Some("2026-06-12 12:00")));
    // More of it, and no word on the date.
    story.does(ask_for_documents(None));
    assert_eq!(story.due(DOCUMENTS), t("2026-06-12 12:00"));
    // The body gives more time, then less.
    for date in ["2026-06-19 12:00", "2026-06-15 12:00"] {
        story.does(ask_for_documents(Some(date)));
        assert_eq!(story.due(DOCUMENTS), t(date));
    }
    assert_eq!(story.cycles(DOCUMENTS).len(), 1);
    // What was missed stays missed; the date after it is a promise of its own.
    story
        .at("2026-06-16 10:00")
        .does(ask_for_documents(Some("2026-06-22 12:00")));
    let [missed, running] = story.cycles(DOCUMENTS)[..] else {
        panic!("two promises");
    };
    assert_eq!(missed.state, ClockState::Missed);
    assert_eq!(running.due, Some(t("2026-06-22 12:00")));
}

#[test]
fn a_date_that_had_passed_when_it_was_entered_is_a_breach_on_record() {
    let mut story = referred();
    story
        .at("2026-06-10 10:00")
        .does(Command::RecordDocumentRequest {
            request: "The contract.".to_owned(),
            requested_at: Some(t("2026-06-04 10:00")),
            due: Some(t("2026-06-09 12:00")),
        });
    assert_eq!(story.clock(DOCUMENTS).start, t("2026-06-04 10:00"));
    assert!(story.clock(DOCUMENTS).breached_at.is_some());
    // But they had been handed in.
    story.does(Command::SubmitDocuments {
        documents: "The contract.".to_owned(),
        submitted_at: Some(t("2026-06-08 10:00")),
    });
    let clock = story.clock(DOCUMENTS);
    assert_eq!((clock.state, clock.breached_at), (ClockState::Met, None));
}

#[test]
fn times_that_contradict_one_another_are_refused() {
    let mut story = referred();
    story.at("2026-06-10 10:00");
    let ask = |asked: &str, due: Option<&str>| Command::RecordDocumentRequest {
        request: "The contract.".to_owned(),
        requested_at: Some(t(asked)),
        due: due.map(t),
    };
    let submit = |at: &str| Command::SubmitDocuments {
        documents: "The contract.".to_owned(),
        submitted_at: Some(t(at)),
    };
    let field = |refusal: Refusal| match refusal {
        Refusal::BadTime { field, .. } => field,
        other => panic!("{other}"),
    };
    let before = story.refuses(ask("2026-06-02 10:00", None));
    assert_eq!(field(before), Field::DocumentsRequestedAt);
    let ahead = story.refuses(ask("2026-06-11 10:00", None));
    assert_eq!(field(ahead), Field::DocumentsRequestedAt);
    let due = story.refuses(ask("2026-06-09 10:00", Some("2026-06-09 09:59")));
    assert_eq!(field(due), Field::DueDate);
    story.does(ask("2026-06-09 10:00", None));
    for at in ["2026-06-09 09:59", "2026-06-10 10:01"] {
        let refusal = story.refuses(submit(at));
        assert_eq!(field(refusal), Field::SubmittedAt);
    }
}

#[test]
fn the_body_is_answered_beyond_the_complaints_end_and_not_beyond_its_own() {
    let mut story = referred();
    story.does(ask_for_documents(None)).does(withdraw());
    assert_eq!(story.clock(DOCUMENTS).state, ClockState::Running);
    story.does(stage(ReferralStage::Concluded));
    assert!(!waits(&story));
    assert!(!story.clock(DOCUMENTS).state.is_live());
    for command in [ask_for_documents(None), submit_documents(), report()] {
        let refusal = story.refuses(command);
        assert!(
            refusal
                .to_string()
                .contains("not with the independent body"),
            "{refusal}"
        );
    }
}

#[test]
fn what_is_asked_and_handed_in_can_be_erased() {
    let mut story = referred();
    story.does(ask_for_documents(None)).does(submit_documents());
    let texts: Vec<_> = story
        .personal
        .iter()
        .filter_map(|(_, personal)| personal.text.clone())
        .collect();
    for text in [
        "The recording of the call of 3 March.",
        "The recording, and its transcript.",
    ] {
        assert!(texts.contains(&text.to_owned()));
        assert!(
            story
                .events
                .iter()
                .all(|event| !event.payload.contains(text))
        );
    }
}
