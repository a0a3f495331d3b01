//! What becomes of the service as the book of open complaints grows.

use super::{
    input::{Growth, Size},
    plots::{Axis, Line, Lines, Plot},
    section::Section,
    spread::Spread,
    table::{Table, count, millis, rate},
};
use crate::error::BenchError;

pub(super) fn growth(growth: &Growth, section: &mut Section) -> Result<(), BenchError> {
    section.show(picture(growth)?);
    let mut table = Table::new(&[
        "open",
        "due at one instant",
        "steps a second (least–greatest)",
        "idle: the service, Postgres (% of a processor)",
        "a look for due steps, ms",
        "memory at rest, at most (MiB)",
    ]);
    for size in &growth.sizes {
        table.row(&[
            count(size.open),
            count(size.due),
            rate(size.rates.iter().copied()),
            pair(size.idle, |share| format!("{:.1}", share * 100.0)),
            size.look.map_or_else(dash, millis),
            pair(size.memory, |bytes| {
                format!("{:.0}", bytes as f64 / 1_048_576.0)
            }),
        ]);
    }
    section.say(&table.text());
    if !growth.replicas.is_empty() {
        let mut table = Table::new(&[
            "replicas that fire one wave",
            "steps a second (least–greatest)",
        ]);
        for replicas in &growth.replicas {
            table.row(&[
                replicas.count.to_string(),
                rate(replicas.rates.iter().copied()),
            ]);
        }
        section.say(&table.text());
    }
    if let Some(starting) = growth.starting {
        let millis = millis(starting);
        section.say(&format!("From its start until it serves: {millis} ms."));
    }
    Ok(())
}

fn picture(growth: &Growth) -> Result<Option<Plot>, BenchError> {
    let point = |size: &Size| Some((size.open as f64, Spread::of(size.rates.iter().copied())?));
    let points: Vec<(f64, Spread)> = growth.sizes.iter().filter_map(point).collect();
    let greatest = points.iter().map(|(_, rate)| rate.greatest);
    let greatest = greatest.reduce(f64::max).unwrap_or(1.0);
    let ticks = growth.sizes.iter();
    let ticks = ticks.map(|size| (size.open.max(1) as f64, count(size.open)));
    let picture = Lines {
        name: "firing-book",
        title: "Firing by the size of the book".to_owned(),
        x: Axis::marked("open complaints", ticks.collect()),
        y: Axis::linear("steps a second", greatest),
        lines: vec![Line {
            name: "the service".to_owned(),
            colour: 0,
            dashed: false,
            points,
        }],
    };
    picture.draw()
}

fn pair<T>(pair: Option<(T, T)>, say: impl Fn(T) -> String) -> String {
    pair.map_or_else(dash, |(one, other)| format!("{}, {}", say(one), say(other)))
}

fn dash() -> String {
    "–".to_owned()
}
