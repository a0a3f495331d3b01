//! The worked examples of policies/README.md, each of which must come out as the page says.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::DateTime};

use super::story::{Story, calendars, jive, t};
use crate::{
    calendar::{Calendar, Roll, Term, TimeBase},
    domain::{Clock, Command, Correction, Target},
    policy::{Channel, ClockRule, Code, Repeat, Step},
};

const PAGE: &str = include_str!("../../../policies/README.md");

/// The rows of the table of the page that has these columns.
fn rows<const COLUMNS: usize>(columns: [&str; COLUMNS]) -> Vec<[String; COLUMNS]> {
    let cells = |line: &str| -> Option<[String; COLUMNS]> {
        let inner = line.strip_prefix('|')?.strip_suffix('|')?;
        let cells = inner.split('|').map(|cell| cell.trim().replace('`', ""));
        cells.collect::<Vec<_>>().try_into().ok()
    };
    let mut lines = PAGE
        .lines()
        .skip_while(|line| cells(line).is_none_or(|found| found != columns));
    lines.next();
    let rows: Vec<_> = lines.skip(1).map_while(cells).collect();
    assert!(!rows.is_empty(), "{columns:?}");
    rows
}

fn instant(calendar: &Calendar, wall: &str) -> Timestamp {
    let wall: DateTime = wall.parse().unwrap();
    let zoned = wall.to_zoned(calendar.zone().clone());
    zoned.unwrap().timestamp()
}

fn shown(calendar: &Calendar, at: Timestamp) -> String {
    let wall = calendar.zone().to_datetime(at);
    wall.strftime("%Y-%m-%dT%H:%M").to_string()
}

#[test]
fn each_receipt_of_the_page_counts_from_when_it_says() {
    let code = &jive().code;
    let calendar = &code.calendar;
    let two: Term = "2 working days".parse().unwrap();
    let columns = [
        "channel",
        "arrives",
        "counts from",
        "two working days",
        "because",
    ];
    for row @ [channel, arrives, from, due, _] in &rows(columns) {
        let channel: Channel = channel.parse().unwrap();
        let start = code
            .counts_from(instant(calendar, arrives), channel)
            .unwrap();
        assert_eq!(&shown(calendar, start), from, "{row:?}");
        let found = calendar.due_after(start, &two).unwrap();
        assert_eq!(&shown(calendar, found), due, "{row:?}");
    }
}

#[test]
fn each_urgent_complaint_of_the_page_is_due_when_it_says() {
    let columns = ["filed", "urgent", "no longer urgent", "resolution due"];
    for row @ [filed, urgent, no_longer, due] in &rows(columns) {
        let mut story = Story::begin(filed, |_| {});
        for (at, is_urgent) in [(urgent, true), (no_longer, false)] {
            if !at.is_empty() {
                let correction = Correction {
                    urgent: Some(is_urgent),
                    ..Correction::default()
                };
                story.at(at).does(Command::Update(Box::new(correction)));
            }
        }
        assert_eq!(story.due("resolution"), t(due), "{row:?}");
    }
}

#[test]
fn each_reminder_of_the_page_repeats_when_it_says() {
    let rule = jive().clock("resolution").unwrap().clone();
    let calendar = Arc::clone(&rule.code.calendar);
    for row @ [due, at, every, come] in &rows(["due", "step", "every", "come"]) {
        let due = instant(&calendar, due);
        let reminder = Step {
            at: at.parse().unwrap(),
            repeat: Some(Repeat {
                every: every.parse().unwrap(),
                times: 100,
            }),
            ..rule.steps[0].clone()
        };
        let rule = ClockRule {
            steps: vec![reminder],
            ..rule.clone()
        };
        let target = Target::Promised(TimeBase::Working);
        let start = due - SignedDuration::from_hours(24);
        let mut clock = Clock::start(&rule, 1, start, target, due).unwrap();
        for expected in come.split(", ") {
            let next = clock.next.unwrap();
            assert_eq!(shown(&calendar, next.at), expected, "{row:?}");
            clock.step_on(next, &rule).unwrap();
        }
    }
}

#[test]
fn each_paused_term_of_the_page_is_due_when_it_says() {
    let columns = [
        "calendar", "starts", "term", "roll", "paused", "due", "because",
    ];
    for row @ [calendar, starts, term, roll, paused, due, _] in &rows(columns) {
        let calendar = calendars().get(calendar).unwrap();
        let mut rule = jive().clock("resolution").unwrap().clone();
        rule.code = Arc::new(Code {
            calendar: Arc::clone(calendar),
            ..Code::clone(&rule.code)
        });
        rule.roll = match roll.as_str() {
            "" => Roll::default(),
            written => serde_json::from_value(written.into()).unwrap(),
        };
        let term: Term = term.parse().unwrap();
        let at = |wall: &str| instant(calendar, wall);
        let start = at(starts);
        let first = calendar.due_after_rolling(start, &term, rule.roll).unwrap();
        let mut clock = Clock::start(&rule, 1, start, Target::Term(term), first).unwrap();
        let (from, to) = paused.split_once(" to ").unwrap();
        clock.pause(at(from), t("2027-01-01 00:00"), &rule);
        clock.resume(at(to), None, &rule).unwrap();
        assert_eq!(&shown(calendar, clock.due.unwrap()), due, "{row:?}");
    }
}
