//! What a person is told about a file.

use super::*;

const GOOD: &str = "UID:good\nSUMMARY:Good\nDTSTART;VALUE=DATE:20261224";

#[test]
fn an_event_that_cannot_be_read_is_left_out_and_the_others_are_taken() {
    for (event, line, expected) in [
        ("UID:1", 3, "has no DTSTART"),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261332",
            5,
            "DTSTART is \"20261332\"",
        ),
        ("UID:1\nDTSTART;VALUE=DATE:99990101", 5, "only the years"),
        ("UID:1\nDTSTART:soon", 5, "DTSTART is \"soon\""),
        (
            "UID:1\nDTSTART;TZID=Moon/Base:20261224T090000\nDURATION:PT1H",
            5,
            "the time zone",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nDTSTART;VALUE=DATE:20261225",
            6,
            "second DTSTART",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nDURATION:P1Y",
            6,
            "DURATION is \"P1Y\"",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nDURATION:P999999999D",
            5,
            "three hundred years",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=HOURLY",
            6,
            "repeats within a day",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=FORTNIGHTLY",
            6,
            "FREQ=FORTNIGHTLY",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;COUNT=0",
            6,
            "COUNT=0",
        ),
        (
            "UID:1\nDTSTART;VALUE=DATE:20261224\nRDATE;VALUE=PERIOD:soon/P1D",
            6,
            "RDATE is \"soon\"",
        ),
    ] {
        let import = read(&[event, GOOD]);
        assert_eq!(told(&import), ["2026-12-24 [] Good"], "{event}");
        let note = import.notes.first().unwrap();
        assert_eq!(
            (note.line, note.doubtful),
            (line, true),
            "{event}\n{note:?}"
        );
        assert_eq!(note.event.as_deref(), Some("1"));
        assert!(
            note.text.starts_with("left out: ") && note.text.contains(expected),
            "{note:?}"
        );
    }
}

#[test]
fn a_line_or_component_that_is_wrong_costs_no_more_than_itself() {
    let good = file(&[GOOD]);
    for (text, line, expected) in [
        (good.replace("VERSION:2.0", "hello"), 2, "ignored"),
        (
            good.replace("UID:good", "UID:good\nno line at all"),
            5,
            "ignored",
        ),
        (
            good.replace("END:VEVENT", "BEGIN:VALARM\nEND:VEVENT"),
            7,
            "left out: BEGIN:VALARM has no END before the END:VEVENT on line 8",
        ),
        (
            good.replace("END:VCALENDAR", "END:VTODO\nEND:VCALENDAR"),
            8,
            "END:VTODO has no BEGIN",
        ),
        (
            good.replace("END:VCALENDAR", "BEGIN:VEVENT\nUID:2"),
            8,
            "left out: BEGIN:VEVENT has no END, so the file may be incomplete",
        ),
        (format!("hello:world\n{good}"), 1, "outside any VCALENDAR"),
        (
            good.replace("BEGIN:VCALENDAR\n", "")
                .replace("END:VCALENDAR\n", "")
                .replace("VERSION:2.0\n", ""),
            1,
            "outside any VCALENDAR",
        ),
        (good.replace("UID:good\n", ""), 3, "has no UID"),
    ] {
        let import = import("x.ics", text.as_bytes(), &office(), READING).unwrap();
        assert_eq!(told(&import), ["2026-12-24 [] Good"], "{text}");
        let found = import
            .notes
            .iter()
            .any(|note| note.line == line && note.text.contains(expected));
        assert!(found, "{text}\n{:#?}", import.notes);
    }
}

#[test]
fn a_file_that_is_not_icalendar_is_refused() {
    for text in [
        "",
        "name = \"office\"\n",
        "BEGIN:VCARD\nEND:VCARD\n",
        "<html>",
    ] {
        let error = import("x.ics", text.as_bytes(), &office(), READING).unwrap_err();
        let expected = "x.ics:1:1: the file is not an iCalendar file: it has no BEGIN:VCALENDAR";
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn everything_is_reported_in_one_run_in_the_order_of_the_lines() {
    let import = read(&[
        "UID:1\nSUMMARY:A\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224",
        "UID:2\nSUMMARY:B\nDTSTART:soon",
        "UID:3\nSUMMARY:C\nDTSTART:20261105T180000\nDTEND:20261106T090000",
        "UID:4\nSUMMARY:D\nTRANSP:TRANSPARENT\nDTSTART;VALUE=DATE:20261230",
        "UID:5\nSUMMARY:E\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261230",
        "UID:6\nSUMMARY:F\nDTSTART:20261126T160000\nDTEND:20261126T180000\nRRULE:FREQ=DAILY;COUNT=4",
        "UID:7\nSUMMARY:G\nDTSTART;VALUE=DATE:20320101",
    ]);
    let expected = [
        "! A: DTEND equals DTSTART; read as that one day",
        "! B: left out: DTSTART is \"soon\"; a date is written 20261224 and a time 20261224T170000",
        "- C: the calendar has no working hours then, so it closes nothing",
        "- D: marked as free time, so it closes nothing; use --include-free to take it",
        "- E: cancelled, so it closes nothing; what an earlier import closed for it stays closed",
        "- F: the calendar has no working hours at 2 of its 4 occurrences",
    ];
    assert_eq!(noted(&import), expected);
    assert_eq!(import.events, 7);
}

#[test]
fn a_repetition_that_begins_later_is_told_with_how_to_take_it() {
    let import =
        read(&["UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20320102\nRRULE:FREQ=WEEKLY;COUNT=2"]);
    let expected = "- x: begins after 2030, so it closes nothing; use --through for later years";
    assert_eq!(noted(&import), [expected]);
}

#[test]
fn free_time_is_taken_where_it_is_asked_for() {
    let event = "UID:2\nTRANSP:TRANSPARENT\nDTSTART;VALUE=DATE:20261230";
    let import = read(&[event]);
    assert_eq!(import.calendar.text(), OFFICE);
    let reading = Reading {
        free: true,
        ..READING
    };
    let import = super::import("x.ics", file(&[event]).as_bytes(), &office(), reading).unwrap();
    assert_eq!(told(&import), ["2026-12-30 [] -"]);
    assert_eq!(noted(&import), Vec::<String>::new());
}

#[test]
fn a_night_of_which_only_the_end_would_remain_is_left_out() {
    let import = read(&["UID:1\nSUMMARY:x\nDTSTART:20261113T220000\nDTEND:20261114T030000"]);
    assert_eq!(told(&import), Vec::<String>::new());
    assert!(
        noted(&import)[0].contains("left out on 2026-11-13"),
        "{:?}",
        import.notes
    );
}
