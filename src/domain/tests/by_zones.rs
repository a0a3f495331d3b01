//! What rules of a time zone can move is told apart from what somebody wrote past the service.

use jiff::SignedDuration;

use super::{commands::pause, story::Story};
use crate::domain::{Clock, PauseReason, Replay, Target, Under};

#[test]
fn what_another_tz_database_gives_is_told_apart_from_a_contradiction() {
    let story = Story::in_review();
    let replay = Replay::all(
        story.identity(),
        &story.events,
        Under::Kept(story.policies()),
    )
    .unwrap();
    let later = SignedDuration::from_hours(1);
    let stored = |change: &dyn Fn(&mut Clock)| {
        let mut stored = replay.case().clone();
        // Dated by decisions.
        stored.complaint = story.case.complaint.clone();
        let resolution = stored.clocks.iter_mut().find(|c| c.name == "resolution");
        change(resolution.unwrap());
        stored
    };
    let older = |clock: &mut Clock| "2025b".clone_into(&mut clock.tzdb_version);
    let move_due = |clock: &mut Clock| clock.due = clock.due.map(|due| due + later);

    assert_eq!(
        replay.differences(&stored(&older)),
        [],
        "the release alone is none"
    );
    let moved = replay.differences(&stored(&|clock| {
        older(clock);
        move_due(clock);
    }));
    let present = crate::calendar::tzdb_version();
    let told: Vec<String> = moved.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [format!(
            "clock resolution cycle 1: due: \"2026-06-15T22:00:00Z\", counted with tz database 2025b; \
             {present} gives \"2026-06-15T21:00:00Z\""
        )]
    );
    assert!(moved[0].is_by_zones());
    for contradicted in [
        stored(&move_due),
        stored(&|clock| {
            "unknown".clone_into(&mut clock.tzdb_version);
            move_due(clock);
        }),
        stored(&|clock| {
            older(clock);
            clock.breached_at = clock.due;
        }),
        stored(&|clock| {
            "whenever".clone_into(&mut clock.tzdb_version);
            move_due(clock);
        }),
        stored(&|clock| {
            "2025".clone_into(&mut clock.tzdb_version);
            move_due(clock);
        }),
        stored(&|clock| {
            older(clock);
            let next = clock.next.as_mut();
            next.unwrap().step += 1;
        }),
    ] {
        let found = replay.differences(&contradicted);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(!found[0].is_by_zones(), "{found:?}");
    }
}

#[test]
fn zones_move_each_instant_and_length_of_a_clock_by_no_more_than_they_are_apart() {
    let running = Story::in_review();
    let mut paused = running.clone();
    paused
        .at("2026-06-02 12:00")
        .does(pause(PauseReason::ThirdParty));
    let micros = |by: SignedDuration| i64::try_from(by.as_micros()).unwrap();
    type Move<'a> = &'a dyn Fn(&mut Clock, SignedDuration);
    let moved: [(&Story, Move<'_>); 6] = [
        (&running, &|clock, by| clock.start += by),
        (&running, &|clock, by| {
            clock.due = clock.due.map(|due| due + by);
        }),
        (&running, &|clock, by| clock.segment_start += by),
        (&running, &|clock, by| clock.counted_before += micros(by)),
        (&running, &|clock, by| {
            clock.next.as_mut().unwrap().at += by;
        }),
        (&paused, &|clock, by| {
            clock.remaining = clock.remaining.map(|left| left + micros(by));
        }),
    ];
    for (story, change) in moved {
        let kept = Under::Kept(story.policies());
        let replay = Replay::all(story.identity(), &story.events, kept).unwrap();
        for (hours, by_zones) in [(1, true), (-26, true), (27, false)] {
            let mut stored = replay.case().clone();
            stored.complaint = story.case.complaint.clone();
            let mut clocks = stored.clocks.iter_mut();
            let clock = clocks.find(|clock| clock.name == "resolution").unwrap();
            "2025b".clone_into(&mut clock.tzdb_version);
            change(clock, SignedDuration::from_hours(hours));
            let found = replay.differences(&stored);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].is_by_zones(), by_zones, "{found:?}");
        }
    }
}

#[test]
fn no_zone_gives_another_term() {
    let story = Story::in_review();
    let kept = Under::Kept(story.policies());
    let replay = Replay::all(story.identity(), &story.events, kept).unwrap();
    let mut stored = replay.case().clone();
    stored.complaint = story.case.complaint.clone();
    let mut clocks = stored.clocks.iter_mut();
    let clock = clocks.find(|clock| clock.name == "resolution").unwrap();
    "2025b".clone_into(&mut clock.tzdb_version);
    clock.target = Target::Term("9 working days".parse().unwrap());
    clock.due = clock.due.map(|due| due - SignedDuration::from_hours(24));
    let found = replay.differences(&stored);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|difference| !difference.is_by_zones()));
}
