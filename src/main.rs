//! The `redress` program: reads its command line, runs one command, and ends with its exit code.

use std::{env, ffi::OsString, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _};
use redress::{
    cli::{self, Cli, Failure, secret},
    terminal::{self, Terminal},
};

fn main() -> ExitCode {
    let cli = match read_command_line() {
        Ok(cli) => cli,
        Err(error) => match secret::masked(&error) {
            Some(masked) => {
                terminal::complain(masked.trim_end());
                return ExitCode::from(2);
            }
            None => error.exit(),
        },
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return end(&Failure::Runtime(error)),
    };
    let result = runtime.block_on(cli::run(cli, Terminal::stdout()));
    // Everything that needs an orderly end has had it; a forced end waits for nothing.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

/// Before anything is started: what is secret in it is taken off the command line first.
fn read_command_line() -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = env::args_os().collect();
    let command = Cli::command();
    let matches = command.clone().try_get_matches_from(&words)?;
    if let Some(error) = secret::hide(&command, &matches, &words) {
        terminal::complain(&format!(
            "redress: a secret on the command line stays visible to every user of this machine ({error}): give it by a \
             file or the environment"
        ));
    }
    Cli::from_arg_matches(&matches)
}

fn end(failure: &Failure) -> ExitCode {
    if !failure.is_quiet() {
        terminal::complain(&format!("redress: {failure}"));
    }
    ExitCode::from(failure.exit_code())
}
