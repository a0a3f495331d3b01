//! `redress calendar`: what stands in a calendar, and what is added to it.

mod days;
mod due;
mod import;
mod named;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::{days::DaysArgs, due::DueArgs, import::ImportArgs, named::read};
use super::{Failure, checked};
use crate::{
    calendar::CalendarBook,
    terminal::{Terminal, table},
    time_source::{SystemTime, TimeSource as _},
};

/// What can be done with calendars.
#[derive(Debug, Subcommand)]
pub enum CalendarCommand {
    /// Check calendar files, all of them, and say what is wrong with each.
    Check(CheckArgs),
    /// List the built-in calendars.
    List,
    /// List the holidays of a calendar, and its dates with hours of their own.
    Days(DaysArgs),
    /// Say when a term that starts at some time is due.
    Due(DueArgs),
    /// Add the days off that an organisation publishes as iCalendar (.ics) to a calendar file.
    Import(ImportArgs),
}

/// What `calendar check` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints a line for each file: its name, version and zone, or file:line:column and what is wrong.
Ends with 1 if any file is wrong.

Example:
  redress calendar check calendars/*.toml")]
pub struct CheckArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

pub(super) fn run(command: &CalendarCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        CalendarCommand::Check(args) => check(&args.files, terminal),
        CalendarCommand::List => list(terminal),
        CalendarCommand::Days(args) => days::run(args, terminal),
        CalendarCommand::Due(args) => due::run(args, terminal),
        CalendarCommand::Import(args) => import::run(args, SystemTime.now(), terminal),
    }
}

/// Checks every file, and reports every one, before it says whether any is wrong.
fn check(files: &[PathBuf], terminal: &mut Terminal) -> Result<(), Failure> {
    let holds = |file: &PathBuf| {
        let calendar = read(file)?;
        Ok::<_, Failure>(format!(
            "{}: {} version {}, {}",
            file.display(),
            calendar.name(),
            calendar.version(),
            calendar.zone_name()
        ))
    };
    match checked::tell(files.iter().map(holds), terminal)? {
        0 => Ok(()),
        wrong => Err(Failure::WrongCalendars {
            wrong,
            checked: files.len(),
        }),
    }
}

fn list(terminal: &mut Terminal) -> Result<(), Failure> {
    let calendars = CalendarBook::builtin()?;
    let rows = calendars.iter().map(|calendar| {
        [
            calendar.name().to_owned(),
            calendar.title().to_owned(),
            calendar.zone_name().to_owned(),
            calendar.version().to_owned(),
            calendar.source().to_owned(),
        ]
    });
    terminal.line(table(["name", "title", "zone", "version", "source"], rows))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use std::fs;

    use super::{named::named, *};
    use crate::terminal::Page;

    const GOOD: &str = include_str!("../../calendars/ca-on.toml");

    #[test]
    fn every_file_is_reported_with_the_place_of_what_is_wrong_and_the_good_ones_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(
            path("bad.toml"),
            GOOD.replacen("America/Toronto", "America/Torotno", 1),
        )
        .unwrap();
        fs::write(path("good.toml"), GOOD).unwrap();
        let page = Page::default();
        let files = [path("bad.toml"), path("missing.toml"), path("good.toml")];
        let result = check(&files, &mut Terminal::plain(page.clone()));
        assert!(matches!(
            result,
            Err(Failure::WrongCalendars {
                wrong: 2,
                checked: 3
            })
        ));
        let text = page.text();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains("bad.toml:4:8: "), "{text}");
        assert!(lines[1].contains("missing.toml: "), "{text}");
        assert!(lines[2].starts_with("ok "), "{text}");
        assert!(lines[2].contains(": ca-on version "), "{text}");
        assert!(lines[2].ends_with(", America/Toronto"), "{text}");
    }

    #[test]
    fn every_built_in_calendar_is_listed_with_its_version() {
        let page = Page::default();
        list(&mut Terminal::plain(page.clone())).unwrap();
        for calendar in CalendarBook::builtin().unwrap().iter() {
            assert!(page.text().contains(calendar.version()), "{}", page.text());
        }
    }

    #[test]
    fn a_name_that_is_neither_built_in_nor_a_file_is_refused_with_those_that_are() {
        let Err(failure) = named("ca-atlantis") else {
            panic!("there is no such calendar");
        };
        let text = failure.to_string();
        assert!(
            text.contains("ca-atlantis") && text.contains("ca-on, "),
            "{text}"
        );
        assert!(matches!(
            named("./ca-atlantis.toml"),
            Err(Failure::Unreadable { .. })
        ));
    }
}
