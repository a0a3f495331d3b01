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

/// zendesk/biz PR 35, date-fns-tz #79.
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
        ("Asia/Damascus", "2020-03-25T12:00", "2020-03-27T01:00:00"),
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

/// calcom #30021: windows of the afternoon began and ended an hour late on the day of the change.
#[test]
fn the_afternoon_of_a_clock_change_keeps_its_wall_hours() {
    let afternoons = calendar("America/New_York", "\nsunday = [\"13:00-18:00\"]\n", "");
    for (day, opens, closes) in [
        ("2026-03-01", "2026-03-01T18:00:00Z", "2026-03-01T23:00:00Z"),
        ("2026-03-08", "2026-03-08T17:00:00Z", "2026-03-08T22:00:00Z"),
        ("2026-11-01", "2026-11-01T18:00:00Z", "2026-11-01T23:00:00Z"),
    ] {
        let open: Vec<_> = afternoons.intervals(date(day)).collect();
        let said = [open[0].start.to_string(), open[0].end.to_string()];
        assert_eq!(said, [opens, closes]);
    }
}

/// moment-business-time #58: an hour from the first of two equal readings ended where it began. working_hours #26: half a minute
/// before the window the next working instant lay an hour back. underlx #78: a night was closed an hour before its end, because
/// the day was taken for 24 hours.
#[test]
fn around_a_repeated_hour_it_is_instants_that_count() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mornings = calendar("Europe/Amsterdam", "\nsunday = [\"00:00-10:00\"]\n", "");
    let due = mornings.due_after(
        at("2022-10-30T02:00:00+02"),
        &"1 working hour".parse().unwrap(),
    );
    assert_eq!(due.ok(), Some(at("2022-10-30T02:00:00+01")));
    let days = calendar("America/New_York", "\nsunday = [\"02:00-17:00\"]\n", "");
    assert_eq!(
        days.next_working_instant(at("2015-11-01T01:59:30-04")).ok(),
        Some(at("2015-11-01T02:00:00-05"))
    );
    let metro = calendar("Europe/Lisbon", "\nsaturday = [\"16:30-01:30\"]\n", "");
    let night: Vec<_> = metro.intervals(date("2019-10-26")).collect();
    assert_eq!(night[0].end, at("2019-10-27T01:30:00+00"));
}
