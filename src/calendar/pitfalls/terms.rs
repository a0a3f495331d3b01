//! Terms and percentages, forwards and backwards.

use jiff::{SignedDuration, Timestamp};

use super::*;

/// dbt_zendesk PR 136.
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

/// zammad #418 stopped at 99 hours.
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
fn the_ends_of_representable_time_are_refused_without_a_panic() {
    let office = calendar("Pacific/Apia", OFFICE, "");
    for unit in Unit::COUNTED {
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
fn a_reminder_walks_backwards() {
    let week = "\nmonday = [\"09:00-12:00\", \"13:00-17:00\"]\nfriday = [\"10:00-16:00\"]\n";
    let office = calendar("America/Toronto", week, "");
    for (at, term, expected) in [
        ("2026-06-08T10:00", "2 working hours", "2026-06-05T15:00:00"),
        ("2026-06-08T14:00", "1 working hour", "2026-06-08T13:00:00"),
        (
            "2026-06-08T13:15",
            "30 working minutes",
            "2026-06-08T11:45:00",
        ),
        ("2026-06-08T17:00", "1 working day", "2026-06-05T16:00:00"),
        ("2026-06-08T09:30", "1 working day", "2026-06-05T10:00:00"),
        ("2026-06-08T11:30", "1 working day", "2026-06-05T11:30:00"),
        ("2026-06-12T12:30", "1 working day", "2026-06-08T12:00:00"),
        ("2026-06-09T00:00", "2 calendar days", "2026-06-07T00:00:00"),
        ("2026-05-31T10:00", "3 months", "2026-02-28T10:00:00"),
        ("2028-02-29T10:00", "1 year", "2027-02-28T10:00:00"),
        // Fridays and Mondays back into the year before the last.
        (
            "2026-01-02T15:00",
            "106 working days",
            "2024-12-27T15:00:00",
        ),
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
}

/// django-helpdesk: a ticket that came before a day off could be due before it would have been without the day off.
#[test]
fn a_day_off_never_makes_a_deadline_earlier() {
    let office = calendar("America/Toronto", OFFICE, "");
    for day in 1..=30 {
        let closed = format!("[[override]]\ndate = \"2026-06-{day:02}\"\nwindows = []\n");
        let fewer = calendar("America/Toronto", OFFICE, &closed);
        for from in ["2026-05-31T12:00", "2026-06-05T16:59", "2026-06-12T20:00"] {
            for term in ["3 working hours", "5 working days", "10 calendar days"] {
                assert!(
                    due(&office, from, term) <= due(&fewer, from, term),
                    "{term} from {from} without {day} June"
                );
            }
        }
    }
}

#[test]
fn a_last_day_off_rolls_as_the_rule_says() {
    let holiday = "[[holiday]]\nname = \"Labour Day\"\non = \"first Monday of September\"\n";
    let office = calendar("America/Toronto", OFFICE, holiday);
    let rolled = |from, term: &str| {
        [Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None].map(|roll| {
            let due = office.due_after_rolling(wall(&office, from), &term.parse().unwrap(), roll);
            shown(&office, due.unwrap())
        })
    };
    // The last day is Monday 7 September, which is Labour Day.
    assert_eq!(
        rolled("2026-08-07T12:00", "1 month"),
        [
            "2026-09-09T00:00:00",
            "2026-09-05T00:00:00",
            "2026-09-08T00:00:00"
        ]
    );
    // Between Saturday and Labour Day nobody works, so there is no day to roll back to.
    assert_eq!(
        rolled("2026-09-05T12:00", "2 calendar days"),
        [
            "2026-09-09T00:00:00",
            "2026-09-08T00:00:00",
            "2026-09-08T00:00:00"
        ]
    );
    // Thursday is a working day, and Friday that a working day ends is no last day off.
    for (from, term) in [
        ("2026-09-01T12:00", "2 calendar days"),
        ("2026-09-01T12:00", "2 working days"),
        ("2026-09-04T12:00", "40 hours"),
    ] {
        let [next, previous, none] = rolled(from, term);
        assert_eq!((&next, &next), (&previous, &none), "{term} from {from}");
    }
}

#[test]
fn the_working_instants_on_both_sides_of_a_weekend() {
    let office = calendar("America/Toronto", OFFICE, "");
    for (at, previous, next) in [
        // In a window, on its opening, on its close, and outside.
        (
            "2026-06-05T12:00",
            "2026-06-05T12:00:00",
            "2026-06-05T12:00:00",
        ),
        (
            "2026-06-05T09:00",
            "2026-06-05T09:00:00",
            "2026-06-05T09:00:00",
        ),
        (
            "2026-06-05T17:00",
            "2026-06-05T17:00:00",
            "2026-06-08T09:00:00",
        ),
        (
            "2026-06-07T12:00",
            "2026-06-05T17:00:00",
            "2026-06-08T09:00:00",
        ),
    ] {
        let instant = wall(&office, at);
        let last = office.previous_working_instant(instant).unwrap();
        assert_eq!(shown(&office, last), previous, "before {at}");
        let first = office.next_working_instant(instant).unwrap();
        assert_eq!(shown(&office, first), next, "after {at}");
    }
    let once = "[[override]]\ndate = \"2026-06-05\"\nwindows = [\"09:00-10:00\"]\n";
    let single = calendar("America/Toronto", "\nmonday = []\n", once);
    let opening = wall(&single, "2026-06-05T09:00");
    let earlier = opening - SignedDuration::from_nanos(1);
    assert!(single.previous_working_instant(opening).is_ok());
    assert!(single.previous_working_instant(earlier).is_err());
}

/// date-fns #1584, business_time #192 and #141: a day off at the start, or a deadline on one, cost a day more.
#[test]
fn from_any_day_of_a_weekend_the_next_working_day_is_monday_and_the_one_before_is_friday() {
    let office = calendar("America/Toronto", OFFICE, "");
    for start in ["2026-06-05T12:00", "2026-06-06T12:00", "2026-06-07T12:00"] {
        assert_eq!(due(&office, start, "1 working day"), "2026-06-08T17:00:00");
        assert_eq!(due(&office, start, "3 working days"), "2026-06-10T17:00:00");
    }
    for deadline in ["2026-06-06T12:00", "2026-06-07T12:00", "2026-06-08T12:00"] {
        let friday = before(&office, deadline, "1 working day");
        assert_eq!(friday, "2026-06-05T12:00:00");
    }
}

/// moment-business-days #35: what is added and taken away again ends elsewhere.
#[test]
fn working_days_lead_back_to_where_they_were_counted_from() {
    let office = calendar("America/Toronto", OFFICE, "");
    for days in 1..30 {
        let term = format!("{days} working days");
        let there = due(&office, "2026-06-05T17:00", &term);
        assert_eq!(before(&office, &there[..16], &term), "2026-06-05T17:00:00");
    }
}
