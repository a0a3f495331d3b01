//! Everything that is measured on books, from the first complaint to the last figure; also by itself, for who works on it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Parser;
use indicatif::ProgressBar;
use redress::{
    cli::Signals,
    terminal::{self, Terminal},
    time_source::Stopwatch,
};

use super::{Firing, run, turns::Turn};
use crate::{
    book::{Library, Scale, Shelf},
    error::BenchError,
    growth::{self, Growth},
};

/// The first argument that makes this program measure books alone.
pub(crate) const WORD: &str = "books";

/// What was measured on books.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) growth: Growth,
    pub(crate) firing: Firing,
}

impl Measured {
    /// What is wrong with the figures; empty: nothing.
    pub(crate) fn faults(&self, scale: &Scale) -> Vec<String> {
        let mut faults = self.growth.faults(scale);
        faults.extend(self.firing.faults(scale));
        faults
    }

    /// A line for each thing that is compared, a ratio for each round.
    fn ratios(&self, scale: &Scale) -> String {
        let rounds = self.firing.rounds.iter().map(Turn::ratio).collect();
        let held_by_both = self.firing.held.iter().map(Turn::ratio).collect();
        let mut lines = vec![
            ("service / plain SQL".to_owned(), rounds),
            ("the same, with a snapshot held".to_owned(), held_by_both),
            (
                "with a snapshot held / without".to_owned(),
                self.firing.held_ratios(),
            ),
        ];
        for open in scale.sizes.iter().skip(1) {
            let name = format!("{open} open / {} open", scale.smallest());
            lines.push((name, self.growth.ratios(*open)));
        }
        let line = |(name, ratios): &(String, Vec<f64>)| format!("{name}: {ratios:.3?}\n");
        lines.iter().map(line).collect()
    }
}

/// Files the books in a folder of a disk, measures growth and firing on them, and removes everything.
pub(crate) async fn measure(
    folder: &Path,
    scale: &Scale,
    bar: &ProgressBar,
) -> Result<Measured, BenchError> {
    let largest = scale.sizes.last().copied().unwrap_or_default();
    let shelf = Shelf::put_up(folder, largest).await?;
    let library = Library::fill(&shelf, scale, bar).await?;
    let growth = growth::run(&shelf, &library, scale, bar).await?;
    let firing = run(&shelf, &library, scale, bar).await?;
    shelf.take_down().await?;
    Ok(Measured { growth, firing })
}

/// Measures growth and firing alone, and prints the figures as they are.
#[derive(Debug, Parser)]
struct Alone {
    /// Only see that everything runs.
    #[arg(long)]
    short: bool,
    /// How many complaints the largest book holds.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1_000_000,
        conflicts_with = "short"
    )]
    open: usize,
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    folder: PathBuf,
}

/// Runs from a command line.
pub(crate) async fn alone(words: impl Iterator<Item = OsString>) -> Result<(), BenchError> {
    let options = Alone::parse_from(words);
    let mut signals = Signals::listen()?;
    let scale = match options.short {
        true => Scale::short(),
        false if options.open > 1_000_000 => Scale::full(Some(options.open)),
        false => Scale::up_to(options.open),
    };
    let (mut terminal, watch) = (Terminal::stdout(), Stopwatch::start());
    let bar = terminal::bar(&terminal, scale.measurements());
    let measured = tokio::select! {
        done = measure(&options.folder, &scale, &bar) => done?,
        ending = signals.next() => return Err(BenchError::Ended(ending)),
    };
    bar.finish_and_clear();
    let said = terminal.line(format_args!(
        "{measured:#?}\n{}in {:.0?}",
        measured.ratios(&scale),
        watch.elapsed()
    ));
    said.map_err(|source| BenchError::io("write", "standard output", source))?;
    let faults = measured.faults(&scale);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(BenchError::Unsound(faults))
    }
}
