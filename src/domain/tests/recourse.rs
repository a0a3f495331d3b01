//! When the customer is told of the independent body: at each level that asks for it, by the sweep.

use super::{
    commands::{acknowledge, escalate, migrate},
    story::{JIVE, MONDAY, Story, code_with_closed, filing, jive, policy_of, t},
};
use crate::{
    domain::{
        ClockState,
        notice::{Language, NoticeKind},
    },
    policy::Channel,
};

#[test]
fn the_recourse_is_told_by_the_next_sweep_at_each_level_and_kept_as_evidence() {
    let mut story = Story::begin(MONDAY, |filing| filing.language = Language::French);
    story.at("2026-06-01 11:00").does(acknowledge());
    let told = |story: &Story| story.notices_of(NoticeKind::Recourse).len();
    for (day, so_far) in [("02", 0), ("03", 1), ("04", 2)] {
        story.at(&format!("2026-06-{day} 10:00")).does(escalate());
        assert_eq!(told(&story), so_far, "left to the sweep");
        sweep_at_once(&mut story);
    }
    assert_eq!(told(&story), 3);
    let notice = story.notices_of(NoticeKind::Recourse)[2];
    assert_eq!(notice.language, Language::French);
    assert_eq!((notice.channel, notice.at), (Channel::Form, story.now));
    assert_eq!(notice.text_version.len(), 12);
    assert!(notice.text.contains("CPRST"), "{}", notice.text);
    let fired = story.fired("recourse_notice");
    assert_eq!(fired.len(), 3, "each is a step of the clock");
    assert_each_kept(&story, 3);
}

#[test]
fn who_goes_up_two_levels_in_one_moment_is_told_the_recourse_at_both() {
    let told = |story: &Story| story.notices_of(NoticeKind::Recourse).len();
    let mut story = Story::in_review();
    story.does(escalate());
    assert_eq!(told(&story), 0);
    story.does(escalate());
    assert_eq!(told(&story), 1, "before the next level's promise begins");
    sweep_at_once(&mut story);
    assert_eq!(told(&story), 2);
    assert_each_kept(&story, 2);
}

#[test]
fn what_a_dead_sweeper_left_untold_is_told_by_the_next_command() {
    let mut story = Story::in_review();
    story.does(escalate());
    story.at("2026-06-01 10:20").does(escalate());
    assert_eq!(story.notices_of(NoticeKind::Recourse).len(), 1);
    assert_eq!(story.fired("recourse_notice").len(), 1);
    sweep_at_once(&mut story);
    assert_eq!(story.notices_of(NoticeKind::Recourse).len(), 2);
    assert_each_kept(&story, 2);
}

/// So many levels have a cycle of their own, kept in time.
fn assert_each_kept(story: &Story, levels: usize) {
    let states: Vec<_> = story
        .cycles("recourse_notice")
        .iter()
        .map(|clock| (clock.state, clock.breached_at))
        .collect();
    assert_eq!(states, vec![(ClockState::Met, None); levels]);
}

/// The sweep that the commit wakes, as soon as the instant of the command has passed.
pub(super) fn sweep_at_once(story: &mut Story) {
    let soon = story.now + jiff::SignedDuration::from_micros(1);
    story.at_instant(soon).sweep();
}

#[test]
fn the_level_from_which_the_recourse_is_told_is_configured() {
    let changed = policy_of(&JIVE.replace("from_level = 1", "from_level = 2"));
    // The code's one escalation is the first level; what the CCTS asks by itself begins with the second.
    for (policy, first) in [
        (jive(), 1),
        (changed, 2),
        (code_with_closed("ca-ccts", &[]), 2),
    ] {
        let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
        for level in 1..=2 {
            story.does(escalate());
            sweep_at_once(&mut story);
            let told = story.notices_of(NoticeKind::Recourse).len();
            assert_eq!(
                told,
                (level + 1_usize).saturating_sub(first),
                "level {level}"
            );
        }
    }
}

#[test]
fn a_letter_that_a_closed_day_moves_behind_today_is_told_all_the_same() {
    // Owed by Monday 13 July, and told a working day ahead: on that Monday itself, at 9:00 in London.
    let as_it_was = code_with_closed("uk-ofcom", &[]);
    let mut story = Story::open(&filing(), t(MONDAY), as_it_was).unwrap();
    // With the Monday closed it is told on the Friday before; that is known on the Saturday.
    let closed = code_with_closed("uk-ofcom", &["2026-07-13"]);
    let moving = migrate(&story, &closed);
    story.at("2026-07-11 12:00").does(moving);
    story.at("2026-07-11 12:01").sweep();
    assert_eq!(story.notices_of(NoticeKind::Recourse).len(), 1);
    story.at("2026-07-20 12:00").sweep();
    assert_eq!(story.notices_of(NoticeKind::Recourse).len(), 1);
    let fired = story.fired("ofcom_adr_letter");
    let kinds: Vec<_> = fired
        .iter()
        .map(|event| event.fact.kind().as_str())
        .collect();
    assert!(!kinds.contains(&"breached"), "{kinds:?}");
}
