//! `redress calendar import`.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use super::{Failure, named, unreadable};
use crate::{
    calendar::ical::{self, Added, Because, Import, Left, Reading, When},
    terminal::{Terminal, Tone, complain, one_line},
};

/// What is read, and into what.
#[derive(Debug, Args)]
#[command(after_help = "\
Whole days close their dates; a part of a day cuts its windows, in the zone of the calendar. One day that comes each year
becomes a [[holiday]] where that is exact; any other repetition becomes an [[override]] for each date up to --through.
Everything is added to the end of the file, whose text stays as it is, with the event's name and UID. Dates that are
holidays, or have overrides, stay as they are, so the same file may be read again. Events that are cancelled, or marked as
free time, are passed over.

A wrong line is told with its place, and nothing is written.

Examples:
  redress calendar import closing-days.ics --into my-office.toml
  redress calendar import closing-days.ics --into ca-on --out calendars/ca-on.toml
  redress calendar import closing-days.ics --into my-office.toml --out - | diff my-office.toml -")]
pub struct ImportArgs {
    /// The iCalendar file.
    #[arg(value_name = "ICS")]
    pub ics: PathBuf,
    /// The calendar: a file, or the name of a built-in one, of which a copy is made.
    #[arg(long, value_name = "NAME|FILE")]
    pub into: String,
    /// Where the calendar goes; - for standard output [default: the file that it came from].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The last year of which dates are taken from a repetition without an end [default: ten years from now].
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1900..=2199))]
    pub through: Option<i16>,
    /// Take events that are marked as free time (TRANSP:TRANSPARENT) as well: some programs mark every whole day so.
    #[arg(long)]
    pub include_free: bool,
}

/// How far repetitions without an end are followed, in years.
const YEARS_AHEAD: i16 = 10;

pub(super) fn run(
    args: &ImportArgs,
    now: Timestamp,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let into = named(&args.into)?;
    let Some(out) = args.out.as_ref().or(into.file.as_ref()) else {
        return Err(Failure::BuiltIn {
            name: into.calendar.name().to_owned(),
        });
    };
    let bytes = fs::read(&args.ics).map_err(|source| unreadable(&args.ics, source))?;
    let this_year = TimeZone::UTC.to_datetime(now).year();
    let reading = Reading {
        through: args.through.unwrap_or(this_year + YEARS_AHEAD),
        free: args.include_free,
    };
    let ics = args.ics.display().to_string();
    let import =
        ical::import(&ics, &bytes, &into.calendar, reading).map_err(Failure::CalendarFile)?;

    let text = import.calendar.text();
    let to_stdout = out.as_os_str() == "-";
    let unchanged = into.file.as_ref() == Some(out) && import.added.is_empty();
    if to_stdout {
        terminal.verbatim(text)?;
    } else if !unchanged {
        replace(out, text).map_err(|source| Failure::Unwritable {
            file: out.clone(),
            source,
        })?;
    }
    let mut lines = report(&import, reading);
    lines.push(if to_stdout {
        (
            Tone::Quiet,
            format!("version {}", import.calendar.version()),
        )
    } else if unchanged {
        (
            Tone::Good,
            format!("nothing to add: {} stays as it is", out.display()),
        )
    } else {
        let version = import.calendar.version();
        (
            Tone::Good,
            format!("wrote {}, version {version}", out.display()),
        )
    });
    for (tone, line) in lines {
        // What is meant for a file must not be mixed with words for people.
        if to_stdout {
            complain(&line);
        } else {
            terminal.toned(tone, line)?;
        }
    }
    Ok(())
}

/// What came of it, line by line.
fn report(import: &Import, reading: Reading) -> Vec<(Tone, String)> {
    let added = import.added.iter().map(|added| (Tone::Plain, told(added)));
    let left = import.left.iter().map(|left| (Tone::Quiet, kept(left)));
    let counted =
        |count: usize, what: &str| (count > 0).then(|| (Tone::Quiet, format!("{count} {what}")));
    let counts = [
        counted(import.cancelled, "passed over: cancelled"),
        counted(
            import.free,
            "passed over: marked as free time; --include-free takes them",
        ),
        counted(import.idle, "without effect: nobody works then"),
    ];
    let cut_off = import.cut_off.iter().map(|name| {
        let name = one_line(name);
        let line = format!(
            "{name} goes on: its dates are taken through {}",
            reading.through
        );
        (Tone::Warning, line)
    });
    let events = if import.events == 1 {
        "event"
    } else {
        "events"
    };
    let head = (Tone::Strong, format!("{} {events}", import.events));
    std::iter::once(head)
        .chain(added)
        .chain(left)
        .chain(counts.into_iter().flatten())
        .chain(cut_off)
        .collect()
}

fn told(added: &Added) -> String {
    let hours = match (&added.when, added.windows.as_slice()) {
        (_, []) => "closed".to_owned(),
        (_, windows) => windows
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    format!(
        "+ {}: {}, {hours}",
        when(&added.when),
        name(added.name.as_deref())
    )
}

fn kept(left: &Left) -> String {
    let because = match &left.because {
        Because::Closed(Some(name)) => format!("closed already, by {}", one_line(name)),
        Because::Closed(None) => "closed already".to_owned(),
        Because::Hours(windows) => {
            let windows: Vec<_> = windows.iter().map(ToString::to_string).collect();
            format!("stays as its override has it, {}", windows.join(", "))
        }
    };
    format!(
        "= {}: {}, {because}",
        when(&left.when),
        name(left.name.as_deref())
    )
}

fn when(when: &When) -> String {
    match when {
        When::Date(date) => date.strftime("%Y-%m-%d %a").to_string(),
        When::Yearly {
            on,
            from_year,
            to_year: None,
        } => format!("each {on} from {from_year}"),
        When::Yearly {
            on,
            from_year,
            to_year: Some(to_year),
        } => format!("each {on} from {from_year} to {to_year}"),
    }
}

fn name(name: Option<&str>) -> String {
    name.map_or_else(|| "without a name".to_owned(), one_line)
}

/// Puts the text in the place of the file in one step: who reads it finds the old text or the new one, whole. A link stays
/// one, and the file keeps its permissions.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let mut beside = file.clone().into_os_string();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = fs::File::create(&beside).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        if let Ok(known) = fs::metadata(&file) {
            new.set_permissions(known.permissions())?;
        }
        new.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&beside, &file));
    if replaced.is_err() {
        // It may not be there at all; that it cannot be removed is not what went wrong.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::{calendar::Calendar, terminal::Page};

    const ONTARIO: &str = include_str!("../../../calendars/ca-on.toml");
    const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
        BEGIN:VEVENT\r\nUID:1@example.com\r\nSUMMARY:Company day\r\nDTSTART;VALUE=DATE:20261224\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2@example.com\r\nSUMMARY:Noon\r\nDTSTART:20261231T120000\r\nDTEND:20261231T180000\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:3@example.com\r\nSUMMARY:Dominion Day\r\nDTSTART;VALUE=DATE:20260701\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:4@example.com\r\nSUMMARY:Fridays\r\nDTSTART;VALUE=DATE:20361226\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:5@example.com\r\nSTATUS:CANCELLED\r\nDTSTART;VALUE=DATE:20260801\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";

    struct Desk {
        folder: tempfile::TempDir,
    }

    impl Desk {
        fn with(calendar: &str, ics: &str) -> Desk {
            let desk = Desk {
                folder: tempfile::tempdir().unwrap(),
            };
            fs::write(desk.path("office.toml"), calendar).unwrap();
            fs::write(desk.path("days.ics"), ics).unwrap();
            desk
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.path(name)).unwrap()
        }

        fn import(&self, into: &str, out: Option<&str>) -> (Result<(), Failure>, String) {
            let page = Page::default();
            let args = ImportArgs {
                ics: self.path("days.ics"),
                into: if into.contains('.') {
                    self.path(into).display().to_string()
                } else {
                    into.to_owned()
                },
                out: out.map(|out| match out {
                    "-" => PathBuf::from(out),
                    out => self.path(out),
                }),
                through: None,
                include_free: false,
            };
            let now = "2026-05-12T17:00:00Z".parse().unwrap();
            let result = run(&args, now, &mut Terminal::plain(page.clone()));
            (result, page.text())
        }

        fn files(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folder.path()).unwrap();
            let mut names: Vec<_> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    #[test]
    fn days_are_added_to_the_end_of_the_file_and_told_and_a_second_time_nothing_changes() {
        let desk = Desk::with(ONTARIO, ICS);
        let (result, told) = desk.import("office.toml", None);
        result.unwrap();
        let text = desk.text("office.toml");
        assert!(text.starts_with(ONTARIO));
        let version = Calendar::parse("x", &text).unwrap().version().to_owned();
        let file = desk.path("office.toml").display().to_string();
        let expected = [
            "5 events",
            "+ 2026-12-24 Thu: Company day, closed",
            "+ 2026-12-31 Thu: Noon, 09:00-12:00",
            "= 2026-07-01 Wed: Dominion Day, closed already, by Canada Day",
            "= 2036-12-26 Fri: Fridays, closed already, by Boxing Day",
            "1 passed over: cancelled",
            "Fridays goes on: its dates are taken through 2036",
            &format!("wrote {file}, version {version}"),
        ];
        assert_eq!(told.lines().collect::<Vec<_>>(), expected);

        let (result, told) = desk.import("office.toml", None);
        result.unwrap();
        assert_eq!(desk.text("office.toml"), text);
        assert!(!told.contains('+'), "{told}");
        assert!(
            told.ends_with(&format!("nothing to add: {file} stays as it is\n")),
            "{told}"
        );
        assert_eq!(desk.files(), ["days.ics", "office.toml"]);
    }

    #[test]
    fn a_copy_of_a_built_in_calendar_is_whole_and_needs_a_place() {
        let desk = Desk::with(ONTARIO, ICS);
        let (result, _) = desk.import("ca-qc", None);
        assert!(matches!(result, Err(Failure::BuiltIn { name }) if name == "ca-qc"));
        let (result, _) = desk.import("ca-on", Some("copy.toml"));
        result.unwrap();
        assert!(desk.text("copy.toml").starts_with(ONTARIO));
        assert_eq!(desk.text("office.toml"), ONTARIO);
    }

    #[test]
    fn standard_output_holds_the_calendar_and_nothing_else() {
        let desk = Desk::with(ONTARIO, ICS);
        let (result, text) = desk.import("office.toml", Some("-"));
        result.unwrap();
        assert!(text.starts_with(ONTARIO) && text.contains("Company day"));
        Calendar::parse("stdout", &text).unwrap();
        assert_eq!(desk.text("office.toml"), ONTARIO);
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line_and_nothing_is_written() {
        let desk = Desk::with(ONTARIO, &ICS.replace("20261224", "20261324"));
        let (result, told) = desk.import("office.toml", None);
        let error = result.unwrap_err();
        assert!(matches!(error, Failure::CalendarFile(_)));
        assert!(
            error.to_string().contains("days.ics:6:1: DTSTART holds"),
            "{error}"
        );
        assert_eq!(
            (told.as_str(), desk.text("office.toml")),
            ("", ONTARIO.to_owned())
        );
        let (result, _) = desk.import("office.toml", Some("copy.toml"));
        result.unwrap_err();
        assert_eq!(desk.files(), ["days.ics", "office.toml"]);
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_named() {
        let desk = Desk::with(ONTARIO, ICS);
        let (result, _) = desk.import("office.toml", Some("no/such/folder.toml"));
        assert!(matches!(result, Err(Failure::Unwritable { .. })));
    }
}
