//! Secrets on the command line, which every user of the machine can read for as long as the program runs.

use std::{env, ffi::OsString, os::unix::process::CommandExt as _, process::Command};

use clap::{ArgMatches, parser::ValueSource};

/// A secret option that was given on the command line.
#[derive(PartialEq, Eq)]
struct Given {
    /// As `--database-url`.
    option: String,
    /// The variable that says the same.
    variable: OsString,
    value: OsString,
    /// The variable that takes precedence over it, which the option was meant to override.
    overridden: Option<OsString>,
}

/// Starts this program anew in place of this process, with the secrets of the command line moved to the environment, where
/// only its own user and root can read them. Process id, signals, files and exit code are those of the same process. To be
/// called before anything else is started.
///
/// An option is secret if its value is hidden in the help; each has a variable.
///
/// Returns if there is nothing to hide, or else with what the system says against it.
#[must_use]
pub fn hide(
    command: &clap::Command,
    matches: &ArgMatches,
    words: &[OsString],
) -> Option<std::io::Error> {
    let given = given(command, matches);
    let (name, rest) = words.split_first()?;
    let kept = without(rest, &given);
    // Of a word that could not be found the second start would find the same.
    if kept.len() == rest.len() {
        return None;
    }
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return Some(error),
    };
    let mut again = Command::new(program);
    again.arg0(name).args(kept);
    for secret in given {
        again.env(secret.variable, secret.value);
        if let Some(overridden) = secret.overridden {
            again.env_remove(overridden);
        }
    }
    Some(again.exec())
}

fn given(command: &clap::Command, matches: &ArgMatches) -> Vec<Given> {
    let secret = |argument: &clap::Arg| {
        let id = argument.get_id().as_str();
        let on_command_line = matches.value_source(id) == Some(ValueSource::CommandLine);
        let long = argument.get_long().filter(|_| on_command_line)?;
        let file = command
            .get_arguments()
            .find(|other| other.get_long() == Some(&format!("{long}-file")));
        Some(Given {
            option: format!("--{long}"),
            variable: argument.get_env()?.to_owned(),
            value: matches.get_raw(id)?.next_back()?.to_owned(),
            overridden: file.and_then(|file| file.get_env().map(ToOwned::to_owned)),
        })
    };
    let mut found: Vec<Given> = command
        .get_arguments()
        .filter(|argument| argument.is_hide_env_values_set())
        .filter_map(secret)
        .collect();
    if let Some((name, matches)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        found.extend(given(command, matches));
    }
    found
}

/// The words but for these options and their values.
fn without(words: &[OsString], given: &[Given]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            kept.push(word.clone());
            kept.extend(rest.cloned());
            break;
        }
        let text = word.as_encoded_bytes();
        let joined = |secret: &Given| text.starts_with(format!("{}=", secret.option).as_bytes());
        if given.iter().any(|secret| word == secret.option.as_str()) {
            let _value = rest.next();
        } else if !given.iter().any(joined) {
            kept.push(word.clone());
        }
    }
    kept
}

/// What clap says of a wrong command line, if it repeats a password: without it. A URL that was written in the wrong place is
/// a word that clap does not understand, and shows.
#[must_use]
pub fn masked(error: &clap::Error) -> Option<String> {
    let said = error.to_string();
    let masked: String = said.split_inclusive('\n').map(without_password).collect();
    (masked != said).then_some(masked)
}

fn without_password(line: &str) -> String {
    if let Some((before, rest)) = line.split_once("://")
        && let Some((_, place)) = rest.rsplit_once('@')
    {
        return format!("{before}://…@{place}");
    }
    match line.split_once("password=") {
        Some((before, _)) => format!("{before}password=…\n"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn an_option_is_taken_out_with_its_value_however_it_is_written() {
        for line in [
            "serve --database-url postgres://s --listen 127.0.0.1:0",
            "serve --database-url=postgres://s --listen 127.0.0.1:0",
            "serve --listen 127.0.0.1:0 --database-url postgres://s",
        ] {
            let words = words(line);
            let command = Cli::command();
            let matches = command.clone().get_matches_from(
                [OsString::from("redress")]
                    .into_iter()
                    .chain(words.iter().cloned()),
            );
            let given = given(&command, &matches);
            let [secret] = given.as_slice() else {
                panic!("{line}")
            };
            assert_eq!(secret.variable, "REDRESS_DATABASE_URL");
            assert_eq!(secret.value, "postgres://s");
            assert_eq!(
                secret.overridden.as_deref().unwrap(),
                "REDRESS_DATABASE_URL_FILE"
            );
            assert_eq!(
                without(&words, &given),
                self::words("serve --listen 127.0.0.1:0")
            );
        }
    }

    #[test]
    fn a_command_deeper_down_is_searched_too_and_what_is_no_option_stays() {
        let line = "policy simulate --zoneinfo /z --database-url postgres://s";
        let command = Cli::command();
        let matches = command
            .clone()
            .get_matches_from(words(&format!("redress {line}")));
        let given = given(&command, &matches);
        assert_eq!(given.len(), 1);
        let line = "verify a -- --database-url --database-url=b";
        assert_eq!(without(&words(line), &given), words(line));
    }

    #[test]
    fn every_option_that_may_hold_a_secret_is_hidden_and_can_be_given_by_a_file() {
        // Addresses in which a password is refused: of a service, and of the relay, which has a file for it.
        const ADDRESSES: [&str; 2] = ["server", "mail_relay"];

        fn check(command: &clap::Command, seen: &mut usize) {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let value = argument.get_value_names().unwrap_or_default();
                let may_be_secret = value.iter().any(|name| *name == "URL")
                    || ["password", "secret", "token", "key", "credential"]
                        .iter()
                        .any(|word| id.contains(word));
                // The name of a file is no secret, nor is a number.
                let harmless = |name: &clap::builder::Str| ["FILE", "N"].contains(&name.as_str());
                let is_harmless = !value.is_empty() && value.iter().all(harmless);
                if ADDRESSES.contains(&id)
                    || is_harmless
                    || !(may_be_secret || argument.is_hide_env_values_set())
                {
                    continue;
                }
                *seen += 1;
                let name = format!("{} {id}", command.get_name());
                assert!(argument.is_hide_env_values_set(), "{name}");
                let variable = argument.get_env().unwrap_or_else(|| panic!("{name}"));
                let long = format!("{}-file", argument.get_long().unwrap());
                let file = command
                    .get_arguments()
                    .find(|other| other.get_long() == Some(&long))
                    .unwrap_or_else(|| panic!("{name} cannot be given by a file"));
                let of_file = format!("{}_FILE", variable.to_str().unwrap());
                assert_eq!(file.get_env().unwrap().to_str(), Some(of_file.as_str()));
                let help = argument.get_help().unwrap().to_string();
                assert!(help.contains(&format!("--{long}")), "{name}: {help}");
            }
            command
                .get_subcommands()
                .for_each(|command| check(command, seen));
        }
        let mut seen = 0;
        check(&Cli::command(), &mut seen);
        assert!(seen >= 4, "serve, migrate, verify, policy simulate: {seen}");
    }

    #[test]
    fn a_wrong_command_line_is_explained_without_the_password_in_it() {
        let command = Cli::command();
        for line in [
            "redress migrate postgres://redress:s3cret@db/redress",
            "redress serve --database-ulr=postgres://redress:s3@cret@db/redress",
            "redress serve --listen postgres://redress:s3cret@db/redress",
            "redress migrate postgres://db/redress?password=s3cret",
        ] {
            let error = command
                .clone()
                .try_get_matches_from(words(line))
                .unwrap_err();
            let said = masked(&error).unwrap_or_else(|| error.to_string());
            assert!(said.contains("error: "), "{said}");
            assert!(!said.contains("s3") && !said.contains("cret"), "{said}");
        }
        let error = command
            .try_get_matches_from(words("redress file --nonsense"))
            .unwrap_err();
        assert_eq!(masked(&error), None);
    }
}
