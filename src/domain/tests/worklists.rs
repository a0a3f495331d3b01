//! What has to be known of a complaint in order to decide what to do next.

use super::{
    commands::{acknowledge, contact_at, pause, refer, update, withdraw},
    story::{MONDAY, Story, t},
};
use crate::domain::{CommandKind, Flag, PauseReason};

fn next(story: &Story) -> Option<(&str, i32)> {
    let next = story.case.next_promise();
    next.map(|clock| (clock.name.as_str(), clock.cycle))
}

#[test]
fn the_next_promise_is_the_running_one_that_falls_due_first() {
    let mut story = Story::begin(MONDAY, |_| {});
    assert_eq!(next(&story), Some(("acknowledgement", 1)));
    story.at("2026-06-01 10:15").does(acknowledge());
    let running = story.case.clocks.iter().filter_map(|clock| clock.due);
    let due = story.case.next_promise().and_then(|clock| clock.due);
    assert_eq!(due, running.min());
    story
        .at("2026-06-01 11:00")
        .does(pause(PauseReason::ThirdParty));
    let paused = story.case.clocks.iter().find(|clock| clock.due.is_none());
    assert!(paused.is_some(), "something is paused");
    assert_ne!(
        story.case.next_promise().map(|clock| &clock.name),
        paused.map(|clock| &clock.name)
    );
}

#[test]
fn whoever_was_in_touch_was_so_when_it_took_place_and_a_failed_attempt_is_no_contact() {
    let mut story = Story::in_review();
    let contacts = |story: &Story| {
        let contacts = story.events.iter().filter_map(|event| event.contact());
        contacts.max()
    };
    assert_eq!(contacts(&story), Some(t("2026-06-01 10:15")));
    story
        .at("2026-06-03 10:00")
        .does(contact_at(Some("2026-06-02 16:00"), false));
    assert_eq!(contacts(&story), Some(t("2026-06-02 16:00")));
    story.at("2026-06-03 11:00").does(update());
    assert_eq!(contacts(&story), Some(t("2026-06-03 11:00")));
    let alone = Story::begin(MONDAY, |_| {});
    assert_eq!(contacts(&alone), None, "the filing is told by the receipt");
}

#[test]
fn flags_say_since_when_and_why() {
    let mut story = Story::in_review();
    assert_eq!(story.case.flags(), []);
    story.at("2026-06-02 10:00").does(refer());
    story.at("2026-06-03 10:00").does(contact_at(None, true));
    let flags = story.case.flags();
    let [
        Flag::EscalationEligible { since, reasons },
        Flag::Referred { since: referred },
    ] = flags.as_slice()
    else {
        panic!("{flags:?}");
    };
    assert_eq!(*since, Some(t("2026-06-03 10:00")));
    assert_eq!(*reasons, story.case.complaint.escalation_reasons);
    assert_eq!(*referred, Some(t("2026-06-02 10:00")));
}

#[test]
fn what_is_possible_follows_the_state() {
    let mut story = Story::in_review();
    let policy = story.policy.clone();
    let possible = story.case.possible(&policy);
    assert!(possible.contains(&CommandKind::Pause));
    assert!(!possible.contains(&CommandKind::Reopen));
    story.at("2026-06-02 10:00").does(withdraw());
    let possible = story.case.possible(&policy);
    assert!(possible.contains(&CommandKind::Reopen));
    assert!(!possible.contains(&CommandKind::Pause));
}
