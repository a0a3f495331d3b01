#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
use super::*;
use crate::calendar::Day;

const OFFICE: &str = r#"# Our own.
name = "office"
title = "Office"
source = "none"
zone = "America/Toronto"
[week]
monday = ["09:00-12:00", "13:00-17:00"]
tuesday = ["09:00-17:00"]
wednesday = ["09:00-17:00"]
thursday = ["09:00-17:00"]
friday = ["09:00-17:00", "22:00-06:00"]
[[holiday]]
name = "Christmas Day"
on = "25 December"
substitute = "next_working_day"
[[override]]
date = "2026-11-06"
windows = ["09:00-12:00"]
name = "Town day""#;

fn office() -> Calendar {
    crate::watchdog::watch();
    Calendar::parse("office.toml", OFFICE).unwrap()
}

/// A file of these events, each given by its lines.
fn file(events: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\nVERSION:2.0\n".to_owned();
    for event in events {
        text += &format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n");
    }
    text + "END:VCALENDAR\n"
}

fn read_into(calendar: &Calendar, events: &[&str]) -> Result<Import, CalendarError> {
    let reading = Reading {
        through: 2030,
        free: false,
    };
    import("in/days.ics", file(events).as_bytes(), calendar, reading)
}

fn read(events: &[&str]) -> Import {
    read_into(&office(), events).unwrap()
}

fn refused(event: &str) -> String {
    read_into(&office(), &[event]).unwrap_err().to_string()
}

/// What was added, as the tables that say it.
fn told(import: &Import) -> Vec<String> {
    let tell = |added: &Added| {
        let name = added.name.as_deref().unwrap_or("-");
        match &added.when {
            When::Date(date) => {
                let windows: Vec<String> = added.windows.iter().map(Window::to_string).collect();
                format!("{date} [{}] {name}", windows.join(" "))
            }
            When::Yearly {
                on,
                from_year,
                to_year,
            } => format!("{on} {from_year} {to_year:?} {name}"),
        }
    };
    import.added.iter().map(tell).collect()
}

#[test]
fn whole_days_close_their_dates_and_the_file_keeps_its_text() {
    let import = read(&[
        "UID:1@example.com\nDTSTART;VALUE=DATE:20261224\nSUMMARY:Company day",
        "UID:2@example.com\nDTSTART;VALUE=DATE:20261228\nDTEND;VALUE=DATE:20261231\nSUMMARY:Winter \\\"break\\\"",
        "UID:3\nDTSTART;VALUE=DATE:20260701\nDURATION:P1D",
    ]);
    assert_eq!(
        told(&import),
        [
            "2026-07-01 [] -",
            "2026-12-24 [] Company day",
            "2026-12-28 [] Winter \"break\"",
            "2026-12-29 [] Winter \"break\"",
            "2026-12-30 [] Winter \"break\"",
        ]
    );
    let text = import.calendar.text();
    assert!(text.starts_with(&format!("{OFFICE}\n")), "{text}");
    let special = import.calendar.special_day(date(2026, 12, 24)).unwrap();
    assert_eq!(special.day, Day::Closed(Some("Company day")));
    assert_eq!(special.source, Some("days.ics, UID 1@example.com"));
}

#[test]
fn a_part_of_a_day_leaves_the_windows_around_it_in_the_zone_of_the_calendar() {
    for (event, expected) in [
        // Floating, in UTC, and in another zone: all are 12:00 to 15:00 in Toronto.
        (
            "DTSTART:20261105T120000\nDTEND:20261105T150000",
            "2026-11-05 [09:00-12:00 15:00-17:00]",
        ),
        (
            "DTSTART:20261105T170000Z\nDURATION:PT3H",
            "2026-11-05 [09:00-12:00 15:00-17:00]",
        ),
        (
            "DTSTART;TZID=Europe/Paris:20261105T180000\nDTEND;TZID=Europe/Paris:20261105T210000",
            "2026-11-05 [09:00-12:00 15:00-17:00]",
        ),
        (
            "DTSTART:20261102T100000\nDTEND:20261102T140000",
            "2026-11-02 [09:00-10:00 14:00-17:00]",
        ),
        (
            "DTSTART:20261105T080000\nDTEND:20261105T180000",
            "2026-11-05 []",
        ),
        // A minute that is closed in part is closed.
        (
            "DTSTART:20261105T163015\nDTEND:20261105T235959",
            "2026-11-05 [09:00-16:30]",
        ),
        (
            "DTSTART:20261105T080000\nDTEND:20261105T093001",
            "2026-11-05 [09:31-17:00]",
        ),
        // The night belongs to the Friday that it starts on.
        (
            "DTSTART:20261114T040000\nDTEND:20261114T120000",
            "2026-11-13 [09:00-17:00 22:00-04:00]",
        ),
        (
            "DTSTART:20261114T000000\nDTEND:20261114T120000",
            "2026-11-13 [09:00-17:00 22:00-24:00]",
        ),
    ] {
        let event = format!("UID:1\nSUMMARY:x\n{event}");
        assert_eq!(told(&read(&[&event])), [format!("{expected} x")], "{event}");
    }
}

#[test]
fn time_in_which_nobody_works_changes_nothing() {
    let import = read(&["UID:1\nDTSTART:20261105T180000\nDTEND:20261106T090000"]);
    assert_eq!((import.added.len(), import.idle), (0, 1));
    assert_eq!(import.calendar.text(), OFFICE);
}

#[test]
fn several_events_of_a_date_make_one_override() {
    let import = read(&[
        "UID:1\nSUMMARY:Fire drill\nDTSTART:20261105T090000\nDTEND:20261105T100000",
        "UID:2\nSUMMARY:Move\nDTSTART:20261105T150000\nDTEND:20261105T170000",
    ]);
    assert_eq!(told(&import), ["2026-11-05 [10:00-15:00] Fire drill; Move"]);
    assert_eq!(import.added[0].source, "days.ics, UID 1; days.ics, UID 2");
}

#[test]
fn what_the_calendar_has_decided_stays_and_is_told() {
    let import = read(&[
        "UID:1\nSUMMARY:X\nDTSTART;VALUE=DATE:20261225",
        "UID:2\nSUMMARY:Y\nDTSTART;VALUE=DATE:20261106",
        "UID:3\nSUMMARY:Z\nDTSTART:20261106T080000\nDTEND:20261106T100000",
    ]);
    assert!(import.added.is_empty());
    let left: Vec<_> = import
        .left
        .iter()
        .map(|left| {
            (
                left.when.clone(),
                left.name.as_deref(),
                left.because.clone(),
            )
        })
        .collect();
    let hours = vec!["09:00-12:00".parse().unwrap()];
    assert_eq!(
        left,
        [
            (
                When::Date(date(2026, 11, 6)),
                Some("Y; Z"),
                Because::Hours(hours)
            ),
            (
                When::Date(date(2026, 12, 25)),
                Some("X"),
                Because::Closed(Some("Christmas Day".to_owned()))
            ),
        ]
    );
}

#[test]
fn a_yearly_day_becomes_a_rule_and_another_repetition_dates() {
    let import = read(&[
        "UID:1\nSUMMARY:Eve\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY",
        "UID:2\nSUMMARY:Founders\nDTSTART;VALUE=DATE:20260216\nRRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=3MO;COUNT=3",
        "UID:3\nSUMMARY:May\nDTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;UNTIL=20280501",
        "UID:4\nSUMMARY:Two days\nDTSTART;VALUE=DATE:20280810\nDURATION:P2D\nRRULE:FREQ=YEARLY",
        "UID:5\nSUMMARY:Close\nDTSTART:20260831T150000\nDTEND:20260831T180000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2",
    ]);
    assert_eq!(
        told(&import),
        [
            "24 December 2026 None Eve",
            "third Monday of February 2026 Some(2028) Founders",
            "1 May 2026 Some(2028) May",
            "2026-08-31 [09:00-12:00 13:00-15:00] Close",
            "2026-09-30 [09:00-15:00] Close",
            "2028-08-10 [] Two days",
            "2028-08-11 [] Two days",
            "2029-08-10 [] Two days",
            "2029-08-11 [] Two days",
            "2030-08-10 [] Two days",
            "2030-08-11 [] Two days",
        ]
    );
    assert_eq!(import.cut_off, ["Two days"]);
    let day = |year| import.calendar.day(date(year, 2, 19));
    assert!(matches!(
        import.calendar.day(date(2055, 12, 24)),
        Day::Holiday("Eve")
    ));
    assert!(!matches!(day(2029), Day::Holiday(_)));
    let text = import.calendar.text();
    assert!(
        text.contains("\n# From days.ics, UID 1\n[[holiday]]\nname = \"Eve\"\n"),
        "{text}"
    );
}

#[test]
fn a_yearly_day_that_would_move_another_holiday_becomes_dates() {
    // Christmas 2027 is a Saturday, and stands in on the Monday.
    let import = read(&["UID:1\nSUMMARY:X\nDTSTART;VALUE=DATE:20261227\nRRULE:FREQ=YEARLY"]);
    assert_eq!(
        told(&import),
        [
            "2026-12-27 [] X",
            "2028-12-27 [] X",
            "2029-12-27 [] X",
            "2030-12-27 [] X"
        ]
    );
    assert_eq!(import.left.len(), 1);
    assert!(!matches!(
        import.calendar.day(date(2027, 12, 28)),
        Day::Holiday(_)
    ));
}

#[test]
fn a_holiday_that_ends_leaves_the_later_years_to_the_event() {
    let text =
        format!("{OFFICE}\n[[holiday]]\nname = \"Eve\"\non = \"24 December\"\nto_year = 2028\n");
    let office = Calendar::parse("office.toml", &text).unwrap();
    let event = "UID:1\nDTSTART;VALUE=DATE:19901224\nRRULE:FREQ=YEARLY";
    let import = read_into(&office, &[event]).unwrap();
    assert_eq!(told(&import), ["2029-12-24 [] -", "2030-12-24 [] -"]);
}

#[test]
fn dates_are_added_taken_out_and_changed_as_the_event_says() {
    let import = read(&[
        "UID:1\nSUMMARY:A\nDTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;VALUE=DATE:20260112\n\
         RDATE;VALUE=DATE:20260107,20260105",
        "UID:1\nSUMMARY:A, later\nRECURRENCE-ID;VALUE=DATE:20260119\nDTSTART;VALUE=DATE:20260120",
        "UID:1\nSTATUS:CANCELLED\nRECURRENCE-ID;VALUE=DATE:20260126\nDTSTART;VALUE=DATE:20260126",
        "UID:2\nSUMMARY:B\nDTSTART:20260205T090000\nDTEND:20260205T100000\nRRULE:FREQ=DAILY;UNTIL=20260209T140000Z\n\
         EXDATE:20260206T140000Z",
    ]);
    assert_eq!(
        told(&import),
        [
            "2026-01-05 [] A",
            "2026-01-07 [] A",
            "2026-01-20 [] A, later",
            "2026-02-05 [10:00-17:00] B",
            "2026-02-09 [10:00-12:00 13:00-17:00] B",
        ]
    );
    assert_eq!(import.cancelled, 1);
    assert!(import.cut_off.is_empty());
}

#[test]
fn cancelled_and_free_events_are_passed_over_and_counted() {
    let events = [
        "UID:1\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261224",
        "UID:2\nTRANSP:TRANSPARENT\nDTSTART;VALUE=DATE:20261230",
    ];
    let import = read(&events);
    assert_eq!((import.events, import.cancelled, import.free), (2, 1, 1));
    assert_eq!(import.calendar.text(), OFFICE);
    let reading = Reading {
        through: 2030,
        free: true,
    };
    let import = super::import("x.ics", file(&events).as_bytes(), &office(), reading).unwrap();
    assert_eq!(told(&import), ["2026-12-30 [] -"]);
}

#[test]
fn a_file_that_is_read_again_adds_nothing() {
    let events = [
        "UID:1\nSUMMARY:Eve\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY",
        "UID:2\nSUMMARY:X\nDTSTART;VALUE=DATE:20261227\nRRULE:FREQ=YEARLY",
        "UID:3\nSUMMARY:Noon\nDTSTART:20261105T120000\nDTEND:20261105T180000",
        "UID:4\nSUMMARY:Long\nDTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260711",
        "UID:5\nSUMMARY:All\nDTSTART:20261109T000000\nDTEND:20261110T000000",
        "UID:6\nDTSTART;VALUE=DATE:20260831\nRRULE:FREQ=YEARLY;COUNT=40",
        "UID:7\nDTSTART;VALUE=DATE:20260831\nRRULE:FREQ=YEARLY;COUNT=30",
    ];
    let first = read(&events);
    assert!(!first.added.is_empty());
    let again = read_into(&first.calendar, &events).unwrap();
    assert_eq!(told(&again), Vec::<String>::new());
    assert_eq!(again.calendar.text(), first.calendar.text());
    assert_eq!(again.calendar.version(), first.calendar.version());
}

#[test]
fn a_date_that_the_zone_skips_is_no_date_to_close() {
    let samoa = OFFICE.replace("America/Toronto", "Pacific/Apia");
    let samoa = Calendar::parse("samoa.toml", &samoa).unwrap();
    let event = "UID:1\nDTSTART;VALUE=DATE:20111229\nDTEND;VALUE=DATE:20120101";
    let import = read_into(&samoa, &[event]).unwrap();
    assert_eq!(told(&import), ["2011-12-29 [] -", "2011-12-31 [] -"]);
}

#[test]
fn a_wrong_file_is_refused_with_its_line() {
    for (event, expected) in [
        ("DTSTART;VALUE=DATE:20261224", "3: the event has no UID"),
        ("UID:1", "3: the event has no DTSTART"),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261332",
            "5: DTSTART holds \"20261332\"",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:99990101",
            "5: DTSTART holds \"99990101\": events lie",
        ),
        ("UID:1\nDTSTART:20261224T0900", "5: DTSTART holds"),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224T090000",
            "5: DTSTART holds",
        ),
        (
            "UID:1\nDTSTART:20261224T090000",
            "5: the event has a point in time and no end",
        ),
        (
            "UID:1\nDTSTART;TZID=Eastern:20261224T090000\nDURATION:PT1H",
            "5: TZID \"Eastern\"",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224",
            "6: DTEND is the end",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nDTEND:20261225T000000",
            "6: DTSTART and DTEND",
        ),
        (
            "UID:1\nDTSTART:20261224T090000\nDTEND:20261224T150000Z",
            "6: DTSTART and DTEND",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nDURATION:PT5H",
            "6: an event that starts on a date",
        ),
        (
            "UID:1\nDTSTART:20261224T090000\nDURATION:-PT5H",
            "6: DURATION holds",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nDTSTART;VALUE=DATE:20261225",
            "6: an event has one DTSTART",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=SECONDLY",
            "6: FREQ=SECONDLY",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=WEEKLY;BYDAY=MO",
            "6: DTSTART is no date of this rule",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;UNTIL=20251224",
            "6: UNTIL comes before",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nEXRULE:FREQ=YEARLY",
            "6: EXRULE",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRDATE;VALUE=PERIOD:20261224T0/P1D",
            "6: RDATE with VALUE=PERIOD",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nEXDATE:20261224T000000",
            "6: EXDATE and DTSTART",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261224",
            "6: RANGE is not understood",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:19000101\nDTEND;VALUE=DATE:20500101",
            "5: the file closes more than 10000 dates",
        ),
        (
            "UID:1\nDTSTART:20261114T010000\nDTEND:20261114T030000",
            "5: the event leaves a part of the night of 2026-11-13",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRECURRENCE-ID;VALUE=DATE:20261224\nRRULE:FREQ=DAILY",
            "7: what one date was changed to",
        ),
        ("BEGIN:VALARM\nEND:VEVENT", "5: END:VALARM was expected"),
        ("hello", "4: a line is written"),
    ] {
        let error = refused(event);
        assert!(error.starts_with("in/days.ics:"), "{error}");
        let (_, rest) = error.split_once(":").unwrap();
        let (line, rest) = rest.split_once(":1: ").unwrap();
        let told = format!("{line}: {rest}");
        assert!(told.starts_with(expected), "{event}\n{told}\n{expected}");
    }
    for (text, expected) in [
        ("", "1:1: the file is no iCalendar file"),
        ("name = \"office\"\n", "1:1: a line is written"),
        ("BEGIN:VEVENT\n", "1:1: an iCalendar file is written"),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\n",
            "1:1: BEGIN:VCALENDAR has no END",
        ),
        (
            "BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR\n",
            "2:1: the file takes events back",
        ),
    ] {
        let reading = Reading {
            through: 2030,
            free: false,
        };
        let error = import("x.ics", text.as_bytes(), &office(), reading).unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("x.ics:{expected}")),
            "{error}"
        );
    }
}

#[test]
fn one_uid_for_two_events_is_refused_and_a_change_must_be_like_what_it_changes() {
    let one = "UID:1\nDTSTART;VALUE=DATE:20261224";
    let error = read_into(&office(), &[one, one]).unwrap_err();
    assert_eq!(error.line, 9);
    assert!(error.reason.contains("of line 5 already"), "{error}");
    let change = "UID:1\nDTSTART;VALUE=DATE:20261225\nRECURRENCE-ID:20261224T000000";
    let error = read_into(&office(), &[one, change]).unwrap_err();
    assert_eq!(error.line, 9);
}

#[test]
fn what_stands_inside_an_event_or_beside_it_is_not_taken_for_it() {
    let text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:19701101T020000\nEND:STANDARD\n\
                END:VTIMEZONE\nBEGIN:VTODO\nUID:t\nDTSTART;VALUE=DATE:20260101\nEND:VTODO\n\
                BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261224\nBEGIN:VALARM\nDURATION:PT5M\nEND:VALARM\n\
                END:VEVENT\nEND:VCALENDAR\n";
    let reading = Reading {
        through: 2030,
        free: false,
    };
    let import = import("x.ics", text.as_bytes(), &office(), reading).unwrap();
    assert_eq!(told(&import), ["2026-12-24 [] -"]);
}
