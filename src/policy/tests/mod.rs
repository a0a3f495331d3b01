//! Which policy files are taken, and that each one that is not names its place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod at_hand;
mod packs;
mod periods;
mod reach;
mod recourse;
mod retention;
mod steps;
mod targets;
mod together;
mod unverified;
mod versions;

use std::sync::LazyLock;

use jiff::civil::date;

use super::{Action, ClockRule, Missed, Policy, PolicyBook, PolicyError, StepPoint, Trigger};
use crate::calendar::{CalendarBook, Roll};

const JIVE: &str = include_str!("../../../policies/ca-jive.toml");
const CCTS: &str = include_str!("../../../policies/ca-ccts.toml");

fn calendars() -> &'static CalendarBook {
    crate::watchdog::watch();
    static CALENDARS: LazyLock<CalendarBook> = LazyLock::new(|| CalendarBook::builtin().unwrap());
    &CALENDARS
}

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse("ca-jive.toml", text, calendars())
}

/// The file with one place changed.
fn changed(from: &str, to: &str) -> String {
    assert!(JIVE.contains(from), "{from}");
    JIVE.replacen(from, to, 1)
}

/// The policy refuses the change at the `nth` (from 0) place where `marker` stands in the changed text.
fn refused(from: &str, to: &str, marker: &str, words: &str) {
    refused_at(from, to, marker, 0, words);
}

fn refused_at(from: &str, to: &str, marker: &str, nth: usize, words: &str) {
    let text = changed(from, to);
    let refusal = parse(&text).map(|_| ()).expect_err(to);
    let (offset, _) = text.match_indices(marker).nth(nth).unwrap();
    let before: Vec<&str> = text[..offset].split('\n').collect();
    let place = (before.len(), before.last().unwrap().chars().count() + 1);
    assert_eq!((refusal.line, refusal.column), place, "{to}: {refusal}");
    assert!(refusal.reason.contains(words), "{refusal}");
    let written = format!("ca-jive.toml:{}:{}: ", place.0, place.1);
    assert!(refusal.to_string().starts_with(&written), "{refusal}");
}

#[test]
fn the_provider_s_own_code_loads_with_what_it_says() {
    let jive = parse(JIVE).unwrap();
    assert_eq!(
        (jive.name(), jive.effective_from),
        ("ca-jive", Some(date(2015, 1, 1)))
    );
    assert_eq!(jive.text, JIVE);
    assert_eq!(jive.version().len(), 12);
    assert_eq!(jive.clocks.len(), JIVE.matches("[[clock]]").count());
    assert_eq!(jive.additional_policies, ["ca-ccts"]);
    assert_eq!(jive.top_level(), 3);
    assert_eq!(
        jive.level_title(2, "fr"),
        "Gestionnaire de niveau supérieur"
    );
    assert_eq!(jive.level_title(9, "fr"), "");
}

/// What an authority times never stands still, whatever else is paused on the complaint.
#[test]
fn what_a_file_leaves_out_has_the_value_that_is_documented() {
    let jive = parse(JIVE).unwrap();
    assert_eq!(jive.code.grace.to_string(), "1 hour");
    for clock in &jive.clocks {
        assert_eq!(clock.roll, Roll::NextWorkingDay);
        assert!(!clock.urgent_only && clock.target_known_for.is_none());
        for step in &clock.steps {
            let missed = match step.at {
                StepPoint::Due => Missed::Late,
                _ => Missed::Collapse,
            };
            assert_eq!(step.missed, missed, "{} {}", clock.name, step.at);
        }
    }
    let hours = changed("silence =", "grace = \"20 minutes\"\nsilence =");
    assert_eq!(parse(&hours).unwrap().code.grace.to_string(), "20 minutes");
    let none = changed("staff_hours = \"07:00-20:00\"", "");
    assert!(parse(&none).unwrap().code.staff_hours.is_none());
}

#[test]
fn staff_are_reminded_within_their_hours_of_a_working_day() {
    let jive = parse(JIVE).unwrap();
    let hours = jive.code.staff_hours.as_ref().unwrap();
    let next = |wall: &str| {
        let at = hours.next_working_instant(versions::at(wall)).unwrap();
        hours.zone().to_datetime(at).to_string()
    };
    // A Friday evening, a weekend, a Monday morning.
    assert_eq!(next("2026-06-05T19:59:00"), "2026-06-05T19:59:00");
    assert_eq!(next("2026-06-05T20:00:00"), "2026-06-08T07:00:00");
    assert_eq!(next("2026-06-08T05:00:00"), "2026-06-08T07:00:00");
    // Canada Day.
    assert_eq!(next("2026-07-01T10:00:00"), "2026-07-02T07:00:00");
    for (hours, words) in [
        ("\"7-20\"", "a window is written as"),
        ("\"07:00-07:00\"", "the window is empty"),
        ("\"20:00-19:00\"", "more than 12 hours"),
        ("\"\"", "a window is written as"),
    ] {
        refused("\"07:00-20:00\"", hours, hours, words);
    }
}

/// zammad #3140: nobody had said whether the update time waits for the agent or for the customer.
#[test]
fn a_clock_says_who_must_act() {
    refused(
        "owner = \"handler\"\n",
        "",
        "[[clock]]",
        "missing field `owner`",
    );
}

#[test]
fn every_clock_can_be_kept_by_something_that_happens_after_it_starts() {
    let jive = parse(JIVE).unwrap();
    for clock in &jive.clocks {
        let keeps = clock.stops_on.iter().chain(&clock.restarts_on);
        assert!(
            keeps
                .clone()
                .all(|trigger| !clock.starts_on.contains(trigger)),
            "{}",
            clock.name
        );
        assert!(
            clock.steps.iter().any(|step| step.at == StepPoint::Due),
            "{}",
            clock.name
        );
    }
    let on_filing = |clock: &&ClockRule| clock.starts_on.contains(&Trigger::Filed);
    assert_eq!(jive.clocks.iter().filter(on_filing).count(), 3);
}

#[test]
fn a_file_that_is_no_policy_is_refused_where_it_ends_to_be_one() {
    refused(
        "silence =",
        "silense =",
        "silense",
        "unknown field `silense`",
    );
    refused(
        "owner = \"handler\"",
        "owner = \"boss\"",
        "\"boss\"",
        "unknown variant `boss`",
    );
    refused(
        "target = \"1 working day\"",
        "target = \"soon\"",
        "\"soon\"",
        "is not a term",
    );
    refused(
        "at = \"50%\"",
        "at = \"100%\"",
        "\"100%\"",
        "from 1% to 99%",
    );
    refused(
        "at = \"due\"",
        "at = \"later\"",
        "\"later\"",
        "no point on a clock",
    );
    refused(
        "action = \"remind\"",
        "action = \"shout\"",
        "\"shout\"",
        "unknown variant `shout`",
    );
    refused(
        "mail = \"us-ma\"",
        "fax = \"us-ma\"",
        "fax",
        "unknown variant `fax`",
    );
    let half = "name = \"ca-jive\"\ntitle = ";
    let refusal = parse(half).map(|_| ()).unwrap_err();
    assert_eq!((refusal.line, refusal.column), (2, 9), "{refusal}");
}

#[test]
fn a_name_that_cannot_stand_in_a_resource_name_is_refused() {
    let long = format!("\"{}\"", "x".repeat(41));
    for name in ["\"CA-Jive\"", "\"\"", "\"ca jive\"", long.as_str()] {
        refused("\"ca-jive\"", name, name, "a name is 1 to 40");
    }
    let longest = "x".repeat(40);
    let named = parse(&changed("ca-jive", &longest)).unwrap();
    assert_eq!(named.name(), longest);
    let reference = format!("{longest}@{}", named.version());
    assert_eq!(named.reference().to_string(), reference);
    refused(
        "\"acknowledgement\"\nsource",
        "\"Ack\"\nsource",
        "\"Ack\"",
        "a name is 1 to 40",
    );
}

#[test]
fn effective_dates_are_dates_in_their_order() {
    let from = "effective_from = 2015-01-01";
    let time = "2015-01-01T09:00:00";
    refused(
        from,
        &format!("effective_from = {time}"),
        time,
        "expected a date",
    );
    let backwards = format!("{from}\neffective_until = 2014-12-31");
    refused(from, &backwards, "2014-12-31", "lies before effective_from");
    let one_day = format!("{from}\neffective_until = 2015-01-01");
    assert!(parse(&changed(from, &one_day)).is_ok());
}

#[test]
fn a_calendar_that_is_not_known_is_refused() {
    refused(
        "\"ca-federal\"",
        "\"ca-fed\"",
        "\"ca-fed\"",
        "no calendar is named \"ca-fed\"",
    );
    refused(
        "\"us-ma\"",
        "\"us-xx\"",
        "\"us-xx\"",
        "no calendar is named \"us-xx\"",
    );
}

#[test]
fn a_clock_that_cannot_start_or_be_kept_is_refused() {
    let starts = "starts_on = [\"filed\", \"enquiry_converted\"]\nstops_on = [\"acknowledged\", \"resolved_at_first_contact\"]";
    let name = "\"acknowledgement\"";
    let stops = "stops_on = [\"acknowledged\"]";
    refused(
        starts,
        &format!("starts_on = []\n{stops}"),
        name,
        "can never start",
    );
    refused(starts, "starts_on = [\"filed\"]", name, "can never be kept");
    let both = "starts_on = [\"filed\"]\nstops_on = [\"filed\"]";
    refused(starts, both, name, "both starts and stops on `filed`");
    refused_at(
        "\"customer_update\"",
        name,
        name,
        1,
        "a second clock is named",
    );
}

#[test]
fn a_policy_without_clocks_promises_nothing() {
    let (head, rest) = JIVE.split_once("[[clock]]").unwrap();
    let (_, tail) = rest.split_once("[escalation]").unwrap();
    let refusal = parse(&format!("{head}[escalation]{tail}"))
        .map(|_| ())
        .unwrap_err();
    assert!(refusal.reason.contains("promises nothing"), "{refusal}");
    let line = JIVE.lines().position(|line| line.starts_with("name = "));
    assert_eq!((refusal.line, refusal.column), (line.unwrap() + 1, 8));
}

#[test]
fn at_most_one_clock_times_the_promised_date() {
    let none = changed("follows_promise = true", "");
    assert!(parse(&none).is_ok(), "a regulator's code promises no date");
    let twice = "name = \"ceiling\"\nfollows_promise = true";
    refused(
        "name = \"ceiling\"",
        twice,
        "\"ceiling\"",
        "a second clock has `follows_promise`",
    );
}

#[test]
fn at_most_one_clock_bounds_what_may_be_promised_and_it_is_not_the_one_that_follows_it() {
    assert!(parse(&changed("bounds_promise = true", "")).is_ok());
    refused(
        "name = \"implementation\"",
        "name = \"implementation\"\nbounds_promise = true",
        "\"implementation\"",
        "a second clock has `bounds_promise`",
    );
    let both = "follows_promise = true\nbounds_promise = true";
    refused(
        "follows_promise = true",
        both,
        "\"resolution\"",
        "cannot follow what it bounds",
    );
}

#[test]
fn the_levels_are_two_or_more_with_titles_in_every_language() {
    let (before, rest) = JIVE.split_once("levels = [").unwrap();
    let (levels, _) = rest.split_once("]\neligible").unwrap();
    let line = before.matches('\n').count() + 1;
    let first = "\n    { en = \"Advisor\", fr = \"Service à la clientèle\", es = \"Atención al cliente\", de = \"Kundenberatung\" },\n";
    for (wrong, words) in [
        (first, "at least one level above"),
        ("", "at least one level above"),
        (
            "{ en = \"A\", fr = \"A\", es = \"A\" }, { en = \"B\" }",
            "level 0 needs its title",
        ),
    ] {
        let refusal = parse(&changed(levels, wrong)).map(|_| ()).expect_err(wrong);
        assert_eq!((refusal.line, refusal.column), (line, 10), "{refusal}");
        assert!(refusal.reason.contains(words), "{refusal}");
    }
    let italian = "de = \"Kundenberatung\", it = \"Consulente\" }";
    refused(
        "de = \"Kundenberatung\" }",
        italian,
        "[\n    { en = \"Advisor\"",
        "level 0 needs its title",
    );
}

#[test]
fn a_reason_names_the_clock_it_comes_from_and_only_that() {
    let with = "{ reason = \"update_overdue\", clock = \"customer_update\" }";
    let without = "{ reason = \"update_overdue\" }";
    refused(with, without, without, "needs the clock that is overdue");
    let unknown = "{ reason = \"update_overdue\", clock = \"updates\" }";
    refused(
        with,
        unknown,
        unknown,
        "no clock of this policy is named \"updates\"",
    );
    let extra = "{ reason = \"reopened\", clock = \"resolution\" }";
    refused("{ reason = \"reopened\" }", extra, extra, "takes no clock");
}

#[test]
fn the_recourse_begins_at_a_level_there_is_and_its_body_has_a_name_in_every_language() {
    for level in ["0", "4"] {
        let marker = format!("{level}\nsource = \"CCTS, annual report");
        refused(
            "from_level = 1",
            &format!("from_level = {level}"),
            &marker,
            "from 1 to the last",
        );
    }
    let french = "[recourse.body.fr]";
    refused(
        french,
        "[recourse.body.it]",
        "body.en]",
        "in no other language",
    );
}
