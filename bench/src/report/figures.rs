//! How long figures take.

use super::{
    section::Section,
    spread::Spread,
    table::{Table, count, millis},
};
use crate::{error::BenchError, figures::Figures};

pub(super) fn figures(figures: &Figures, section: &mut Section) -> Result<(), BenchError> {
    section.say(
        "Every measure over the month in which the book was filed, by channel and day, up to the end of the log: each complaint of the \
         book counts, with its promises. The oldest snapshot is that of any session of the service meanwhile.",
    );
    let mut table = Table::new(&[
        "complaints",
        "seconds",
        "seconds a million",
        "oldest snapshot, ms",
    ]);
    for round in &figures.rounds {
        table.row(&[
            count(u64::try_from(figures.complaints).unwrap_or(u64::MAX)),
            format!("{:.1}", round.took.as_secs_f64()),
            format!("{:.1}", a_million(figures, round.took.as_secs_f64())),
            millis(round.snapshot),
        ]);
    }
    section.say(&table.text());
    Ok(())
}

fn a_million(figures: &Figures, seconds: f64) -> f64 {
    seconds * 1_000_000.0 / figures.complaints.max(1) as f64
}

/// What two million complaints take, in seconds.
pub(super) fn two_million(figures: &Figures) -> Option<Spread> {
    let rounds = figures.rounds.iter();
    Spread::of(rounds.map(|round| 2.0 * a_million(figures, round.took.as_secs_f64())))
}

/// The oldest snapshot, in seconds.
pub(super) fn snapshot(figures: &Figures) -> Option<Spread> {
    let rounds = figures.rounds.iter();
    Spread::of(rounds.map(|round| round.snapshot.as_secs_f64()))
}
