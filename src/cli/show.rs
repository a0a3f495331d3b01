//! `redress show`.

mod facts;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use self::facts::facts;
use super::{
    Failure, PurposeArgs,
    connection::{Connection, complain_of},
    json::Json,
};
use crate::{
    client::{
        CallError, all_clocks, all_events, describe, instant, resource_name, span, spoken, words,
    },
    proto::v1,
    terminal::{Terminal, Tone, one_line, table},
    time_source::{SystemTime, TimeSource as _},
};

/// Which complaint to show.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json: one object with the members `complaint`, `clocks` and `events`.

Example:
  redress show RD-DCNNM-Y6G1W")]
pub struct ShowArgs {
    /// The complaint's tracking number or id.
    #[arg(value_name = "TRACKING-NUMBER")]
    pub complaint: String,
    #[command(flatten)]
    pub purpose: PurposeArgs,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

/// Prints a complaint, its clocks and its timeline.
pub(super) async fn run(args: ShowArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.complaints_for(&args.purpose).await?;
    let name = resource_name(&args.complaint);
    let asked = v1::GetComplaintRequest {
        name: name.clone(),
        read_mask: None,
    };
    let complaint = client
        .get_complaint(asked)
        .await
        .map_err(CallError::from)?
        .into_inner();
    let clocks = complain_of(all_clocks(&mut client, &name).await?);
    let events = complain_of(all_events(&mut client, &name).await?);
    if args.connection.json {
        let json = Json::new()?;
        let whole = json!({
            "complaint": json.value("Complaint", &complaint)?,
            "clocks": json.values("Clock", &clocks)?,
            "events": json.values("Event", &events)?,
        });
        terminal.line(format_args!("{whole:#}"))?;
        return Ok(());
    }
    head(&complaint, &args.connection, terminal)?;
    let now = SystemTime.now();
    terminal.line("")?;
    terminal.line(table(
        CLOCKS,
        clocks
            .iter()
            .map(|clock| clock_row(clock, now, &args.connection)),
    ))?;
    terminal.line("")?;
    for event in &events {
        let zone = &args.connection.time_zone;
        let told = describe(event, |at| zone.long_or_dash(at));
        let at = zone.long_or_dash(event.event_time);
        let by = match event.entered_by.as_str() {
            "" => one_line(&event.actor).to_string(),
            entered_by => format!(
                "{}, by way of {}",
                one_line(&event.actor),
                one_line(entered_by)
            ),
        };
        let line = format!("{at}  {}  ({by})", told.words);
        terminal.toned(told.tone, line)?;
        if !event.text.is_empty() {
            terminal.toned(
                Tone::Quiet,
                format_args!("{:28}“{}”", "", one_line(&event.text)),
            )?;
        }
    }
    Ok(())
}

fn head(
    complaint: &v1::Complaint,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    terminal.toned(
        Tone::Strong,
        format_args!(
            "{}  {}  level {} ({})",
            complaint.tracking_number,
            words::<v1::State>(complaint.state),
            complaint.level,
            complaint.level_title
        ),
    )?;
    for (name, value) in facts(complaint, &connection.time_zone) {
        terminal.line(format_args!("  {name:<18}{value}"))?;
    }
    Ok(())
}

const CLOCKS: [&str; 7] = [
    "clock",
    "cycle",
    "state",
    "due",
    "left or late",
    "target",
    "owner",
];

fn clock_row(clock: &v1::Clock, now: Timestamp, connection: &Connection) -> [String; 7] {
    [
        spoken(&clock.clock),
        clock.cycle.to_string(),
        words::<v1::ClockState>(clock.state),
        connection.time_zone.long_or_dash(clock.due_time),
        standing(clock, now),
        clock.target.clone(),
        words::<v1::Role>(clock.owner),
    ]
}

/// How long a clock has left, or how late it is or was.
fn standing(clock: &v1::Clock, now: Timestamp) -> String {
    let Some(due) = instant(clock.due_time) else {
        return String::new();
    };
    let until = match clock.state() {
        v1::ClockState::Running => now,
        v1::ClockState::Met | v1::ClockState::Missed => instant(clock.stop_time).unwrap_or(now),
        _ => return String::new(),
    };
    let length = span(due.duration_since(until));
    match (clock.state(), until <= due) {
        (v1::ClockState::Running, true) => format!("{length} left"),
        (v1::ClockState::Running, false) => format!("{length} late"),
        (_, true) => format!("{length} before"),
        (_, false) => format!("{length} after"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::client::api_time;

    fn clock(state: v1::ClockState, due: &str, stop: Option<&str>) -> v1::Clock {
        let time = |text: &str| Some(api_time(text.parse().unwrap()));
        v1::Clock {
            state: state.into(),
            due_time: time(due),
            stop_time: stop.and_then(time),
            ..v1::Clock::default()
        }
    }

    #[test]
    fn a_running_clock_says_what_is_left_and_one_that_ended_how_it_ended() {
        let now = "2026-05-12T20:00:00Z".parse().unwrap();
        let (earlier, later) = ("2026-05-12T19:30:00Z", "2026-05-13T21:00:00Z");
        assert_eq!(
            standing(&clock(v1::ClockState::Running, later, None), now),
            "1 d 1 h left"
        );
        assert_eq!(
            standing(&clock(v1::ClockState::Running, earlier, None), now),
            "30 min late"
        );
        assert_eq!(
            standing(&clock(v1::ClockState::Met, later, Some(earlier)), now),
            "1 d 1 h before"
        );
        assert_eq!(
            standing(&clock(v1::ClockState::Missed, earlier, Some(later)), now),
            "1 d 1 h after"
        );
        assert_eq!(
            standing(&clock(v1::ClockState::Cancelled, later, Some(earlier)), now),
            ""
        );
    }

    #[test]
    fn at_the_due_time_itself_a_clock_is_not_late() {
        let due = "2026-05-12T20:00:00Z";
        assert_eq!(
            standing(
                &clock(v1::ClockState::Running, due, None),
                due.parse().unwrap()
            ),
            "0 s left"
        );
    }
}
