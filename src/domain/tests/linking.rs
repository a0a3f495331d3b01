//! Links between complaints: what is decided of each side.

use uuid::Uuid;

use super::{
    commands::{command, link, unlink},
    story::{MONDAY, Story, texts},
};
use crate::domain::{
    Case, Command, CommandKind, Complaint, ComplaintRef, Context, Fact, Link, LinkKind, Refusal,
    TrackingNumber, decide, field::Field,
};

/// The other complaint, once the same act is decided of it.
fn other_side(story: &Story, act: &Command) -> Complaint {
    let case = Case {
        complaint: story.other.clone(),
        clocks: story.case.clocks.clone(),
    };
    let context = Context {
        other: Some(&story.case.complaint),
        ..Context::new(story.now, &story.policy, texts())
    };
    let counterpart = act.counterpart(&story.case.complaint).unwrap();
    let decided = decide(case, &counterpart, "adviser", &context);
    decided.unwrap().unwrap().case.complaint
}

fn link_of(story: &Story) -> Option<&Link> {
    story.case.complaint.links.first()
}

#[test]
fn each_complaint_has_the_link_from_its_own_side() {
    for kind in LinkKind::ALL {
        assert_eq!(kind.reverse().reverse(), kind);
        let mut story = Story::begin(MONDAY, |_| {});
        let act = link(&story, kind);
        let other = other_side(&story, &act);
        story.does(act);
        let seen = link_of(&story).unwrap();
        assert_eq!((seen.kind, seen.complaint), (kind, story.other.id));
        assert_eq!(seen.tracking_number, story.other.tracking_number);
        let seen = other.links.first().unwrap();
        let complaint = &story.case.complaint;
        assert_eq!((seen.kind, seen.complaint), (kind.reverse(), complaint.id));
        assert_eq!(seen.tracking_number, complaint.tracking_number);
    }
    assert_eq!(LinkKind::DuplicateOf.reverse(), LinkKind::DuplicatedBy);
    assert_eq!(LinkKind::FollowUpOf.reverse(), LinkKind::FollowedUpBy);
    assert_eq!(LinkKind::SameCause.reverse(), LinkKind::SameCause);
}

#[test]
fn a_link_can_be_removed_and_the_log_keeps_that_it_was_there() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.does(link(&story, LinkKind::FollowUpOf));
    let kept = link_of(&story).cloned().unwrap();
    story.does(unlink(&story));
    assert_eq!(link_of(&story), None);
    let [event] = story.events_of("unlinked")[..] else {
        panic!("one event");
    };
    assert_eq!(event.fact, Fact::Unlinked { link: kept });
    // And anew, as something else.
    story.does(link(&story, LinkKind::SameCause));
    assert_eq!(link_of(&story).unwrap().kind, LinkKind::SameCause);
}

#[test]
fn two_complaints_are_linked_once_and_no_complaint_to_itself() {
    let mut story = Story::begin(MONDAY, |_| {});
    let refusal = story.refuses(unlink(&story));
    assert!(matches!(refusal, Refusal::NotLinked), "{refusal}");
    story.does(link(&story, LinkKind::DuplicateOf));
    for kind in LinkKind::ALL {
        let refusal = story.refuses(link(&story, kind));
        assert!(
            matches!(
                refusal,
                Refusal::AlreadyLinked {
                    kind: LinkKind::DuplicateOf
                }
            ),
            "{refusal}"
        );
    }
    story.other = story.case.complaint.clone();
    for kind in [CommandKind::Link, CommandKind::Unlink] {
        let refusal = story.refuses(command(kind, &story));
        let field = Field::OtherComplaint;
        assert!(
            matches!(refusal, Refusal::BadValue { field: f, .. } if f == field),
            "{refusal}"
        );
    }
}

#[test]
fn complaints_of_two_brands_are_not_linked() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.other.brand = "harbour".to_owned();
    let refusal = story.refuses(link(&story, LinkKind::SameCause));
    assert!(matches!(refusal, Refusal::OtherBrand), "{refusal}");
}

#[test]
fn neither_of_two_complaints_has_more_links_than_it_may() {
    let mut story = Story::begin(MONDAY, |_| {});
    let next = |story: &mut Story, number: u128| {
        story.other.id = Uuid::from_u128(number);
        let seed = u64::try_from(number).unwrap();
        story.other.tracking_number = TrackingNumber::from_random(&"RD".parse().unwrap(), seed);
    };
    for number in 100..150 {
        next(&mut story, number);
        story.does(link(&story, LinkKind::SameCause));
    }
    next(&mut story, 150);
    let full = story.case.complaint.links.clone();
    assert_eq!(full.len(), 50);
    let is_full = |refusal: &Refusal, of: Field| matches!(refusal, Refusal::LimitReached { field, limit: 50 } if *field == of);
    let refusal = story.refuses(link(&story, LinkKind::SameCause));
    assert!(is_full(&refusal, Field::Links), "{refusal}");
    // Where there is room again, there is.
    let first = full[0].complaint;
    next(&mut story, first.as_u128());
    story.does(unlink(&story));
    next(&mut story, 150);
    story.does(link(&story, LinkKind::SameCause));

    let mut empty = Story::begin(MONDAY, |_| {});
    empty.other.links = full;
    let refusal = empty.refuses(link(&empty, LinkKind::SameCause));
    assert!(is_full(&refusal, Field::LinksOfOther), "{refusal}");
}

#[test]
fn a_link_moves_no_clock_and_tells_the_customer_nothing() {
    let mut story = Story::in_review();
    let (clocks, notices) = (story.case.clocks.clone(), story.notices.len());
    story.does(link(&story, LinkKind::DuplicateOf));
    story.does(unlink(&story));
    assert_eq!(story.case.clocks, clocks);
    assert_eq!(story.notices.len(), notices);
}

#[test]
fn only_commands_that_name_a_second_complaint_change_two() {
    let story = Story::begin(MONDAY, |_| {});
    for kind in CommandKind::ALL {
        let command = command(kind, &story);
        let two = matches!(kind, CommandKind::Link | CommandKind::Unlink);
        assert_eq!(command.other().is_some(), two, "{kind}");
        let counterpart = command.counterpart(&story.case.complaint);
        assert_eq!(counterpart.is_some(), two, "{kind}");
        let first = ComplaintRef::Id(story.case.complaint.id);
        if let Some(counterpart) = counterpart {
            assert_eq!(counterpart.kind(), kind);
            assert_eq!(counterpart.other(), Some(&first));
        }
    }
}
