//! Updates that need nobody: standard words, sent by the clock that times regular news, as long as they are true.

use super::{
    commands::{acknowledge, pause, propose, update},
    delivering::{last, sent},
    explaining::all_is_explained,
    story::{MONDAY, Story, filing, t, telling_updates, telling_updates_once_sent},
};
use crate::{
    domain::{ClockState, Fact, PauseReason, notice::NoticeKind},
    policy::Role,
};

const CLOCK: &str = "customer_update";

/// Acknowledged on a Monday, so the first update is due on the Monday after it, as the day closes. Told a working day before.
fn acknowledged() -> Story {
    let mut story = Story::open(&filing(), t(MONDAY), telling_updates()).unwrap();
    story.does(acknowledge());
    assert_eq!(story.due(CLOCK), t("2026-06-08 17:00"));
    story
}

fn told(story: &Story) -> usize {
    story.notices_of(NoticeKind::ReviewContinues).len()
}

/// What the clock had staff reminded of, and whom.
fn reminded(story: &Story) -> Vec<Role> {
    let fired = story.fired(CLOCK).into_iter();
    let to = fired.filter_map(|event| match event.fact {
        Fact::Reminder { to, overdue, .. } => {
            assert!(!overdue);
            Some(to)
        }
        _ => None,
    });
    to.collect()
}

#[test]
fn the_customer_is_told_that_the_review_goes_on_and_that_keeps_the_promise() {
    let mut story = acknowledged();
    story.at("2026-06-05 17:00").sweep();
    assert_eq!(told(&story), 0, "not before its time");
    story.at("2026-06-05 17:01").sweep();
    assert_eq!(told(&story), 1);
    let cycles = story.cycles(CLOCK);
    assert_eq!(
        cycles.iter().map(|clock| clock.state).collect::<Vec<_>>(),
        [ClockState::Met, ClockState::Running]
    );
    // A week after the notice, and not after the day that it was due.
    assert_eq!(story.due(CLOCK), t("2026-06-12 17:00"));
    let text = &story.notices_of(NoticeKind::ReviewContinues)[0].text;
    for words in [
        "We are still reviewing your complaint.",
        "We expect to finish our review by Monday, June 15, 2026.",
        "You will hear from us again by Friday, June 12, 2026.",
    ] {
        assert!(text.contains(words), "lacks {words:?}:\n{text}");
    }
    assert!(reminded(&story).is_empty());
    // And so on, for as long as it takes.
    story.at("2026-06-12 12:00").sweep();
    assert_eq!(told(&story), 2);
    all_is_explained(&story);
}

#[test]
fn words_of_a_person_come_in_place_of_standard_words() {
    let mut story = acknowledged();
    story.at("2026-06-05 12:00").does(update());
    story.at("2026-06-09 12:00").sweep();
    assert_eq!(told(&story), 0);
    assert_eq!(story.clock(CLOCK).cycle, 2);
}

#[test]
fn a_date_that_has_passed_is_not_told_again() {
    let mut story = acknowledged();
    story.at("2026-06-05 12:00").does(update());
    story.at("2026-06-11 12:00").does(update());
    story.at("2026-06-18 10:00").sweep();
    let [notice] = story.notices_of(NoticeKind::ReviewContinues)[..] else {
        panic!("{:?}", story.notices);
    };
    assert!(!notice.text.contains("June 15"), "{}", notice.text);
}

#[test]
fn nobody_is_told_that_a_review_goes_on_that_waits_or_is_over() {
    let mut waiting = acknowledged();
    waiting
        .at("2026-06-04 10:00")
        .does(pause(PauseReason::WaitingForCustomer));
    let mut proposed = acknowledged();
    proposed.at("2026-06-04 10:00").does(propose());
    for mut story in [waiting, proposed] {
        story.at("2026-06-06 10:00").sweep();
        assert_eq!(told(&story), 0);
        assert_eq!(reminded(&story), [Role::Handler]);
        assert_eq!(story.clock(CLOCK).cycle, 1, "a reminder keeps no promise");
        story.at("2026-06-09 10:00").sweep();
        assert!(story.clock(CLOCK).breached_at.is_some());
        assert_eq!(reminded(&story), [Role::Handler], "reminded once");
        all_is_explained(&story);
    }
}

#[test]
fn standard_words_that_come_too_late_are_a_breach_and_still_come() {
    let mut story = acknowledged();
    story.at("2026-06-10 10:00").sweep();
    let kinds: Vec<_> = story
        .fired(CLOCK)
        .iter()
        .map(|event| event.fact.kind().as_str())
        .collect();
    assert_eq!(kinds, ["notice_issued", "breached"]);
    let states: Vec<_> = story
        .cycles(CLOCK)
        .iter()
        .map(|clock| clock.state)
        .collect();
    assert_eq!(states, [ClockState::Missed, ClockState::Running]);
    assert_eq!(told(&story), 1, "one word, whatever was missed");
}

/// Where a customer counts as told once a notice was sent, standard words keep the promise when they are sent.
#[test]
fn standard_words_keep_the_promise_once_they_have_left() {
    let mut story = Story::open(&filing(), t(MONDAY), telling_updates_once_sent()).unwrap();
    story.does(acknowledge());
    let acknowledged = last(&story);
    story.does(sent(acknowledged));
    assert_eq!(story.due(CLOCK), t("2026-06-08 17:00"));
    story.at("2026-06-05 17:01").sweep();
    assert_eq!(told(&story), 1);
    assert_eq!(story.clock(CLOCK).cycle, 1, "issued is not told");
    let text = &story.notices_of(NoticeKind::ReviewContinues)[0].text;
    assert!(
        text.contains("hear from us again by Friday, June 12, 2026."),
        "{text}"
    );
    let words = last(&story);
    story.at("2026-06-08 10:00").does(sent(words));
    let states: Vec<_> = story
        .cycles(CLOCK)
        .iter()
        .map(|clock| clock.state)
        .collect();
    assert_eq!(states, [ClockState::Met, ClockState::Running]);
    assert_eq!(story.due(CLOCK), t("2026-06-15 17:00"));
    all_is_explained(&story);
}
