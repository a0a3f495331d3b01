//! `redress staff`, and how `redress serve` tells staff what they have to know, as options.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use email_address::EmailAddress;

use super::{Failure, checked, tls::LOOK_EVERY};
use crate::{
    app::{StaffConfig, StaffWays, named_files},
    calendar::{Calendar, CalendarBook},
    dispatch::{
        mail::Mailbox,
        staff::{ComplaintUrl, DirectoryFile, webhook_secret},
    },
    terminal::{Terminal, Tone},
};

/// How staff are notified. Without a directory, they are not.
#[derive(Debug, Clone, Default, Args)]
pub struct StaffArgs {
    /// The staff directory: a TOML file with people and teams, how they are sent reminders, and when they get a digest of what
    /// is due; README.md describes it. It is reloaded when it changes. Without it, reminders are only recorded in the log.
    #[arg(long, env = "REDRESS_STAFF", value_name = "FILE")]
    pub staff: Option<PathBuf>,

    /// The URL at which staff open a complaint, with {complaint} or {tracking_number} in it. Messages to staff link to it.
    #[arg(
        long,
        env = "REDRESS_COMPLAINT_URL",
        value_name = "TEMPLATE",
        requires = "staff"
    )]
    pub complaint_url: Option<ComplaintUrl>,

    /// The sender address of mail to staff, and to the contacts of disabled subscriptions. Without it, or without a mail relay, no
    /// such mail is sent.
    #[arg(
        long,
        env = "REDRESS_STAFF_FROM",
        value_name = "ADDRESS",
        value_parser = mailbox
    )]
    pub staff_from: Option<Mailbox>,

    /// A file with the secret with which webhooks to staff are signed, as in Standard Webhooks: `whsec_` and 24 to 64 random bytes
    /// in base64. Without it, no webhooks are sent to staff. --egress-allow and --egress-ports apply, as for events.
    #[arg(
        long,
        env = "REDRESS_STAFF_WEBHOOK_SECRET_FILE",
        value_name = "FILE",
        requires = "staff"
    )]
    pub staff_webhook_secret_file: Option<PathBuf>,
}

impl StaffArgs {
    /// How staff are told; `None`: nobody is.
    pub(super) fn config(&self) -> Result<Option<StaffConfig>, Failure> {
        let Some(file) = self.staff.clone() else {
            return Ok(None);
        };
        let secret = self.staff_webhook_secret_file.as_deref();
        let secret = secret.map(|file| {
            webhook_secret(file).map_err(|source| Failure::StaffWebhookSecret {
                file: file.to_owned(),
                source,
            })
        });
        Ok(Some(StaffConfig {
            directory: directory_file(file),
            url: self.complaint_url.clone(),
            ways: StaffWays::Own {
                webhook: secret.transpose()?,
            },
        }))
    }
}

fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    if !EmailAddress::is_valid(text) {
        return Err("an e-mail address is wanted, such as complaints@example.org");
    }
    Ok(Mailbox {
        name: Some("Redress".to_owned()),
        address: text.to_owned(),
    })
}

fn directory_file(file: PathBuf) -> DirectoryFile {
    DirectoryFile {
        file,
        look_every: LOOK_EVERY,
    }
}

/// The commands for the staff directory.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Check a staff directory.
    Check(StaffCheckArgs),
}

/// What `staff check` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints the number of people and teams, or file:line:column and what is wrong. Exits with 1 if anything is wrong.

Examples:
  redress staff check staff.toml
  redress staff check staff.toml --calendar-dir calendars")]
pub struct StaffCheckArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A folder of calendars, in addition to the built-in ones.
    #[arg(long, env = "REDRESS_CALENDAR_DIR", value_name = "DIR")]
    pub calendar_dir: Option<PathBuf>,
}

/// Does it.
pub(super) fn run(command: &StaffCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        StaffCommand::Check(args) => check(args, terminal),
    }
}

fn check(args: &StaffCheckArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut calendars = CalendarBook::builtin()?;
    let own = args.calendar_dir.as_deref().map(named_files::<Calendar>);
    let (mut wrong, mut looked_at) = (0, 0);
    for file in own.transpose()?.unwrap_or_default() {
        looked_at += 1;
        match file.content {
            Ok(calendar) => calendars.insert(calendar),
            Err(reason) => {
                wrong += 1;
                terminal.toned(Tone::Bad, reason)?;
            }
        }
    }
    let directory = directory_file(args.file.clone());
    let read = directory.read(&calendars).map(|read| {
        let file = args.file.display();
        let (people, teams) = (read.people(), read.teams());
        format!("{file}: people {people}, teams {teams}")
    });
    match checked::tell([read], terminal)? {
        0 if wrong > 0 => Err(Failure::WrongCalendars {
            wrong,
            checked: looked_at,
        }),
        0 => Ok(()),
        _ => Err(Failure::WrongStaff),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;
    use crate::terminal::Page;

    const README: &str = include_str!("../../README.md");

    /// The directory that README.md shows.
    fn example() -> &'static str {
        let (_, after) = README.split_once("```toml\n# staff.toml\n").unwrap();
        after.split_once("\n```").unwrap().0
    }

    fn checked(text: &str) -> (Result<(), Failure>, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("staff.toml");
        fs::write(&file, text).unwrap();
        let page = Page::default();
        let args = StaffCheckArgs {
            file,
            calendar_dir: None,
        };
        let command = StaffCommand::Check(args);
        let result = run(&command, &mut Terminal::plain(page.clone()));
        let shown = page.text();
        let folder = format!("{}/", folder.path().display());
        (result, shown.replace(&folder, ""))
    }

    #[test]
    fn the_directory_of_the_readme_is_good() {
        let (result, shown) = checked(example());
        assert!(result.is_ok(), "{shown}");
        assert_eq!(shown, "ok staff.toml: people 3, teams 1\n");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_key() {
        let wrong = example().replacen("mail = \"ana@example.org\"", "mail = \"ana\"", 1);
        let line = wrong[..wrong.find("mail = \"ana\"").unwrap()]
            .matches('\n')
            .count()
            + 1;
        let (result, shown) = checked(&wrong);
        assert!(matches!(result, Err(Failure::WrongStaff)));
        let place = format!("staff.toml:{line}:8: mail: an e-mail address is wanted");
        assert!(shown.contains(&place), "{shown}");
    }
}
