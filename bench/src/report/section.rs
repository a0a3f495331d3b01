//! A piece of the page under its own title.

use super::{input::Found, plots::Plot};
use crate::error::BenchError;

/// Text with the pictures that it shows.
#[derive(Debug)]
pub(super) struct Section {
    title: &'static str,
    text: String,
    pub(super) plots: Vec<Plot>,
}

impl Section {
    pub(super) fn new(title: &'static str) -> Section {
        Section {
            title,
            text: String::new(),
            plots: Vec::new(),
        }
    }

    /// What was found of a part, or why there is nothing.
    pub(super) fn of<T>(
        title: &'static str,
        found: &Found<T>,
        tell: impl FnOnce(&T, &mut Section) -> Result<(), BenchError>,
    ) -> Result<Section, BenchError> {
        let mut section = Section::new(title);
        match found {
            Ok(found) => tell(found, &mut section)?,
            Err(why) => section.say(&format!("Not measured: {why}.")),
        }
        Ok(section)
    }

    /// A paragraph, a table or a list, apart from what stands before.
    pub(super) fn say(&mut self, text: &str) {
        self.text.push('\n');
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// A picture, where there is one.
    pub(super) fn show(&mut self, plot: Option<Plot>) {
        if let Some(plot) = plot {
            self.say(&plot.reference());
            self.plots.push(plot);
        }
    }

    pub(super) fn markdown(&self) -> String {
        format!("\n## {}\n{}", self.title, self.text)
    }
}
