//! What a run came to, as a page with its pictures.

mod access;
mod calls;
mod deliveries;
mod figures;
mod firing;
mod growth;
mod input;
mod overload;
mod pictures;
mod plots;
mod ratio;
mod repeats;
mod search;
mod section;
mod setting;
mod spread;
mod table;
mod target;

pub(crate) use self::{
    input::{
        Findings, Firing, Found, Grown, Growth, Held, Job, Lag, Replicas, Runner, Size, Steady,
    },
    plots::{FOLDER as PLOTS, Plot},
};

use self::section::Section;
use crate::{error::BenchError, machine::Machine, plan::Plan};

/// A page about one run.
#[derive(Debug)]
pub(crate) struct Report<'r> {
    pub(crate) plan: &'r Plan,
    pub(crate) machine: &'r Machine,
    /// Of Postgres.
    pub(crate) server: &'r str,
    pub(crate) findings: &'r Findings,
    /// The run's own included.
    pub(crate) load_at_end: &'r str,
    /// Whether the run only sees that everything runs.
    pub(crate) short: bool,
}

/// What is kept of a run.
#[derive(Debug)]
pub(crate) struct Page {
    /// In Markdown.
    pub(crate) text: String,
    /// The pictures that it shows.
    pub(crate) plots: Vec<Plot>,
}

impl Report<'_> {
    /// The page: what was promised first, then part by part what it follows from.
    ///
    /// # Errors
    /// When a picture cannot be drawn.
    pub(crate) fn page(&self) -> Result<Page, BenchError> {
        let mut text = "# Redress beside plain Postgres\n\n".to_owned();
        text.push_str(&self.setting());
        let mut plots = Vec::new();
        for section in self.sections()? {
            text.push_str(&section.markdown());
            plots.extend(section.plots);
        }
        Ok(Page { text, plots })
    }

    fn sections(&self) -> Result<Vec<Section>, BenchError> {
        let findings = self.findings;
        let mut targets = Section::new("Targets");
        targets.say(&target::table(findings));
        let mut reading = Section::new("How to read this");
        reading.say(setting::HOW_TO_READ);
        Ok(vec![
            targets,
            Section::of("Calls", &findings.calls, calls::service)?,
            Section::of("Plain Postgres", &findings.calls, |found, section| {
                calls::postgres(found, section);
                Ok(())
            })?,
            Section::of("Firing", &findings.firing, |found, section| {
                firing::firing(found, section)?;
                firing::beside(findings, section)
            })?,
            Section::of("Job runners", &findings.runners, |found, section| {
                firing::runners(found, findings, section)
            })?,
            Section::of("Growth", &findings.growth, growth::growth)?,
            Section::of("Overload", &findings.overload, overload::overload)?,
            Section::of("Access", &findings.access, access::access)?,
            Section::of("Deliveries", &findings.deliveries, deliveries::deliveries)?,
            Section::of("Searches", &findings.search, |found, section| {
                search::search(found, section);
                Ok(())
            })?,
            Section::of("Figures", &findings.figures, figures::figures)?,
            repeats::section(findings),
            reading,
        ])
    }

    /// What is wrong with the figures; empty: nothing.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if let Ok(results) = &self.findings.calls {
            faults.extend(calls::faults(results, self.plan));
        }
        if let Ok(overload) = &self.findings.overload {
            // In a long run an answer may be late; the page says how many were.
            faults.extend(overload.faults(self.short));
        }
        if let Ok(access) = &self.findings.access {
            faults.extend(access.faults());
        }
        if let Ok(deliveries) = &self.findings.deliveries {
            faults.extend(deliveries.faults());
        }
        if let Ok(search) = &self.findings.search {
            faults.extend(search.faults());
        }
        if let Ok(figures) = &self.findings.figures {
            faults.extend(figures.faults());
        }
        faults
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
