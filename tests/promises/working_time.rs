//! The calendar's arithmetic against a naive twin, which looks at every minute of a fortnight and shares no code with it.
//!
//! Each case is a random calendar, zone and fortnight, drawn from one seed that every failure names.
//! `REDRESS_WORKING_TIME_CASES` sets how many there are; `REDRESS_WORKING_TIME_SEED` sets the first seed, to replay one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod case;
mod twin;

use jiff::SignedDuration;
use rand::RngExt;
use redress::calendar::{Calendar, Term, TimeBase, Unit};

use case::Case;
use twin::Twin;

const CASES: u64 = 60;

/// Of the timeline, in minutes of elapsed time.
const DAY: usize = 24 * 60;
/// What a case may ask about.
const FORTNIGHT: usize = 14 * DAY;
/// What the twin must see before and after that, to know which night a minute belongs to and whether a reading repeats.
const MARGIN: usize = 3 * DAY;

fn seconds(minutes: usize) -> i64 {
    i64::try_from(minutes).unwrap() * 60
}

fn lasting(minutes: usize) -> SignedDuration {
    SignedDuration::from_secs(seconds(minutes))
}

fn each_case(promise: impl Fn(&mut Case, &Calendar, &Twin)) {
    let setting = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let first = setting("REDRESS_WORKING_TIME_SEED").unwrap_or(0);
    let cases = setting("REDRESS_WORKING_TIME_CASES").unwrap_or(CASES);
    for seed in first..first + cases {
        let mut case = Case::draw(seed);
        let calendar = case.calendar();
        let twin = Twin::of(&case);
        for _ in 0..ASKED_OF_EACH {
            promise(&mut case, &calendar, &twin);
        }
    }
}

const ASKED_OF_EACH: usize = 4;

/// Two minutes of the fortnight, in order.
fn draw_pair(case: &mut Case) -> (usize, usize) {
    let one = MARGIN + case.random.random_range(0..FORTNIGHT);
    let other = MARGIN + case.random.random_range(0..FORTNIGHT);
    (one.min(other), one.max(other))
}

/// All promises in one test: the twin's timeline costs more than everything that is asked of it.
#[test]
fn the_calendar_agrees_with_a_twin_that_looks_at_every_minute() {
    each_case(|case, calendar, twin| {
        counts_and_advances(case, calendar, twin);
        finds_the_same_due_times(case, calendar, twin);
        percentages_round_trip(case, calendar, twin);
        never_is_due_earlier_for_less_working_time(case, calendar, twin);
    });
}

fn counts_and_advances(case: &mut Case, calendar: &Calendar, twin: &Twin) {
    let (from, to) = draw_pair(case);
    let (start, end) = (twin.at(from), twin.at(to));
    let counted = twin.counted(from, to);
    let context = format!("{start} to {end}, {}", case.context());
    assert_eq!(
        calendar.counted(start, end, TimeBase::Working),
        lasting(counted),
        "{context}"
    );
    assert_eq!(
        calendar.counted(start, end, TimeBase::Elapsed),
        lasting(to - from),
        "{context}"
    );

    let wanted = case.random.random_range(0..=counted);
    let expected = twin.at(twin.advance(from, wanted).unwrap());
    let advanced = calendar
        .advance(start, seconds(wanted), TimeBase::Working)
        .unwrap();
    assert_eq!(advanced, expected, "{wanted} minutes, {context}");

    let hours = wanted / 60;
    if hours > 0 {
        let term = term(hours, Unit::WorkingHours);
        assert_eq!(
            calendar.due_after(start, &term).unwrap(),
            twin.at(twin.advance(from, hours * 60).unwrap()),
            "{context}"
        );
        let back = calendar.before(end, &term).unwrap();
        let just_after = back + SignedDuration::from_secs(1);
        assert_eq!(
            calendar.counted(back, end, TimeBase::Working),
            lasting(hours * 60),
            "{context}"
        );
        assert!(
            calendar.counted(just_after, end, TimeBase::Working) < lasting(hours * 60),
            "{context}"
        );
    }
    if let Some(next) = (from..twin.owner.len()).find(|&minute| twin.owner[minute].is_some()) {
        assert_eq!(
            calendar.next_working_instant(start).unwrap(),
            twin.at(next),
            "{context}"
        );
    }
}

fn finds_the_same_due_times(case: &mut Case, calendar: &Calendar, twin: &Twin) {
    let (from, _) = draw_pair(case);
    let start = twin.at(from);
    let date = twin.reading[from].date();
    let n = case.random.random_range(1..8);
    let context = format!("{n} days from {start}, {}", case.context());
    assert_eq!(calendar.date_of(start), date, "{context}");

    if let Some(last) = twin.nth_working_day_after(date, n)
        && last < twin.last_whole_date()
    {
        let due = calendar
            .due_after(start, &term(n, Unit::WorkingDays))
            .unwrap();
        assert_eq!(due, twin.at(twin.close_of(last)), "working {context}");
    }

    let mut last = date;
    for _ in 0..n {
        last = last.tomorrow().unwrap();
    }
    while last < twin.last_whole_date() && !twin.works(last) {
        last = last.tomorrow().unwrap();
    }
    if last < twin.last_whole_date() {
        let due = calendar
            .due_after(start, &term(n, Unit::CalendarDays))
            .unwrap();
        assert_eq!(
            due,
            twin.at(twin.end_of(last).unwrap()),
            "calendar {context}"
        );
    }
}

/// Whether they are counted in one piece, or go on after a pause.
fn percentages_round_trip(case: &mut Case, calendar: &Calendar, twin: &Twin) {
    let (from, to) = draw_pair(case);
    let resumed = case.random.random_range(from..=to);
    let (start, middle, due) = (twin.at(from), twin.at(resumed), twin.at(to));
    let percent = case.random.random_range(0..=100);
    for (base, total) in [
        (TimeBase::Working, twin.counted(from, to)),
        (TimeBase::Elapsed, to - from),
    ] {
        let context = format!(
            "{percent} % of {start} to {due} {base:?}, from {middle} on, {}",
            case.context()
        );
        let none = SignedDuration::ZERO;
        let point = calendar.percent_point(start, due, percent, base, none);
        let point = point.unwrap();
        let microseconds = seconds(total) * 1_000_000 * i64::from(percent) / 100;
        let part = SignedDuration::from_micros(microseconds);
        assert!(start <= point && point <= due, "{context}");
        assert_eq!(calendar.counted(start, point, base), part, "{context}");
        if !part.is_zero() {
            let instant = SignedDuration::from_micros(1);
            assert_eq!(
                calendar.counted(start, point - instant, base),
                part - instant,
                "{context}"
            );
        }
        let before = calendar.counted(start, middle, base);
        let after = calendar.percent_point(middle, due, percent, base, before);
        assert_eq!(after.unwrap(), point.max(middle), "{context}");
    }
}

/// Neither starting later nor closing a date may make a deadline earlier.
fn never_is_due_earlier_for_less_working_time(case: &mut Case, calendar: &Calendar, twin: &Twin) {
    let (from, to) = draw_pair(case);
    let (start, later) = (twin.at(from), twin.at(to));
    let closed = case.draw_date();
    let kept = case.dated.insert(closed, vec![]);
    let fewer = case.calendar();
    match kept {
        Some(windows) => case.dated.insert(closed, windows),
        None => case.dated.remove(&closed),
    };
    for unit in [
        Unit::WorkingHours,
        Unit::WorkingDays,
        Unit::CalendarDays,
        Unit::Weeks,
        Unit::Months,
    ] {
        let term = term(case.random.random_range(1..20), unit);
        let due = calendar.due_after(start, &term).unwrap();
        let context = format!("{term} from {start}, {}", case.context());
        assert!(
            due <= calendar.due_after(later, &term).unwrap(),
            "later at {later}, {context}"
        );
        assert!(
            due <= fewer.due_after(start, &term).unwrap(),
            "without {closed}, {context}"
        );
        assert!(start < due, "{context}");
    }
}

fn term(count: usize, unit: Unit) -> Term {
    Term {
        count: u32::try_from(count).unwrap(),
        unit,
    }
}
