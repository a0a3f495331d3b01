//! Due times: which target counts, and what a promised date does to it.

use super::{
    commands::{acknowledge, acknowledge_by, promise, update},
    story::{JIVE, MONDAY, Story, filing, jive, policy_of, t},
};
use crate::{
    calendar::TimeBase,
    domain::{
        Acknowledgement, Answer, ClockState, Command, Fact, Field, Refusal, Target,
        notice::NoticeKind,
    },
    policy::Channel,
};

#[test]
fn each_channel_has_its_target_for_the_acknowledgement() {
    for (channel, due) in [
        (Channel::Phone, "2026-06-01 10:15"),
        (Channel::Chat, "2026-06-01 10:15"),
        (Channel::Form, "2026-06-02 17:00"),
        (Channel::SupportCase, "2026-06-02 17:00"),
        (Channel::Mail, "2026-06-03 17:00"),
    ] {
        let story = Story::begin(MONDAY, |filing| filing.channel = channel);
        assert_eq!(story.due("acknowledgement"), t(due), "{channel}");
    }
}

#[test]
fn an_urgent_complaint_has_the_urgent_target_where_the_policy_has_one() {
    let story = Story::begin(MONDAY, |filing| filing.urgent = true);
    assert_eq!(story.due("resolution"), t("2026-06-03 17:00"));
    assert_eq!(story.due("acknowledgement"), t("2026-06-02 17:00"));
}

#[test]
fn mail_counts_from_its_arrival_or_of_a_day_off_from_the_next_working_day_at_the_place_of_receipt()
{
    for (received, counts_from) in [
        // A working day in Boston is the day of arrival at any hour: before, at and after the hours.
        ("2026-06-01 00:00", "2026-06-01 00:00"),
        ("2026-06-01 10:00", "2026-06-01 10:00"),
        ("2026-06-01 17:00", "2026-06-01 17:00"),
        ("2026-06-01 18:00", "2026-06-01 18:00"),
        ("2026-06-01 23:59", "2026-06-01 23:59"),
        // A Saturday to its last minute, and Juneteenth, which is no holiday in Canada.
        ("2026-06-06 10:00", "2026-06-08 09:00"),
        ("2026-06-06 23:59", "2026-06-08 09:00"),
        ("2026-06-19 10:00", "2026-06-22 09:00"),
    ] {
        let mut letter = filing();
        letter.channel = Channel::Mail;
        let story = Story::open(&letter, t(received), jive()).unwrap();
        assert_eq!(
            story.clock("resolution").start,
            t(counts_from),
            "{received}"
        );
        // The same hour by web form counts at once.
        let form = Story::open(&filing(), t(received), jive()).unwrap();
        assert_eq!(form.clock("resolution").start, t(received));
    }
}

#[test]
fn a_letter_on_monday_evening_has_two_working_days_until_wednesday() {
    let mut letter = filing();
    letter.channel = Channel::Mail;
    for hour in ["08:00", "16:59", "17:00", "18:00", "23:30"] {
        let story = Story::open(&letter, t(&format!("2028-07-17 {hour}")), jive()).unwrap();
        let due = story.due("acknowledgement");
        assert_eq!(due, t("2028-07-19 17:00"), "{hour}");
    }
}

#[test]
fn what_is_done_before_the_promise_begins_to_count_keeps_the_time_at_which_it_was_done() {
    let mut letter = filing();
    letter.channel = Channel::Mail;
    let mut story = Story::open(&letter, t("2026-12-26 09:30"), jive()).unwrap();
    story.at("2026-12-26 11:00").does(acknowledge());
    let clock = story.clock("acknowledgement");
    assert_eq!(clock.start, t("2026-12-28 09:00"));
    let done = (clock.state, clock.stop);
    assert_eq!(done, (ClockState::Met, Some(t("2026-12-26 11:00"))));
    // So it is with what falls away before it counts.
    story.does(super::commands::withdraw());
    let clock = story.clock("resolution");
    let fell_away = (clock.state, clock.stop);
    assert_eq!(
        fell_away,
        (ClockState::Cancelled, Some(t("2026-12-26 11:00")))
    );
}

#[test]
fn a_deadline_on_a_holiday_rolls_and_the_ceiling_counts_calendar_days() {
    let story = Story::begin(MONDAY, |_| {});
    // 1 July is Canada Day: until the end of the 2nd.
    assert_eq!(story.due("ceiling"), t("2026-07-03 00:00"));
}

#[test]
fn the_date_of_the_acknowledgement_replaces_the_target_and_its_reminders() {
    let mut story = Story::begin(MONDAY, |_| {});
    story
        .at("2026-06-01 12:00")
        .does(acknowledge_by("2026-06-11 10:00"));
    let clock = story.clock("resolution");
    assert_eq!(
        (clock.due, &clock.target),
        (
            Some(t("2026-06-11 10:00")),
            &Target::Promised(TimeBase::Working)
        )
    );
    // Half of its eight working days from its start: a Friday, where half of the elapsed time is a Saturday.
    assert_eq!(clock.next.unwrap().at, t("2026-06-05 10:00"));
    assert_eq!(clock.cycle, 1);
    assert_eq!(
        story.due("ceiling"),
        t("2026-07-03 00:00"),
        "the ceiling stands, whatever was promised"
    );
}

#[test]
fn a_date_that_does_not_lie_ahead_is_no_promise() {
    let mut story = Story::begin(MONDAY, |_| {});
    let refusal = story.refuses(acknowledge_by(MONDAY));
    assert!(matches!(
        refusal,
        Refusal::BadTime {
            field: Field::PromisedDate,
            ..
        }
    ));
    let refusal = story.refuses(promise("2026-06-05 10:00"));
    assert!(
        refusal.to_string().contains("no date was promised yet"),
        "{refusal}"
    );
    let mut story = Story::resolved();
    let refusal = story.refuses(promise("2026-06-12 10:00"));
    assert!(matches!(
        refusal,
        Refusal::BadTime {
            field: Field::NewPromisedDate,
            ..
        }
    ));
}

#[test]
fn a_reminder_that_fired_for_the_old_date_does_not_fire_again_for_the_new_one() {
    let mut story = Story::in_review();
    story.at("2026-06-08 14:00").sweep();
    assert_eq!(story.fired("resolution").len(), 1, "the one at 50%");
    // Half of the time to the new date lies ahead again.
    story.does(promise("2026-06-29 17:00"));
    assert_eq!(story.clock("resolution").next.unwrap().step, 1);
    story.at("2026-06-30 10:00").sweep();
    let fired = story.fired("resolution");
    let steps: Vec<_> = fired
        .iter()
        .map(|e| e.firing.as_ref().unwrap().step)
        .collect();
    assert_eq!(steps, [0, 2]);
    assert!(
        matches!(fired[1].fact, Fact::Breached { skipped: 1, .. }),
        "{fired:?}"
    );
}

#[test]
fn a_nearer_date_passes_over_the_reminders_that_would_have_been_and_keeps_the_due_point() {
    let mut story = Story::in_review();
    story
        .at("2026-06-05 10:00")
        .does(promise("2026-06-05 11:00"));
    let next = story.clock("resolution").next.unwrap();
    assert_eq!((next.step, next.at), (2, t("2026-06-05 11:00")));
}

#[test]
fn a_new_date_after_a_missed_one_is_a_new_cycle_and_the_breach_stays() {
    let mut story = Story::in_review();
    story
        .at("2026-06-16 10:00")
        .does(promise("2026-06-22 17:00"));
    let [missed, running] = story.cycles("resolution")[..] else {
        panic!("two cycles");
    };
    assert_eq!(
        (missed.state, missed.due),
        (ClockState::Missed, Some(t("2026-06-15 17:00")))
    );
    assert_eq!(
        (running.state, running.due),
        (ClockState::Running, Some(t("2026-06-22 17:00")))
    );
    assert_eq!(running.start, t("2026-06-16 10:00"));
    let reasons = &story.case.complaint.escalation_reasons;
    assert!(reasons.contains(&crate::policy::EscalationReason::ResolutionOverdue));
    story
        .at("2026-06-22 17:00")
        .does(super::commands::propose());
    story.does(super::commands::answer(Answer::Accepted));
    assert_eq!(story.clock("resolution").state, ClockState::Met);
}

#[test]
fn the_date_in_force_can_be_confirmed_and_that_is_no_change() {
    let mut story = Story::in_review();
    story.does(promise("2026-06-15 17:00"));
    assert!(story.events_of("promise_changed").is_empty());
    assert!(story.notices_of(NoticeKind::PromiseChanged).is_empty());
    let told = &story.notices_of(NoticeKind::Update)[0].text;
    assert!(told.contains("June 15, 2026"), "{told}");
    let clock = story.clock("resolution");
    assert!(
        matches!(clock.target, Target::Term(_)),
        "it goes on as it was"
    );
}

/// zammad #5177: the update time counted from the creation of the ticket, before anybody had answered it.
#[test]
fn an_update_in_a_received_complaint_starts_no_clock_of_updates() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.does(update());
    assert!(story.cycles("customer_update").is_empty());
    story.does(acknowledge());
    assert_eq!(story.due("customer_update"), t("2026-06-08 17:00"));
}

/// zammad #5177: a ticket had one escalation time, and a shorter update time overruled that of the first response.
#[test]
fn promises_are_timed_side_by_side_and_the_nearer_overrules_none() {
    let starts = "starts_on = [\"acknowledged\", \"reopened\"]";
    assert!(JIVE.contains(starts));
    let from_filing =
        "starts_on = [\"filed\", \"reopened\"]\ntarget_by_channel = { form = \"1 working hour\" }";
    // Within an hour there is no working day for a reminder.
    let day_before =
        "{ at = \"1 working day before due\", action = \"remind\", to = \"handler\" },";
    let text = JIVE
        .replace(starts, from_filing)
        .replacen(day_before, "", 1);
    let mut story = Story::open(&filing(), t(MONDAY), policy_of(&text)).unwrap();
    assert_eq!(story.due("customer_update"), t("2026-06-01 11:00"));
    assert_eq!(story.due("acknowledgement"), t("2026-06-02 17:00"));
    story.at("2026-06-01 11:01").sweep();
    let breached = |story: &Story, clock: &str| story.clock(clock).breached_at.is_some();
    assert!(breached(&story, "customer_update"));
    assert!(!breached(&story, "acknowledgement"));
    story.does(update());
    assert_eq!(story.clock("customer_update").cycle, 2);
    assert_eq!(
        story.due("acknowledgement"),
        t("2026-06-02 17:00"),
        "nor does an update keep it"
    );
    story.at("2026-06-02 17:01").sweep();
    assert!(breached(&story, "acknowledgement"));
}

#[test]
fn a_complaint_can_be_acknowledged_in_the_act_of_filing() {
    let story = Story::begin(MONDAY, |filing| {
        filing.channel = Channel::Phone;
        filing.acknowledgement = Some(Acknowledgement::default());
    });
    assert_eq!(story.clock("acknowledgement").state, ClockState::Met);
    assert_eq!(
        story.case.complaint.first_promised_at,
        Some(t("2026-06-15 17:00"))
    );
}

#[test]
fn nothing_is_told_twice_when_the_sweep_finds_nothing() {
    let mut story = Story::in_review();
    story.at("2026-06-09 10:00").sweep();
    assert!(story.attempt(&Command::Fire).unwrap().is_none());
}
