//! Service and plain SQL in turns, each turn on a wave of its own.

use indicatif::ProgressBar;

use super::{
    held::HeldSnapshot,
    plain::{self, Setting},
    record::Fired,
    sweepers::fire,
};
use crate::{
    book::{Library, Scale, Shelf, Wave},
    error::BenchError,
};

/// One wave, fired by both sides, each in its own copy of the book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Turn {
    /// One process.
    pub(crate) service: Fired,
    /// At its best setting.
    pub(crate) postgres: Fired,
}

/// What firing came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Firing {
    /// How many complaints are open in the book.
    pub(crate) open: usize,
    /// How many steps fall due at one instant, in `rounds` and in `held`.
    pub(crate) at_once: usize,
    /// What plain SQL reached with each setting, on smaller waves; each has one try.
    pub(crate) settings: Vec<(Setting, Fired)>,
    /// The setting that plain SQL has in all turns: the fastest of them.
    pub(crate) best: Setting,
    pub(crate) rounds: Vec<Turn>,
    /// With a snapshot held on either side. Each follows upon the round of its number, with which it is to be compared.
    pub(crate) held: Vec<Turn>,
    /// By the service alone: steps that fall due one after another, so many a second. Its lag is what counts.
    pub(crate) steady_rate: usize,
    pub(crate) steady: Fired,
}

impl Firing {
    /// What is wrong with the figures; empty: nothing. That all fired, each step once, is made sure of wave by wave.
    pub(crate) fn faults(&self, scale: &Scale) -> Vec<String> {
        let mut faults = Vec::new();
        let turns = self.rounds.iter().chain(&self.held);
        let settings = self.settings.iter().map(|(_, fired)| fired);
        let fired = turns.flat_map(|turn| [&turn.service, &turn.postgres]);
        for fired in fired.chain(settings).chain([&self.steady]) {
            if !fired.has_rate() {
                faults.push(format!("{} steps were fired at no rate", fired.steps));
            }
        }
        let planned = (scale.rounds, scale.held, Setting::all(scale).len());
        if (self.rounds.len(), self.held.len(), self.settings.len()) != planned {
            faults.push("not every turn of firing was taken".to_owned());
        }
        if self.steady.lag.is_none() {
            faults.push("nobody knows how late steady steps were".to_owned());
        }
        faults
    }
}

/// Measures firing on the largest book. Growth is measured before: its waves fall due first, and plain SQL catches up with
/// them here, with another setting on each. `others` is called once a round: whoever else is measured in turns with it.
pub(crate) async fn run(
    shelf: &Shelf,
    library: &Library,
    scale: &Scale,
    bar: &ProgressBar,
    mut others: impl AsyncFnMut() -> Result<(), BenchError>,
) -> Result<Firing, BenchError> {
    let (settings, best) = settings(shelf, library, scale, bar).await?;
    let (mut rounds, mut held) = (Vec::new(), Vec::new());
    for (number, wave) in library.rounds.iter().enumerate() {
        rounds.push(turn(shelf, library, *wave, best, false, scale, bar).await?);
        others().await?;
        if let Some(wave) = library.held.get(number) {
            held.push(turn(shelf, library, *wave, best, true, scale, bar).await?);
        }
    }
    bar.set_message(format!("service: {} steps a second", scale.steady_rate));
    let steady = library.steady.ok_or(BenchError::DayTooShort)?;
    let steady = fire(shelf, library.service, steady, 1, scale).await?;
    bar.inc(1);
    Ok(Firing {
        open: scale.sizes.last().copied().unwrap_or_default(),
        at_once: scale.at_once,
        settings,
        best,
        rounds,
        held,
        steady_rate: scale.steady_rate,
        steady,
    })
}

/// Tries plain SQL's settings in turn, on the waves that the service has fired already.
async fn settings(
    shelf: &Shelf,
    library: &Library,
    scale: &Scale,
    bar: &ProgressBar,
) -> Result<(Vec<(Setting, Fired)>, Setting), BenchError> {
    let all = Setting::all(scale);
    let mut tried: Vec<(Setting, Fired)> = Vec::new();
    let waves = library.every_size.iter().chain(&library.replicas);
    for (number, (wave, setting)) in waves.zip(all.iter().cycle()).enumerate() {
        bar.set_message(format!(
            "Postgres: {} clients, batches of {}",
            setting.clients, setting.batch
        ));
        let fired = plain::fire(shelf, library, *wave, *setting, scale).await?;
        // What is left over when each had its try only has to be out of the way.
        if number < all.len() {
            tried.push((*setting, fired));
            bar.inc(1);
        }
    }
    let best = tried
        .iter()
        .max_by(|(_, one), (_, other)| one.per_second.total_cmp(&other.per_second));
    let best = best
        .map(|(setting, _)| *setting)
        .ok_or(BenchError::DayTooShort)?;
    Ok((tried, best))
}

/// The service, then plain SQL, on one wave, both with a snapshot held in their database or without.
async fn turn(
    shelf: &Shelf,
    library: &Library,
    wave: Wave,
    setting: Setting,
    held: bool,
    scale: &Scale,
    bar: &ProgressBar,
) -> Result<Turn, BenchError> {
    let old = if held { ", an old snapshot held" } else { "" };
    bar.set_message(format!("service: {} steps due at once{old}", wave.steps));
    let holder = hold(shelf, library.service, held).await?;
    let service = fire(shelf, library.service, wave, 1, scale).await?;
    drop(holder);
    bar.inc(1);
    bar.set_message(format!("Postgres: {} steps due at once{old}", wave.steps));
    let holder = hold(shelf, library.plain, held).await?;
    let postgres = plain::fire(shelf, library, wave, setting, scale).await?;
    drop(holder);
    bar.inc(1);
    Ok(Turn { service, postgres })
}

async fn hold(
    shelf: &Shelf,
    database: &str,
    held: bool,
) -> Result<Option<HeldSnapshot>, BenchError> {
    Ok(if held {
        Some(HeldSnapshot::of(shelf, database).await?)
    } else {
        None
    })
}
