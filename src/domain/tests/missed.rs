//! What becomes of steps that could not fire in their time, of those that fall due together, and of the staff's nights.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{
    commands::{acknowledge, answer, escalate_to_level, promise},
    story::{JIVE, MONDAY, Story, code_with_closed, filing, policy_of, t},
};
use crate::{
    domain::{Answer, ClockState, Command, Fact, Filing, notice::NoticeKind},
    policy::{Channel, Policy},
};

/// A complaint under the code with another target and other steps of the acknowledgement, the same for every channel.
pub(super) fn acknowledged(target: &str, steps: &str, begin: &str) -> Story {
    Story::open(&filing(), t(begin), acknowledging(target, steps)).unwrap()
}

fn acknowledging(target: &str, steps: &str) -> Arc<Policy> {
    let from = JIVE.find("target = \"1 working day\"").unwrap();
    let to = from + JIVE[from..].find("\n]").unwrap();
    let (before, after) = (&JIVE[..from], &JIVE[to..]);
    let text = format!("{before}target = \"{target}\"\nsteps = [{steps}{after}");
    policy_of(&text)
}

fn with_steps(steps: &str) -> Story {
    acknowledged("1 working day", steps, MONDAY)
}

/// What was fired of the acknowledgement: kind, step, and how late in minutes.
fn told(story: &Story) -> Vec<(&'static str, usize, i64)> {
    let fired = story.fired("acknowledgement");
    let told = fired.iter().map(|event| {
        let firing = event.firing.as_ref().unwrap();
        let late = event.at.duration_since(firing.due);
        (event.fact.kind().as_str(), firing.step, late.as_mins())
    });
    told.collect()
}

const THREE: &str = r#"
    { at = "25%", action = "remind", to = "handler", missed = "FIRST" },
    { at = "50%", action = "remind", to = "handler", missed = "SECOND" },
    { at = "due", action = "remind", to = "supervisor" },"#;

fn three(first: &str, second: &str) -> String {
    THREE.replace("FIRST", first).replace("SECOND", second)
}

/// Filed on Monday at 10:00 and due on Tuesday at 17:00: fifteen working hours, a quarter of them gone at 13:45 and half at
/// 9:30 on Tuesday.
#[test]
fn a_missed_reminder_comes_late_collapses_or_is_skipped_as_the_policy_says() {
    for (first, second, expected) in [
        ("collapse", "collapse", vec![("reminder", 1, 60)]),
        (
            "late",
            "late",
            vec![("reminder", 0, 1245), ("reminder", 1, 60)],
        ),
        (
            "late",
            "collapse",
            vec![("reminder", 0, 1245), ("reminder", 1, 60)],
        ),
        (
            "collapse",
            "late",
            vec![("reminder", 0, 1245), ("reminder", 1, 60)],
        ),
        (
            "skip",
            "collapse",
            vec![("reminder_skipped", 0, 1245), ("reminder", 1, 60)],
        ),
        (
            "skip",
            "skip",
            vec![("reminder_skipped", 0, 1245), ("reminder", 1, 60)],
        ),
    ] {
        let mut story = with_steps(&three(first, second));
        story.at("2026-06-02 10:30").sweep();
        assert_eq!(told(&story), expected, "{first}, {second}");
    }
}

#[test]
fn a_late_reminder_comes_even_after_the_breach_and_is_not_counted_as_skipped_by_it() {
    let mut story = with_steps(&three("late", "collapse"));
    story.at("2026-06-03 10:30").sweep();
    let kinds: Vec<_> = told(&story)
        .iter()
        .map(|(kind, step, _)| (*kind, *step))
        .collect();
    assert_eq!(kinds, [("reminder", 0), ("breached", 2)]);
    let fired = story.fired("acknowledgement");
    assert!(
        matches!(fired[1].fact, Fact::Breached { skipped: 1, .. }),
        "{fired:?}"
    );
}

#[test]
fn a_skipped_reminder_is_on_record_once_and_keeps_no_later_step_from_firing() {
    let mut story = with_steps(&three("skip", "skip"));
    story.at("2026-06-02 12:30").sweep();
    assert_eq!(story.fired("acknowledgement").len(), 2);
    assert!(story.at("2026-06-02 12:31").sweep().is_empty());
    story.at("2026-06-02 17:01").sweep();
    assert_eq!(told(&story).last(), Some(&("breached", 2, 1)));
}

#[test]
fn steps_that_fall_due_at_the_same_instant_fire_in_the_order_of_the_policy() {
    let same = r#"
    { at = "7 working hours before due", action = "remind", to = "handler", missed = "late" },
    { at = "420 minutes before due", action = "remind", to = "supervisor", missed = "late" },
    { at = "due", action = "remind", to = "supervisor" },"#;
    let mut story = with_steps(same);
    story.at("2026-06-02 10:01").sweep();
    assert_eq!(told(&story), [("reminder", 0, 1), ("reminder", 1, 1)]);
}

const NIGHTS: &str = r#"
    { at = "1 hour before due", action = "remind", to = "handler", missed = "late" },
    { at = "due", action = "remind", to = "supervisor" },
    { at = "1 hour after due", action = "remind", to = "supervisor", missed = "late" },"#;

/// Zammad #4432: reminders went out at night and at weekends.
#[test]
fn staff_are_not_reminded_at_night_and_a_promise_is_missed_at_night_all_the_same() {
    // Due on Tuesday at 3:00; the staff's hours end at 20:00 and begin at 7:00.
    let mut story = acknowledged("17 hours", NIGHTS, MONDAY);
    story.at("2026-06-01 20:00").sweep();
    assert!(story.fired("acknowledgement").is_empty());
    story.at("2026-06-01 20:01").sweep();
    assert_eq!(
        told(&story),
        [("reminder", 0, 1)],
        "before the night in which it falls due"
    );
    story.at("2026-06-02 03:01").sweep();
    assert_eq!(told(&story)[1..], [("breached", 1, 1)]);
    assert!(story.at("2026-06-02 06:59").sweep().is_empty());
    story.at("2026-06-02 07:01").sweep();
    assert_eq!(told(&story)[2..], [("reminder", 2, 1)]);
}

#[test]
fn a_reminder_of_the_night_comes_before_it_or_with_the_due_time_but_never_before_the_clock_began() {
    for (begin, target, comes) in [
        // Due as the staff's hours begin.
        (MONDAY, "21 hours", "2026-06-02 07:00"),
        (MONDAY, "17 hours", "2026-06-01 20:00"),
        // Begun as they end, and after that.
        ("2026-06-01 20:00", "7 hours", "2026-06-01 20:00"),
        ("2026-06-01 20:01", "7 hours", "2026-06-02 03:01"),
    ] {
        let story = acknowledged(target, NIGHTS, begin);
        let next = story.clock("acknowledgement").next.unwrap();
        assert_eq!((next.step, next.at), (0, t(comes)), "{target} from {begin}");
    }
}

#[test]
fn a_customer_is_told_of_the_independent_body_at_any_hour() {
    let mut story = Story::in_review();
    story.at("2026-06-01 21:00").does(escalate_to_level(2));
    story.at("2026-06-01 21:01").sweep();
    assert_eq!(story.notices_of(NoticeKind::Recourse).len(), 1);
}

#[test]
fn a_date_that_comes_so_soon_that_its_reminders_would_lie_behind_has_none() {
    let mut story = Story::in_review();
    story
        .at("2026-06-10 16:00")
        .does(promise("2026-06-11 09:30"));
    let next = story.clock("resolution").next.unwrap();
    assert_eq!(
        (next.step, next.at),
        (2, t("2026-06-11 09:30")),
        "the due time"
    );
}

#[test]
fn staff_are_not_reminded_on_a_day_off() {
    // Due on Saturday at 16:00, after the last of the staff's hours on Friday.
    let mut story = acknowledged("24 hours", NIGHTS, "2026-06-05 16:00");
    story.at("2026-06-05 20:01").sweep();
    assert_eq!(told(&story), [("reminder", 0, 1)]);
    story.at("2026-06-07 23:59").sweep();
    assert_eq!(story.fired("acknowledgement").len(), 2, "the breach");
    story.at("2026-06-08 07:01").sweep();
    assert_eq!(told(&story)[2..], [("reminder", 2, 1)]);
}

/// ServiceNow's retroactive start, and Zendesk: what was entered with a date in the past set off every alert since then.
#[test]
fn a_complaint_entered_late_is_summed_up_and_alerts_nobody_of_what_is_past() {
    let story = Story::begin("2026-07-20 10:00", |filing| {
        filing.channel = Channel::Mail;
        filing.received_at = Some(t("2026-06-01 10:00"));
    });
    let kinds: Vec<_> = story
        .events
        .iter()
        .map(|event| event.fact.kind().as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "filed",
            "breached",
            "breached",
            "breached",
            "entered_late",
            "escalation_eligible"
        ]
    );
    let missed = ["acknowledgement", "resolution", "ceiling"]
        .map(str::to_owned)
        .to_vec();
    let Fact::EnteredLate {
        missed: told,
        reminders,
    } = &story.events[4].fact
    else {
        panic!("{:?}", story.events[4]);
    };
    assert_eq!(*told, missed);
    assert!(*reminders > 10, "{reminders}");
    // What comes after is reminded of as ever.
    let mut story = story;
    story
        .at_instant(story.now + SignedDuration::from_hours(72))
        .sweep();
    assert_eq!(story.fired("resolution").len(), 2);
}

#[test]
fn each_reminder_that_is_summed_up_counts() {
    let steps = r#"
    { at = "due", action = "remind", to = "supervisor" },
    { at = "1 working hour after due", action = "remind", to = "supervisor" },
    { at = "2 working hours after due", action = "remind", to = "supervisor" },
    { at = "3 working hours after due", action = "remind", to = "supervisor" },"#;
    let received = Filing {
        received_at: Some(t(MONDAY)),
        ..filing()
    };
    let policy = acknowledging("1 working day", steps);
    let story = Story::open(&received, t("2026-06-05 10:00"), policy).unwrap();
    let [entered] = story.events_of("entered_late")[..] else {
        panic!("{:?}", story.events);
    };
    assert!(
        matches!(entered.fact, Fact::EnteredLate { reminders: 3, .. }),
        "{entered:?}"
    );
}

#[test]
fn a_complaint_entered_a_little_late_is_reminded_of_what_can_still_be_kept() {
    let mut story = Story::begin("2026-06-02 10:00", |filing| {
        filing.received_at = Some(t("2026-06-01 10:00"));
    });
    assert_eq!(told(&story), [("reminder", 0, 30)]);
    story.does(acknowledge());
}

#[test]
fn a_working_day_after_a_term_of_calendar_days_is_the_next_one() {
    let steps = r#"
    { at = "due", action = "remind", to = "supervisor" },
    { at = "1 working day after due", action = "remind", to = "supervisor" },"#;
    let mut story = acknowledged("2 calendar days", steps, MONDAY);
    assert_eq!(
        story.due("acknowledgement"),
        t("2026-06-04 00:00"),
        "as Wednesday ends"
    );
    story.at("2026-06-04 17:01").sweep();
    assert_eq!(told(&story), [("breached", 0, 1021), ("reminder", 1, 1)]);
}

#[test]
fn what_is_entered_late_is_reminded_of_where_it_can_still_be_kept() {
    // The acknowledgement of a letter is missed, and half of the time to the resolution gone.
    let story = Story::begin("2026-06-09 10:00", |filing| {
        filing.channel = Channel::Mail;
        filing.received_at = Some(t("2026-06-01 10:00"));
    });
    let kinds: Vec<_> = story
        .events
        .iter()
        .map(|event| event.fact.kind().as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "filed",
            "breached",
            "reminder",
            "entered_late",
            "escalation_eligible"
        ]
    );
    assert_eq!(story.fired("resolution").len(), 1);
}

#[test]
fn an_outcome_that_leaves_nothing_to_carry_out_keeps_what_waits_for_the_remedy() {
    let urgent = Filing {
        urgent: true,
        ..filing()
    };
    let mut story = Story::open(&urgent, t(MONDAY), code_with_closed("au-acma", &[])).unwrap();
    story.at("2026-06-01 10:30").does(acknowledge());
    story.does(Command::ProposeOutcome {
        told_at: None,
        message: "The line is up again.".to_owned(),
        remedy: None,
        decided_at: None,
        root_cause: None,
        told_by: None,
    });
    story.does(answer(Answer::Accepted));
    assert_eq!(story.clock("acma_urgent").state, ClockState::Met);
}
