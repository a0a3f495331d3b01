//! What a simulation found, on the screen.

use jiff::SignedDuration;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::span,
    proto::v1,
    terminal::{Terminal, Tone, table},
};

/// Shows what a simulation found.
pub(super) fn show_report(
    report: &v1::SimulationReport,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if connection.json {
        terminal.line(Json::new()?.value("SimulationReport", report)?)?;
        return Ok(());
    }
    if !report.policy.is_empty() {
        let version = format!("{} version {}", report.policy, report.version);
        terminal.toned(Tone::Strong, version)?;
    }
    terminal.line(format_args!(
        "{} of {} open complaints have a promise that would be timed otherwise.",
        report.touched, report.open
    ))?;
    if !report.clocks.is_empty() {
        terminal.line(table(CLOCKS, report.clocks.iter().map(clock)))?;
    }
    if !report.changes.is_empty() {
        let changes = report.changes.iter();
        let rows = changes.map(|change| self::change(change, connection));
        terminal.line(table(CHANGES, rows))?;
    }
    if report.past > 0 {
        terminal.line(format_args!(
            "{} complaints of the past: what became of their promises, and would have become of them.",
            report.past
        ))?;
    }
    if !report.past_promises.is_empty() {
        terminal.line(table(PAST, report.past_promises.iter().map(past)))?;
    }
    if report.unreadable > 0 {
        let line = format!("{} complaints could not be worked out.", report.unreadable);
        terminal.toned(Tone::Warning, line)?;
    }
    Ok(())
}

const CLOCKS: [&str; 8] = [
    "clock",
    "earlier",
    "later",
    "added",
    "fallen away",
    "paused otherwise",
    "become late",
    "no longer late",
];

fn clock(change: &v1::ClockChange) -> [String; 8] {
    let by = |count: i64, most: Option<prost_types::Duration>| match (count, most) {
        (0, _) | (_, None) => count.to_string(),
        (_, Some(most)) => {
            let most = SignedDuration::new(most.seconds, most.nanos);
            format!("{count}, by at most {}", span(most))
        }
    };
    [
        change.clock.clone(),
        by(change.earlier, change.most_earlier),
        by(change.later, change.most_later),
        change.added.to_string(),
        change.removed.to_string(),
        change.paused_otherwise.to_string(),
        change.become_late.to_string(),
        change.no_longer_late.to_string(),
    ]
}

const CHANGES: [&str; 5] = ["number", "clock", "due", "would be due", ""];

fn change(change: &v1::PromiseChange, connection: &Connection) -> [String; 5] {
    let zone = &connection.time_zone;
    let late = match (change.becomes_late, change.no_longer_late) {
        (true, _) => "becomes late",
        (_, true) => "no longer late",
        _ => "",
    };
    [
        change.tracking_number.clone(),
        change.clock.clone(),
        zone.short_or_dash(change.previous_due_time),
        zone.short_or_dash(change.due_time),
        late.to_owned(),
    ]
}

const PAST: [&str; 7] = [
    "clock",
    "promised",
    "missed",
    "running",
    "would be promised",
    "would be missed",
    "would be running",
];

fn past(promises: &v1::PastPromises) -> [String; 7] {
    [
        promises.clock.clone(),
        promises.promised.to_string(),
        promises.missed.to_string(),
        promises.running.to_string(),
        promises.would_be_promised.to_string(),
        promises.would_be_missed.to_string(),
        promises.would_be_running.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::terminal::Page;

    fn shown(report: &v1::SimulationReport, json: bool) -> String {
        let page = Page::default();
        let connection = Connection {
            server: String::new(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            token_file: None,
            json,
            time_zone: "America/Toronto".parse().unwrap(),
        };
        show_report(report, &connection, &mut Terminal::plain(page.clone())).unwrap();
        page.text()
    }

    #[test]
    fn a_report_tells_by_how_much_what_moves_and_is_silent_of_what_does_not() {
        let report = v1::SimulationReport {
            policy: "ca-jive".to_owned(),
            version: "0a1b2c3d4e5f".to_owned(),
            open: 7,
            touched: 3,
            clocks: vec![v1::ClockChange {
                clock: "resolution".to_owned(),
                earlier: 3,
                most_earlier: Some(prost_types::Duration {
                    seconds: 183_600,
                    nanos: 0,
                }),
                become_late: 1,
                ..v1::ClockChange::default()
            }],
            ..v1::SimulationReport::default()
        };
        let text = shown(&report, false);
        assert!(
            text.starts_with("ca-jive version 0a1b2c3d4e5f\n3 of 7 open"),
            "{text}"
        );
        assert!(text.contains("3, by at most 2 d 3 h"), "{text}");
        assert!(!text.contains("of the past"), "{text}");
        let json = shown(&report, true);
        assert_eq!(json.lines().count(), 1);
        assert!(json.contains("\"most_earlier\":\"183600s\""), "{json}");
    }
}
