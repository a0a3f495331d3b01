//! Clock changes, and what else a time zone does to a day.

use jiff::SignedDuration;

use super::*;

/// OTRS bug 9884, grafana/oncall #3261.
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

/// zendesk/biz PR 35, 37: no loop may hang on a shift that is not an hour.
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

/// zendesk/biz PR 35.
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

/// zendesk/biz PR 37.
#[test]
fn a_day_that_the_zone_skips_is_no_day() {
    let apia = calendar("Pacific/Apia", ROUND_THE_CLOCK, "");
    assert_eq!(apia.day(date("2011-12-30")), Day::NoWindows);
    assert!(!apia.has_date(date("2011-12-30")) && apia.has_date(date("2011-12-31")));
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

/// GLPI steps by 86,400 s.
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
