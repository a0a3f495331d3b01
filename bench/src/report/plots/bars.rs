//! Figures side by side.

use plotters::{
    element::Rectangle,
    style::{Color as _, RGBColor, text_anchor::HPos},
};

use super::{
    Plot,
    canvas::{BELOW_TITLE, COLOURS, GRID, INK, QUIET, WIDTH, letters, path, picture, stroke, text},
    not_drawn,
};
use crate::{
    error::BenchError,
    report::{spread::Spread, table::figure},
};

/// What is not the service's own.
const OTHERS: RGBColor = RGBColor(168, 174, 184);
/// Height of a bar with the room around it.
const ROW: i32 = 34;
/// Where the bars begin, and end at most.
const FROM: i32 = 290;
const TO: i32 = 740;

/// A figure with its name.
#[derive(Debug)]
pub(in crate::report) struct Bar {
    pub(in crate::report) name: String,
    pub(in crate::report) spread: Spread,
    /// Whether it is the service's own.
    pub(in crate::report) ours: bool,
}

/// Bars under one title, from one zero.
#[derive(Debug)]
pub(in crate::report) struct Bars {
    pub(in crate::report) name: &'static str,
    pub(in crate::report) title: String,
    pub(in crate::report) unit: &'static str,
    pub(in crate::report) bars: Vec<Bar>,
}

impl Bars {
    /// None where there is nothing to draw.
    pub(in crate::report) fn draw(&self) -> Result<Option<Plot>, BenchError> {
        let greatest = self.bars.iter().map(|bar| bar.spread.greatest);
        let Some(greatest) = greatest.reduce(f64::max).filter(|most| *most > 0.0) else {
            return Ok(None);
        };
        let rows = i32::try_from(self.bars.len()).unwrap_or(i32::MAX / ROW / 2);
        let bottom = BELOW_TITLE + rows * ROW + 4;
        let height = u32::try_from(bottom + 34).unwrap_or(WIDTH);
        let drawn = picture(self.name, &self.title, height, |area| {
            let foot = (FROM, BELOW_TITLE);
            path(area, vec![foot, (FROM, bottom)], stroke(QUIET, 1))?;
            for (row, bar) in (0..).zip(&self.bars) {
                let middle = BELOW_TITLE + row * ROW + ROW / 2;
                let end = along(bar.spread.middle, greatest);
                let colour = if bar.ours { COLOURS[0] } else { OTHERS };
                let corners = [(FROM, middle - 10), (end, middle + 10)];
                let shape = Rectangle::new(corners, colour.filled());
                area.draw(&shape).map_err(|error| not_drawn(&error))?;
                let (least, most) = (
                    along(bar.spread.least, greatest),
                    along(bar.spread.greatest, greatest),
                );
                path(area, vec![(least, middle), (most, middle)], stroke(INK, 2))?;
                text(
                    area,
                    &bar.name,
                    (FROM - 10, middle),
                    letters(15, INK, HPos::Right),
                )?;
                let value = figure(bar.spread.middle);
                text(
                    area,
                    &value,
                    (most.max(end) + 8, middle),
                    letters(15, INK, HPos::Left),
                )?;
            }
            let words = format!(
                "{}; the line in a bar goes from the least round to the greatest",
                self.unit
            );
            path(
                area,
                vec![(16, bottom + 2), (844, bottom + 2)],
                stroke(GRID, 1),
            )?;
            text(
                area,
                &words,
                (16, bottom + 18),
                letters(13, QUIET, HPos::Left),
            )
        })?;
        Ok(Some(drawn))
    }
}

/// Where a figure lies between zero and the greatest.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a share of some hundred pixels"
)]
fn along(figure: f64, greatest: f64) -> i32 {
    FROM + (f64::from(TO - FROM) * figure / greatest).round() as i32
}
