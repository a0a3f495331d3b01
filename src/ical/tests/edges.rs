//! Where one thing just ends and another begins.

use super::*;

const TORONTO: &str = "America/Toronto";

/// A zone of the file's own with this one offset, beside an event in it.
fn in_own_zone(offset: &str, event: &str) -> String {
    let definition = format!(
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\n\
         END:STANDARD\nEND:VTIMEZONE\n"
    );
    file(&[event]).replacen("VERSION:2.0\n", &format!("VERSION:2.0\n{definition}"), 1)
}

#[test]
fn what_is_written_twice_or_in_the_wrong_kind_is_read_once_and_whole() {
    each_is_read(&[
        (
            TORONTO,
            &["UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261224\nDTSTART;VALUE=DATE:20261224"],
            "2026-12-24 [] x",
            &[],
        ),
        (
            TORONTO,
            &["UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261201\nRDATE:20261203T100000"],
            "2026-12-01 [] x, 2026-12-03 [] x",
            &["RDATE is a time"],
        ),
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261201\nRDATE;VALUE=PERIOD:20261203T100000/PT50H",
            ],
            "2026-12-01 [] x, 2026-12-03 [] x",
            &["RDATE is a time"],
        ),
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261224\nDTEND:20261224T235959\nRRULE:FREQ=YEARLY",
            ],
            "24 December 2026 None x",
            &["its last day counts as a whole"],
        ),
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=2",
                "UID:1\nSUMMARY:y\nRECURRENCE-ID;VALUE=DATE:20261202\nDTSTART;VALUE=DATE:20261204\nRRULE:FREQ=DAILY;COUNT=3",
            ],
            "2026-12-01 [] x, 2026-12-04 [] y",
            &["its own repetition is ignored"],
        ),
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=MONTHLY;BYSETPOS=1;COUNT=2",
            ],
            "2026-12-01 [] x, 2027-01-01 [] x",
            &["BYSETPOS is in the rule without another"],
        ),
    ]);
}

#[test]
fn a_time_that_only_touches_another_leaves_it_as_it_is() {
    each_is_read(&[
        (
            TORONTO,
            &["UID:1\nSUMMARY:x\nDTSTART:20261203T170000\nDURATION:PT1H"],
            "",
            &["no working hours then"],
        ),
        (
            TORONTO,
            &["UID:1\nSUMMARY:x\nDTSTART:20261203T080000\nDURATION:PT1H"],
            "",
            &["no working hours then"],
        ),
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART:20261203T100000\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261204T120000/20261204T120000",
            ],
            "2026-12-03 [09:00-10:00 11:00-17:00] x",
            &["has no duration"],
        ),
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART:20261203T100000\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261204T120000/20261204T115959",
            ],
            "",
            &["a period of RDATE ends before it starts"],
        ),
        // An end without a zone stands in that of the start, and nothing is doubtful where that is UTC.
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART:20261203T150000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY;UNTIL=20261204T150000",
            ],
            "2026-12-03 [09:00-10:00 12:00-17:00] x, 2026-12-04 [09:00-10:00 12:00-17:00] x",
            &[],
        ),
        // In UTC it lies on the day before; by its digits it is an occurrence.
        (
            "Pacific/Honolulu",
            &[
                "UID:1\nSUMMARY:x\nDTSTART:20261203T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261204T090000Z",
            ],
            "2026-12-03 [10:00-17:00] x, 2026-12-04 [10:00-17:00] x",
            &["UNTIL is in UTC"],
        ),
        // It is one by either, and UTC is what is written.
        (
            TORONTO,
            &[
                "UID:1\nSUMMARY:x\nDTSTART:20261202T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=14,9;UNTIL=20261203T140000Z",
            ],
            "2026-12-02 [10:00-14:00 15:00-17:00] x, 2026-12-03 [10:00-17:00] x",
            &["UNTIL is in UTC"],
        ),
        // The last day of the years that are read belongs to them.
        (
            TORONTO,
            &["UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20301224\nRRULE:FREQ=WEEKLY;COUNT=2"],
            "2030-12-24 [] x, 2030-12-31 [] x",
            &[],
        ),
    ]);
}

/// The night on which London's clocks change, and the one on which Toronto's repeat an hour.
#[test]
fn an_event_lasts_as_long_as_the_clocks_of_its_own_zone_say() {
    each_is_read(&[(
        TORONTO,
        &[
            "UID:1\nSUMMARY:x\nDTSTART;TZID=Europe/London:20260327T180000\nDTEND;TZID=Europe/London:20260330T150000",
        ],
        "2026-03-27 [09:00-14:00] x, 2026-03-30 [10:00-17:00] x",
        &[],
    )]);
    let office = open_in(TORONTO)
        .text()
        .replace("[week]\n", "[week]\nsunday = [\"00:00-24:00\"]\n");
    let office = Calendar::parse("office.toml", &office).unwrap();
    let event = "UID:1\nSUMMARY:x\nDTSTART:20261101T053000Z\nDTEND:20261101T063000Z";
    let import = read_into(&office, &[event]);
    assert_eq!(told(&import), ["2026-11-01 [00:00-01:30 02:30-24:00] x"]);
}

#[test]
fn each_note_on_a_date_names_the_event_and_its_line() {
    let events = [
        "UID:1\nSUMMARY:a\nDTSTART;VALUE=DATE:20111230",
        "UID:2\nSUMMARY:b\nDTSTART;VALUE=DATE:20120103",
    ];
    let import = read_into(&open_in("Pacific/Apia"), &events);
    assert_eq!(told(&import), ["2012-01-03 [] b"]);
    let [note] = &import.notes[..] else {
        panic!("{:?}", import.notes);
    };
    assert_eq!((note.line, note.event.as_deref()), (6, Some("a")));
    assert!(note.text.starts_with("2011-12-30 does not exist"));
    let night = "UID:1\nSUMMARY:a\nDTSTART:20261113T220000\nDTEND:20261114T030000";
    let day = "UID:2\nSUMMARY:b\nDTSTART;VALUE=DATE:20261224";
    let import = read(&[night, day]);
    assert_eq!(import.notes[0].event.as_deref(), Some("a"));
}

#[test]
fn an_event_that_falls_on_a_date_twice_is_its_source_once() {
    let event = "UID:1\nSUMMARY:x\nDTSTART:20261203T090000\nDURATION:PT1H\nRDATE:20261203T120000";
    let import = read(&[event]);
    assert_eq!(told(&import), ["2026-12-03 [10:00-12:00 13:00-17:00] x"]);
    assert_eq!(import.added[0].source, "days.ics, UID 1");
}

#[test]
fn what_one_calendar_of_a_file_takes_back_says_nothing_of_the_next_one() {
    let day = |uid: u8| format!("UID:{uid}\nSUMMARY:x\nDTSTART;VALUE=DATE:2026120{uid}");
    let withdrawn = file(&[&day(1)]).replacen("VERSION:2.0", "METHOD:CANCEL", 1);
    let (told, _) = read_text(TORONTO, &(withdrawn + &file(&[&day(2)])));
    assert_eq!(told, ["2026-12-02 [] x"]);
    assert_eq!(read(&[]).events, 0, "a calendar without events is one");
}

#[test]
fn offsets_are_read_to_the_second_or_not_at_all() {
    let event = "UID:1\nSUMMARY:x\nDTSTART;TZID=Ours:20261203T160000\nDURATION:PT1H";
    for (offset, left) in [
        ("+0530", "[09:00-10:30 11:30-17:00]"),
        ("+053030", "[09:00-10:29 11:30-17:00]"),
        ("-0030", "[09:00-16:30]"),
    ] {
        let (told, noted) = read_text("UTC", &in_own_zone(offset, event));
        assert_eq!(told, [format!("2026-12-03 {left} x")], "{offset} {noted:?}");
    }
    for offset in ["+05300", "+0530xx", "+2400", "+5"] {
        let (told, noted) = read_text("UTC", &in_own_zone(offset, event));
        assert_eq!(told, Vec::<String>::new(), "{offset}");
        assert!(noted[0].contains("is not written as +0100"), "{noted:?}");
    }
}

/// Before the first change holds what that one changes from, wherever it stands; after the last, what it changes to.
#[test]
fn a_zone_has_its_offsets_before_its_first_change_and_after_its_last() {
    let zone = |summer: &str, winter: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:DAYLIGHT\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\n{summer}\nEND:DAYLIGHT\n\
             BEGIN:STANDARD\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\n{winter}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    };
    let dated = zone("DTSTART:20260308T020000", "DTSTART:20261101T020000");
    let ruled = zone(
        "DTSTART:20100314T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
        // The last one in the zone of UTC, where it is six in the morning: it is not among them any more.
        "DTSTART:20101107T020000\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU;UNTIL=20261101T030000Z",
    );
    for (definition, date, left) in [
        (&dated, "20260115", "[09:00-11:00]"),
        (&dated, "20260702", "[09:00-10:00]"),
        (&dated, "20261203", "[09:00-11:00]"),
        (&ruled, "20090702", "[09:00-11:00]"),
        (&ruled, "20251203", "[09:00-11:00]"),
        (&ruled, "20261203", "[09:00-10:00]"),
    ] {
        let event = format!("UID:1\nSUMMARY:x\nDTSTART;TZID=Ours:{date}T060000\nDURATION:PT8H");
        let text =
            file(&[&event]).replacen("VERSION:2.0\n", &format!("VERSION:2.0\n{definition}"), 1);
        let (told, noted) = read_text("UTC", &text);
        assert_eq!(told.len(), 1, "{date} {noted:?}");
        assert!(told[0].contains(left), "{told:?} {definition}");
    }
}

#[test]
fn a_file_may_lie_on_exactly_so_many_dates() {
    // Ten thousand days, at once and in two halves; and one more.
    let event = |uid: u8, from: &str, to: &str| {
        format!("UID:{uid}\nSUMMARY:x\nDTSTART;VALUE=DATE:{from}\nDTEND;VALUE=DATE:{to}")
    };
    let whole = event(1, "19000101", "19270520");
    let halves = [
        event(2, "19000101", "19130910"),
        event(3, "19130910", "19270520"),
    ];
    let more = event(4, "20261224", "20261225");
    let office = open_in(TORONTO);
    assert_eq!(read_into(&office, &[&whole]).added.len(), 10_000);
    let import = read_into(&office, &[&halves[0], &halves[1], &more]);
    assert_eq!(import.added.len(), 10_000);
    assert_eq!(
        noted(&import),
        ["! x: left out: with it the file would have more than 10000 dates"]
    );
}
