//! What came of an act: what was recorded, which promises were kept or missed by it, and what is due next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    cli::{Connection, Failure, json::Json, undelivered::undelivered},
    client::{CallError, Client, Zone, all_clocks, all_facts, describe, instant, spoken, words},
    proto::v1,
    terminal::{Terminal, Tone, complain, folded, one_line},
};

/// How many promises are told of; `redress show` has all of them.
const MOST_DUE: usize = 4;

/// A complaint before an act.
#[derive(Debug)]
pub(super) struct Before {
    /// Its names, etag, state, level, assignee and labels.
    pub(super) complaint: v1::Complaint,
    pub(super) clocks: Vec<v1::Clock>,
}

/// Says that there was nothing to do.
pub(super) fn unchanged(
    complaint: &v1::Complaint,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if connection.json {
        return json(complaint, terminal);
    }
    terminal.toned(Tone::Strong, heading(complaint))?;
    terminal.line(format_args!("  {NOTHING_NEW}"))?;
    Ok(())
}

const NOTHING_NEW: &str = "nothing new was recorded: it is so already";

/// Says what came of an act.
pub(super) async fn report(
    client: &mut Client,
    before: &Before,
    after: &v1::Complaint,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if connection.json {
        return json(after, terminal);
    }
    terminal.toned(Tone::Strong, heading(after))?;
    match aftermath(client, &after.name).await {
        Ok((events, clocks)) => {
            for (tone, line) in lines(before, after, &events, &clocks, &connection.time_zone) {
                terminal.toned(tone, folded(&line, "  ", "    "))?;
            }
        }
        // It was done; a caller may not see what is assigned to somebody else.
        Err(error) => complain(&format!(
            "it was done, but what came of it cannot be read: {error}"
        )),
    }
    undelivered(after, terminal)
}

fn json(complaint: &v1::Complaint, terminal: &mut Terminal) -> Result<(), Failure> {
    let value = Json::new()?.value("Complaint", complaint)?;
    terminal.line(format_args!("{value:#}"))?;
    Ok(())
}

async fn aftermath(
    client: &mut Client,
    name: &str,
) -> Result<(Vec<v1::Event>, Vec<v1::Clock>), CallError> {
    let events = all_facts(client, name).await?;
    let clocks = all_clocks(client, name).await?;
    Ok((events.items, clocks.items))
}

/// `RD-DCNNM-Y6G1W  in review, level 1, with eve`
fn heading(complaint: &v1::Complaint) -> String {
    let (number, state) = (
        &complaint.tracking_number,
        words::<v1::State>(complaint.state),
    );
    let level = match complaint.level {
        0 => String::new(),
        level => format!(", level {level}"),
    };
    let handler = match one_line(&complaint.assignee) {
        nobody if nobody.is_empty() => String::new(),
        handler => format!(", with {handler}"),
    };
    format!("{number}  {state}{level}{handler}")
}

fn lines(
    before: &Before,
    after: &v1::Complaint,
    events: &[v1::Event],
    clocks: &[v1::Clock],
    zone: &Zone,
) -> Vec<(Tone, String)> {
    let mut lines = Vec::new();
    let recorded = recorded(before, after, events);
    if recorded.is_empty() {
        lines.push((Tone::Plain, NOTHING_NEW.to_owned()));
    }
    for event in recorded {
        let told = describe(event, |at| zone.long_or_dash(at));
        lines.push((told.tone, told.words));
    }
    lines.extend(ended(&before.clocks, clocks, zone));
    lines.extend(due(clocks, &after.tracking_number, zone));
    lines
}

/// The events of the act; none if it was done before.
fn recorded<'e>(
    before: &Before,
    after: &v1::Complaint,
    events: &'e [v1::Event],
) -> Vec<&'e v1::Event> {
    let etag = |event: &v1::Event| event.complaint_after.as_ref().map(|it| it.etag.clone());
    let of = |wanted: &str| {
        let wanted = wanted.to_owned();
        move |event: &&v1::Event| etag(event).is_some_and(|etag| etag == wanted)
    };
    let seen = events.iter().filter(of(&before.complaint.etag));
    let seen = seen.map(|event| event.sequence).max().unwrap_or(0);
    let of_act = events.iter().filter(of(&after.etag));
    of_act.filter(|event| event.sequence > seen).collect()
}

/// The promises that ended between the two.
fn ended(before: &[v1::Clock], after: &[v1::Clock], zone: &Zone) -> Vec<(Tone, String)> {
    let over: BTreeSet<&str> = before
        .iter()
        .filter(|clock| !is_live(clock))
        .map(|clock| clock.name.as_str())
        .collect();
    // A clock that was paused has no due time any more, but had one before.
    let was_due: BTreeMap<&str, Option<Timestamp>> = before
        .iter()
        .map(|clock| (clock.name.as_str(), instant(clock.due_time)))
        .collect();
    let ended = after
        .iter()
        .filter(|clock| !is_live(clock) && !over.contains(clock.name.as_str()));
    let told = ended.filter_map(|clock| {
        let name = spoken(&clock.clock);
        let earlier = was_due.get(clock.name.as_str()).copied().flatten();
        let due = instant(clock.due_time).or(earlier);
        let due = due.map_or_else(String::new, |due| format!(", due {}", date(due, zone)));
        match clock.state() {
            v1::ClockState::Met => Some((Tone::Good, format!("kept: {name}{due}"))),
            v1::ClockState::Missed => Some((Tone::Bad, format!("missed: {name}{due}"))),
            v1::ClockState::Cancelled => Some((Tone::Quiet, format!("no longer due: {name}"))),
            _ => None,
        }
    });
    told.collect()
}

/// A due time. One at midnight is the end of a day, which few read in it.
fn date(at: Timestamp, zone: &Zone) -> String {
    let exact = zone.exact(at);
    match zone.day_ended(at) {
        Some(day) => format!("{exact}, as {day} ends"),
        None => exact,
    }
}

fn is_live(clock: &v1::Clock) -> bool {
    let state = clock.state();
    matches!(state, v1::ClockState::Running | v1::ClockState::Paused)
}

/// What is due, the next first.
fn due(clocks: &[v1::Clock], number: &str, zone: &Zone) -> Vec<(Tone, String)> {
    let running = clocks
        .iter()
        .filter(|clock| clock.state() == v1::ClockState::Running);
    let mut running: Vec<(Timestamp, &v1::Clock)> = running
        .filter_map(|clock| Some((instant(clock.due_time)?, clock)))
        .collect();
    running.sort_by_key(|(due, clock)| (*due, clock.clock.clone()));
    let left_out = running.len().saturating_sub(MOST_DUE);
    let mut next = "due next";
    let mut lines: Vec<(Tone, String)> = Vec::new();
    for (due, clock) in running.into_iter().take(MOST_DUE) {
        let (name, owner) = (spoken(&clock.clock), words::<v1::Role>(clock.owner));
        let due = date(due, zone);
        if clock.breach_time.is_some() {
            lines.push((Tone::Bad, format!("overdue: {name}, since {due} ({owner})")));
        } else {
            lines.push((Tone::Warning, format!("{next}: {name}, by {due} ({owner})")));
            next = "then";
        }
    }
    if left_out > 0 {
        let more = format!("and {left_out} more: redress show {number}");
        lines.push((Tone::Quiet, more));
    }
    let paused = clocks
        .iter()
        .filter(|clock| clock.state() == v1::ClockState::Paused);
    let paused: Vec<String> = paused.map(|clock| spoken(&clock.clock)).collect();
    if !paused.is_empty() {
        lines.push((Tone::Quiet, format!("paused: {}", paused.join(", "))));
    }
    if lines.is_empty() {
        lines.push((Tone::Quiet, "nothing is due".to_owned()));
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::client::api_time;

    fn zone() -> Zone {
        "America/Toronto".parse().unwrap()
    }

    fn clock(name: &str, cycle: i32, state: v1::ClockState, due: &str) -> v1::Clock {
        v1::Clock {
            name: format!("complaints/1/clocks/{name}/cycles/{cycle}"),
            clock: name.to_owned(),
            cycle,
            state: state.into(),
            due_time: due.parse().ok().map(api_time),
            owner: v1::Role::Handler.into(),
            ..v1::Clock::default()
        }
    }

    fn words_of(lines: Vec<(Tone, String)>) -> Vec<String> {
        lines.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn only_what_ended_by_the_act_is_told_and_with_the_date_that_it_had() {
        use v1::ClockState as S;
        let due = "2026-06-03T14:00:00Z";
        let before = [
            clock("customer_update", 1, S::Met, due),
            clock("customer_update", 2, S::Running, due),
            clock("resolution", 1, S::Running, due),
            clock("ceiling", 1, S::Running, due),
        ];
        let after = [
            clock("customer_update", 1, S::Met, due),
            clock("customer_update", 2, S::Met, due),
            clock("customer_update", 3, S::Running, due),
            clock("resolution", 1, S::Missed, due),
            clock("ceiling", 1, S::Cancelled, due),
        ];
        assert_eq!(
            words_of(ended(&before, &after, &zone())),
            [
                "kept: customer update, due Wed  3 Jun 2026 10:00 EDT",
                "missed: resolution, due Wed  3 Jun 2026 10:00 EDT",
                "no longer due: ceiling",
            ]
        );
    }

    #[test]
    fn what_is_due_comes_in_order_and_a_paused_clock_has_no_date() {
        use v1::ClockState as S;
        let mut late = clock("resolution", 1, S::Running, "2026-06-01T21:00:00Z");
        late.breach_time = late.due_time;
        let clocks = [
            clock("ceiling", 1, S::Running, "2026-07-03T04:00:00Z"),
            clock("customer_update", 1, S::Running, "2026-06-09T21:00:00Z"),
            clock("implementation", 1, S::Paused, ""),
            late,
        ];
        assert_eq!(
            words_of(due(&clocks, "RD-1", &zone())),
            [
                "overdue: resolution, since Mon  1 Jun 2026 17:00 EDT (handler)",
                "due next: customer update, by Tue  9 Jun 2026 17:00 EDT (handler)",
                "then: ceiling, by Fri  3 Jul 2026 00:00 EDT, as Thu 2 Jul ends (handler)",
                "paused: implementation",
            ]
        );
        assert_eq!(words_of(due(&[], "RD-1", &zone())), ["nothing is due"]);
    }

    #[test]
    fn an_act_that_was_done_before_is_told_as_such() {
        let event = |sequence, etag: &str| v1::Event {
            sequence,
            complaint_after: Some(v1::ComplaintAfter {
                etag: etag.to_owned(),
                ..v1::ComplaintAfter::default()
            }),
            ..v1::Event::default()
        };
        let events = [
            event(1, "\"1\""),
            event(2, "\"3\""),
            event(3, "\"3\""),
            event(4, "\"4\""),
        ];
        let before = |etag: &str| Before {
            complaint: v1::Complaint {
                etag: etag.to_owned(),
                ..v1::Complaint::default()
            },
            clocks: Vec::new(),
        };
        let after = v1::Complaint {
            etag: "\"3\"".to_owned(),
            ..v1::Complaint::default()
        };
        let numbers = |before: &Before| {
            let recorded = recorded(before, &after, &events).into_iter();
            recorded.map(|event| event.sequence).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&before("\"1\"")), [2, 3]);
        assert_eq!(numbers(&before("\"3\"")), [0_i64; 0]);
        assert_eq!(numbers(&before("\"4\"")), [0_i64; 0]);
    }
}
