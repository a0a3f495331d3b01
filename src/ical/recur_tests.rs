#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;

/// The first so many walls of a rule, as dates where it starts at midnight.
fn walls(text: &str, start: &str, count: usize) -> String {
    let start: DateTime = start.parse().unwrap();
    let (rule, budget) = (
        Rule::parse(text, &mut Vec::new()).unwrap(),
        Budget::of(200_000),
    );
    let tell = |wall: DateTime| match start.time() == Time::midnight() {
        true => wall.date().to_string(),
        false => wall.strftime("%m-%d %H:%M:%S").to_string(),
    };
    let count = rule.count.unwrap_or(count).min(count);
    let walls: Vec<_> = rule.walls(start, &budget).take(count).map(tell).collect();
    walls.join(" ")
}

fn dates(text: &str, start: &str, count: usize) -> String {
    walls(text, &format!("{start}T00:00:00"), count)
}

/// The examples of RFC 5545, section 3.8.5.3, which all begin on 2 September 1997 or near it.
#[test]
fn the_examples_of_the_standard_fall_on_the_dates_that_it_gives() {
    for (text, start, expected) in [
        (
            "FREQ=DAILY;INTERVAL=10;COUNT=5",
            "1997-09-02",
            "1997-09-02 1997-09-12 1997-09-22 1997-10-02",
        ),
        (
            "FREQ=YEARLY;BYMONTH=1;BYDAY=SU,MO",
            "1998-01-04",
            "1998-01-04 1998-01-05 1998-01-11 1998-01-12",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
            "1997-09-02",
            "1997-09-02 1997-09-16 1997-09-30 1997-10-14",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH",
            "1997-09-02",
            "1997-09-02 1997-09-04 1997-09-16 1997-09-18",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            "1997-08-05 1997-08-10 1997-08-19 1997-08-24",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            "1997-08-05 1997-08-17 1997-08-19 1997-08-31",
        ),
        (
            "FREQ=MONTHLY;BYDAY=1FR",
            "1997-09-05",
            "1997-09-05 1997-10-03 1997-11-07 1997-12-05",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU",
            "1997-09-07",
            "1997-09-07 1997-09-28 1997-11-02 1997-11-30",
        ),
        (
            "FREQ=MONTHLY;BYDAY=-2MO",
            "1997-09-22",
            "1997-09-22 1997-10-20 1997-11-17 1997-12-22",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "1997-09-28",
            "1997-09-28 1997-10-29 1997-11-28 1997-12-29",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,-1",
            "1997-09-30",
            "1997-09-30 1997-10-01 1997-10-31 1997-11-01",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10,11",
            "1997-09-10",
            "1997-09-10 1997-09-11 1999-03-10 1999-03-11",
        ),
        (
            "FREQ=YEARLY;BYMONTH=6,7",
            "1997-06-10",
            "1997-06-10 1997-07-10 1998-06-10 1998-07-10",
        ),
        (
            "FREQ=YEARLY;BYDAY=20MO",
            "1997-05-19",
            "1997-05-19 1998-05-18 1999-05-17 2000-05-15",
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
            "1997-03-13",
            "1997-03-13 1997-03-20 1997-03-27 1998-03-05",
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "1998-02-13",
            "1998-02-13 1998-03-13 1998-11-13 1999-08-13",
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11-05",
            "1996-11-05 2000-11-07 2004-11-02 2008-11-04",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30",
            "2007-01-15",
            "2007-01-15 2007-01-30 2007-02-15 2007-03-15",
        ),
    ] {
        assert_eq!(dates(text, start, 4), expected, "{text}");
    }
}

#[test]
fn a_day_that_a_month_or_year_lacks_is_left_out() {
    assert_eq!(
        dates("FREQ=YEARLY", "2024-02-29", 2),
        "2024-02-29 2028-02-29"
    );
    assert_eq!(
        dates("FREQ=MONTHLY", "2026-01-31", 3),
        "2026-01-31 2026-03-31 2026-05-31"
    );
}

/// Further examples of the standard, with parts that take the place of others.
#[test]
fn weeks_days_of_the_year_and_positions_fall_on_the_dates_that_the_standard_gives() {
    for (text, start, expected) in [
        (
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "1997-01-01",
            "1997-01-01 1997-04-10 1997-07-19 2000-01-01",
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "1997-05-12",
            "1997-05-12 1998-05-11 1999-05-17 2000-05-15",
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-04",
            "1997-09-04 1997-10-07 1997-11-06",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29",
            "1997-09-29 1997-10-30 1997-11-27 1997-12-30",
        ),
        (
            "FREQ=YEARLY;BYMONTH=5;BYDAY=MO;BYSETPOS=-1",
            "2027-05-31",
            "2027-05-31 2028-05-29 2029-05-28 2030-05-27",
        ),
        // The last week of a year may have a number of 52 or 53, and begin on another day.
        (
            "FREQ=YEARLY;BYWEEKNO=53",
            "2020-12-31",
            "2020-12-31 2026-12-31 2032-12-30 2037-12-31",
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=FR;WKST=SU",
            "2026-01-02",
            "2026-01-02 2027-01-01 2027-12-31 2028-12-29",
        ),
        (
            "FREQ=YEARLY;BYYEARDAY=-1",
            "2026-12-31",
            "2026-12-31 2027-12-31 2028-12-31 2029-12-31",
        ),
        // One of the Mondays, or the first Tuesday: either will do.
        (
            "FREQ=MONTHLY;BYDAY=2MO,1TU",
            "2026-12-01",
            "2026-12-01 2026-12-14 2027-01-05 2027-01-11",
        ),
        // Years without a third one are passed over (dmfs/lib-recur #108).
        (
            "FREQ=YEARLY;BYMONTHDAY=20;BYDAY=MO;BYSETPOS=3",
            "2023-11-20",
            "2023-11-20 2034-11-20 2045-11-20 2048-07-20",
        ),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-02-28", ""),
    ] {
        assert_eq!(dates(text, start, 4), expected, "{text}");
    }
}

#[test]
fn hours_minutes_and_seconds_are_multiplied_or_limit() {
    for (text, start, expected) in [
        (
            "FREQ=DAILY;BYHOUR=9,15;BYMINUTE=0,30",
            "2026-12-03T09:30:00",
            "12-03 09:30:00 12-03 15:00:00 12-03 15:30:00 12-04 09:00:00",
        ),
        (
            "FREQ=WEEKLY;BYDAY=TH;BYHOUR=15;BYMINUTE=0;BYSECOND=0",
            "2026-12-03T15:00:00",
            "12-03 15:00:00 12-10 15:00:00 12-17 15:00:00 12-24 15:00:00",
        ),
        (
            "FREQ=HOURLY;INTERVAL=3",
            "2026-12-03T22:00:00",
            "12-03 22:00:00 12-04 01:00:00 12-04 04:00:00 12-04 07:00:00",
        ),
        (
            "FREQ=HOURLY;BYDAY=FR;BYHOUR=9,10;BYMINUTE=0,20",
            "2026-12-03T09:00:00",
            "12-04 09:00:00 12-04 09:20:00 12-04 10:00:00 12-04 10:20:00",
        ),
        (
            "FREQ=MINUTELY;INTERVAL=90;BYHOUR=9,10,11,12",
            "2026-12-03T09:00:00",
            "12-03 09:00:00 12-03 10:30:00 12-03 12:00:00 12-04 09:00:00",
        ),
        (
            "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10",
            "2026-12-03T10:20:00",
            "12-03 10:20:00 12-03 10:40:00 12-04 09:00:00 12-04 09:20:00",
        ),
        (
            "FREQ=SECONDLY;INTERVAL=45;BYMINUTE=0",
            "2026-12-03T09:00:00",
            "12-03 09:00:00 12-03 09:00:45 12-03 10:00:00 12-03 10:00:45",
        ),
        (
            "FREQ=DAILY;BYHOUR=15,9",
            "2026-12-03T09:00:00",
            "12-03 09:00:00 12-03 15:00:00 12-04 09:00:00 12-04 15:00:00",
        ),
        // kewisch/ical.js #1039.
        (
            "FREQ=DAILY;BYHOUR=9,12,17;BYSETPOS=-1",
            "2026-12-03T17:00:00",
            "12-03 17:00:00 12-04 17:00:00 12-05 17:00:00 12-06 17:00:00",
        ),
        (
            "FREQ=HOURLY;BYMINUTE=0,15,30,45;BYSETPOS=2",
            "2026-12-03T09:15:00",
            "12-03 09:15:00 12-03 10:15:00 12-03 11:15:00 12-03 12:15:00",
        ),
        (
            "FREQ=DAILY;BYHOUR=9,12,15;BYSETPOS=2",
            "2026-12-03T12:00:00",
            "12-03 12:00:00 12-04 12:00:00 12-05 12:00:00 12-06 12:00:00",
        ),
    ] {
        assert_eq!(walls(text, start, 4), expected, "{text}");
    }
}

#[test]
fn a_rule_that_falls_on_no_date_ends_with_the_years_or_the_budget() {
    for text in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYSECOND=7;INTERVAL=2",
        "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=7",
        "FREQ=DAILY;INTERVAL=3200000000000;BYDAY=MO",
    ] {
        assert_eq!(walls(text, "2026-02-27T12:00:00", 1), "", "{text}");
    }
}
