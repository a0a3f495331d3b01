//! The order in which a file lists its holidays changes none of them, in the built-in calendars and in random ones.

use jiff::civil::Date;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use redress::calendar::{Calendar, CalendarBook};

/// The special days of some years: the calendars have no overrides, so these are their holidays.
fn holidays(calendar: &Calendar, first: i16, last: i16) -> Vec<Date> {
    let first = Date::new(first, 1, 1).unwrap();
    let last = Date::new(last, 12, 31).unwrap();
    let special = calendar.special_days(first, last);
    special.map(|day| day.date).collect()
}

/// A calendar file with its holidays in another order.
fn shuffled(text: &str, random: &mut StdRng) -> String {
    const TABLE: &str = "[[holiday]]";
    let mut tables = text.split(TABLE);
    let head = tables.next().unwrap_or_default();
    let mut tables: Vec<&str> = tables.collect();
    tables.shuffle(random);
    tables.iter().fold(head.to_owned(), |text, table| {
        format!("{text}\n{TABLE}{table}")
    })
}

#[test]
fn the_order_of_the_file_changes_no_holiday_of_the_built_in_calendars() {
    let mut random = StdRng::seed_from_u64(1);
    for calendar in CalendarBook::builtin().unwrap().iter() {
        let expected = holidays(calendar, 2000, 2060);
        for _ in 0..3 {
            let text = shuffled(calendar.text(), &mut random);
            let other = Calendar::parse("shuffled", &text).unwrap();
            assert_eq!(holidays(&other, 2000, 2060), expected, "{text}");
        }
    }
}

#[test]
fn the_order_of_the_file_changes_no_holiday_of_any_calendar() {
    for seed in 0..150 {
        let mut random = StdRng::seed_from_u64(seed);
        let text = drawn(&mut random);
        let expected = holidays(&Calendar::parse("drawn", &text).unwrap(), 2015, 2045);
        for _ in 0..3 {
            let text = shuffled(&text, &mut random);
            let other = Calendar::parse("shuffled", &text).unwrap();
            assert_eq!(
                holidays(&other, 2015, 2045),
                expected,
                "seed {seed}: {text}"
            );
        }
    }
}

/// A calendar of holidays that crowd each other, around New Year above all.
fn drawn(random: &mut StdRng) -> String {
    const SUBSTITUTES: [&str; 4] = [
        "next_monday",
        "sunday_to_monday",
        "nearest_weekday",
        "next_working_day",
    ];
    let mut text =
        "name = \"t\"\ntitle = \"T\"\nsource = \"t\"\nzone = \"UTC\"\n[week]\n".to_owned();
    let days = [
        "wednesday",
        "monday",
        "tuesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    for (place, day) in days.iter().enumerate() {
        if place == 0 || random.random_bool(if place < 5 { 0.8 } else { 0.2 }) {
            text += &format!("{day} = [\"09:00-17:00\"]\n");
        }
    }
    for _ in 0..random.random_range(2..12) {
        let day = random.random_range(1..=6);
        let on = match random.random_range(0..6) {
            0 | 1 => format!(
                "{} December",
                20 + 2 * day.min(5) + random.random_range(0..2)
            ),
            2 => format!("{day} January"),
            3 => format!("Monday before {day} January"),
            4 => format!("first Monday of {}", ["January", "July"][day % 2]),
            _ => format!("{}-12-{}", random.random_range(2016..2044), 25 + day),
        };
        let choice = SUBSTITUTES[random.random_range(0..4)];
        let rest = match random.random_range(0..5) {
            0 => String::new(),
            1 => format!("moves = \"{choice}\""),
            _ => format!("substitute = \"{choice}\""),
        };
        text += &format!("[[holiday]]\nname = \"{on}\"\non = \"{on}\"\n{rest}\n");
    }
    text
}
