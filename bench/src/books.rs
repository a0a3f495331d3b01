//! Everything that is measured on books of open complaints, on one server, as the report takes it: growth, firing beside plain
//! SQL and, in turns with it, the job runners; at last callers and due steps at once.

use std::path::Path;

use indicatif::ProgressBar;
use redress::time_source::{SystemTime, TimeSource as _};

use crate::{
    book::{Library, Scale, Shelf, Wave},
    error::BenchError,
    firing::{self, Fired, StandBy},
    growth,
    overload::{self, Beside, Load},
    report::{Firing, Found, Grown, Growth, Held, Lag, Replicas, Runner, Size, Steady},
    runners::Turns,
};

/// What was measured on books.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) growth: Growth,
    pub(crate) firing: Firing,
    pub(crate) runners: Found<Vec<Runner>>,
    pub(crate) beside: Vec<Beside>,
    /// The version of Postgres.
    pub(crate) server: String,
    /// What is wrong with the figures; empty: nothing.
    pub(crate) faults: Vec<String>,
}

/// Files the books in a folder of a disk, measures on them, and removes everything.
pub(crate) async fn measure(
    folder: &Path,
    scale: &Scale,
    bar: &ProgressBar,
) -> Result<Books, BenchError> {
    let shelf = Shelf::put_up(folder, scale.largest()).await?;
    bar.set_message("installing the job runners");
    // Before anything takes long.
    let mut runners = Turns::install(shelf.folder()).await?;
    let library = Library::fill(&shelf, scale, bar).await?;
    let growth = growth::run(&shelf, &library, scale, bar).await?;
    let firing = firing::run(&shelf, &library, scale, bar, async || {
        runners.take(&shelf, scale.at_once, bar).await
    })
    .await?;
    let (mut beside, mut held_up) = (Vec::new(), Vec::new());
    for ((load, _), wave) in scale.beside.iter().zip(&library.spare) {
        bar.set_message("service: steps due, and callers");
        let standing = StandBy::before(&shelf, library.service, *wave, 1, scale).await?;
        match meanwhile(*load, *wave, &standing).await {
            Ok(both) => beside.push(both),
            // No reason to forget what was measured before.
            Err(error) => held_up.push(format!("with {load:?}: {error}")),
        }
        standing.sweepers.dismiss().await?;
        bar.inc(1);
    }
    let server = shelf.server_version().to_owned();
    shelf.take_down().await?;
    let mut faults = growth.faults(scale);
    faults.extend(firing.faults(scale));
    faults.extend(held_up);
    Ok(Books {
        firing: fired(&firing, &growth),
        growth: grown(&growth),
        runners: runners.done(),
        beside,
        server,
        faults,
    })
}

async fn meanwhile(load: Load, wave: Wave, standing: &StandBy) -> Result<Beside, BenchError> {
    let service = standing.sweepers.replicas.first();
    let address = service.map_or("", |service| &service.address);
    let due = standing.due();
    let spread = wave.last.duration_since(wave.first);
    let wave = overload::Wave {
        steps: wave.steps,
        spread: spread.try_into().unwrap_or_default(),
        due: async move { SystemTime.past(due).await },
        fired: async { Ok(standing.fired().await?.lag.unwrap_or_default()) },
    };
    overload::beside(load, address, wave).await
}

fn rates<'f>(fired: impl IntoIterator<Item = &'f Fired>) -> Vec<f64> {
    fired.into_iter().map(|fired| fired.per_second).collect()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn fired(firing: &firing::Firing, growth: &growth::Growth) -> Firing {
    let lags = |fired: &mut dyn Iterator<Item = &Fired>| -> Vec<Lag> {
        fired.filter_map(|fired| fired.lag).collect()
    };
    let sizes = growth.sizes.first().zip(growth.sizes.last());
    Firing {
        open: count(firing.open),
        due: count(firing.at_once),
        service: rates(firing.rounds.iter().map(|turn| &turn.service)),
        lags: lags(&mut firing.rounds.iter().map(|turn| &turn.service)),
        postgres: rates(firing.rounds.iter().map(|turn| &turn.postgres)),
        setting: format!(
            "{} clients, {} a transaction",
            firing.best.clients, firing.best.batch
        ),
        held: Some(Held {
            service: rates(firing.held.iter().map(|turn| &turn.service)),
            postgres: rates(firing.held.iter().map(|turn| &turn.postgres)),
        }),
        grown: sizes.map(|(small, large)| Grown {
            due: count(growth.steps),
            small: (count(small.open), rates(&small.fired)),
            large: (count(large.open), rates(&large.fired)),
        }),
        steady: Some(Steady {
            open: count(firing.open),
            per_second: firing.steady_rate as f64,
            lags: firing.steady.lag.into_iter().collect(),
        }),
    }
}

fn grown(growth: &growth::Growth) -> Growth {
    let size = |size: &growth::AtSize| {
        let idle = &size.idle;
        Size {
            open: count(size.open),
            due: count(growth.steps),
            rates: rates(&size.fired),
            idle: Some((
                idle.service_cpu.as_secs_f64(),
                idle.server_cpu.as_secs_f64(),
            )),
            look: Some(idle.claim),
            memory: Some((idle.memory.resident, size.memory.peak)),
        }
    };
    let shared = |shared: &growth::Shared| Replicas {
        count: u32::try_from(shared.replicas).unwrap_or(u32::MAX),
        rates: vec![shared.fired.per_second],
    };
    Growth {
        sizes: growth.sizes.iter().map(size).collect(),
        replicas: growth.shared.iter().map(shared).collect(),
        starting: growth.sizes.last().map(|size| size.idle.came_up),
    }
}
