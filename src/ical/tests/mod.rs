#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bounds;
mod closing;
mod dialects;
mod edges;
mod known_faults;
mod repeats;
mod report;
mod times;

use super::*;
use crate::calendar::Window;

const OFFICE: &str = r#"# Our own.
name = "office"
title = "Office"
source = "none"
zone = "America/Toronto"
[week]
monday = ["09:00-12:00", "13:00-17:00"]
tuesday = ["09:00-17:00"]
wednesday = ["09:00-17:00"]
thursday = ["09:00-17:00"]
friday = ["09:00-17:00", "22:00-06:00"]
[[holiday]]
name = "Christmas Day"
on = "25 December"
substitute = "next_working_day"
[[override]]
date = "2026-11-06"
windows = ["09:00-12:00"]
name = "Town day""#;

/// Open from nine to five on every day but Saturday and Sunday, in this zone.
fn open_in(zone: &str) -> Calendar {
    crate::watchdog::watch();
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday"]
        .map(|day| format!("{day} = [\"09:00-17:00\"]\n"));
    let text = format!(
        "name = \"office\"\ntitle = \"Office\"\nsource = \"none\"\nzone = \"{zone}\"\n[week]\n{}",
        week.concat()
    );
    Calendar::parse("office.toml", &text).unwrap()
}

fn office() -> Calendar {
    crate::watchdog::watch();
    Calendar::parse("office.toml", OFFICE).unwrap()
}

/// A file of these events, each given by its lines.
fn file(events: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\nVERSION:2.0\n".to_owned();
    for event in events {
        text += &format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n");
    }
    text + "END:VCALENDAR\n"
}

const READING: Reading = Reading {
    through: 2030,
    free: false,
};

fn read_into(calendar: &Calendar, events: &[&str]) -> Import {
    import("in/days.ics", file(events).as_bytes(), calendar, READING).unwrap()
}

fn read(events: &[&str]) -> Import {
    read_into(&office(), events)
}

/// What the whole text of a file adds to an office in this zone, and what there is to say about it.
fn read_text(zone: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let import = import("in/days.ics", text.as_bytes(), &open_in(zone), READING).unwrap();
    (told(&import), noted(&import))
}

/// What there is to say, as the program prints it, without the lines.
fn noted(import: &Import) -> Vec<String> {
    let tell = |note: &Note| {
        let mark = if note.doubtful { '!' } else { '-' };
        let event = note.event.as_deref().unwrap_or_default();
        format!("{mark} {event}: {}", note.text)
    };
    import.notes.iter().map(tell).collect()
}

/// Reads each case (its zone, its events, the dates that it closes, parts of the notes on it in their order) and compares.
fn each_is_read(cases: &[(&str, &[&str], &str, &[&str])]) {
    for (zone, events, expected, expected_notes) in cases {
        let (told, notes) = read_text(zone, &file(events));
        assert_eq!(
            told.join(", "),
            *expected,
            "{zone}\n{events:#?}\n{notes:#?}"
        );
        assert_eq!(notes.len(), expected_notes.len(), "{events:#?}\n{notes:#?}");
        for (note, expected) in notes.iter().zip(*expected_notes) {
            assert!(note.contains(expected), "{note}\n{expected}");
        }
    }
}

/// What was added, as the tables that say it.
fn told(import: &Import) -> Vec<String> {
    let tell = |added: &Added| {
        let name = added.name.as_deref().unwrap_or("-");
        match &added.when {
            When::Date(date) => {
                let windows: Vec<String> = added.windows.iter().map(Window::to_string).collect();
                format!("{date} [{}] {name}", windows.join(" "))
            }
            When::Yearly {
                on,
                from_year,
                to_year,
            } => format!("{on} {from_year} {to_year:?} {name}"),
        }
    };
    import.added.iter().map(tell).collect()
}
