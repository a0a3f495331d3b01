//! Pictures of what the tables say, as SVG. Its text is left to the reader's fonts.

mod axis;
mod bars;
mod canvas;
mod lines;

pub(super) use self::{
    axis::Axis,
    bars::{Bar, Bars},
    lines::{Line, Lines},
};

use crate::error::BenchError;

/// A finished picture.
#[derive(Debug)]
pub(crate) struct Plot {
    /// Of its file, without the ending.
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) svg: String,
}

impl Plot {
    /// The picture as the page shows it.
    pub(super) fn reference(&self) -> String {
        format!("![{}]({}/{}.svg)\n", self.title, FOLDER, self.name)
    }
}

/// Where the pictures lie, beside the page.
pub(crate) const FOLDER: &str = "plots";

/// Why a picture could not be drawn.
fn not_drawn(error: &dyn std::fmt::Display) -> BenchError {
    BenchError::Drawing(error.to_string())
}
