//! One test for each way in which deadline arithmetic is known to go wrong, with the public report of it in another system.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod clock_changes;
mod holidays;
mod limits;
mod terms;
mod windows;

use jiff::{Timestamp, civil::Date};

use super::*;

pub(super) const OFFICE: &str = r#"
monday = ["09:00-17:00"]
tuesday = ["09:00-17:00"]
wednesday = ["09:00-17:00"]
thursday = ["09:00-17:00"]
friday = ["09:00-17:00"]
"#;

pub(super) const ROUND_THE_CLOCK: &str = r#"
monday = ["00:00-24:00"]
tuesday = ["00:00-24:00"]
wednesday = ["00:00-24:00"]
thursday = ["00:00-24:00"]
friday = ["00:00-24:00"]
saturday = ["00:00-24:00"]
sunday = ["00:00-24:00"]
"#;

pub(super) const NIGHTS: &str = r#"
monday = ["22:00-06:00"]
tuesday = ["22:00-06:00"]
friday = ["22:00-06:00"]
saturday = ["22:00-06:00"]
"#;

pub(super) fn calendar(zone: &str, week: &str, rest: &str) -> Calendar {
    crate::watchdog::watch();
    let text = format!(
        "name = \"t\"\ntitle = \"T\"\nsource = \"test\"\nzone = \"{zone}\"\n[week]{week}{rest}"
    );
    Calendar::parse("t.toml", &text).unwrap()
}

/// "2026-03-06T10:00" on the calendar's wall.
pub(super) fn wall(calendar: &Calendar, text: &str) -> Timestamp {
    let reading = calendar
        .zone()
        .to_ambiguous_timestamp(text.parse().unwrap());
    reading.unambiguous().unwrap()
}

pub(super) fn shown(calendar: &Calendar, at: Timestamp) -> String {
    calendar.zone().to_datetime(at).to_string()
}

pub(super) fn due(calendar: &Calendar, from: &str, term: &str) -> String {
    let due = calendar.due_after(wall(calendar, from), &term.parse().unwrap());
    shown(calendar, due.unwrap())
}

pub(super) fn before(calendar: &Calendar, at: &str, term: &str) -> String {
    let point = calendar.before(wall(calendar, at), &term.parse().unwrap());
    shown(calendar, point.unwrap())
}

pub(super) fn date(text: &str) -> Date {
    text.parse().unwrap()
}
