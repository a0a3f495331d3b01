//! `redress calendar due`.

use clap::Args;

use super::{Failure, heading, named};
use crate::{
    calendar::Term,
    client::{CallError, Zone},
    terminal::{Terminal, Tone, one_line},
};

/// What is asked.
#[derive(Debug, Args)]
#[command(after_help = "\
What happens at the due time itself is in time. Dates are shown in the zone of the calendar.

Examples:
  redress calendar due ca-on --from 2026-03-06T16:30:00-05:00 --term '5 working days'
  redress calendar due my-office.toml --from 2026-12-23T15:00 --term '4 working hours'")]
pub struct DueArgs {
    /// A built-in calendar, or a file.
    #[arg(value_name = "NAME|FILE")]
    pub calendar: String,
    /// When it starts: with an offset as it says, without one by the clock of the calendar's zone.
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// How long it takes: instant, or a count of seconds, minutes, hours, calendar days, weeks, months, years, working days
    /// or working hours.
    #[arg(long, value_name = "TERM")]
    pub term: Term,
}

pub(super) fn run(args: &DueArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let calendar = named(&args.calendar)?.calendar;
    let zone = Zone::from(calendar.zone().clone());
    let from = zone.read(&args.from).map_err(CallError::from)?;
    let due = calendar.due_after(from, &args.term)?;
    terminal.toned(Tone::Quiet, heading(&calendar))?;
    terminal.line(format_args!("from  {} ({from})", zone.long(from)))?;
    let line = format!("due   {} ({due})", zone.long(due));
    terminal.toned(Tone::Strong, line)?;
    for special in calendar.special_days(calendar.date_of(from), calendar.date_of(due)) {
        let name = special
            .name
            .map_or_else(|| "an override".to_owned(), one_line);
        let date = special.date.strftime("%a %e %b %Y");
        let line = format!("      {date}: {name}");
        terminal.toned(Tone::Quiet, line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::terminal::Page;

    fn asked(from: &str, term: &str) -> (Result<(), Failure>, String) {
        let page = Page::default();
        let args = DueArgs {
            calendar: "ca-on".to_owned(),
            from: from.to_owned(),
            term: term.parse().unwrap(),
        };
        let result = run(&args, &mut Terminal::plain(page.clone()));
        (result, page.text())
    }

    #[test]
    fn the_due_time_is_told_in_the_zone_of_the_calendar_with_the_holidays_on_the_way() {
        for from in [
            "2026-04-01T16:30:00-04:00",
            "2026-04-01T20:30:00Z",
            "2026-04-01T16:30",
        ] {
            let (result, text) = asked(from, "2 working days");
            result.unwrap();
            let lines: Vec<&str> = text.lines().skip(1).collect();
            assert_eq!(
                lines,
                [
                    "from  Wed  1 Apr 2026 16:30 EDT (2026-04-01T20:30:00Z)",
                    "due   Mon  6 Apr 2026 17:00 EDT (2026-04-06T21:00:00Z)",
                    "      Fri  3 Apr 2026: Good Friday",
                ]
            );
        }
    }

    #[test]
    fn what_is_no_time_or_out_of_reach_is_refused_in_words() {
        let (result, _) = asked("tomorrow", "2 working days");
        assert!(result.unwrap_err().to_string().contains("2026-05-12T17:00"));
        let (result, _) = asked("2026-04-01T16:30", "100000 working days");
        assert!(matches!(result.unwrap_err(), Failure::OutOfRange(_)));
    }
}
