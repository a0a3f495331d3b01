//! Measures Redress side by side with plain Postgres: the same machine, the same server, the same durability, in turns
//! within one run. What counts are the ratios; rates alone say more about the machine.

mod access;
mod book;
mod books;
mod deliveries;
mod error;
mod figures;
mod firing;
mod growth;
mod load;
mod machine;
mod overload;
mod pgbench;
mod plan;
mod report;
mod rounds;
mod runners;
mod search;
mod service;
mod shifted;
mod stage;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser as _;
use indicatif::ProgressBar;
use redress::{
    cli::{self, Cli},
    signals::Signals,
    terminal::{self, Terminal},
};

use self::{
    error::BenchError,
    machine::Machine,
    plan::{Options, Part, Plan},
    report::{Findings, Page, Report},
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
    let mut signals = Signals::listen().map_err(BenchError::Signals)?;
    let plan = options.plan();
    let mut terminal = Terminal::stdout();
    let machine = Machine::look()?;
    let bar = terminal::bar(&terminal, options.measurements(&plan));
    let Measured {
        findings,
        server,
        faults: failed,
    } = tokio::select! {
        done = find(&options, &plan, &bar) => done?,
        ending = signals.next() => return Err(BenchError::Ended(ending)),
    };
    bar.finish_and_clear();
    let load_at_end = machine::load();
    let report = Report {
        plan: &plan,
        machine: &machine,
        server: &server,
        findings: &findings,
        load_at_end: &load_at_end,
        short: options.short,
    };
    let page = report.page()?;
    let printed = terminal.verbatim(&page.text);
    printed.map_err(|source| BenchError::io("write", "standard output", source))?;
    let mut faults = report.faults();
    faults.extend(failed);
    if !faults.is_empty() {
        return Err(BenchError::Unsound(faults));
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = options.in_full().then_some(here);
    match options.into.as_deref().or(kept) {
        Some(folder) => keep(&page, folder),
        None => Ok(()),
    }
}

/// What was measured.
struct Measured {
    findings: Findings,
    /// The version of Postgres.
    server: String,
    /// Why not all of it was.
    faults: Vec<String>,
}

/// Measures what is asked for, part by part: each brings a Postgres of its own, and takes it down. What was measured before a
/// part failed is told all the same.
async fn find(options: &Options, plan: &Plan, bar: &ProgressBar) -> Result<Measured, BenchError> {
    let mut findings = Findings::none("nobody asked for it");
    let mut server = String::new();
    let mut faults = Vec::new();
    if options.asks_for(Part::Calls) || options.asks_for(Part::Overload) {
        let mut stage = Stage::set(&options.folder, plan, bar).await?;
        stage.server_version().clone_into(&mut server);
        if options.asks_for(Part::Calls) {
            findings.calls = Ok(rounds::run(&mut stage, plan, bar).await?);
        }
        if options.asks_for(Part::Overload) {
            findings.overload = Ok(overload::run(&stage, &plan.overload, bar).await?);
        }
        stage.strike().await?;
    }
    if options.asks_for(Part::Books) {
        match books::measure(&options.folder, &plan.books, bar).await {
            Ok(books) => {
                server = books.server;
                faults.extend(books.faults);
                findings.firing = Ok(books.firing);
                findings.runners = books.runners;
                findings.growth = Ok(books.growth);
                if let Ok(overload) = &mut findings.overload {
                    overload.beside = books.beside;
                }
            }
            Err(error) => {
                let why = error.to_string();
                findings.firing = Err(why.clone());
                findings.runners = Err(why.clone());
                findings.growth = Err(why.clone());
                faults.push(why);
            }
        }
    }
    if options.asks_for(Part::Access) {
        let access = access::run(options, &plan.access, bar).await?;
        access.server.clone_into(&mut server);
        findings.access = Ok(access);
    }
    if options.asks_for(Part::Deliveries) {
        let deliveries = deliveries::run(options, &plan.deliveries, bar).await?;
        deliveries.server.clone_into(&mut server);
        findings.deliveries = Ok(deliveries);
    }
    if options.asks_for(Part::Search) {
        let search = search::run(&options.folder, &plan.search, bar).await?;
        search.server.clone_into(&mut server);
        findings.search = Ok(search);
    }
    if options.asks_for(Part::Figures) {
        let figures = figures::run(options, &plan.figures, bar).await?;
        figures.server.clone_into(&mut server);
        findings.figures = Ok(figures);
    }
    Ok(Measured {
        findings,
        server,
        faults,
    })
}

/// Writes the page and its pictures.
fn keep(page: &Page, folder: &Path) -> Result<(), BenchError> {
    let plots = folder.join(report::PLOTS);
    fs::create_dir_all(&plots).map_err(|source| BenchError::io("make", &plots, source))?;
    let write = |path: PathBuf, text: &str| {
        fs::write(&path, text).map_err(|source| BenchError::io("write", path, source))
    };
    for plot in &page.plots {
        write(plots.join(format!("{}.svg", plot.name)), &plot.svg)?;
    }
    write(folder.join("RESULTS.md"), &page.text)
}
