//! Texts that arrive after something else has happened, and logs from before texts were followed.

use super::{
    commands::{acknowledge, answer, close, contact_at, delivery, escalate, propose, update},
    delivering::{acknowledged, last, sent, story},
    story::{Story, delivering, t},
};
use crate::{
    domain::{
        Answer, ClockState, ClosureReason, Command, ContactMeans, Identity, NoticeState, Refusal,
        State, explain, suppose,
    },
    policy::Channel,
};

/// In review, with the acknowledgement sent.
fn in_review() -> Story {
    let mut story = acknowledged();
    let notice = last(&story);
    story.at("2026-06-01 10:20").does(sent(notice));
    story
}

#[test]
fn the_outcome_of_a_level_below_is_no_answer_to_an_escalation() {
    let mut story = in_review();
    story.at("2026-06-02 10:00").does(propose());
    let outcome = last(&story);
    assert_eq!(story.clock("outcome_notice").state, ClockState::Running);
    story.at("2026-06-02 11:00").does(escalate());
    story.at("2026-06-02 11:05").does(sent(outcome));
    for clock in ["escalation_acknowledgement", "escalation_answer"] {
        assert_eq!(story.clock(clock).state, ClockState::Running, "{clock}");
    }
}

#[test]
fn a_text_answers_nothing_that_was_said_after_it_was_written() {
    let mut story = in_review();
    story.at("2026-06-02 10:00").does(update());
    let written = last(&story);
    story.at("2026-06-02 10:30").does(contact_at(None, true));
    story.at("2026-06-02 10:31").does(sent(written));
    let owed = story.clock("dissatisfaction_answer");
    assert_eq!(owed.state, ClockState::Running);
    story.at("2026-06-02 11:00").does(update());
    let answer = last(&story);
    story.does(sent(answer));
    assert_eq!(story.clock("dissatisfaction_answer").state, ClockState::Met);
}

#[test]
fn silence_counts_from_when_the_outcome_was_told() {
    let mut story = in_review();
    story.at("2026-06-02 10:00").does(propose());
    let outcome = last(&story);
    // Three weeks later nobody has sent it.
    story.at("2026-06-23 10:00");
    let refused = story.refuses(close(ClosureReason::NoAnswer));
    assert!(matches!(refused, Refusal::OutcomeNotTold), "{refused}");
    story.does(sent(outcome));
    assert_eq!(
        story.case.complaint.outcome.as_ref().unwrap().told_at,
        t("2026-06-23 10:00")
    );
    let refused = story.refuses(close(ClosureReason::NoAnswer));
    assert!(
        matches!(refused, Refusal::StillWaitingForAnswer { .. }),
        "{refused}"
    );
    story
        .at("2026-07-09 10:00")
        .does(close(ClosureReason::NoAnswer));
    assert_eq!(story.case.complaint.state, State::Closed);
}

#[test]
fn an_outcome_that_is_sent_after_the_customer_answered_is_told_no_later_than_that() {
    let mut story = in_review();
    story.at("2026-06-02 10:00").does(propose());
    let outcome = last(&story);
    story.at("2026-06-02 12:00").does(answer(Answer::Accepted));
    story.at("2026-06-02 13:00").does(sent(outcome));
    let told = story.case.complaint.outcome.as_ref().unwrap().told_at;
    assert_eq!(told, t("2026-06-02 12:00"));
    assert_eq!(story.clock("outcome_notice").state, ClockState::Met);
}

#[test]
fn the_answer_to_an_enquiry_is_owed_until_it_reaches_the_customer() {
    let mut story = story(|filing| filing.enquiry = true);
    story
        .at("2026-06-01 11:00")
        .does(close(ClosureReason::EnquiryAnswered));
    assert_eq!(story.case.complaint.state, State::Closed);
    assert_eq!(story.clock("enquiry_answer").state, ClockState::Running);
    let answer = last(&story);
    story.at("2026-06-01 11:05").does(sent(answer));
    let kept = story.clock("enquiry_answer");
    assert_eq!((kept.state, kept.stop), (ClockState::Met, Some(story.now)));

    let mut on_the_line = super::delivering::story(|filing| {
        filing.enquiry = true;
        filing.channel = Channel::Chat;
    });
    on_the_line
        .at("2026-06-01 10:05")
        .does(close(ClosureReason::EnquiryAnswered));
    assert_eq!(on_the_line.clock("enquiry_answer").state, ClockState::Met);
}

#[test]
fn the_word_of_the_independent_body_is_on_its_way_once() {
    let mut story = in_review();
    story.at("2026-06-02 10:00").does(escalate());
    story.at("2026-06-02 10:01").sweep();
    let told = last(&story);
    assert_eq!(story.clock("recourse_notice").state, ClockState::Running);
    // The next level is reached before it has left: it is not written twice.
    story.at("2026-06-02 10:05").does(escalate());
    assert_eq!(story.events_of("notice_sent").len(), 1);
    story.at("2026-06-02 10:06").does(sent(told));
    assert_eq!(story.clock("recourse_notice").state, ClockState::Met);
}

#[test]
fn a_log_from_before_texts_were_followed_stays_as_it_was() {
    let mut old = Story::in_review();
    old.at("2026-06-02 10:00").does(update());
    assert!(
        !old.events
            .iter()
            .any(|event| event.payload.contains("awaited"))
    );
    let identity = Identity {
        id: old.case.complaint.id,
        tracking_number: old.case.complaint.tracking_number.clone(),
    };
    // A version that asks for more does not change what already counts as told.
    let supposed = suppose(identity, &old.events, delivering()).unwrap();
    let live: Vec<_> = supposed
        .clocks
        .iter()
        .filter(|clock| clock.state.is_live())
        .collect();
    assert!(live.iter().all(|clock| clock.name != "acknowledgement"));
    let update = live.iter().find(|clock| clock.name == "customer_update");
    assert_eq!(update.unwrap().start, t("2026-06-02 10:00"));
}

#[test]
fn an_explanation_shows_that_a_clock_waits_for_a_text() {
    let mut story = acknowledged();
    let notice = last(&story);
    let identity = Identity {
        id: story.case.complaint.id,
        tracking_number: story.case.complaint.tracking_number.clone(),
    };
    let told = |story: &Story| {
        let explained = explain(
            &identity,
            &story.events,
            story.policies(),
            "acknowledgement",
            None,
        );
        let explained = explained.unwrap();
        let changes = explained.changes.iter();
        changes
            .map(|change| explained.tell(change))
            .collect::<Vec<_>>()
    };
    let issued = format!(
        "notice {notice} was issued by email: the promise is kept once it is sent, posted or told"
    );
    assert_eq!(told(&story), std::slice::from_ref(&issued));
    story.at("2026-06-01 10:20");
    story.does(delivery(notice, NoticeState::Failed, ContactMeans::Email));
    let failed = format!(
        "notice {notice} did not reach the customer: bounced; the promise is still to be kept"
    );
    assert_eq!(told(&story), [issued, failed]);
    story.does(Command::ResendNotice {
        notice,
        means: None,
    });
    assert_eq!(acknowledge().kind().as_str(), "AcknowledgeComplaint");
}
