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

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    tz::{TimeZone, TimeZoneDatabase},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use redress::calendar::{Calendar, Term, TimeBase, Unit};

const CASES: u64 = 60;

const ZONES: [&str; 12] = [
    "Africa/Cairo",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kwajalein",
    "UTC",
];

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Of the timeline, in minutes of elapsed time.
const DAY: usize = 24 * 60;
/// What a case may ask about.
const FORTNIGHT: usize = 14 * DAY;
/// What the twin must see before and after that, to know which night a minute belongs to and whether a reading repeats.
const MARGIN: usize = 3 * DAY;

/// Minutes of wall time after midnight, and the minutes after the same midnight at which the window closes.
type Wall = (i64, i64);

struct Case {
    seed: u64,
    random: StdRng,
    zone: TimeZone,
    week: [Vec<Wall>; 7],
    /// Of one date each, in place of its weekday's: a holiday has none.
    dated: BTreeMap<Date, Vec<Wall>>,
    zone_name: &'static str,
    begins: Timestamp,
}

impl Case {
    fn draw(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let zone_name = ZONES[random.random_range(0..ZONES.len())];
        let zone = TimeZoneDatabase::bundled().get(zone_name).unwrap();
        let begins = draw_beginning(&mut random, &zone);
        let mut case = Self {
            seed,
            zone,
            week: Default::default(),
            dated: BTreeMap::new(),
            zone_name,
            begins,
            random,
        };
        // A drawn week may overlap itself from night to morning; such a one is drawn again.
        loop {
            case.week = std::array::from_fn(|_| draw_windows(&mut case.random));
            case.dated.clear();
            for _ in 0..case.random.random_range(0..4) {
                let date = case.draw_date();
                let closed = case.random.random_bool(0.6);
                let windows = if closed {
                    vec![]
                } else {
                    draw_windows(&mut case.random)
                };
                case.dated.insert(date, windows);
            }
            let works = case
                .week
                .iter()
                .filter(|windows| !windows.is_empty())
                .count();
            if works >= 2 && Calendar::parse("drawn", &case.text()).is_ok() {
                return case;
            }
        }
    }

    fn draw_date(&mut self) -> Date {
        let hours = self.random.random_range(0..17 * 24);
        self.zone
            .to_datetime(self.begins + SignedDuration::from_hours(hours))
            .date()
    }

    fn calendar(&self) -> Calendar {
        Calendar::parse("drawn", &self.text()).unwrap()
    }

    /// The calendar file. A closed date is written as a holiday, any other as an override.
    fn text(&self) -> String {
        let mut text = format!(
            "name = \"drawn\"\ntitle = \"Drawn\"\nsource = \"seed {}\"\nzone = \"{}\"\n[week]\n",
            self.seed, self.zone_name
        );
        for (day, windows) in DAYS.iter().zip(&self.week) {
            writeln!(text, "{day} = {}", written(windows)).unwrap();
        }
        for (date, windows) in &self.dated {
            if windows.is_empty() {
                writeln!(text, "[[holiday]]\nname = \"Closed\"\non = \"{date}\"").unwrap();
            } else {
                writeln!(
                    text,
                    "[[override]]\ndate = \"{date}\"\nwindows = {}",
                    written(windows)
                )
                .unwrap();
            }
        }
        text
    }

    fn context(&self) -> String {
        format!("seed {}, from {}:\n{}", self.seed, self.begins, self.text())
    }
}

fn written(windows: &[Wall]) -> String {
    let time = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let texts: Vec<String> = windows
        .iter()
        .map(|&(opens, closes)| {
            let closes = if closes > 1440 { closes - 1440 } else { closes };
            format!("{}-{}", time(opens), time(closes))
        })
        .collect();
    format!("{texts:?}")
}

/// A whole minute between 1990 and 2040; in two cases of three shortly before a clock change, if the zone has one ahead.
fn draw_beginning(random: &mut StdRng, zone: &TimeZone) -> Timestamp {
    let minute = random.random_range(10_519_200..36_817_920_i64);
    let any = Timestamp::from_second(minute * 60).unwrap();
    let change = zone.following(any).next().map(|change| change.timestamp());
    match change {
        Some(change) if random.random_bool(0.66) => {
            let whole = Timestamp::from_second(change.as_second().div_euclid(60) * 60).unwrap();
            let ahead = i64::try_from(MARGIN).unwrap() + random.random_range(0..10 * 1440);
            whole - SignedDuration::from_mins(ahead)
        }
        _ => any,
    }
}

fn draw_windows(random: &mut StdRng) -> Vec<Wall> {
    let minute = |random: &mut StdRng, from: i64, to: i64| random.random_range(from..to);
    match random.random_range(0..9) {
        0 | 1 => vec![],
        2 => vec![(0, 1440)],
        // A lunch break.
        3 | 4 => vec![
            (minute(random, 480, 600), minute(random, 660, 720)),
            (minute(random, 720, 800), minute(random, 900, 1200)),
        ],
        // A night.
        5 => vec![(minute(random, 1200, 1440), 1440 + minute(random, 1, 420))],
        // A day and a night after it.
        6 => vec![
            (540, 1020),
            (minute(random, 1320, 1440), 1440 + minute(random, 1, 300)),
        ],
        // The small hours, where clocks change.
        7 => {
            let opens = minute(random, 0, 200);
            vec![(opens, opens + minute(random, 1, 120))]
        }
        _ => vec![(540, 1020)],
    }
}

/// Every minute of the timeline, and the date whose working time it is, if any.
struct Twin {
    begins: Timestamp,
    owner: Vec<Option<Date>>,
    /// The lowest reading that the wall clock still shows at or after each minute: a reading is passed for the last time
    /// when this reaches it.
    reading: Vec<DateTime>,
    shown: BTreeSet<Date>,
}

impl Twin {
    fn of(case: &Case) -> Self {
        let minutes = MARGIN + FORTNIGHT + MARGIN;
        let mut reading: Vec<DateTime> = (0..minutes)
            .map(|minute| case.zone.to_datetime(instant(case.begins, minute)))
            .collect();
        let shown: BTreeSet<Date> = reading.iter().map(|wall| wall.date()).collect();
        for minute in (0..minutes - 1).rev() {
            reading[minute] = reading[minute].min(reading[minute + 1]);
        }
        let windows_of = |date: &Date| -> &[Wall] {
            let weekday =
                &case.week[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()];
            case.dated.get(date).unwrap_or(weekday)
        };
        let owner = reading
            .iter()
            .map(|wall| {
                let minute_of_day = i64::from(wall.hour()) * 60 + i64::from(wall.minute());
                let today = wall.date();
                let yesterday = today.yesterday().unwrap();
                [(today, minute_of_day), (yesterday, minute_of_day + 1440)]
                    .into_iter()
                    .filter(|(date, _)| shown.contains(date))
                    .find(|(date, minute)| {
                        let mut windows = windows_of(date).iter();
                        windows.any(|(opens, closes)| (opens..closes).contains(&minute))
                    })
                    .map(|(date, _)| date)
            })
            .collect();
        Self {
            begins: case.begins,
            owner,
            reading,
            shown,
        }
    }

    fn at(&self, minute: usize) -> Timestamp {
        instant(self.begins, minute)
    }

    fn counted(&self, from: usize, to: usize) -> usize {
        self.owner[from..to].iter().flatten().count()
    }

    /// Where the given number of working minutes have just been counted.
    fn advance(&self, from: usize, wanted: usize) -> Option<usize> {
        if wanted == 0 {
            return Some(from);
        }
        let mut working = (from..self.owner.len()).filter(|&minute| self.owner[minute].is_some());
        working.nth(wanted - 1).map(|minute| minute + 1)
    }

    fn works(&self, date: Date) -> bool {
        self.owner.contains(&Some(date))
    }

    fn close_of(&self, date: Date) -> usize {
        self.owner
            .iter()
            .rposition(|owner| *owner == Some(date))
            .unwrap()
            + 1
    }

    /// The first minute after a date.
    fn end_of(&self, date: Date) -> Option<usize> {
        self.reading.iter().position(|wall| wall.date() > date)
    }

    fn nth_working_day_after(&self, date: Date, n: usize) -> Option<Date> {
        let mut dates = self
            .shown
            .iter()
            .copied()
            .filter(|day| *day > date && self.works(*day));
        dates.nth(n - 1)
    }

    /// Dates up to this one have all their minutes on the timeline.
    fn last_whole_date(&self) -> Date {
        self.reading[MARGIN + FORTNIGHT].date()
    }
}

fn instant(begins: Timestamp, minute: usize) -> Timestamp {
    begins + SignedDuration::from_mins(i64::try_from(minute).unwrap())
}

fn seconds(minutes: usize) -> i64 {
    i64::try_from(minutes).unwrap() * 60
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
        calendar.between(start, end, TimeBase::Working),
        seconds(counted),
        "{context}"
    );
    assert_eq!(
        calendar.between(start, end, TimeBase::Elapsed),
        seconds(to - from),
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
            calendar.between(back, end, TimeBase::Working),
            seconds(hours * 60),
            "{context}"
        );
        assert!(
            calendar.between(just_after, end, TimeBase::Working) < seconds(hours * 60),
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

fn percentages_round_trip(case: &mut Case, calendar: &Calendar, twin: &Twin) {
    let (from, to) = draw_pair(case);
    let (start, due) = (twin.at(from), twin.at(to));
    let percent = case.random.random_range(0..=100);
    for base in [TimeBase::Working, TimeBase::Elapsed] {
        let context = format!(
            "{percent} % of {start} to {due} {base:?}, {}",
            case.context()
        );
        let point = calendar.percent_point(start, due, percent, base).unwrap();
        let part = calendar.between(start, due, base) * i64::from(percent) / 100;
        assert!(start <= point && point <= due, "{context}");
        assert_eq!(calendar.between(start, point, base), part, "{context}");
        if part > 0 {
            let just_before = point - SignedDuration::from_secs(1);
            assert_eq!(
                calendar.between(start, just_before, base),
                part - 1,
                "{context}"
            );
        }
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
