//! When events begin and end: dates, times, lengths and zones.

use super::*;

/// The summary of every case.
fn event(lines: &str) -> String {
    format!("UID:1\nSUMMARY:x\n{lines}")
}

fn each(cases: &[(&str, &str, &str, &[&str])]) {
    for (zone, lines, expected, notes) in cases {
        each_is_read(&[(zone, &[event(lines).as_str()], expected, notes)]);
    }
}

#[test]
fn an_end_is_read_by_its_plain_meaning() {
    const DAY: &str = "2026-12-24 [] x";
    each(&[
        ("America/Toronto", "DTSTART;VALUE=DATE:20261224", DAY, &[]),
        (
            "America/Toronto",
            "DTSTART:20261224",
            DAY,
            &["DTSTART is a date but lacks VALUE=DATE; read as a date"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224",
            DAY,
            &["DTEND equals DTSTART"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDURATION:PT24H",
            DAY,
            &[],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDURATION:PT5H",
            DAY,
            &["not in whole days"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDURATION:P0D",
            DAY,
            &["not in whole days"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDTEND:20261225T000000",
            DAY,
            &["DTEND is a time"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDTEND:20261224T170000",
            DAY,
            &["DTEND is a time"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261225\nDURATION:P3D",
            DAY,
            &["both DTEND and DURATION"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261223",
            "",
            &["left out: DTEND is before DTSTART"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE:20261224T000000",
            DAY,
            &["DTSTART has VALUE=DATE but is a time; read as a date"],
        ),
        (
            "America/Toronto",
            "DTSTART;VALUE=DATE-TIME:20261224",
            DAY,
            &["read as a date"],
        ),
        (
            "America/Toronto",
            "DTSTART:2026-12-24",
            DAY,
            &["read as 2026-12-24"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T1300\nDTEND:20261224T170000",
            "2026-12-24 [09:00-13:00] x",
            &["read as 2026-12-24 13:00"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T130000\nDTEND;VALUE=DATE:20261225",
            "2026-12-24 [09:00-13:00] x",
            &["DTEND is a date"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T090000",
            "",
            &["no duration"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T090000\nDTEND:20261224T090000",
            "",
            &["no duration"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T090000\nDURATION:PT0S",
            "",
            &["no duration"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T090000\nDTEND:20261224T080000",
            "",
            &["DTEND is before DTSTART"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T090000\nDURATION:-PT5H",
            "",
            &["left out: DURATION is \"-PT5H\""],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T130000\nDURATION:PT2H",
            "2026-12-24 [09:00-13:00 15:00-17:00] x",
            &[],
        ),
    ]);
}

#[test]
fn a_zone_is_missing_at_one_end_alone() {
    each(&[
        (
            "America/Toronto",
            "DTSTART;TZID=America/Los_Angeles:20261224T100000\nDTEND:20261224T110000",
            "2026-12-24 [09:00-13:00 14:00-17:00] x",
            &["in that of DTSTART"],
        ),
        (
            "America/Toronto",
            "DTSTART:20261224T130000\nDTEND:20261224T200000Z",
            "2026-12-24 [09:00-13:00 15:00-17:00] x",
            &["in that of the calendar"],
        ),
        (
            "America/Toronto",
            "DTSTART;TZID=America/Toronto:20261224T130000\nDTEND;TZID=Europe/Paris:20261224T200000",
            "2026-12-24 [09:00-13:00 14:00-17:00] x",
            &[],
        ),
    ]);
}

/// A night over a clock change: a day is one of the clock, an hour is one that passes.
#[test]
fn days_are_counted_on_the_clock_and_hours_as_they_pass() {
    let night =
        |length: &str| format!("DTSTART;TZID=America/Toronto:20270313T120000\nDURATION:{length}");
    for (length, expected) in [("P2D", "12:00-17:00"), ("PT48H", "13:00-17:00")] {
        // The clock goes forward on Sunday, 14 March.
        let event = event(&night(length));
        let (told, _) = read_text("America/Toronto", &file(&[&event]));
        assert_eq!(told, [format!("2027-03-15 [{expected}] x")]);
    }
}

#[test]
fn a_zone_is_known_by_all_the_names_that_programs_give_it() {
    let closes = |tzid: &str| {
        event(&format!(
            "DTSTART;TZID={tzid}:20261224T130000\nDURATION:PT8H"
        ))
    };
    for (tzid, notes) in [
        ("America/Toronto", 0),
        ("\"America/Toronto\"", 0),
        ("america/toronto", 0),
        ("/America/Toronto", 1),
        ("/freeassociation.sourceforge.net/Tzfile/America/Toronto", 1),
        ("/freeassociation.sourceforge.net/America/Toronto", 1),
        ("/mozilla.org/20050126_1/America/Toronto", 1),
        ("/softwarestudio.org/Olson_20011030_5/America/Toronto", 1),
        ("Eastern Standard Time", 1),
        ("\"Eastern Standard Time\"", 1),
        ("eastern standard time", 1),
    ] {
        let (told, noted) = read_text("America/Toronto", &file(&[&closes(tzid)]));
        assert_eq!(told, ["2026-12-24 [09:00-13:00] x"], "{tzid}: {noted:?}");
        assert_eq!(noted.len(), notes, "{noted:?}");
    }
    let (told, noted) = read_text("America/Toronto", &file(&[&closes("Moon/Base")]));
    assert_eq!(told, Vec::<String>::new());
    assert!(
        noted[0].contains("left out: the time zone \"Moon/Base\" is unknown"),
        "{noted:?}"
    );
}

/// What begins before 1970 is looked at from then on, but only where that gives the same.
#[test]
fn a_rule_of_a_zone_is_counted_from_its_start_where_that_matters() {
    let zone = |to_summer: &str, to_winter: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:DAYLIGHT\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\n{to_summer}\nEND:DAYLIGHT\n\
             BEGIN:STANDARD\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\n{to_winter}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    };
    // Summer time in even years and winter time in odd ones; and two summers long ago.
    let alternating = zone(
        "DTSTART:19680101T000000\nRRULE:FREQ=YEARLY;INTERVAL=2",
        "DTSTART:19690101T000000\nRRULE:FREQ=YEARLY;INTERVAL=2",
    );
    let former = zone(
        "DTSTART:19680101T000000\nRRULE:FREQ=YEARLY;COUNT=2",
        "DTSTART:19690701T000000",
    );
    for (definition, date, left) in [
        (&alternating, "20260702", "[09:00-10:00]"),
        (&alternating, "20270701", "[09:00-11:00]"),
        (&former, "20260702", "[09:00-11:00]"),
    ] {
        let event = format!("UID:1\nSUMMARY:x\nDTSTART;TZID=Ours:{date}T060000\nDURATION:PT8H");
        let text =
            file(&[&event]).replacen("VERSION:2.0\n", &format!("VERSION:2.0\n{definition}"), 1);
        let (told, noted) = read_text("UTC", &text);
        assert_eq!(told.len(), 1, "{noted:?}");
        assert!(told[0].contains(left), "{told:?} {definition}");
    }
}

/// A zone as Outlook defines it, by rules since 1601.
fn outlook_zone(tzid: &str, more: &str) -> String {
    format!(
        "BEGIN:VTIMEZONE\nTZID:{tzid}\n{more}BEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:-0400\n\
         TZOFFSETTO:-0500\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
         DTSTART:16010101T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3\n\
         END:DAYLIGHT\nEND:VTIMEZONE\n"
    )
}

const FIXED: &str = "BEGIN:VTIMEZONE\nTZID:Europe/London\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0000\n\
    TZOFFSETTO:+0000\nEND:STANDARD\nEND:VTIMEZONE\n";
const BY_DATES: &str = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:DAYLIGHT\nDTSTART:20260329T010000\nTZOFFSETFROM:+0000\n\
    TZOFFSETTO:+0100\nRDATE:20270328T010000\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:20261025T020000\nTZOFFSETFROM:+0100\n\
    TZOFFSETTO:+000000\nRDATE:20271031T020000\nEND:STANDARD\nEND:VTIMEZONE\n";
const UNTIL: &str = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:DAYLIGHT\nDTSTART:20000326T010000\nTZOFFSETFROM:+0000\n\
    TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20260329T010000Z\nEND:DAYLIGHT\nBEGIN:STANDARD\n\
    DTSTART:20001029T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n\
    END:VTIMEZONE\n";

/// The change that comes first stands last.
const LATER_FIRST: &str = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:20261025T020000\nTZOFFSETFROM:+0100\n\
    TZOFFSETTO:+0000\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20260329T010000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\n\
    END:DAYLIGHT\nEND:VTIMEZONE\n";

#[test]
fn a_zone_that_the_file_defines_is_used_as_it_is_defined() {
    let until_local = UNTIL.replace("20260329T010000Z", "20260329T010000");
    let until_date = UNTIL.replace("20260329T010000Z", "20260329");
    let custom = outlook_zone("Customized Time Zone", "");
    let until_west = custom.replace("BYMONTH=11\n", "BYMONTH=11;UNTIL=20261101T020000\n");
    let toronto = outlook_zone("America/Toronto", "");
    let apple = outlook_zone("Ours", "X-LIC-LOCATION:America/Toronto\n");
    let broken = toronto.replace("TZOFFSETFROM:-0400", "TZOFFSETFROM:west");
    let nameless = custom.replace("TZOFFSETFROM:-0400", "TZOFFSETFROM:west");
    for (zone, defined, tzid, date, expected, notes) in [
        // Winter and summer, as the definition says.
        (
            "America/Toronto",
            custom.as_str(),
            "Customized Time Zone",
            "20261224",
            "[09:00-13:00]",
            0,
        ),
        (
            "America/Toronto",
            custom.as_str(),
            "Customized Time Zone",
            "20260702",
            "[09:00-13:00]",
            0,
        ),
        // The tz database says the same.
        (
            "America/Toronto",
            toronto.as_str(),
            "America/Toronto",
            "20260702",
            "[09:00-13:00]",
            0,
        ),
        (
            "America/Toronto",
            apple.as_str(),
            "Ours",
            "20260702",
            "[09:00-13:00]",
            0,
        ),
        // It says otherwise: no summer time in London.
        (
            "Europe/London",
            FIXED,
            "Europe/London",
            "20260702",
            "[09:00-14:00]",
            1,
        ),
        (
            "Europe/London",
            FIXED,
            "Europe/London",
            "20261203",
            "[09:00-13:00]",
            1,
        ),
        (
            "Europe/London",
            BY_DATES,
            "Ours",
            "20270702",
            "[09:00-13:00]",
            0,
        ),
        (
            "Europe/London",
            BY_DATES,
            "Ours",
            "20271202",
            "[09:00-13:00]",
            0,
        ),
        (
            "Europe/London",
            UNTIL,
            "Ours",
            "20260702",
            "[09:00-13:00]",
            0,
        ),
        (
            "Europe/London",
            UNTIL,
            "Ours",
            "20270702",
            "[09:00-14:00]",
            0,
        ),
        (
            "Europe/London",
            until_local.as_str(),
            "Ours",
            "20260702",
            "[09:00-13:00]",
            0,
        ),
        (
            "Europe/London",
            until_local.as_str(),
            "Ours",
            "20270702",
            "[09:00-14:00]",
            0,
        ),
        (
            "Europe/London",
            until_date.as_str(),
            "Ours",
            "20260702",
            "[09:00-13:00]",
            0,
        ),
        (
            "Europe/London",
            until_date.as_str(),
            "Ours",
            "20270702",
            "[09:00-14:00]",
            0,
        ),
        (
            "America/Toronto",
            until_west.as_str(),
            "Customized Time Zone",
            "20261224",
            "[09:00-13:00]",
            0,
        ),
        // Before all changes the first of them says what was.
        (
            "Europe/London",
            LATER_FIRST,
            "Ours",
            "20260202",
            "[09:00-13:00]",
            0,
        ),
        // A definition that cannot be read gives way to the name, if that is known.
        (
            "America/Toronto",
            broken.as_str(),
            "America/Toronto",
            "20260702",
            "[09:00-13:00]",
            1,
        ),
    ] {
        let event = event(&format!(
            "DTSTART;TZID={tzid}:{date}T130000\nDTEND;TZID={tzid}:{date}T200000"
        ));
        let text = file(&[&event]).replacen("VERSION:2.0\n", &format!("VERSION:2.0\n{defined}"), 1);
        let (told, noted) = read_text(zone, &text);
        assert_eq!(told.len(), 1, "{noted:?}");
        assert!(told[0].contains(expected), "{tzid} {date}: {told:?}");
        assert_eq!(noted.len(), notes, "{noted:?}");
    }
    let event = event("DTSTART;TZID=Customized Time Zone:20261224T130000\nDURATION:PT8H");
    let (told, noted) = read_text("America/Toronto", &(file(&[&event]) + &nameless));
    assert_eq!(told, Vec::<String>::new());
    assert!(
        noted[0].contains("cannot be read: TZOFFSETFROM"),
        "{noted:?}"
    );
}
