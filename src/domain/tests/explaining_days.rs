//! How terms in days are explained around pauses and rolls, and terms in every unit.

use std::sync::Arc;

use super::{
    commands::{acknowledge, acknowledge_by, ask_for_documents, escalate, pause, promise, refer},
    explaining::{all_is_explained, changes, lines},
    missed::acknowledged,
    story::{JIVE, MONDAY, Story, calendars, filing, policy_of, t},
};
use crate::{
    calendar::Calendar,
    domain::{ChangeKind, Command, PauseReason, SpanKind},
    policy::Policy,
};

/// Twelve calendar days from Monday, 1 June; the last one is Saturday, 13 June.
fn twelve_days(roll: &str) -> Story {
    let term = "\"10 working days\"\ntarget_urgent";
    let days = format!("\"12 calendar days\"\nroll = \"{roll}\"\ntarget_urgent");
    let mut story = Story::open(
        &filing(),
        t(MONDAY),
        policy_of(&JIVE.replacen(term, &days, 1)),
    );
    story
        .as_mut()
        .unwrap()
        .at("2026-06-01 10:15")
        .does(acknowledge());
    story.unwrap()
}

#[test]
fn a_last_day_that_is_rolled_back_is_said_to_be() {
    let explanation = twelve_days("previous_working_day").explained("resolution");
    assert_eq!(
        lines(&explanation).last().unwrap(),
        "Fri 12 Jun 00:00 to Sat 13 Jun 00:00  + calendar day 11 of 12: rolled back, the term ends with the last working day in it"
    );
    assert_eq!(explanation.total.text, "11 of 12 calendar days counted");
}

/// Which day is the last is not known before the pause is over.
#[test]
fn a_pause_behind_the_last_day_of_a_term_leaves_that_day_counted() {
    let mut story = twelve_days("next_working_day");
    story
        .at("2026-06-14 12:00")
        .does(pause(PauseReason::ThirdParty));
    let told = lines(&story.explained("resolution"));
    assert_eq!(
        told[12..14],
        [
            "Sat 13 Jun 00:00 to Sun 14 Jun 00:00  + calendar day 12 of 12",
            "Sun 14 Jun 00:00 to Sun 14 Jun 12:00  - weekend: rolled past, the term ends with the next working day",
        ]
    );
}

/// The hours after midnight belong to the day on which the night began, and those of a day that opens at midnight to itself.
#[test]
fn a_night_is_one_working_day() {
    let explained = |week: &str, target: &str| {
        let mut calendars = calendars().clone();
        let text = format!(
            "name = \"ca-federal\"\ntitle = \"Nights\"\nsource = \"A test\"\nzone = \"America/Toronto\"\n[week]\n{week}"
        );
        calendars.insert(Calendar::parse("nights.toml", &text).unwrap());
        let from = "target = \"1 working day\"";
        let text = JIVE.replacen(from, &format!("target = \"{target}\""), 1);
        let policy = Policy::parse("ca-jive.toml", &text, &calendars).unwrap();
        let story = Story::open(&filing(), t(MONDAY), Arc::new(policy)).unwrap();
        lines(&story.explained("acknowledgement"))
    };
    let nights = "monday = [\"22:00-06:00\"]\ntuesday = [\"22:00-06:00\"]\n";
    assert_eq!(
        explained(nights, "1 working day"),
        [
            "Mon 1 Jun 10:00 to Mon 1 Jun 22:00  - outside working hours",
            "Mon 1 Jun 22:00 to Tue 2 Jun 06:00  - first day, not counted",
            "Tue 2 Jun 06:00 to Tue 2 Jun 22:00  - outside working hours",
            "Tue 2 Jun 22:00 to Wed 3 Jun 06:00  + working day 1 of 1",
        ]
    );
    let to_midnight = "tuesday = [\"20:00-24:00\"]\nwednesday = [\"00:00-04:00\"]\n";
    assert_eq!(
        explained(to_midnight, "2 working days")[2..],
        [
            "Tue 2 Jun 20:00 to Wed 3 Jun 00:00  + working day 1 of 2",
            "Wed 3 Jun 00:00 to Wed 3 Jun 04:00  + working day 2 of 2",
        ]
    );
}

/// Paused for two hours on Thursday, so that what remains ends on Sunday, 14 June, at two o'clock.
#[test]
fn what_remains_of_a_term_in_days_is_explained_to_the_end_of_the_day_that_it_rolls_to() {
    for (roll, rest, total) in [
        (
            "next_working_day",
            &[
                "Thu 4 Jun 12:00 to Sun 14 Jun 02:00  + elapsed time",
                "Sun 14 Jun 02:00 to Mon 15 Jun 00:00  - weekend: rolled past, the term ends with the next working day",
                "Mon 15 Jun 00:00 to Tue 16 Jun 00:00  - not counted: the rest of the day with which the term ends",
            ][..],
            "9 days 14 h after it",
        ),
        (
            "previous_working_day",
            &[
                "Thu 4 Jun 12:00 to Fri 12 Jun 00:00  + elapsed time",
                "Fri 12 Jun 00:00 to Sat 13 Jun 00:00  + elapsed time: rolled back, the term ends with the last working day in it",
            ],
            "8 days 12 h after it; 1 day 2 h lie behind the working day to which its end is rolled back",
        ),
        (
            "none",
            &[
                "Thu 4 Jun 12:00 to Sun 14 Jun 02:00  + elapsed time",
                "Sun 14 Jun 02:00 to Mon 15 Jun 00:00  - not counted: the rest of the day with which the term ends",
            ],
            "9 days 14 h after it",
        ),
    ] {
        let mut story = twelve_days(roll);
        story
            .at("2026-06-04 10:00")
            .does(pause(PauseReason::ThirdParty));
        let paused = story.explained("resolution");
        assert_eq!(
            paused.total.text,
            "12 calendar days (12 days): 2 days 10 h counted before the pause, 9 days 14 h remain"
        );
        story
            .at("2026-06-04 12:00")
            .does(Command::Resume { resumed_at: None });
        let explanation = story.explained("resolution");
        assert_eq!(
            lines(&explanation)[..4],
            [
                "Mon 1 Jun 10:00 to Tue 2 Jun 00:00  - first day, not counted",
                "Tue 2 Jun 00:00 to Wed 3 Jun 00:00  + calendar day 1 of 12",
                "Wed 3 Jun 00:00 to Thu 4 Jun 00:00  + calendar day 2 of 12",
                "Thu 4 Jun 00:00 to Thu 4 Jun 10:00  + calendar day 3 of 12",
            ],
            "{roll}"
        );
        assert_eq!(lines(&explanation)[5..], *rest, "{roll}");
        let whole = "12 calendar days (12 days): 2 days 10 h counted before the pause";
        assert_eq!(explanation.total.text, format!("{whole}, {total}"));
        for span in &explanation.spans {
            for (words, kind) in [
                ("rolled past", SpanKind::RolledPast),
                ("rest of the day", SpanKind::RestOfDay),
            ] {
                assert_eq!(span.text.contains(words), span.kind == kind, "{span:?}");
            }
        }
        let told = changes(&explanation);
        assert!(told[0].ends_with("paused: third party; 9 days 14 h remained"));
        assert!(told[1].ends_with("the 9 days 14 h that remained count from the end of the pause"));
        all_is_explained(&story);
    }
}

#[test]
fn a_target_in_every_unit_adds_up() {
    for (target, total) in [
        (
            "90 seconds",
            "1 min 30 s of elapsed time counted, of 90 seconds",
        ),
        (
            "15 minutes",
            "15 min of elapsed time counted, of 15 minutes",
        ),
        ("24 hours", "24 h of elapsed time counted, of 24 hours"),
        (
            "8 working hours",
            "8 h of working time counted, of 8 working hours",
        ),
        (
            "90 working minutes",
            "1 h 30 min of working time counted, of 90 working minutes",
        ),
        ("instant", "due at once"),
        ("3 working days", "3 of 3 working days counted"),
        ("2 calendar days", "2 of 2 calendar days counted"),
        ("2 weeks", "14 of 14 days counted"),
        ("1 month", "30 of 30 days counted"),
        ("1 year", "365 of 365 days counted"),
    ] {
        let due = "{ at = \"due\", action = \"remind\", to = \"supervisor\" },";
        let story = acknowledged(target, due, MONDAY);
        let explanation = story.explained("acknowledgement");
        assert_eq!(explanation.total.text, total);
        assert!(!lines(&explanation).concat().contains("rolled back"));
        assert!(explanation.total.balanced, "{target}");
    }
}

#[test]
fn a_date_that_is_promised_during_a_pause_is_told() {
    let name = "name = \"escalation_answer\"\n";
    let pausable = JIVE.replacen(name, &format!("{name}pausable = true\n"), 1);
    let mut story = Story::open(&filing(), t(MONDAY), policy_of(&pausable)).unwrap();
    story.at("2026-06-01 10:15").does(acknowledge());
    story.at("2026-06-02 10:00").does(escalate());
    story
        .at("2026-06-02 12:00")
        .does(pause(PauseReason::ThirdParty));
    story.does(promise("2026-06-22 17:00"));
    story.does(acknowledge_by("2026-06-12 12:00"));
    for (clock, date) in [
        ("resolution", "2026-06-22 17:00"),
        ("escalation_answer", "2026-06-12 12:00"),
    ] {
        let explanation = story.explained(clock);
        let last = explanation.changes.last().unwrap();
        assert_eq!(last.kind, ChangeKind::Promised, "{clock}");
        assert_eq!((last.from, last.to), (None, Some(t(date))), "{clock}");
    }
    all_is_explained(&story);
}

#[test]
fn another_date_is_told_by_who_gave_it() {
    let mut story = Story::in_review();
    story.does(promise("2026-06-22 17:00"));
    story.does(refer()).does(ask_for_documents(None));
    story.does(ask_for_documents(Some("2026-06-10 12:00")));
    for (clock, who) in [
        ("resolution", "another date was promised to the customer"),
        (
            "referral_documents",
            "the independent body set another date",
        ),
    ] {
        let told = changes(&story.explained(clock));
        assert!(told.iter().any(|change| change.ends_with(who)), "{told:?}");
    }
    // From the beginning.
    let mut story = Story::in_review();
    story.does(refer());
    story.does(ask_for_documents(Some("2026-06-10 12:00")));
    let explanation = story.explained("referral_documents");
    assert_eq!(explanation.target(), "a date that the independent body set");
    // The date before it was missed, so the new one has a cycle of its own.
    let mut story = Story::in_review();
    story
        .at("2026-06-16 10:00")
        .does(promise("2026-06-22 17:00"));
    let explanation = story.explained("resolution");
    assert_eq!(
        explanation.target(),
        "a date that the customer was promised"
    );
}
