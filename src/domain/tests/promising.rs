//! What the customer may be promised, and what is on record where it is more than that.

use jiff::{SignedDuration, Timestamp};

use super::{
    commands::{
        acknowledge, acknowledge_by, answer, close, escalate, pause, promise, promise_beyond,
        propose, reopen,
    },
    story::{JIVE, MONDAY, Story, filing, policy_of, t},
};
use crate::{
    domain::{Acknowledgement, Answer, ClosureReason, Command, Fact, Field, PauseReason, Refusal},
    policy::Channel,
};

/// Thirty calendar days after the Monday; the last one is Canada Day, so it ends with the day after.
const CEILING: &str = "2026-07-03 00:00";
const BEYOND: &str = "2026-07-03 00:01";
const WHY: &str = "the part ships in July";

fn beyond_ceiling(refusal: &Refusal) -> (Field, &str, Timestamp) {
    match refusal {
        Refusal::PromiseBeyondCeiling {
            field,
            clock,
            latest,
        } => (*field, clock, *latest),
        other => panic!("{other}"),
    }
}

fn acknowledge_beyond(promised: Option<&str>) -> Command {
    Command::Acknowledge(Acknowledgement {
        review: None,
        acknowledged_at: None,
        promised_at: promised.map(t),
        override_reason: Some(WHY.to_owned()),
        told_by: None,
    })
}

fn overrides(story: &Story) -> Vec<Fact> {
    let events = story.events_of("promise_bound_overridden").into_iter();
    events.map(|event| event.fact.clone()).collect()
}

#[test]
fn no_acknowledgement_promises_more_than_the_ceiling_and_the_ceiling_itself_is_allowed() {
    let mut story = Story::begin(MONDAY, |_| {});
    assert_eq!(story.due("ceiling"), t(CEILING));
    let refusal = story.refuses(acknowledge_by(BEYOND));
    let field = Field::PromisedDate;
    assert_eq!(beyond_ceiling(&refusal), (field, "ceiling", t(CEILING)));
    story.does(acknowledge_by(CEILING));
    assert_eq!(story.case.complaint.promised_at, Some(t(CEILING)));
    assert!(overrides(&story).is_empty());
}

#[test]
fn a_due_time_is_promised_by_default_while_it_lies_ahead_and_not_at_that_very_instant() {
    let mut story = Story::begin(MONDAY, |_| {});
    let due = story.due("resolution");
    let mut ahead = story.clone();
    let moment = SignedDuration::from_micros(1);
    ahead.at_instant(due - moment).does(acknowledge());
    assert_eq!(ahead.case.complaint.promised_at, Some(due));
    let refusal = story.at_instant(due).refuses(acknowledge());
    let Refusal::BadTime { field, .. } = refusal else {
        panic!("{refusal}");
    };
    assert_eq!(field, Field::PromisedDate);
}

#[test]
fn no_update_promises_more_than_the_ceiling_without_a_reason_on_record() {
    let mut story = Story::in_review();
    let refusal = story.refuses(promise(BEYOND));
    let field = Field::NewPromisedDate;
    assert_eq!(beyond_ceiling(&refusal), (field, "ceiling", t(CEILING)));
    story.does(promise_beyond(BEYOND, WHY));
    assert_eq!(story.case.complaint.promised_at, Some(t(BEYOND)));
    let recorded = Fact::PromiseBoundOverridden {
        clock: "ceiling".to_owned(),
        latest: t(CEILING),
        promised_at: t(BEYOND),
        of_escalation: false,
        reason: WHY.to_owned(),
    };
    assert_eq!(overrides(&story), [recorded]);
    assert_eq!(story.due("ceiling"), t(CEILING), "the ceiling stands");
}

#[test]
fn a_reason_that_is_not_needed_is_not_recorded() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.does(acknowledge_beyond(None));
    story.does(promise_beyond("2026-06-22 17:00", WHY));
    assert!(overrides(&story).is_empty());
}

#[test]
fn a_default_date_beyond_the_ceiling_is_not_given_silently() {
    let mut story = Story::in_review();
    story.at("2026-06-30 10:00").does(escalate());
    // Five working days from here: beyond the ceiling.
    assert_eq!(story.due("escalation_answer"), t("2026-07-08 17:00"));
    let refusal = story.refuses(acknowledge());
    assert_eq!(beyond_ceiling(&refusal).1, "ceiling");
    let mut kept = story.clone();
    kept.does(acknowledge_by("2026-07-02 17:00"));
    assert!(overrides(&kept).is_empty());
    story.does(acknowledge_beyond(None));
    let [
        Fact::PromiseBoundOverridden {
            promised_at,
            of_escalation,
            ..
        },
    ] = overrides(&story)[..]
    else {
        panic!("one date, one reason");
    };
    assert_eq!((promised_at, of_escalation), (t("2026-07-08 17:00"), true));
}

#[test]
fn once_the_ceiling_is_broken_every_date_needs_a_reason() {
    let mut story = Story::begin("2026-06-01 10:00", |filing| {
        filing.channel = Channel::Mail;
        filing.received_at = Some(t("2026-04-01 10:00"));
    });
    let refusal = story.refuses(acknowledge_by("2026-06-02 17:00"));
    assert_eq!(beyond_ceiling(&refusal).1, "ceiling");
    story.does(acknowledge_beyond(Some("2026-06-02 17:00")));
    assert_eq!(overrides(&story).len(), 1);
}

#[test]
fn where_an_outcome_was_accepted_the_ceiling_bounds_nothing() {
    let mut story = Story::resolved();
    story.at("2026-06-30 10:00").does(escalate());
    story.does(acknowledge());
    assert!(overrides(&story).is_empty());
}

#[test]
fn a_pause_may_carry_the_promise_past_the_ceiling_and_that_is_on_record_as_its_end() {
    let mut story = Story::in_review();
    story.does(promise("2026-07-02 17:00"));
    story
        .at("2026-06-02 10:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-09 10:00")
        .does(Command::Resume { resumed_at: None });
    assert!(story.case.complaint.promised_at > Some(t(CEILING)));
    assert!(overrides(&story).is_empty());
    assert_eq!(story.events_of("promise_changed").len(), 2);
    // The date that the customer has already may be confirmed.
    let promised = story.case.complaint.promised_at.unwrap();
    let mut confirmed = promise(MONDAY);
    if let Command::SendUpdate {
        new_promise: Some(new),
        ..
    } = &mut confirmed
    {
        new.at = promised;
    }
    story.does(confirmed);
}

#[test]
fn while_it_is_paused_the_ceiling_bounds_as_if_it_went_on_at_once() {
    let paused = "bounds_promise = true\npausable = true\n";
    let policy = policy_of(&JIVE.replacen("bounds_promise = true\n", paused, 1));
    let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
    story.does(acknowledge());
    story
        .at("2026-06-08 10:00")
        .does(pause(PauseReason::ThirdParty));
    story.at("2026-06-10 10:00");
    assert_eq!(story.clock("ceiling").due, None);
    // Two days later than without the pause, or as the day ends: never earlier.
    let refusal = story.refuses(promise("2026-07-08 17:00"));
    let latest = beyond_ceiling(&refusal).2;
    assert!(latest >= t(CEILING), "{latest}");
    story.does(promise("2026-07-03 00:00"));
}

#[test]
fn a_reopened_complaint_has_a_ceiling_of_its_own() {
    let mut story = Story::proposed();
    story.does(answer(Answer::Refused));
    story.does(close(ClosureReason::ProviderDecision));
    story.at("2026-07-20 10:00").does(reopen());
    story.does(promise("2026-08-14 17:00"));
    assert!(overrides(&story).is_empty());
}

#[test]
fn a_code_without_such_a_clock_bounds_nothing() {
    let policy = policy_of(&JIVE.replacen("bounds_promise = true\n", "", 1));
    let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
    story.does(acknowledge_by("2028-06-01 10:00"));
}

#[test]
fn the_reason_is_shown_where_the_ceiling_and_the_promised_date_are_explained() {
    let mut story = Story::in_review();
    story.does(promise_beyond(BEYOND, WHY));
    let told = |name: &str| -> Vec<String> {
        let explained = story.explained(name);
        assert!(explained.total.balanced);
        let changes = explained.changes.iter();
        changes.map(|change| explained.tell(change)).collect()
    };
    assert_eq!(
        told("ceiling"),
        ["a later date was promised to the customer; the reason: the part ships in July"]
    );
    assert_eq!(
        told("resolution"),
        [
            "a date beyond the ceiling was promised to the customer; the reason: the part ships in July",
            "another date was promised to the customer",
        ]
    );
    assert!(told("customer_update").is_empty());
}

#[test]
fn an_outcome_that_is_told_needs_no_date_and_meets_no_bound() {
    let mut story = Story::in_review();
    story.at("2026-07-06 10:00").does(propose());
}
