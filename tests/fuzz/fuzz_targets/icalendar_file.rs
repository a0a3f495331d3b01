//! Any bytes as an iCalendar file: refused, or read the same twice into a calendar that keeps its text.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use redress::{
    calendar::CalendarBook,
    ical::{Reading, import},
};

/// Loaded once: that takes as long as a thousand small files.
static CALENDARS: LazyLock<CalendarBook> =
    LazyLock::new(|| CalendarBook::builtin().expect("the calendars load"));

fuzz_target!(|bytes: &[u8]| {
    let office = CALENDARS.get("ca-on").expect("a built-in calendar");
    let reading = Reading {
        through: 2030,
        free: bytes.len() % 2 == 0,
    };
    let Ok(first) = import("fuzz.ics", bytes, office, reading) else {
        return;
    };
    assert!(first.calendar.text().starts_with(office.text()));
    let again = import("fuzz.ics", bytes, &first.calendar, reading).expect("it was read before");
    assert!(again.added.is_empty());
});
