//! Random calendars, zones and fortnights, each from one seed.

use std::{collections::BTreeMap, fmt::Write};

use jiff::{
    SignedDuration, Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use redress::calendar::Calendar;

use super::MARGIN;

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

/// Just before changes that are too rare to be drawn often: two skipped days, and a day that is entered twice.
const NOTABLE: [(&str, &str); 3] = [
    ("Pacific/Apia", "2011-12-27T00:00:00Z"),
    ("Pacific/Kwajalein", "1993-08-18T00:00:00Z"),
    ("America/St_Johns", "2010-11-04T00:00:00Z"),
];

/// In minutes since the epoch.
const SINCE_1990: i64 = 10_519_200;
const UNTIL_2040: i64 = 36_817_920;

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Minutes of wall time after midnight, and the minutes after the same midnight at which the window closes.
pub(super) type Wall = (i64, i64);

pub(super) struct Case {
    seed: u64,
    pub(super) random: StdRng,
    pub(super) zone: TimeZone,
    pub(super) week: [Vec<Wall>; 7],
    /// Of one date each, in place of its weekday's: a holiday has none.
    pub(super) dated: BTreeMap<Date, Vec<Wall>>,
    zone_name: &'static str,
    pub(super) begins: Timestamp,
}

impl Case {
    pub(super) fn draw(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let (zone_name, about) = if random.random_bool(0.2) {
            let (zone_name, about) = NOTABLE[random.random_range(0..NOTABLE.len())];
            (zone_name, about.parse().unwrap())
        } else {
            let minute = random.random_range(SINCE_1990..UNTIL_2040);
            let zone_name = ZONES[random.random_range(0..ZONES.len())];
            (zone_name, Timestamp::from_second(minute * 60).unwrap())
        };
        let zone = TimeZoneDatabase::bundled().get(zone_name).unwrap();
        let begins = draw_beginning(&mut random, &zone, about);
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

    pub(super) fn draw_date(&mut self) -> Date {
        let hours = self.random.random_range(0..17 * 24);
        self.zone
            .to_datetime(self.begins + SignedDuration::from_hours(hours))
            .date()
    }

    pub(super) fn calendar(&self) -> Calendar {
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

    pub(super) fn context(&self) -> String {
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

/// In two cases of three so that the first clock change after `about` is in the fortnight.
fn draw_beginning(random: &mut StdRng, zone: &TimeZone, about: Timestamp) -> Timestamp {
    let change = zone
        .following(about)
        .next()
        .map(|change| change.timestamp());
    match change {
        Some(change) if random.random_bool(0.66) => {
            let whole = Timestamp::from_second(change.as_second().div_euclid(60) * 60).unwrap();
            let ahead = i64::try_from(MARGIN).unwrap() + random.random_range(0..10 * 1440);
            whole - SignedDuration::from_mins(ahead)
        }
        _ => about,
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
