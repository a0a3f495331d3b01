//! A review that is concluded before its outcome is told, and who may conclude it.

use super::{
    commands::{
        acknowledge, answer, assign, close, conclude, escalate, escalate_to, pause, propose,
        reopen, resolve_now, tell_conclusion, withdraw,
    },
    story::{MONDAY, Story, t},
};
use crate::{
    domain::{
        Answer, ClockState, ClosureReason, Command, CommandKind, Field, PauseReason, Refusal,
        State, notice::NoticeKind,
    },
    policy::Channel,
};

const NOTICE: &str = "outcome_notice";

/// In review since Monday, and concluded on Thursday.
fn concluded() -> Story {
    let mut story = Story::in_review();
    story.at("2026-06-04 10:00").does(conclude());
    story
}

#[test]
fn telling_the_outcome_is_timed_from_the_conclusion_and_breached_when_it_is_late() {
    let mut story = concluded();
    let complaint = &story.case.complaint;
    assert_eq!(complaint.state, State::InReview);
    let at = complaint.conclusion.as_ref().map(|c| c.decided_at);
    assert_eq!(at, Some(t("2026-06-04 10:00")));
    assert_eq!(complaint.outcome, None);
    assert_eq!(story.due(NOTICE), t("2026-06-05 17:00"));
    assert!(
        story.notices_of(NoticeKind::OutcomeProposed).is_empty(),
        "the customer knows nothing yet"
    );
    let fired = story.at("2026-06-05 17:01").sweep();
    assert!(fired.contains(&"breached"), "{fired:?}");
    story.at("2026-06-08 10:00").does(tell_conclusion());
    let [cycle] = story.cycles(NOTICE)[..] else {
        panic!("one conclusion, one promise");
    };
    assert_eq!(cycle.state, ClockState::Missed);
    assert_eq!(cycle.stop, Some(t("2026-06-08 10:00")));
}

#[test]
fn what_is_told_in_time_keeps_the_time_and_the_cause_of_its_conclusion() {
    let mut story = concluded();
    story.at("2026-06-05 09:00").does(tell_conclusion());
    assert_eq!(story.clock(NOTICE).state, ClockState::Met);
    let complaint = &story.case.complaint;
    assert_eq!(complaint.state, State::Proposed);
    assert_eq!(complaint.conclusion, None);
    let outcome = complaint.outcome.as_ref().unwrap();
    assert_eq!(outcome.decided_at, t("2026-06-04 10:00"));
    assert_eq!(outcome.told_at, t("2026-06-05 09:00"));
    assert_eq!(outcome.root_cause.as_deref(), Some("return not booked"));
}

#[test]
fn a_conclusion_that_is_entered_late_counts_from_when_it_was_made() {
    let mut story = Story::in_review();
    let entered = Command::ConcludeReview {
        conclusion: "The return was never booked.".to_owned(),
        decided_at: Some(t("2026-06-02 16:00")),
        root_cause: None,
    };
    story.at("2026-06-04 10:00").does(entered);
    assert_eq!(story.clock(NOTICE).start, t("2026-06-02 16:00"));
    assert_eq!(story.events_of("breached").len(), 1, "due on Wednesday");
}

#[test]
fn a_review_that_was_not_concluded_is_concluded_and_told_in_one_act() {
    let story = Story::proposed();
    let clock = story.clock(NOTICE);
    assert_eq!(clock.state, ClockState::Met);
    assert_eq!((clock.start, clock.stop), (story.now, Some(story.now)));
    assert!(story.events_of("review_concluded").is_empty());
}

#[test]
fn what_the_conclusion_gave_is_not_given_again() {
    let mut story = concluded();
    let refusal = story.refuses(propose());
    assert!(
        matches!(&refusal, Refusal::GivenAlready { fields, .. } if fields[..] == [Field::RootCause]),
        "{refusal}"
    );
    let refusal = story.refuses(Command::ProposeOutcome {
        told_at: None,
        message: "The router came back to us.".to_owned(),
        remedy: None,
        decided_at: Some(story.now),
        root_cause: Some("another cause".to_owned()),
        told_by: None,
    });
    assert_eq!(
        refusal.to_string(),
        "ConcludeReview already recorded the time of the conclusion and the root cause"
    );
}

#[test]
fn until_it_is_told_a_conclusion_stands_and_nothing_goes_past_it() {
    let mut story = Story::begin(MONDAY, |filing| filing.channel = Channel::Phone);
    story.does(acknowledge()).does(conclude());
    for command in [
        conclude(),
        pause(PauseReason::ThirdParty),
        resolve_now(),
        close(ClosureReason::ProviderDecision),
    ] {
        let refusal = story.refuses(command);
        assert!(
            refusal.to_string().contains("the review is concluded"),
            "{refusal}"
        );
        let Refusal::NotPossibleNow { possible, .. } = refusal else {
            panic!("refused for where it stands");
        };
        assert!(possible.contains(&CommandKind::ProposeOutcome));
    }
    assert_eq!(story.cycles(NOTICE).len(), 1, "nothing starts it anew");
}

#[test]
fn concluding_ends_a_pause() {
    let mut story = Story::in_review();
    story
        .does(pause(PauseReason::ThirdParty))
        .at("2026-06-04 10:00")
        .does(conclude());
    assert_eq!(story.case.complaint.pause, None);
    assert_eq!(story.clock("resolution").state, ClockState::Running);
}

#[test]
fn another_review_or_none_takes_the_conclusion_away_and_what_was_late_stays_late() {
    for (wall, state) in [
        ("2026-06-05 10:00", ClockState::Cancelled),
        ("2026-06-05 17:01", ClockState::Missed),
    ] {
        for ending in [escalate(), withdraw()] {
            let mut story = concluded();
            story.at(wall).does(ending);
            assert_eq!(story.case.complaint.conclusion, None);
            assert_eq!(story.clock(NOTICE).state, state, "{wall}");
        }
    }
    let mut story = concluded();
    story.does(withdraw()).does(reopen());
    assert_eq!(story.case.complaint.conclusion, None);
    story.at("2026-06-08 10:00").does(conclude());
    assert_eq!(story.clock(NOTICE).cycle, 2);
}

#[test]
fn a_refused_outcome_begins_another_review_with_a_conclusion_of_its_own() {
    let mut story = concluded();
    story.does(tell_conclusion()).does(answer(Answer::Refused));
    assert_eq!(story.case.complaint.conclusion, None);
    story.at("2026-06-08 10:00").does(conclude());
    assert_eq!(story.due(NOTICE), t("2026-06-09 17:00"));
    assert_eq!(story.clock(NOTICE).cycle, 2);
}

#[test]
fn no_review_is_concluded_before_it_began() {
    let mut story = Story::in_review();
    story.at("2026-06-03 10:00").does(escalate());
    let at = |wall: &str| Some(t(wall));
    let early = Command::ConcludeReview {
        conclusion: "Nothing wrong.".to_owned(),
        decided_at: at("2026-06-02 10:00"),
        root_cause: None,
    };
    let told = Command::ProposeOutcome {
        told_at: None,
        message: "Nothing wrong.".to_owned(),
        remedy: None,
        decided_at: at("2026-06-02 10:00"),
        root_cause: None,
        told_by: None,
    };
    for command in [early, told] {
        let refusal = story.refuses(command);
        assert!(
            matches!(&refusal, Refusal::BadTime { field: Field::DecidedAt, why } if why.contains("escalation")),
            "{refusal}"
        );
    }
}

#[test]
fn a_handler_from_a_lower_level_neither_acknowledges_the_escalation_nor_concludes_the_review() {
    let mut story = Story::in_review();
    story.by("Ana").does(assign("Ana")).does(escalate());
    for command in [acknowledge(), conclude(), propose()] {
        let refusal = story.refuses(command);
        assert!(
            matches!(&refusal, Refusal::SameHandler { field: Field::Actor, person } if person == "Ana"),
            "{refusal}"
        );
    }
    story.by("Bo").does(acknowledge()).does(conclude());
    // Telling what somebody else concluded is not looking at it again.
    story.by("Ana").does(tell_conclusion());
    assert_eq!(story.case.complaint.state, State::Proposed);
}

#[test]
fn a_handler_from_a_lower_level_cannot_acknowledge_complaint_and_escalation_together_either() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.by("Ana").does(assign("Ana")).does(escalate());
    let refusal = story.refuses(acknowledge());
    assert!(matches!(refusal, Refusal::SameHandler { .. }), "{refusal}");
    story.by("Bo").does(acknowledge());
    assert!(!story.case.complaint.escalation_unacknowledged);
}

#[test]
fn somebody_new_is_said_to_look_at_it_only_once_somebody_new_has_it() {
    for (assignee, words) in [
        (
            Some("Bo"),
            "It is being looked at afresh, by someone who did not handle it before.",
        ),
        (
            None,
            "It will be looked at afresh by someone who has not handled it.",
        ),
    ] {
        let mut story = Story::in_review();
        story.does(assign("Ana")).does(escalate_to(assignee));
        story.does(acknowledge());
        let told = &story.notices_of(NoticeKind::EscalationAcknowledged)[0].text;
        assert!(told.contains(words), "{told}");
    }
}
