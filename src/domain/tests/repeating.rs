//! Reminders that repeat: each comes a whole number of intervals after the first was due, wherever the staff's hours moved the
//! one before it.

use jiff::{SignedDuration, Timestamp};

use super::{
    commands::migrate,
    missed::acknowledged,
    story::{MONDAY, Story, jive, t},
};

/// An acknowledgement with this target and this repeated reminder, from `begin` on.
fn repeating(target: &str, begin: &str, at: &str, every: &str, times: u32) -> Story {
    let steps = format!(
        r#"
        {{ at = "due", action = "remind", to = "supervisor" }},
        {{ at = "{at}", action = "remind", to = "supervisor", repeat = {{ every = "{every}", times = {times} }} }},"#
    );
    acknowledged(target, &steps, begin)
}

/// When the reminders came, the sweep being just in time for each: the first and its repeats.
fn came(story: &mut Story, count: usize) -> Vec<Timestamp> {
    let mut came = Vec::new();
    while came.len() < count {
        let Some(next) = story.clock("acknowledgement").next else {
            break;
        };
        story
            .at_instant(next.at + SignedDuration::from_micros(1))
            .sweep();
        if next.step == 1 {
            came.push(next.at);
        }
    }
    came
}

fn all(walls: &[&str]) -> Vec<Timestamp> {
    walls.iter().map(|wall| t(wall)).collect()
}

#[test]
fn a_reminder_each_month_keeps_the_day_of_the_month() {
    // Due as 31 January 2026 ends, a Saturday: the staff are reminded on Monday. February ends with a Saturday as well.
    let target = "1 calendar day\"\nroll = \"none";
    let begin = "2026-01-30 10:00";
    let mut story = repeating(target, begin, "1 hour after due", "1 month", 20);
    assert_eq!(story.due("acknowledgement"), t("2026-02-01 00:00"));
    assert_eq!(
        came(&mut story, 4),
        // An hour after midnight of 1 February; then as the first of each month ends.
        all(&[
            "2026-02-02 07:00",
            "2026-03-02 07:00",
            "2026-04-02 07:00",
            "2026-05-04 07:00"
        ])
    );
    let mut story = repeating(target, begin, "2 calendar days after due", "1 month", 20);
    assert_eq!(
        came(&mut story, 4),
        // As the second of each month ends: the staff are there on the morning after it, or on the next working day.
        all(&[
            "2026-02-03 07:00",
            "2026-03-03 07:00",
            "2026-04-06 07:00",
            "2026-05-04 07:00"
        ])
    );
    let mut story = repeating(
        "1 working day",
        "2026-01-29 10:00",
        "1 calendar day after due",
        "1 month",
        20,
    );
    assert_eq!(story.due("acknowledgement"), t("2026-01-30 17:00"));
    assert_eq!(
        came(&mut story, 5),
        // As 31 January ends; 28 February; 31 March; 30 April; 31 May.
        all(&[
            "2026-02-02 07:00",
            "2026-03-02 07:00",
            "2026-04-01 07:00",
            "2026-05-01 07:00",
            "2026-06-01 07:00"
        ])
    );
}

#[test]
fn a_reminder_each_working_day_comes_as_that_day_closes() {
    let mut story = repeating(
        "1 working day",
        MONDAY,
        "1 working day after due",
        "2 working days",
        2,
    );
    let expected = ["2026-06-03 17:00", "2026-06-05 17:00", "2026-06-09 17:00"];
    assert_eq!(came(&mut story, 9), all(&expected));
    assert_eq!(story.clock("acknowledgement").next, None, "two repeats");
}

#[test]
fn of_repeats_that_the_staff_hours_bring_together_one_comes() {
    // Every three hours from 19:00 on; nobody is reminded from 20:00 to 07:00.
    let mut story = repeating("1 working day", MONDAY, "2 hours after due", "3 hours", 6);
    let expected = [
        "2026-06-02 19:00",
        "2026-06-03 07:00",
        "2026-06-03 10:00",
        "2026-06-03 13:00",
    ];
    assert_eq!(
        came(&mut story, 9),
        all(&expected),
        "the sixth, at 13:00, is the last"
    );
}

#[test]
fn a_sweep_that_comes_late_and_a_move_to_another_code_change_nothing_of_what_is_still_to_come() {
    let begin = || {
        repeating(
            "1 working day",
            "2026-01-29 10:00",
            "1 calendar day after due",
            "1 month",
            20,
        )
    };
    let mut punctual = begin();
    came(&mut punctual, 4);
    let next = punctual.clock("acknowledgement").next;
    let mut late = begin();
    late.at("2026-05-20 10:00").sweep();
    assert_eq!(late.clock("acknowledgement").next, next);
    // The code from which it came has another repeat; it is moved there and back again.
    let own = late.policy.clone();
    let away = migrate(&late, &jive());
    late.does(away);
    let back = migrate(&late, &own);
    late.does(back);
    assert_eq!(late.clock("acknowledgement").next, next);
}
