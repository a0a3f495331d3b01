//! `redress explain`.

use clap::Args;

use super::{
    Failure,
    connection::{Connection, complain_of},
    json::Json,
};
use crate::{
    client::{
        CallError, Client, Zone, all_clocks, as_known, instant, resource_name, span, spoken, words,
    },
    proto::v1,
    terminal::{Terminal, Tone, one_line},
};

/// Which promise to explain.
#[derive(Debug, Args)]
#[command(after_help = "\
Says why a date is what it is: the rule with its source and version, what started it, every interval that was counted or \
skipped, what moved it, and the sum; and whether what is stored agrees with the log. All of it comes from the log alone.

Without --clock: every clock that runs or stands paused, and those that were missed.
Dates are shown in the zone of the calendar that the promise counts in; --time-zone is not asked.
With --json each explanation is an object on a line of its own.

Examples:
  redress explain RD-DCNNM-Y6G1W
  redress explain RD-DCNNM-Y6G1W --clock resolution
  redress explain RD-DCNNM-Y6G1W --clock customer_update --cycle 2 > letter.txt")]
pub struct ExplainArgs {
    /// The complaint's tracking number or id.
    #[arg(value_name = "TRACKING-NUMBER")]
    pub complaint: String,
    /// The name of the clock in the policy, such as resolution.
    #[arg(long, value_name = "NAME")]
    pub clock: Option<String>,
    /// Which cycle of the clock, counting from 1 [default: the latest].
    #[arg(long, value_name = "N", requires = "clock", value_parser = clap::value_parser!(i32).range(1..))]
    pub cycle: Option<i32>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

/// Prints the explanations.
pub(super) async fn run(args: ExplainArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.complaints().await?;
    let name = resource_name(&args.complaint);
    let wanted = match &args.clock {
        Some(clock) => {
            let clocks = complain_of(all_clocks(&mut client, &name).await?);
            let known = clocks.iter().map(|clock| clock.clock.as_str());
            let cycle = args
                .cycle
                .map_or("latest".to_owned(), |cycle| cycle.to_string());
            let clock = as_known(clock, known);
            vec![format!("{name}/clocks/{clock}/cycles/{cycle}")]
        }
        None => noteworthy(&mut client, &name).await?,
    };
    let json = Json::new()?;
    if wanted.is_empty() && !args.connection.json {
        terminal.toned(
            Tone::Quiet,
            "No clock runs, and none was missed; name one with --clock.",
        )?;
    }
    for (number, name) in wanted.into_iter().enumerate() {
        let explained = client.explain_clock(v1::ExplainClockRequest { name }).await;
        let explained = explained.map_err(CallError::from)?.into_inner();
        if args.connection.json {
            terminal.line(json.value("ClockExplanation", &explained)?)?;
            continue;
        }
        if number > 0 {
            terminal.line("")?;
        }
        for (tone, line) in letter(&explained, &args.connection.time_zone) {
            terminal.toned(tone, line)?;
        }
    }
    Ok(())
}

/// The names of the clocks that have not ended, and of those that ended missed.
async fn noteworthy(client: &mut Client, name: &str) -> Result<Vec<String>, CallError> {
    let clocks = complain_of(all_clocks(client, name).await?);
    let wanted = clocks.into_iter().filter(|clock| {
        matches!(
            clock.state(),
            v1::ClockState::Running | v1::ClockState::Paused | v1::ClockState::Missed
        )
    });
    Ok(wanted.map(|clock| clock.name).collect())
}

/// The lines of an explanation, fit to be sent.
fn letter(explained: &v1::ClockExplanation, asked: &Zone) -> Vec<(Tone, String)> {
    let rule = explained.rule.clone().unwrap_or_default();
    // The rule counts in its own zone; one that this machine does not know is shown as asked.
    let zone = rule.time_zone.parse().unwrap_or_else(|_| asked.clone());
    let clock = explained.clock.clone().unwrap_or_default();
    let mut page = Page {
        zone,
        lines: Vec::new(),
    };
    let heading = format!(
        "Complaint {}: {}, cycle {}",
        explained.tracking_number,
        spoken(&clock.clock),
        clock.cycle
    );
    page.lines.push((Tone::Strong, heading));
    page.facts(explained, &clock, &rule);
    page.time(explained);
    page.changes(explained);
    page.proof(explained);
    page.lines
}

/// `, entered 2 d later`, if something was entered after it took place.
fn entered_later(
    took_place: Option<prost_types::Timestamp>,
    entered: Option<prost_types::Timestamp>,
) -> String {
    match (instant(took_place), instant(entered)) {
        (Some(took_place), Some(entered)) if took_place < entered => {
            format!(
                ", entered {} later",
                span(entered.duration_since(took_place))
            )
        }
        _ => String::new(),
    }
}

/// Lines in the making.
struct Page {
    zone: Zone,
    lines: Vec<(Tone, String)>,
}

impl Page {
    fn plain(&mut self, line: impl Into<String>) {
        self.lines.push((Tone::Plain, line.into()));
    }

    /// A heading of a part.
    fn part(&mut self, title: &str) {
        self.plain("");
        self.lines.push((Tone::Strong, title.to_owned()));
    }

    fn fact(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.plain(format!("  {name:<18}{}", one_line(value)));
        }
    }

    fn date(&self, at: Option<prost_types::Timestamp>) -> String {
        instant(at).map_or_else(String::new, |at| self.zone.exact(at))
    }

    /// An event with its number: `Mon 1 Jun 2026 10:00 EDT by ada (event 1, filed)`.
    fn entry(&self, entry: &v1::LogEntry) -> String {
        format!(
            "{} by {} (event {}, {})",
            self.date(entry.event_time),
            one_line(&entry.actor),
            entry.sequence,
            words::<v1::EventKind>(entry.kind)
        )
    }

    fn facts(
        &mut self,
        explained: &v1::ClockExplanation,
        clock: &v1::Clock,
        rule: &v1::PromiseRule,
    ) {
        let due = match instant(clock.due_time) {
            None => "none while paused".to_owned(),
            Some(due) => match self.zone.day_ended(due) {
                Some(day) => format!("{}, as {day} ends", self.zone.exact(due)),
                None => self.zone.exact(due),
            },
        };
        self.fact("due", &due);
        self.fact("first promised", &self.date(explained.first_promised_time));
        self.fact("stands", &explained.standing);
        if let Some(ended) = &explained.ended {
            let done = self.date(clock.stop_time);
            let early = instant(clock.stop_time) < instant(clock.start_time);
            let early = if early {
                ", before it began to count"
            } else {
                ""
            };
            let late = entered_later(clock.stop_time, ended.event_time);
            // What fell away was never done.
            let word = match clock.state() {
                v1::ClockState::Cancelled => "ended",
                _ => "done",
            };
            self.fact(word, &format!("{done}{early}{late}"));
            self.fact("recorded", &self.entry(ended));
        }
        if let Some(breach) = &explained.breach {
            let event = breach.event.clone().unwrap_or_default();
            let lag = breach.lag.and_then(|lag| lag.try_into().ok());
            let lag: std::time::Duration = lag.unwrap_or_default();
            let lag = jiff::SignedDuration::try_from(lag).unwrap_or_default();
            let breach = format!("{}, {} after the due time", self.entry(&event), span(lag));
            self.fact("breach recorded", &breach);
        }
        self.part("The rule");
        self.fact("target", &rule.target);
        self.fact("promise", &rule.source);
        self.fact("owner", &words::<v1::Role>(rule.owner));
        let policy = rule.policy.clone().unwrap_or_default();
        self.fact("code of practice", &rule.policy_title);
        self.fact("", &rule.policy_source);
        self.fact("", &format!("{} version {}", policy.policy, policy.version));
        self.fact("calendar", &rule.calendar_title);
        self.fact("", &rule.calendar_source);
        let calendar = format!("{} version {}", rule.calendar, rule.calendar_version);
        self.fact("", &calendar);
        let zone = format!("{}, tz database {}", rule.time_zone, rule.tzdb_version);
        self.fact("time zone", &zone);
        let last_day = words::<v1::BusinessDayConvention>(rule.business_day_convention);
        self.fact("a last day off", last_day.trim_matches('-'));
        self.part("How it was counted");
        if let Some(started) = &explained.started {
            self.fact("started", &self.entry(started));
        }
        let entered = explained.started.as_ref();
        let entered = entered.and_then(|started| started.event_time);
        let late = entered_later(explained.occurred_time, entered);
        if !late.is_empty() {
            let occurred = self.date(explained.occurred_time);
            self.fact("took place", &format!("{occurred}{late}"));
        }
        let from = self.date(clock.start_time);
        let Some(receipt) = &explained.receipt else {
            return self.fact("counts from", &from);
        };
        let why = format!(
            "{from}, the next working time after a day off where it arrived, by {}",
            words::<v1::Channel>(receipt.channel)
        );
        self.fact("counts from", &why);
        self.fact("place of receipt", &receipt.calendar_title);
        self.fact("", &receipt.calendar_source);
        let calendar = format!("{} version {}", receipt.calendar, receipt.calendar_version);
        self.fact("", &calendar);
    }

    fn time(&mut self, explained: &v1::ClockExplanation) {
        self.plain("");
        let dates = |span: &v1::TimeSpan| [self.date(span.start_time), self.date(span.end_time)];
        let dates: Vec<_> = explained.spans.iter().map(dates).collect();
        let lengths = dates.iter().flatten().map(String::len);
        let width = lengths.max().unwrap_or(0) + 1;
        for (span, [start, end]) in explained.spans.iter().zip(&dates) {
            let end = if end.is_empty() { "goes on" } else { end };
            let counted = if span.counted { "counted" } else { "skipped" };
            let text = one_line(&span.text);
            self.plain(format!(
                "  {start:<width$} to {end:<width$}  {counted}  {text}"
            ));
        }
        if let Some(total) = &explained.total {
            let holds = if total.balanced {
                "it adds up"
            } else {
                "IT DOES NOT ADD UP"
            };
            self.plain("");
            self.fact("sum", &format!("{}: {holds}", total.text));
        }
    }

    fn changes(&mut self, explained: &v1::ClockExplanation) {
        if explained.changes.is_empty() {
            return;
        }
        self.part("What moved it");
        for change in &explained.changes {
            let event = change.event.clone().unwrap_or_default();
            let line = format!("  {}: {}", self.entry(&event), one_line(&change.text));
            self.plain(line);
            let dates = [
                ("due before", change.previous_due_time),
                ("due from then on", change.due_time),
                ("the pause ends by itself", change.pause_end_time),
            ];
            for (name, date) in dates {
                let date = self.date(date);
                if !date.is_empty() {
                    self.plain(format!("    {name:<26}{date}"));
                }
            }
        }
    }

    fn proof(&mut self, explained: &v1::ClockExplanation) {
        self.part("Proof");
        let log = format!(
            "{} events; the hash of the last is {}",
            explained.log_events, explained.log_hash
        );
        self.fact("log", &log);
        if explained.proved {
            self.fact("stored", "equals what the log gives");
            return;
        }
        for difference in &explained.differences {
            let v1::StoredDifference {
                what,
                stored,
                replayed,
                by_time_zones,
            } = difference;
            let why = if *by_time_zones {
                " (moved by the tz database)"
            } else {
                ""
            };
            let line = format!("  DIFFERS: {what}: stored {stored}, by the log {replayed}{why}");
            self.lines.push((Tone::Bad, one_line(&line)));
        }
    }
}
