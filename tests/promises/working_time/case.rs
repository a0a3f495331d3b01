//! Random calendars, zones and stretches of days, each from one seed.

use std::{collections::BTreeMap, fmt::Write};

use jiff::{
    SignedDuration, Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use redress::calendar::{Calendar, Window};

use super::twin::MARGIN_DAYS;

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

/// In minutes since the epoch: most cases lie in the first range, some in the second, up to the year 9900.
const OUR_TIME: std::ops::Range<i64> = 10_519_200..36_817_920;
const FAR_FUTURE: std::ops::Range<i64> = 36_817_920..4_170_000_000;

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

/// What is said of one date in place of its weekday.
#[derive(Clone)]
pub(super) enum Dated {
    Holiday,
    /// Closed where there are none.
    Override(Vec<Wall>),
}

pub(super) struct Case {
    seed: u64,
    pub(super) random: StdRng,
    pub(super) zone: TimeZone,
    pub(super) week: [Vec<Wall>; 7],
    pub(super) dated: BTreeMap<Date, Dated>,
    /// Other hours for the days that have some.
    hours: Option<Vec<Wall>>,
    zone_name: &'static str,
    pub(super) begins: Timestamp,
    /// How many days are asked about.
    pub(super) days: usize,
    /// Whether it lies so far ahead that no table of its years is kept.
    pub(super) is_far: bool,
}

impl Case {
    pub(super) fn draw(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let is_far = random.random_bool(0.05);
        let (zone_name, about) = if !is_far && random.random_bool(0.2) {
            let (zone_name, about) = NOTABLE[random.random_range(0..NOTABLE.len())];
            (zone_name, about.parse().unwrap())
        } else {
            let minute = random.random_range(if is_far { FAR_FUTURE } else { OUR_TIME });
            let zone_name = ZONES[random.random_range(0..ZONES.len())];
            (zone_name, Timestamp::from_second(minute * 60).unwrap())
        };
        let zone = TimeZoneDatabase::bundled().get(zone_name).unwrap();
        let begins = draw_beginning(&mut random, &zone, about);
        // Terms of years need a long timeline, which takes its time to draw.
        let days = if random.random_bool(0.04) { 800 } else { 40 };
        let mut case = Self {
            seed,
            zone,
            week: Default::default(),
            dated: BTreeMap::new(),
            hours: None,
            zone_name,
            begins,
            days,
            is_far,
            random,
        };
        // A drawn week may overlap itself from night to morning; such a one is drawn again.
        loop {
            case.draw_calendar();
            let works = case.week.iter().filter(|windows| !windows.is_empty());
            if works.count() >= 2 && Calendar::parse("drawn", &case.text()).is_ok() {
                break;
            }
        }
        if case.random.random_bool(0.25) {
            case.hours = Some(draw_hours(&mut case.random));
        }
        case
    }

    fn draw_calendar(&mut self) {
        self.week = std::array::from_fn(|_| draw_windows(&mut self.random));
        self.dated.clear();
        for _ in 0..self.random.random_range(0..6) {
            let date = self.draw_date();
            let dated = match self.random.random_range(0..5) {
                0 | 1 => Dated::Holiday,
                2 => Dated::Override(vec![]),
                _ => Dated::Override(draw_windows(&mut self.random)),
            };
            self.dated.insert(date, dated);
        }
    }

    pub(super) fn draw_date(&mut self) -> Date {
        let days = i64::try_from(self.days.min(40) + MARGIN_DAYS).unwrap();
        let hours = self.random.random_range(0..days * 24);
        self.zone
            .to_datetime(self.begins + SignedDuration::from_hours(hours))
            .date()
    }

    pub(super) fn calendar(&self) -> Calendar {
        let calendar = Calendar::parse("drawn", &self.text()).unwrap();
        let Some(hours) = &self.hours else {
            return calendar;
        };
        let hours: Vec<Window> = texts(hours)
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        calendar.with_hours(&hours).unwrap()
    }

    /// The windows of a date that the zone shows.
    pub(super) fn windows_of(&self, date: Date) -> &[Wall] {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap();
        let windows: &[Wall] = match self.dated.get(&date) {
            Some(Dated::Holiday) => &[],
            Some(Dated::Override(windows)) => windows,
            None => &self.week[weekday],
        };
        match &self.hours {
            Some(hours) if !windows.is_empty() => hours,
            _ => windows,
        }
    }

    /// The calendar file.
    fn text(&self) -> String {
        let mut text = format!(
            "name = \"drawn\"\ntitle = \"Drawn\"\nsource = \"seed {}\"\nzone = \"{}\"\n[week]\n",
            self.seed, self.zone_name
        );
        for (day, windows) in DAYS.iter().zip(&self.week) {
            writeln!(text, "{day} = {:?}", texts(windows)).unwrap();
        }
        for (date, dated) in &self.dated {
            match dated {
                Dated::Holiday => {
                    writeln!(text, "[[holiday]]\nname = \"Closed\"\non = \"{date}\"")
                }
                Dated::Override(windows) => writeln!(
                    text,
                    "[[override]]\ndate = \"{date}\"\nwindows = {:?}",
                    texts(windows)
                ),
            }
            .unwrap();
        }
        text
    }

    pub(super) fn context(&self) -> String {
        let hours = self.hours.as_deref().map(texts);
        format!(
            "REDRESS_WORKING_TIME_SEED={} from {}, hours {hours:?}:\n{}",
            self.seed,
            self.begins,
            self.text()
        )
    }
}

fn texts(windows: &[Wall]) -> Vec<String> {
    let time = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    windows
        .iter()
        .map(|&(opens, closes)| {
            let closes = if closes > 1440 { closes - 1440 } else { closes };
            format!("{}-{}", time(opens), time(closes))
        })
        .collect()
}

/// In two cases of three so that the first clock change after `about` is among the days.
fn draw_beginning(random: &mut StdRng, zone: &TimeZone, about: Timestamp) -> Timestamp {
    let change = zone
        .following(about)
        .next()
        .map(|change| change.timestamp());
    match change {
        Some(change) if random.random_bool(0.66) => {
            let whole = Timestamp::from_second(change.as_second().div_euclid(60) * 60).unwrap();
            let margin = i64::try_from(MARGIN_DAYS).unwrap() * 1440;
            let ahead = margin + random.random_range(0..20 * 1440);
            whole - SignedDuration::from_mins(ahead)
        }
        _ => about,
    }
}

/// Hours that any two days in a row can have.
fn draw_hours(random: &mut StdRng) -> Vec<Wall> {
    loop {
        let hours = draw_windows(random);
        let morning = hours.first().map(|first| first.0);
        let night = hours.last().map_or(0, |last| last.1 - 1440);
        if morning.is_some_and(|opens| night <= opens) {
            return hours;
        }
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
