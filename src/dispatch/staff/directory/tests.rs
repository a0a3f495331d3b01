#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{path::Path, sync::LazyLock};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{Concern, Directory};
use crate::{calendar::CalendarBook, policy::Role};

const STAFF: &str = r#"fallback = "Desk"

[[person]]
name = "Ana"
mail = "ana@example.org"
calendar = "ca-federal"
quiet = "18:00-08:00"
at_once = true
away = [{ from = 2026-07-06, until = 2026-07-17, deputy = "ben" }]

[[person]]
name = "Ben"
mail = "ben@example.org"
webhook = "https://chat.example.org/hooks/ben"
calendar = "ca-federal"
digest = "08:30"
away = [{ from = 2026-07-13, until = 2026-07-14, deputy = "cora" }]

[[person]]
name = "Cora"
webhook = "https://chat.example.org/hooks/cora"
calendar = "ca-federal"
at_once = true
away = [{ from = 2026-07-14, until = 2026-07-14, deputy = "ana" }]

[[team]]
name = "Billing"
brands = ["jive"]
members = ["ana", "ben"]
supervisors = ["cora"]

[[team]]
name = "Desk"
mail = "desk@example.org"
calendar = "ca-federal"
at_once = true
brands = ["*"]
regulatory_affairs = ["ben"]
"#;

fn calendars() -> &'static CalendarBook {
    crate::watchdog::watch();
    static CALENDARS: LazyLock<CalendarBook> = LazyLock::new(|| CalendarBook::builtin().unwrap());
    &CALENDARS
}

fn parse(text: &str) -> Result<Directory, String> {
    let parsed = Directory::parse(Path::new("staff.toml"), text.as_bytes(), calendars());
    parsed.map_err(|error| error.to_string())
}

fn staff() -> Directory {
    parse(STAFF).unwrap()
}

/// Wall time in Toronto.
fn t(wall: &str) -> Timestamp {
    let wall: DateTime = wall.parse().unwrap();
    let toronto = TimeZone::get("America/Toronto").unwrap();
    wall.to_zoned(toronto).unwrap().timestamp()
}

#[track_caller]
fn reaches(to: Role, assignee: Option<&str>, brand: &str, at: &str, whom: &[&str]) {
    let concern = Concern {
        to,
        assignee,
        brand,
    };
    let staff = staff();
    let reached: Vec<&str> = staff.reach(&concern, t(at)).into_iter().collect();
    assert_eq!(reached, whom, "{concern:?}");
}

const JUNE: &str = "2026-06-03T10:00";

#[test]
fn a_handler_is_told_by_whatever_spelling_the_complaint_has() {
    for name in ["Ana", "ana", "ANA", "  ana "] {
        reaches(Role::Handler, Some(name), "jive", JUNE, &["ana"]);
    }
}

#[test]
fn a_queue_tells_its_own_address_or_else_its_members() {
    reaches(
        Role::Handler,
        Some("billing"),
        "jive",
        JUNE,
        &["ana", "ben"],
    );
    reaches(Role::Handler, Some("desk"), "jive", JUNE, &["desk"]);
}

#[test]
fn what_nobody_known_has_falls_to_the_team_of_the_brand() {
    for unknown in [None, Some("zoe")] {
        reaches(Role::Handler, unknown, "jive", JUNE, &["ana", "ben"]);
        reaches(Role::Handler, unknown, "acme", JUNE, &["desk"]);
        reaches(Role::Supervisor, unknown, "jive", JUNE, &["cora"]);
    }
}

#[test]
fn supervisors_are_those_of_the_handler_s_team() {
    reaches(Role::Supervisor, Some("ben"), "acme", JUNE, &["cora"]);
    reaches(
        Role::RegulatoryAffairs,
        Some("desk"),
        "jive",
        JUNE,
        &["ben"],
    );
    // A team without any reaches nobody: that is for the fallback.
    reaches(Role::RegulatoryAffairs, Some("ben"), "jive", JUNE, &[]);
}

#[test]
fn a_deputy_is_told_in_the_place_of_whoever_is_away() {
    let away = "2026-07-07T10:00";
    reaches(Role::Handler, Some("ana"), "jive", away, &["ben"]);
    // On the evening before, she can be told no more before she leaves; on the last evening, once she is back.
    reaches(
        Role::Handler,
        Some("ana"),
        "jive",
        "2026-07-03T19:00",
        &["ben"],
    );
    reaches(
        Role::Handler,
        Some("ana"),
        "jive",
        "2026-07-17T19:00",
        &["ana"],
    );
    // Who stands in may be away too.
    reaches(
        Role::Handler,
        Some("ana"),
        "jive",
        "2026-07-13T10:00",
        &["cora"],
    );
    // In a circle nobody is there, and the fallback has to be told.
    reaches(Role::Handler, Some("ana"), "jive", "2026-07-14T10:00", &[]);
    let staff = staff();
    let fallback: Vec<&str> = staff.fallback(t("2026-07-14T10:00")).into_iter().collect();
    assert_eq!(fallback, ["desk"]);
}

#[test]
fn a_fallback_is_reached_even_if_all_who_would_stand_in_are_away() {
    let alone = STAFF.replacen("fallback = \"Desk\"", "fallback = \"Ana\"", 1);
    let staff = parse(&alone).unwrap();
    let told: Vec<&str> = staff.fallback(t("2026-07-14T10:00")).into_iter().collect();
    assert_eq!(told, ["ana"]);
    let team = STAFF.replacen("fallback = \"Desk\"", "fallback = \"Billing\"", 1);
    let staff = parse(&team).unwrap();
    let told: Vec<&str> = staff.fallback(t("2026-07-14T10:00")).into_iter().collect();
    assert_eq!(told, ["ana", "ben"]);
}

#[test]
fn quiet_hours_end_when_the_addressee_s_own_clock_says_so_whatever_became_of_it_overnight() {
    let staff = staff();
    let ana = staff.addressee("ana").unwrap();
    let told = |at: &str| ana.reachable_from(t(at));
    assert_eq!(told("2026-06-03T10:00"), t("2026-06-03T10:00"));
    assert_eq!(told("2026-06-03T18:00"), t("2026-06-04T08:00"));
    assert_eq!(told("2026-06-03T07:59"), t("2026-06-03T08:00"));
    // Over a weekend on which the clock is put forward, or back, and over a holiday.
    let hours = |from: &str, to: &str| {
        assert_eq!(told(from), t(to));
        told(from).duration_since(t(from)).as_hours()
    };
    assert_eq!(hours("2026-03-06T18:00", "2026-03-09T08:00"), 61);
    assert_eq!(hours("2026-10-30T18:00", "2026-11-02T08:00"), 63);
    assert_eq!(hours("2026-06-05T18:00", "2026-06-08T08:00"), 62);
    assert_eq!(hours("2026-06-30T19:00", "2026-07-02T08:00"), 37);
}

#[test]
fn a_digest_is_due_from_its_hour_on_on_working_days_alone() {
    let staff = staff();
    let ben = staff.addressee("ben").unwrap();
    let due = |at: &str| ben.digest_day(t(at)).map(|day| day.to_string());
    assert_eq!(due("2026-06-03T08:29:59"), None);
    assert_eq!(due("2026-06-03T08:30"), Some("2026-06-03".to_owned()));
    assert_eq!(due("2026-06-03T23:59"), Some("2026-06-03".to_owned()));
    assert_eq!(due("2026-06-06T12:00"), None, "a Saturday");
    assert_eq!(due("2026-07-01T12:00"), None, "Canada Day");
    // By the local clock before it is put back and after.
    assert_eq!(due("2026-10-30T08:30"), Some("2026-10-30".to_owned()));
    assert_eq!(due("2026-11-02T08:29"), None);
    assert_eq!(due("2026-11-02T08:30"), Some("2026-11-02".to_owned()));
    let next = |day: &str| ben.working_day_after(day.parse().unwrap()).to_string();
    assert_eq!(next("2026-06-03"), "2026-06-04");
    assert_eq!(next("2026-06-05"), "2026-06-08");
    assert_eq!(next("2026-06-30"), "2026-07-02");
    assert_eq!(
        ben.end_of("2026-11-01".parse().unwrap()),
        t("2026-11-02T00:00")
    );
}

/// Refused at this piece of the changed file, in these words.
#[track_caller]
fn refused(from: &str, to: &str, marker: &str, words: &str) {
    assert!(STAFF.contains(from), "{from}");
    let text = STAFF.replacen(from, to, 1);
    let error = parse(&text).map(|_| ()).expect_err(to);
    let before = &text[..text.find(marker).unwrap()];
    let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    let line = before.matches('\n').count() + 1;
    let place = format!("staff.toml:{line}:{column}: ");
    assert!(error.starts_with(&place), "{error}\nwanted {place}");
    assert!(error.contains(words), "{error}");
}

#[test]
fn whatever_is_wrong_in_a_directory_is_refused_with_its_line_and_key() {
    for (from, to, marker, words) in [
        (
            "fallback = \"Desk\"",
            "fallback = \"Nobody\"",
            "\"Nobody\"",
            "fallback: there is no person or team named \"Nobody\"",
        ),
        (
            "mail = \"ana@example.org\"",
            "mail = \"ana\"",
            "\"ana\"\ncal",
            "mail: an e-mail address",
        ),
        (
            "mail = \"ana@example.org\"\n",
            "",
            "\"Ana\"",
            "\"Ana\" has no address",
        ),
        (
            "https://chat.example.org/hooks/ben",
            "chat.example.org",
            "\"chat.example.org\"",
            "webhook: a URL",
        ),
        (
            "https://chat.example.org/hooks/ben",
            "https://u:p@chat.example.org",
            "\"https://u:p@",
            "webhook: a URL",
        ),
        (
            "calendar = \"ca-federal\"\nquiet",
            "calendar = \"ca-moon\"\nquiet",
            "\"ca-moon\"",
            "calendar: there is no calendar",
        ),
        (
            "calendar = \"ca-federal\"\nquiet",
            "quiet",
            "\"Ana\"",
            "has no calendar",
        ),
        (
            "18:00-08:00",
            "18-08",
            "\"18-08\"",
            "quiet: hours are wanted",
        ),
        (
            "18:00-08:00",
            "18:00-18:00",
            "\"18:00-18:00\"",
            "quiet: nobody could ever be told",
        ),
        (
            "18:00-08:00",
            "00:00-24:00",
            "\"00:00-24:00\"",
            "quiet: nobody could ever be told",
        ),
        ("18:00-08:00", "25:00-08:00", "\"25:00-08:00\"", "quiet: "),
        (
            "digest = \"08:30\"",
            "digest = \"8.30\"",
            "\"8.30\"",
            "digest: an hour is wanted",
        ),
        (
            "digest = \"08:30\"",
            "digest = \"24:00\"",
            "\"24:00\"",
            "digest: an hour is wanted",
        ),
        ("digest = \"08:30\"\n", "", "\"Ben\"", "give it `digest`"),
        (
            "until = 2026-07-17",
            "until = 2026-07-05",
            "2026-07-05",
            "until: the last day",
        ),
        ("from = 2026-07-06", "from = \"July\"", "\"July\"", ""),
        (
            "from = 2026-07-06",
            "from = 2026-07-06T10:00:00",
            "2026-07-06T10",
            "from: a day is wanted",
        ),
        (
            "deputy = \"ben\"",
            "deputy = \"ana\"",
            "\"ana\" }]",
            "deputy: nobody stands in for themselves",
        ),
        (
            "deputy = \"ben\"",
            "deputy = \"billing\"",
            "\"billing\"",
            "deputy: there is no person named",
        ),
        (
            "deputy = \"ben\" }",
            "deputy = \"ben\" }, { from = 2026-07-17, until = 2026-07-18, deputy = \"ben\" }",
            "2026-07-17, until = 2026-07-18",
            "from: some of these days",
        ),
        (
            "name = \"Cora\"",
            "name = \"ANA\"",
            "\"ANA\"",
            "name: line 4 already has this name",
        ),
        (
            "name = \"Cora\"",
            "name = \"redress\"",
            "\"redress\"",
            "name: this is the name of the service",
        ),
        (
            "name = \"Cora\"",
            "name = \"-\"",
            "\"-\"",
            "name: a name has a letter or a digit",
        ),
        (
            "members = [\"ana\", \"ben\"]",
            "members = [\"zoe\"]",
            "\"zoe\"",
            "members: there is no person named \"zoe\"",
        ),
        (
            "members = [\"ana\", \"ben\"]",
            "members = [\"ana\", \"Ana\"]",
            "\"Ana\"]",
            "members: this person stands in it twice",
        ),
        (
            "members = [\"ana\", \"ben\"]\n",
            "",
            "\"Billing\"",
            "has no members and no address",
        ),
        (
            "supervisors = [\"cora\"]",
            "quiet = \"18:00-08:00\"",
            "\"18:00-08:00\"\n\n[[team]]",
            "quiet: a team without an address",
        ),
        (
            "brands = [\"*\"]",
            "brands = [\"jive\"]",
            "\"jive\"]\nreg",
            "brands: what nobody known has of this brand",
        ),
        (
            "brands = [\"*\"]",
            "brands = [\"Jive!\"]",
            "\"Jive!\"",
            "brands: the name of a brand",
        ),
        (
            "at_once = true\naway = [{ from = 2026-07-06",
            "at_onse = true\naway = [{ from = 2026-07-06",
            "at_onse",
            "unknown field `at_onse`",
        ),
    ] {
        refused(from, to, marker, words);
    }
    let unread = Directory::parse(Path::new("staff.toml"), b"fallback = \"\xff\"", calendars());
    assert!(unread.is_err());
    assert!(parse("").is_err());
}
