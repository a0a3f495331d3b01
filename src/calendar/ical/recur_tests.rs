#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;

fn rule(text: &str) -> Recurrence {
    text.parse().unwrap()
}

fn dates(text: &str, start: &str, count: usize) -> String {
    let start: Date = start.parse().unwrap();
    let dates: Vec<_> = rule(text)
        .dates(start)
        .take(count)
        .map(|date| date.to_string())
        .collect();
    dates.join(" ")
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

#[test]
fn a_yearly_rule_is_known_for_one_only_where_it_falls_on_the_same_dates() {
    for (text, start, expected) in [
        ("FREQ=YEARLY", "2026-12-24", Some("24 December")),
        ("FREQ=YEARLY;BYMONTH=12", "2026-12-24", Some("24 December")),
        (
            "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
            "2026-12-24",
            Some("24 December"),
        ),
        (
            "FREQ=YEARLY;BYMONTH=2;BYDAY=3MO",
            "2026-02-16",
            Some("third Monday of February"),
        ),
        (
            "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
            "2026-05-25",
            Some("last Monday of May"),
        ),
        ("FREQ=YEARLY;BYMONTHDAY=24", "2026-12-24", None),
        ("FREQ=YEARLY;BYMONTH=11,12", "2026-12-24", None),
        ("FREQ=YEARLY;INTERVAL=2", "2026-12-24", None),
        ("FREQ=YEARLY;BYDAY=1FR", "2026-01-02", None),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-2MO", "2026-05-18", None),
        ("FREQ=MONTHLY;BYMONTH=12", "2026-12-24", None),
    ] {
        let start: Date = start.parse().unwrap();
        assert_eq!(
            rule(text).as_yearly_rule(start).as_deref(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn what_is_not_understood_is_refused_in_words() {
    for (text, expected) in [
        ("FREQ=HOURLY", "FREQ=HOURLY"),
        ("INTERVAL=2", "no FREQ"),
        ("FREQ=YEARLY;BYSETPOS=1", "BYSETPOS=1"),
        ("FREQ=YEARLY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=YEARLY;COUNT=0", "COUNT=0"),
        ("FREQ=YEARLY;COUNT=2;UNTIL=20301224", "both COUNT and UNTIL"),
        ("FREQ=YEARLY;FREQ=DAILY", "FREQ stands twice"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY counts"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go"),
        ("FREQ=MONTHLY;BYDAY=MO,éé", "BYDAY="),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0"),
        ("FREQ=YEARLY;UNTIL=2030", "UNTIL=2030"),
        ("YEARLY", "NAME=value"),
    ] {
        let error = text.parse::<Recurrence>().unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
