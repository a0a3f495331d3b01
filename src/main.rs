//! The `redress` program: reads its command line, runs one command, and ends with its exit code.

use std::process::ExitCode;

use clap::Parser as _;
use redress::{
    cli::{self, Cli, Failure},
    terminal::{self, Terminal},
};

fn main() -> ExitCode {
    let cli = Cli::parse();
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

fn end(failure: &Failure) -> ExitCode {
    if !failure.is_quiet() {
        terminal::complain(&format!("redress: {failure}"));
    }
    ExitCode::from(failure.exit_code())
}
