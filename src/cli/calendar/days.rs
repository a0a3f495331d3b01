//! `redress calendar days`.

use std::io;

use clap::Args;
use jiff::civil::{Date, date};
use serde::Serialize;

use super::named::{heading, named};
use crate::{
    calendar::{Calendar, Day, SpecialDay},
    cli::Failure,
    terminal::{Terminal, Tone, one_line, table},
};

/// Which days to list.
#[derive(Debug, Args)]
#[command(after_help = "\
Every date is listed that is a holiday or has hours of its own, on a weekend as well. With --json each is an object on a \
line of its own; `kind` is holiday, closed (by an override) or hours (of an override).

Examples:
  redress calendar days ca-on --from 2026
  redress calendar days my-office.toml --from 2026 --to 2027
  redress calendar days ca-qc --from 2026 --json | jq -r .date")]
pub struct DaysArgs {
    /// A built-in calendar, or a file.
    #[arg(value_name = "NAME|FILE")]
    pub calendar: String,
    /// The first year.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(YEARS))]
    pub from: i16,
    /// The last year [default: the first].
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(YEARS))]
    pub to: Option<i16>,
    /// Print JSON, for other programs.
    #[arg(long)]
    pub json: bool,
}

const YEARS: std::ops::RangeInclusive<i64> = 1900..=2199;

/// One date, as other programs read it. The order of the first three is kept.
#[derive(Debug, Serialize)]
struct Line<'a> {
    calendar: &'a str,
    date: Date,
    name: Option<&'a str>,
    weekday: String,
    kind: &'static str,
    windows: Vec<String>,
    source: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(calendar: &'a Calendar, special: &SpecialDay<'a>) -> Self {
        let (kind, windows) = match special.day {
            Day::Working(windows) => ("hours", windows),
            Day::Holiday(_) => ("holiday", &[][..]),
            Day::Closed(_) | Day::NoWindows => ("closed", &[][..]),
        };
        Line {
            calendar: calendar.name(),
            date: special.date,
            name: special.name,
            weekday: special.date.strftime("%A").to_string(),
            kind,
            windows: windows.iter().map(ToString::to_string).collect(),
            source: special.source,
        }
    }

    fn row(&self) -> [String; 5] {
        let hours = match self.kind {
            "hours" => self.windows.join(", "),
            _ => "closed".to_owned(),
        };
        // The source of holidays is said once, below.
        let source = self.source.filter(|_| self.kind != "holiday");
        [
            self.date.to_string(),
            self.weekday.clone(),
            self.name.map_or_else(|| "-".to_owned(), one_line),
            hours,
            source.map_or_else(|| "-".to_owned(), one_line),
        ]
    }
}

pub(super) fn run(args: &DaysArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let calendar = named(&args.calendar)?.calendar;
    let last = date(args.to.unwrap_or(args.from), 12, 31);
    let special = calendar.special_days(date(args.from, 1, 1), last);
    let lines = special.map(|special| Line::of(&calendar, &special));
    if args.json {
        for line in lines {
            terminal.line(serde_json::to_string(&line).map_err(io::Error::from)?)?;
        }
        return Ok(());
    }
    let rows: Vec<_> = lines.map(|line| line.row()).collect();
    terminal.toned(Tone::Strong, heading(&calendar))?;
    if rows.is_empty() {
        terminal.toned(Tone::Quiet, "No date is special there.")?;
        return Ok(());
    }
    let header = ["date", "weekday", "name", "hours", "source"];
    terminal.line(table(header, rows))?;
    let source = one_line(calendar.source());
    terminal.toned(Tone::Quiet, format_args!("Holidays: {source}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;
    use crate::terminal::Page;

    fn told(calendar: &str, from: i16, to: Option<i16>, json: bool) -> String {
        let page = Page::default();
        let args = DaysArgs {
            calendar: calendar.to_owned(),
            from,
            to,
            json,
        };
        run(&args, &mut Terminal::plain(page.clone())).unwrap();
        page.text()
    }

    #[test]
    fn as_json_each_date_is_a_line_that_begins_with_calendar_date_and_name() {
        let text = told("ca-on", 2026, None, true);
        assert_eq!(text.lines().count(), 10, "{text}");
        let canada_day = text.lines().find(|line| line.contains("07-01")).unwrap();
        assert_eq!(
            canada_day,
            "{\"calendar\":\"ca-on\",\"date\":\"2026-07-01\",\"name\":\"Canada Day\",\"weekday\":\"Wednesday\",\
             \"kind\":\"holiday\",\"windows\":[],\
             \"source\":\"Employment Standards Act, 2000, S.O. 2000, c. 41, ss. 1, 29\"}"
        );
        // Boxing Day is a Saturday, and somebody stands in for it.
        assert!(
            text.contains("\"2026-12-26\",\"name\":\"Boxing Day\""),
            "{text}"
        );
        assert!(
            text.contains("\"2026-12-28\",\"name\":\"Boxing Day (observed)\""),
            "{text}"
        );
    }

    #[test]
    fn overrides_are_listed_with_their_hours_and_source_over_all_years() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("office.toml");
        let text = "name = \"office\"\ntitle = \"Office\"\nsource = \"s\"\nzone = \"UTC\"\n\
                    [week]\nfriday = [\"09:00-17:00\"]\n\
                    [[override]]\ndate = \"2026-12-24\"\nwindows = []\n\
                    [[override]]\ndate = \"2027-12-24\"\nwindows = [\"09:00-12:00\", \"13:00-14:00\"]\n\
                    name = \"Early close\"\nsource = \"a notice\"\n";
        fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        let json = told(&file, 2026, Some(2027), true);
        let lines: Vec<&str> = json.lines().collect();
        assert_eq!(
            lines,
            [
                "{\"calendar\":\"office\",\"date\":\"2026-12-24\",\"name\":null,\"weekday\":\"Thursday\",\
                 \"kind\":\"closed\",\"windows\":[],\"source\":null}",
                "{\"calendar\":\"office\",\"date\":\"2027-12-24\",\"name\":\"Early close\",\"weekday\":\"Friday\",\
                 \"kind\":\"hours\",\"windows\":[\"09:00-12:00\",\"13:00-14:00\"],\"source\":\"a notice\"}",
            ]
        );
        let table = told(&file, 2026, Some(2027), false);
        assert!(table.contains("09:00-12:00, 13:00-14:00"), "{table}");
        assert!(table.contains("a notice"), "{table}");
        assert!(told(&file, 2025, None, false).contains("No date is special"));
    }
}
