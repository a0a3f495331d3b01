//! Windows, holidays and overrides, few of them or none.

use jiff::SignedDuration;

use super::*;

/// zendesk/biz #33.
#[test]
fn a_night_belongs_to_the_day_it_starts_on() {
    let nights = calendar("America/Toronto", NIGHTS, "");
    assert_eq!(
        due(&nights, "2026-06-05T12:00", "1 working day"),
        "2026-06-07T06:00:00"
    );
    // 03:00 on Saturday lies in Friday's night, but its date is Saturday's.
    assert_eq!(
        due(&nights, "2026-06-06T03:00", "1 working day"),
        "2026-06-09T06:00:00"
    );
    assert_eq!(
        due(&nights, "2026-06-06T05:00", "2 working hours"),
        "2026-06-06T23:00:00"
    );
    // A holiday on Saturday leaves Friday's night whole.
    let holiday = "[[holiday]]\nname = \"H\"\non = \"6 June\"\n";
    let nights = calendar("America/Toronto", NIGHTS, holiday);
    assert_eq!(
        due(&nights, "2026-06-06T05:00", "2 working hours"),
        "2026-06-08T23:00:00"
    );
}

/// libredesk leaves an event at the deadline pending for ever.
#[test]
fn intervals_are_half_open_and_a_deadline_is_reached_at_its_own_instant() {
    let office = calendar("America/Toronto", OFFICE, "");
    let close = wall(&office, "2026-06-05T17:00");
    assert_eq!(
        due(&office, "2026-06-05T09:00", "8 working hours"),
        "2026-06-05T17:00:00"
    );
    assert_eq!(
        shown(&office, office.next_working_instant(close).unwrap()),
        "2026-06-08T09:00:00"
    );
    assert_eq!(
        office.counted(close, wall(&office, "2026-06-08T09:00"), TimeBase::Working),
        SignedDuration::ZERO
    );
    assert_eq!(office.advance(close, 0, TimeBase::Working).unwrap(), close);
    assert_eq!(office.advance(close, -5, TimeBase::Working).unwrap(), close);
    assert_eq!(
        office.counted(close, close, TimeBase::Elapsed),
        SignedDuration::ZERO
    );
}

/// business_time #36.
#[test]
fn a_holiday_is_a_local_date() {
    let holiday = "[[holiday]]\nname = \"Canada Day\"\non = \"1 July\"\n";
    let vancouver = calendar("America/Vancouver", OFFICE, holiday);
    // 20:00 on 30 June in Vancouver is 1 July in UTC.
    assert_eq!(
        due(&vancouver, "2026-06-30T20:00", "1 working day"),
        "2026-07-02T17:00:00"
    );
    assert_eq!(
        due(&vancouver, "2026-06-29T20:00", "1 working day"),
        "2026-06-30T17:00:00"
    );
    assert_eq!(
        vancouver.day(date("2026-07-01")),
        Day::Holiday("Canada Day")
    );
}

/// zendesk/biz #130.
#[test]
fn a_calendar_without_working_time_is_refused() {
    let text =
        "name = \"t\"\ntitle = \"T\"\nsource = \"s\"\nzone = \"UTC\"\n\n[week]\nmonday = []\n";
    let error = Calendar::parse("t.toml", text).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("t.toml:6:1: the calendar has no working time"),
        "{error}"
    );
}

/// zendesk/biz #130: never an endless loop.
#[test]
fn working_time_that_runs_out_ends_the_search() {
    let once = "[[override]]\ndate = \"2026-06-05\"\nwindows = [\"09:00-10:00\"]\n";
    let single = calendar("America/Toronto", "\nmonday = []\n", once);
    assert_eq!(
        due(&single, "2026-06-01T12:00", "1 working hour"),
        "2026-06-05T10:00:00"
    );
    let from = wall(&single, "2026-06-01T12:00");
    for term in [
        "2 working hours",
        "2 working days",
        "1 month",
        "100000 working days",
    ] {
        assert!(
            single.due_after(from, &term.parse().unwrap()).is_err(),
            "{term}"
        );
        assert!(
            single
                .before(from, &"1 working day".parse().unwrap())
                .is_err()
        );
    }
    let error = single
        .next_working_instant(wall(&single, "2026-06-05T10:00"))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("within 50 years of 2026-06-05T14:00:00Z"),
        "{error}"
    );
}

/// zammad #2497.
#[test]
fn one_working_day_a_week_is_enough() {
    let wednesdays = calendar("America/Toronto", "\nwednesday = [\"09:00-12:00\"]\n", "");
    assert_eq!(
        due(&wednesdays, "2026-06-04T12:00", "3 working days"),
        "2026-06-24T12:00:00"
    );
    assert_eq!(
        due(&wednesdays, "2026-06-03T11:00", "2 working hours"),
        "2026-06-10T10:00:00"
    );
}

/// osTicket #6847, zendesk/biz #122.
#[test]
fn a_lunch_break_is_not_counted_and_an_override_beats_the_week_and_the_holiday() {
    let rest = "[[holiday]]\nname = \"Christmas Day\"\non = \"25 December\"\n\
                [[override]]\ndate = \"2026-12-25\"\nwindows = [\"10:00-11:00\"]\n\
                [[override]]\ndate = \"2026-12-24\"\nwindows = []\n";
    let week = "\nthursday = [\"09:00-12:00\", \"13:00-17:00\"]\nfriday = [\"09:00-12:00\", \"13:00-17:00\"]\n";
    let office = calendar("America/Toronto", week, rest);
    assert_eq!(
        due(&office, "2026-12-17T11:00", "2 working hours"),
        "2026-12-17T14:00:00"
    );
    assert_eq!(office.day(date("2026-12-24")), Day::Closed(None));
    assert_eq!(
        due(&office, "2026-12-18T12:00", "1 working day"),
        "2026-12-25T11:00:00"
    );
    assert_eq!(
        due(&office, "2026-12-18T17:00", "2 working hours"),
        "2026-12-31T10:00:00"
    );
}

/// osTicket #6739: a search that looks 72 hours ahead finds nothing.
#[test]
fn a_gap_of_more_than_72_hours_between_windows_is_crossed() {
    let closed: String = (24..=31)
        .map(|day| format!("[[override]]\ndate = \"2026-12-{day}\"\nwindows = []\n"))
        .collect();
    let office = calendar("America/Toronto", OFFICE, &closed);
    assert_eq!(
        due(&office, "2026-12-23T16:30", "1 working hour"),
        "2027-01-01T09:30:00"
    );
    assert_eq!(
        due(&office, "2026-12-23T16:30", "1 working day"),
        "2027-01-01T17:00:00"
    );
    assert_eq!(
        before(&office, "2027-01-01T09:30", "1 working hour"),
        "2026-12-23T16:30:00"
    );
}

/// zammad #1396: a bad calendar blocked the creation of tickets.
#[test]
fn a_bad_calendar_is_refused_and_the_good_one_goes_on_serving() {
    let mut book = CalendarBook::builtin().unwrap();
    let text = book.get("ca-federal").unwrap().text().to_owned();
    let bad = text.replace("09:00-17:00", "17:00-09:00");
    let read = Calendar::parse("ca-federal.toml", &bad);
    assert!(read.is_err());
    if let Ok(calendar) = read {
        book.insert(calendar);
    }
    assert_eq!(
        due(
            book.get("ca-federal").unwrap(),
            "2026-06-01T12:00",
            "1 working day"
        ),
        "2026-06-02T17:00:00"
    );
}

/// rickar/cal #49: the night of Friday went on at the start of Monday.
#[test]
fn a_night_goes_on_into_a_day_off_and_none_begins_there() {
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday"]
        .map(|day| format!("\n{day} = [\"22:00-06:00\"]"));
    let nights = calendar("America/Toronto", &(week.concat() + "\n"), "");
    for (at, next) in [
        ("2026-06-05T23:00", "2026-06-05T23:00:00"),
        ("2026-06-06T02:00", "2026-06-06T02:00:00"),
        ("2026-06-06T23:00", "2026-06-08T22:00:00"),
        ("2026-06-08T02:00", "2026-06-08T22:00:00"),
    ] {
        let found = nights.next_working_instant(wall(&nights, at));
        assert_eq!(shown(&nights, found.unwrap()), next, "from {at}");
    }
}

/// gnaneshwar441/Business_Duration #7: eight hours were counted after a window that ends at one in the morning.
#[test]
fn nothing_is_counted_between_the_end_of_a_night_and_the_next_opening() {
    let evenings = calendar(
        "UTC",
        "\nmonday = [\"17:00-01:00\"]\ntuesday = [\"17:00-01:00\"]\n",
        "",
    );
    let counted = |from, to| {
        let (from, to) = (wall(&evenings, from), wall(&evenings, to));
        evenings.counted(from, to, TimeBase::Working)
    };
    let none = counted("2026-06-02T02:00", "2026-06-02T04:48");
    assert_eq!(none, SignedDuration::ZERO);
    let hour = counted("2026-06-02T00:30", "2026-06-02T17:30");
    assert_eq!(hour, SignedDuration::from_hours(1));
}

/// bokmann/business_time PR 230: an hour was lost where a term reached a close at 23:00; PR 231, fullcalendar #6542: a
/// window that ends at 00:00 had no time at all.
#[test]
fn no_time_is_lost_at_a_late_close() {
    for (close, hours) in [("23:00", 4), ("24:00", 5), ("00:00", 5)] {
        let week = format!("\nmonday = [\"14:00-{close}\"]\ntuesday = [\"14:00-{close}\"]\n");
        let late = calendar("America/New_York", &week, "");
        let term = format!("{hours} working hours");
        assert_eq!(due(&late, "2024-09-30T21:00", &term), "2024-10-01T16:00:00");
        assert_eq!(
            before(&late, "2024-10-01T16:00", &term),
            "2024-09-30T21:00:00"
        );
    }
}
