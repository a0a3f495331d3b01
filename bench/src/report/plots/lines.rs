//! Figures over a scale.

use plotters::{
    chart::ChartBuilder,
    drawing::DrawingAreaErrorKind,
    element::{Circle, PathElement},
    series::{DashedLineSeries, LineSeries},
    style::{Color as _, IntoFont as _, TextStyle, text_anchor::HPos},
};

use super::{
    Axis, Plot,
    canvas::{
        Area, BELOW_TITLE, COLOURS, FONT, GRID, INK, QUIET, WIDTH, letters, path, picture, stroke,
        text, upright,
    },
    not_drawn,
};
use crate::{error::BenchError, report::spread::Spread};

const HEIGHT: u32 = 440;
/// What stands to the right: which line is which.
const LEGEND: i32 = 250;

/// Points that belong together.
#[derive(Debug)]
pub(in crate::report) struct Line {
    pub(in crate::report) name: String,
    /// Which of the colours; lines of one thing share one.
    pub(in crate::report) colour: usize,
    pub(in crate::report) dashed: bool,
    pub(in crate::report) points: Vec<(f64, Spread)>,
}

/// Lines under one title.
#[derive(Debug)]
pub(in crate::report) struct Lines {
    pub(in crate::report) name: &'static str,
    pub(in crate::report) title: String,
    pub(in crate::report) x: Axis,
    pub(in crate::report) y: Axis,
    pub(in crate::report) lines: Vec<Line>,
}

impl Lines {
    /// None where there is nothing to draw.
    pub(in crate::report) fn draw(&self) -> Result<Option<Plot>, BenchError> {
        if self.lines.iter().all(|line| line.points.is_empty()) {
            return Ok(None);
        }
        let drawn = picture(self.name, &self.title, HEIGHT, |area| {
            let (_, below) = area.split_vertically(BELOW_TITLE);
            let width = i32::try_from(WIDTH).unwrap_or(LEGEND) - LEGEND;
            let (chart, legend) = below.split_horizontally(width);
            self.chart(&chart).map_err(|error| not_drawn(&error))?;
            let height = i32::try_from(HEIGHT).unwrap_or(0) - BELOW_TITLE;
            let (x, y) = ((width / 2 + 30, height - 14), (18, (height - 50) / 2));
            text(&chart, &self.x.title, x, letters(15, INK, HPos::Center))?;
            text(&chart, &self.y.title, y, upright(15, INK))?;
            self.legend(&legend)
        })?;
        Ok(Some(drawn))
    }

    fn chart(&self, area: &Area<'_>) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let mut chart = ChartBuilder::on(area)
            .margin_top(8)
            .margin_right(12)
            .margin_bottom(26)
            .margin_left(30)
            .x_label_area_size(26)
            .y_label_area_size(54)
            .build_cartesian_2d(self.x.clone(), self.y.clone())?;
        let labels = TextStyle::from((FONT, 14).into_font()).color(&INK);
        chart
            .configure_mesh()
            .light_line_style(GRID.mix(0.0))
            .bold_line_style(GRID)
            .axis_style(QUIET)
            .label_style(labels)
            .x_labels(self.x.ticks.len())
            .y_labels(self.y.ticks.len())
            .x_label_formatter(&|place| self.x.name(*place))
            .y_label_formatter(&|place| self.y.name(*place))
            .draw()?;
        for line in &self.lines {
            let style = stroke(COLOURS[line.colour % COLOURS.len()], 2);
            let place = |(x, spread): &(f64, Spread)| (*x, spread.middle);
            let points: Vec<(f64, f64)> = line.points.iter().map(place).collect();
            if line.dashed {
                chart.draw_series(DashedLineSeries::new(points.clone(), 6, 4, style))?;
            } else {
                chart.draw_series(LineSeries::new(points.clone(), style))?;
            }
            let rounds = line.points.iter().map(|(x, spread)| {
                let ends = [spread.least, spread.greatest].map(|end| (*x, end));
                PathElement::new(ends, stroke(COLOURS[line.colour % COLOURS.len()], 1))
            });
            chart.draw_series(rounds)?;
            let dots = points.into_iter();
            chart.draw_series(dots.map(|point| Circle::new(point, 3, style.filled())))?;
        }
        Ok(())
    }

    /// Which line is which, one below the other, and where it ends.
    fn legend(&self, area: &Area<'_>) -> Result<(), BenchError> {
        for (row, line) in (0..).zip(&self.lines) {
            let y = 20 + row * 24;
            let style = stroke(COLOURS[line.colour % COLOURS.len()], 3);
            let pieces: &[(i32, i32)] = if line.dashed {
                &[(6, 14), (18, 26), (30, 34)]
            } else {
                &[(6, 34)]
            };
            for (from, to) in pieces {
                path(area, vec![(*from, y), (*to, y)], style)?;
            }
            text(area, &line.name, (42, y), letters(14, INK, HPos::Left))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Lines {
        let point = |(x, y): &(f64, f64)| Some((*x, Spread::of([*y])?));
        Lines {
            name: "a-line",
            title: "A line".to_owned(),
            x: Axis::powers("x", 1.0, 100.0),
            y: Axis::linear("y", 830.0),
            lines: vec![Line {
                name: "the only one".to_owned(),
                colour: 0,
                dashed: true,
                points: points.iter().filter_map(point).collect(),
            }],
        }
    }

    #[test]
    fn a_picture_names_its_title_its_axes_and_its_lines() {
        let plot = line(&[(1.0, 10.0), (100.0, 830.0)])
            .draw()
            .unwrap()
            .unwrap();
        for word in ["A line", "the only one", "1,000", "100", "</svg>"] {
            assert!(plot.svg.contains(word), "{word}: {}", plot.svg);
        }
        assert!(line(&[]).draw().unwrap().is_none());
    }
}
