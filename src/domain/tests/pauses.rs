//! Pauses: what they stop, what they never stop, and how they end.

use super::{
    commands::{
        acknowledge, confirm, contact_at, escalate, pause, promise, propose, resolve_now, update,
        withdraw,
    },
    story::{JIVE, MONDAY, Story, filing, jive, policy_of, t},
};
use crate::{
    calendar::TimeBase,
    domain::{
        Answer, ClockState, Command, Fact, Field, PauseReason, Personal, Refusal, SYSTEM_ACTOR,
        State, notice::NoticeKind,
    },
    policy::Channel,
};

fn pause_until(wall: &str) -> Command {
    Command::Pause {
        reason: PauseReason::ThirdParty,
        until: Some(t(wall)),
        question: None,
    }
}

/// glpi #10594: a weekend on hold was counted by the wall and added to a target that counts working time, which moved the due
/// time by days.
#[test]
fn a_pause_wholly_outside_working_hours_changes_nothing() {
    let mut story = Story::in_review();
    let before = story.clock("resolution").clone();
    story
        .at("2026-06-05 17:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-08 09:00")
        .does(Command::Resume { resumed_at: None });
    let after = story.clock("resolution");
    assert_eq!(after.due, before.due);
    assert_eq!(after.next, before.next);
    assert!(story.events_of("promise_changed").is_empty());
    let resumed = story.notices_of(NoticeKind::Resumed);
    assert_eq!(
        resumed.len(),
        1,
        "who was told of the wait is told of its end"
    );
}

#[test]
fn a_pause_ends_once_its_end_has_passed_and_after_what_fell_due_by_then() {
    let mut story = Story::in_review();
    let end = "2026-06-08 17:00";
    assert_eq!(story.due("customer_update"), t(end));
    story.does(pause_until(end));
    story.at(end).sweep();
    assert!(
        story.case.complaint.pause.is_some(),
        "its end is part of it"
    );
    let late = story.at("2026-06-08 17:01").sweep();
    assert_eq!(story.case.complaint.pause, None);
    let place = |kind| late.iter().position(|event| *event == kind).unwrap();
    assert!(place("breached") < place("resumed"), "{late:?}");
}

/// frappe PR 2449: the pause and the clock counted in different time. Here each clock counts the pause in its own.
#[test]
fn one_pause_counts_as_working_time_on_one_clock_and_as_elapsed_time_on_another() {
    let ceiling = "target = \"30 calendar days\"";
    assert!(JIVE.contains(ceiling));
    let elapsed = "pausable = true\ntarget = \"500 hours\"";
    let policy = policy_of(&JIVE.replace(ceiling, elapsed));
    let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
    story.does(acknowledge());
    assert_eq!(story.clock("ceiling").base(), TimeBase::Elapsed);
    let (resolution, ceiling) = (story.due("resolution"), story.due("ceiling"));
    // A weekend, and an hour of the Monday.
    story
        .at("2026-06-05 17:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-08 10:00")
        .does(Command::Resume { resumed_at: None });
    let moved = |before: jiff::Timestamp, clock: &str| story.due(clock).duration_since(before);
    assert_eq!(moved(ceiling, "ceiling").as_hours(), 65);
    assert_eq!(resolution, t("2026-06-15 17:00"));
    assert_eq!(
        story.due("resolution"),
        t("2026-06-16 10:00"),
        "the one working hour"
    );
}

#[test]
fn a_pause_of_no_length_changes_nothing_to_the_microsecond() {
    let mut story = Story::in_review();
    let odd = t("2026-06-03 10:00") + jiff::SignedDuration::from_micros(123_457);
    let due = story.due("resolution");
    story
        .at_instant(odd)
        .does(pause(PauseReason::ThirdParty))
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.due("resolution"), due);
}

#[test]
fn the_due_time_moves_by_the_working_time_that_was_paused() {
    let mut story = Story::in_review();
    assert_eq!(story.due("resolution"), t("2026-06-15 17:00"));
    // From Tuesday noon to Thursday noon are sixteen working hours: two days.
    story
        .at("2026-06-02 12:00")
        .does(pause(PauseReason::Appointment));
    assert_eq!(story.clock("resolution").state, ClockState::Paused);
    story
        .at("2026-06-04 12:00")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.due("resolution"), t("2026-06-17 17:00"));
    let complaint = &story.case.complaint;
    assert_eq!(complaint.promised_at, Some(t("2026-06-17 17:00")));
    assert_eq!(complaint.first_promised_at, Some(t("2026-06-15 17:00")));
    let told = &story.notices_of(NoticeKind::Resumed)[0].text;
    assert!(told.contains("June 17, 2026"), "{told}");
}

/// One pause on one complaint: what serves the customer may wait, and what the regulator or the code sets as a limit does not.
#[test]
fn clocks_that_may_not_pause_go_on() {
    let mut story = Story::in_review();
    let due = |story: &Story| (story.due("ceiling"), story.due("customer_update"));
    let before = due(&story);
    story
        .at("2026-06-02 12:00")
        .does(pause(PauseReason::ThirdParty));
    assert_eq!(due(&story), before);
    story.at("2026-06-08 17:01");
    assert_eq!(story.sweep(), ["breached", "escalation_eligible"]);
    assert_eq!(story.fired("customer_update").len(), 1);
}

/// glpi #24481: a ticket was marked as late while it was on hold.
#[test]
fn no_breach_is_recorded_at_a_paused_instant() {
    let mut story = Story::in_review();
    story
        .at("2026-06-15 16:00")
        .does(pause(PauseReason::WaitingForCustomer));
    story.at("2026-06-16 10:00").sweep();
    story.at("2026-06-18 10:00").sweep();
    assert!(
        story
            .fired("resolution")
            .iter()
            .all(|e| e.fact.kind().as_str() != "breached")
    );
    story.does(Command::Resume { resumed_at: None });
    assert_eq!(
        story.due("resolution"),
        t("2026-06-18 11:00"),
        "the hour that was left"
    );
}

#[test]
fn a_pause_at_the_very_due_time_is_in_time_and_one_after_it_has_nothing_to_stop() {
    let mut story = Story::in_review();
    story.does(update());
    let mut in_time = story.clone();
    in_time
        .at("2026-06-15 17:00")
        .does(pause(PauseReason::ThirdParty));
    in_time
        .at("2026-06-16 12:00")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(in_time.due("resolution"), t("2026-06-16 12:00"));
    let refusal = story
        .at("2026-06-15 17:01")
        .refuses(pause(PauseReason::ThirdParty));
    let Refusal::NotPossibleNow { possible, .. } = refusal else {
        panic!("{refusal}");
    };
    assert!(!possible.contains(&crate::domain::CommandKind::Pause));
}

/// frappe PR 3776: what was resolved straight out of a pause lost the time of that pause.
#[test]
fn paused_and_resolved_in_one_step_loses_nothing() {
    let mut story = Story::resolved();
    story
        .at("2026-06-09 10:00")
        .does(pause(PauseReason::Appointment));
    story.at("2026-06-16 10:00").does(confirm());
    let clock = story.clock("implementation");
    assert_eq!(clock.state, ClockState::Met);
    // Due on the 12th; five working days were paused.
    assert_eq!(clock.due, Some(t("2026-06-19 17:00")));
    assert_eq!(story.case.complaint.pause, None);
    assert!(
        story.notices_of(NoticeKind::Resumed).is_empty(),
        "the end is told, not the way to it"
    );
}

#[test]
fn an_outcome_withdrawal_or_first_contact_resolution_ends_a_pause() {
    let ends = [propose(), withdraw(), resolve_now(), escalate()];
    for end in ends {
        let mut story = Story::begin(MONDAY, |f| f.channel = Channel::Phone);
        story
            .does(acknowledge())
            .does(pause(PauseReason::ThirdParty));
        story.at("2026-06-02 10:00").does(end);
        assert_eq!(story.case.complaint.pause, None);
        assert_eq!(story.events_of("resumed").len(), 1);
    }
}

/// osTicket #3034 asks for a pause by status, so that who waits for the customer is not late. It has to end with the waiting.
#[test]
fn the_customers_answer_ends_a_pause_that_waits_for_it_and_no_other() {
    for (reason, ends) in [
        (PauseReason::WaitingForCustomer, true),
        (PauseReason::Appointment, false),
        (PauseReason::ThirdParty, false),
    ] {
        let mut story = Story::in_review();
        story.at("2026-06-02 10:00").does(pause(reason));
        story.at("2026-06-03 10:00").does(contact_at(None, false));
        assert_eq!(story.case.complaint.pause.is_none(), ends, "{reason}");
    }
    let mut story = Story::in_review();
    story
        .at("2026-06-02 10:00")
        .does(pause(PauseReason::WaitingForCustomer));
    // A call from before the pause, entered late, answers nothing.
    story
        .at("2026-06-03 10:00")
        .does(contact_at(Some("2026-06-02 09:30"), false));
    assert!(story.case.complaint.pause.is_some());
}

#[test]
fn what_the_customer_is_asked_stands_in_the_letter_and_among_the_personal_data_alone() {
    let question = "Which evening did the connection fail?";
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00").does(Command::Pause {
        reason: PauseReason::WaitingForCustomer,
        until: Some(t("2026-06-09 12:00")),
        question: Some(question.to_owned()),
    });
    let [asked] = story.notices_of(NoticeKind::Paused)[..] else {
        panic!("one letter");
    };
    let told = format!("{question}\n\nPlease answer by Tuesday, June 9, 2026.");
    assert!(asked.text.contains(&told), "{}", asked.text);
    let [paused] = story.events_of("paused")[..] else {
        panic!("one pause");
    };
    assert!(!paused.payload.contains("evening"));
    let kept = (paused.sequence, Personal::text(question));
    assert!(story.personal.contains(&kept));
    // Without a question it is clear all the same what is awaited, and by when.
    let mut story = Story::in_review();
    story.does(pause(PauseReason::WaitingForCustomer));
    let [unasked] = story.notices_of(NoticeKind::Paused)[..] else {
        panic!("one letter");
    };
    assert!(unasked.text.contains("your answer to our question."));
    assert!(unasked.text.contains("Please answer by "));
    for reason in [PauseReason::Appointment, PauseReason::ThirdParty] {
        let mut story = Story::in_review();
        story.does(pause(reason));
        let [told] = story.notices_of(NoticeKind::Paused)[..] else {
            panic!("one letter");
        };
        assert!(!told.text.contains("Please answer"), "{}", told.text);
    }
}

/// zammad #1322: an answer by a note on the web did not count where one by mail did; zammad #2082: later the one by mail
/// counted no more.
#[test]
fn an_answer_of_the_customer_counts_alike_on_every_channel() {
    for channel in Channel::ALL {
        let mut story = Story::in_review();
        story
            .at("2026-06-02 10:00")
            .does(pause(PauseReason::WaitingForCustomer));
        story.at("2026-06-03 10:00").does(Command::RecordContact {
            not_reached: false,
            channel,
            from_customer: true,
            summary: "Here is the photograph.".to_owned(),
            contact_at: None,
            dissatisfied: true,
        });
        assert_eq!(story.case.complaint.pause, None, "{channel}");
        assert_eq!(story.due("resolution"), t("2026-06-16 17:00"), "{channel}");
        let reasons = &story.case.complaint.escalation_reasons;
        assert_eq!(reasons.len(), 1, "{channel}: the word of dissatisfaction");
    }
}

#[test]
fn an_answer_that_is_entered_late_ends_the_pause_when_it_came_and_what_is_late_then_shows() {
    let mut story = Story::in_review();
    story
        .at("2026-06-15 16:00")
        .does(pause(PauseReason::WaitingForCustomer));
    // One working hour was left; the customer called at nine, and it is entered at noon.
    story
        .at("2026-06-16 12:00")
        .does(contact_at(Some("2026-06-16 09:00"), false));
    let clock = story.clock("resolution");
    assert_eq!(clock.due, Some(t("2026-06-16 10:00")));
    assert_eq!(clock.breached_at, Some(t("2026-06-16 12:00")));
    let [told] = story.notices_of(NoticeKind::Resumed)[..] else {
        panic!("told that work goes on");
    };
    assert!(
        !told.text.contains("expect"),
        "no date in the past is promised: {}",
        told.text
    );
}

/// Users of Zendesk wrote "pause auditors" against tickets that were put on hold and left there, to stay in time.
#[test]
fn a_pause_is_no_longer_than_the_policy_lets_it_be_and_ends_by_itself() {
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00");
    for (until, word) in [
        ("2026-06-16 17:01", "at most"),
        ("2026-06-02 10:00", "future"),
    ] {
        let refusal = story.refuses(pause_until(until));
        assert!(matches!(
            refusal,
            Refusal::BadTime {
                field: Field::PauseEnd,
                ..
            }
        ));
        assert!(refusal.to_string().contains(word), "{refusal}");
    }
    story.does(update()).does(pause(PauseReason::ThirdParty));
    let end = t("2026-06-16 17:00");
    assert_eq!(story.case.complaint.pause.as_ref().unwrap().end, end);
    assert_eq!(
        story.clock("resolution").next.unwrap().at,
        end,
        "it wakes then"
    );
    story.at("2026-06-16 17:30").sweep();
    let resumed = story.events_of("resumed")[0];
    assert_eq!(
        (resumed.actor.as_str(), &resumed.fact),
        (SYSTEM_ACTOR, &Fact::Resumed { at: end })
    );
    // At the pause 79 working hours were left: nine days and seven hours.
    assert_eq!(story.due("resolution"), t("2026-06-30 16:00"));
}

#[test]
fn a_pause_that_ran_out_and_what_fell_due_meanwhile_are_recorded_in_the_order_of_their_time() {
    let mut story = Story::in_review();
    story
        .at("2026-06-04 10:00")
        .does(pause_until("2026-06-10 10:00"));
    // The service was down until the 25th. The update was due on the 8th, the resolution on the 19th.
    story.at("2026-06-25 10:00").sweep();
    let story_of = |event: &crate::domain::Event| match &event.fact {
        Fact::Breached { clock, .. } => Some(format!("{clock} breached")),
        Fact::Resumed { .. } => Some("resumed".to_owned()),
        _ => None,
    };
    let order: Vec<_> = story.events.iter().filter_map(story_of).collect();
    assert_eq!(
        order,
        ["customer_update breached", "resumed", "resolution breached"]
    );
}

#[test]
fn reminders_that_fired_before_a_pause_do_not_fire_again_after_it() {
    let mut story = Story::in_review();
    story.does(update());
    // Half of it had gone by on Monday the 8th at 13:00; nothing else is due until the pause.
    story.at("2026-06-08 14:00").sweep();
    assert_eq!(story.fired("resolution").len(), 1);
    story
        .at("2026-06-08 17:30")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-15 09:30")
        .does(Command::Resume { resumed_at: None });
    story.at("2026-06-15 09:31").sweep();
    assert_eq!(story.fired("resolution").len(), 1);
    assert_eq!(
        story.clock("resolution").next.unwrap().step,
        1,
        "the one at 80% is next"
    );
}

#[test]
fn a_pause_never_brings_a_promised_date_nearer() {
    // Promised for the evening, when no working time is left to count.
    let mut story = Story::in_review();
    story.does(promise("2026-06-10 20:00"));
    story
        .at("2026-06-10 18:00")
        .does(pause(PauseReason::WaitingForCustomer));
    story
        .at("2026-06-10 18:30")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.due("resolution"), t("2026-06-10 20:00"));
    assert_eq!(
        story.events_of("promise_changed").len(),
        1,
        "by the promise alone"
    );
}

#[test]
fn percentages_count_across_pauses() {
    let mut story = Story::in_review();
    let half = |story: &Story| story.clock("resolution").next.unwrap().at;
    // Monday has 7 hours left, and ten days of 8 follow: half of 87 is 43.5.
    assert_eq!(half(&story), t("2026-06-08 13:30"));
    story
        .at("2026-06-03 09:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-04 11:00")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(
        half(&story),
        t("2026-06-09 15:30"),
        "later by the ten hours of the pause"
    );
}

#[test]
fn a_promised_date_that_is_moved_while_paused_moves_on_with_the_rest_of_the_pause() {
    let mut story = Story::in_review();
    story
        .at("2026-06-03 10:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-04 10:00")
        .does(promise("2026-06-18 10:00"));
    assert_eq!(
        story.case.complaint.promised_at,
        Some(t("2026-06-18 10:00"))
    );
    assert_eq!(story.clock("resolution").state, ClockState::Paused);
    story
        .at("2026-06-05 10:00")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.due("resolution"), t("2026-06-19 10:00"));
    // Sixteen working hours were counted before the pause, and ten days are left: half of it all is four days on.
    let half = story.clock("resolution").next.unwrap().at;
    assert_eq!(half, t("2026-06-11 10:00"));
    assert_eq!(
        story.case.complaint.promised_at,
        Some(t("2026-06-19 10:00"))
    );
}

#[test]
fn a_letter_that_counts_only_from_tomorrow_loses_nothing_to_a_pause_today() {
    // April 20, 2026 is Patriots' Day in Boston and a working day in Canada.
    let mut letter = filing();
    letter.channel = Channel::Mail;
    let mut story = Story::open(&letter, t("2026-04-20 10:00"), jive()).unwrap();
    story.does(acknowledge());
    let due = story.due("resolution");
    story.does(pause(PauseReason::ThirdParty));
    story
        .at("2026-04-20 15:00")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.due("resolution"), due);
}

#[test]
fn an_answer_given_before_a_pause_that_is_entered_late_is_no_reason_to_count_twice() {
    let mut story = Story::proposed();
    let due = story.due("resolution");
    story
        .at("2026-06-08 10:00")
        .does(pause(PauseReason::WaitingForCustomer));
    story.at("2026-06-09 10:00").does(Command::RecordAnswer {
        answer: Answer::Refused,
        comment: None,
        answered_at: Some(t("2026-06-05 10:00")),
    });
    assert_eq!(story.case.complaint.state, State::InReview);
    assert_eq!(story.due("resolution"), due, "the pause ended as it began");
}

#[test]
fn a_paused_remedy_is_told_when_it_goes_on() {
    let mut story = Story::resolved();
    story.does(pause(PauseReason::Appointment));
    story
        .at("2026-06-08 10:00")
        .does(Command::Resume { resumed_at: None });
    assert_eq!(story.notices_of(NoticeKind::Resumed).len(), 1);
}

/// What Zendesk's "pause auditors" look for: the paused time of a clock is what the log says, whoever or whatever ended the
/// pause, and there is no other source of it.
#[test]
fn the_time_that_a_clock_was_paused_is_what_the_log_says() {
    let mut story = Story::in_review();
    let (start, due) = (story.clock("resolution").start, story.due("resolution"));
    // Ended by hand; by an answer that is entered a day late; by itself, over a weekend; and one of no working time at all.
    story
        .at("2026-06-02 12:00")
        .does(pause(PauseReason::ThirdParty));
    story
        .at("2026-06-02 15:30")
        .does(Command::Resume { resumed_at: None });
    story
        .at("2026-06-03 10:00")
        .does(pause(PauseReason::WaitingForCustomer));
    story
        .at("2026-06-05 10:00")
        .does(contact_at(Some("2026-06-04 10:00"), false));
    story
        .at("2026-06-05 16:00")
        .does(pause_until("2026-06-08 11:00"));
    story.at("2026-06-09 09:30").sweep();
    story
        .at("2026-06-09 18:00")
        .does(pause(PauseReason::Appointment));
    story
        .at("2026-06-09 20:00")
        .does(Command::Resume { resumed_at: None });

    let rule = story.policy.clock("resolution").unwrap();
    let worked = |from, to| rule.code.calendar.counted(from, to, TimeBase::Working);
    let mut pauses = Vec::new();
    for event in &story.events {
        match &event.fact {
            Fact::Paused { .. } => pauses.push((event.at, None)),
            Fact::Resumed { at } => pauses.last_mut().unwrap().1 = Some(*at),
            _ => {}
        }
    }
    let pauses = pauses
        .into_iter()
        .map(|(from, to)| worked(from, to.unwrap()));
    let lengths: Vec<_> = pauses.map(|length| length.as_mins()).collect();
    assert_eq!(lengths, [210, 8 * 60, 3 * 60, 0]);
    let paused = jiff::SignedDuration::from_mins(lengths.iter().sum());

    let clock = story.clock("resolution");
    assert_eq!(worked(due, clock.due.unwrap()), paused);
    let counted = jiff::SignedDuration::from_micros(clock.counted_before);
    assert_eq!(worked(start, clock.segment_start), counted + paused);
}
