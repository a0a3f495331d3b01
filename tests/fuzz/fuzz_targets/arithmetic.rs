//! Any question to a calendar of any zone, week and dated exceptions.
#![no_main]

use std::fmt::Write as _;

use arbitrary::Arbitrary;
use jiff::{SignedDuration, Timestamp, civil::Date};
use libfuzzer_sys::fuzz_target;
use redress::calendar::{Calendar, Roll, Term, Unit};
use redress_fuzz::{check_before, check_due, check_neighbours, check_stretches};

#[derive(Debug, Arbitrary)]
struct Input {
    zone: u8,
    week: [Windows; 7],
    dated: Vec<(i16, i8, i8, Windows)>,
    holidays: Vec<(i16, i8, i8)>,
    hours: Windows,
    asked: Vec<Question>,
}

#[derive(Debug, Arbitrary)]
struct Question {
    /// Seconds since the epoch; brought into range.
    at: i64,
    nanosecond: u32,
    count: u32,
    unit: u8,
    roll: u8,
    on_hours: bool,
}

/// Minutes at which windows open and close in turn.
#[derive(Debug, Arbitrary)]
struct Windows(Vec<u16>);

impl Windows {
    fn texts(&self) -> Vec<String> {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
        let pairs = self.0.chunks_exact(2).take(4);
        pairs
            .map(|pair| format!("{}-{}", time(pair[0]), time(pair[1])))
            .collect()
    }
}

const ZONES: [&str; 10] = [
    "UTC",
    "America/Toronto",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Antarctica/Troll",
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
const UNITS: [Unit; 11] = [
    Unit::Instant,
    Unit::Seconds,
    Unit::Minutes,
    Unit::Hours,
    Unit::CalendarDays,
    Unit::Weeks,
    Unit::Months,
    Unit::Years,
    Unit::WorkingDays,
    Unit::WorkingHours,
    Unit::WorkingMinutes,
];
const ROLLS: [Roll; 3] = [Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None];

fn text(input: &Input) -> String {
    let zone = ZONES[usize::from(input.zone) % ZONES.len()];
    let mut text =
        format!("name = \"f\"\ntitle = \"F\"\nsource = \"s\"\nzone = \"{zone}\"\n[week]\n");
    let mut line =
        |args: std::fmt::Arguments<'_>| text.write_fmt(args).expect("memory is written to");
    for (day, windows) in DAYS.iter().zip(&input.week) {
        line(format_args!("{day} = {:?}\n", windows.texts()));
    }
    for &(year, month, day) in &input.holidays {
        if let Ok(date) = Date::new(year, month, day) {
            line(format_args!(
                "[[holiday]]\nname = \"H\"\non = \"{date}\"\nsubstitute = \"next_working_day\"\n"
            ));
        }
    }
    for (year, month, day, windows) in &input.dated {
        if let Ok(date) = Date::new(*year, *month, *day) {
            line(format_args!(
                "[[override]]\ndate = \"{date}\"\nwindows = {:?}\n",
                windows.texts()
            ));
        }
    }
    text
}

impl Question {
    fn at(&self) -> Timestamp {
        let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        // Most questions are about our own time, whose tables are kept: the others take a thousand times as long.
        let second = if self.at % 16 == 0 {
            least + self.at.rem_euclid(most - least)
        } else {
            self.at.rem_euclid(4_000_000_000)
        };
        let nanosecond = i32::try_from(self.nanosecond % 1_000_000_000).expect("below a billion");
        Timestamp::new(second, nanosecond).expect("within the range")
    }
}

fuzz_target!(|input: Input| {
    let Ok(calendar) = Calendar::parse("fuzz.toml", &text(&input)) else {
        return;
    };
    let hours: Vec<_> = input
        .hours
        .texts()
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    let other = calendar.with_hours(&hours).ok();
    for question in input.asked.iter().take(8) {
        let asked = match &other {
            Some(other) if question.on_hours => other,
            _ => &calendar,
        };
        let (at, unit) = (
            question.at(),
            UNITS[usize::from(question.unit) % UNITS.len()],
        );
        // A few in most, and any now and then.
        let count = if question.count % 8 == 0 {
            question.count
        } else {
            question.count % 400
        };
        let term = Term { count, unit };
        check_due(
            asked,
            at,
            &term,
            ROLLS[usize::from(question.roll) % ROLLS.len()],
        );
        check_before(asked, at, &term);
        check_neighbours(asked, at);
        if let Ok(to) = at.checked_add(SignedDuration::from_hours(i64::from(count % 2000))) {
            check_stretches(asked, at, to);
        }
    }
});
