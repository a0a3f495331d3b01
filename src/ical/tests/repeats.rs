//! What repeats: its end, its exclusions and its changes, as programs write them.

use super::*;

const TORONTO: &str = "America/Toronto";

fn dates(days: &[&str]) -> String {
    let days: Vec<_> = days.iter().map(|day| format!("2026-{day} [] x")).collect();
    days.join(", ")
}

fn each(cases: &[(&str, &str, &str, &[&str])]) {
    for (zone, lines, expected, notes) in cases {
        let event = format!("UID:1\nSUMMARY:x\n{lines}");
        each_is_read(&[(zone, &[event.as_str()], expected, notes)]);
    }
}

/// The starts of the parts that are taken from nine to five, date by date.
fn parts(days: &[&str], windows: &str) -> String {
    let days: Vec<_> = days
        .iter()
        .map(|day| format!("2026-{day} [{windows}] x"))
        .collect();
    days.join(", ")
}

#[test]
fn until_may_be_written_differently_from_dtstart() {
    let daily =
        |until: &str| format!("DTSTART;VALUE=DATE:20261221\nRRULE:FREQ=DAILY;UNTIL={until}");
    let (three, four) = (
        dates(&["12-21", "12-22", "12-23"]),
        dates(&["12-21", "12-22", "12-23", "12-24"]),
    );
    const READ: &[&str] = &["UNTIL is a time, but the event is all day"];
    for (zone, until, expected, notes) in [
        (TORONTO, "20261223", &three, &[] as &[&str]),
        // The end of the local day, its beginning, and the date as if it were one.
        (TORONTO, "20261224T045959Z", &three, READ),
        (TORONTO, "20261224T050000Z", &four, READ),
        (TORONTO, "20261224T000000Z", &four, READ),
        (TORONTO, "20261223T235959", &three, READ),
        ("Europe/Paris", "20261222T230000Z", &three, READ),
        ("Europe/Paris", "20261223T225959Z", &three, READ),
        ("Europe/Paris", "20261223T000000Z", &three, READ),
        ("Pacific/Auckland", "20261222T110000Z", &three, READ),
    ] {
        each(&[(zone, &daily(until), expected, notes)]);
    }
    // The only day that it may be.
    let yearly = "DTSTART;VALUE=DATE:20261020\nRRULE:FREQ=YEARLY;UNTIL=20261019T230000Z;BYMONTHDAY=20;BYMONTH=10";
    each(&[("Europe/London", yearly, &dates(&["10-20"]), READ)]);

    let timed = |start: &str, until: &str| {
        format!("DTSTART{start}:20261201T130000\nDURATION:PT8H\nRRULE:FREQ=DAILY;UNTIL={until}")
    };
    let (two, three) = (
        parts(&["12-01", "12-02"], "09:00-13:00"),
        parts(&["12-01", "12-02", "12-03"], "09:00-13:00"),
    );
    const ZONED: &str = ";TZID=America/Toronto";
    for (start, until, expected, notes) in [
        (ZONED, "20261203T180000Z", &three, &[] as &[&str]),
        (ZONED, "20261203T175959Z", &two, &[]),
        (ZONED, "20261203T130000", &three, &["UNTIL is not in UTC"]),
        (ZONED, "20261203", &three, &["UNTIL is a date"]),
        ("", "20261203T130000", &three, &[]),
        ("", "20261203T125959", &two, &[]),
        // Without a zone of its own: by the calendar's clock, or as it is written where that is met.
        (
            "",
            "20261203T180000Z",
            &three,
            &["but DTSTART has no time zone"],
        ),
        (
            "",
            "20261203T130000Z",
            &three,
            &["but DTSTART has no time zone"],
        ),
        (
            "",
            "20261203T150000Z",
            &two,
            &["but DTSTART has no time zone"],
        ),
    ] {
        each(&[(TORONTO, &timed(start, until), expected, notes)]);
    }
    // The zone of the event, and not that of the calendar.
    let event = "DTSTART;TZID=America/Toronto:20261201T130000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261203T130000";
    let expected = parts(&["12-01", "12-02", "12-03"], "09:00-14:30 15:30-17:00");
    each(&[(
        "America/St_Johns",
        event,
        &expected,
        &["UNTIL is not in UTC"],
    )]);
    // It is over before it begins.
    let event = "DTSTART;TZID=America/Toronto:20260907T090000\nDURATION:PT3H\nRRULE:FREQ=WEEKLY;UNTIL=20260831T035959Z";
    each(&[(TORONTO, event, "", &["never occurs"])]);
}

#[test]
fn an_exclusion_may_be_written_differently_from_dtstart() {
    let daily =
        |except: &str| format!("DTSTART;VALUE=DATE:20261221\nRRULE:FREQ=DAILY;COUNT=4\n{except}");
    let (without, all) = (
        dates(&["12-21", "12-22", "12-24"]),
        dates(&["12-21", "12-22", "12-23", "12-24"]),
    );
    const READ: &[&str] = &["EXDATE is a time, but the event is all day; read as 2026-12-23"];
    for (zone, except, expected, notes) in [
        (
            TORONTO,
            "EXDATE;VALUE=DATE:20261223",
            &without,
            &[] as &[&str],
        ),
        (
            TORONTO,
            "EXDATE:20261223",
            &without,
            &["EXDATE is a date but lacks VALUE=DATE; read as a date"],
        ),
        (TORONTO, "EXDATE:20261223T000000", &without, READ),
        (TORONTO, "EXDATE:20261223T000000Z", &without, READ),
        (TORONTO, "EXDATE:20261223T050000Z", &without, READ),
        (
            TORONTO,
            "EXDATE;TZID=Europe/Paris:20261223T000000",
            &without,
            READ,
        ),
        ("Europe/Paris", "EXDATE:20261222T230000Z", &without, READ),
        (
            TORONTO,
            "EXDATE;VALUE=DATE:20261229",
            &all,
            &["EXDATE 2026-12-29 matches no occurrence; nothing is excluded"],
        ),
        (TORONTO, "EXDATE:", &all, &[]),
    ] {
        each(&[(zone, &daily(except), expected, notes)]);
    }

    let weekly = |start: &str, except: &str| {
        format!(
            "DTSTART{start}:20261204T130000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;COUNT=3\n{except}"
        )
    };
    let (without, all) = (
        parts(&["12-04", "12-18"], "09:00-13:00"),
        parts(&["12-04", "12-11", "12-18"], "09:00-13:00"),
    );
    const ZONED: &str = ";TZID=America/Toronto";
    for (start, except, expected, notes) in [
        (
            ZONED,
            "EXDATE;TZID=America/Toronto:20261211T130000",
            &without,
            &[] as &[&str],
        ),
        (
            ZONED,
            "EXDATE;TZID=Europe/Paris:20261211T190000",
            &without,
            &[],
        ),
        (ZONED, "EXDATE:20261211T180000Z", &without, &[]),
        (
            ZONED,
            "EXDATE:20261211T130000",
            &without,
            &["EXDATE has no time zone"],
        ),
        (
            ZONED,
            "EXDATE:20261211T130000Z",
            &without,
            &["matches no occurrence in its own time zone"],
        ),
        (
            ZONED,
            "EXDATE;TZID=Moon/Base:20261211T130000",
            &without,
            &["EXDATE has no time zone", "is unknown"],
        ),
        (
            ZONED,
            "EXDATE;VALUE=DATE:20261211",
            &without,
            &["EXDATE is a date"],
        ),
        (
            ZONED,
            "EXDATE:20261211T090000",
            &all,
            &["matches no occurrence; nothing is excluded"],
        ),
        (
            ZONED,
            "EXDATE;TZID=America/Toronto:20261211T130000,20261204T130000\nEXDATE;TZID=America/Toronto:20261218T130000",
            &String::new(),
            &["never occurs"],
        ),
        ("", "EXDATE:20261211T130000", &without, &[]),
        ("", "EXDATE:20261211T180000Z", &without, &[]),
        (
            "",
            "EXDATE:20261211T130000Z",
            &without,
            &["matches no occurrence in its own time zone"],
        ),
        (
            ZONED,
            "EXRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;COUNT=2",
            &parts(&["12-11"], "09:00-13:00"),
            &["EXRULE is obsolete"],
        ),
    ] {
        each(&[(TORONTO, &weekly(start, except), expected, notes)]);
    }
    // Without a zone beside a start in another zone than the calendar's.
    let event = "DTSTART;TZID=America/Los_Angeles:20261204T100000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20261211T100000";
    let expected = parts(&["12-04", "12-18"], "09:00-13:00 15:00-17:00");
    each(&[(TORONTO, event, &expected, &["EXDATE has no time zone"])]);
}

#[test]
fn further_dates_may_be_dates_times_and_periods() {
    let timed = "DTSTART:20261203T180000Z\nDTEND:20261203T200000Z\n";
    let first = "2026-12-03 [09:00-13:00 15:00-17:00] x";
    for (more, expected, notes) in [
        (
            "RDATE:20261210T180000Z",
            "2026-12-10 [09:00-13:00 15:00-17:00] x",
            &[] as &[&str],
        ),
        (
            "RDATE;VALUE=PERIOD:20261210T180000Z/20261210T190000Z",
            "2026-12-10 [09:00-13:00 14:00-17:00] x",
            &[],
        ),
        (
            "RDATE;VALUE=PERIOD:20261210T180000Z/PT3H",
            "2026-12-10 [09:00-13:00 16:00-17:00] x",
            &[],
        ),
        (
            "RDATE;TZID=America/Toronto:20261210T130000",
            "2026-12-10 [09:00-13:00 15:00-17:00] x",
            &[],
        ),
        (
            "RDATE;VALUE=DATE:20261210",
            "2026-12-10 [09:00-13:00 15:00-17:00] x",
            &["RDATE is a date"],
        ),
    ] {
        each(&[(
            TORONTO,
            &format!("{timed}{more}"),
            &format!("{first}, {expected}"),
            notes,
        )]);
    }
    let whole = "DTSTART;VALUE=DATE:20261203\nRDATE:20261210T000000,20261204T050000Z";
    each(&[(
        TORONTO,
        whole,
        &dates(&["12-03", "12-04", "12-10"]),
        &["2026-12-04", "2026-12-10"],
    )]);
}

#[test]
fn a_start_that_its_rule_misses_is_the_first_occurrence() {
    let event = "DTSTART;VALUE=DATE:20261203\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3";
    each(&[(
        TORONTO,
        event,
        &dates(&["12-03", "12-07", "12-14"]),
        &["does not match DTSTART"],
    )]);
}

const MASTER: &str =
    "UID:1\nSEQUENCE:2\nSUMMARY:x\nDTSTART;VALUE=DATE:20261202\nRRULE:FREQ=WEEKLY;COUNT=3";
const TIMED: &str = "UID:1\nSUMMARY:x\nDTSTART;TZID=America/Toronto:20261202T130000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;COUNT=3";

#[test]
fn the_newest_change_of_an_occurrence_holds() {
    let change = |more: &str, day: &str| {
        format!(
            "UID:1\nSUMMARY:x\nRECURRENCE-ID;VALUE=DATE:20261209\n{more}\nDTSTART;VALUE=DATE:{day}"
        )
    };
    let expected = dates(&["12-02", "12-11", "12-16"]);
    for (older, newer) in [
        ("SEQUENCE:1", "SEQUENCE:2"),
        ("SEQUENCE:9", "SEQUENCE:10"),
        (
            "SEQUENCE:1\nDTSTAMP:20261101T000000Z",
            "SEQUENCE:1\nDTSTAMP:20261102T000000Z",
        ),
        (
            "DTSTAMP:20261109T000000Z\nLAST-MODIFIED:20261101T000000Z",
            "DTSTAMP:20261109T000000Z\nLAST-MODIFIED:20261102T000000Z",
        ),
    ] {
        let (older, newer) = (change(older, "20261210"), change(newer, "20261211"));
        for events in [
            [MASTER, &older, &newer],
            [MASTER, &newer, &older],
            [&newer, &older, MASTER],
        ] {
            each_is_read(&[(
                TORONTO,
                &events,
                &expected,
                &["- x: replaced by the event on line"],
            )]);
        }
    }
    // Of two that say nothing about it, the later in the file.
    let (older, newer) = (change("", "20261210"), change("", "20261211"));
    each_is_read(&[(
        TORONTO,
        &[MASTER, &older, &newer],
        &expected,
        &["replaced by"],
    )]);
}

#[test]
fn a_change_may_be_written_differently_from_dtstart() {
    let moved = |id: &str| {
        format!(
            "UID:1\nSUMMARY:x\n{id}\nDTSTART;TZID=America/Toronto:20261210T130000\nDURATION:PT8H"
        )
    };
    let expected = parts(&["12-02", "12-10", "12-16"], "09:00-13:00");
    for (id, notes) in [
        (
            "RECURRENCE-ID;TZID=America/Toronto:20261209T130000",
            &[] as &[&str],
        ),
        ("RECURRENCE-ID:20261209T180000Z", &[]),
        ("RECURRENCE-ID;TZID=Europe/Paris:20261209T190000", &[]),
        (
            "RECURRENCE-ID:20261209T130000",
            &["RECURRENCE-ID has no time zone"],
        ),
        ("RECURRENCE-ID:20261209T130000Z", &["in its own time zone"]),
        (
            "RECURRENCE-ID;VALUE=DATE:20261209",
            &["RECURRENCE-ID is a date"],
        ),
    ] {
        each_is_read(&[(TORONTO, &[TIMED, &moved(id)], &expected, notes)]);
    }
    let nowhere = moved("RECURRENCE-ID;TZID=America/Toronto:20261209T120000");
    let expected = parts(&["12-02", "12-09", "12-10", "12-16"], "09:00-13:00");
    each_is_read(&[(
        TORONTO,
        &[TIMED, &nowhere],
        &expected,
        &[
            "! x: RECURRENCE-ID 2026-12-09 12:00 matches no occurrence; the changed event is added and replaces none",
        ],
    )]);
    // A day of the series at a time of day, and the other way round.
    let timed =
        "UID:1\nSUMMARY:x\nRECURRENCE-ID:20261209T000000\nDTSTART:20261210T130000\nDURATION:PT8H";
    each_is_read(&[(
        TORONTO,
        &[MASTER, timed],
        "2026-12-02 [] x, 2026-12-10 [09:00-13:00] x, 2026-12-16 [] x",
        &["but the event is all day; read as 2026-12-09"],
    )]);
}

#[test]
fn a_change_may_hold_for_all_later_occurrences() {
    let later = "UID:1\nSUMMARY:y\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/Toronto:20261209T130000\n\
                 DTSTART;TZID=America/Toronto:20261210T140000\nDURATION:PT8H";
    let one = "UID:1\nSUMMARY:z\nRECURRENCE-ID;TZID=America/Toronto:20261216T130000\n\
               DTSTART;TZID=America/Toronto:20261218T150000\nDURATION:PT8H";
    let (first, second) = ("2026-12-02 [09:00-13:00] x", "2026-12-10 [09:00-14:00] y");
    each_is_read(&[
        (
            TORONTO,
            &[TIMED, later],
            &format!("{first}, {second}, 2026-12-17 [09:00-14:00] y"),
            &[],
        ),
        (
            TORONTO,
            &[TIMED, later, one],
            &format!("{first}, {second}, 2026-12-18 [09:00-15:00] z"),
            &[],
        ),
        (
            TORONTO,
            &[TIMED, &format!("{later}\nSTATUS:CANCELLED")],
            first,
            &["- y: cancelled"],
        ),
        (
            TORONTO,
            &[TIMED, &later.replace("THISANDFUTURE", "THISANDPRIOR")],
            &format!("{first}, {second}, 2026-12-16 [09:00-13:00] x"),
            &["RANGE=THISANDPRIOR is not supported"],
        ),
    ]);
}

#[test]
fn a_change_may_call_an_occurrence_off_or_stand_alone() {
    let off = "UID:1\nSUMMARY:x\nSTATUS:CANCELLED\nRECURRENCE-ID;VALUE=DATE:20261209\nDTSTART;VALUE=DATE:20261209";
    let alone = "UID:2\nSUMMARY:y\nRECURRENCE-ID;VALUE=DATE:20261209\nDTSTART;VALUE=DATE:20261210";
    let both = format!("{MASTER}\nEXDATE;VALUE=DATE:20261209");
    let moved = "UID:1\nSUMMARY:y\nRECURRENCE-ID;VALUE=DATE:20261209\nDTSTART;VALUE=DATE:20261210";
    each_is_read(&[
        (
            TORONTO,
            &[MASTER, off],
            &dates(&["12-02", "12-16"]),
            &["- x: cancelled"],
        ),
        (
            TORONTO,
            &[alone],
            "2026-12-10 [] y",
            &["a series that is not in the file"],
        ),
        // What is taken out and changed as well is changed.
        (
            TORONTO,
            &[&both, moved],
            "2026-12-02 [] x, 2026-12-10 [] y, 2026-12-16 [] x",
            &["! y: EXDATE excludes the occurrence that this event changes"],
        ),
    ]);
}

#[test]
fn of_events_with_one_uid_the_newest_holds_and_different_ones_are_all_taken() {
    let event =
        |more: &str, day: &str| format!("UID:1\nSUMMARY:x\n{more}\nDTSTART;VALUE=DATE:{day}");
    let (old, new) = (
        event("SEQUENCE:0", "20261202"),
        event("SEQUENCE:1", "20261203"),
    );
    let (one, other) = (
        event("SEQUENCE:0", "20261202"),
        event("SEQUENCE:0", "20261203"),
    );
    let cancelled = event("SEQUENCE:1\nSTATUS:CANCELLED", "20261202");
    each_is_read(&[
        (
            TORONTO,
            &[&old, &new],
            &dates(&["12-03"]),
            &["- x: replaced by"],
        ),
        (
            TORONTO,
            &[&new, &old],
            &dates(&["12-03"]),
            &["- x: replaced by"],
        ),
        (
            TORONTO,
            &[&one, &one],
            &dates(&["12-02"]),
            &["- x: replaced by"],
        ),
        (
            TORONTO,
            &[&one, &other],
            &dates(&["12-02", "12-03"]),
            &["! x: has the same UID as"],
        ),
        (
            TORONTO,
            &[&old, &cancelled],
            "",
            &["replaced by", "cancelled"],
        ),
    ]);
    let two = format!("{}{}", file(&[&old]), file(&[&new]));
    assert_eq!(read_text(TORONTO, &two).0.join(", "), dates(&["12-03"]));
}
