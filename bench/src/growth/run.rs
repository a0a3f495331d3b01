//! The books of all sizes in turns, then the replicas.

use indicatif::ProgressBar;

use super::{
    idle::{self, Idle},
    process::Memory,
};
use crate::{
    book::{Library, Scale, Shelf},
    error::BenchError,
    firing::{Fired, StandBy, fire},
};

/// What a book of one size came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AtSize {
    /// How many complaints are open.
    pub(crate) open: usize,
    pub(crate) idle: Idle,
    /// Waves of the same number of steps in every book, by one process. The sizes take turns, so that the first of one belongs
    /// to the first of another.
    pub(crate) fired: Vec<Fired>,
    /// Of the service after the last of them.
    pub(crate) memory: Memory,
}

/// A wave that several replicas fired together, in the largest book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shared {
    pub(crate) replicas: usize,
    pub(crate) fired: Fired,
}

/// What growth costs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Growth {
    /// How many steps are fired in a book of each size.
    pub(crate) steps: usize,
    /// From the smallest book to the largest.
    pub(crate) sizes: Vec<AtSize>,
    pub(crate) shared: Vec<Shared>,
}

impl Growth {
    /// What is wrong with the figures; empty: nothing.
    pub(crate) fn faults(&self, scale: &Scale) -> Vec<String> {
        let mut faults = Vec::new();
        for size in &self.sizes {
            let open = size.open;
            if size.fired.len() != scale.repeats || size.fired.iter().any(|fired| !fired.has_rate())
            {
                faults.push(format!("{open} open: not every wave was fired at a rate"));
            }
            if size.idle.came_up.is_zero() || size.idle.claim.is_zero() || size.memory.peak == 0 {
                faults.push(format!("{open} open: the idle service was not seen"));
            }
        }
        let shared = self.shared.iter().filter(|shared| shared.fired.has_rate());
        if self.sizes.len() != scale.sizes.len() || shared.count() != scale.replicas.len() {
            faults.push("not every size and number of replicas was measured".to_owned());
        }
        faults
    }
}

/// Measures every size and the replicas, on the waves that fall due first.
pub(crate) async fn run(
    shelf: &Shelf,
    library: &Library,
    scale: &Scale,
    bar: &ProgressBar,
) -> Result<Growth, BenchError> {
    let mut sizes = Vec::new();
    for size in &library.sizes {
        bar.set_message(format!("service: idle with {} open", size.open));
        let database = size.databases.first().map_or("", String::as_str);
        let idle = idle::watch(shelf, library, database, scale).await?;
        bar.inc(1);
        sizes.push(AtSize {
            open: size.open,
            idle,
            fired: Vec::new(),
            memory: idle.memory,
        });
    }
    for (turn, wave) in library.every_size.iter().enumerate() {
        for (measured, size) in sizes.iter_mut().zip(&library.sizes) {
            bar.set_message(format!(
                "service: {} steps due of {} open",
                wave.steps, size.open
            ));
            // The smallest book is fired as a whole, so its first wave is there once in each copy.
            let copies = size.databases.len() > 1;
            let wave = if size.open == scale.smallest() {
                library.every_size.first().unwrap_or(wave)
            } else {
                wave
            };
            let database = size.databases.get(if copies { turn } else { 0 });
            let database = database.map_or("", String::as_str);
            let standing = StandBy::before(shelf, database, *wave, 1, scale).await?;
            measured.fired.push(standing.fired().await?);
            if let Some(service) = standing.sweepers.replicas.first() {
                measured.memory = Memory::of(service.process())?;
            }
            standing.sweepers.dismiss().await?;
            bar.inc(1);
        }
    }
    let mut shared = Vec::new();
    for (wave, replicas) in library.replicas.iter().zip(&scale.replicas) {
        bar.set_message(format!(
            "service: {replicas} replicas, {} steps due",
            wave.steps
        ));
        let fired = fire(shelf, library.service, *wave, *replicas, scale).await?;
        shared.push(Shared {
            replicas: *replicas,
            fired,
        });
        bar.inc(1);
    }
    Ok(Growth {
        steps: scale.smallest(),
        sizes,
        shared,
    })
}
