//! What other readers of iCalendar are known to have got wrong, in small.

use super::*;

const TORONTO: &str = "America/Toronto";

/// The dates that an event closes whole.
fn closes(zone: &str, lines: &str) -> String {
    let event = format!("UID:1\nSUMMARY:x\n{lines}");
    let (told, _) = read_text(zone, &file(&[&event]));
    let dates: Vec<_> = told.iter().map(|day| day.replace(" [] x", "")).collect();
    dates.join(" ")
}

#[test]
fn positions_weeks_and_months_in_one_rule() {
    for (lines, expected) in [
        // The first and the last Monday of the year, and not of each month; nor every Monday.
        (
            "DTSTART;VALUE=DATE:20261228\nRRULE:FREQ=YEARLY;BYDAY=MO;BYSETPOS=1,-1;COUNT=3",
            "2026-12-28 2027-01-04 2027-12-27",
        ),
        // The month limits the week before a position is looked for in it.
        (
            "DTSTART;VALUE=DATE:20260901\nRRULE:FREQ=WEEKLY;BYMONTH=9;BYDAY=MO,TU,WE;BYSETPOS=1;COUNT=3",
            "2026-09-01 2026-09-07 2026-09-14",
        ),
        // A week lies in two months and two years.
        (
            "DTSTART;VALUE=DATE:20241230\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;BYWEEKNO=1;COUNT=3",
            "2024-12-30 2025-12-30 2030-12-30",
        ),
        (
            "DTSTART;VALUE=DATE:20130108\nRRULE:FREQ=YEARLY;BYWEEKNO=1,2;COUNT=5",
            "2013-01-08 2013-12-31 2014-01-07 2014-12-30 2015-01-06",
        ),
        // The first Sunday in Advent: one position in the year, though the dates lie in two months (sabre-io/vobject #730).
        (
            "DTSTART;VALUE=DATE:20261129\nRRULE:FREQ=YEARLY;BYDAY=SU;BYMONTHDAY=1,2,3,4,5,6,7,27,28,29,30;BYMONTH=11,12;\
             BYSETPOS=2;COUNT=4",
            "2026-11-29 2027-11-28 2028-12-03 2029-12-02",
        ),
        // Positions in a week (kewisch/ical.js #1039).
        (
            "DTSTART;VALUE=DATE:20261130\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1;COUNT=4",
            "2026-11-30 2026-12-04 2026-12-07 2026-12-11",
        ),
        // There is a third one every eleven years or so (dmfs/lib-recur #108).
        (
            "DTSTART;VALUE=DATE:20231120\nRRULE:FREQ=YEARLY;BYMONTHDAY=20;BYDAY=MO;BYSETPOS=3",
            "2023-11-20",
        ),
        // A day of the month without a month means every month (jkbrzt/rrule #275, ical.net #885).
        (
            "DTSTART;VALUE=DATE:20261217\nRRULE:FREQ=YEARLY;BYMONTHDAY=17;COUNT=3",
            "2026-12-17 2027-01-17 2027-02-17",
        ),
        // Dates that are not said to be some, and an end that equals the start (tutao/tutanota #1916).
        ("DTSTART:20270329\nDTEND:20270329", "2027-03-29"),
        // Times that are said to be dates (insanum/gcalcli #328).
        (
            "DTSTART;VALUE=DATE:20261230T000000Z\nDTEND;VALUE=DATE:20270102T000000Z",
            "2026-12-30 2026-12-31 2027-01-01",
        ),
        // Fridays and Saturdays of a series of two days each, one of them taken out.
        (
            "DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260103\nRRULE:FREQ=WEEKLY;BYDAY=TH,FR;COUNT=4\n\
             EXDATE;VALUE=DATE:20260102",
            "2026-01-01 2026-01-02 2026-01-08 2026-01-09 2026-01-10",
        ),
    ] {
        assert_eq!(closes(TORONTO, lines), expected, "{lines}");
    }
}

#[test]
fn whole_days_of_outlook_in_zones_east_and_west() {
    let daily = "DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260302\nRRULE:FREQ=DAILY;UNTIL=20260303T230000Z;INTERVAL=1\n\
                 EXDATE:20260302T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE";
    assert_eq!(
        closes("Europe/Berlin", daily),
        "2026-03-01 2026-03-03 2026-03-04"
    );
    let summer = "DTSTART;VALUE=DATE:20260706\nRRULE:FREQ=WEEKLY;UNTIL=20260705T230000Z";
    assert_eq!(closes("Europe/London", summer), "2026-07-06");
}

#[test]
fn a_rule_names_the_weekdays_of_its_own_zone() {
    // Monday evening in Toronto is Tuesday in Auckland.
    let event = "DTSTART;TZID=America/Toronto:20261207T160000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2";
    assert_eq!(
        closes("Pacific/Auckland", event),
        "2026-12-08 [09:00-10:00 11:00-17:00] x 2026-12-15 [09:00-10:00 11:00-17:00] x"
    );
}

#[test]
fn definitions_of_zones_that_others_stumble_over() {
    let event = |tzid: &str| {
        format!("UID:1\nSUMMARY:x\nDTSTART;TZID={tzid}:20260702T130000\nDURATION:PT8H")
    };
    let since_year_one = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:00011104T020000\nTZOFFSETFROM:-0400\n\
        TZOFFSETTO:-0500\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11;BYHOUR=2;BYMINUTE=0\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
        DTSTART:00010311T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\n\
        END:DAYLIGHT\nEND:VTIMEZONE\n";
    let from_a_date = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART;VALUE=DATE:20170101\nTZOFFSETFROM:-0400\n\
        TZOFFSETTO:-0400\nEND:STANDARD\nEND:VTIMEZONE\n";
    let without_start = "BEGIN:VTIMEZONE\nTZID:America/Toronto\nBEGIN:STANDARD\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\n\
        END:STANDARD\nEND:VTIMEZONE\n";
    for (definition, tzid) in [
        (since_year_one, "Ours"),
        (since_year_one, "\"Ours;VALUE=DATE-TIME\""),
        (from_a_date, "Ours"),
        (without_start, "America/Toronto"),
        ("", "\"America/Toronto;VALUE=DATE-TIME\""),
    ] {
        let text = file(&[&event(tzid)]).replacen(
            "VERSION:2.0\n",
            &format!("VERSION:2.0\n{definition}"),
            1,
        );
        let (told, noted) = read_text(TORONTO, &text);
        assert_eq!(
            told,
            ["2026-07-02 [09:00-13:00] x"],
            "{tzid}\n{definition}\n{noted:?}"
        );
    }
}

#[test]
fn a_zone_whose_name_has_a_colon_is_read_without_its_quotes_too_and_that_is_told() {
    let definition = "BEGIN:VTIMEZONE\nTZID:(UTC-05:00) Eastern Time (US & Canada)\nBEGIN:STANDARD\n\
        DTSTART:16010101T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\n";
    for (tzid, told_of) in [
        ("\"(UTC-05:00) Eastern Time (US & Canada)\"", 0),
        ("(UTC-05:00) Eastern Time (US & Canada)", 2),
    ] {
        let event = format!(
            "UID:1\nSUMMARY:x\nDTSTART;TZID={tzid}:20261224T130000\nDTEND;TZID={tzid}:20261224T170000"
        );
        let text =
            file(&[&event]).replacen("VERSION:2.0\n", &format!("VERSION:2.0\n{definition}"), 1);
        let (told, noted) = read_text(TORONTO, &text);
        assert_eq!(told, ["2026-12-24 [09:00-13:00] x"], "{tzid}\n{noted:?}");
        assert_eq!(noted.len(), told_of, "{tzid}\n{noted:?}");
    }
}

#[test]
fn later_occurrences_move_with_one_of_them_and_added_ones_too() {
    let series = "UID:1\nSUMMARY:x\nDTSTART:20261201T120000\nDURATION:PT2H\nRRULE:FREQ=DAILY;INTERVAL=2;COUNT=4\n\
                  RDATE:20261204T090000";
    let later = "UID:1\nSEQUENCE:1\nSUMMARY:y\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261203T120000\n\
                 DTSTART:20261203T130000\nDURATION:PT3H";
    let (told, _) = read_text(TORONTO, &file(&[series, later]));
    assert_eq!(
        told,
        [
            "2026-12-01 [09:00-12:00 14:00-17:00] x",
            "2026-12-03 [09:00-13:00 16:00-17:00] y",
            "2026-12-04 [09:00-10:00 13:00-17:00] y",
            "2026-12-07 [09:00-13:00 16:00-17:00] y",
        ]
    );
}

#[test]
fn an_hour_that_the_clock_repeats_is_not_without_length() {
    let office = open_in(TORONTO)
        .text()
        .replace("[week]\n", "[week]\nsunday = [\"00:00-24:00\"]\n");
    let office = Calendar::parse("office.toml", &office).unwrap();
    let event = "UID:1\nSUMMARY:x\nDTSTART;TZID=America/Toronto:20261101T013000\nDURATION:PT1H";
    let import = read_into(&office, &[event]);
    assert_eq!(told(&import), ["2026-11-01 [00:00-01:30 02:30-24:00] x"]);
}
