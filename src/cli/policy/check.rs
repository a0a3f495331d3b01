//! `redress policy check`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{
    app::{named_files, text_of},
    calendar::{Calendar, CalendarBook},
    cli::{Failure, checked},
    policy::{Policy, PolicyBook},
    terminal::{Terminal, Tone},
};

/// What `policy check` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints a line for each file: its name, version and number of clocks, or file:line:column and what is wrong.
Ends with 1 if any file is wrong.

Examples:
  redress policy check policies/ca-jive.toml
  redress policy check policies/*.toml --calendar-dir calendars")]
pub struct PolicyCheckArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A folder of calendars that the policies may use, in addition to the built-in ones.
    #[arg(long, env = "REDRESS_CALENDAR_DIR", value_name = "DIR")]
    pub calendar_dir: Option<PathBuf>,
}

/// Checks every file, by itself and with the others, and reports every one before it says whether any is wrong. They stand
/// in place of the built-in files of the same names, beside the others. A calendar that is wrong is told as well.
pub(super) fn run(args: &PolicyCheckArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let files = &args.files;
    let mut calendars = CalendarBook::builtin()?;
    let mut wrong_calendars = 0;
    let own = args
        .calendar_dir
        .as_deref()
        .map(named_files::<Calendar>)
        .transpose()?;
    let own = own.unwrap_or_default();
    let own_count = own.len();
    for file in own {
        match file.content {
            Ok(calendar) => calendars.insert(calendar),
            Err(reason) => {
                wrong_calendars += 1;
                terminal.toned(Tone::Bad, reason)?;
            }
        }
    }
    let mut book = PolicyBook::builtin(&calendars)?;
    let read: Vec<_> = files.iter().map(|file| read(file, &calendars)).collect();
    let misfits = book.take_up(read.iter().flatten().cloned().collect());
    let checked = files.iter().zip(read).map(|(file, read)| {
        let policy = read?;
        let name = file.display().to_string();
        match misfits.iter().find(|error| error.file == name) {
            Some(error) => Err(error.to_string()),
            None => Ok(holds(&name, &policy)),
        }
    });
    match checked::tell(checked, terminal)? {
        0 if wrong_calendars > 0 => Err(Failure::WrongCalendars {
            wrong: wrong_calendars,
            checked: own_count,
        }),
        0 => Ok(()),
        wrong => Err(Failure::WrongPolicies {
            wrong,
            checked: files.len(),
        }),
    }
}

fn holds(file: &str, policy: &Policy) -> String {
    let count = policy.clocks.len();
    let clocks = if count == 1 { "clock" } else { "clocks" };
    let (name, version) = (policy.name(), policy.version());
    format!("{file}: {name} version {version}, {count} {clocks}")
}

fn read(file: &Path, calendars: &CalendarBook) -> Result<Policy, String> {
    let name = file.display().to_string();
    let text = text_of(file).map_err(|error| format!("{name}: {error}"))?;
    Policy::parse(&name, &text, calendars).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{fs, path::PathBuf};

    use super::*;
    use crate::terminal::Page;

    const GOOD: &str = include_str!("../../../policies/ca-jive.toml");

    fn checked(files: &[PathBuf]) -> (Result<(), Failure>, String) {
        checked_with(files, None)
    }

    fn checked_with(
        files: &[PathBuf],
        calendar_dir: Option<&Path>,
    ) -> (Result<(), Failure>, String) {
        let page = Page::default();
        let args = PolicyCheckArgs {
            files: files.to_vec(),
            calendar_dir: calendar_dir.map(Path::to_path_buf),
        };
        let result = run(&args, &mut Terminal::plain(page.clone()));
        (result, page.text())
    }

    #[test]
    fn a_good_file_is_told_with_its_name_version_and_clocks() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.toml");
        fs::write(&good, GOOD).unwrap();
        let (result, text) = checked(&[good]);
        result.unwrap();
        assert!(text.starts_with("ok "), "{text}");
        assert!(text.contains("ca-jive version "), "{text}");
        let clocks = GOOD.matches("[[clock]]").count();
        let counted = format!(", {clocks} clocks");
        assert!(text.trim_end().ends_with(&counted), "{text}");
    }

    #[test]
    fn every_file_is_reported_with_the_place_of_what_is_wrong_and_the_good_ones_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(
            path("bad.toml"),
            GOOD.replacen("calendar = \"ca-federal\"", "calendar = \"atlantis\"", 1),
        )
        .unwrap();
        fs::write(path("good.toml"), GOOD).unwrap();
        let (result, text) = checked(&[path("bad.toml"), path("missing.toml"), path("good.toml")]);
        assert!(matches!(
            result,
            Err(Failure::WrongPolicies {
                wrong: 2,
                checked: 3
            })
        ));
        let lines: Vec<_> = text.lines().collect();
        let line = GOOD
            .lines()
            .position(|line| line.starts_with("calendar ="))
            .unwrap()
            + 1;
        assert!(
            lines[0].contains(&format!("bad.toml:{line}:12: ")),
            "{text}"
        );
        assert!(lines[1].contains("missing.toml: "), "{text}");
        assert!(lines[2].starts_with("ok "), "{text}");
    }

    #[test]
    fn a_policy_may_count_in_a_calendar_of_the_folder_and_a_wrong_one_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let policy = [path("policy.txt")];
        fs::write(
            &policy[0],
            GOOD.replacen("calendar = \"ca-federal\"", "calendar = \"office\"", 1),
        )
        .unwrap();
        let office = "name = \"office\"\ntitle = \"Office\"\nsource = \"s\"\nzone = \"UTC\"\n\
                      [week]\nmonday = [\"09:00-17:00\"]\n";
        fs::write(path("office.toml"), office).unwrap();
        checked(&policy).0.unwrap_err();
        checked_with(&policy, Some(folder.path())).0.unwrap();
        fs::write(path("other.toml"), office.replace("UTC", "Atlantis")).unwrap();
        let (result, text) = checked_with(&policy, Some(folder.path()));
        assert!(matches!(
            result,
            Err(Failure::WrongCalendars {
                wrong: 1,
                checked: 2
            })
        ));
        assert!(text.contains("other.toml:4:8: "), "{text}");
    }

    #[test]
    fn files_are_checked_with_the_others_that_are_given_and_with_the_built_in_ones() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let again = write("again.toml", &format!("{GOOD}# the same days\n"));
        let good = write("good.toml", GOOD);
        let alone = "additional_policies = [\"ca-ccts\"]";
        assert!(GOOD.contains(alone));
        let lonely = GOOD.replacen(alone, "additional_policies = [\"atlantis\"]", 1);
        let lonely = lonely.replacen("\"ca-jive\"", "\"lonely\"", 1);
        let lonely = write("lonely.toml", &lonely);
        let (result, text) = checked(&[good, again, lonely]);
        assert!(matches!(
            result,
            Err(Failure::WrongPolicies {
                wrong: 2,
                checked: 3
            })
        ));
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("ok "), "{text}");
        assert!(
            lines[1].contains("again.toml:") && lines[1].contains("is in force from 2015-01-01"),
            "{text}"
        );
        assert!(
            lines[2].contains("lonely.toml:")
                && lines[2].contains("no policy is named \"atlantis\""),
            "{text}"
        );
    }
}
