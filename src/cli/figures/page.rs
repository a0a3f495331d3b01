//! Figures as people read them.

use super::FiguresArgs;
use crate::{
    cli::Failure,
    client::{instant, word},
    proto::v1,
    terminal::{Terminal, Tone, one_line, table, wide_table},
};

/// What stands in one table, with short headings: all of it would be too wide for a terminal.
const TABLES: [&[(v1::FigureMeasure, &str)]; 4] = [
    &[
        (v1::FigureMeasure::PromisesKept, "kept"),
        (v1::FigureMeasure::PromisesMissed, "missed"),
        (v1::FigureMeasure::PromisesOpen, "open"),
        (v1::FigureMeasure::PromisesKeptPercent, "kept %"),
    ],
    &[
        (v1::FigureMeasure::AcknowledgedInTime, "ack. in time"),
        (v1::FigureMeasure::AcknowledgedLate, "ack. late"),
        (v1::FigureMeasure::UpdatesOverdue, "updates overdue"),
        (v1::FigureMeasure::NoticesFailed, "notices failed"),
    ],
    &[
        (v1::FigureMeasure::Received, "received"),
        (v1::FigureMeasure::Closed, "closed"),
        (v1::FigureMeasure::ResolvedAtFirstContact, "at once"),
        (v1::FigureMeasure::Escalated, "escalated"),
        (v1::FigureMeasure::Referred, "referred"),
        (v1::FigureMeasure::Reopened, "reopened"),
    ],
    &[
        (v1::FigureMeasure::Resolved, "resolved"),
        (v1::FigureMeasure::MeanDaysToResolve, "mean days"),
        (v1::FigureMeasure::MedianDaysToResolve, "median"),
        (v1::FigureMeasure::DaysToResolve80Percent, "80 %"),
        (v1::FigureMeasure::DaysToResolve95Percent, "95 %"),
    ],
];

/// A whole number as such, any other with two decimals.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// As the API spells it, in lower case.
pub(super) fn dimension_word(number: i32) -> String {
    word::<v1::FigureDimension>(number)
}

/// As the API spells it, in lower case.
pub(super) fn measure_word(number: i32) -> String {
    word::<v1::FigureMeasure>(number).replace('-', "_")
}

pub(super) fn show(
    figures: &v1::Figures,
    args: &FiguresArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let zone = &args.connection.time_zone;
    let (from, to) = (instant(figures.from_time), instant(figures.to_time));
    if let Some((from, to)) = from.zip(to) {
        let (from, to) = (zone.long(from), zone.long(to));
        terminal.line(format!("From {from} until before {to}"))?;
    }
    if figures.by.is_empty() {
        at_a_glance(figures, terminal)?;
    } else {
        for columns in TABLES {
            by_cell(figures, columns, terminal)?;
        }
    }
    if args.definitions {
        for meaning in &figures.definitions {
            terminal.line("")?;
            terminal.toned(
                Tone::Strong,
                format!("{} ({})", meaning.title, meaning.unit),
            )?;
            terminal.line(&meaning.definition)?;
            terminal.toned(Tone::Quiet, format!("Source: {}", meaning.source))?;
        }
        terminal.line("")?;
    }
    let repeated = format!(
        "Definitions {}; the same figures again: --position {}",
        figures.definitions_version, figures.position
    );
    terminal.toned(Tone::Quiet, repeated)?;
    Ok(())
}

fn at_a_glance(figures: &v1::Figures, terminal: &mut Terminal) -> Result<(), Failure> {
    let total = figures.total.as_ref();
    let values = total.into_iter().flat_map(|total| &total.figures);
    let rows = figures.definitions.iter().zip(values);
    let rows = rows.map(|(meaning, figure)| {
        let value = figure.value.map_or_else(|| "-".to_owned(), number);
        [meaning.title.clone(), value, meaning.unit.clone()]
    });
    terminal.line(table(["figure", "value", "unit"], rows))?;
    Ok(())
}

fn by_cell(
    figures: &v1::Figures,
    columns: &[(v1::FigureMeasure, &str)],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let place = |measure: v1::FigureMeasure| {
        let mut definitions = figures.definitions.iter();
        definitions.position(|definition| definition.measure == i32::from(measure))
    };
    let columns: Vec<(usize, &str)> = columns
        .iter()
        .filter_map(|(measure, title)| Some((place(*measure)?, *title)))
        .collect();
    if columns.is_empty() {
        return Ok(());
    }
    let dimensions = figures
        .by
        .iter()
        .map(|dimension| dimension_word(*dimension));
    let titles = columns.iter().map(|(_, title)| (*title).to_owned());
    let header: Vec<String> = dimensions.chain(titles).collect();
    let value = |cell: &v1::FigureCell, place: usize| {
        let figure = cell.figures.get(place).and_then(|figure| figure.value);
        figure.map_or_else(|| "-".to_owned(), number)
    };
    let row = |key: Vec<String>, cell: &v1::FigureCell| {
        let values = columns.iter().map(|(place, _)| value(cell, *place));
        key.into_iter().chain(values).collect()
    };
    let cells = figures.cells.iter();
    let cells = cells.map(|cell| row(cell.key.iter().map(|value| one_line(value)).collect(), cell));
    let total = figures.total.iter().map(|total| {
        let key = (0..figures.by.len()).map(|place| match place {
            0 => "total".to_owned(),
            _ => String::new(),
        });
        row(key.collect(), total)
    });
    let rows: Vec<Vec<String>> = cells.chain(total).collect();
    terminal.line(wide_table(header, rows))?;
    Ok(())
}

/// The rows of a complaint that counts.
pub(super) fn rows_of(complaint: &v1::FigureComplaint, args: &FiguresArgs) -> Vec<[String; 4]> {
    let zone = &args.connection.time_zone;
    let facts = complaint.facts.iter();
    facts
        .map(|fact| {
            let promise = fact.clock.split('/').skip(3).step_by(2);
            let promise: Vec<&str> = promise.collect();
            [
                complaint.tracking_number.clone(),
                zone.long_or_dash(fact.time),
                match promise.as_slice() {
                    [clock, cycle] => format!("{clock} {cycle}"),
                    _ => "-".to_owned(),
                },
                fact.days
                    .map_or_else(|| "-".to_owned(), |days| days.to_string()),
            ]
        })
        .collect()
}
