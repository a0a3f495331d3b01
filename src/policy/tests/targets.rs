//! Which target a complaint has, and targets that never come due.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::policy::{Channel, Circumstances};

const MONDAY: &str = "2026-06-01T14:00:00Z";

fn target(clock: &ClockRule, channel: Channel, urgent: bool, known_for_days: i64) -> String {
    let start: Timestamp = MONDAY.parse().unwrap();
    let circumstances = Circumstances {
        channel,
        urgent,
        known_since: start - SignedDuration::from_hours(24 * known_for_days),
    };
    assert!(clock.applies_to(&circumstances));
    clock
        .target_for(&circumstances, start)
        .unwrap()
        .1
        .to_string()
}

#[test]
fn urgency_goes_before_long_knowledge_and_that_before_the_channel() {
    let own = "target_by_channel = { phone = \"15 minutes\", chat = \"15 minutes\", mail = \"2 working days\" }";
    let all = format!(
        "{own}\ntarget_known_for = {{ over = \"2 years\", target = \"9 working days\" }}\ntarget_urgent = \"10 minutes\""
    );
    let policy = parse(&changed(own, &all)).unwrap();
    let clock = policy.clock("acknowledgement").unwrap();
    assert_eq!(target(clock, Channel::Form, false, 0), "1 working day");
    assert_eq!(target(clock, Channel::Phone, false, 0), "15 minutes");
    assert_eq!(
        target(clock, Channel::Phone, false, 730),
        "15 minutes",
        "two years are not over two"
    );
    assert_eq!(target(clock, Channel::Phone, false, 731), "9 working days");
    assert_eq!(target(clock, Channel::Phone, true, 731), "10 minutes");
    let resolution = parse(JIVE).unwrap();
    let resolution = resolution.clock("resolution").unwrap();
    assert_eq!(
        target(resolution, Channel::Phone, true, 0),
        "2 working days"
    );
}

#[test]
fn a_clock_for_urgent_complaints_runs_for_no_other_and_has_one_target() {
    let name = "name = \"ceiling\"";
    let only = format!("{name}\nurgent_only = true");
    let policy = parse(&changed(name, &only)).unwrap();
    let circumstances = |urgent| Circumstances {
        channel: Channel::Form,
        urgent,
        known_since: MONDAY.parse().unwrap(),
    };
    let ceiling = policy.clock("ceiling").unwrap();
    assert!(ceiling.applies_to(&circumstances(true)));
    assert!(!ceiling.applies_to(&circumstances(false)));
    let urgent = "target = \"30 calendar days\"\ntarget_urgent = \"3 weeks\"\nurgent_only = true";
    refused(
        "target = \"30 calendar days\"",
        urgent,
        "\"3 weeks\"",
        "has one target",
    );
}

#[test]
fn a_term_that_never_comes_due_is_refused_where_it_stands() {
    let words = "it never comes due: calendar ca-federal has no such point within 50 years";
    let never = "\"20000 working days\"";
    for from in [
        "\"1 working day\"\n# At once",
        "\"2 working days\" }",
        "\"2 working days\"\nsteps",
        "\"30 calendar days\"",
        "\"10 working days\" # proposed: how",
        "\"10 working days\" # proposed\n\n# Part IV",
    ] {
        let term = from[1..].split_once('"').unwrap().0;
        let to = from.replacen(&format!("\"{term}\""), never, 1);
        refused(from, &to, never, words);
    }
    for never in ["\"9999 years\"", "\"100000 weeks\"", "\"51 years\""] {
        refused("\"30 calendar days\"", never, never, words);
    }
    let grace = "grace = \"100000 weeks\"\nsilence =";
    refused("silence =", grace, "\"100000 weeks\"", words);
    let known = "target_known_for = { over = \"600 months\", target = \"1 week\" }\ntarget = \"30 calendar days\"";
    let known = known.replace("600", "99999");
    refused(
        "target = \"30 calendar days\"",
        &known,
        "\"99999 months\"",
        words,
    );
}

#[test]
fn a_period_in_which_nothing_can_come_due_is_refused() {
    refused(
        "2015-01-01",
        "9999-12-31",
        "9999-12-31",
        "effective_from lies beyond the times that can be counted",
    );
    // There are mornings, but not enough of them.
    refused(
        "2015-01-01",
        "9999-12-20",
        "\"10 working days\"",
        "it never comes due",
    );
}

#[test]
fn the_last_day_rolls_as_the_clock_says() {
    // 30 calendar days from the 4th of June are the 4th of July 2026, a Saturday.
    let start: Timestamp = "2026-06-04T14:00:00Z".parse().unwrap();
    for (roll, last) in [
        ("next_working_day", "2026-07-06"),
        ("previous_working_day", "2026-07-03"),
        ("none", "2026-07-04"),
    ] {
        let target = "target = \"30 calendar days\"";
        let text = changed(target, &format!("{target}\nroll = \"{roll}\""));
        let policy = parse(&text).unwrap();
        let clock = policy.clock("ceiling").unwrap();
        let due = policy
            .calendar()
            .due_after_rolling(start, &clock.target, clock.roll)
            .unwrap();
        let before = due - SignedDuration::from_secs(1);
        assert_eq!(
            policy.calendar().date_of(before).to_string(),
            last,
            "{roll}"
        );
    }
    let target = "target = \"30 calendar days\"";
    let unknown = format!("{target}\nroll = \"backwards\"");
    refused(
        target,
        &unknown,
        "\"backwards\"",
        "unknown variant `backwards`",
    );
}

#[test]
fn a_text_that_is_kept_is_read_again_whatever_its_calendars_have_become() {
    let never = changed("\"30 calendar days\"", "\"20000 working days\"");
    assert!(parse(&never).is_err());
    let kept = Policy::parse_kept("kept", &never, calendars()).unwrap();
    let ceiling = kept.clock("ceiling").unwrap();
    assert_eq!(ceiling.target.to_string(), "20000 working days");
    let wrong = never.replacen("owner = \"supervisor\"", "owner = \"boss\"", 1);
    assert!(Policy::parse_kept("kept", &wrong, calendars()).is_err());
}
