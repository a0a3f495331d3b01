//! What events close, and what the calendar had decided before.

use jiff::civil::date;

use super::*;
use crate::calendar::Day;

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
fn several_events_of_a_date_make_one_override() {
    let import = read(&[
        "UID:1\nSUMMARY:Fire drill\nDTSTART:20261105T090000\nDTEND:20261105T100000",
        "UID:2\nSUMMARY:Move\nDTSTART:20261105T150000\nDTEND:20261105T170000",
    ]);
    assert_eq!(told(&import), ["2026-11-05 [10:00-15:00] Fire drill; Move"]);
    assert_eq!(import.added[0].source, "days.ics, UID 1; days.ics, UID 2");
}

#[test]
fn what_the_calendar_has_decided_stays_and_is_reported() {
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
    assert_eq!(
        noted(&import),
        ["- Two days: continues; its dates are taken through 2030"]
    );
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
    let import = read_into(&office, &[event]);
    assert_eq!(told(&import), ["2029-12-24 [] -", "2030-12-24 [] -"]);
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
    let again = read_into(&first.calendar, &events);
    assert_eq!(told(&again), Vec::<String>::new());
    assert_eq!(again.calendar.text(), first.calendar.text());
    assert_eq!(again.calendar.version(), first.calendar.version());
}

#[test]
fn a_date_that_the_zone_skips_is_no_date_to_close() {
    let samoa = OFFICE.replace("America/Toronto", "Pacific/Apia");
    let samoa = Calendar::parse("samoa.toml", &samoa).unwrap();
    let event = "UID:1\nDTSTART;VALUE=DATE:20111229\nDTEND;VALUE=DATE:20120101";
    let import = read_into(&samoa, &[event]);
    assert_eq!(told(&import), ["2011-12-29 [] -", "2011-12-31 [] -"]);
}
