//! Measures Redress side by side with plain Postgres: the same machine, the same server, the same durability, in turns
//! within one run. What counts are the ratios; rates alone say more about the machine.

mod book;
mod error;
mod firing;
mod growth;
mod load;
mod machine;
mod pgbench;
mod plan;
mod report;
mod rounds;
#[expect(dead_code, unused_imports, reason = "no round runs it yet")]
mod runners;
mod service;
mod shifted;
mod stage;

use std::{env, fs, path::PathBuf, process::ExitCode};

use clap::Parser as _;
use redress::{
    cli::{self, Cli, Signals},
    terminal::{self, Terminal},
};

use self::{
    error::BenchError, machine::Machine, plan::Options, report::Report, rounds::Results,
    stage::Stage,
};

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return end(&format!("no threads: {error}")),
    };
    // Started by ourselves, this is the service: the very code that the harness was built from.
    let first = env::args_os().nth(1).unwrap_or_default();
    let done = if first == shifted::WORD {
        let served = runtime.block_on(shifted::serve(env::args_os().skip(2)));
        served.map_err(|error| error.to_string())
    } else if first == firing::WORD {
        let measured = runtime.block_on(firing::alone(env::args_os().skip(1)));
        measured.map_err(|error| error.to_string())
    } else if first == service::WORD {
        let cli = Cli::parse_from(env::args_os().skip(1));
        let served = runtime.block_on(cli::run(cli, Terminal::stdout()));
        served.map_err(|failure| failure.to_string())
    } else {
        let measured = runtime.block_on(measure(Options::parse()));
        measured.map_err(|error| error.to_string())
    };
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => end(&reason),
    }
}

fn end(reason: &str) -> ExitCode {
    terminal::complain(&format!("redress-bench: {reason}"));
    ExitCode::FAILURE
}

/// Measures, prints what came out, and keeps it if it was measured in full.
async fn measure(options: Options) -> Result<(), BenchError> {
    let mut signals = Signals::listen()?;
    let plan = options.plan();
    let mut terminal = Terminal::stdout();
    let machine = Machine::look()?;
    let bar = terminal::bar(&terminal, plan.measurements());
    let run = async {
        let mut stage = Stage::set(&options.folder, &plan, &bar).await?;
        let results = rounds::run(&mut stage, &plan, &bar).await?;
        let server = stage.server_version().to_owned();
        stage.strike().await?;
        Ok::<(Results, String), BenchError>((results, server))
    };
    let (results, server) = tokio::select! {
        done = run => done?,
        ending = signals.next() => return Err(BenchError::Ended(ending)),
    };
    bar.finish_and_clear();
    let load_at_end = machine::load();
    let report = Report {
        plan: &plan,
        machine: &machine,
        server: &server,
        results: &results,
        load_at_end: &load_at_end,
    };
    let page = report.page();
    let printed = terminal.verbatim(&page);
    printed.map_err(|source| BenchError::io("write", "standard output", source))?;
    let faults = report.faults();
    if !faults.is_empty() {
        return Err(BenchError::Unsound(faults));
    }
    if !options.short {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
        fs::write(&path, page).map_err(|source| BenchError::io("write", &path, source))?;
    }
    Ok(())
}
