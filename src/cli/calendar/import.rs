//! `redress calendar import`.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use super::named::{named, unreadable};
use crate::{
    cli::Failure,
    ical::{self, Added, Because, Import, Left, Note, Reading, When},
    terminal::{Terminal, Tone, complain, one_line},
};

/// What to import, and into which calendar.
#[derive(Debug, Args)]
#[command(after_help = "\
Whole days close their dates; a part of a day cuts its windows, in the zone of the calendar. One day that comes each year \
becomes a [[holiday]] where that is exact; any other repetition becomes an [[override]] for each date up to --through. \
Everything is added to the end of the file, whose text stays as it is, with the event's name and UID. Dates that are \
holidays, or have overrides, stay as they are, so the same file may be read again.

What comes of the file is reported line by line:
  +  is added to the calendar
  =  stays as the calendar has it already
  -  closes nothing, as the event says: it is cancelled, free time, or outside working hours
  !  is doubtful: read by its plain meaning, left out, or without effect

An event that cannot be read is left out, and the others are taken. With --strict, anything doubtful is listed and \
nothing is written.

Exit codes: 0 if the calendar now has what could be read, also where that was nothing new; 1 if the file cannot be read or \
is not an iCalendar file, if the calendar cannot be written, or if --strict refuses; 2 for a wrong command line.

Examples:
  redress calendar import closing-days.ics --into my-office.toml
  redress calendar import closing-days.ics --into ca-on --out calendars/ca-on.toml
  redress calendar import closing-days.ics --into my-office.toml --out - | diff my-office.toml -")]
pub struct ImportArgs {
    /// The iCalendar file.
    #[arg(value_name = "ICS")]
    pub ics: PathBuf,
    /// The calendar to import into: a file, or the name of a built-in calendar, which is copied.
    #[arg(long, value_name = "NAME|FILE")]
    pub into: String,
    /// Where to write the calendar; - for standard output [default: the file it was read from].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The last year for which dates of a rule without an end are imported [default: ten years from now].
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1900..=2199))]
    pub through: Option<i16>,
    /// Also import events that are marked as free time (TRANSP:TRANSPARENT), as some programs mark all-day events.
    #[arg(long)]
    pub include_free: bool,
    /// Write nothing if anything in the file is doubtful.
    #[arg(long)]
    pub strict: bool,
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
    let bytes = read(&args.ics).map_err(|source| unreadable(&args.ics, source))?;
    let this_year = TimeZone::UTC.to_datetime(now).year();
    let reading = Reading {
        through: args.through.unwrap_or(this_year + YEARS_AHEAD),
        free: args.include_free,
    };
    let ics = args.ics.display().to_string();
    let import =
        ical::import(&ics, &bytes, &into.calendar, reading).map_err(Failure::CalendarFile)?;
    let to_stdout = out.as_os_str() == "-";
    let say = |tone: Tone, line: String, terminal: &mut Terminal| {
        // What is meant for a file must not be mixed with words for people.
        if to_stdout {
            complain(&line);
            return Ok(());
        }
        terminal.toned(tone, line)
    };

    let doubtful: Vec<&Note> = import.notes.iter().filter(|note| note.doubtful).collect();
    if args.strict && !doubtful.is_empty() {
        for note in &doubtful {
            let (tone, line) = noted(note);
            say(tone, line, terminal)?;
        }
        return Err(Failure::Doubtful {
            file: args.ics.clone(),
            count: doubtful.len(),
        });
    }

    let text = import.calendar.text();
    let unchanged = !to_stdout && fs::read(out).is_ok_and(|known| known == text.as_bytes());
    if to_stdout {
        terminal.verbatim(text)?;
    } else if !unchanged {
        replace(out, text).map_err(|source| Failure::Unwritable {
            file: out.clone(),
            source,
        })?;
    }
    for (tone, line) in report(&import) {
        say(tone, line, terminal)?;
    }
    let version = import.calendar.version();
    let (tone, line) = if to_stdout {
        (Tone::Quiet, format!("version {version}"))
    } else if unchanged {
        let line = format!("nothing to add: {} stays as it is", out.display());
        (Tone::Good, line)
    } else if import.added.is_empty() {
        let line = format!(
            "nothing to add: wrote a copy as {}, version {version}",
            out.display()
        );
        (Tone::Good, line)
    } else {
        let line = format!("wrote {}, version {version}", out.display());
        (Tone::Good, line)
    };
    say(tone, line, terminal)?;
    Ok(())
}

/// The file, or a little more of it than may be read.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let most = u64::try_from(ical::MOST_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    fs::File::open(file)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What came of it, line by line.
fn report(import: &Import) -> Vec<(Tone, String)> {
    let added = import.added.iter().map(|added| (Tone::Plain, told(added)));
    let left = import.left.iter().map(|left| (Tone::Quiet, kept(left)));
    let events = if import.events == 1 {
        "event"
    } else {
        "events"
    };
    let head = (Tone::Strong, format!("{} {events}", import.events));
    std::iter::once(head)
        .chain(added)
        .chain(left)
        .chain(import.notes.iter().map(noted))
        .collect()
}

fn noted(note: &Note) -> (Tone, String) {
    let (mark, tone) = if note.doubtful {
        ('!', Tone::Warning)
    } else {
        ('-', Tone::Quiet)
    };
    let event = note.event.as_deref().map(one_line);
    let event = event.map_or_else(String::new, |event| format!(", {event}"));
    let text = one_line(&note.text);
    (tone, format!("{mark} line {}{event}: {text}", note.line))
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
        strict: bool,
    }

    impl Desk {
        fn with(calendar: &str, ics: &str) -> Desk {
            crate::watchdog::watch();
            let desk = Desk {
                folder: tempfile::tempdir().unwrap(),
                strict: false,
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
                strict: self.strict,
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
            "- line 22, Fridays: continues; its dates are taken through 2036",
            "- line 28, 5@example.com: cancelled, so it closes nothing; what an earlier import closed for it stays closed",
            &format!("wrote {file}, version {version}"),
        ];
        assert_eq!(told.lines().collect::<Vec<_>>(), expected);

        let (result, told) = desk.import("office.toml", None);
        result.unwrap();
        assert_eq!(desk.text("office.toml"), text);
        assert!(!told.contains("\n+ "), "{told}");
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
    fn what_is_wrong_is_left_out_and_reported_and_a_strict_reading_refuses_it() {
        let mut desk = Desk::with(ONTARIO, &ICS.replace("20261224", "20261324"));
        let wrong = "! line 6, Company day: left out: DTSTART is \"20261324\"; a date is written 20261224 and a time 20261224T170000";
        let (result, told) = desk.import("office.toml", Some("copy.toml"));
        result.unwrap();
        assert!(told.lines().any(|line| line == wrong), "{told}");
        assert!(desk.text("copy.toml").contains("Noon"));
        assert_eq!(desk.text("office.toml"), ONTARIO);

        desk.strict = true;
        let (result, told) = desk.import("office.toml", None);
        let error = result.unwrap_err();
        assert!(matches!(error, Failure::Doubtful { count: 1, .. }));
        assert_eq!(error.exit_code(), 1);
        assert_eq!(told.lines().collect::<Vec<_>>(), [wrong]);
        assert_eq!(desk.text("office.toml"), ONTARIO);
        assert_eq!(desk.files(), ["copy.toml", "days.ics", "office.toml"]);

        let strict = Desk {
            strict: true,
            ..Desk::with(ONTARIO, ICS)
        };
        strict.import("office.toml", None).0.unwrap();
        strict.import("office.toml", None).0.unwrap();
    }

    #[test]
    fn a_file_that_is_not_icalendar_is_refused_and_nothing_is_written() {
        let desk = Desk::with(ONTARIO, ONTARIO);
        let (result, told) = desk.import("office.toml", Some("copy.toml"));
        let error = result.unwrap_err();
        assert!(matches!(error, Failure::CalendarFile(_)), "{error}");
        assert_eq!(told, "");
        assert_eq!(desk.files(), ["days.ics", "office.toml"]);
    }

    #[test]
    fn written_is_said_only_of_what_was_written_anew() {
        let nothing = ICS
            .replace("BEGIN:VEVENT", "BEGIN:VTODO")
            .replace("END:VEVENT", "END:VTODO");
        let desk = Desk::with(ONTARIO, &nothing);
        let last = |told: &str| told.lines().last().unwrap().to_owned();
        let (_, told) = desk.import("office.toml", Some("copy.toml"));
        assert!(
            last(&told).starts_with("nothing to add: wrote a copy as "),
            "{told}"
        );
        for out in [None, Some("copy.toml")] {
            let (_, told) = desk.import("office.toml", out);
            assert!(last(&told).ends_with(" stays as it is"), "{told}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_named() {
        let desk = Desk::with(ONTARIO, ICS);
        let (result, _) = desk.import("office.toml", Some("no/such/folder.toml"));
        assert!(matches!(result, Err(Failure::Unwritable { .. })));
    }
}
