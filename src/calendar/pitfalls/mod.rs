//! One test for each way in which deadline arithmetic is known to go wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::*;

const OFFICE: &str = r#"
monday = ["09:00-17:00"]
tuesday = ["09:00-17:00"]
wednesday = ["09:00-17:00"]
thursday = ["09:00-17:00"]
friday = ["09:00-17:00"]
"#;

const ROUND_THE_CLOCK: &str = r#"
monday = ["00:00-24:00"]
tuesday = ["00:00-24:00"]
wednesday = ["00:00-24:00"]
thursday = ["00:00-24:00"]
friday = ["00:00-24:00"]
saturday = ["00:00-24:00"]
sunday = ["00:00-24:00"]
"#;

const NIGHTS: &str = r#"
monday = ["22:00-06:00"]
tuesday = ["22:00-06:00"]
friday = ["22:00-06:00"]
saturday = ["22:00-06:00"]
"#;

fn calendar(zone: &str, week: &str, rest: &str) -> Calendar {
    let text = format!(
        "name = \"t\"\ntitle = \"T\"\nsource = \"test\"\nzone = \"{zone}\"\n[week]{week}{rest}"
    );
    Calendar::parse("t.toml", &text).unwrap()
}

/// "2026-03-06T10:00" on the calendar's wall.
fn wall(calendar: &Calendar, text: &str) -> Timestamp {
    let reading = calendar
        .zone()
        .to_ambiguous_timestamp(text.parse().unwrap());
    reading.unambiguous().unwrap()
}

fn shown(calendar: &Calendar, at: Timestamp) -> String {
    calendar.zone().to_datetime(at).to_string()
}

fn due(calendar: &Calendar, from: &str, term: &str) -> String {
    let due = calendar.due_after(wall(calendar, from), &term.parse().unwrap());
    shown(calendar, due.unwrap())
}

fn before(calendar: &Calendar, at: &str, term: &str) -> String {
    let point = calendar.before(wall(calendar, at), &term.parse().unwrap());
    shown(calendar, point.unwrap())
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn wall_hours_stay_while_utc_moves() {
    let office = calendar("America/Toronto", OFFICE, "");
    let close = |date| office.intervals(date).last().unwrap().end.to_string();
    assert_eq!(close(date("2026-03-06")), "2026-03-06T22:00:00Z");
    assert_eq!(close(date("2026-03-09")), "2026-03-09T21:00:00Z");
    assert_eq!(close(date("2026-11-02")), "2026-11-02T22:00:00Z");
    assert_eq!(
        due(&office, "2026-03-06T16:00", "2 working hours"),
        "2026-03-09T10:00:00"
    );
}

#[test]
fn a_repeated_hour_is_counted_twice_and_a_skipped_one_never() {
    let always = calendar("America/Toronto", ROUND_THE_CLOCK, "");
    let hours = |from: &str, to: &str| {
        always
            .counted(wall(&always, from), wall(&always, to), TimeBase::Working)
            .as_hours()
    };
    assert_eq!(hours("2026-03-08T00:00", "2026-03-09T00:00"), 23);
    assert_eq!(hours("2026-11-01T00:00", "2026-11-02T00:00"), 25);
}

#[test]
fn lord_howe_shifts_by_half_an_hour() {
    let always = calendar("Australia/Lord_Howe", ROUND_THE_CLOCK, "");
    let seconds = |from: &str, to: &str| {
        always
            .counted(wall(&always, from), wall(&always, to), TimeBase::Working)
            .as_secs()
    };
    assert_eq!(
        seconds("2026-10-04T00:00", "2026-10-05T00:00"),
        23 * 3600 + 1800
    );
    assert_eq!(
        seconds("2026-04-05T00:00", "2026-04-06T00:00"),
        24 * 3600 + 1800
    );
}

#[test]
fn a_day_without_midnight_ends_the_day_before_at_its_first_instant() {
    for (zone, day, next_begins) in [
        (
            "America/Sao_Paulo",
            "2018-11-02T12:00",
            "2018-11-04T01:00:00",
        ),
        ("Africa/Cairo", "2026-04-22T12:00", "2026-04-24T01:00:00"),
        ("Asia/Beirut", "2026-03-27T12:00", "2026-03-29T01:00:00"),
    ] {
        let always = calendar(zone, ROUND_THE_CLOCK, "");
        assert_eq!(due(&always, day, "1 calendar day"), next_begins, "{zone}");
        assert_eq!(due(&always, day, "1 working day"), next_begins, "{zone}");
    }
}

#[test]
fn a_day_that_the_zone_skips_is_no_day() {
    let apia = calendar("Pacific/Apia", ROUND_THE_CLOCK, "");
    assert_eq!(apia.day(date("2011-12-30")), Day::NoWindows);
    assert_eq!(
        due(&apia, "2011-12-29T12:00", "1 working day"),
        "2012-01-01T00:00:00"
    );
    // The last day does not exist, so the next one is the last.
    assert_eq!(
        due(&apia, "2011-12-29T12:00", "1 calendar day"),
        "2012-01-01T00:00:00"
    );
    let (from, to) = (
        wall(&apia, "2011-12-29T12:00"),
        wall(&apia, "2011-12-31T12:00"),
    );
    assert_eq!(
        apia.counted(from, to, TimeBase::Working),
        SignedDuration::from_hours(24)
    );
    let kwajalein = calendar("Pacific/Kwajalein", ROUND_THE_CLOCK, "");
    assert_eq!(
        due(&kwajalein, "1993-08-20T12:00", "1 working day"),
        "1993-08-23T00:00:00"
    );
}

#[test]
fn a_day_is_not_86400_seconds() {
    // Stepping by 24 hours from Saturday 23:30 would skip this Sunday in spring and visit it twice in autumn.
    let sundays = calendar("America/Toronto", "\nsunday = [\"10:00-12:00\"]\n", "");
    assert_eq!(
        due(&sundays, "2026-03-07T23:30", "1 working day"),
        "2026-03-08T12:00:00"
    );
    assert_eq!(
        due(&sundays, "2026-10-31T23:30", "1 working day"),
        "2026-11-01T12:00:00"
    );
    assert_eq!(
        due(&sundays, "2026-10-31T23:30", "2 working days"),
        "2026-11-08T12:00:00"
    );
}

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

#[test]
fn a_night_over_a_clock_change_has_its_true_length() {
    let nights = calendar("America/Toronto", NIGHTS, "");
    let hours = |date| {
        nights
            .intervals(date)
            .map(|i| i.end.duration_since(i.start).as_hours())
            .sum::<i64>()
    };
    assert_eq!(hours(date("2026-03-07")), 7);
    assert_eq!(hours(date("2026-10-31")), 9);
}

#[test]
fn a_window_that_a_clock_change_swallows_is_no_working_time() {
    let early = calendar("America/Toronto", "\nsunday = [\"02:00-03:00\"]\n", "");
    assert!(!early.is_working_day(date("2026-03-08")));
    assert_eq!(
        due(&early, "2026-03-02T12:00", "1 working day"),
        "2026-03-15T03:00:00"
    );
}

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

#[test]
fn seconds_and_their_fractions_count() {
    let office = calendar("America/Toronto", OFFICE, "");
    let from: Timestamp = "2026-06-05T20:59:59.25Z".parse().unwrap();
    let due = office.advance(from, 2, TimeBase::Working).unwrap();
    assert_eq!(due.to_string(), "2026-06-08T13:00:01.25Z");
    assert_eq!(
        office.counted(from, due, TimeBase::Working),
        SignedDuration::from_secs(2)
    );
    let instant = SignedDuration::from_nanos(1);
    assert_eq!(
        office.counted(from, due - instant, TimeBase::Working),
        SignedDuration::from_secs(2) - instant
    );
}

#[test]
fn long_terms_reach_weeks_months_and_years() {
    let office = calendar("America/Toronto", OFFICE, "");
    for (from, term, expected) in [
        ("2026-01-05T12:00", "8 weeks", "2026-03-03T00:00:00"),
        ("2026-03-31T12:00", "1 month", "2026-05-01T00:00:00"),
        ("2026-01-30T12:00", "1 month", "2026-03-03T00:00:00"),
        ("2028-02-29T12:00", "1 year", "2029-03-01T00:00:00"),
        (
            "2026-06-01T12:00",
            "500 working hours",
            "2026-08-26T16:00:00",
        ),
        ("2026-06-01T12:00", "99 hours", "2026-06-05T15:00:00"),
    ] {
        assert_eq!(due(&office, from, term), expected, "{term} from {from}");
    }
}

#[test]
fn a_last_day_without_working_time_rolls_to_the_next_that_has_some() {
    let holiday = "[[holiday]]\nname = \"Labour Day\"\non = \"first Monday of September\"\n";
    let office = calendar("America/Toronto", OFFICE, holiday);
    // Saturday 5 September; Monday is Labour Day.
    assert_eq!(
        due(&office, "2026-09-03T12:00", "2 calendar days"),
        "2026-09-09T00:00:00"
    );
    assert_eq!(
        due(&office, "2026-09-03T12:00", "1 calendar day"),
        "2026-09-05T00:00:00"
    );
}

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

#[test]
fn working_time_that_runs_out_ends_the_walk() {
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

#[test]
fn the_ends_of_representable_time_are_refused_without_a_panic() {
    let office = calendar("Pacific/Apia", OFFICE, "");
    let units = [
        Unit::Seconds,
        Unit::Minutes,
        Unit::Hours,
        Unit::CalendarDays,
        Unit::Weeks,
        Unit::Months,
        Unit::Years,
        Unit::WorkingDays,
        Unit::WorkingHours,
    ];
    for unit in units {
        let most = Term {
            count: u32::MAX,
            unit,
        };
        assert!(office.due_after(Timestamp::MAX, &most).is_err(), "{unit:?}");
        assert!(office.before(Timestamp::MIN, &most).is_err(), "{unit:?}");
    }
    assert!(
        office
            .advance(Timestamp::UNIX_EPOCH, i64::MAX, TimeBase::Elapsed)
            .is_err()
    );
    assert!(
        office
            .advance(Timestamp::UNIX_EPOCH, i64::MAX, TimeBase::Working)
            .is_err()
    );
}

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
    assert_eq!(office.day(date("2026-12-24")), Day::NoWindows);
    assert_eq!(
        due(&office, "2026-12-18T12:00", "1 working day"),
        "2026-12-25T11:00:00"
    );
    assert_eq!(
        due(&office, "2026-12-18T17:00", "2 working hours"),
        "2026-12-31T10:00:00"
    );
}

#[test]
fn a_reminder_walks_backwards() {
    let week = "\nmonday = [\"09:00-12:00\", \"13:00-17:00\"]\nfriday = [\"10:00-16:00\"]\n";
    let office = calendar("America/Toronto", week, "");
    for (at, term, expected) in [
        ("2026-06-08T10:00", "2 working hours", "2026-06-05T15:00:00"),
        ("2026-06-08T14:00", "1 working hour", "2026-06-08T13:00:00"),
        ("2026-06-08T17:00", "1 working day", "2026-06-05T16:00:00"),
        ("2026-06-08T09:30", "1 working day", "2026-06-05T10:00:00"),
        ("2026-06-08T11:30", "1 working day", "2026-06-05T11:30:00"),
        ("2026-06-12T12:30", "1 working day", "2026-06-08T12:00:00"),
        ("2026-06-09T00:00", "2 calendar days", "2026-06-07T00:00:00"),
        ("2026-05-31T10:00", "3 months", "2026-02-28T10:00:00"),
        ("2026-06-08T10:00", "90 minutes", "2026-06-08T08:30:00"),
        ("2026-06-08T10:00", "instant", "2026-06-08T10:00:00"),
    ] {
        assert_eq!(before(&office, at, term), expected, "{term} before {at}");
    }
}

#[test]
fn a_percentage_is_the_inverse_walk() {
    let office = calendar("America/Toronto", OFFICE, "");
    let (from, due) = (
        wall(&office, "2026-06-05T13:00"),
        wall(&office, "2026-06-09T13:00"),
    );
    let point = |percent| {
        shown(
            &office,
            office
                .percent_point(from, due, percent, TimeBase::Working, SignedDuration::ZERO)
                .unwrap(),
        )
    };
    assert_eq!(point(0), "2026-06-05T13:00:00");
    assert_eq!(point(25), "2026-06-05T17:00:00");
    assert_eq!(point(50), "2026-06-08T13:00:00");
    assert_eq!(point(100), "2026-06-09T13:00:00");
    assert_eq!(point(150), "2026-06-10T13:00:00");
}

#[test]
fn canada_counts_five_working_days_over_christmas() {
    let book = CalendarBook::builtin().unwrap();
    let federal = book.get("ca-federal").unwrap();
    // 25 December 2026 is a Friday; Boxing Day moves from Saturday to Monday 28; New Year's Day is the next Friday.
    assert_eq!(
        due(federal, "2026-12-22T15:00", "5 working days"),
        "2026-12-31T17:00:00"
    );
    assert_eq!(
        federal.day(date("2026-12-28")),
        Day::Holiday("Boxing Day (observed)")
    );
    assert_eq!(book.iter().count(), 15);
}
