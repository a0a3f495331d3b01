//! The worked examples of calendars/README.md, each of which must come out as the page says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Calendar, CalendarBook, Roll, Term, TimeBase, zone};

const PAGE: &str = include_str!("../../calendars/README.md");

/// The built-in calendars, and those that the page gives as examples.
fn calendars() -> CalendarBook {
    crate::watchdog::watch();
    let mut book = CalendarBook::builtin().unwrap();
    for fence in PAGE.split("```toml\n").skip(1) {
        let (text, _) = fence.split_once("```").unwrap();
        book.insert(Calendar::parse("calendars/README.md", text).unwrap());
    }
    book
}

/// The rows of all tables of the page that have these columns.
fn rows<const COLUMNS: usize>(columns: [&str; COLUMNS]) -> Vec<[&'static str; COLUMNS]> {
    let cells = |line: &'static str| -> Option<[&'static str; COLUMNS]> {
        let inner = line.strip_prefix('|')?.strip_suffix('|')?;
        let cells = inner.split('|').map(|cell| cell.trim().trim_matches('`'));
        cells.collect::<Vec<_>>().try_into().ok()
    };
    let mut found = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if cells(line) == Some(columns) {
            lines.next();
            found.extend(lines.by_ref().map_while(cells));
        }
    }
    found
}

/// A time of the calendar's zone, or one with an offset.
fn instant(calendar: &Calendar, text: &str) -> Timestamp {
    let with_offset = text.parse::<Timestamp>();
    with_offset.unwrap_or_else(|_| zone::passes(calendar.zone(), text.parse().unwrap()).unwrap())
}

fn shown(calendar: &Calendar, at: Timestamp) -> String {
    let wall = calendar.zone().to_datetime(at);
    wall.strftime("%Y-%m-%dT%H:%M").to_string()
}

#[test]
fn each_term_of_the_page_is_due_when_it_says() {
    let book = calendars();
    let examples = rows(["calendar", "starts", "term", "roll", "due", "because"]);
    assert!(examples.len() >= 20, "{examples:?}");
    for row @ [calendar, starts, term, roll, due, _] in examples {
        let calendar = book.get(calendar).unwrap();
        let roll: Roll = match roll {
            "" => Roll::default(),
            written => serde_json::from_value(written.into()).unwrap(),
        };
        let term: Term = term.parse().unwrap();
        let found = calendar.due_after_rolling(instant(calendar, starts), &term, roll);
        assert_eq!(shown(calendar, found.unwrap()), due, "{row:?}");
    }
}

#[test]
fn each_point_after_and_before_a_due_time_lies_where_the_page_says() {
    let book = calendars();
    let examples = rows(["calendar", "due", "term", "point", "because"]);
    assert!(examples.len() >= 10, "{examples:?}");
    for row @ [calendar, due, term, point, _] in examples {
        let calendar = book.get(calendar).unwrap();
        let due = instant(calendar, due);
        let found = match term.strip_suffix(" after due") {
            Some(after) => calendar.past(due, &after.parse().unwrap()),
            None => {
                let before = term.strip_suffix(" before due").unwrap();
                calendar.before(due, &before.parse().unwrap())
            }
        };
        assert_eq!(shown(calendar, found.unwrap()), point, "{row:?}");
    }
}

#[test]
fn each_next_working_instant_of_the_page_is_found() {
    let book = calendars();
    let examples = rows(["calendar", "at", "next working instant", "because"]);
    assert!(examples.len() >= 4, "{examples:?}");
    for row @ [calendar, at, next, _] in examples {
        let calendar = book.get(calendar).unwrap();
        let found = calendar.next_working_instant(instant(calendar, at));
        assert_eq!(shown(calendar, found.unwrap()), next, "{row:?}");
    }
}

#[test]
fn each_percentage_of_the_page_is_reached_when_it_says() {
    let book = calendars();
    let columns = [
        "calendar",
        "starts",
        "due",
        "measured in",
        "percent",
        "point",
    ];
    let examples = rows(columns);
    assert!(examples.len() >= 3, "{examples:?}");
    for row @ [calendar, starts, due, base, percent, point] in examples {
        let calendar = book.get(calendar).unwrap();
        let base = match base {
            "working time" => TimeBase::Working,
            "all time" => TimeBase::Elapsed,
            other => panic!("{other}"),
        };
        let (starts, due) = (instant(calendar, starts), instant(calendar, due));
        let percent = percent.parse().unwrap();
        let found = calendar.percent_point(starts, due, percent, base, SignedDuration::ZERO);
        assert_eq!(shown(calendar, found.unwrap()), point, "{row:?}");
    }
}

#[test]
fn each_year_of_the_page_has_the_holidays_that_it_says() {
    let book = calendars();
    let examples = rows(["calendar", "year", "holidays", "because"]);
    assert!(examples.len() >= 5, "{examples:?}");
    for row @ [calendar, year, holidays, _] in examples {
        let calendar = book.get(calendar).unwrap();
        let date = |text: &str| format!("{year}-{text}").parse().unwrap();
        let found: Vec<String> = calendar
            .special_days(date("01-01"), date("12-31"))
            .filter(|special| matches!(special.day, super::Day::Holiday(_)))
            .map(|special| special.date.to_string())
            .collect();
        let expected: Vec<&str> = holidays
            .split(", ")
            .map(|day| day.trim_matches('`'))
            .collect();
        assert_eq!(found, expected, "{row:?}");
    }
}

#[test]
fn every_field_of_a_calendar_file_is_on_the_page() {
    let fields = [
        "name",
        "title",
        "source",
        "zone",
        "[week]",
        "[[holiday]]",
        "on",
        "substitute",
        "moves",
        "from_year",
        "to_year",
        "except_years",
        "when",
        "unless",
        "[[override]]",
        "date",
        "windows",
    ];
    let (_, table) = PAGE.split_once("| field | |\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let listed: BTreeSet<&str> = table.split('`').skip(1).step_by(2).collect();
    let missing: Vec<_> = fields
        .iter()
        .filter(|field| !listed.contains(*field))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
