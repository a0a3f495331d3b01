//! `redress calendar due`.

use clap::{Args, ValueEnum};

use super::named::{heading, named};
use crate::{
    calendar::{Roll, Term},
    cli::Failure,
    client::Zone,
    terminal::{Terminal, Tone, one_line},
};

/// The term to compute.
#[derive(Debug, Args)]
#[command(after_help = "\
What happens at the due time itself is in time. Dates are shown in the zone of the calendar.

Examples:
  redress calendar due ca-on --from 2026-03-06T16:30:00-05:00 --term '5 working days'
  redress calendar due my-office.toml --from 2026-12-23T15:00 --term '4 working hours'
  redress calendar due gb-eaw --from 2026-05-31T10:00 --term '6 weeks' --roll none")]
pub struct DueArgs {
    /// A built-in calendar, or a file.
    #[arg(value_name = "NAME|FILE")]
    pub calendar: String,
    /// When the term starts; without an offset, in the calendar's time zone.
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// The length of the term: instant, or a number of seconds, minutes, hours, calendar days, weeks, months, years, working days,
    /// working hours or working minutes.
    #[arg(long, value_name = "TERM")]
    pub term: Term,
    /// Where a term in calendar days, weeks, months or years ends if its last day has no working time.
    #[arg(long, value_enum, value_name = "ROLL", default_value_t)]
    pub roll: LastDay,
}

/// The [`Roll`], in the words of the policies.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum LastDay {
    /// The term ends with the next working day.
    #[default]
    NextWorkingDay,
    /// The term ends with the working day before.
    PreviousWorkingDay,
    /// The last day stays.
    None,
}

impl From<LastDay> for Roll {
    fn from(last_day: LastDay) -> Roll {
        match last_day {
            LastDay::NextWorkingDay => Roll::NextWorkingDay,
            LastDay::PreviousWorkingDay => Roll::PreviousWorkingDay,
            LastDay::None => Roll::None,
        }
    }
}

pub(super) fn run(args: &DueArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let calendar = named(&args.calendar)?.calendar;
    let zone = Zone::from(calendar.zone().clone());
    let from = zone.read(&args.from)?;
    let due = calendar.due_after_rolling(from, &args.term, args.roll.into())?;
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
        asked_rolling(from, term, LastDay::default())
    }

    fn asked_rolling(from: &str, term: &str, roll: LastDay) -> (Result<(), Failure>, String) {
        let page = Page::default();
        let args = DueArgs {
            calendar: "ca-on".to_owned(),
            from: from.to_owned(),
            term: term.parse().unwrap(),
            roll,
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
    fn a_last_day_off_rolls_as_it_is_asked_and_by_default_as_in_a_calendar() {
        assert_eq!(Roll::from(LastDay::default()), Roll::default());
        for roll in LastDay::value_variants() {
            let word = roll.to_possible_value().unwrap();
            assert_eq!(word.get_name(), Roll::from(*roll).to_string());
        }
        // A fortnight from a Saturday ends with a Saturday.
        for (roll, due) in [
            (LastDay::NextWorkingDay, "due   Tue 16 Jun 2026 00:00 EDT"),
            (
                LastDay::PreviousWorkingDay,
                "due   Sat 13 Jun 2026 00:00 EDT",
            ),
            (LastDay::None, "due   Sun 14 Jun 2026 00:00 EDT"),
        ] {
            let (result, text) = asked_rolling("2026-05-30T10:00", "2 weeks", roll);
            result.unwrap();
            assert!(text.contains(due), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_or_out_of_reach_is_refused_in_words() {
        let (result, _) = asked("tomorrow", "2 working days");
        assert!(result.unwrap_err().to_string().contains("2026-05-12T17:00"));
        for term in ["100000 working days", "100000 weeks", "51 years"] {
            let (result, _) = asked("2026-04-01T16:30", term);
            assert!(matches!(result.unwrap_err(), Failure::OutOfRange(_)));
        }
    }
}
