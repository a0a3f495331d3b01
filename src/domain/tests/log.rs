//! The log of a complaint: it goes forwards, whatever the times of those who write it, and each kind of event has a name.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{
    commands::{contact_at, escalate, reopen, update, withdraw},
    invariants::each_by_itself,
    story::{MONDAY, Story, t, texts},
};
use crate::{
    domain::{
        Actor, Case, Clock, Command, Complaint, Context, Event, EventKind, Fact, Firing, Identity,
        Replay, Under, chain, decide, entered_by,
    },
    policy::PolicyBook,
};

#[test]
fn a_command_decided_by_a_replica_whose_time_is_behind_gets_the_time_of_the_last_event() {
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00").does(update());
    let time = story.now - SignedDuration::from_millis(40);
    let behind = Context::new(time, &story.policy, texts());
    let contact = contact_at(None, false);
    let decided = decide(story.case.clone(), &contact, "adviser", &behind);
    let decided = decided.unwrap().unwrap();
    assert!(
        decided.events.iter().all(|event| event.at == story.now),
        "{:?}",
        decided.events
    );
    assert_eq!(decided.case.complaint.last_event_at, story.now);
    let fired = decide(story.case.clone(), &Command::Fire, "adviser", &behind);
    assert_eq!(fired.unwrap(), None, "and nothing is due by that");
}

#[test]
fn what_took_place_just_now_is_not_in_the_future_of_a_replica_whose_time_is_behind() {
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00").does(update());
    let behind = Context::new(t("2026-06-02 09:59"), &story.policy, texts());
    let contact = contact_at(Some("2026-06-02 10:00"), false);
    decide(story.case.clone(), &contact, "adviser", &behind).unwrap();
}

#[test]
fn whoever_enters_what_somebody_else_did_is_hashed_with_it_and_the_log_replays() {
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00").does(update());
    let actor = Actor {
        name: "bea".to_owned(),
        entered_by: Some("crm".to_owned()),
    };
    let context = Context::new(t("2026-06-09 12:00"), &story.policy, texts());
    let contact = contact_at(None, false);
    let decided = decide(story.case.clone(), &contact, &actor, &context);
    let decided = decided.unwrap().unwrap();
    let by = |event: &Event| (event.actor.clone(), entered_by(&event.payload));
    let all: Vec<_> = decided.events.iter().map(by).collect();
    assert!(
        all.contains(&("bea".to_owned(), Some("crm".to_owned()))),
        "{all:?}"
    );
    // What fell due before it, nobody entered.
    assert!(all.contains(&("redress".to_owned(), None)), "{all:?}");
    assert!(
        story
            .events
            .iter()
            .all(|event| entered_by(&event.payload).is_none())
    );
    let mut events = story.events.clone();
    for mut event in decided.events {
        // As it is read back.
        event.fact = serde_json::from_str(&event.payload).unwrap();
        events.push(event);
    }
    let kept = || Under::Kept(story.policies());
    let replay = Replay::all(story.identity(), &events, kept()).unwrap();
    assert_eq!(replay.case().complaint, decided.case.complaint);
    let last = events.last_mut().unwrap();
    last.payload = last.payload.replace("crm", "erp");
    assert!(Replay::all(story.identity(), &events, kept()).is_err());
}

/// latitude-llm PR 3132: what was open was looked at again only when something new came in; once nothing came, it stayed
/// open for ever.
#[test]
fn a_timer_that_was_lost_is_found_by_comparing_what_is_stored_with_the_log() {
    let mut story = Story::in_review();
    story.at("2026-06-08 14:00").sweep();
    let complaint = &story.case.complaint;
    let identity = Identity {
        id: complaint.id,
        tracking_number: complaint.tracking_number.clone(),
    };
    let mut book = PolicyBook::default();
    each_by_itself(&story.policy)
        .into_iter()
        .for_each(|code| book.insert_former(code));
    let replay = Replay::all(identity, &story.events, Under::Kept(&book)).unwrap();
    let every_cycle: Vec<Clock> = [story.history.as_slice(), &story.case.clocks].concat();
    let found = |clocks: Vec<Clock>| {
        let complaint = complaint.clone();
        replay.differences(&Case { complaint, clocks })
    };
    assert_eq!(found(every_cycle.clone()), []);

    let planned = |clock: &&Clock| clock.next.is_some();
    let planned: Vec<&Clock> = story.case.clocks.iter().filter(planned).collect();
    assert_eq!(planned.len(), 3);
    for lost in planned {
        let place = format!("clock {} cycle {}", lost.name, lost.cycle);
        let mut clocks = every_cycle.clone();
        for clock in clocks.iter_mut().filter(|clock| *clock == lost) {
            clock.next = None;
        }
        let [difference] = &found(clocks)[..] else {
            panic!("one difference");
        };
        assert_eq!(difference.what, format!("{place}: next"));
        assert_eq!(difference.stored, "null", "{difference}");

        let gone = every_cycle.iter().filter(|clock| *clock != lost);
        let [difference] = &found(gone.cloned().collect())[..] else {
            panic!("one difference");
        };
        assert_eq!(difference.what, place, "the whole row");
    }
}

/// What is read as the kind of an event is what the error of an unknown one names.
#[test]
fn every_kind_of_event_is_known_by_the_word_in_its_payload() {
    let error = serde_json::from_str::<Fact>(r#"{"kind":"none"}"#).unwrap_err();
    let error = error.to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    let words: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    assert_eq!(words, EventKind::ALL.map(EventKind::as_str));
}

/// What a row of a complaint leaves out reads as what it was.
#[test]
fn a_complaint_reads_back_as_it_was_written_and_what_it_has_not_is_left_out() {
    let mut story = Story::in_review();
    let written = serde_json::to_value(&story.case.complaint).unwrap();
    for absent in ["level", "urgent", "reopen_count", "grievances"] {
        assert_eq!(written.get(absent), None, "{absent}");
    }
    story.does(escalate()).does(withdraw()).does(reopen());
    let complaint = &story.case.complaint;
    let written = serde_json::to_string(complaint).unwrap();
    let read: Complaint = serde_json::from_str(&written).unwrap();
    assert_eq!(&read, complaint);
    assert_eq!((read.level, read.reopen_count), (1, 1));
}

/// Each part of an event, and where one part ends and the next begins.
#[test]
fn the_hash_of_an_event_depends_on_everything_that_the_event_says() {
    let at = t(MONDAY);
    let later = at + SignedDuration::from_micros(1);
    let firing = |clock: &str, cycle, step, repetition, due| {
        let clock = clock.to_owned();
        Some(Firing {
            clock,
            cycle,
            step,
            repetition,
            due,
        })
    };
    let hashes = [
        chain(&[], &[0; 16], 1, at, "ada", "{}", None),
        chain(&[0], &[0; 16], 1, at, "ada", "{}", None),
        chain(&[], &[1; 16], 1, at, "ada", "{}", None),
        chain(&[], &[0; 16], 2, at, "ada", "{}", None),
        chain(&[], &[0; 16], 1, later, "ada", "{}", None),
        chain(&[], &[0; 16], 1, at, "ad", "a{}", None),
        chain(&[], &[0; 16], 1, at, "ada", "[]", None),
        chain(
            &[],
            &[0; 16],
            1,
            at,
            "ada",
            "{}",
            firing("a", 1, 1, 0, at).as_ref(),
        ),
        chain(
            &[],
            &[0; 16],
            1,
            at,
            "ada",
            "{}",
            firing("b", 1, 1, 0, at).as_ref(),
        ),
        chain(
            &[],
            &[0; 16],
            1,
            at,
            "ada",
            "{}",
            firing("a", 2, 1, 0, at).as_ref(),
        ),
        chain(
            &[],
            &[0; 16],
            1,
            at,
            "ada",
            "{}",
            firing("a", 1, 2, 0, at).as_ref(),
        ),
        chain(
            &[],
            &[0; 16],
            1,
            at,
            "ada",
            "{}",
            firing("a", 1, 1, 1, at).as_ref(),
        ),
        chain(
            &[],
            &[0; 16],
            1,
            at,
            "ada",
            "{}",
            firing("a", 1, 1, 0, later).as_ref(),
        ),
    ];
    assert!(hashes.iter().all(|hash| hash.len() == 32));
    let different: BTreeSet<_> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len());
}
