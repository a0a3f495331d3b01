//! The help of the program itself: its commands, in groups.

use std::fmt::Write as _;

use clap::{
    Command,
    builder::{StyledStr, Styles},
};

use crate::terminal::folded;

/// The commands by what they are for, in the order in which they are listed.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Complaints",
        &[
            "file", "search", "list", "count", "show", "explain", "figures",
        ],
    ),
    (
        "Work on a complaint",
        &[
            "ack",
            "contact",
            "update",
            "assign",
            "unassign",
            "pause",
            "resume",
            "conclude",
            "propose",
            "answer",
            "implemented",
            "resolve",
            "escalate",
            "withdraw",
            "close",
            "reopen",
        ],
    ),
    (
        "Add to a complaint, and correct it",
        &[
            "note",
            "label",
            "correct",
            "convert",
            "verify-identity",
            "add-issue",
            "add-reference",
            "attach",
            "link",
            "unlink",
        ],
    ),
    ("The independent body", &["refer", "referral"]),
    ("Notices to customers", &["notice", "dispatch", "bounce"]),
    ("Personal data", &["person"]),
    ("Rules and staff", &["policy", "brand", "calendar", "staff"]),
    ("Other systems", &["subscriptions", "deliveries", "token"]),
    (
        "The service",
        &["demo", "serve", "migrate", "doctor", "verify", "health"],
    ),
];

/// The width of the column of names.
const NAMES: usize = 17;

/// The template of the help of a program, with its commands in groups; clap has no groups of commands.
pub(super) fn template(program: &Command) -> StyledStr {
    let styles = Styles::styled();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let mut template = StyledStr::new();
    // Writing into memory cannot fail.
    let _ = writeln!(
        template,
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}"
    );
    let listed = GROUPS.iter().flat_map(|(_, names)| names.iter());
    let listed: Vec<&str> = listed.copied().collect();
    let others = program.get_subcommands().map(Command::get_name);
    let others: Vec<&str> = others.filter(|name| !listed.contains(name)).collect();
    let groups = GROUPS.iter().copied().chain([("More", others.as_slice())]);
    for (title, names) in groups.filter(|(_, names)| !names.is_empty()) {
        let _ = writeln!(template, "\n{header}{title}:{header:#}");
        for command in names
            .iter()
            .filter_map(|name| program.find_subcommand(name))
        {
            let about = command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            let name = command.get_name();
            let about = column(&about);
            let gap = " ".repeat(NAMES.saturating_sub(name.len()));
            let _ = writeln!(template, "  {literal}{name}{literal:#}{gap}{about}");
        }
    }
    let _ = write!(
        template,
        "\n`redress help COMMAND` describes a command.\n\n{header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    template
}

/// What a command does, in lines that begin beside the names.
fn column(about: &str) -> String {
    let beside = " ".repeat(2 + NAMES);
    folded(about, &beside, &beside).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_is_in_one_group() {
        let cli = Cli::command();
        let commands: BTreeSet<&str> = cli.get_subcommands().map(Command::get_name).collect();
        let listed: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), commands);
    }

    #[test]
    fn the_help_fits_eighty_columns_and_has_the_commands_under_their_headings() {
        let help = Cli::command().term_width(80).render_help().to_string();
        let wide: Vec<&str> = help
            .lines()
            .filter(|line| line.chars().count() > 80)
            .collect();
        assert!(wide.is_empty(), "{wide:?}");
        let place = |text: &str| help.find(text).unwrap_or(usize::MAX);
        assert!(
            place("\nWork on a complaint:\n  ack ") < place("\nThe independent body:\n  refer ")
        );
        assert!(place("\n  serve ") < place("\nOptions:\n"));
        assert!(place("\nOptions:\n") < place("\nExamples:\n"));
    }
}
