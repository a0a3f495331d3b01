//! Figures as comma-separated values (RFC 4180).

use std::fmt::Write as _;

use super::page::{dimension_word, measure_word, number};
use crate::proto::v1;

/// A header, and a line for each cell, or for the total where there are no cells.
pub(super) fn of(figures: &v1::Figures) -> String {
    let dimensions = figures
        .by
        .iter()
        .map(|dimension| dimension_word(*dimension));
    let measures = figures.definitions.iter();
    let measures = measures.map(|definition| measure_word(definition.measure));
    let mut text = line(dimensions.chain(measures));
    let total = figures.total.iter().filter(|_| figures.by.is_empty());
    for cell in figures.cells.iter().chain(total) {
        let key = cell.key.iter().cloned();
        let values = cell.figures.iter();
        let values = values.map(|figure| figure.value.map(number).unwrap_or_default());
        text.push_str(&line(key.chain(values)));
    }
    text
}

fn line(values: impl Iterator<Item = String>) -> String {
    let mut line = String::new();
    for (place, value) in values.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(line, "{comma}{}", quoted(&value));
    }
    line.push_str("\r\n");
    line
}

/// Quoted where it has to be. A name that a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(value: &str) -> String {
    let is_formula =
        value.len() > 1 && value.starts_with(['=', '+', '-', '@']) && value.parse::<f64>().is_err();
    let value = if is_formula {
        format!("'{value}")
    } else {
        value.to_owned()
    };
    if value.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_where_it_has_to_be_and_never_becomes_a_formula() {
        for (value, written) in [
            ("jive", "jive"),
            ("-", "-"),
            ("Lee, Ada", "\"Lee, Ada\""),
            ("the \"A\" team", "\"the \"\"A\"\" team\""),
            ("=1+1", "'=1+1"),
        ] {
            assert_eq!(quoted(value), written);
        }
    }

    #[test]
    fn each_cell_has_a_line_and_what_cannot_be_computed_is_empty() {
        let figure = |measure: v1::FigureMeasure, value| v1::Figure {
            measure: measure.into(),
            value,
        };
        let measures = [
            v1::FigureMeasure::Resolved,
            v1::FigureMeasure::MeanDaysToResolve,
        ];
        let definitions = measures.map(|measure| v1::MeasureDefinition {
            measure: measure.into(),
            ..Default::default()
        });
        let figures = v1::Figures {
            by: vec![v1::FigureDimension::Brand.into()],
            definitions: definitions.into(),
            cells: vec![
                v1::FigureCell {
                    key: vec!["harbour".to_owned()],
                    figures: vec![figure(measures[0], Some(0.0)), figure(measures[1], None)],
                },
                v1::FigureCell {
                    key: vec!["jive".to_owned()],
                    figures: vec![
                        figure(measures[0], Some(3.0)),
                        figure(measures[1], Some(4.0 / 3.0)),
                    ],
                },
            ],
            ..Default::default()
        };
        assert_eq!(
            of(&figures),
            "brand,resolved,mean_days_to_resolve\r\nharbour,0,\r\njive,3,1.33\r\n"
        );
    }
}
