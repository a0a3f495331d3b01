//! Files as common programs write them.

use super::*;

fn reads(zone: &str, text: &str, expected: &[&str], notes: &[&str]) {
    let (told, noted) = read_text(zone, text);
    assert_eq!(told, expected, "{noted:#?}");
    assert_eq!(noted.len(), notes.len(), "{noted:#?}");
    for (note, expected) in noted.iter().zip(notes) {
        assert!(note.contains(expected), "{note}\n{expected}");
    }
}

#[test]
fn outlook_writes_whole_days_as_from_midnight_to_midnight() {
    let event = |times: &str, more: &str| {
        format!("UID:1\nSUMMARY:x\n{times}\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE{more}")
    };
    let zoned = "DTSTART;TZID=Eastern Standard Time:20261224T000000\nDTEND;TZID=Eastern Standard Time:20261226T000000";
    let utc = "DTSTART:20261224T050000Z\nDTEND:20261226T050000Z";
    let days = ["2026-12-24 [] x", "2026-12-25 [] x"];
    for (zone, times, notes) in [
        (
            "America/Toronto",
            zoned,
            &["is read as America/New_York"] as &[&str],
        ),
        ("America/Toronto", utc, &[]),
        (
            "America/Toronto",
            "DTSTART:20261224T000000\nDTEND:20261226T000000",
            &[],
        ),
        // A date is the same date in every office.
        ("Europe/Paris", zoned, &["is read as America/New_York"]),
    ] {
        reads(zone, &file(&[&event(times, "")]), &days, notes);
    }
    let daily = event(
        zoned,
        "\nRRULE:FREQ=WEEKLY;COUNT=2\nEXDATE;TZID=Eastern Standard Time:20261231T000000",
    );
    reads(
        "America/Toronto",
        &file(&[&daily]),
        &days,
        &["America/New_York", "read as 2026-12-31"],
    );
    let at_nine = event("DTSTART:20261224T090000\nDTEND:20261224T120000", "");
    reads(
        "America/Toronto",
        &file(&[&at_nine]),
        &["2026-12-24 [12:00-17:00] x"],
        &["does not start at midnight"],
    );
}

#[test]
fn outlook_says_in_words_of_its_own_whether_somebody_is_busy() {
    let event = |more: &str| format!("UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261224\n{more}");
    let day: &[&str] = &["2026-12-24 [] x"];
    for (more, expected, notes) in [
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", day, &[] as &[&str]),
        ("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", day, &[]),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
            &[],
            &["- x: marked as free time"],
        ),
        ("TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", day, &[]),
        (
            "TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:OOF",
            &[],
            &["- x: marked as free time"],
        ),
        ("CLASS:PRIVATE\nTRANSP:OPAQUE", day, &[]),
        ("STATUS:CONFIRMED", day, &[]),
        (
            "STATUS:TENTATIVE",
            day,
            &["! x: marked as tentative; taken anyway"],
        ),
        ("status:Cancelled", &[], &["- x: cancelled"]),
    ] {
        reads("America/Toronto", &file(&[&event(more)]), expected, notes);
    }
}

#[test]
fn google_names_dates_as_such_and_repeats_in_a_zone() {
    let text = "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\n\
        METHOD:PUBLISH\r\nX-WR-CALNAME:Closing days\r\nX-WR-TIMEZONE:America/Toronto\r\nBEGIN:VTIMEZONE\r\n\
        TZID:America/Toronto\r\nX-LIC-LOCATION:America/Toronto\r\nBEGIN:DAYLIGHT\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n\
        TZNAME:EDT\r\nDTSTART:19700308T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\n\
        TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nTZNAME:EST\r\nDTSTART:19701101T020000\r\n\
        RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
        DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261225\r\nDTSTAMP:20261101T000000Z\r\nUID:a@google.com\r\n\
        SEQUENCE:0\r\nSTATUS:CONFIRMED\r\nSUMMARY:Fermé pour la fê\r\n te\r\nTRANSP:OPAQUE\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
        DTSTART;TZID=America/Toronto:20261204T130000\r\nDTEND;TZID=America/Toronto:20261204T170000\r\n\
        RRULE:FREQ=WEEKLY;WKST=SU;UNTIL=20261219T045959Z;BYDAY=FR\r\nEXDATE;TZID=America/Toronto:20261211T130000\r\n\
        UID:b@google.com\r\nSUMMARY:Short Friday\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P0DT0H30M0S\r\n\
        END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let expected = [
        "2026-12-04 [09:00-13:00] Short Friday",
        "2026-12-18 [09:00-13:00] Short Friday",
        "2026-12-24 [] Fermé pour la fête",
    ];
    reads("America/Toronto", text, &expected, &[]);
    // However its lines end, and whatever stands before them.
    for text in [
        text.replace("\r\n", "\n"),
        text.replace("\r\n", "\r\r\n"),
        format!("\u{feff}{text}"),
        text.to_lowercase()
            .replace("fermé pour la fê", "Fermé pour la fê")
            .replace("short friday", "Short Friday"),
    ] {
        reads("America/Toronto", &text, &expected, &[]);
    }
    reads(
        "America/Toronto",
        &text.replace("\r\n", "\r"),
        &expected,
        &["- : lines end with CR alone, which the standard does not allow"],
    );
}

#[test]
fn apple_and_others_write_properties_of_their_own() {
    let event = "UID:1\nX-ENTOURAGE_UUID:1\nX-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=\"a;b:c\":geo:1,2\nX_ODD.NAME:y\n\
                 X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC\nSUMMARY;LANGUAGE=en:x\n\
                 DTSTART;VALUE=DATE;X-VOBJ-ORIGINAL-TZID=America/Toronto:20261224\nX-MOZ-GENERATION:1\nNC-GROUP-ID:1";
    reads(
        "America/Toronto",
        &file(&[event]),
        &["2026-12-24 [] x"],
        &["- : ignored: the standard allows no property name \"X-ENTOURAGE_UUID\""],
    );
}

#[test]
fn what_stands_inside_an_event_or_beside_it_is_not_taken_for_it() {
    let beside =
        |name: &str| format!("BEGIN:{name}\nUID:t\nDTSTART;VALUE=DATE:20260101\nEND:{name}\n");
    let text = format!(
        "BEGIN:VCALENDAR\n{}{}{}BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261224\nBEGIN:VALARM\nDURATION:PT5M\nEND:VALARM\n\
         END:VEVENT\nEND:VCALENDAR\n",
        beside("VTODO"),
        beside("VJOURNAL"),
        beside("VFREEBUSY")
    );
    reads("America/Toronto", &text, &["2026-12-24 [] -"], &[]);
}

#[test]
fn a_file_may_take_events_back() {
    let event = "UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261202\nRRULE:FREQ=WEEKLY;COUNT=2";
    let cancel = |event: &str| file(&[event]).replacen("VERSION:2.0", "METHOD:CANCEL", 1);
    let taken_back = cancel("UID:1\nSUMMARY:x\nSEQUENCE:1\nDTSTAMP:20261101T000000Z");
    reads("America/Toronto", &cancel(event), &[], &["- x: cancelled"]);
    // That is what METHOD says, not any other property of the calendar.
    reads(
        "America/Toronto",
        &file(&[event]).replacen("VERSION:2.0", "X-WR-CALNAME:Cancel", 1),
        &["2026-12-02 [] x", "2026-12-09 [] x"],
        &[],
    );
    reads(
        "America/Toronto",
        &(file(&[event]) + &taken_back),
        &[],
        &["replaced by", "cancelled"],
    );
    let once = cancel("UID:1\nSUMMARY:x\nSEQUENCE:1\nRECURRENCE-ID;VALUE=DATE:20261209");
    reads(
        "America/Toronto",
        &(file(&[event]) + &once),
        &["2026-12-02 [] x"],
        &["- x: cancelled"],
    );
}

#[test]
fn an_event_inside_another_is_left_out_and_told() {
    let inner = "BEGIN:VEVENT\nUID:2\nSUMMARY:y\nDTSTART;VALUE=DATE:20261230\nEND:VEVENT";
    let outer = format!("UID:1\nSUMMARY:x\nDTSTART;VALUE=DATE:20261224\n{inner}");
    reads(
        "America/Toronto",
        &file(&[&outer]),
        &["2026-12-24 [] x"],
        &["left out: this event is inside a VEVENT"],
    );
}

/// The end is what the program wrote, though it called its local time UTC.
#[test]
fn an_end_in_utc_that_is_an_occurrence_by_its_digits_is_the_last_occurrence() {
    let event = "UID:1\nSUMMARY:x\nDTSTART:20261201T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261203T090000Z";
    reads(
        "America/Toronto",
        &file(&[event]),
        &[
            "2026-12-01 [10:00-17:00] x",
            "2026-12-02 [10:00-17:00] x",
            "2026-12-03 [10:00-17:00] x",
        ],
        &["UNTIL is in UTC, but DTSTART has no time zone"],
    );
}
