//! What all pictures share: size, colours and letters.

use plotters::{
    backend::SVGBackend,
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea as _},
    element::{PathElement, Text},
    style::{
        Color as _, FontDesc, FontTransform, IntoFont as _, RGBColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{Plot, not_drawn};
use crate::error::BenchError;

pub(super) const WIDTH: u32 = 860;
pub(super) const INK: RGBColor = RGBColor(40, 44, 52);
pub(super) const QUIET: RGBColor = RGBColor(110, 116, 128);
pub(super) const GRID: RGBColor = RGBColor(226, 229, 234);
const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Told apart by most of those who see colours otherwise (after Okabe and Ito).
pub(super) const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(146, 108, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];
/// Letters that every reader has.
pub(super) const FONT: &str = "sans-serif";
const TITLE: u32 = 21;
/// How much of the height the title takes.
pub(super) const BELOW_TITLE: i32 = 44;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Letters of a size, put up beside a point.
pub(super) fn letters(size: u32, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    written((FONT, size).into_font(), colour, side)
}

/// The same around a point, read from below.
pub(super) fn upright(size: u32, colour: RGBColor) -> TextStyle<'static> {
    let font = (FONT, size).into_font().transform(FontTransform::Rotate270);
    written(font, colour, HPos::Center)
}

fn written(font: FontDesc<'static>, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    TextStyle {
        color: colour.to_backend_color(),
        ..TextStyle::from(font).pos(Pos::new(side, VPos::Center))
    }
}

pub(super) fn stroke(colour: RGBColor, width: u32) -> ShapeStyle {
    colour.stroke_width(width)
}

/// A picture of this height under its title, drawn by `draw`.
pub(super) fn picture(
    name: &'static str,
    title: &str,
    height: u32,
    draw: impl FnOnce(&Area<'_>) -> Result<(), BenchError>,
) -> Result<Plot, BenchError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        area.fill(&PAPER).map_err(|error| not_drawn(&error))?;
        text(&area, title, (16, 24), letters(TITLE, INK, HPos::Left))?;
        draw(&area)?;
        area.present().map_err(|error| not_drawn(&error))?;
    }
    Ok(Plot {
        name,
        title: title.to_owned(),
        svg,
    })
}

/// Text at a point.
pub(super) fn text(
    area: &Area<'_>,
    words: &str,
    at: (i32, i32),
    style: TextStyle<'static>,
) -> Result<(), BenchError> {
    let words = Text::new(words.to_owned(), at, style);
    area.draw(&words).map_err(|error| not_drawn(&error))
}

/// A line through points.
pub(super) fn path(
    area: &Area<'_>,
    points: Vec<(i32, i32)>,
    style: ShapeStyle,
) -> Result<(), BenchError> {
    let path = PathElement::new(points, style);
    area.draw(&path).map_err(|error| not_drawn(&error))
}
